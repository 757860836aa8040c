# One function behind the servers that people run: served.py django PORT,
# served.py asyncio PORT, gunicorn served:wsgi, celery -A served:celery. Each
# answers /grow by a call of grow(), and /state by what the process is made of.
# served.py ask: asks celery's worker what stands on its own standard input.
import os
import sys

kept = []


def grow(mib):
    part = bytearray(mib << 20)
    kept.append(part)
    if len(kept) > 8:
        kept.clear()
    return len(part)


def state():
    tools = [sys.monitoring.get_tool(i) for i in range(6)]
    return repr((
        [name for name in sys.modules if "mprof" in name],
        sorted(vars(__import__("builtins"))),
        tools,
        [sys.monitoring.get_events(i) for i in range(6) if tools[i]],
        [sys.monitoring.get_local_events(i, grow.__code__)
         for i in range(6) if tools[i]],
        sys.gettrace(), sys.getprofile(), sys.path, sys.meta_path,
        sorted(os.environ.items()),
        [name for name in map(opened, os.listdir("/proc/self/fd"))
         if "mprof" in name or name.endswith(".dat")],
    ))


def opened(number):
    try:
        return os.readlink("/proc/self/fd/" + number)
    except OSError:  # listdir's own
        return ""


def answer(path):
    if path == "/state":
        return "%d %s" % (os.getpid(), state())
    return "%d %s" % (os.getpid(), grow(1))


def wsgi(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [answer(environ["PATH_INFO"]).encode()]


def view(request):
    from django.http import HttpResponse

    return HttpResponse(answer(request.path), content_type="text/plain")


def run_django(port):
    from django.conf import settings
    from django.core.management import execute_from_command_line
    from django.urls import re_path

    global urlpatterns
    settings.configure(DEBUG=True, ROOT_URLCONF=__name__, SECRET_KEY="none",
                       ALLOWED_HOSTS=["127.0.0.1"])
    urlpatterns = [re_path("", view)]
    execute_from_command_line(["served.py", "runserver", "127.0.0.1:" + port])


def run_asyncio(port):
    import asyncio

    async def serve(reader, writer):
        path = (await reader.readline()).split()[1].decode()
        while (await reader.readline()).strip():
            pass
        text = answer(path).encode()
        writer.write(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s"
                     % (len(text), text))
        await writer.drain()
        writer.close()

    async def main():
        server = await asyncio.start_server(serve, "127.0.0.1", int(port))
        await server.serve_forever()

    asyncio.run(main())


def make_celery():
    from celery import Celery

    folder = os.getcwd()
    app = Celery("served", broker="filesystem://", backend="file://" + folder)
    app.conf.broker_transport_options = {
        "data_folder_in": folder, "data_folder_out": folder,
        "control_folder": folder,
    }
    return app.task(name="answer")(answer), app


def ask():
    import served

    for line in sys.stdin:
        print(served.task.delay(line.strip()).get(), flush=True)


def __getattr__(name):
    if name in ("celery", "task"):
        global task, celery
        task, celery = make_celery()
        return globals()[name]
    raise AttributeError(name)


if __name__ == "__main__":
    run = {"django": run_django, "asyncio": run_asyncio, "ask": ask}
    run[sys.argv[1]](*sys.argv[2:])
