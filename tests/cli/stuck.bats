#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A process whose mmap_lock is held: its words can't be read, its memory can.
load helper

PROGRAMS=$BATS_TEST_DIRNAME/../../build/programs

# The longest time between two samples is less than a third of the longest time
# for which the lock was held: no_gap FILE HELD
no_gap() {
	awk -v held="$2" '/^MEM/ {
			if (last && $3 - last > longest) longest = $3 - last
			last = $3
		}
		END {
			print "longest gap " longest ", lock held for " held
			exit !(last && longest < held / 3)
		}' "$1"
}

@test "stuck: no sample waits for a name" {
	mprof run -qM -T 0.1 -o a.dat "$PROGRAMS/stuck" 100 4 >held
	no_gap a.dat "$(cat held)"
	grep '^PROC;.*;name=stuck' a.dat
}

@test "stuck: nor does the recording of one that runs already" {
	"$PROGRAMS/stuck" 100 4 >held 3>&- &
	sleep 1.5
	mprof attach -qM -T 0.1 -o a.dat $!
	wait
	no_gap a.dat "$(cat held)"
	[ "$(grep -c ^MEM a.dat)" -gt 5 ]
}
