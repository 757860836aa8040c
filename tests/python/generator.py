from memory_profiler import profile


@profile
def total():
    def produce(n):
        for i in range(n):
            block = [i] * 200000
            yield block
    kept = []
    for item in produce(5):
        kept.append(item)
    first = next(produce(3))
    size = sum(len(k) for k in kept)
    lazy = ([0] * 100000 for _ in "abc")
    lst = list(lazy)
    found = any(x > 1 for x in range(10))
    return size


total()
