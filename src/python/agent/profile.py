# SPDX-License-Identifier: MIT
#
# The second half of the module memory_profiler, behind lines.py: calls, and
# what programs import.
import functools as _functools

_GENERATOR = 0x20  # of co_flags, as inspect names them
_COROUTINE = 0x80
_ITERABLE_COROUTINE = 0x100
_ASYNC_GENERATOR = 0x200

# Names of the parts that C runs when one of them is used: _part(0) and so on.
_NAMES = (
    "memory_usage choose_backend has_tracemalloc _get_memory "
    "_get_child_memory _TWO_20 _reader_of",
    "LineProfiler CodeMap TimeStamper LogFile show_results",
    "MemoryProfilerMagics MemitResult load_ipython_extension _func_exec",
    "exec_with_profiler run_module_with_profiler _find_script _CMD_USAGE "
    "_main _as_main",
    "MemTimer",
    "_Heap _heap_diff",
)
__version__ = "0.61.0"  # of the module that this one takes the place of


# -- calls ---------------------------------------------------------------------


def _end(call, lines):
    rows = _leave(call)
    if not lines:
        return
    if lines.kept:
        _print_at_exit()
    elif rows is not None:
        _print(lines, rows)


class _Way:
    """What wraps do around a function: enter() to end(call), or open() to
    close(call) around steps, each of them from resume(call) to pause(call)."""

    def __init__(self, enter, open, resume, pause, end, close):
        self.enter = enter
        self.open = open
        self.resume = resume
        self.pause = pause
        self.end = end
        self.close = close


def _marks(spot, lines):
    def begin():
        call = _enter(spot)
        _pause(call)
        return call

    def end(call):
        _end(call, lines)

    enter = _functools.partial(_enter, spot)
    return _Way(enter, begin, _resume, _pause, end, end)


def _drive(way, call, steps):
    """The steps of a generator or an awaitable, each of them a resumption of
    the call; a generator for `yield from`."""
    step, sent = steps.send, None
    while True:
        way.resume(call)
        try:
            item = step(sent)
        except StopIteration as end:
            return end.value
        finally:
            way.pause(call)
        try:
            sent = yield item
            step = steps.send
        except GeneratorExit:
            way.resume(call)
            try:
                steps.close()
            finally:
                way.pause(call)
            raise
        except BaseException as error:
            step, sent = steps.throw, error


class _Steps:
    """An awaitable that drives another one's steps."""

    def __init__(self, way, call, steps):
        self.way = way
        self.call = call
        self.steps = steps

    def __await__(self):
        return _drive(self.way, self.call, self.steps)


def _wrap_function(func, way):
    enter, end = way.enter, way.end

    def wrapper(*args, **named):
        call = enter()
        try:
            return func(*args, **named)
        finally:
            end(call)

    return wrapper


def _wrap_generator(func, way):
    def wrapper(*args, **named):
        steps = func(*args, **named)
        call = way.open()
        try:
            return (yield from _drive(way, call, steps))
        finally:
            way.close(call)

    return wrapper


def _wrap_coroutine(func, way):
    async def wrapper(*args, **named):
        steps = func(*args, **named)
        call = way.open()
        try:
            return await _Steps(way, call, steps)
        finally:
            way.close(call)

    return wrapper


def _wrap_async_generator(func, way):
    async def wrapper(*args, **named):
        items = func(*args, **named)
        call = way.open()
        step, sent = items.asend, None
        try:
            while True:
                try:
                    item = await _Steps(way, call, step(sent))
                except StopAsyncIteration:
                    return
                try:
                    sent = yield item
                    step = items.asend
                except GeneratorExit:
                    await _Steps(way, call, items.aclose())
                    raise
                except BaseException as error:
                    step, sent = items.athrow, error
        finally:
            way.close(call)

    return wrapper


