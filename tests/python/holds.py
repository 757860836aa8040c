# SPDX-License-Identifier: MIT
"""Holds memory in ways that are known, and ends with it: holds.py WAY... Prints
"LINE MIB" for each line (by the comment at its end) and what it holds."""
import ctypes
import os
import subprocess
import sys
import threading
import time

MIB = 1 << 20
kept = []


def held(line, values):
    print(line, sum(map(sys.getsizeof, [values, *values])) / MIB)


def hold_appended():
    values = []
    for i in range(2000):
        values.append(b"x" * 20000)  # appended
        if i % 20 == 0:
            time.sleep(0.001)
    held("appended", values)
    kept.append(values)


def churn():
    return len([str(i) * 3 for i in range(3000)])


def hold_strings():
    texts = []
    for _ in range(200):
        churn()
        texts += ["abc%d" % (i + 1000000) for i in range(1000)]  # strings
    held("strings", texts)
    kept.append(texts)


def thread_holds(mine):
    for _ in range(1000):
        mine.append(bytearray(3000))  # threads
        churn_little()


def churn_little():
    return [str(i) for i in range(100)]


def hold_threads():
    lists = [[] for _ in range(4)]
    threads = [threading.Thread(target=thread_holds, args=(mine,))
               for mine in lists]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept.append(lists)
    held("threads", [x for mine in lists for x in mine])


def hold_grown():
    buffer = bytearray()
    while len(buffer) < 20 * MIB:
        buffer.extend(b"x" * 10000)  # grown
    held("grown", [buffer])
    kept.append(buffer)


def hold_c():
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    libc.malloc.argtypes = [ctypes.c_size_t]
    for _ in range(8):
        libc.malloc(MIB)  # c
    print("c", 8.0)


def generate():
    for _ in range(1000):
        yield bytes(9000)  # generator


def hold_generator():
    values = list(generate())
    held("generator", values)
    kept.append(values)


def hold_freed():
    texts = []
    for _ in range(20):
        texts = [bytes(1000) for _ in range(10000)]
    texts.clear()


def hold_forked():
    child = os.fork()
    if child == 0:
        values = [bytearray(8 * MIB)]  # forked
        held("forked", values)
        end()
    os.waitpid(child, 0)


def hold_spawned():
    subprocess.run([sys.executable, __file__, "appended"], check=True)


def end():
    sys.stdout.flush()
    os._exit(0)


for way in sys.argv[1:]:
    globals()["hold_" + way]()
end()
