#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Programs whose processes share memory, recorded by mprof run beside a sampler
of this file that sums up smaps_rollup of the same processes. A row each: what
the summary says of the peak's PSS and of who shares, and what the sampler saw.

A hint is right where its PSS is one that the sampler saw at that moment, give or
take a tenth, and what the peak was: one of those seen while RSS was at its
highest (within 3 %), or the RSS that it is told with; and where its number of processes is the number that map the largest
shared segment. No hint is right where the sum is, within 15 %.

usage: sharing.py [CASE ...]"""
import collections
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

NEAR = 0.97
POSTGRES = "/usr/lib/postgresql"


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def kib(text, key):
    found = re.search(rb"^" + key + rb":\s+(\d+) kB", text, re.M)
    return int(found.group(1)) if found else 0


def descendants(root):
    """All processes below root, by pid, with their parents."""
    parents = {}
    for name in os.listdir("/proc"):
        stat = read(f"/proc/{name}/stat") if name.isdigit() else b""
        if stat:
            parents[int(name)] = int(stat[stat.rindex(b")"):].split()[2])
    found, grew = {root}, True
    while grew:
        more = {p for p, parent in parents.items() if parent in found} - found
        found |= more
        grew = bool(more)
    return found - {root}


def is_vforked(pid):
    """Whether it has not executed anything, and its parent waits for that."""
    stat = read(f"/proc/{pid}/stat")
    if not stat:
        return True
    fields = stat[stat.rindex(b")") + 2:].split()
    parent = read(f"/proc/{int(fields[1])}/stat")
    return bool(int(fields[6]) & 0x40 and parent[parent.rindex(b")") + 2:]
                .startswith(b"D")
                and read(f"/proc/{pid}/statm") ==
                read(f"/proc/{int(fields[1])}/statm"))


def survey(pids):
    """How many have the segment of which most is counted again."""
    saved, having = collections.Counter(), collections.defaultdict(set)
    for pid in pids:
        segment = None
        own = collections.Counter()
        for line in read(f"/proc/{pid}/smaps").decode("latin-1").splitlines():
            words = line.split()
            if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
                segment = (words[3], words[4]) if words[4] != "0" else "fork"
                own[segment] += 0
            elif line.startswith("Rss:"):
                own[segment] += int(words[1])
            elif line.startswith("Pss:"):
                own[segment] -= int(words[1])
        for segment, amount in own.items():
            saved[segment] += amount
            if segment != "fork" or amount > 256:
                having[segment].add(pid)
    if not saved:
        return 0
    return len(having[saved.most_common(1)[0][0]])


class Sampler(threading.Thread):
    """Sums up smaps_rollup below a process, ten times a second."""

    def __init__(self, root):
        super().__init__(daemon=True)
        self.root, self.over = root, False
        self.samples, self.surveyed, self.sharers = [], 0, set()

    def run(self):
        while not self.over:
            self.look()
            time.sleep(0.1)

    def look(self):
        rss = pss = 0
        pids = [p for p in descendants(self.root) if not is_vforked(p)]
        for pid in pids:
            text = read(f"/proc/{pid}/smaps_rollup")
            rss += kib(text, b"Rss")
            pss += kib(text, b"Pss")
        self.samples.append((time.time(), rss / 1024, pss / 1024, len(pids)))
        if rss > self.surveyed:
            self.surveyed = 1.03 * rss
            self.sharers.add(survey(pids))

    def truth(self):
        peak = max(self.samples, key=lambda s: s[1])
        near = [s for s in self.samples if s[1] >= NEAR * peak[1]]
        return peak[1], min(s[2] for s in near), max(s[2] for s in near)

    def near(self, when):
        return min(self.samples, key=lambda s: abs(s[0] - when))

    def around(self, when):
        """The PSS of the samples before and behind that moment, in order."""
        before = [s[2] for s in self.samples if s[0] <= when][-1:]
        behind = [s[2] for s in self.samples if s[0] >= when][:1]
        return sorted(before + behind)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, seconds=20):
    for _ in range(seconds * 20):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"nothing listens on {port}")


def quiet(*words, **more):
    return subprocess.run(words, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False, **more)


class Postgres:
    """8 clients on shared buffers of 300 MiB."""
    name = "PostgreSQL, pgbench -c 8"

    def __init__(self, folder):
        version = sorted(os.listdir(POSTGRES))[-1]
        self.bin = f"{POSTGRES}/{version}/bin"
        self.folder, self.port = folder, free_port()
        self.user = []
        if os.getuid() == 0:
            self.user = ["setpriv", "--reuid=postgres", "--regid=postgres",
                         "--clear-groups"]
            shutil.chown(folder, "postgres", "postgres")
        quiet(*self.user, f"{self.bin}/initdb", "-D", f"{folder}/data", "-A",
              "trust")

    def command(self):
        return self.user + [
            f"{self.bin}/postgres", "-D", f"{self.folder}/data", "-c",
            "shared_buffers=300MB", "-p", str(self.port), "-c",
            "listen_addresses=127.0.0.1", "-c",
            f"unix_socket_directories={self.folder}"]

    def work(self):
        wait_for(self.port)
        place = ["-h", "127.0.0.1", "-p", str(self.port)]
        at = self.user + [f"{self.bin}/pgbench"] + place
        while quiet(*at, "-i", "-s", "15", "postgres").returncode != 0:
            time.sleep(0.2)  # it is still starting up
        quiet(*at, "-c", "8", "-T", "10", "postgres")


class Script:
    """A Python program that ends by itself."""

    def __init__(self, folder):
        self.path = f"{folder}/script.py"
        with open(self.path, "w") as file:
            file.write(self.text)

    def command(self):
        return [sys.executable, self.path]

    def work(self):
        pass


class SharedMemory(Script):
    """4 workers on one segment of 150 MiB; its tracker maps nothing."""
    name = "multiprocessing.shared_memory"
    text = """
