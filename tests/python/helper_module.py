# Imported by imported.py.
from memory_profiler import profile


@profile
def build(count):
    rows = [0] * count
    rows += [1] * count
    return rows
