# Threads that call one function at the same time: each its own table.
import threading

from memory_profiler import profile

barrier = threading.Barrier(3)


@profile
def loop(rounds):
    barrier.wait()
    for i in range(rounds):
        pass


threads = [threading.Thread(target=loop, args=(n,)) for n in (10, 20, 30)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
