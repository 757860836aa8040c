#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Sampled allocations inside CPython: what the table of a process says is held
# by each line of tests/python/holds.py, against what the script itself says.
# The period is given, so that no test depends on the machine's speed; a sum is
# wrong by luck once in ten million runs (Bernstein's inequality).
load helper
load ../python/helper

LIBRARY=$SOURCE/build/allocation.so

own_setup() {
	mkdir tables
	export MPROF_ALLOCATIONS=$PWD/tables MPROF_ALLOCATION_PERIOD=8192
}

# held PYTHON WORD...: a script to its end, below the library.
held() {
	rm -f tables/*
	LD_PRELOAD=$LIBRARY "$@" >out 2>err || {
		cat out err
		return 1
	}
	/usr/bin/python3 "$SCRIPTS/allocation_table.py" tables/* >table
}

# Each line of the script that the script has named holds so much: the frame
# that is the first of the script's.
lines_are_right() {
	awk 'FILENAME ~ /holds.py$/ {
		if (NF > 1 && $(NF - 1) == "#")
			number[$NF] = FNR
		next
	}
	FILENAME == "out" {
		truth[number[$1]] += $2
		next
	}
	$1 != "pid" && match($0, /holds\.py:[0-9]+:/) {
		line = substr($0, RSTART + 9, RLENGTH - 10)
		sum[line] += $1
	}
	END {
		luck = log(2e7)
		period = 8 / 1024
		linear = luck * (period + 20 / 1024) / 3
		for (line in truth) {
			off = sum[line] - truth[line]
			if (off < 0)
				off = -off
			square = 2 * luck * truth[line] * period
			if (off > linear + sqrt(linear * linear + square))
				bad = 1
			print line, sum[line] + 0, truth[line]
			lines++
		}
		exit bad || !lines
	}' "$SCRIPTS/holds.py" out table || {
		cat out
		head -n 8 table | cut -c 1-300
		return 1
	}
}

@test "what each line holds is credited to that line, its neighbours hold nothing" {
	each_line() {
		held "$1" "$SCRIPTS/holds.py" freed appended strings threads \
			grown generator c || return 1
		grep -q 'flags 3 ' table || return 1
		lines_are_right || return 1
		awk '/:hold_freed|:churn/ { sum += $1 } END { exit sum > 1 }' \
			table || return 1
		# The arenas of pymalloc are not held besides.
		awk '$1 != "pid" && $1 > 2 && !/holds\.py/ { exit 1 }' \
			table || return 1
		# Memory of C has the frames of C, and then the line.
		grep 'ffi.*holds.py:.*:hold_c' table >ffi || return 1
		lacks '_PyEval_EvalFrameDefault' <ffi
	}
	on_each_python each_line
}

@test "forked and spawned processes have tables of their own" {
	each_process() {
		held "$1" "$SCRIPTS/holds.py" forked spawned || return 1
		# A python3 that is a script has tables of its shell as well.
		[ "$(grep -c '^pid.* flags 3 ' table)" -eq 3 ] || return 1
		lines_are_right
	}
	on_each_python each_process
}

@test "each allocator that PYTHONMALLOC names, and below tracemalloc" {
	local way

	for way in malloc debug malloc_debug pymalloc; do
		PYTHONMALLOC=$way held /usr/bin/python3 "$SCRIPTS/holds.py" \
			strings grown
		lines_are_right
	done
	each_mode() {
		held "$1" -X dev -X tracemalloc "$SCRIPTS/holds.py" appended ||
			return 1
		lines_are_right
	}
	on_each_python each_mode
}

# A small allocation that is sampled comes from malloc(), and goes back there.
@test "the interpreter counts its blocks as it does without the library" {
	each_count() {
		held "$1" -c '
import gc, sys
def work():
    kept = [float(i) for i in range(100000)]
    kept = [str(i) for i in kept]
    kept = {i: (i,) for i in range(20000)}
work()
gc.collect()
before = sys.getallocatedblocks()
for i in range(10):
    work()
gc.collect()
off = sys.getallocatedblocks() - before
assert -500 < off < 500, off' || return 1
		# Of some 100 MiB one in 8 KiB: thousands came and went.
		grep -q 'flags 3 ' table
	}
	on_each_python each_count
}

# A sample may fall on any allocation: of the loader, before the interpreter is
# there, of its start and of its end.
@test "a sample of each single allocation harms no start and no end" {
	each_allocation() {
		MPROF_ALLOCATION_PERIOD=1 held "$1" -c '
import atexit, json, threading
thread = threading.Thread(target=json.loads, args=["[1, 2]"])
thread.start()
thread.join()
atexit.register(print, "ended")' || return 1
		grep -qx 'ended' out || return 1
		grep -q 'flags 3 ' table
	}
	on_each_python each_allocation
}

# As each further interpreter does. Its allocators are tracemalloc's by then,
# which call the hooked ones.
@test "posix is loaded anew below tracemalloc" {
	loads_anew() {
		held timeout 300 "$1" -c '
import importlib.util, tracemalloc
tracemalloc.start()
importlib.util.module_from_spec(importlib.util.find_spec("posix"))
kept = [bytes(100) for _ in range(100000)]
tracemalloc.stop()
print("ended")' || return 1
		grep -qx 'ended' out || return 1
		grep -q 'flags 3 ' table
	}
	on_each_python loads_anew
}