def _wrap(func, way):
    flags = getattr(getattr(func, "__code__", None), "co_flags", 0)
    if flags & _ITERABLE_COROUTINE:
        import types

        wrapper = types.coroutine(_wrap_generator(func, way))
    elif flags & _GENERATOR:
        wrapper = _wrap_generator(func, way)
    elif flags & _COROUTINE:
        wrapper = _wrap_coroutine(func, way)
    elif flags & _ASYNC_GENERATOR:
        wrapper = _wrap_async_generator(func, way)
    else:
        wrapper = _wrap_function(func, way)
    return _functools.wraps(func)(wrapper)


def _decorate(func, make_lines):
    if isinstance(func, (staticmethod, classmethod)):
        return type(func)(_decorate(func.__func__, make_lines))
    if not callable(func):
        raise ValueError("profile: %r can't be called" % (func,))
    code = getattr(func, "__code__", None)
    lines = make_lines(code) if code else None
    if lines:
        _start_watching()
    return _wrap(func, _marks(_spot_of(func, lines), lines))


class _Block:
    """A named block of code, for `with`; it may be entered again."""

    def __init__(self, name="<block>"):
        self.calls = []
        name = _clean(name)
        if name not in _spots:
            _spots[name] = _spot(name, False, (), None, None)
        self.spot = _spots[name]

    def __enter__(self):
        self.calls.append(_enter(self.spot))
        return self

    def __exit__(self, *error):
        _leave(self.calls.pop())


# -- what programs use ---------------------------------------------------------


class _Builtin:
    """`profile` where nothing was imported: marks, and with `mprof run
    --lines` a line table for each function at the end of the run."""

    def __call__(self, func=None, precision=None, stream=None, backend=None):
        if func is None:
            return _functools.partial(
                self, precision=precision, stream=stream, backend=backend
            )
        measured = _backend_of(backend)

        def lines(code):
            if _LINES:
                digits = 3 if precision is None else precision
                return _Lines(code, stream, digits, True, measured)

        return _decorate(func, lines)

    timestamp = _Block

    def heap(self, name=""):
        return _late("_Heap")(name)

    def heap_diff(self):
        _late("_heap_diff")()

    def enable_by_count(self):
        _follow(1)

    def disable_by_count(self):
        _follow(0)

    def __enter__(self):
        _follow(1)
        return self

    def __exit__(self, *error):
        _follow(0)


_builtin = _Builtin()


def _backend_of(backend):
    """What lines show, for _Lines: None is RSS."""
    if backend in (None, "psutil", "posix"):
        return None
    backend = _late("choose_backend")(backend)
    if backend == "tracemalloc":
        import tracemalloc

        if not tracemalloc.is_tracing():
            tracemalloc.start()
    return backend


def profile(func=None, stream=None, precision=1, backend="psutil"):
    """Has each call of a function marked in the recording, and its line table
    printed when it returns."""
    if func is None:
        return _functools.partial(
            profile, stream=stream, precision=precision, backend=backend
        )
    measured = _backend_of(backend)

    def lines(code):
        kept = _LINES and stream is None
        return _Lines(code, stream, precision, kept, measured)

    return _decorate(func, lines)


profile.timestamp = _Block
profile.heap = _builtin.heap
profile.heap_diff = _builtin.heap_diff


# -- what most programs don't use ----------------------------------------------


def __dir__():
    return sorted(set(globals()).union(*map(str.split, _NAMES)))


def _late(name):
    """The value of a name that a part may still have to define."""
    for number, names in enumerate(_NAMES):
        if name in names.split():
            if name not in globals():
                _part(number)
            return globals()[name]
    raise AttributeError("module %r has no attribute %r" % (__name__, name))


def __getattr__(name):
    if name != "__all__":
        return _late(name)
    seldom = (_NAMES[2] + " MemTimer").split()  # import IPython, and others
    return [n for n in __dir__() if n[0] != "_" and n not in seldom]


_os.register_at_fork(
    after_in_child=lambda: _forked(1), after_in_parent=lambda: _forked(0)
)
