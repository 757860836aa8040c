# SPDX-License-Identifier: MIT
#
# memory_profiler in a subinterpreter: programs run there, unprofiled.
def profile(func=None, stream=None, precision=1, backend=None):
    return profile if func is None else func


class _Block:
    def __init__(self, name="<block>"):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass


profile.timestamp = _Block
