# Loops of every kind, on many lines and on one.
from memory_profiler import profile


@profile
def fill(rounds):
    kept = []
    big = [0] * 3000000
    for i in range(rounds):
        part = [i] * 200000
        kept.append(part)
    del big
    i = 0
    while i < 7: i += 1
    squares = [k * k for k in range(9)]
    total = sum(k for k in squares)
    pairs = {k: v for k, v in enumerate(squares)}
    return kept


@profile
def again():
    for i in range(3):
        blob = bytearray(8000000)
        del blob


fill(12)
again()
fill(2)
