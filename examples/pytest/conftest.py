# SPDX-License-Identifier: MIT
import os


def pytest_runtest_setup(item):
    """Marks each test in the recording, if there is one. A worker of pytest -n
    is named in the mark, and is itself called like the test that it runs."""
    path = os.environ.get("MPROF_MARK")
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if path and worker:
        with open("/proc/self/comm", "w") as name:
            name.write(item.name[:15])
    if path:
        with open(path, "a") as marks:
            marks.write((worker + " " if worker else "") + item.nodeid + "\n")
