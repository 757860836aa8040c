# A second interpreter in the process, before and after the main one's calls.
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

SOURCE = """
from memory_profiler import profile as imported

for decorator in profile, imported:
    @decorator
    def f():
        return 1

    assert f() == 1
    with decorator.timestamp("block"):
        pass
"""


@profile
def builtin():
    return 1


for _ in range(2):
    other = interpreters.create()
    interpreters.run_string(other, SOURCE)
    assert builtin() == 1
    interpreters.destroy(other)

from memory_profiler import profile as imported  # noqa: E402


@imported
def here():
    return 2


assert here() == 2
print("done")
