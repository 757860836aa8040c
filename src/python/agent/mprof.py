# SPDX-License-Identifier: MIT
# A module of mprof's.
"""Recordings, and the program mprof, for Python: read_mprofile_file(name), and
python -m mprof."""
import os as _os
import sys as _sys


def _numbers(text):
    return [float(word) for word in text.split(" ")]


def read_mprofile_file(filename):
    """
    A recording as memory_profiler's mprof reads it: a dict of lists.

    mem_usage and timestamp: MiB and seconds since the epoch, of each sample.
    func_timestamp: for each function [start, end, MiB at start, MiB at end] and
    how deep it was nested, of each call. children: for each process, by its
    number, (MiB, time). cmd_line: the command; filename: the argument.
    """
    from collections import defaultdict

    memory, times, calls, children = [], [], {}, defaultdict(list)
    command = None
    with open(filename, "r") as file:
        for line in file:
            if line == "\n":
                raise ValueError("Sampling time was too short")
            field, _, value = line.partition(" ")
            if field == "MEM":
                mib, now = _numbers(value)[:2]
                memory.append(mib)
                times.append(now)
            elif field == "FUNC":
                name, _, rest = value.partition(" ")
                words = rest.split(" ")
                mib, start, last, end = map(float, words[:4])
                call = [start, end, mib, last] + [int(w) for w in words[4:5]]
                calls.setdefault(name, []).append(call)
            elif field == "CHLD":
                number, _, rest = value.partition(" ")
                children[number].append(tuple(_numbers(rest)[:2]))
            elif field == "CMDLINE":
                command = value
    return {
        "mem_usage": memory,
        "timestamp": times,
        "func_timestamp": calls,
        "filename": filename,
        "cmd_line": command,
        "children": children,
    }


# -- the program -----------------------------------------------------------------


def _is_program(path):
    """memory_profiler's mprof is a script that would come back here."""
    try:
        with open(path, "rb") as file:
            return file.read(4) == b"\x7fELF" and _os.access(path, _os.X_OK)
    except OSError:
        return False


def _places():
    yield _os.path.join(_os.path.dirname(_sys.executable or ""), "mprof")
    yield _os.path.join(_sys.prefix, "bin", "mprof")
    here = globals().get("__file__") or _agent  # noqa: F821 (C's)
    for _ in range(4):
        here = _os.path.dirname(_os.path.abspath(here))
        yield _os.path.join(here, "mprof")
        yield _os.path.join(here, "bin", "mprof")
    for directory in _os.environ.get("PATH", _os.defpath).split(_os.pathsep):
        yield _os.path.join(directory or ".", "mprof")


def main():
    """Runs mprof with this program's arguments, in its place."""
    for path in _places():
        if _is_program(path):
            _sys.stdout.flush()
            _os.execv(path, ["mprof"] + _sys.argv[1:])
    _sys.exit("mprof: the program is not on PATH, nor beside this Python")


_main = main


class _Loader:
    """For runpy, which asks a built-in module in vain for its code."""

    @staticmethod
    def get_code(name):
        return compile("import mprof; mprof.main()", "<mprof>", "exec")


def _as_main():
    from importlib.machinery import ModuleSpec

    _sys.modules["mprof"].__spec__ = ModuleSpec(
        "mprof", _Loader, origin="mprof"
    )


if __name__ == "__main__":
    main()
