# SPDX-License-Identifier: MIT
"""The cost of sampled allocations, in processor time.

where.py steps BLOCKS WHAT COMMAND...
where.py kinds BLOCKS WHAT PYTHON KIND...
where.py redis BLOCKS WHAT
    Three programs of one kind live side by side: a plain one, one below the
    library, another plain one. They do a step of some milliseconds in turn,
    since on a shared machine the speed of a processor changes from one second
    to the next. After five blocks of ten steps each they are started anew,
    since the addresses that a process gets change its speed, too. A ratio is
    the median of the blocks' own ratios. Of several kinds the geometric mean
    is printed. A Python program below tracemalloc stands as the peer, for few
    steps.
where.py runs ROUNDS WHAT COMMAND...
    The same of whole runs, in turn.
where.py recorded BLOCKS WHAT COMMAND...
    Steps, below mprof run --stacks with each way that it has, of a program whose
    lines are its steps' processor time.

HOOK=library in the environment: another Python program lives beside these, with
a hook of the allocators that does nothing. It stands as the peer.

Plain against plain, the quartiles of the same ratios, tells what this
machine's noise makes of no difference at all."""
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

STEPS = 10       # of each program in a block
LIFE = 5         # blocks that a program lives for
PEER_STEPS = 10  # in all, as a peer is far slower
REQUESTS = 2000  # of each of three commands, in a step of Redis
LIBRARY = os.environ["ROOT"] + "/build/allocation.so"
KINDS = os.environ["ROOT"] + "/tests/bench/kinds.py"
MPROF = os.environ["ROOT"] + "/mprof"
HOOK = os.environ.get("HOOK")
SHM = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def sampled(tables):
    return {"MPROF_ALLOCATIONS": tables, "LD_PRELOAD": LIBRARY}


class Program:
    def spend(self):
        """A step's processor time, of all threads: clock_getcpuclockid(3)."""
        clock = ~self.process.pid << 3 | 2
        before = time.clock_gettime_ns(clock)
        self.step()
        return time.clock_gettime_ns(clock) - before


class Steps(Program):
    """A program that answers each line on its input with a line."""

    def __init__(self, command, variables):
        self.process = subprocess.Popen(
            command, env=dict(os.environ, **variables), bufsize=0,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.wait()

    def wait(self):
        self.line = self.process.stdout.readline()
        if not self.line:
            sys.exit("where.py: %s: ended" % self.process.args)

    def step(self):
        self.process.stdin.write(b"\n")
        self.wait()

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


class Recorded(Steps):
    """A program that answers with its processor time; below mprof if the
    variables name a folder for samples."""

    def __init__(self, command, variables):
        folder = variables.get("MPROF_ALLOCATIONS")
        if folder:
            command = [MPROF, "run", "-q", "--stacks", "-o",
                       os.path.join(folder, "where.dat"), *command]
        super().__init__(command, {})

    def spend(self):
        self.step()
        return int(self.line)


class Redis(Program):
    """A server (Debian's calls jemalloc's malloc); a client that is not sampled
    asks it, on a processor of its own."""

    def __init__(self, _, variables):
        self.folder = tempfile.TemporaryDirectory()
        self.socket = os.path.join(self.folder.name, "socket")
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.socket,
             "--save", "", "--appendonly", "no", "--dir", self.folder.name],
            env=dict(os.environ, **variables), stdout=subprocess.DEVNULL,
            preexec_fn=lambda: self.pin(0))
        while not os.path.exists(self.socket) and self.process.poll() is None:
            time.sleep(0.01)
        for _ in range(STEPS):  # until there is what they replace
            self.step()

    @staticmethod
    def pin(cpu):
        cpus = sorted(os.sched_getaffinity(0))
        if len(cpus) > 1:
            os.sched_setaffinity(0, {cpus[cpu]})

    def step(self):
        subprocess.run(
            ["redis-benchmark", "-s", self.socket, "-t", "set,get,lpush",
             "-n", str(REQUESTS), "-r", "10000", "-d", "500", "-q"],
            check=True, stdout=subprocess.DEVNULL,
            preexec_fn=lambda: self.pin(1))

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()


