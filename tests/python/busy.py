# SPDX-License-Identifier: MIT
"""Two threads that make and drop objects in cycles, collections in between,
until a line is read; then says whether all came out right.
"""
import gc
import sys
import threading
import time

ended = threading.Event()
wrong = []


class Node:
    def __init__(self, number):
        self.number = number
        self.near = [self]


def work(start):
    kept = {}
    rounds = 0
    while not ended.is_set():
        nodes = [Node(start + i) for i in range(200)]
        for node in nodes:
            kept[node.number % 1000] = node
        if sum(node.number for node in nodes) != 200 * start + 19900:
            wrong.append('sum')
        rounds += 1
        if rounds % 20 == 0:
            gc.collect()
            time.sleep(0.002)
    for key, node in kept.items():
        if node.near[0] is not node or node.number % 1000 != key:
            wrong.append('node')


threads = [threading.Thread(target=work, args=(n,)) for n in (0, 10**6)]
for thread in threads:
    thread.start()
print('ready', flush=True)
sys.stdin.readline()
ended.set()
for thread in threads:
    thread.join()
print(wrong or 'unharmed', flush=True)
sys.exit(bool(wrong))
