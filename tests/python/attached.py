# A program that something may attach to: it works until its standard input
# ends, and then says whether it is as it was. "wait": its main thread waits for
# a line, and works at each.
import asyncio
import os
import sys
import threading
import warnings

warnings.simplefilter("ignore")  # a fork beside threads

kept = []


class Views:
    @staticmethod
    def grow(mib):
        part = bytearray(mib << 20)
        kept.append(part)
        if len(kept) > 8:
            kept.clear()
        return len(part)


def steps(n):
    for i in range(n):
        yield bytearray(1000)


def raises():
    raise ValueError


async def waits():
    await asyncio.sleep(0)
    return 1


def deep(n):
    return deep(n - 1) if n else 0


def work():
    Views.grow(1)
    assert sum(1 for _ in steps(3)) == 3
    next(steps(3))  # and never to its end
    try:
        raises()
    except ValueError:
        pass
    deep(2)


def state():
    monitoring = sys.monitoring
    tools = [monitoring.get_tool(i) for i in range(6)]
    return (
        sorted(sys.modules),
        sorted(vars(__import__("builtins"))),
        tools,
        [monitoring.get_events(i) for i in range(6) if tools[i]],
        [
            monitoring.get_local_events(i, f.__code__)
            for i in range(6) if tools[i]
            for f in (Views.grow, steps, raises, deep, waits)
        ],
        sys.gettrace(),
        sys.getprofile(),
        sys.path[:],
        list(os.environ.items()),
        sorted(os.listdir("/proc/self/fd")),
    )


ended = threading.Event()


def wait_for_end():
    for line in sys.stdin:
        if line == "fork\n":
            child = os.fork()
            if not child:
                for _ in range(3):
                    work()
                os._exit(0)
            os.waitpid(child, 0)
            print("forked", flush=True)
    ended.set()


def thread():
    while not ended.wait(0.01):
        deep(1)


async def main():
    while not ended.is_set():
        work()
        await waits()
        await asyncio.sleep(0.005)


before = state()
if "wait" in sys.argv:
    print("ready", flush=True)
    for line in sys.stdin:
        work()
else:
    threads = [threading.Thread(target=t) for t in (wait_for_end, thread)]
    before = state()
    for t in threads:
        t.start()
    print("ready", flush=True)
    asyncio.run(main())
    for t in threads:
        t.join()
after = state()
for a, b in zip(before, after):
    if a != b:
        print("changed:", a, b)
print("done")