def spend_run(command, variables):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=dict(os.environ, **variables), check=True,
                   stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime +
            after.ru_stime - before.ru_stime)


def ratios(rounds):
    """Of rounds of three times, the second of which is sampled: the median
    ratio to plain ones, and quartiles of plain to plain ones. A fourth time is
    that of an empty hook: its ratio, or 0."""
    plain = [r[0] / r[2] for r in rounds] + [r[2] / r[0] for r in rounds]
    quartiles = statistics.quantiles(plain)

    def ratio(way):
        return statistics.median(2 * r[way] / (r[0] + r[2]) for r in rounds)
    return (ratio(1), quartiles[0], quartiles[2],
            ratio(3) if len(rounds[0]) > 3 else 0)


def spend_blocks(programs, blocks):
    """The times of each program in each block, in nanoseconds."""
    rounds = []
    for _ in range(blocks):
        block = [[program.spend() for program in programs]
                 for _ in range(STEPS)]
        rounds.append([sum(spent) for spent in zip(*block)])
    return rounds


def spend_peer(make, command, peer):
    """The median ratio of the peer's steps to plain ones."""
    programs = [make(command, {}), make(command, peer)]
    spent = [[program.spend() for program in programs]
             for _ in range(PEER_STEPS)]
    for program in programs:
        program.stop()
    return statistics.median(theirs / plain for plain, theirs in spent)


def compare_steps(make, command, blocks, peer=None):
    """The four of ratios(), and the peer's ratio; 0: no peer."""
    rounds = []
    with tempfile.TemporaryDirectory(dir=SHM) as tables:
        for done in range(0, blocks, LIFE):
            programs = [make(command, {}), make(command, sampled(tables)),
                        make(command, {})]
            if HOOK:
                programs.append(make(command, {"LD_PRELOAD": HOOK}))
            rounds += spend_blocks(programs, min(LIFE, blocks - done))
            for program in programs:
                program.stop()
    return ratios(rounds) + (
        spend_peer(make, command, peer) if peer else 0,)


def compare_runs(command, rounds):
    with tempfile.TemporaryDirectory(dir=SHM) as tables:
        return ratios([[spend_run(command, {}),
                        spend_run(command, sampled(tables)),
                        spend_run(command, {})] for _ in range(rounds)]) + (0,)


def compare_kinds(python, kinds, blocks):
    """Geometric means; standard error has each kind, if they are several."""
    results = []
    for kind in kinds:
        results.append(compare_steps(
            Steps, [python, KINDS, kind], blocks,
            None if HOOK else {"PYTHONTRACEMALLOC": "1"}))
        if len(kinds) > 1:
            print("where.py: %-10s %.3f (plain %.3f to %.3f)" %
                  ((kind,) + results[-1][:3]), file=sys.stderr)
    return [statistics.geometric_mean(ratios) if all(ratios) else 0
            for ratios in zip(*results)]


def percents(ratio):
    return "%+.1f" % (ratio * 100 - 100)


def main(way, count, what, *words):
    if way == "runs":
        result = compare_runs(words, count)
    elif way == "kinds":
        result = compare_kinds(words[0], words[1:], count)
    elif way == "recorded":
        result = compare_steps(Recorded, words, count)
    elif way == "redis":
        result = compare_steps(Redis, None, count)
    else:
        result = compare_steps(Steps, words, count)
    ours, least, most, hook, peer = result
    if hook:
        peer = percents(hook) + " % (an empty hook)"
    elif peer:
        peer = percents(peer) + " % (tracemalloc)"
    print("%s\t%s %% (plain %s to %s)\t%s\t%.3f" % (
        what, percents(ours), percents(least), percents(most),
        peer or "none here", ours))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
