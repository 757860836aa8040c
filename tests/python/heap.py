# SPDX-License-Identifier: MIT
"""Holds objects of every kind that mprof heap has to measure, and says on
request what is there, by a walk from the inside: heap.py COUNT
Prints "ready"; for the line that is then read, one line of type, count and
size by sys.getsizeof, separated by tabs, for each type.
"""
import array
import collections
import ctypes
import gc
import io
import os
import sys

V = sys.version_info
MODULE = type(sys)
CODE = type((lambda: 0).__code__)
MODULE_DEF = ctypes.addressof(
    ctypes.c_char.in_dll(ctypes.pythonapi, 'PyModuleDef_Type'))


class Plain:
    def __init__(self, i):
        self.number = i + 10**9
        self.text = 'plain %d' % i


class Slotted:
    __slots__ = ('left', 'right')

    def __init__(self, i):
        self.left = 'left %d' % i
        self.right = i * 2.5


class Added(Plain):
    def __init__(self, i):
        Plain.__init__(self, i)
        if i % 3 == 0:
            self.more = [i]
        if i % 6 == 0:
            vars(self)


class Cycle:
    def __init__(self):
        self.me = self


class Words(str):
    pass


class Rows(tuple):
    pass


class Count(int):
    pass


class Bag(dict):
    pass


if V >= (3, 15):
    class Frozen(frozendict):
        pass


def generate(n):
    held = ['in', n]
    while True:
        yield held


async def wait(n):
    return n


def make(n):
    keep = [
        [Plain(i) for i in range(n)],
        [Slotted(i) for i in range(n)],
        [Added(i) for i in range(n)],
        {('key', i): {i + 0.5} for i in range(n)},
        {'name %d' % i: frozenset(range(i % 50)) for i in range(n)},
        [10 ** (i % 300) * (-1) ** i for i in range(n)],
        ['\u00e9%d' % i for i in range(n)],
        ['\u0416 %d' % i for i in range(n)],
        ['\U0001f40d%d' % i for i in range(n)],
        [b'bytes %d' % i for i in range(n)],
        [bytearray(i % 100) for i in range(n)],
        [collections.deque(range(i % 200)) for i in range(n)],
        [generate(i) for i in range(n)],
        [collections.OrderedDict.fromkeys(range(i % 20)) for i in range(n)],
        [array.array('d', range(i % 30)) for i in range(n)],
        [Words('w%d' % i) for i in range(n)],
        [Rows([i, i]) for i in range(n)],
        [Count(i) for i in range(n)],
        [Bag(a=i) for i in range(n)],
        [(lambda x: lambda: x)(i) for i in range(n)],
        [type('Made%d' % i, (), {'x': i}) for i in range(n // 20)],
        [complex(i, i) for i in range(n)],
        [slice(i, i) for i in range(n)],
        [range(i % 200) for i in range(n)],
        [open(__file__, 'rb') for i in range(n // 50)],
        [open(__file__, 'rb', buffering=i + 2) for i in range(n // 50)],
        [open(os.devnull, 'wb') for i in range(n // 50)],
        [open(os.devnull, 'w+b') for i in range(n // 50)],
        [io.BytesIO(bytes(i)) for i in range(n)],
    ]
    if V >= (3, 15):
        keep += [frozendict(a=i, b=[i]) for i in range(n)]
        keep += [Frozen({i: i}) for i in range(n)]
    for each in keep[12]:
        next(each)
    return keep


def texts(values):
    return [value for value in values if value is not None]


# Without the GIL an object has a longer header.
LONGER = 16 if 'free-threading' in sys.version else 0


def pointed(o, offset):
    return ctypes.py_object.from_address(id(o) + LONGER + offset).value


def number_at(address):
    return ctypes.c_uint64.from_address(address).value


def is_def(address):
    """Whether a module's definition is an object: since 3.15 it may be none."""
    return address and number_at(address + LONGER + 8) == MODULE_DEF


def hidden(o):
    """What an object holds and the collector does not ask it for."""
    kind = type(o)
    if kind is dict or isinstance(o, dict):
        return list(dict.keys(o))
    if kind is range:
        return [o.start, o.stop, o.step]
    if kind is slice:
        return [o.start, o.stop, o.step]
    if kind is MODULE:
        place = 88 if V >= (3, 15) else 24
        return [pointed(o, place)] if is_def(
            number_at(id(o) + LONGER + place)) else []
    if kind is io.BytesIO and V < (3, 12):
        return [o.getvalue()]
    if kind is CODE:
        names = ['co_names', 'co_consts', 'co_filename', 'co_name',
                 'co_qualname', 'co_linetable', 'co_exceptiontable']
        if V < (3, 11):
            names += ['co_varnames', 'co_freevars', 'co_cellvars', 'co_code']
        if V < (3, 10):
            names = names + ['co_lnotab']
        held = texts(getattr(o, name, None) for name in names)
        if V >= (3, 11):
            # The names of all variables, and their kinds.
            held += [pointed(o, 96), pointed(o, 104)]
        return held
    if isinstance(o, type):
        if o.__flags__ >> 9 & 1:
            return [o.__name__, o.__qualname__]
        # Of C: the collector doesn't know it.
        space = gc.get_referents(type.__dict__['__dict__'].__get__(o))
        return space + [o.__bases__, o.__mro__]
    return []


# To 3.10 the collector has no frames that run.
MAIN = sys._getframe()


def find_all():
    todo = gc.get_objects()
    if V < (3, 11):
        todo += [MAIN, MAIN.f_code]
    seen = {id(o): o for o in todo}
    mine = (id(todo), id(seen))
    while todo:
        o = todo.pop()
        for held in gc.get_referents(o) + hidden(o) + [type(o)]:
            if id(held) not in seen and id(held) not in mine:
                seen[id(held)] = held
                todo.append(held)
    return seen


def add(counts, name, size):
    one = counts.setdefault(name, [0, 0])
    one[0] += 1
    one[1] += size


def count():
    counts = {}
    for o in list(find_all().values()):
        kind = type(o)
        name = kind.__qualname__
        if kind.__module__ != 'builtins':
            name = kind.__module__ + '.' + name
        add(counts, name, sys.getsizeof(o))
    return counts


keep = make(int(sys.argv[1]))
if __name__ == '__main__':
    gc.collect()
    gc.disable()
    # The collector's lists alone have these.
    for _ in range(int(sys.argv[1])):
        Cycle()
    print('ready', flush=True)
    sys.stdin.readline()
    for name, (number, size) in count().items():
        print(name, number, size, sep='\t')
