# A decorated function is still what it was.
import asyncio
import inspect
import pickle

from memory_profiler import profile


def bare(a, b=1, *, c=2):
    "Its text."
    return a + b + c


@profile
def plain(a, b=1, *, c=2):
    "Its text."
    return a + b + c


@profile
def steps():
    yield 1


@profile
async def waits():
    pass


@profile
async def waits_and_yields():
    yield 1


assert plain.__name__ == "plain" and plain.__doc__ == "Its text."
assert plain.__module__ == "__main__" and plain(1, c=3) == 5
assert inspect.signature(plain) == inspect.signature(bare)
assert inspect.isgeneratorfunction(steps)
assert inspect.iscoroutinefunction(waits)
assert inspect.isasyncgenfunction(waits_and_yields)
assert pickle.loads(pickle.dumps(plain)) is plain
try:
    plain()
except TypeError as error:
    assert "'a'" in str(error)
else:
    raise SystemExit("a call without its argument went through")
try:
    profile(3)
except ValueError:
    pass
else:
    raise SystemExit("3 was decorated")
assert profile(precision=2)(bare)(1) == 4
assert profile(len)([1]) == 1
print("kept")
