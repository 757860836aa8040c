# Prints the names, methods, arguments and attributes of the module
# memory_profiler, one a line, so that two modules of that name can be compared.
import inspect

import memory_profiler


def arguments(function):
    for given in inspect.signature(function).parameters.values():
        default = given.default
        if isinstance(default, (list, tuple)):
            default = "several"
        yield "%s %s %r" % (given.kind.name, given.name, default)


def describe(name, value):
    print(name)
    try:
        for argument in arguments(value):
            print(name, "takes", argument)
    except (TypeError, ValueError):
        print(name, "takes anything")


def describe_class(kind):
    for name in sorted(vars(kind)):
        value = getattr(kind, name)
        if name[0] != "_" or name in ("__enter__", "__exit__", "__call__"):
            describe("%s.%s" % (kind.__name__, name), value)


def describe_object(value):
    for name in sorted(vars(value)):
        if name[0] != "_":
            print("%s().%s" % (type(value).__name__, name))


for name in sorted(dir(memory_profiler)):
    value = getattr(memory_profiler, name)
    own = getattr(value, "__module__", None) == "memory_profiler"
    if own and name[0] != "_":
        describe(name, value)
        if inspect.isclass(value):
            describe_class(value)
    elif name in ("_get_memory", "_get_child_memory", "_find_script"):
        describe(name, value)
    elif isinstance(value, (str, float, bool)) and name[:2] != "__":
        print(name, repr(value))
for value in (
    memory_profiler.LineProfiler(),
    memory_profiler.CodeMap(False, "psutil"),
    memory_profiler.TimeStamper("psutil"),
    memory_profiler.LogFile(),
    memory_profiler.MemitResult([1], 1, 1, 1, 1, False),
):
    describe_object(value)
print(memory_profiler.__version__)
