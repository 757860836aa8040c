# Checks of the functions and classes, beside @profile, that programs use of the
# module memory_profiler. Each check holds for memory_profiler 0.61 itself as
# well. module.py [WORD] prints the names of the checks that ran.
import io
import logging
import mmap
import os
import subprocess
import sys
import time
import tracemalloc
import warnings

import memory_profiler
from memory_profiler import (
    CodeMap,
    LineProfiler,
    LogFile,
    TimeStamper,
    choose_backend,
    memory_usage,
    profile,
    show_results,
)

# memory_profiler's children are forked from here. Since Python 3.14 they would
# run this file anew.
if "multiprocessing" in sys.modules:
    sys.modules["multiprocessing"].set_start_method("fork")


def grow(mib=30, *args, **named):
    block = bytearray(mib << 20)
    time.sleep(0.01)
    return len(block), args, named


def raises(kind, function, *args, **named):
    try:
        function(*args, **named)
    except kind:
        return True
    return False


class Sleeper(subprocess.Popen):
    """A child that lives as long as the block."""

    def __init__(self, seconds=1000):
        super().__init__(
            [sys.executable, "-S", "-c", "import time; time.sleep(%s)" % seconds]
        )

    def __exit__(self, *error):
        self.kill()
        super().__exit__(*error)


def check_usage_of_calls():
    values = memory_usage((grow, (30, 1), {"a": 2}), interval=0.01)
    assert type(values) is list and {type(v) for v in values} == {float}
    values, returned = memory_usage((grow, (30, 1), {"a": 2}), retval=True)
    assert returned == (30 << 20, (1,), {"a": 2})
    peak = memory_usage((grow, (60,)), max_usage=True, max_iterations=1)
    assert type(peak) is float and peak > 1
    peak, returned = memory_usage(grow, max_usage=True, retval=True)
    assert type(peak) is float and returned[1:] == ((), {})
    values = memory_usage((grow,), timestamps=True)
    mib, now = values[0]
    assert mib > 1 and abs(now - time.time()) < 100
    assert memory_usage(grow, include_children=True, backend="psutil_uss")


def check_usage_of_processes():
    values = memory_usage(-1, interval=0.01, timeout=0.05)
    assert len(values) == 5 and min(values) > 1
    assert type(memory_usage(os.getpid(), max_usage=True)) is float
    assert len(memory_usage()) == 1
    with Sleeper() as child:
        values = memory_usage(child, 0.01, 0.05, timestamps=True)
        assert len(values) == 5 and type(values[0]) is tuple
        values = memory_usage(child.pid, 0.01, 0.03, multiprocess=True)
        assert len(values) == 3 and type(values[0]) is list
        peak = memory_usage(child, 0.01, 0.05, max_usage=True)
        assert type(peak) is float and peak > 1
    # Until it ends.
    assert memory_usage(Sleeper(0.1), interval=0.01)


def check_usage_into_a_stream():
    stream = io.StringIO()
    with Sleeper() as child:
        assert memory_usage(
            child, 0.01, 0.05, stream=stream, multiprocess=True
        ) is None
    lines = stream.getvalue().splitlines()
    assert len(lines) == 5 and lines[0].split()[0] == "MEM"
    stream = io.StringIO()
    memory_usage(
        os.getpid(), 0.01, 0.05, stream=stream, include_children=True
    )
    assert stream.getvalue().count("MEM ") == 5


def check_bad_usage():
    def fail():
        raise KeyError(1)

    child = Sleeper(0)
    child.wait()
    gone = ProcessLookupError
    if "psutil" in sys.modules:
        gone = sys.modules["psutil"].NoSuchProcess
    assert raises(gone, memory_usage, child.pid)
    assert raises(gone, memory_usage, child)
    assert raises(gone, memory_usage, 2 ** 30)
    assert raises(KeyError, memory_usage, fail)
    assert raises(ValueError, memory_usage, ())
    assert raises(ValueError, memory_usage, (grow, (), {}, 1))
    assert raises(ValueError, memory_usage, -7)
    assert raises(TypeError, memory_usage, "x", timeout=1)
    assert raises(ValueError, memory_usage, -1, interval=-1)
    assert raises(ZeroDivisionError, memory_usage, -1, 0, 1)
    assert raises(KeyError, memory_usage, -1, backend="other")
    assert raises(RuntimeError, memory_usage, grow, backend="tracemalloc")
    closed = open(os.devnull, "w")
    closed.close()
    assert raises(ValueError, memory_usage, -1, timeout=1, stream=closed)
    assert raises(ValueError, TimeStamper("psutil"), 3)
    assert raises(KeyError, TimeStamper("other")(helper), 1)
    prof, stamper = LineProfiler(), TimeStamper("psutil")
    assert prof(helper)(1) == 0 and stamper(helper)(1) == 0
    assert raises(ValueError, show_results, prof, closed)
    assert raises(ValueError, stamper.show_results, closed)


