# SPDX-License-Identifier: MIT
"""Takes memory step by step, the last of the ranks twice as much, and holds it.

Usage: model.py MIB [SECONDS]
"""
import os
import sys
import time


def number(*names):
    for name in names:
        if name in os.environ:
            return int(os.environ[name])
    return 0


rank = number("OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID")
ranks = number("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_NTASKS") or 1
mib = int(sys.argv[1]) * (2 if rank > 0 and rank == ranks - 1 else 1)
kept = []
for _ in range(10):
    kept.append(b"x" * (mib * 1024 * 1024 // 10))
    time.sleep(0.1)
time.sleep(float(sys.argv[2]) if len(sys.argv) > 2 else 1)
