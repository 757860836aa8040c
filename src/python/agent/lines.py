# SPDX-License-Identifier: MIT
#
# The first half of the module memory_profiler: what is profiled, how CPython
# tells of its lines, and the table in print. profile.py goes on in the same
# namespace, into which C has put _spot, _enter, _rows and the others. It runs
# on CPython 3.8 and later, inside programs that are not ours: it must not let
# out an exception that is not the program's.
import os as _os
import sys as _sys


def _say(text):
    try:
        _sys.stderr.write("mprof: " + text + "\n")
    except Exception:
        pass


# -- spots: what is profiled, known to C by number ---------------------------

_spots = {}  # by what makes it one; C keeps the code objects alive
_texts = {}  # by the code object's id, for functions decorated in a loop
_kept = []  # a _Lines for each table that is printed at the end


def _clean(name):
    return str(name).encode("utf-8", "backslashreplace").decode()


def _codes(code):
    found = [code]
    for const in code.co_consts:
        if isinstance(const, type(code)):
            found += _codes(const)
    return found


class _Lines:
    """How the line table of one function is to be printed. Its text is read
    here, so that no increment shows what that takes."""

    def __init__(self, code, stream, precision, kept, backend=None):
        self.code = code
        self.text = _texts.get(id(code))
        if self.text is None:
            self.text = _texts[id(code)] = dict(_text_of(code))
        self.stream = stream
        self.precision = precision
        self.kept = kept
        self.backend = backend
        self.spot = None


def _text_of(code):
    """The function's lines as (number, text); nothing where it has no file."""
    import inspect

    try:
        text, first = inspect.getsourcelines(code)
    except Exception:
        return ()
    return zip(range(first, first + len(text)), text)


def _label(lines):
    """What the recorder needs to print the table itself."""
    if not isinstance(lines.precision, int):
        return None
    first = lines.code.co_firstlineno
    end = max(lines.text) + 1 if lines.text else first
    text = [lines.text.get(at, "") for at in range(first, end)]
    text = "".join(line.rstrip("\r\n") + "\n" for line in text)
    name = _clean(_shown(_file(lines.code)))
    return name, min(max(lines.precision, 0), 15), _clean(text)


def _name_of(func):
    module = getattr(func, "__module__", None) or type(func).__module__
    name = getattr(func, "__name__", None) or type(func).__name__
    return _clean(module) + "." + _clean(name)


def _spot_of(func, lines):
    code = lines and lines.code
    kept = bool(lines and lines.kept)
    name = _name_of(func)
    backend = lines and lines.backend
    key = (id(code), kept, backend) if code else name
    if key not in _spots:
        codes = tuple(_codes(code)) if code else ()
        label = _label(lines) if kept else None
        reader = _late("_reader_of")(code, backend) if backend else None
        _spots[key] = _spot(name, kept, codes, label, reader)
        if codes and _watch:
            _watch(codes)
        if kept:
            lines.spot = _spots[key]
            _kept.append(lines)
    return _spots[key]


# -- how CPython tells of lines ----------------------------------------------


def _free_tool():
    """A number for sys.monitoring; None where all are taken."""
    # Debuggers, coverage and profilers have 0, 1 and 2 by convention.
    for tool in (4, 3, 2, 1, 0):
        try:
            _sys.monitoring.use_tool_id(tool, "mprof")
            return tool
        except ValueError:
            continue
    return None


def _monitor():
    """sys.monitoring: the function that has code objects watched."""
    monitoring = _sys.monitoring
    events = monitoring.events
    callbacks = {
        events.PY_START: _on_start,
        events.PY_RESUME: _on_resume,
        events.LINE: _on_line,
        events.PY_RETURN: _on_return,
        events.PY_YIELD: _on_return,
        events.JUMP: _on_jump,
    }
    wanted = 0
    for event in callbacks:
        wanted |= event
    tool = _free_tool()
    if tool is None:
        _say("sys.monitoring: no tool number is free: no line tables")
        return None
    for event, callback in callbacks.items():
        monitoring.register_callback(tool, event, callback)
    # CPython tells of these for all code or none.
    everywhere = {events.PY_THROW: _on_resume, events.PY_UNWIND: _on_return}
    for event, callback in everywhere.items():
        monitoring.register_callback(tool, event, callback)
    monitoring.set_events(tool, events.PY_THROW | events.PY_UNWIND)
    _use(monitoring.DISABLE)

    def watch(codes):
        for code in codes:
            monitoring.set_local_events(tool, code, wanted)

    return watch


