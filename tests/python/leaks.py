# SPDX-License-Identifier: MIT
"""A Django site that leaks in one of seven ways, beside innocent views, under
the load of two clients in threads of their own. Each line of its standard input
names the leak from then on, and is repeated when a request has leaked; the site
ends with its input, or at an empty line. leaks.py LEAK begins with that leak.
Says "ready" when it serves, and leaks where LEAK is given."""
import ctypes
import functools
import gc
import sys
import threading

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": {
        "ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEBUG=False,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    LOGGING_CONFIG=None,
    MIDDLEWARE=[],
    ROOT_URLCONF="__main__",
)
django.setup()

from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.dispatch import Signal
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import path


# The log has no end that a slow look could come after.
BaseDatabaseWrapper.queries_limit = 10**7


class Lesson(models.Model):
    title = models.CharField(max_length=80)

    class Meta:
        app_label = "leaks"


class Report:
    @functools.lru_cache(maxsize=None)
    def total(self, of):
        return of


class Payload:
    pass


class Node:
    def __init__(self):
        self.this = self


class Row:
    pass


kept = []
changed = Signal()
local = threading.local()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.memset.argtypes = ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t


def leak_models():
    kept.extend(Lesson(title="lesson %d" % i) for i in range(37))


def leak_lru_cache():
    for i in range(37):
        Report().total(i)


def leak_signal():
    for _ in range(5):
        payload = Payload()
        changed.connect(lambda **named: payload, weak=False)


def leak_malloc():
    for _ in range(37):
        libc.memset(libc.malloc(2000), 1, 2000)


def leak_cycles():
    for _ in range(37):
        Node()


def leak_locals():
    if not hasattr(local, "rows"):
        local.rows = []
    local.rows.extend(Row() for i in range(37))


def leak_queries():
    with connection.cursor() as cursor:
        # As many as a block of a deque has: it grows with each request.
        for i in range(64):
            cursor.execute("select %d" % i)


def leak_nothing():
    pass


def leak(request):
    global leaked
    name = current
    globals()["leak_" + name]()
    leaked = name
    return HttpResponse("leaked")


def begin(name):
    """Returns when a request has leaked like that."""
    global current
    settings.DEBUG = name == "queries"
    if name == "cycles":
        gc.disable()
    current = name
    while leaked != name:
        ended.wait(0.01)


def innocent(request):
    """Holds ten thousand objects of four types, for the request alone."""
    rows = [{"number": i, "lesson": Lesson(title="x")} for i in range(2500)]
    return HttpResponse(str(len(rows)))


urlpatterns = [path("leak", leak), path("innocent", innocent)]


def client():
    """Requests through the whole of Django, without a network. The database's
    queries are kept by a thread, so the server's are not reset."""
    site, requests = WSGIHandler(), RequestFactory()
    while not ended.is_set():
        for name in ("/leak", "/innocent"):
            response = site.get_response(requests.get(name))
            assert response.status_code == 200
            ended.wait(0.005)


current, leaked = "nothing", None
ended = threading.Event()
clients = [threading.Thread(target=client) for _ in range(2)]
for each in clients:
    each.start()
if len(sys.argv) > 1:
    begin(sys.argv[1])
print("ready", flush=True)
for name in map(str.strip, sys.stdin):
    if not name:
        break
    begin(name)
    print(name, flush=True)
ended.set()
for each in clients:
    each.join()
