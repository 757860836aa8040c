#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
import os
import time


def mark(label):
    """Marks this moment in the recording, if there is one."""
    path = os.environ.get("MPROF_MARK")
    if path and os.path.exists(path):
        with open(path, "a") as marks:
            marks.write(label + "\n")


mark("load")
rows = [{"id": i, "name": "row %d" % i} for i in range(200_000)]
time.sleep(0.3)
mark("sort")
rows.sort(key=lambda row: row["name"])
time.sleep(0.3)
mark("drop")
del rows
time.sleep(0.3)
