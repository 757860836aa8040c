# SPDX-License-Identifier: MIT
import time


def test_small():
    time.sleep(0.3)


def test_large():
    kept = bytearray(80_000_000)
    time.sleep(0.5)
    assert len(kept) == 80_000_000
