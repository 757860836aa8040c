# Every way in which a decorated function can be called. Prints nothing.
import asyncio
import threading


@profile
def plain(n):
    return [0] * n


@profile
def recursive(n):
    return recursive(n - 1) if n else 0


@profile
def raises():
    raise ValueError("on its way out")


@profile
def generator(n):
    for i in range(n):
        got = yield i
        if got:
            return got


@profile
async def coroutine(n):
    await asyncio.sleep(0)
    return n


@profile
async def items(n):
    for i in range(n):
        await asyncio.sleep(0)
        yield i


class Thing:
    @profile
    def method(self):
        return self

    @profile
    @staticmethod
    def static(x):
        return x

    @classmethod
    @profile
    def of_class(cls):
        return cls


assert len(plain(10)) == 10
assert recursive(2) == 0
try:
    raises()
    raise SystemExit("no exception came out")
except ValueError as error:
    assert str(error) == "on its way out"

assert list(generator(3)) == [0, 1, 2]
steps = generator(5)
next(steps)
try:
    steps.send("enough")
except StopIteration as end:
    assert end.value == "enough"
steps = generator(5)
next(steps)
try:
    steps.throw(KeyError("in"))
except KeyError:
    pass
abandoned = generator(5)
next(abandoned)
abandoned.close()


async def main():
    assert await coroutine(3) == 3
    assert await asyncio.gather(*map(coroutine, range(3))) == [0, 1, 2]
    assert [i async for i in items(3)] == [0, 1, 2]
    some = items(9)
    assert await some.__anext__() == 0
    await some.aclose()
    task = asyncio.ensure_future(coroutine(1))
    await asyncio.sleep(0)
    task.cancel()


asyncio.run(main())
thing = Thing()
assert thing.method() is thing
assert Thing.static(1) == 1 and thing.static(2) == 2
assert Thing.of_class() is Thing

with profile.timestamp("named block"):
    with profile.timestamp("inner"):
        plain(1)

thread = threading.Thread(target=plain, args=(5,))
thread.start()
thread.join()
plain(2)
