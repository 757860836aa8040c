from memory_profiler import profile


@profile
def up_and_down():
    a = [0] * 2000000
    b = [0] * 1000000
    del a
    c = [0] * 3000000
    del b
    del c


up_and_down()
up_and_down()
