from memory_profiler import profile


@profile(precision=4)
def four():
    x = [0] * 700000
    return x


@profile(precision=0)
def zero():
    x = [0] * 700000
    return x


four()
zero()
