# Both ways to `profile`, and all that it has, where it may record nothing.
import os
import sys

sys.path.pop(0)  # another test's module may lie beside this file


@profile
def function():
    return 1


@profile(precision=3)
def generator():
    yield function()


profile.enable_by_count()
with profile.timestamp("block"):
    with profile:
        items = list(generator())
profile.disable_by_count()

from memory_profiler import profile as imported  # noqa: E402


@imported(precision=2, stream=sys.stderr)
def printed():
    return items


import memory_profiler  # noqa: E402

assert memory_profiler.profile is imported
print("ran %s %s" % (printed()[0], os.environ.get("PYTHONPATH")))
