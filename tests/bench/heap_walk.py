# SPDX-License-Identifier: MIT
"""A million objects: instances with their attributes, and some of every kind
(tests/python/heap.py makes them). For each line that is read, one is printed:
what a walk from inside finds, as count and bytes, or for the line "pympler"
the seconds that its tracker takes, "" where it is not installed.
"""
import gc
import os
import sys
import time

sys.path.insert(0, os.path.join(os.environ['ROOT'], 'tests', 'python'))
sys.argv[1:] = ['5000']
import heap  # noqa: E402  it makes them


def pympler_s():
    try:
        from pympler import tracker
    except ImportError:
        return ''
    start = time.perf_counter()
    tracker.SummaryTracker().create_summary()
    return '%.2f' % (time.perf_counter() - start)


more = [heap.Plain(i) for i in range(240000)]
gc.collect()
print('ready', flush=True)
for line in sys.stdin:
    if line.startswith('pympler'):
        print(pympler_s(), flush=True)
        continue
    counts = heap.count()
    print(sum(one[0] for one in counts.values()),
          sum(one[1] for one in counts.values()), flush=True)
    del counts
