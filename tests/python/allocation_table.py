# SPDX-License-Identifier: MIT
"""What tables of sampled allocations say is held, read without mprof: for each
FILE a line of its header, and a line a stack: MiB, standard error in MiB, the
frames from the innermost on. C functions are named by addr2line, which takes
its time: only in stacks that hold more than a MiB.
usage: allocation_table.py FILE..."""
import collections
import functools
import os
import struct
import subprocess
import sys

SLOTS_AT = 4096
SLOTS = 1 << 15
SLOT = struct.Struct("5Q2I")
LOG_AT = SLOTS_AT + SLOTS * SLOT.size
NO_STACK = 0xFFFFFFFF
FRAME = 1 << 63
MIB = 1 << 20


@functools.lru_cache(maxsize=None)
def function_name(path, offset):
    out = subprocess.run(["addr2line", "-fe", path, hex(offset)],
                         capture_output=True, text=True).stdout
    return (out.split("\n") + ["??"])[0]


class Table:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = file.read()
        (self.magic, self.version, self.pid, self.flags, self.start,
         self.period, self.used, log_used, self.taken, self.dropped,
         self.thinned, self.failed) = struct.unpack_from("4I8Q", self.bytes)
        assert self.magic == 0x6D70616C and self.version == 1, path
        self.log = self.bytes[LOG_AT:LOG_AT + log_used]
        self.modules = list(self.read_modules())

    def read_modules(self):
        at = 0
        while at < len(self.log):
            kind, size = struct.unpack_from("2I", self.log, at)
            assert size % 8 == 0 and 0 < size <= len(self.log) - at
            if kind == 3:
                begin, end, bias = struct.unpack_from("3Q", self.log, at + 8)
                path = self.log[at + 32:at + size].split(b"\0")[0]
                yield begin, end, bias, path.decode()
            at += size

    def slots(self):
        for i in range(self.used):
            slot = SLOT.unpack_from(self.bytes, SLOTS_AT + i * SLOT.size)
            if slot[0]:
                yield slot

    def frame_name(self, frame, named):
        if frame & FRAME:
            at = frame & ~FRAME
            kind, size, line = struct.unpack_from("2IQ", self.log, at)
            assert kind == 2
            file, name = self.log[at + 16:at + size].split(b"\0")[:2]
            return "%s:%d:%s" % (os.path.basename(file.decode()), line,
                                 name.decode())
        for begin, end, bias, path in reversed(self.modules):
            if begin <= frame < end:
                name = function_name(path, frame - bias) if named else "??"
                return name if name != "??" else os.path.basename(path)
        return "?"

    def stack_names(self, stack, named):
        if stack == NO_STACK:
            return ["?"]
        kind, size, count = struct.unpack_from("2IQ", self.log, stack)
        assert kind == 1 and size == 16 + 8 * count
        frames = struct.unpack_from("%dQ" % count, self.log, stack + 16)
        return [self.frame_name(frame, named) for frame in frames]


def main():
    for path in sys.argv[1:]:
        table = Table(path)
        print("pid %d flags %d period %d taken %d dropped %d thinned %d "
              "failed %d" % (table.pid, table.flags, table.period, table.taken,
                             table.dropped, table.thinned, table.failed))
        held = collections.Counter()
        variance = collections.Counter()
        for _, _, size, weight, _, stack, _ in table.slots():
            held[stack] += weight
            variance[stack] += weight * (weight - size)
        for stack, weight in held.most_common():
            print("%.3f %.3f %s" % (weight / MIB, variance[stack] ** 0.5 / MIB,
                                    " ".join(table.stack_names(stack, weight > MIB))))


if __name__ == "__main__":
    main()
