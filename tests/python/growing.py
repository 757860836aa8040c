# SPDX-License-Identifier: MIT
"""A server that grows: threads come and go, and what it holds gets more all
the while: growing.py MIB, which is how much it holds from the beginning.
"""
import sys
import threading
import time


class Held:
    def __init__(self, number):
        self.text = 'held %d' % number


def answer():
    return [bytearray(5000) for _ in range(20)]


def serve():
    while True:
        thread = threading.Thread(target=answer)
        thread.start()
        thread.join()
        time.sleep(0.001)


base = [b'%d' % i * 100 for i in range(int(sys.argv[1]) * 2000)]
held = [Held(i) for i in range(100)]
threading.Thread(target=serve, daemon=True).start()
print('ready', flush=True)
deadline = time.monotonic() + 1800
more = []
while time.monotonic() < deadline:
    more.append([bytes(700) for _ in range(100)])
    time.sleep(0.002)
    if len(more) > 1500:
        more.clear()
