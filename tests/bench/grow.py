# SPDX-License-Identifier: MIT
"""The processor time of mprof for each MiB that a static program grows, whose
page faults are sampled from outside: of the recorder and of the process that
unwinds. grow.py ROUNDS PROGRAM MIB prints the row."""
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

TICK = os.sysconf("SC_CLK_TCK")


def cpu_s(pid):
    with open("/proc/%d/stat" % pid) as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def of_mprof(folder):
    """The recorder and what it started beside the program: all of its file."""
    mprof = os.path.realpath(shutil.which("mprof"))
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink("/proc/%s/cwd" % name) == folder and \
                    os.readlink("/proc/%s/exe" % name) == mprof:
                yield int(name)
        except OSError:
            pass


def measure(program, mib):
    with tempfile.TemporaryDirectory() as folder:
        folder = os.path.realpath(folder)
        run = subprocess.Popen(
            ["mprof", "run", "-q", "--stacks", "-o", "grow.dat", program, mib],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        run.stdout.readline()
        used_s = [cpu_s(pid) for pid in of_mprof(folder)]
        run.send_signal(signal.SIGTERM)
        run.wait()
        return sum(used_s) * 1000 / int(mib), len(used_s)


rounds, path, size = int(sys.argv[1]), os.path.realpath(sys.argv[2]), sys.argv[3]
results = [measure(path, size) for _ in range(rounds)]
if min(count for _, count in results) < 2:
    print("grown from outside: CPU of mprof for each MiB\tnot watched\tnone here\t-")
else:
    print("grown from outside: CPU of mprof for each MiB\t%.2f ms\tnone here\t-"
          % statistics.median(ms for ms, _ in results))