def check_gone_with_psutil():
    try:
        import psutil
    except ImportError:
        return
    child = Sleeper(0)
    child.wait()
    assert raises(psutil.NoSuchProcess, memory_usage, child)
    assert raises(psutil.NoSuchProcess, memory_usage, child.pid, max_usage=True)


def check_intervals():
    assert raises(OverflowError, memory_usage, -1, 1e12, 3e12)
    assert raises(ValueError, memory_usage, -1, float("nan"), 1)
    assert raises(ValueError, memory_usage, -1, -0.5, -2)
    assert raises(TypeError, memory_usage, -1, "x", 1)
    for interval in (-1, 0, 1e-9):
        assert memory_usage((helper, (1,)), interval, max_iterations=1)
    assert memory_usage(-1, 1e300, timeout=1) == []


def check_backends():
    assert choose_backend() == "psutil"
    for name in "psutil psutil_pss psutil_uss posix tracemalloc".split():
        assert choose_backend(name) == name
    assert raises(KeyError, choose_backend, "other")
    # The kernel counts pages that are mapped twice: each mapping for RSS, half
    # of each for PSS, none for USS.
    size = 32 << 20
    shared = os.memfd_create("mapped twice")
    os.truncate(shared, size)
    mappings = [mmap.mmap(shared, size) for _ in range(2)]
    for mapping in mappings:
        mapping.write(b"x" * size)
    rss, pss, uss = [
        memory_usage(backend=b)[0] for b in ("psutil", "psutil_pss", "psutil_uss")
    ]
    # Python's own memory grows by less between the readings.
    assert rss - pss > 20 and pss - uss > 20
    for mapping in mappings:
        mapping.close()
    os.close(shared)


def table(prof, **named):
    stream = io.StringIO()
    show_results(prof, stream=stream, **named)
    return stream.getvalue()


def check_line_profiler():
    prof = LineProfiler()
    assert isinstance(prof.code_map, CodeMap) and isinstance(prof.code_map, dict)

    def lines(count):
        kept = []
        for i in range(count):
            kept.append(i)
        return kept

    wrapped = prof(lines)
    assert wrapped.__name__ == "lines" and wrapped(3) == [0, 1, 2]
    wrapped(4)
    text = table(prof, precision=4)
    head = "Line #    Mem usage    Increment  Occurrences   Line Contents\n"
    assert text.startswith("Filename: %s\n\n%s%s\n" % (
        __file__, head, "=" * (len(head) - 1)
    ))
    row = [r for r in text.splitlines() if "kept.append" in r][-1].split()
    assert row[2] == "MiB" and row[5] == "7" and len(row[1].split(".")[1]) == 4
    (name, rows), = prof.code_map.items()
    rows = dict(rows)
    first = lines.__code__.co_firstlineno
    growth, mib, count = rows[first + 3]
    assert name == __file__ and count == 7 and mib > 1
    assert rows[first] is not None and len(rows) == 5
    assert prof.code_map[lines.__code__][first + 3][2] == 7


def helper(count):
    total = 0
    for i in range(count):
        total += i
    return total


def check_line_profiler_by_hand():
    prof = LineProfiler(backend="psutil_uss", include_children=True)
    prof.add_function(helper)
    assert prof.runctx("helper(2)", globals(), {}) is prof
    with prof:
        helper(3)
    helper(100)
    prof.enable_by_count()
    prof.enable_by_count()
    prof.disable_by_count()
    assert helper(1) == 0 and prof.enable_count == 1
    prof.disable_by_count()
    assert sys.gettrace() is None
    first = helper.__code__.co_firstlineno
    assert prof.code_map[helper.__code__][first + 3][2] == 6
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        prof.add_function(3)
    assert len(caught) == 1


