# memory_usage() of functions that fork, start threads, call it again, or are
# called from several threads.
import os
import sys
import threading
import warnings

from memory_profiler import LineProfiler, memory_usage

warnings.simplefilter("error")


def forks():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    return os.waitpid(pid, 0)[1]


def child_returns():
    return os.fork()


def threads():
    found = []
    workers = [
        threading.Thread(target=lambda: found.append(bytearray(1 << 20)))
        for _ in range(5)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return len(found)


def again(depth):
    if depth == 0:
        return 0
    values, returned = memory_usage((again, (depth - 1,)), retval=True)
    assert len(values) > 1
    return returned + 1


def peak():
    return memory_usage(threads, max_usage=True)


def lines(depth):
    if depth:
        lines(depth - 1)
    return depth


assert memory_usage(forks, retval=True)[1] == 0
values, pid = memory_usage(child_returns, retval=True)
assert len(values) > 1
if pid == 0:
    assert memory_usage(threads, retval=True)[1] == 5
    os._exit(7)
assert os.waitpid(pid, 0)[1] >> 8 == 7
assert memory_usage(threads, retval=True)[1] == 5
assert memory_usage((again, (3,)), retval=True)[1] == 3
workers = [threading.Thread(target=peak) for _ in range(4)]
for worker in workers:
    worker.start()
for worker in workers:
    worker.join()

# Two profilers at once, and one inside the other, over a recursion.
outer, inner = LineProfiler(), LineProfiler()
outer.add_function(lines)
with outer:
    inner(lines)(3)
    lines(1)
for prof, count in (outer, 6), (inner, 4):
    first = lines.__code__.co_firstlineno
    assert prof.code_map[lines.__code__][first + 1][2] == count
assert sys.gettrace() is None
print("whole")
