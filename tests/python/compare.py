#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares line tables: compare.py THEIRS OURS

Text and occurrences must be equal, increments within 0.2 MiB (and what
rounding to the printed digit adds), or what Linux allows from 6.2 on, where it
counts pages in lots: each of four readings may be behind by one. The first row's
increment is the memory at entry, which depends on what else the process holds: it
is left out.
"""
import os
import re
import sys

LOT = max(32, 2 * os.cpu_count()) * os.sysconf("SC_PAGESIZE") / 2 ** 20

ROW = re.compile(
    r" *(\d+)(?: +(-?[\d.]+) MiB +(-?[\d.]+) MiB +(\d+)   | {41})(.*)$"
)


def tables(name):
    found = []
    with open(name, encoding="utf-8") as file:
        for text in file:
            row = ROW.match(text)
            if text.startswith("Filename: "):
                found.append([])
            elif row and found:
                found[-1].append(row.groups())
    return found


def differences(theirs, ours):
    if len(theirs) != len(ours):
        yield "%d tables, %d tables" % (len(theirs), len(ours))
    for table, other in zip(theirs, ours):
        entry = True
        if len(table) != len(other):
            yield "%d rows, %d rows" % (len(table), len(other))
        for row, same in zip(table, other):
            if (row[0], row[3], row[4]) != (same[0], same[3], same[4]):
                yield "%s\n%s" % (row, same)
            elif row[3]:
                allowed = max(0.2, 4 * LOT) + 10.0 ** -len(row[2].partition(".")[2])
                apart = abs(float(row[2]) - float(same[2]))
                if apart > allowed and not entry:
                    yield "%s\n%s" % (row, same)
                entry = False


theirs = tables(sys.argv[1])
found = list(differences(theirs, tables(sys.argv[2])))
if not theirs:
    found.append("no table")
print("\n".join(found))
sys.exit(bool(found))
