from memory_profiler import profile


@profile
def outer():
    a = [1] * 400000

    def inner(n):
        b = [n] * 500000
        c = [x for x in b[:10]]
        return b

    keep = [inner(i) for i in range(4)]
    pick = lambda s: [s] * 100000
    more = pick(3)
    return keep


@profile
def caller():
    x = outer()
    y = outer()
    return x, y


caller()
outer()
