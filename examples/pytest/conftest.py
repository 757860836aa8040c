# SPDX-License-Identifier: MIT
import os


def pytest_runtest_setup(item):
    """Marks each test. A worker of pytest -n is called like the test it runs."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    with open(os.environ.get("MPROF_MARK") or os.devnull, "a") as marks:
        marks.write(f"{worker} {item.nodeid}".strip() + "\n")
    if worker:
        with open("/proc/self/comm", "w") as name:
            name.write(item.name)
