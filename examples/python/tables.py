#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Three functions that want memory, each marked with @profile.

`mprof run tables.py` makes `profile` a builtin; without mprof the functions
run as they are.
"""
import builtins
import time


def untouched(function):
    return function


profile = getattr(builtins, "profile", untouched)


@profile
def squares(count):
    """One list of numbers, held until the caller lets it go."""
    numbers = [number * number for number in range(count)]
    time.sleep(0.3)
    return numbers


@profile
def table(rows, columns):
    """A row at a time: a slope, not a step."""
    made = []
    for row in range(rows):
        made.append([f"{row}:{column}" for column in range(columns)])
        if row % 20 == 0:
            time.sleep(0.01)
    return made


@profile
def report():
    """Calls both, one after the other: the first is gone by then."""
    first = len(squares(2_000_000))
    time.sleep(0.3)
    second = len(table(800, 300))
    time.sleep(0.3)
    return first + second


if __name__ == "__main__":
    print(report())
