# Ends in the way that its first word says, after three rounds of the line
# `kept.append`. For `run --lines`: each process has one table.
import os
import signal
import sys
import threading


@profile
def work(rounds, then=None):
    kept = []
    for i in range(rounds):
        kept.append([i] * 1000)
    if then:
        then()


def in_pool(how):
    import multiprocessing

    context = multiprocessing.get_context(how)
    with context.Pool(2) as pool:
        # A task lasts until the other worker has taken the other one.
        pool.map(task, range(2), chunksize=1)


def task(number):
    import time

    work(3)
    open("taken-%d" % number, "w").close()
    while not os.path.exists("taken-%d" % (1 - number)):
        time.sleep(0.01)


def fork_and_leave():
    child = os.fork()
    if child == 0:
        work(4)
        os._exit(0)
    os.waitpid(child, 0)


def thread_that_stays():
    held, started = threading.Lock(), threading.Event()
    held.acquire()

    def stay():
        started.set()
        held.acquire()

    threading.Thread(target=work, args=(3, stay), daemon=True).start()
    started.wait()


def live_on():
    if os.fork():
        return
    os.setsid()
    work(4)
    with open("lives_on", "w") as file:
        file.write(str(os.getpid()))
    signal.pause()


def execute():
    work(3)
    os.execv("/bin/true", ["true"])


def closed():
    work(3)
    sys.stdout.close()


ways = {
    "return": lambda: work(3),
    "exit": lambda: work(3, sys.exit),
    "term": lambda: work(3, lambda: os.kill(os.getpid(), signal.SIGTERM)),
    "kill": lambda: work(3, lambda: os.kill(os.getpid(), signal.SIGKILL)),
    "abort": lambda: work(3, os.abort),
    "_exit": lambda: work(3, lambda: os._exit(0)),
    "thread": thread_that_stays,
    "exec": execute,
    "closed": closed,
    "fork": lambda: (work(3), fork_and_leave()),
    "fork-first": lambda: (fork_and_leave(), work(3)),
    "live-on": lambda: (work(3), live_on()),
    "pool-fork": lambda: in_pool("fork"),
    "pool-spawn": lambda: in_pool("spawn"),
    "pool-forkserver": lambda: in_pool("forkserver"),
}
if __name__ == "__main__":
    ways[sys.argv[1]]()
