# SPDX-License-Identifier: MIT
"""What sampled allocations cost. As a driver: where.py ROUNDS WHAT COMMAND...
prints the command's row. Each round runs it plainly, below the library and
plainly again: a ratio is the median of the rounds' own ratios, and plain
against plain tells what this machine's noise makes of no difference at all. A
Python script below tracemalloc stands as the peer. As a program: where.py KIND
is a workload, which imports only what it uses and takes a few tenths of a
second, as pyperformance leaves out how an interpreter starts; that is a row of
its own."""
import os
import sys


def work_json():
    import json
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
    for _ in range(30):
        x = [a * 1.0001 + 0.5 for a in x]


def work_calls():
    def fib(n):
        return n if n < 2 else fib(n - 1) + fib(n - 2)
    fib(30)


def work_regex():
    import re
    text = "name=value; other=%d; " * 2000
    for _ in range(150):
        re.findall(r"(\w+)=([^;]*);", text)


def work_integers():
    for _ in range(25):
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
    for _ in range(8):
        place(0, 0, 0, 0, 8)


def work_bytes():
    for _ in range(300):
        bytearray(200000).replace(b"\0\0\0\0", b"x")


def work_generator():
    def walk(n):
        if n:
            yield from walk(n - 1)
            yield (n, [n])
    for _ in range(2000):
        list(walk(60))


def work_words():
    text = "the quick brown fox jumps over the lazy dog " * 200
    for i in range(200):
        counts = {}
        for word in text.split():
            word += str(i)
            counts[word] = counts.get(word, 0) + 1


def work_pickle():
    import pickle
    rows = [(i, "name %d" % i, {"v": i * 1.5}) for i in range(3000)]
    for _ in range(50):
        pickle.loads(pickle.dumps(rows))


def pin(cpu):
    """On two processors of their own, server and client don't disturb each
    other's caches, and batches of requests differ less from run to run."""
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) > 1:
        os.sched_setaffinity(0, {cpus[cpu]})


def spend_redis(server, environment):
    """CPU seconds of a Redis server (Debian's calls jemalloc's malloc) for
    180,000 requests by a client that is not sampled."""
    with tempfile.TemporaryDirectory() as folder:
        socket = os.path.join(folder, "socket")
        child = subprocess.Popen(
            [server, "--port", "0", "--unixsocket", socket, "--save", "",
             "--appendonly", "no", "--dir", folder],
            env=environment, stdout=subprocess.DEVNULL,
            preexec_fn=lambda: pin(0))
        while not os.path.exists(socket) and child.poll() is None:
            time.sleep(0.01)
        subprocess.run(["redis-benchmark", "-s", socket, "-t", "set,get,lpush",
                        "-n", "60000", "-r", "100000", "-d", "500", "-q"],
                       check=True, stdout=subprocess.DEVNULL,
                       preexec_fn=lambda: pin(1))
        child.terminate()
        usage = os.wait4(child.pid, 0)[2]
        child.returncode = 0
        return usage.ru_utime + usage.ru_stime


def spend(command, **variables):
    environment = dict(os.environ, **variables)
    if os.path.basename(command[0]) == "redis-server":
        return spend_redis(command[0], environment)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment, check=True,
                   stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime +
            after.ru_stime - before.ru_stime)


def spend_sampled(command):
    shm = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=shm) as tables:
        return spend(command, MPROF_ALLOCATIONS=tables,
                     LD_PRELOAD=os.environ["ROOT"] + "/build/allocation.so")


def compare(rounds, command):
    """Ratios to plain runs: sampled; below tracemalloc (0: no Python); the
    quartiles of plain runs to plain runs."""
    sampled, peers, plain = [], [], []
    for number in range(rounds):
        before = spend(command)
        ours = spend_sampled(command)
        after = spend(command)
        sampled.append(2 * ours / (before + after))
        plain += [before / after, after / before]
        if "python" in os.path.basename(command[0]) and number < PEERS:
            peers.append(2 * spend(command, PYTHONTRACEMALLOC="1") /
                         (before + after))
    return (statistics.median(sampled),
            statistics.median(peers) if peers else 0,
            statistics.quantiles(plain)[0], statistics.quantiles(plain)[2])


def percents(ratio):
    return "%+.1f" % (ratio * 100 - 100)


def print_row(what, sampled, peer, least, most):
    print("%s\t%s %% (plain %s to %s)\t%s\t%.3f" % (
        what, percents(sampled), percents(least), percents(most),
        percents(peer) + " % (tracemalloc)" if peer else "none here", sampled))


def compare_all(rounds, python):
    """Geometric means; standard error has each script."""
    results = []
    for name in sorted(globals()):
        if not name.startswith("work_"):
            continue
        results.append(compare(rounds, [python, __file__, name[5:]]))
        print("where.py: %-10s %.3f (plain %.3f to %.3f)" % (
            (name[5:], results[-1][0]) + results[-1][2:]), file=sys.stderr)
    return map(statistics.geometric_mean, zip(*results))


if len(sys.argv) == 2:
    globals()["work_" + sys.argv[1]]()
    sys.exit()

import resource  # noqa: E402: a workload imports only what it uses
import statistics  # noqa: E402
import subprocess  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402

PEERS = 3  # rounds with the peer, which is far slower

if sys.argv[4:] == ["all"]:
    print_row(sys.argv[2], *compare_all(int(sys.argv[1]), sys.argv[3]))
else:
    print_row(sys.argv[2], *compare(int(sys.argv[1]), sys.argv[3:]))
