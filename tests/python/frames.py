# SPDX-License-Identifier: MIT
"""Holds pandas' tables and Pillow's images for mprof heap: frames.py COUNT
Prints "ready"; for the line that is then read, one line of type, count and
size by sys.getsizeof, for the types that have data of their own, and a line
"memory_usage BYTES" of what pandas says of the columns alone.
"""
import gc
import sys

import numpy
import pandas
from PIL import Image

n = int(sys.argv[1])
tables = [pandas.DataFrame({'whole': numpy.arange(n * 100),
                            'half': numpy.arange(n * 100) * 0.5})
          for _ in range(5)]
columns = [pandas.Series(numpy.arange(n * 100.0)) for _ in range(10)]
images = [Image.new('RGB', (n, n)) for _ in range(10)]
raw = [image.tobytes() for image in images]


def find_all():
    todo = gc.get_objects()
    seen = {id(o): o for o in todo}
    while todo:
        for held in gc.get_referents(todo.pop()):
            if id(held) not in seen and held is not todo and held is not seen:
                seen[id(held)] = held
                todo.append(held)
    return list(seen.values())


gc.collect()
gc.disable()
print('ready', flush=True)
sys.stdin.readline()
counts = {}
for o in find_all():
    kind = type(o)
    # A class may have a descriptor for __module__.
    name = '%s.%s' % (kind.__module__, kind.__qualname__)
    if name in ('numpy.ndarray', 'PIL.Image.Image', 'builtins.bytes'):
        one = counts.setdefault(name.replace('builtins.', ''), [0, 0])
        one[0] += 1
        one[1] += sys.getsizeof(o)
for name, (count, size) in counts.items():
    print(name, count, size, sep='\t')
print('memory_usage', sum(
    [int(each.memory_usage(index=False).sum()) for each in tables] +
    [each.memory_usage(index=False) for each in columns]), 0, sep='\t')
