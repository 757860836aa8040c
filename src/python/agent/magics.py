# SPDX-License-Identifier: MIT
#
# A part of the module memory_profiler: IPython's %memit and %mprun, line and
# cell.
import builtins as _builtins
import gc as _gc
import io as _io

try:
    from IPython.core.magic import (
        Magics as _Magics,
        line_cell_magic as _line_cell_magic,
        magics_class as _magics_class,
    )
except ImportError:
    _Magics = object

    def _line_cell_magic(func):
        return func

    _magics_class = _line_cell_magic


def _func_exec(stmt, ns):
    exec(stmt, ns)


class MemitResult:
    """What %memit found: mem_usage has each repetition's peak, in MiB."""

    def __init__(
        self, mem_usage, baseline, repeat, timeout, interval, include_children
    ):
        self.mem_usage = mem_usage
        self.baseline = baseline
        self.repeat = repeat
        self.timeout = timeout
        self.interval = interval
        self.include_children = include_children

    def __str__(self):
        peak = max(self.mem_usage)
        return "peak memory: %.02f MiB, increment: %.02f MiB" % (
            peak, peak - self.baseline
        )

    def _repr_pretty_(self, p, cycle):
        p.text("<MemitResult : %s>" % self)


def _functions(names, spaces):
    from IPython.core.error import UsageError

    for name in names:
        try:
            yield eval(name, *spaces)
        except Exception as error:
            raise UsageError(
                "Could not find function %r.\n%s: %s"
                % (name, error.__class__.__name__, error)
            )


class _Builtin_profile:
    """The name `profile` is that one meanwhile."""

    def __init__(self, profile):
        self.profile = profile

    def __enter__(self):
        self.names = _builtins.__dict__
        self.before = {k: v for k, v in self.names.items() if k == "profile"}
        self.names["profile"] = self.profile

    def __exit__(self, *error):
        self.names.pop("profile", None)
        self.names.update(self.before)


@_magics_class
class MemoryProfilerMagics(_Magics):
    @_line_cell_magic
    def mprun(self, parameter_s="", cell=None):
        """Which line of a function takes memory.

        %mprun -f func1 -f func2 statement
        %%mprun -f func1 -f func2 [statement]
        code...

        -f FUNC  a function whose lines are shown: any expression that gives
                 one; it may be repeated
        -T FILE  the table also goes into a file
        -r       returns the LineProfiler
        -c       counts the memory of all descendants too
        """
        from IPython.core.page import page

        text = parameter_s.replace('"', r"\"").replace("'", r"\'")
        opts, statement = self.parse_options(text, "rf:T:c", list_all=True)
        if cell is not None:
            statement += "\n" + cell
        spaces = self.shell.user_global_ns, self.shell.user_ns
        profile = _late("LineProfiler")(include_children="c" in opts)
        for func in _functions(opts.get("f", []), spaces):
            profile(func)
        message = ""
        with _Builtin_profile(profile):
            try:
                profile.runctx(statement, *spaces)
            except SystemExit:
                message = "*** SystemExit exception caught in code profiled."
            except KeyboardInterrupt:
                message = (
                    "*** KeyboardInterrupt exception caught in code profiled."
                )
        table = _io.StringIO()
        _late("show_results")(profile, table)
        page(table.getvalue().rstrip())
        print(message)
        for name in opts.get("T", []):
            with open(name, "w") as file:
                file.write(table.getvalue().rstrip())
            print(
                "\n*** Profile printout saved to text file %s. %s"
                % (name, message)
            )
        return profile if "r" in opts else None

    @_line_cell_magic
    def memit(self, line="", cell=None):
        """The peak of memory while a statement runs.

        %memit [-r R -t T -i I -c -o -q] statement
        %%memit [-r R -t T -i I -c -o -q] setup, which is not measured
        code...

        -r R  runs it R times, and shows the highest peak (default: 1)
        -t T  is there for memory_profiler, and changes nothing
        -i I  seconds between two readings at most (default: 0.1)
        -c    counts the memory of all descendants too
        -o    returns a MemitResult
        -q    prints nothing
        """
        opts, statement = self.parse_options(
            line, "r:t:i:coq", posix=False, strict=False
        )
        setup = "pass"
        if cell is not None:
            setup, statement = statement, cell
        repeat = int(getattr(opts, "r", 1))
        timeout = max(int(getattr(opts, "t", 0)), 0) or None
        interval = float(getattr(opts, "i", 0.1))
        children = "c" in opts
        memory_usage = _late("memory_usage")
        _gc.collect()
        _func_exec(setup, self.shell.user_ns)
        baseline = memory_usage()[0]
        peaks = [
            memory_usage(
                (_func_exec, (statement, self.shell.user_ns)),
                timeout=timeout,
                interval=interval,
                max_usage=True,
                max_iterations=1,
                include_children=children,
            )
            for _ in range(repeat)
        ]
        result = MemitResult(
            peaks, baseline, repeat, timeout, interval, children
        )
        if "q" not in opts:
            print(result if peaks else "ERROR: -r %d measures nothing" % repeat)
        return result if "o" in opts else None

    @classmethod
    def register_magics(cls, ip):
        ip.register_magics(cls)


def load_ipython_extension(ip):
    """%load_ext memory_profiler"""
    MemoryProfilerMagics.register_magics(ip)
