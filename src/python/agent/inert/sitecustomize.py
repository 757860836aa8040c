# SPDX-License-Identifier: MIT
#
# A `profile` that records nothing, for programs that the agent can't work in:
# they run as if nothing were decorated, and one line on stderr says why. It is
# the module memory_profiler in a subinterpreter, without that line, and in a
# CPython that may not have its GIL. An interpreter that is no CPython, or older
# than 3.8, imports this file at its start, from a directory that preload.c puts on
# PYTHONPATH. Any Python from 2.7 on reads it.
import os
import sys


class Profile(object):
    def __init__(self, reason=None):
        self._reason = reason

    def _tell(self):
        if self._reason:
            reason, self._reason = self._reason, None
            sys.stderr.write(
                "mprof: @profile: records nothing here: %s\n" % reason
            )

    def __call__(self, func=None, *args, **named):
        self._tell()
        return self if func is None else func

    def timestamp(self, name="<block>"):
        return self

    heap = timestamp

    def heap_diff(self):
        self._tell()

    def enable_by_count(self):
        self._tell()

    disable_by_count = enable_by_count

    def __enter__(self):
        self._tell()
        return self

    def __exit__(self, *error):
        pass


class Finder(object):
    """Finds memory_profiler before all others: the package, where one can be
    imported, or else the module that has that profile alone."""

    def __init__(self, profile):
        self._module = sys.modules[__name__]  # Python 2 would clear it
        self._profile = profile
        self._package = None
        self._looking = False

    def _wants(self, name):
        if name != "memory_profiler" or self._looking:
            return False
        self._looking = True
        try:
            __import__(name)
            self._package = sys.modules.pop(name)
        except Exception:
            pass
        self._looking = False
        return True

    def find_spec(self, name, path=None, target=None):
        if not self._wants(name):
            return None
        from importlib.machinery import ModuleSpec

        return ModuleSpec(name, self)

    def create_module(self, spec):
        return self._package

    def exec_module(self, module):
        if module is not self._package:
            module.profile = self._profile

    def find_module(self, name, path=None):
        return self if self._wants(name) else None

    def load_module(self, name):
        module = self._package or type(sys)(name)
        sys.modules[name] = module
        self.exec_module(module)
        return module


def is_forbidden_gil():
    """Whether PYTHON_GIL=0 or -X gil=0 keeps a free-threaded build from
    switching its GIL on."""
    return getattr(sys.flags, "gil", None) == 0


def reason():
    implementation = getattr(sys, "implementation", None)
    if implementation and implementation.name != "cpython":
        what = "this is " + implementation.name
    elif is_forbidden_gil():
        return "its GIL is needed, and PYTHON_GIL=0 or -X gil=0 forbids it"
    elif "free-threading" in sys.version:
        return (
            "this CPython's GIL is off; `from memory_profiler import "
            "profile` switches it on"
        )
    else:
        what = "this is Python %d.%d" % sys.version_info[:2]
    return what + "; CPython 3.8 or later is needed"


def define():
    """The name `profile` among the builtins."""
    try:
        import builtins
    except ImportError:
        import __builtin__ as builtins
    present = getattr(builtins, "profile", None)
    if hasattr(present, "_reason"):
        return present
    profile = Profile(reason())
    if present is None:
        builtins.profile = profile
    return profile


def step_aside():
    """The program sees PYTHONPATH as it was, and its own sitecustomize."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [p for p in sys.path if os.path.abspath(p) != here]
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    paths = [p for p in paths if os.path.abspath(p) != here]
    os.environ.pop("PYTHONPATH", None)
    if paths:
        os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    present = sys.modules.pop("sitecustomize")
    try:
        __import__("sitecustomize")
    except ImportError:
        sys.modules["sitecustomize"] = present


if __name__ == "memory_profiler":
    profile = _builtin = define() if is_forbidden_gil() else Profile()
elif __name__ == "builtins":  # executed by preload.c
    define()
elif "memory_profiler" not in sys.builtin_module_names:
    sys.meta_path.insert(0, Finder(define()))
if __name__ == "sitecustomize":
    step_aside()