def _warm_up():
    """What of the interpreter runs for the first time is mapped then: better
    here than in a line of the program's."""

    def steps():
        try:
            yield [k for k in "ab"]
        except KeyError as error:
            yield str(error)

    some = steps()
    next(some)
    some.throw(KeyError())
    some.close()
    any(k for k in {1: 2})


_watch = None
_watching = False


def _start_watching():
    global _watch, _watching
    if _watching:
        return
    _watching = True
    _warm_up()
    if hasattr(_sys, "monitoring"):
        _watch = _monitor()
    else:
        _use(_trace, _sys.gettrace)


# -- the table in print -------------------------------------------------------


def _file(code):
    name = code.co_filename
    return name[:-1] if name.endswith(".pyc") else name


def _cell(name):
    """The number of IPython's cell whose code has that file name, or None. A
    notebook's kernel makes the name from a hash of the text."""
    if name.startswith("<ipython-input-"):
        return name[len("<ipython-input-"):].partition("-")[0]
    module = _sys.modules.get("IPython.core.interactiveshell")
    try:
        shell = module.InteractiveShell._instance
        return shell.compile._filename_map.get(name)
    except AttributeError:
        return None


def _shown(name):
    """The file as its user knows it: In [3] for a cell."""
    cell = _cell(name)
    return name if cell is None else "In [%s]" % cell


def _table(name, numbers, text, measured, precision):
    """The pieces of a table in print; text and measured are by line."""
    layout = "{0:>6} {1:>12} {2:>12}  {3:>10}   {4:<}"
    memory = "{0:%d.%df} MiB" % (precision + 4, precision)
    header = layout.format(
        "Line #", "Mem usage", "Increment", "Occurrences", "Line Contents"
    )
    yield "Filename: " + _shown(name) + "\n\n"
    yield header + "\n"
    yield "=" * len(header) + "\n"
    for number in numbers:
        mib = growth = count = ""
        if number in measured:
            mib, growth, count = measured[number]
            mib = memory.format(mib)
            growth = memory.format(growth)
        line = text.get(number, "\n")
        yield layout.format(number, mib, growth, count, line)
    yield "\n\n"


def _pieces(lines, rows):
    measured = {row[0]: row[1:] for row in rows}
    last = max(lines.text or measured)
    numbers = range(lines.code.co_firstlineno, last + 1)
    return _table(
        _file(lines.code), numbers, lines.text, measured, lines.precision
    )


def _write(stream, text):
    try:
        stream.write(text)
    except UnicodeEncodeError:
        coding = stream.encoding
        stream.write(text.encode(coding, "backslashreplace").decode(coding))


def _try_print(lines, rows):
    """Nothing, or why that failed."""
    try:
        stream = lines.stream or _sys.stdout
        pieces = _pieces(lines, rows)
        ours = type(stream).__module__ in ("_io", "io")
        if ours:
            # Whole, so that threads don't mix theirs.
            pieces = ["".join(pieces)]
        for piece in pieces:
            _write(stream, piece)
        if ours:
            # A signal that ends the process would lose buffered text.
            stream.flush()
    except Exception as error:
        return str(error)


def _say_unprinted(lines, error):
    _say("%s: line table not printed, %s" % (lines.code.co_name, error))


def _print(lines, rows):
    error = _try_print(lines, rows) if rows else None
    if error is not None:
        _say_unprinted(lines, error)


def _print_kept():
    while _kept:
        lines = _kept.pop(0)
        rows = _rows(lines.spot)
        if not rows or not _claim(lines.spot):
            continue
        error = _try_print(lines, rows)
        if not _release(lines.spot, error is None):
            _say_unprinted(lines, error)


_exit_pid = None


def _print_at_exit():
    """A worker of multiprocessing ends without atexit's functions."""
    global _exit_pid
    if _exit_pid == _os.getpid():
        return
    multiprocessing = _sys.modules.get("multiprocessing.process")
    if multiprocessing and multiprocessing.parent_process():
        from multiprocessing.util import Finalize

        Finalize(None, _print_kept, exitpriority=0)
    elif _exit_pid is None:
        import atexit

        atexit.register(_print_kept)
    _exit_pid = _os.getpid()
