# No import: profile is there as a builtin. For `run --lines`.
@profile
def grow(n):
    kept = []
    for i in range(n):
        kept.append([i] * 100000)

    def inside(m):
        return [m] * 200000

    return kept, inside


def plain(n):
    return [0] * n


first, inside = grow(3)
plain(10)
second, inside = grow(4)
profile.enable_by_count()
inside(2)
profile.disable_by_count()
inside(3)