def check_lines_by_hand():
    code, other = helper.__code__, check_intervals.__code__
    lines = CodeMap(include_children=False, backend="psutil")
    lines.add(code)
    first = code.co_firstlineno
    lines.trace(code, first, None)
    lines.trace(code, first + 1, first)
    lines.trace(code, first + 1, first)
    (growth, mib, count), after = lines[code][first], lines[code][first + 1]
    assert growth == mib > 1 and count == 1 and after[2] == 2
    assert abs(after[0]) < mib and after[1] > 1
    assert [row[0] for row in lines.items()] == [__file__]
    assert raises(KeyError, lines.trace, other, 1, 1)


def check_trace_function_below():
    events = []

    def tracer(frame, event, arg):
        events.append(event)
        return tracer

    prof = LineProfiler()
    wrapped = prof(helper)
    sys.settrace(tracer)
    wrapped(2)
    present = sys.gettrace()
    sys.settrace(None)
    assert present is tracer and "line" in events
    first = helper.__code__.co_firstlineno
    assert prof.code_map[helper.__code__][first + 3][2] == 2


def check_log_file():
    seen = []
    handler = logging.Handler()
    handler.emit = lambda record: seen.append(record.getMessage())
    logging.getLogger("m").addHandler(handler)
    logging.getLogger("m").setLevel(logging.INFO)
    stream = LogFile("m", reportIncrementFlag=False)
    profile(grow, stream=stream)(1)
    assert any("bytearray" in text for text in seen)
    assert "Filename: " in seen[0]
    del seen[:]
    stream = LogFile("m", reportIncrementFlag=True)
    profile(grow, stream=stream)(40)
    stream.flush()
    assert any("bytearray" in text for text in seen)
    assert not any("return" in text for text in seen)


def check_time_stamper():
    prof = TimeStamper("psutil", include_children=False)

    @prof
    def outer():
        return inner()

    @prof(precision=2)
    def inner():
        with prof.timestamp("block"):
            return 5

    assert outer() == 5 and outer.__name__ == "outer"
    stream = io.StringIO()
    prof.show_results(stream)
    calls = [line.split() for line in stream.getvalue().splitlines()]
    assert [c[1].split(".")[-1] for c in calls] == ["outer", "inner", "block"]
    assert [c[6] for c in calls] == ["0", "1", "2"]
    assert {c[0] for c in calls} == {"FUNC"}
    assert all(float(c[3]) <= float(c[5]) for c in calls)


def check_levels_by_hand():
    prof = TimeStamper("psutil")
    prof.add_function(helper)
    with prof.call_on_stack(helper, 3) as returned:
        assert returned == 3 and prof.current_stack_level == 0
        with prof.call_on_stack(helper, count=2):
            assert prof.stack[helper] == [0, 1]
    assert prof.current_stack_level == -1 and prof.functions[helper] == []
    assert raises(KeyError, prof.call_on_stack(grow).__enter__)


def check_profile_arguments():
    for backend in "psutil psutil_pss psutil_uss tracemalloc".split():
        stream = io.StringIO()

        @profile(stream=stream, precision=4, backend=backend)
        def lines(count):
            return [0] * count

        assert len(lines(3000000)) == 3000000
        row = [r for r in stream.getvalue().splitlines() if "[0]" in r][0]
        # USS changes when another process shares a page or stops to.
        assert 10 < float(row.split()[3]) < 40, (backend, row)
    tracemalloc.stop()
    assert raises(KeyError, profile, helper, backend="other")
    profile.mine = 1
    helper.mine = 2
    assert profile(helper).mine == 2


def check_import_of_all():
    names = {}
    exec("from memory_profiler import *", names)
    assert names["memory_usage"] is memory_usage and names["profile"] is profile
    assert not hasattr(memory_profiler, "no_such_name")
    assert memory_profiler.__version__ == "0.61.0"
    assert os.path.isfile(memory_profiler.__file__)
    assert LineProfiler.__module__ == "memory_profiler"


wanted = sys.argv[1] if len(sys.argv) > 1 else ""
for name, check in sorted(globals().items()):
    if name.startswith("check_" + wanted):
        check()
        print(name)
