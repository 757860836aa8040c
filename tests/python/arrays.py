# SPDX-License-Identifier: MIT
"""Holds arrays and numbers of NumPy, and what else has data outside of the
object, and says on request what is there, as heap.py does: arrays.py COUNT
"""
import array
import struct
import sys

import numpy

import heap


class Grid(numpy.ndarray):
    pass


RECORD = numpy.dtype([('number', 'i4'), ('name', 'S300')])


def make(n):
    return [
        [numpy.arange(i, dtype='f4') for i in range(n)],
        [numpy.zeros((i, 3, 5)) for i in range(n)],
        [numpy.ones(i)[1:] for i in range(n)],
        [numpy.array(i) for i in range(n)],
        [numpy.zeros(i, RECORD) for i in range(n)],
        [numpy.full(i, 'x' * 20) for i in range(n)],
        [numpy.array(['object %d' % i, i + 10**6], object)
         for i in range(n)],
        [numpy.asfortranarray(numpy.ones((i, i))).T for i in range(n)],
        [numpy.frombuffer(b'x' * i, 'u1') for i in range(1, n)],
        [Grid.__new__(Grid, (i, 4)) for i in range(n)],
        [numpy.ones(i).view(Grid) for i in range(n)],
        [numpy.zeros(1, 'S70000') for i in range(10)],
        [numpy.ones(3000000)],
        [numpy.float64(i) for i in range(n)],
        [numpy.float32(i) for i in range(n)],
        [numpy.int8(i % 100) for i in range(n)],
        [numpy.uint16(i) for i in range(n)],
        [numpy.complex128(i) for i in range(n)],
        [numpy.longdouble(i) for i in range(n)],
        [numpy.datetime64(i, 'D') for i in range(n)],
        [numpy.zeros(1, RECORD)[0].copy() for i in range(n)],
        [struct.Struct('i' * (i % 50) + '7sd') for i in range(n)],
        [memoryview(numpy.zeros((2, i + 1))) for i in range(n)],
        [array.array('d', range(i)) for i in range(n)],
        # Types of C that NumPy has are not all seen from inside.
        ['text %d' % i for i in range(200 * n)],
    ]


def hidden(o):
    if isinstance(o, numpy.ndarray):
        held = [o.base, o.dtype]
        if o.dtype == object and o.flags.owndata:
            held += o.ravel('K').tolist()
        return [one for one in held if one is not None]
    if isinstance(o, numpy.void):
        return [one for one in (o.base, o.dtype) if one is not None]
    return of_heap(o)


of_heap = heap.hidden
heap.hidden = hidden
keep = make(int(sys.argv[1]))
print('ready', numpy.__version__, flush=True)
sys.stdin.readline()
for name, (number, size) in heap.count().items():
    print(name, number, size, sep='\t')
