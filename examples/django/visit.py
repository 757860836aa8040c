#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Visits the site as a few people would.

Usage: visit.py [--over SECONDS] URL [ROUNDS [PATH ...]]

Waits until the site answers, then asks for each path once a round, from four
threads. ROUNDS is 20 where it is not given; the paths are every view of the
site but the one that leaks. --over spreads the visits evenly over that time.
"""
import argparse
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


def visit(pool, wanted, seconds):
    """Yields the size of each answer."""
    start = time.monotonic()
    asked = []
    for i, url in enumerate(wanted):
        time.sleep(max(0, start + seconds * i / len(wanted) - time.monotonic()))
        asked.append(pool.submit(fetch, url))
    return (each.result() for each in asked)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, usage=argparse.SUPPRESS,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--over", type=float, default=0, metavar="SECONDS")
    parser.add_argument("url")
    parser.add_argument("rounds", type=int, nargs="?", default=20)
    parser.add_argument("paths", nargs="*", default=PATHS)
    given = parser.parse_args()
    url = given.url.rstrip("/")
    wait_for(url)
    wanted = [url + p for _ in range(given.rounds) for p in given.paths]
    with ThreadPoolExecutor(4) as pool:
        size = sum(visit(pool, wanted, given.over))
    print(f"{len(wanted)} requests answered, {size / 2**20:.1f} MiB of JSON")


if __name__ == "__main__":
    main()
