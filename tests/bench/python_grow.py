# SPDX-License-Identifier: MIT
"""Three allocators of 67, 160 and 86 MiB, that work a little between two
blocks; they begin when a line is read.
"""
import sys

BLOCK = 65536
keep = []


def first():
    for i in range(67 * 16):
        keep.append(bytearray(BLOCK))
        for k in range(60000):
            pass


def second():
    for i in range(160 * 16):
        keep.append(bytearray(BLOCK))
        for k in range(60000):
            pass


def third():
    for i in range(86 * 16):
        keep.append(bytearray(BLOCK))
        for k in range(60000):
            pass


print('ready', flush=True)
sys.stdin.readline()
first()
second()
third()
