# SPDX-License-Identifier: MIT
#
# The built-in module memory_profiler or mprof below `mprof run`: a program that
# has a module of its own under that name gets its own; the abandoned package's,
# or a copy of ours, is no program's own. _is_ours is left where C is to go on.
import sys as _sys


def _find(name):
    from importlib.machinery import PathFinder

    spec = PathFinder.find_spec(name)
    return spec if spec and spec.loader and spec.origin else None


def _is_our_file(spec):
    if spec.origin.endswith(".so"):
        return True
    try:
        with open(spec.origin, "rb") as file:
            return b"# A module of mprof's." in file.read(200)
    except OSError:
        return False


def _is_known(spec):
    """Whether an installer left word of who made it, or the file itself."""
    import os
    import re

    directory = os.path.dirname(spec.origin)
    if spec.submodule_search_locations is not None:
        directory = os.path.dirname(directory)
    try:
        installed = os.listdir(directory)
    except OSError:
        return False
    made = re.compile(r"(memory.profiler|mprof)-.*\.(dist|egg)-info$")
    return _is_our_file(spec) or any(map(made.match, installed))


def _load(spec):
    from importlib.util import module_from_spec

    module = _sys.modules[spec.name] = module_from_spec(spec)
    if hasattr(spec.loader, "exec_module"):
        spec.loader.exec_module(module)
    else:  # zipimport before 3.10
        spec.loader.load_module(spec.name)


def _is_refused(spec):
    """Whether the agent can't take the abandoned package's place: the GIL that
    it needs is forbidden."""
    return getattr(_sys.flags, "gil", None) == 0 and not _is_our_file(spec)


_spec = _find(__name__)
if _spec and (not _is_known(_spec) or _is_refused(_spec)):
    _load(_spec)
elif __name__ == "memory_profiler":
    import _mprof_profile

    _sys.modules[__name__] = _mprof_profile
else:
    _is_ours = True