import multiprocessing, sys, time
from multiprocessing import shared_memory
def work(name):
    segment = shared_memory.SharedMemory(name)
    total = sum(segment.buf[i] for i in range(0, segment.size, 4096))
    time.sleep(2)
    segment.close()
if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    segment = shared_memory.SharedMemory(create=True, size=150 << 20)
    segment.buf[:] = bytes(1) * segment.size
    workers = [multiprocessing.Process(target=work, args=(segment.name,))
               for _ in range(4)]
    for w in workers: w.start()
    for w in workers: w.join()
    segment.close(); segment.unlink()
"""


class ForkPool(Script):
    """4 forked workers that only read what the parent has."""
    name = "pool of forks, read only"
    text = """
import multiprocessing, time
held = bytearray(160 << 20)
for i in range(0, len(held), 4096): held[i] = 1
def work(i):
    total = sum(held[i] for i in range(0, len(held), 4096))
    time.sleep(1.5)
    return total
if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(4) as pool:
        pool.map(work, range(4), 1)
"""


class WritingPool(Script):
    """The same, and the workers write to it all: nothing stays shared."""
    name = "pool of forks that write"
    text = ForkPool.text.replace(
        "    time.sleep(1.5)",
        "    time.sleep(0.5)\n"
        "    for i in range(0, len(held), 4096): held[i] = 2\n"
        "    time.sleep(1.5)")


class Apart(Script):
    """4 programs of their own: nothing to say."""
    name = "4 programs apart"
    text = """
import subprocess, sys
own = "import time; x = bytearray(60 << 20); time.sleep(2)"
for p in [subprocess.Popen([sys.executable, "-c", own]) for _ in range(4)]:
    p.wait()
"""


class Redis:
    """BGSAVE while clients write: what was shared becomes two."""
    name = "Redis, BGSAVE under writes"

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()

    def command(self):
        return ["redis-server", "--port", str(self.port), "--bind",
                "127.0.0.1", "--save", "", "--dir", self.folder,
                "--rdb-key-save-delay", "2", "--enable-debug-command", "yes"]

    def client(self, *words):
        return quiet("redis-cli", "-p", str(self.port), *words)

    def work(self):
        wait_for(self.port)
        self.client("debug", "populate", "1000000", "key", "150")
        time.sleep(1)
        self.client("bgsave")
        quiet("redis-benchmark", "-p", str(self.port), "-q", "-n", "150000",
              "-r", "1000000", "-d", "150", "eval",
              "return redis.call('set', 'key:' .. ARGV[1], ARGV[2])", "0",
              "__rand_int__", "x" * 150)
        time.sleep(1)


class Gunicorn:
    """4 workers of an application that was loaded before they were forked."""
    name = "gunicorn --preload, 4 workers"

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        with open(f"{folder}/site_app.py", "w") as file:
            file.write("""
table = {i: str(i) * 10 for i in range(700000)}
def app(environ, start):
    start("200 OK", [])
    return [table[len(environ)].encode()]
