# Calls in the parent, in a child by fork, and in workers of both kinds.
import multiprocessing
import os
import sys


@profile
def work(n):
    return len([0] * n)


def through(n):
    return work(n)


if __name__ == "__main__":
    work(1)
    pid = os.fork()
    if pid == 0:
        work(2)
        os._exit(0)
    os.waitpid(pid, 0)
    for way in ("fork", "spawn"):
        pool = multiprocessing.get_context(way).Pool(2)
        assert pool.map(through, [3, 4]) == [3, 4]
        pool.close()
        pool.join()
    print("forked", file=sys.stderr)
