# SPDX-License-Identifier: MIT
"""Holds what mprof heap --json found against the table of heap.py: the whole
within 0.1 % of the objects and 0.5 % of the size, what the program made for
this exactly: heap_check.py OUTSIDE INSIDE [TYPE ...]
Types that are named have to be there, and agree as well.
"""
import json
import sys

MADE = ('__main__.Plain', '__main__.Slotted', '__main__.Added',
        '__main__.Cycle',
        '__main__.Words', '__main__.Rows', '__main__.Count', '__main__.Bag',
        'collections.deque', 'collections.OrderedDict', 'array.array',
        'generator', 'bytearray', 'complex', 'slice', 'range', 'frozenset',
        'function', 'float', '_io.BufferedReader', '_io.BufferedWriter',
        '_io.BufferedRandom', '_io.FileIO', 'frozendict', '__main__.Frozen')

with open(sys.argv[1]) as file:
    found = json.load(file)
outside = {row['type']: (row['count'], row['size']) for row in found['types']}
inside = {}
with open(sys.argv[2]) as file:
    for line in file:
        name, count, size = line.rstrip('\n').split('\t')
        inside[name] = (int(count), int(size))

bad = 0
for name in sys.argv[3:]:
    if name not in inside:
        print(name, 'is not there')
        bad = 1
for name in MADE + tuple(sys.argv[3:]):
    if outside.get(name) != inside.get(name):
        print(name, 'outside', outside.get(name), 'inside', inside.get(name))
        bad = 1
for place, what, most in ((0, 'objects', 0.001), (1, 'bytes', 0.005)):
    ours = sum(row[place] for row in outside.values())
    theirs = sum(row[place] for row in inside.values())
    if abs(ours / theirs - 1) > most:
        print(what, 'outside', ours, 'inside', theirs)
        bad = 1
sys.exit(bad)
