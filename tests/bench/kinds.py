# SPDX-License-Identifier: MIT
"""Programs of one kind each, which do a step of some milliseconds for each line
on standard input, and then answer with a line. Usage: kinds.py KIND. A kind is
a function that prepares and returns its step. As in pyperformance the start of
the interpreter, and imports, are not part of a step."""
import os
import sys


def kind_bytes():
    def step():
        for _ in range(10):
            bytearray(200000).replace(b"\0\0\0\0", b"x")
    return step


def kind_calls():
    def fib(n):
        return n if n < 2 else fib(n - 1) + fib(n - 2)
    return lambda: fib(21)


def kind_floats():
    def step():
        x = [i * 0.5 for i in range(50000)]
        for _ in range(3):
            x = [a * 1.0001 + 0.5 for a in x]
    return step


def kind_generator():
    def walk(n):
        if n:
            yield from walk(n - 1)
            yield (n, [n])

    def step():
        for _ in range(60):
            list(walk(60))
    return step


def kind_integers():
    def step():
        x = 1
        for i in range(1, 3000):
            x *= i
        str(x % 10**3000)
    return step


def kind_json():
    import json
    text = json.dumps([{"id": i, "name": "n%d" % i, "tags": ["a", str(i)],
                        "v": i * 1.5} for i in range(2000)])

    def step():
        for _ in range(5):
            json.loads(text)
    return step


def kind_objects():
    class Point:
        def __init__(self, x):
            self.x, self.y = x, str(x)

    def step():
        for _ in range(5):
            {i: Point(i) for i in range(3000)}
    return step


def kind_pickle():
    import pickle
    rows = [(i, "name %d" % i, {"v": i * 1.5}) for i in range(3000)]

    def step():
        for _ in range(3):
            pickle.loads(pickle.dumps(rows))
    return step


def kind_queens():
    def place(row, used, left, right, n):
        if row == n:
            return 1
        return sum(place(row + 1, used | 1 << c, left | 1 << row + c,
                         right | 1 << row - c + n, n)
                   for c in range(n) if not (used >> c & 1 or
                                             left >> row + c & 1 or
                                             right >> row - c + n & 1))
    return lambda: place(0, 0, 0, 0, 6)


def kind_regex():
    import re
    text = "name=value; other=%d; " * 2000

    def step():
        for _ in range(5):
            re.findall(r"(\w+)=([^;]*);", text)
    return step


def kind_strings():
    def step():
        for _ in range(5):
            "".join(sorted(str(i) * 3 for i in range(5000)))
    return step


def kind_words():
    text = "the quick brown fox jumps over the lazy dog " * 200

    def step():
        for i in range(20):
            counts = {}
            for word in text.split():
                word += str(i)
                counts[word] = counts.get(word, 0) + 1
    return step


def kind_nothing():
    """Allocates nothing: the interpreter keeps numbers up to 256."""
    import itertools

    def step():
        x = 0
        for _ in itertools.repeat(None, 150000):
            x = (x + 7) & 127
    return step


def kind_django():
    """Requests to the views of the example's site, of which none leaks."""
    site = os.path.join(os.environ["ROOT"], "examples", "django")
    sys.dont_write_bytecode = True
    sys.path.insert(0, site)
    os.environ["DJANGO_SETTINGS_MODULE"] = "school.settings"
    os.environ["SCHOOL_DB"] = "school.sqlite3"
    import django
    from django.core.management import call_command
    from django.test import Client
    from visit import PATHS
    django.setup()
    if not os.path.exists("school.sqlite3"):
        call_command("migrate", verbosity=0)
        call_command("fill", stdout=open(os.devnull, "w"))
    client = Client(SERVER_NAME="localhost")

    def step():
        for path in PATHS:
            for _ in client.get(path):
                pass
    return step


if __name__ == "__main__":
    step = globals()["kind_" + sys.argv[1]]()
    step()
    print(flush=True)
    for line in sys.stdin:
        step()
        print(flush=True)
