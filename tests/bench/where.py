# SPDX-License-Identifier: MIT
"""What sampled allocations cost. As a driver: where.py ROUNDS WHAT COMMAND...
runs the command plainly and below the library in turn, and prints its row; a
Python script below tracemalloc stands as the peer. As a program: where.py KIND
is a workload."""
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time


def work_json():
    text = json.dumps([{"id": i, "name": "n%d" % i, "tags": ["a", str(i)],
                        "v": i * 1.5} for i in range(2000)])
    for _ in range(300):
        json.loads(text)


def work_strings():
    for _ in range(300):
        "".join(sorted(str(i) * 3 for i in range(5000)))


def work_objects():
    class Point:
        def __init__(self, x):
            self.x, self.y = x, str(x)
    for _ in range(200):
        {i: Point(i) for i in range(3000)}


def work_floats():
    x = [i * 0.5 for i in range(200000)]
    for _ in range(15):
        x = [a * 1.0001 + 0.5 for a in x]


def work_calls():
    def fib(n):
        return n if n < 2 else fib(n - 1) + fib(n - 2)
    fib(27)


def work_regex():
    text = "name=value; other=%d; " * 2000
    for _ in range(40):
        re.findall(r"(\w+)=([^;]*);", text)


def work_integers():
    x = 1
    for i in range(1, 4000):
        x *= i
    str(x % 10**3000)


def work_queens():
    def place(row, used, left, right, n):
        if row == n:
            return 1
        return sum(place(row + 1, used | 1 << c, left | 1 << row + c,
                         right | 1 << row - c + n, n)
                   for c in range(n) if not (used >> c & 1 or
                                             left >> row + c & 1 or
                                             right >> row - c + n & 1))
    place(0, 0, 0, 0, 8)


def work_bytes():
    for _ in range(3000):
        bytearray(200000).replace(b"\0\0\0\0", b"x")


def work_generator():
    def walk(n):
        if n:
            yield from walk(n - 1)
            yield (n, [n])
    for _ in range(400):
        list(walk(60))


def spend_redis(server, environment):
    """CPU seconds of a Redis server (Debian's calls jemalloc's malloc) for
    300,000 requests by a client that is not sampled."""
    with tempfile.TemporaryDirectory() as folder:
        socket = os.path.join(folder, "socket")
        child = subprocess.Popen(
            [server, "--port", "0", "--unixsocket", socket, "--save", "",
             "--appendonly", "no", "--dir", folder],
            env=environment, stdout=subprocess.DEVNULL)
        while not os.path.exists(socket) and child.poll() is None:
            time.sleep(0.01)
        subprocess.run(["redis-benchmark", "-s", socket, "-t", "set,get,lpush",
                        "-n", "30000", "-r", "100000", "-d", "500", "-q"],
                       check=True, stdout=subprocess.DEVNULL)
        child.terminate()
        usage = os.wait4(child.pid, 0)[2]
        child.returncode = 0
        return usage.ru_utime + usage.ru_stime


def spend(command, environment):
    if os.path.basename(command[0]) == "redis-server":
        return spend_redis(command[0], environment)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment, check=True,
                   stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime +
            after.ru_stime - before.ru_stime)


def compare(rounds, command):
    """CPU seconds: plain, sampled, below tracemalloc (0: no Python)."""
    times = ([], [], [])
    is_python = "python" in os.path.basename(command[0])
    shm = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    for _ in range(rounds):
        times[0].append(spend(command, os.environ))
        with tempfile.TemporaryDirectory(dir=shm) as tables:
            times[1].append(spend(command, dict(
                os.environ, MPROF_ALLOCATIONS=tables,
                LD_PRELOAD=os.environ["ROOT"] + "/build/allocation.so")))
        if is_python:
            times[2].append(spend(command, dict(
                os.environ, PYTHONTRACEMALLOC="1")))
    return [statistics.median(t) if t else 0 for t in times]


def print_row(what, plain, sampled, peer):
    print("%s\t%+.1f %%\t%s\t%s" % (
        what, (sampled / plain - 1) * 100,
        "%+.1f %% (tracemalloc)" % ((peer / plain - 1) * 100) if peer
        else "none here",
        "%.3f" % (sampled / plain)))


def main():
    if len(sys.argv) == 2:
        globals()["work_" + sys.argv[1]]()
        return
    rounds, what, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    if command[1:] != ["all"]:
        print_row(what, *compare(rounds, command))
        return
    ratios = []
    for name in sorted(globals()):
        if name.startswith("work_"):
            plain, sampled, peer = compare(
                rounds, [command[0], __file__, name[5:]])
            ratios.append((sampled / plain, peer / plain))
    print_row(what, 1, *map(statistics.geometric_mean, zip(*ratios)))


main()
