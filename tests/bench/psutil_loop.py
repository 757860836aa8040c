# SPDX-License-Identifier: MIT
"""psutil_loop.py -T INTERVAL -o FILE PROGRAM...: the loop that psrecord and
many scripts hold: psutil sums up a program and its descendants."""
import subprocess
import sys
import time

import psutil

interval, path, words = float(sys.argv[2]), sys.argv[4], sys.argv[5:]
program = subprocess.Popen(words)
root = psutil.Process(program.pid)
with open(path, "w", buffering=1) as out:
    while program.poll() is None:
        total = 0
        try:
            for process in [root] + root.children(recursive=True):
                total += process.memory_info().rss
        except psutil.NoSuchProcess:
            pass
        out.write(f"MEM {total / 2**20:.6f} {time.time():.4f}\n")
        time.sleep(interval)
