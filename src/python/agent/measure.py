# SPDX-License-Identifier: MIT
#
# A part of the module memory_profiler: memory_usage() and what it stands on.
# Memory is read in C.
import errno as _errno
import time as _time

try:
    import tracemalloc as _tracemalloc
except ImportError:
    _tracemalloc = None

has_tracemalloc = _tracemalloc is not None
_TWO_20 = float(2 ** 20)
_BACKENDS = "psutil psutil_pss psutil_uss posix tracemalloc".split()


def choose_backend(new_backend=None):
    """The backend of that name; for None psutil, the resident set."""
    if new_backend is None:
        return "psutil"
    if new_backend not in _BACKENDS:
        raise KeyError(new_backend)
    if new_backend == "tracemalloc" and not has_tracemalloc:
        import warnings

        warnings.warn("tracemalloc can not be used, psutil used instead")
        return "psutil"
    return new_backend


# -- one reading -----------------------------------------------------------------


def _no_process(pid):
    """What a program catches that has imported psutil, or else the OSError."""
    psutil = _sys.modules.get("psutil")
    if psutil:
        return psutil.NoSuchProcess(pid)
    return ProcessLookupError(
        _errno.ESRCH, "process no longer exists (pid=%s)" % pid
    )


def _unreadable(error, pid):
    if error == _errno.ESRCH:
        return _no_process(pid)
    return OSError(error, _os.strerror(error), "/proc/%s" % (pid or "self"))


class _Process:
    """A process whose memory is read, in MiB; -1 is this one."""

    def __init__(self, pid, backend, children=False):
        if isinstance(pid, str) and pid.isdigit():
            pid = int(pid)
        if not isinstance(pid, int):
            raise TypeError("pid must be an integer (got %r)" % (pid,))
        if pid < -1:
            raise ValueError("pid must be a positive integer (got %s)" % pid)
        if pid == 0 or pid >= 2 ** 31:
            raise _no_process(pid)
        backend = choose_backend(backend)
        self.pid = 0 if pid in (-1, _os.getpid()) else pid
        self.reader = _reader(self.pid, backend, bool(children))

    def _ask(self, ask):
        found = ask(self.reader)
        if type(found) is int:
            raise _unreadable(found, self.pid)
        return found

    def read(self):
        return self._ask(_read)

    def peak(self):
        """The highest since the first call."""
        return self._ask(_peak)

    def children(self):
        return _children(self.reader)


def _traced(filename):
    """Bytes that tracemalloc knows to be that file's."""
    if not _tracemalloc.is_tracing():
        return 0
    snapshot = _tracemalloc.take_snapshot()
    return sum(
        trace.size
        for trace in snapshot.traces
        if trace.traceback[0].filename == filename
    )


def _reader_of(code, backend, children=False):
    """The reader of a function's lines; None for RSS."""
    if backend == "tracemalloc":
        name = _file(code)
        return lambda: _traced(name)
    if backend in (None, "psutil", "posix") and not children:
        return None
    return _reader(0, backend or "psutil", bool(children))


def _get_memory(
    pid, backend, timestamps=False, include_children=False, filename=None
):
    if backend == "tracemalloc":
        if filename in (None, "<unknown>"):
            raise RuntimeError(
                "tracemalloc: the source file of what is measured is not known"
            )
        mib = _traced(filename) / _TWO_20
    else:
        mib = _Process(pid, backend, include_children).read()
    return (mib, _time.time()) if timestamps else mib


def _get_child_memory(process, meminfo_attr=None, memory_metric=0):
    """A generator of (pid, MiB) for all descendants."""
    backend = "psutil"
    if isinstance(memory_metric, str):
        backend = {"pss": "psutil_pss", "uss": "psutil_uss"}.get(
            memory_metric, backend
        )
    pid = getattr(process, "pid", process)
    for child in _Process(pid, backend).children():
        yield child


# -- many ------------------------------------------------------------------------


