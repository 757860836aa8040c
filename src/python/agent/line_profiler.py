# SPDX-License-Identifier: MIT
#
# A part of the module memory_profiler: the profilers that programs drive
# themselves. Lines are counted in C, unless a trace function stands there that
# has to be called as well.
import contextlib as _contextlib
import functools as _functools
import logging as _logging
import time as _time

choose_backend = _late("choose_backend")


class CodeMap(dict):
    """By code object, what its lines took: {line: (increment, memory,
    occurrences)}, in MiB."""

    def __init__(self, include_children, backend):
        super().__init__()
        self.include_children = include_children
        self.backend = backend
        self._toplevel = []
        self._tally = _tally()

    def add(self, code, toplevel_code=None):
        """The lines of that code, and of all code in it, count from now on."""
        if code in self:
            return
        text = dict(_text_of(code))
        if not text:
            print("ERROR: Could not find file " + _file(code))
            return
        codes = tuple(_codes(code))
        reader = _late("_reader_of")(code, self.backend, self.include_children)
        number = _tally_add(self._tally, codes, reader)
        rows = {}
        for part in codes:
            self[part] = rows
        self._toplevel.append((_file(code), code, text, number))

    def _refresh(self):
        for _, code, _, number in self._toplevel:
            self[code].update(
                (line, (growth, mib, count))
                for line, mib, growth, count in _tally_rows(
                    self._tally, number
                )
            )

    def trace(self, code, lineno, prev_lineno):
        """Counts a line whose end the caller's own trace function was told."""
        mib = _late("_get_memory")(
            -1, self.backend, False, self.include_children, code.co_filename
        )
        rows = self[code]
        growth, peak, count = rows.get(lineno, (0, 0, 0))
        before = rows.get(prev_lineno, (0, 0, 0))[1]
        rows[lineno] = growth + mib - before, max(mib, peak), count + 1

    def items(self):
        """For each function that ran its file's name, and its lines as
        (line, what they took or None)."""
        self._refresh()
        for name, code, text, _ in self._toplevel:
            rows = self[code]
            if rows:
                yield name, ((line, rows.get(line)) for line in sorted(text))


def _nothing(*call):
    pass


_uses_trace = False
_counting = set()  # kept while C counts for them


def _prepare_trace():
    global _uses_trace
    if not _uses_trace:
        _uses_trace = True
        _use(_trace, _sys.gettrace)


class LineProfiler:
    """What each line of its functions takes, while they run or it is
    enabled."""

    def __init__(self, **kw):
        self.backend = choose_backend(kw.get("backend"))
        self.code_map = CodeMap(
            include_children=kw.get("include_children", False),
            backend=self.backend,
        )
        self.enable_count = 0
        self.prevlines = []  # always empty: C keeps them
        self.prev_lineno = None
        self.max_mem = kw.get("max_mem")
        self._original_trace_function = None

    def __call__(self, func=None, precision=1):
        if func is None:
            return _functools.partial(self, precision=precision)
        self.add_function(func)
        return self.wrap_function(func)

    def add_function(self, func):
        code = getattr(func, "__code__", None)
        if code is None:
            import warnings

            warnings.warn(
                "Could not extract a code object for the object %r" % (func,)
            )
            return
        self.code_map.add(code)

    def wrap_function(self, func):
        def enter():
            self.enable_by_count()

        def resume(call):
            self.enable_by_count()

        def pause(call):
            self.disable_by_count()

        way = _Way(enter, _nothing, resume, pause, pause, _nothing)
        return _wrap(func, way)

    def runctx(self, cmd, globals, locals):
        """Executes a statement while it is enabled."""
        with self:
            exec(cmd, globals, locals)
        return self

    def enable_by_count(self):
        self.enable_count += 1
        if self.enable_count == 1:
            self.enable()

    def disable_by_count(self):
        if self.enable_count > 0:
            self.enable_count -= 1
            if self.enable_count == 0:
                self.disable()

    def __enter__(self):
        self.enable_by_count()

    def __exit__(self, exc_type, exc_val, exc_tb):
        self.disable_by_count()

    def enable(self):
        self._original_trace_function = _sys.gettrace()
        _prepare_trace()
        if self.max_mem is not None:
            _sys.settrace(self.trace_max_mem)
        elif _tally_enable(self.code_map._tally):
            _counting.add(self)
        else:
            _sys.settrace(self.trace_memory_usage)

    def disable(self):
        if self not in _counting:
            _sys.settrace(self._original_trace_function)
        elif _tally_disable(self.code_map._tally):
            _counting.discard(self)
        self.code_map._refresh()

    def _pass_on(self, frame, event, arg):
        if self._original_trace_function is not None:
            self._original_trace_function(frame, event, arg)

    def trace_memory_usage(self, frame, event, arg):
        """A trace function, where another one has to be called too."""
        if frame.f_code in self.code_map:
            _tally_event(
                self.code_map._tally, frame.f_code, event, frame.f_lineno
            )
        self._pass_on(frame, event, arg)
        return self.trace_memory_usage

    def trace_max_mem(self, frame, event, arg):
        """A trace function that steps into the debugger at max_mem MiB."""
        if event in ("line", "return") and frame.f_code in self.code_map:
            mib = _late("_get_memory")(
                -1, self.backend, filename=frame.f_code.co_filename
            )
            if mib >= self.max_mem:
                return _step_into_debugger(frame, mib, self.max_mem)
        self._pass_on(frame, event, arg)
        return self.trace_max_mem


