# SPDX-License-Identifier: MIT
"""Whether each stack of a table is the one that the size of its allocation
says, as tests/programs/paths.c makes them. Prints how many there are.
usage: allocation_paths.py FILE"""
import sys

import allocation_table

SMALLEST, DEPTH = 1024, 6


def expected(size):
    path = (size - SMALLEST) // 16
    return ["keep"] + ["step_%d" % (path >> 2 * i & 3)
                       for i in range(DEPTH)] + ["walk_all"]


def main():
    table = allocation_table.Table(sys.argv[1])
    right = 0
    for _, _, size, _, _, stack, _ in table.slots():
        names = table.stack_names(stack, True)
        if "walk_all" not in names:
            continue
        if names[:DEPTH + 2] != expected(size):
            sys.exit("%d bytes: %s, not %s" % (size, names, expected(size)))
        right += 1
    print(right)


main()
