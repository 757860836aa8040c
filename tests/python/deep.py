# Deep, tangled and abandoned calls: none may go wrong.
import gc
import sys

from memory_profiler import profile


class Sink:
    def write(self, text):
        pass


@profile(stream=Sink())
def deep(n):
    return deep(n - 1) if n else 0


@profile(stream=Sink())
def tree(n):
    if n:
        yield from tree(n - 1)
        yield n
        yield from tree(n - 1)


@profile(stream=Sink())
def inner_raises(n):
    def inside(m):
        if m == 0:
            raise KeyError(m)
        return inside(m - 1)

    for i in range(n):
        try:
            inside(3)
        except KeyError:
            pass
    return [k for k in range(n)]


sys.setrecursionlimit(3000)
assert deep(400) == 0
assert sum(1 for _ in tree(6)) == 63
for _ in range(200):
    half = tree(4)
    next(half)
    next(half)
del half
gc.collect()
for _ in range(50):
    inner_raises(20)
made = []
for _ in range(100):

    @profile(stream=Sink())
    def local():
        return 1

    made.append(local())
try:
    deep(5000)
except RecursionError:
    pass
assert deep(3) == 0
exec("from memory_profiler import profile\n@profile\ndef f():\n    return 1\nf()")
print("done")
