# The rest of memory_profiler, where the package is installed and where not.
import memory_profiler

try:
    from memory_profiler import memory_usage

    print("memory_usage", 1 < memory_usage()[0] < 1000)
    assert memory_profiler.LineProfiler.__module__ == "memory_profiler"
except ImportError as error:
    print(error)
assert not hasattr(memory_profiler, "no_such_name")
from memory_profiler import *  # noqa: E402,F403

assert callable(profile)
