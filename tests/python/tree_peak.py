# Peaks of a tree that are shorter than any interval, held against what the
# processes themselves know: their high-water marks, and what others had then.
# The steps follow each other through pipes. tree_peak.py prints "whole".
import mmap
import os
import resource
import subprocess
import sys
import time

from memory_profiler import memory_usage

PAGE_MIB = os.sysconf("SC_PAGESIZE") / 2 ** 20
# MiB: the kernel counts pages on each processor, in lots that grow with their
# number.
LOT = max(32, 2 * os.cpu_count()) * PAGE_MIB
SLACK = 3 + 8 * (LOT - 32 * PAGE_MIB)


def spike(mib):
    populate = 0x8000
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | populate
    mmap.mmap(-1, mib << 20, flags=flags).close()


def resident(pid):
    with open("/proc/%d/statm" % pid) as file:
        return int(file.read().split()[1]) * PAGE_MIB


def mark(pid):
    with open("/proc/%d/status" % pid) as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024


class Worker:
    """A child that makes a peak of so many MiB for each line that it gets."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-S", __file__, "worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.pid = self.process.pid
        self.process.stdout.readline()
        self.peak(1)

    def peak(self, mib):
        self.process.stdin.write(b"%d\n" % mib)
        self.process.stdin.flush()
        self.process.stdout.readline()

    def end(self):
        self.process.communicate()


def work():
    print("ready", flush=True)
    for line in iter(sys.stdin.readline, ""):
        spike(int(line))
        print("done", flush=True)


def peak_of(function, *args):
    return memory_usage(
        (function, args), 60, max_usage=True, include_children=True
    )


def rest():
    """For some looks, on a loaded machine too: nothing in the tree changes."""
    time.sleep(0.5)


def near(found, truth):
    assert abs(found - truth) < SLACK, (found, truth)


def check_child(mib):
    """It lives before and after its peak."""
    worker = Worker()

    def run():
        rest()
        worker.peak(mib)
        rest()

    found = peak_of(run)
    near(found, resident(os.getpid()) + mark(worker.pid))
    # A mark from before the call does not count: the peak is the highest sample.
    low = peak_of(rest)
    near(low, resident(os.getpid()) + resident(worker.pid))
    worker.end()


def check_two_children(first, second):
    """Their peaks don't add up, since they are of different times."""
    workers = [Worker(), Worker()]

    def run():
        for worker, mib in zip(workers, (first, second)):
            rest()
            worker.peak(mib)
        rest()

    found = peak_of(run)
    at_rest = resident(os.getpid())
    truth = max(
        at_rest + mark(worker.pid) + resident(other.pid)
        for worker, other in zip(workers, reversed(workers))
    )
    near(found, truth)
    for worker in workers:
        worker.end()


def check_one_that_ends(mib):
    """Nobody sees the process that had the peak: a descendant that ends at
    once. Its mark is the least that there was."""
    code = "import mmap; mmap.mmap(-1, %d << 20, flags=0x8022)" % mib
    words = [sys.executable, "-S", "-c", code]
    for way in ([], ["sh", "-c", '"$@"; exit', "sh"]):
        found = peak_of(subprocess.check_call, way + words)
        truth = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        assert truth - 0.1 < found, (found, truth)
        assert found < truth + mark(os.getpid()) + 20, (found, truth)
        words[-1] = words[-1].replace(str(mib), str(mib + 40))


def check_processes(mib):
    """A program that ends right after its peak; it is more than its parent ever
    had."""
    code = "import mmap; mmap.mmap(-1, %d << 20, flags=0x8022)" % mib
    child = subprocess.Popen([sys.executable, "-S", "-c", code])
    found = memory_usage(child, interval=0.5, max_usage=True)
    assert mib < found < mib + 40, found
    found = memory_usage(os.getpid(), max_usage=True, include_children=True)
    near(found, resident(os.getpid()))


def check_that_no_child_stands_for_its_parent():
    """wait4() has the parent's memory for a child that was vforked."""
    block = bytearray(200 << 20)
    child = subprocess.Popen(["true"])
    found = memory_usage(child, interval=0.3, max_usage=True)
    assert found < 100, found
    del block
    peak_of(rest)
    found = peak_of(subprocess.check_call, ["true"])
    assert -SLACK < found - resident(os.getpid()) < 40, found


if sys.argv[1:] == ["worker"]:
    work()
else:
    check_that_no_child_stands_for_its_parent()
    check_child(60)
    check_two_children(120, 150)
    check_two_children(190, 160)
    check_one_that_ends(300)
    check_processes(450)
    print("whole")
