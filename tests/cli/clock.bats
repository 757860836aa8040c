#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The times of a recording where clocks are set, the machine was suspended, or
# mprof itself was stopped.
# shellcheck disable=SC2154 # errors is run_apart's
load helper

PROGRAMS=$BATS_TEST_DIRNAME/../../build/programs
TARGET=$PROGRAMS/target

own_setup() {
	if grep -q fsanitize "$SOURCE/build/flags"; then
		skip "a sanitizer wants to be loaded first"
	fi
}

teardown() {
	for pid in $(jobs -p); do
		kill -KILL "$pid" 2>/dev/null || true
	done
}

# gaps FILE: how many steps between samples are above 0.3 s, the longest, and
# the recorded time without it; fails where one goes back.
gaps() {
	awk '/^MEM/ {
			if (n++) {
				step = $3 - last
				if (step < 0) exit 1
				if (step > longest) longest = step
				gaps += step > 0.3
			} else
				first = $3
			last = $3
		}
		END { printf "%d %d %.1f\n", gaps, longest, last - first - longest }' "$1"
}

@test "clock: set back and forward, attached: the times go on" {
	: >a.dat # it waits for samples where there is a file
	RECORDING=a.dat "$TARGET" sleep 1200 3>&- &
	LD_PRELOAD=$PROGRAMS/step.so mprof attach -q -T 0.02 -o a.dat $!
	read -r _ longest rest < <(gaps a.dat)
	[ "$longest" -lt 60 ]
	awk "BEGIN { exit !($rest < 60) }"
	# The epoch is the right one.
	awk -v now="$EPOCHSECONDS" '/^MEM/ && !n++ { exit !(now - $3 < 600) }' a.dat
}

@test "clock: a suspended machine leaves one gap, and no missed samples" {
	run_apart env LD_PRELOAD="$PROGRAMS/suspend.so" RECORDING=a.dat "$MPROF" \
		run -T 0.02 -o a.dat "$TARGET" sleep 2500
	[ "$status" -eq 11 ]
	[[ ! $errors =~ mprof:\ [0-9]{4,}\ samples\ were\ missed ]]
	read -r _ longest rest < <(gaps a.dat)
	[ "$longest" -ge 3600 ]
	[ "$longest" -lt 3660 ]
	awk "BEGIN { exit !($rest > 0.3 && $rest < 60) }"
	[ "$(grep -c ^MEM a.dat)" -ge 5 ]
}

@test "clock: the same, attached" {
	: >a.dat # as above
	RECORDING=a.dat "$TARGET" sleep 2500 3>&- &
	LD_PRELOAD=$PROGRAMS/suspend.so mprof attach -q -T 0.02 -o a.dat $!
	read -r _ longest rest < <(gaps a.dat)
	[ "$longest" -ge 3600 ]
	[ "$longest" -lt 3660 ]
	awk "BEGIN { exit !($rest > 0.3 && $rest < 60) }"
}

@test "clock: --timeout doesn't run out while the machine is suspended" {
	LD_PRELOAD=$PROGRAMS/suspend.so mprof run -q -T 0.02 -t 30 -o a.dat \
		"$TARGET" sleep 1800 || true
	awk '/^EXIT.*status=/ { found = 1 } END { exit !found }' a.dat
	read -r _ _ rest < <(gaps a.dat)
	awk "BEGIN { exit !($rest > 0.6) }"
}

@test "clock: mprof is stopped and goes on: a gap, no burst, a count" {
	mprof run -T 0.02 -o a.dat sh -c \
		'until [ -e end ]; do sleep 0.05; done' 2>errors 3>&- &
	soon grep -qs ^MEM a.dat
	kill -STOP $!
	sleep 0.7
	kill -CONT $!
	soon has_samples $(($(grep -c ^MEM a.dat) + 10))
	touch end
	wait $!
	read -r gaps _ _ < <(gaps a.dat)
	[ "$gaps" -ge 1 ]
	# Behind the gap one sample, then the deadlines as before, five in 0.1 s,
	# and no more than one of them late: missed ones aren't made up for.
	awk '/^MEM/ {
			if (last && $3 - last > 0.3) {
				back = $3
				samples = 0
			}
			if (back && $3 - back < 0.1 && ++samples > 7) exit 1
			last = $3
		}' a.dat
	grep -q 'samples were missed' errors
	[ "$(sed -n 's/^mprof: \([0-9]*\) samples were missed.*/\1/p' errors)" -ge 20 ]
}