def _step_into_debugger(frame, mib, limit):
    import pdb

    print(
        "Current memory {0:.2f} MiB exceeded the maximum of {1:.2f} MiB\n"
        "Stepping into the debugger".format(mib, limit)
    )
    debugger = pdb.Pdb()
    debugger.set_trace(frame)
    return debugger.trace_dispatch


def show_results(prof, stream=None, precision=1):
    """Writes a line table for each function that ran; to standard output
    where stream is None."""
    stream = _sys.stdout if stream is None else stream
    prof.code_map._refresh()
    for name, code, text, _ in prof.code_map._toplevel:
        rows = prof.code_map[code]
        measured = {
            line: (mib, growth, count)
            for line, (growth, mib, count) in rows.items()
        }
        if measured:
            for piece in _table(name, sorted(text), text, measured, precision):
                _write(stream, piece)


# -- calls alone -----------------------------------------------------------------


class _Stamp:
    """One call of a function, or a block."""

    def __init__(self, stamper, func):
        self.stamper = stamper
        self.moments = []
        self.levels = stamper.stack[func]
        stamper.functions[func].append(self.moments)

    def __enter__(self):
        self.stamper.current_stack_level += 1
        self.levels.append(self.stamper.current_stack_level)
        self.moments.append(self.stamper._now())
        return self

    def __exit__(self, *error):
        self.stamper.current_stack_level -= 1
        self.moments.append(self.stamper._now())


class TimeStamper:
    """When its functions were entered and left, and with how much memory."""

    def __init__(self, backend, include_children=False):
        self.functions = {}
        self.backend = backend
        self.include_children = include_children
        self.current_stack_level = -1
        self.stack = {}

    def _now(self):
        if self.backend == "tracemalloc":
            import tracemalloc

            mib = tracemalloc.get_traced_memory()[0] / float(2 ** 20)
            return mib, _time.time()
        return _late("_get_memory")(
            -1, self.backend, True, self.include_children
        )

    def __call__(self, func=None, precision=None):
        if func is None:
            return _functools.partial(self, precision=precision)
        if not callable(func):
            raise ValueError("Value must be callable")
        self.add_function(func)
        return self.wrap_function(func)

    def timestamp(self, name="<block>"):
        """A block of that name, for `with`."""

        def block():
            pass

        block.__module__ = ""
        block.__name__ = name
        self.add_function(block)
        return _Stamp(self, block)

    def add_function(self, func):
        self.functions.setdefault(func, [])
        self.stack.setdefault(func, [])

    def wrap_function(self, func):
        def enter():
            return _Stamp(self, func).__enter__()

        leave = _Stamp.__exit__
        way = _Way(enter, enter, _nothing, _nothing, leave, leave)
        return _wrap(func, way)

    @_contextlib.contextmanager
    def call_on_stack(self, func, *args, **kwds):
        """Calls the function for a `with` block, which is one level deeper."""
        self.current_stack_level += 1
        self.stack[func].append(self.current_stack_level)
        try:
            yield func(*args, **kwds)
        finally:
            self.current_stack_level -= 1

    def show_results(self, stream=None):
        """Writes a recording's FUNC lines."""
        stream = _sys.stdout if stream is None else stream
        for func, calls in self.functions.items():
            name = "%s.%s" % (func.__module__, func.__name__)
            for moments, level in zip(calls, self.stack[func]):
                if len(moments) == 2:
                    stream.write(
                        "FUNC %s %.4f %.4f %.4f %.4f %d\n"
                        % (name, *moments[0], *moments[1], level)
                    )


class LogFile:
    """A stream whose text goes to a logger; with reportIncrementFlag only the
    rows of a table whose memory grew, and its head."""

    def __init__(self, name=None, reportIncrementFlag=False):
        self.logger = _logging.getLogger(name)
        self.reportIncrementFlag = reportIncrementFlag

    def _wants(self, msg):
        columns = msg.split("MiB")
        if not self.reportIncrementFlag:
            return True
        if len(columns) > 1:
            return float(columns[1].strip()) > 0
        return "Filename:" in msg or "Line Contents" in msg

    def write(self, msg, level=_logging.INFO):
        if self._wants(msg):
            self.logger.log(level, msg)

    def flush(self):
        for handler in self.logger.handlers:
            handler.flush()
