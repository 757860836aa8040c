from memory_profiler import profile


def fail(n):
    x = [0] * n
    raise ValueError(n)


@profile
def guarded():
    kept = []
    for i in range(4):
        try:
            kept.append([i] * 200000)
            fail(100000)
        except ValueError as e:
            kept.append(str(e))
        finally:
            kept.append(1)

    def thrower(n):
        if n == 0:
            raise KeyError(n)
        return thrower(n - 1)
    try:
        thrower(3)
    except KeyError:
        kept.append(2)
    return kept


guarded()
