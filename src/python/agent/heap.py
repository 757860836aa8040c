# SPDX-License-Identifier: MIT
#
# A part of the module memory_profiler: profile.heap() and profile.heap_diff().
# The recorder's program counts the objects from outside, while this thread
# waits for it.
import tempfile as _tempfile

_told = False
_newest = None  # the snapshot that heap_diff() compares with


def _program():
    """The recorder's own file; None outside a recording."""
    global _told
    try:
        recorder = int(_os.environ["MPROF_AGENT_RECORDER"])
        path = _os.readlink("/proc/%d/exe" % recorder)
        if _os.access(path, _os.X_OK):
            return path
    except (KeyError, ValueError, OSError):
        pass
    if not _told:
        _told = True
        _sys.stderr.write(
            "mprof: profile.heap: counts objects in a recording of mprof run "
            "alone; nothing is counted here\n"
        )


def _let_in():
    """Yama may let a process trace its descendants alone: we let any trace us."""
    try:
        with open("/proc/sys/kernel/yama/ptrace_scope") as file:
            if file.read().strip() != "1":
                return
        import ctypes

        ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)
    except Exception:
        pass


def _say(error):
    _sys.stderr.write("mprof: profile.heap: %s\n" % error)


def _output(program, words):
    reader, writer = _os.pipe()
    names = "PATH LANG LC_ALL LC_CTYPE TMPDIR TZ".split()
    with open(reader, encoding="utf-8", errors="replace") as file:
        try:
            child = _os.posix_spawn(
                program,
                ["mprof", "heap"] + list(words),
                {n: _os.environ[n] for n in names if n in _os.environ},
                file_actions=[(_os.POSIX_SPAWN_DUP2, writer, 1)],
            )
        finally:
            _os.close(writer)
        text = file.read()
    try:
        _os.waitpid(child, 0)
    except ChildProcessError:
        pass  # the program ignores SIGCHLD, or waits for all its children
    return text


def _ask(program, *words):
    """Returns the output of mprof heap WORDS. It is empty where that fails:
    the cause is printed, and the program goes on."""
    try:
        return _output(program, words)
    except OSError as error:
        _say(error)
        return ""


class _Snapshot:
    """A file of mprof heap --save, which goes with this object."""

    def __init__(self):
        self.path = None
        self.owner = _os.getpid()
        self.taken = False

    def take(self, program):
        try:
            file, self.path = _tempfile.mkstemp(".heap", "mprof-")
        except OSError as error:
            _say(error)
            return
        _os.close(file)
        words = ("--only", "--top", "1", "--no-paths", "--save", self.path)
        self.taken = bool(_ask(program, *words, str(_os.getpid())))

    def __del__(self, remove=_os.unlink, getpid=_os.getpid):
        try:
            if self.path and getpid() == self.owner:
                remove(self.path)
        except OSError:
            pass


def _print_difference(program, name, before, after):
    if before.taken and after.taken:
        text = _ask(program, "--diff", before.path, after.path)
        if text:
            _sys.stdout.write((name + ": " if name else "") + text)
            _sys.stdout.flush()


class _Heap:
    """Counts the program's objects, from outside, before it returns. As a
    context it counts them again at the end, and prints what came between.
    Outside a recording it does nothing but say so, once."""

    def __init__(self, name=""):
        global _newest
        self.name = _clean(name)
        self.program = _program()
        # Both are made before the first count, for neither to be counted.
        self.before = self.after = None
        if self.program:
            self.before, self.after = _Snapshot(), _Snapshot()
            _newest = self.before
            self.before.take(self.program)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        global _newest
        if self.program:
            self.after.take(self.program)
            _print_difference(self.program, self.name, self.before, self.after)
            _newest = self.before = self.after


def _heap_diff():
    """Prints what came since the last profile.heap() or profile.heap_diff();
    the first call begins there."""
    global _newest
    program = _program()
    if program:
        after = _Snapshot()
        after.take(program)
        if _newest:
            _print_difference(program, "", _newest, after)
        _newest = after


_let_in()
