# SPDX-License-Identifier: MIT
#
# A part of the module memory_profiler: python -m memory_profiler. The program
# runs as __main__, so that what it defines is found there, by pickle as well.
import builtins as _builtins

_CMD_USAGE = "python -m memory_profiler script_file.py"


def _find_script(script_name):
    """The file itself, or one of that name on PATH."""
    directories = _os.getenv("PATH", _os.defpath).split(_os.pathsep)
    names = [_os.path.join(directory, script_name)
             for directory in directories if directory]
    for name in [script_name] + names:
        if _os.path.isfile(name):
            return name
    _sys.stderr.write("Could not find script {0}\n".format(script_name))
    raise SystemExit(1)


class _Traced:
    """tracemalloc, while a program needs it."""

    def __init__(self, backend):
        self.wanted = _late("choose_backend")(backend) == "tracemalloc"

    def __enter__(self):
        if self.wanted:
            import tracemalloc

            tracemalloc.start()

    def __exit__(self, *error):
        tracemalloc = _sys.modules.get("tracemalloc")
        if tracemalloc and tracemalloc.is_tracing():
            tracemalloc.stop()


def _run_file(filename, profiler):
    import io

    main = _sys.modules["__main__"] = type(_sys)("__main__")
    main.__dict__.update(
        __file__=filename, __builtins__=_builtins, profile=profiler
    )
    with io.open_code(filename) as file:
        code = compile(file.read(), filename, "exec")
    exec(code, main.__dict__)


def exec_with_profiler(filename, profiler, backend, passed_args=()):
    """Runs a script in which `profile` is that profiler."""
    _builtins.profile = profiler
    _sys.path.insert(0, _os.path.dirname(filename))
    _sys.argv = [filename] + list(passed_args)
    with _Traced(backend):
        _run_file(filename, profiler)


def run_module_with_profiler(module, profiler, backend, passed_args=()):
    """Runs a module in which `profile` is that profiler."""
    import runpy

    _builtins.profile = profiler
    _sys.argv = [module] + list(passed_args)
    with _Traced(backend):
        runpy.run_module(
            module,
            init_globals={"profile": profiler},
            run_name="__main__",
            alter_sys=True,
        )


def _parse():
    from argparse import ArgumentParser, REMAINDER

    parser = ArgumentParser(usage=_CMD_USAGE)
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument(
        "--pdb-mmem", dest="max_mem", metavar="MAXMEM", type=float,
        help="steps into the debugger when memory reaches MAXMEM MiB",
    )
    parser.add_argument(
        "--precision", type=int, default=3,
        help="decimals of the line tables (default: 3)",
    )
    parser.add_argument(
        "-o", dest="out_filename", metavar="FILE",
        help="appends the results to a file",
    )
    parser.add_argument(
        "--timestamp", action="store_true",
        help="writes when decorated functions ran, not their lines",
    )
    parser.add_argument(
        "--include-children", action="store_true",
        help="counts the memory of all descendants too",
    )
    backends = "tracemalloc psutil psutil_pss psutil_uss posix".split()
    parser.add_argument(
        "--backend", choices=backends, default="psutil",
        help="psutil and posix: resident set; psutil_pss, psutil_uss: its "
        "proportional and its own part; tracemalloc: Python's objects",
    )
    parser.add_argument(
        "program", nargs=REMAINDER, help="a script or a module, its arguments"
    )
    args = parser.parse_args()
    if not args.program:
        print("A program to run must be provided. Use -h for help")
        raise SystemExit(1)
    return args


def _run_program(args, profiler):
    name, words = args.program[0], args.program[1:]
    if name.endswith(".py"):
        exec_with_profiler(_find_script(name), profiler, args.backend, words)
    else:
        run_module_with_profiler(name, profiler, args.backend, words)


def _main():
    args = _parse()
    if args.timestamp:
        profiler = _late("TimeStamper")(args.backend, args.include_children)
    else:
        profiler = _late("LineProfiler")(
            max_mem=args.max_mem,
            backend=args.backend,
            include_children=args.include_children,
        )
    try:
        _run_program(args, profiler)
    finally:
        stream = _sys.stdout
        if args.out_filename is not None:
            stream = open(args.out_filename, "a", encoding="utf-8")
        if args.timestamp:
            profiler.show_results(stream)
        else:
            _late("show_results")(profiler, stream, args.precision)
        stream.flush()


class _Loader:
    """For runpy, which asks a built-in module in vain for its code."""

    @staticmethod
    def get_code(name):
        return compile("import %s as m; m._main()" % name, "<mprof>", "exec")


def _as_main():
    from importlib.machinery import ModuleSpec

    module = _sys.modules["memory_profiler"]
    module.__spec__ = ModuleSpec("memory_profiler", _Loader, origin="mprof")
