# SPDX-License-Identifier: MIT
"""Leaves stale words on the interpreter's stack: above the top of frames that
stand, pointers at what looks like an object of 2 MB, and is none any more.
Below the top, each of two frames alone has five million bytes.
Says "ready" and waits for a line.
"""
import ctypes
import os
import sys
import threading
import time


class Stale(int):
    __slots__ = ()


def forge(memory):
    """What is left of a Stale: a count of references, the class, a length."""
    address = ctypes.addressof(memory) + 64
    words = ctypes.cast(address, ctypes.POINTER(ctypes.c_ulong))
    digits = 500000 << (3 if sys.version_info >= (3, 12) else 0)
    if 'free-threading' in sys.version:
        # No thread's own, 1000 references of all, merged.
        header = 0, 0, 1000 << 2 | 3, id(Stale), digits
    else:
        header = 1000, id(Stale), digits
    for i, word in enumerate(header):
        words[i] = word
    return address


def at(address):
    return ctypes.cast(address, ctypes.py_object).value


def ignore(*them):
    pass


def leave(memory, wait):
    address = forge(memory)
    # On the stack beside each other, and gone from it with the calls.
    ignore(1, 2, 3, at(address), at(address), at(address))
    [at(address), at(address), at(address), at(address)].clear()
    ignore(bytes(5000000), wait())


def switches(thread):
    """How often it gave up its processor; None where it does not sleep."""
    with open('/proc/self/task/%d/status' % thread.native_id) as file:
        status = dict(line.strip().split(':\t', 1) for line in file
                      if line[:6] in ('State:', 'volunt'))
    return status['State'][0] == 'S' and status['voluntary_ctxt_switches']


def has_come_to_rest(thread):
    """Waits for the lock: whoever waits for the GIL looks again and again."""
    before = switches(thread)
    time.sleep(0.1)
    return before and switches(thread) == before


def waits_in_c():
    leave(memories[0], in_c.acquire)


def waits_in_python():
    leave(memories[1], lambda: in_python.acquire())


memories = [ctypes.create_string_buffer(128) for _ in range(2)]
in_c = threading.Lock()
in_python = threading.Lock()
in_c.acquire()
in_python.acquire()
threads = [threading.Thread(target=waits_in_c),
           threading.Thread(target=waits_in_python)]
for thread in threads:
    thread.start()
while not all(map(has_come_to_rest, threads)):
    pass
print('ready', flush=True)
sys.stdin.readline()
in_c.release()
in_python.release()
for thread in threads:
    thread.join()
