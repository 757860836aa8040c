# SPDX-License-Identifier: MIT
"""A school that leaks: every way to hold an object, by name.

Says "ready" and waits for a line. An argument is how many lessons there are.
"""
import collections
import functools
import gc
import linecache
import sys
import threading
import types
import weakref

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 100


class Lesson:
    def __init__(self, number):
        self.number = number
        self.title = "lesson %d" % number
        self.me = self  # a cycle, which holds nothing


class Slotted:
    __slots__ = ("value", "__weakref__")

    def __init__(self, value):
        self.value = value


class Registry:
    shared = []

    def __init__(self):
        self.by_number = {}


class Node:
    def __init__(self, after):
        self.after = after


class Local:
    pass


class Course:
    pass


class Weak:
    pass


class Lost:
    pass


class Iterated:
    pass


class Receiver:
    pass


class Signal:
    def __init__(self, receivers):
        self.receivers = receivers


class Cache:
    def __init__(self):
        self.d = {}


class Pupil:
    def __init__(self, i):
        self.id = i
        self.course_id = i
        self.active = True
        self.paid = True
        self.grade = "interned"
        self.group = "interned"


def module(name):
    made = types.ModuleType(name)
    sys.modules[name] = made
    return made


views = module("courses.views")
views.kept = [Lesson(i) for i in range(COUNT)]
Lesson.__module__ = "courses.models"

registry = Registry()
registry.by_number = {lesson.number: lesson for lesson in views.kept[:10]}
registry.by_number["evil \x1b[31m'\\\n"] = Slotted(Course())
Registry.shared.append(Course())

# In a list that two hold, and a dict that holds one of those.
receivers = Signal([Receiver() for _ in range(30)])
cache = Cache()
cache.d["k"] = receivers.receivers
pupils = [Pupil(1), Pupil(2)]


class Cached:
    pass


# In a cache of the standard library, in one with a bound of the program's own,
# and in a list.
linecache.cache["lines"] = [Cached() for _ in range(5)]
own = functools.lru_cache(maxsize=8)(lambda n: Cached())
own(1), own(2)
cached = [Cached(), Cached()]

line = None
for _ in range(3000):
    line = Node(line)

queue = collections.deque([Local()])
weak = Weak()
watcher = [weakref.ref(weak)]
evil = type("Evil\x1b[31m\u202e", (), {})()


def lose():
    lost = Lost()
    lost.me = {"again": lost}


sig = receivers
del receivers


def work(started, done):
    local = [Iterated()]
    started.set()
    done.wait()
    del local


gc.disable()
lose()
started, done = threading.Event(), threading.Event()
thread = threading.Thread(
    target=work, args=(started, done), name="worker")
thread.start()
started.wait()


def reach(start, without):
    """The ids of all that can be reached, and not through that object."""
    found, todo = {id(without)}, list(start)
    while todo:
        each = todo.pop()
        if id(each) not in found and not isinstance(each, types.FrameType):
            found.add(id(each))
            todo.extend(gc.get_referents(each))
    return found


def retained(of):
    """The size of what goes with an object, by a walk of its own: what it
    holds, without what the modules hold otherwise."""
    others = reach(list(sys.modules.values()), of)
    found, todo, size = set(), [of], 0
    while todo:
        each = todo.pop()
        if id(each) in found or (each is not of and id(each) in others):
            continue
        found.add(id(each))
        size += sys.getsizeof(each)
        todo.extend(gc.get_referents(each))
    return size


def around(one):
    """The types of what refers to it, and of what it refers to, by the
    collector itself. (Its __dict__ is not asked for, which would make it.)"""
    hold = [each for each in gc.get_referrers(one)
            if not isinstance(each, types.FrameType)]
    held = [each for each in gc.get_referents(one)
            if not isinstance(each, type)]
    names = {"Lesson": "courses.models.Lesson"}
    return [names.get(type(each).__name__, type(each).__name__)
            for each in hold + held]


print("retained", retained(views.kept))
print("around", *around(views.kept[3]))
print("main", len(globals()))
print("ready", flush=True)
sys.stdin.readline()
done.set()
thread.join()
