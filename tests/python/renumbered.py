# SPDX-License-Identifier: MIT
"""Says that it is CPython 3.MINOR: renumbered.py MINOR
Holds 321 objects, prints "ready", and ends at the next line of its input.
"""
import ctypes
import mmap
import sys


class Kept:
    pass


version = ctypes.c_ulong.in_dll(ctypes.pythonapi, "Py_Version")
start = ctypes.addressof(version) & -mmap.PAGESIZE
libc = ctypes.CDLL(None, use_errno=True)
writable = mmap.PROT_READ | mmap.PROT_WRITE
if libc.mprotect(ctypes.c_void_p(start), ctypes.c_size_t(mmap.PAGESIZE), writable):
    sys.exit("mprotect: error %d" % ctypes.get_errno())
version.value = version.value & 0xff00ffff | int(sys.argv[1]) << 16
kept = [Kept() for _ in range(321)]
print("ready", flush=True)
sys.stdin.readline()
