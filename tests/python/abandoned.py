# Generators that are left midway. Run with "count" it prints, in place of a
# line table, how often sys.settrace() saw each line end.
import sys


def f():
    def produce(n):
        for i in range(n):
            yield i

    def guarded(n):
        try:
            for i in range(n):
                yield i
        finally:
            n += 1

    closed = produce(3)
    next(closed)
    closed.close()
    closed = guarded(3)
    next(closed)
    closed.close()
    next(produce(3))
    for i in produce(5):
        if i == 2:
            break
    thrown = guarded(3)
    next(thrown)
    try:
        thrown.throw(KeyError)
    except KeyError:
        pass
    return any(i > 1 for i in range(10))


def trace(frame, event, arg):
    if frame.f_code not in codes:
        return trace
    if event == "call":
        lines.append(frame.f_lineno)
    elif event in ("line", "return"):
        ended = lines.pop()
        counts[ended] = counts.get(ended, 0) + 1
        if event == "line":
            lines.append(frame.f_lineno)
    return trace


if sys.argv[1:] == ["count"]:
    codes = [f.__code__]
    for code in codes:
        codes += [c for c in code.co_consts if isinstance(c, type(code))]
    lines, counts = [], {}
    sys.settrace(trace)
    f()
    sys.settrace(None)
    for line in sorted(counts):
        print(line, counts[line])
else:
    from memory_profiler import profile

    profile(f)()
