# SPDX-License-Identifier: MIT
"""Microseconds of CPU that profiling adds, of time for usage:
python_cost.py line|callee|mark|profiler|usage ROUNDS"""
import sys
import time


class Nowhere:
    def write(self, text):
        pass


def line(rounds):
    a = b = 0
    for i in range(rounds):
        a = a + 1
        b = b + a
        a = a - 1
    return b


def undecorated(rounds):
    a = b = 0
    for i in range(rounds):
        a = a + 1
        b = b + a
        a = a - 1
    return b


def callee(rounds):
    undecorated(rounds)


def nothing():
    pass


def mark(rounds):
    for i in range(rounds):
        marked()


def taken(function, rounds):
    start = time.process_time()
    function(rounds)
    return time.process_time() - start


def usage(rounds):
    from memory_profiler import memory_usage

    memory_usage((nothing,), max_iterations=1)
    start = time.perf_counter()
    for i in range(rounds):
        memory_usage((nothing,), max_iterations=1)
    return time.perf_counter() - start


kind, rounds = sys.argv[1], int(sys.argv[2])
if kind == "usage":
    print("%.3f" % (usage(rounds) / rounds * 1e6))
    sys.exit()
name = "line" if kind == "profiler" else kind
marked = nothing
plain = taken(globals()[name], rounds)
if kind == "mark":
    marked = profile(nothing)  # noqa: F821
    profiled = taken(mark, rounds)
elif kind == "profiler":
    from memory_profiler import LineProfiler

    profiled = taken(LineProfiler()(line), rounds)
else:
    from memory_profiler import profile

    profiled = taken(profile(globals()[kind], stream=Nowhere()), rounds)
each = rounds if kind == "mark" else 4 * rounds
print("%.3f" % max(0, (profiled - plain) / each * 1e6))
