# SPDX-License-Identifier: MIT
import os


def pytest_runtest_setup(item):
    """Marks each test in the recording, if there is one."""
    path = os.environ.get("MPROF_MARK")
    if path:
        with open(path, "a") as marks:
            marks.write(item.nodeid + "\n")
