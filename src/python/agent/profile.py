# SPDX-License-Identifier: MIT
#
# The second half of the module memory_profiler, behind lines.py: calls, and
# what programs import.
import functools as _functools

_GENERATOR = 0x20  # of co_flags, as inspect names them
_COROUTINE = 0x80
_ITERABLE_COROUTINE = 0x100
_ASYNC_GENERATOR = 0x200

# The names that programs use of the package, beside profile.
_PACKAGE = frozenset(
    "memory_usage LineProfiler TimeStamper CodeMap LogFile MemTimer "
    "show_results choose_backend".split()
)


# -- calls ---------------------------------------------------------------------


def _end(call, lines):
    rows = _leave(call)
    if not lines:
        return
    if lines.kept:
        _print_at_exit()
    elif rows is not None:
        _print(lines, rows)


def _drive(call, steps):
    """The steps of a generator or an awaitable, each of them a resumption of
    the call; a generator for `yield from`."""
    step, sent = steps.send, None
    while True:
        _resume(call)
        try:
            item = step(sent)
        except StopIteration as end:
            return end.value
        finally:
            _pause(call)
        try:
            sent = yield item
            step = steps.send
        except GeneratorExit:
            _resume(call)
            try:
                steps.close()
            finally:
                _pause(call)
            raise
        except BaseException as error:
            step, sent = steps.throw, error


class _Steps:
    """An awaitable that drives another one's steps."""

    def __init__(self, call, steps):
        self.call = call
        self.steps = steps

    def __await__(self):
        return _drive(self.call, self.steps)


def _wrap_function(func, spot, lines):
    def wrapper(*args, **named):
        call = _enter(spot)
        try:
            return func(*args, **named)
        finally:
            _end(call, lines)

    return wrapper


def _wrap_generator(func, spot, lines):
    def wrapper(*args, **named):
        steps = func(*args, **named)
        call = _enter(spot)
        _pause(call)
        try:
            return (yield from _drive(call, steps))
        finally:
            _end(call, lines)

    return wrapper


def _wrap_coroutine(func, spot, lines):
    async def wrapper(*args, **named):
        steps = func(*args, **named)
        call = _enter(spot)
        _pause(call)
        try:
            return await _Steps(call, steps)
        finally:
            _end(call, lines)

    return wrapper


def _wrap_async_generator(func, spot, lines):
    async def wrapper(*args, **named):
        items = func(*args, **named)
        call = _enter(spot)
        _pause(call)
        step, sent = items.asend, None
        try:
            while True:
                try:
                    item = await _Steps(call, step(sent))
                except StopAsyncIteration:
                    return
                try:
                    sent = yield item
                    step = items.asend
                except GeneratorExit:
                    await _Steps(call, items.aclose())
                    raise
                except BaseException as error:
                    step, sent = items.athrow, error
        finally:
            _end(call, lines)

    return wrapper


def _wrap(func, spot, lines):
    flags = getattr(getattr(func, "__code__", None), "co_flags", 0)
    if flags & _ITERABLE_COROUTINE:
        import types

        wrapper = types.coroutine(_wrap_generator(func, spot, lines))
    elif flags & _GENERATOR:
        wrapper = _wrap_generator(func, spot, lines)
    elif flags & _COROUTINE:
        wrapper = _wrap_coroutine(func, spot, lines)
    elif flags & _ASYNC_GENERATOR:
        wrapper = _wrap_async_generator(func, spot, lines)
    else:
        wrapper = _wrap_function(func, spot, lines)
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
    return _wrap(func, _spot_of(func, lines), lines)


class _Block:
    """A named block of code, for `with`; it may be entered again."""

    def __init__(self, name="<block>"):
        self.calls = []
        name = _clean(name)
        if name not in _spots:
            _spots[name] = _spot(name, False, (), None)
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

        def lines(code):
            if _LINES:
                digits = 3 if precision is None else precision
                return _Lines(code, stream, digits, True)

        return _decorate(func, lines)

    timestamp = _Block

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


def profile(func=None, stream=None, precision=1, backend="psutil"):
    """Has each call of a function marked in the recording, and its line table
    printed when it returns."""
    if func is None:
        return _functools.partial(
            profile, stream=stream, precision=precision, backend=backend
        )
    if backend not in (None, "psutil", "posix"):
        package = _package()
        if package:
            return package.profile(func, stream, precision, backend)
        _say("profile: backend %s needs the package memory_profiler, which "
             "is not installed; RSS is shown" % (backend,))

    def lines(code):
        return _Lines(code, stream, precision, _LINES and stream is None)

    return _decorate(func, lines)


profile.timestamp = _Block


# -- the package of that name, where it is installed ---------------------------


def _package_spec():
    from importlib.machinery import PathFinder

    for entry in _sys.path:
        spec = PathFinder.find_spec(__name__, [entry])
        if spec and spec.loader and not str(spec.origin).endswith(".so"):
            return spec
    return None


@_functools.lru_cache(maxsize=None)
def _package():
    from importlib.util import module_from_spec

    spec = _package_spec()
    if not spec:
        return None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _step_back():
    global __spec__
    __spec__ = _package_spec() or __spec__


def __getattr__(name):
    if name == "__all__":
        package = _package()
        public = [n for n in dir(package) if n[0] != "_"] if package else []
        return sorted({"profile", *public})
    if name.startswith("__") and name != "__version__":
        raise AttributeError(name)
    package = _package()
    if package:
        return getattr(package, name)
    if name in _PACKAGE:
        raise ImportError(
            "memory_profiler.%s: mprof gives profile alone; for this, install "
            "the package memory_profiler" % name
        )
    raise AttributeError(
        "module 'memory_profiler' has no attribute %r: mprof gives profile "
        "alone, and the package is not installed" % name
    )


_os.register_at_fork(
    after_in_child=lambda: _forked(1), after_in_parent=lambda: _forked(0)
)
