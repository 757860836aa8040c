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
	"$PROGRAMS/stuck" 100 8 >held 3>&- &
	sleep 1.5
	mprof attach -qM -T 0.1 -o a.dat $!
	wait
	no_gap a.dat "$(cat held)"
	[ "$(grep -c ^MEM a.dat)" -gt 5 ]
}

@test "stuck: nor does a search by name wait for another process" {
	cp "$(command -v sleep)" sought
	./sought 60 3>&- &
	sought=$!
	"$PROGRAMS/stuck" 400 4 >held 3>&- &
	stuck=$!
	sleep 1
	while kill -0 $stuck 2>/dev/null; do
		begun=$EPOCHREALTIME
		mprof attach -q -t 0.01 -o a.dat sought
		awk -v begun="$begun" '/^MEM/ { print $3 - begun; exit }' a.dat
		rm a.dat
	done >waits
	kill $sought
	wait
	sort -n waits | tail -n 1
	awk -v held="$(cat held)" '$1 > held / 2 { exit 1 }' waits
}
