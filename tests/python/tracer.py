# A program with a trace function of its own, as coverage and debuggers have.
import sys

from memory_profiler import profile

seen = []


def tracer(frame, event, arg):
    if frame.f_code.co_name == "traced":
        seen.append(event)
    return tracer


@profile
def traced():
    x = 1
    return x


sys.settrace(tracer)
traced()
assert sys.gettrace() is tracer, "the trace function was replaced"
sys.settrace(None)
assert seen.count("line") == 2, seen
traced()
assert sys.gettrace() is None


@profile
def starts_one():
    sys.settrace(tracer)


starts_one()
assert sys.gettrace() is tracer, "the trace function was taken away"
sys.settrace(None)


@profile
def saves_and_restores():
    old = sys.gettrace()
    sys.settrace(None)
    sys.settrace(old)
    return 1


assert saves_and_restores() == 1
assert sys.gettrace() is None, "a trace function was left behind"