class _Collected:
    """What memory_usage() gives for a process, as its wishes are."""

    def __init__(self, process, timestamps, multiprocess, max_usage, stream):
        self.process = process
        self.timestamps = timestamps
        self.multiprocess = multiprocess
        self.stream = stream
        self.peak = -1 if max_usage else None
        self.values = []

    def take(self):
        if self.peak is not None:
            self.peak = self.process.peak()
            return
        mib = self.process.read()
        children = self.process.children() if self.multiprocess else ()
        now = _time.time()
        if self.stream is not None:
            self.stream.write("MEM {0:.6f} {1:.4f}\n".format(mib, now))
            for child in children:
                self.stream.write(
                    "CHLD {0} {1:.6f} {2:.4f}\n".format(*child, now)
                )
            return
        value = (mib, now) if self.timestamps else mib
        if self.multiprocess:
            value = [value] + [mib for pid, mib in children]
        self.values.append(value)

    def take_last(self):
        """Asks the kernel for the peak, before poll() makes it forget a process
        that has ended."""
        if self.peak is not None:
            try:
                self.peak = self.process.peak()
            except Exception:
                pass

    def result(self):
        if self.stream is not None:
            return None
        return self.values if self.peak is None else self.peak


def _watch_process(collected, interval, rounds, is_over):
    if interval < 0:
        raise ValueError("sleep length must be non-negative")
    done = 0
    while True:
        collected.take()
        done += 1
        if done == rounds:
            break
        _time.sleep(interval)
        if done % 50 == 0 and collected.stream is not None:
            collected.stream.flush()
        if is_over():
            break
    return collected.result()


_follows_forks = False


def _follow_forks():
    global _follows_forks
    if not _follows_forks:
        _follows_forks = True
        _os.register_at_fork(
            before=_usages_hold, after_in_parent=_usages_go_on
        )


def _thin(slots, samples):
    """Those of an interval; of a tenth of it, and so on, where they are few."""
    grids = [slots]
    step = 1
    while step < slots:
        grids.insert(1, step)
        step *= 10
    for grid in grids:
        thin = [s for s in samples if s[2] < 0 or s[2] % grid == 0]
        if len(thin) > 4:
            return thin
    return samples


def _call(call, process, interval, max_usage):
    """The samples as (MiB, time), the highest alone if max_usage; and what the
    function returned."""
    function, args, named = call + ((), {})[len(call) - 1:]
    _follow_forks()
    usage = _usage_start(process.reader, float(interval), max_usage)
    try:
        returned = function(*args, **named)
    finally:
        slots, samples = _usage_stop(usage)
    if not max_usage:
        samples = _thin(slots, samples)
    return [(mib, now) for mib, now, slot in samples], returned


def memory_usage(
    proc=-1,
    interval=0.1,
    timeout=None,
    timestamps=False,
    include_children=False,
    multiprocess=False,
    max_usage=False,
    retval=False,
    stream=None,
    backend=None,
    max_iterations=None,
):
    """
    Memory, in MiB, of a process or while a function runs.

    proc is a pid (-1: this process), a subprocess.Popen, or a function as
    (f, args, kw), which is called once. A value every interval seconds: of a
    pid one, or those of timeout seconds; of a Popen until it ends, or for
    timeout seconds; of a function until it returns, and closer together where
    that is soon.

    A list of values, of (MiB, time) with timestamps; with max_usage the highest
    alone. Both with the function's result behind it if retval. Into stream, as
    a recording's lines, if there is one; then None. include_children adds all
    descendants; multiprocess has each of them as a value of its own. backend:
    psutil (resident set), psutil_pss, psutil_uss, posix. max_iterations is
    there for memory_profiler, which calls a short function again and again.
    """
    backend = choose_backend(backend)
    timestamps = timestamps or stream is not None
    rounds = None if timeout is None else int(round(timeout / interval))
    if callable(proc):
        proc = (proc,)
    is_call = isinstance(proc, (list, tuple))
    if is_call and not 1 <= len(proc) <= 3:
        raise ValueError("proc: not (function, arguments, keyword arguments)")
    if backend == "tracemalloc":
        _get_memory(-1, backend)
    if is_call:
        process = _Process(-1, backend, include_children)
        values, returned = _call(tuple(proc), process, interval, max_usage)
        if stream is not None:
            for value in values:
                stream.write("MEM {0:.6f} {1:.4f}\n".format(*value))
            return None
        if not timestamps:
            values = [mib for mib, now in values]
        result = values[0] if max_usage else values
        return (result, returned) if retval else result
    poll = getattr(proc, "poll", None)
    collected = _Collected(
        _Process(proc.pid if poll else proc, backend, include_children),
        timestamps, multiprocess, max_usage, stream,
    )
    if poll:

        def is_over():
            collected.take_last()
            return poll() is not None

        return _watch_process(collected, interval, rounds, is_over)
    rounds = 1 if rounds in (None, -1) else rounds
    if rounds <= 0:
        return collected.result()
    return _watch_process(collected, interval, rounds, lambda: False)
