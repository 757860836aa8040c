# SPDX-License-Identifier: MIT
#
# The module _mprof_agent, behind lines.py: the agent in a program that runs
# already (CPython 3.14 and later). Functions are followed by what
# sys.monitoring tells of their code, nothing of the program's is replaced, and
# no module is imported that it has not imported itself.


_SUSPENDS = 0x2A0  # of co_flags: generators, coroutines and both in one


class _NotFound(Exception):
    pass


# -- the functions that are named ---------------------------------------------


def _member(owner, name):
    """What has that name there, without running any code of the program's."""
    for place in getattr(owner, "__mro__", (owner,)):
        space = getattr(place, "__dict__", {})
        if name in space:
            return space[name]
    raise _NotFound


def _function_of(found):
    """The innermost function of what decorators and descriptors make of it."""
    for _ in range(100):
        if hasattr(found, "__code__") and not hasattr(found, "__wrapped__"):
            return found
        for name in ("__wrapped__", "__func__", "fget", "func"):
            inner = getattr(found, name, None)
            if inner is not None:
                found = inner
                break
        else:
            raise _NotFound
    raise _NotFound


def _find_in(module, parts, name):
    found = module
    try:
        for part in parts:
            found = _member(found, part)
        return _function_of(found)
    except _NotFound:
        raise _NotFound(
            "%s: module %s has no Python function of that name"
            % (name, module.__name__)
        ) from None


def _find(name):
    parts = name.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        module = _sys.modules.get(".".join(parts[:cut]))
        if module is not None:
            return _find_in(module, parts[cut:], name)
    if len(parts) == 1:
        return _find_in(_sys.modules["__main__"], parts, name)
    raise _NotFound("%s: no module %s is imported" % (name, parts[0]))


def _all_of_main():
    """Functions and methods that the program itself defines."""
    kind = type(_find)
    found = []
    spaces = [vars(_sys.modules["__main__"])]
    for space in spaces:
        for item in list(space.values()):
            if getattr(item, "__module__", None) != "__main__":
                continue
            if isinstance(item, type) and vars(item) not in spaces:
                spaces.append(vars(item))
            try:
                found.append(_function_of(item))
            except _NotFound:
                pass
    found = [f for f in found if isinstance(f, kind)]
    if not found:
        raise _NotFound(
            "its main program defines no function: name some with --func"
        )
    return list({f.__code__: f for f in found}.values())


# -- following them -------------------------------------------------------------


def _text_of(code):  # noqa: F811 (in place of the one that imports inspect)
    first = code.co_firstlineno
    last = max(
        [line for part in _codes(code) for _, _, line in part.co_lines()
         if line] + [first]
    )
    try:
        with open(code.co_filename, encoding="utf-8", errors="replace") as file:
            lines = file.readlines()[first - 1:last]
    except (OSError, ValueError):
        lines = []
    return zip(range(first, first + len(lines)), lines)


class _Observer:
    """What sys.monitoring tells of the functions, until stop()."""

    def __init__(self):
        self.events = _sys.monitoring.events
        self.codes = []
        self.tool = _free_tool()
        if self.tool is None:
            raise _NotFound("sys.monitoring: no tool number is free")
        self.callbacks = {
            self.events.PY_START: _on_start,
            self.events.PY_RESUME: _on_resume,
            self.events.PY_YIELD: _on_yield,
            self.events.PY_RETURN: _on_return,
            self.events.PY_THROW: _on_resume,
            self.events.PY_UNWIND: _on_return,
            self.events.LINE: _on_line,
            self.events.JUMP: _on_jump,
        }
        for event, callback in self.callbacks.items():
            _sys.monitoring.register_callback(self.tool, event, callback)
        # CPython has these two for all code or none.
        _sys.monitoring.set_events(
            self.tool, self.events.PY_THROW | self.events.PY_UNWIND
        )
        _use(_sys.monitoring.DISABLE)

    def follow(self, func, lines):
        code = func.__code__
        wanted = self.events.PY_START | self.events.PY_RETURN
        wanted |= self.events.PY_RESUME | self.events.PY_YIELD
        if lines:
            wanted |= self.events.LINE | self.events.JUMP
        for part in _codes(code) if lines else [code]:
            _sys.monitoring.set_local_events(self.tool, part, wanted)
            self.codes.append(part)
        spot = _spot_of(func, _Lines(code, None, 3, True) if lines else None)
        _observe(spot, code, code.co_flags & _SUSPENDS)

    def stop(self):
        _sys.monitoring.set_events(self.tool, 0)
        for code in self.codes:
            _sys.monitoring.set_local_events(self.tool, code, 0)
        for event in self.callbacks:
            _sys.monitoring.register_callback(self.tool, event, None)
        _sys.monitoring.free_tool_id(self.tool)


_observer = None


def _start(names, lines):
    """What follows is followed; its names."""
    global _observer
    functions = [_find(name) for name in names] or _all_of_main()
    _observer = _Observer()
    for func in functions:
        _observer.follow(func, lines)
    return [_name_of(func) for func in functions]


def _stop():
    """The program is as it was, but for this library and a function that it
    calls after a fork."""
    global _observer
    observer, _observer = _observer, None
    if observer:
        observer.stop()
    _end()
    _spots.clear()
    _texts.clear()
    _kept.clear()
    _sys.modules.pop("_mprof_agent", None)


def _answer(path, text):
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    _os.rename(path + ".new", path)


def _is_alive(pid):
    try:
        _os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


_recorder = 0


def _attach(recording, directory, recorder, names, lines):
    """Whether functions are followed now; an answer that begins with + or - is
    written in any case."""
    global _recorder
    answer = directory + "/attached"
    if _observer and not _is_alive(_recorder):
        _stop()
    if not _begin(recording, directory):
        _answer(answer, "-another mprof follows functions in it already")
        return False
    try:
        with open(recording, "a"):
            pass
        _recorder = recorder
        _answer(answer, "+" + ", ".join(_start(names, lines)))
        return True
    except Exception as error:
        _stop()
        _answer(answer, "-" + str(error))
        return False


def _detach(directory):
    _stop()
    try:
        _answer(directory + "/detached", "+")
    except OSError:
        pass


def _forked_child():
    _forked(1)
    if _observer:
        _stop()


_os.register_at_fork(after_in_child=_forked_child)
