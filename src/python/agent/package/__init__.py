# SPDX-License-Identifier: MIT
# A module of mprof's.
#
# The module memory_profiler where it is imported from a file: the agent's, which
# takes the place of this one. The agent lies beside this file, or where mprof
# has its libraries, two directories up.
import os
import sys
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location


def _agent():
    if sys.implementation.name != "cpython":
        raise ImportError(
            "mprof's memory_profiler needs CPython, not "
            + sys.implementation.name,
            name=__name__,
        )
    here = os.path.dirname(os.path.abspath(__file__))
    places = [here, os.path.dirname(os.path.dirname(here))]
    for place in places:
        path = os.path.join(place, "memory_profiler.so")
        if os.path.exists(path):
            return path
    raise ImportError(
        "mprof's memory_profiler: no memory_profiler.so in "
        + " or ".join(places),
        name=__name__,
    )


def _replace():
    loader = ExtensionFileLoader(__name__, _agent())
    spec = spec_from_file_location(__name__, loader.path, loader=loader)
    module = module_from_spec(spec)
    loader.exec_module(module)
    module.__spec__ = __spec__
    module.__loader__ = __loader__
    module.__file__ = __file__
    module.__path__ = __path__
    module.__package__ = __package__
    sys.modules[__name__] = module


_replace()
