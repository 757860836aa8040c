# A helper that is imported, and decorates with what it imports itself.
import helper_module

from memory_profiler import profile


@profile
def use():
    data = helper_module.build(300000)
    size = len(data)
    return size


use()
helper_module.build(100000)
