# A program that something may attach to: it does what the file "do" says, as
# often as there is one, says what it has kept of it since, and ends with "end".
import os
import resource
import sys
import time
import tracemalloc

PIECE = 20000
kept = []


def first():
    for _ in range(1500):
        kept.append(b"x" * PIECE)  # first
        innocent()


def second():
    for _ in range(1500):
        kept.append(b"x" * PIECE)  # second
        innocent()


def innocent():
    for _ in range(3):
        b"y" * PIECE


def churn():
    for _ in range(20000):
        b"y" * PIECE


def fork():
    pid = os.fork()
    if not pid:
        churn()
        second()
        tell("did.child")
        while not os.path.exists("end"):
            time.sleep(0.01)
        os._exit(0)
    print(pid, flush=True)


def full():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, before[1]))
    second()
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def tell(name):
    with open(name + ".new", "w") as file:
        print(os.getpid(), file=file)
    os.rename(name + ".new", name)


def state():
    return (
        sorted(sys.modules),
        sorted(vars(__import__("builtins"))),
        sys.path[:],
        list(os.environ.items()),
        sorted(os.listdir("/proc/self/fd")),
    )


actions = {
    "first": first,
    "second": second,
    "churn": churn,
    "fork": fork,
    "full": full,
    "trace": tracemalloc.start,
    "untrace": tracemalloc.stop,
}
before = state()
first()
tell("ready")
while not os.path.exists("end"):
    time.sleep(0.01)
    if os.path.exists("do"):
        with open("do") as file:
            word = file.read().strip()
        os.unlink("do")
        actions[word]()
        tell("did")
for a, b in zip(before, state()):
    if a != b:
        print("changed:", a, b)
print("done")