""")

    def command(self):
        return ["gunicorn", "--preload", "-w", "4", "-b",
                f"127.0.0.1:{self.port}", "--chdir", self.folder,
                "site_app:app"]

    def work(self):
        wait_for(self.port)
        for _ in range(40):
            with socket.create_connection(("127.0.0.1", self.port)) as to:
                to.sendall(b"GET / HTTP/1.0\r\n\r\n")
                to.recv(4096)
            time.sleep(0.05)
        time.sleep(1)


class Chromium:
    """A page with some memory of its own."""
    name = "Chromium, headless"

    def __init__(self, folder):
        self.folder = folder
        with open(f"{folder}/page.html", "w") as file:
            file.write("<p>page<script>held = []; for (i = 0; i < 2e6; i++)"
                       " held.push('x' + i)</script>")

    def command(self):
        return ["chromium", "--headless", "--no-sandbox", "--disable-gpu",
                f"--user-data-dir={self.folder}/profile",
                "--remote-debugging-port=0",
                f"file://{self.folder}/page.html"]

    def work(self):
        time.sleep(7)


class Nginx:
    """4 workers behind a master: small, and mostly libraries."""
    name = "nginx, 4 workers"

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        with open(f"{folder}/nginx.conf", "w") as file:
            file.write(f"daemon off; worker_processes 4; pid {folder}/pid;"
                       f"error_log {folder}/error; events {{}}"
                       "http { access_log off; server { listen "
                       f"127.0.0.1:{self.port}; root {folder}; }} }}")

    def command(self):
        return ["/usr/sbin/nginx", "-c", f"{self.folder}/nginx.conf"]

    def work(self):
        wait_for(self.port)
        time.sleep(2)


CASES = {"postgres": Postgres, "shared_memory": SharedMemory,
         "chromium": Chromium, "redis": Redis, "gunicorn": Gunicorn,
         "nginx": Nginx, "fork": ForkPool, "writing": WritingPool,
         "apart": Apart}


def to_mib(text):
    number, unit = text.split()
    return float(number) * {"KiB": 1 / 1024, "MiB": 1, "GiB": 1024}[unit]


def record(case, folder):
    """The recording's summary, and what the sampler saw."""
    recorder = subprocess.Popen(
        ["mprof", "run", "-o", f"{folder}/a.dat", "--"] + case.command(),
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    sampler = Sampler(recorder.pid)
    sampler.start()
    try:
        case.work()
        if not isinstance(case, Script):
            recorder.send_signal(signal.SIGINT)
        said = recorder.communicate(timeout=60)[1]
    finally:
        sampler.over = True
        recorder.kill()
        sampler.join()
    return said, sampler


def when_read(path, pss):
    """When the reading was taken that the summary tells."""
    found = re.findall(r"^SHARE.*", read(path).decode(), re.M)
    readings = [(float(re.search(r"pss=([\d.]+)", line).group(1)),
                 float(re.match(r"SHARE\S* [\d.]+ ([\d.]+)", line).group(1)))
                for line in found]
    return min(readings, key=lambda r: abs(r[0] - pss))[1]


def judge(said, path, sampler):
    rss, least, pss = sampler.truth()
    told = re.search(r"peak (\S+ \S+) RSS(?: \((\S+ \S+) PSS.*? (\d+) proc)?",
                     said)
    ours, count = "no hint", 0
    if not told:
        return "no summary", rss, pss, "not met"
    if not told.group(2):
        return (f"{told.group(1)}, no hint", rss, pss,
                "met" if pss > 0.85 * rss else "not met: nothing is said")
    ours, count = to_mib(told.group(2)), int(told.group(3))
    low, *_, high = sampler.around(when_read(path, ours))
    good = (0.9 * low <= ours <= 1.1 * high and
            ("RSS, " in said or 0.8 * pss <= ours <= 1.1 * pss))
    known = count in sampler.sharers
    return (f"{told.group(1)}, {told.group(2)} PSS, {count} share", rss, pss,
            "met" if good and known else "not met" +
            ("" if good else f", {100 * (ours / pss - 1):+.0f} %") +
            ("" if known else ", another number of processes"))


def shares(path, sampler):
    """Each reading of the recording beside the sample that is nearest."""
    for line in read(path).decode().splitlines():
        found = re.match(r"SHARE\S* ([\d.]+) ([\d.]+)", line)
        if found:
            when, rss, pss, _ = sampler.near(float(found.group(2)))
            print(f"  {line}  beside {rss:.1f} {pss:.1f}"
                  f" {when - float(found.group(2)):+.2f} s", file=sys.stderr)


def main():
    for name in sys.argv[1:] or CASES:
        folder = tempfile.mkdtemp(prefix="mprof-sharing.")
        try:
            case = CASES[name](folder)
            said, sampler = record(case, folder)
            if os.environ.get("VERBOSE"):
                print(said, file=sys.stderr)
                shares(f"{folder}/a.dat", sampler)
            ours, rss, pss, met = judge(said, f"{folder}/a.dat", sampler)
            print(f"peak of {case.name}\t{ours}\tsampler: {rss:.0f} MiB RSS,"
                  f" {pss:.0f} MiB PSS, {sorted(sampler.sharers)} share"
                  f"\t{met}", flush=True)
        except (OSError, RuntimeError) as error:
            print(f"peak of {name}\t-\t-\tnot run: {error}", flush=True)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


main()
