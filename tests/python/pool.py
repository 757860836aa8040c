# Decorated functions in interpreters with a GIL each.
from concurrent.futures import InterpreterPoolExecutor

from memory_profiler import profile as imported


def plain(x):
    return 2 * x


@profile
def builtin(x):
    return 2 * x


@imported
def printed(x):
    return 2 * x


if __name__ == "__main__":
    with InterpreterPoolExecutor(2) as pool:
        for function in plain, builtin, printed:
            print(*pool.map(function, range(4)))
