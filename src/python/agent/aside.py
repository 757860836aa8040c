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


def _is_known(spec):
    """Whether an installer left word of who made it, or the file itself."""
    import os
    import re

    if spec.origin.endswith(".so"):
        return True
    folder = os.path.dirname(spec.origin)
    if spec.submodule_search_locations is not None:
        folder = os.path.dirname(folder)
    try:
        installed = os.listdir(folder)
        with open(spec.origin, "rb") as file:
            head = file.read(200)
    except OSError:
        return False
    made = re.compile(r"(memory.profiler|mprof)-.*\.(dist|egg)-info$")
    return b"# A module of mprof's." in head or any(map(made.match, installed))


def _load(spec):
    from importlib.util import module_from_spec

    module = _sys.modules[spec.name] = module_from_spec(spec)
    if hasattr(spec.loader, "exec_module"):
        spec.loader.exec_module(module)
    else:  # zipimport before 3.10
        spec.loader.load_module(spec.name)


_spec = _find(__name__)
if _spec and not _is_known(_spec):
    _load(_spec)
elif __name__ == "memory_profiler":
    import _mprof_profile

    _sys.modules[__name__] = _mprof_profile
else:
    _is_ours = True
