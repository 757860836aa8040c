#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Visits the site as a few people would.

Usage: visit.py URL [ROUNDS [PATH ...]]

Waits until the site answers, then asks for each path once a round, from four
threads. ROUNDS is 20 where it is not given; the paths are every view of the
site but the one that leaks.
"""
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.error import URLError
from urllib.request import urlopen

PATHS = (
    "/",
    "/departments/",
    "/departments/1/",
    "/courses/",
    "/courses/7/",
    "/courses/7/lessons/",
    "/lessons/",
    "/lessons/?page=12",
    "/lessons/77/",
    "/lessons/streamed/",
    "/search/?word=Music",
    "/report/",
)


def wait_for(url, seconds=30):
    end = time.monotonic() + seconds
    while True:
        try:
            return fetch(url + "/")
        except (URLError, ConnectionError) as error:
            if time.monotonic() > end:
                sys.exit(f"visit.py: {url}: no answer, {error}")
            time.sleep(0.1)


def fetch(url):
    with urlopen(url, timeout=60) as answer:
        return len(answer.read())


def main(url, rounds=20, *paths):
    url = url.rstrip("/")
    wait_for(url)
    wanted = [url + p for _ in range(int(rounds)) for p in paths or PATHS]
    with ThreadPoolExecutor(4) as pool:
        size = sum(pool.map(fetch, wanted))
    print(f"{len(wanted)} requests answered, {size / 2**20:.1f} MiB of JSON")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
