#!/usr/bin/env bats
# SPDX-License-Identifier: MIT

load helper

# ramp FILE SLOPE [TEETH]: 600 s at 0.5 s, 100 MiB and SLOPE MiB a second
ramp() {
	awk -v slope="$2" -v teeth="${3:-0}" 'BEGIN {
		print "CMDLINE made"
		for (i = 0; i < 1200; i++) {
			t = i / 2
			saw = teeth * (t % 11) / 11
			noise = (i * 7919 % 101) / 1000
			printf "MEM %.6f %.4f\n", 100 + slope * t + saw + noise,
			    1700000000 + t
		}
	}' >"$1"
}

@test "leak: a leak under a sawtooth, its slope and when the limit is reached" {
	ramp a.dat 0.5 40
	run_apart mprof leak --limit 1000MiB a.dat
	[ "$status" -eq 0 ]
	[[ $output == "leaking: "*"MiB/min (95 %: "*")"* ]]
	[[ $output == *"; 1000 MiB would be reached in "[12]?" min"* ]]
	rate=${output#leaking: }
	rate=${rate%% *}
	awk -v r="$rate" 'BEGIN { exit !(r > 29 && r < 31) }'
}

@test "leak: its sentences fit the terminal" {
	ramp a.dat 0.5 40
	ramp b.dat 0 40
	for file in a.dat b.dat; do
		run_apart mprof leak $file
		whole=$output
		COLUMNS=60 run_apart mprof leak $file
		same "$(tr -s ' \n' ' ' <<<"$output")" "$whole "
		same "" "$(awk 'length > 60' <<<"$output")"
		[ "$(wc -l <<<"$output")" -gt 1 ]
	done
}

@test "leak: a sawtooth alone is steady" {
	ramp a.dat 0 40
	run_apart mprof leak a.dat
	[[ $output == "steady: no growth beyond the noise, a leak of "*" would have shown; "*" MiB at the end" ]]
	run_apart mprof leak --json a.dat
	jq -e '.runs[0] | .visible_mib_per_s > 0 and .visible_mib_per_s < 0.2 and
	    .reason == null and .until_s > 590' <<<"$output"
}

@test "leak: memory that stands still may be that of an idle program" {
	awk 'BEGIN { for (i = 0; i < 900; i++) printf "MEM %.6f %.4f\n", \
		i < 30 ? 20 + i : 50, 1700000000 + i / 10 }' >idle.dat
	run_apart mprof leak idle.dat
	[[ $output == "steady: "*" would have shown, unless the program was idle: memory has not changed after "[2-6].[0-9]*" s; 50.0 MiB at the end" ]]
}

# grows FILE SECONDS END: 10 samples a second that only grow, 8 to 70 MiB, and
# then the samples of END
grows() {
	awk -v seconds="$2" -v last="$3" 'BEGIN {
		print "CMDLINE made"
		for (i = 0; i < seconds * 10; i++)
			printf "MEM %.6f %.4f\n", 8 + 62 * i / (seconds * 10),
			    1700000000 + i / 10
		for (k = split(last, low, " "); k > 0; k--)
			printf "MEM %.6f %.4f\n", low[k],
			    1700000000 + (i + 9 - k) / 10
	}' >"$1"
}

@test "leak: samples that see the program go are no evidence" {
	local low
	for low in "" 21 "0.5 2" "1 2 3 20 30" "60 61 62"; do
		grows a.dat 66 "$low"
		run_apart mprof leak a.dat
		[[ $output == "leaking: "5[56].?" MiB/min "* ]]
	done
}

@test "leak: what only grew for less than a minute may be a load of data" {
	grows a.dat 20 ""
	run_apart mprof leak a.dat
	[[ $output == "undecided: it only grew, 1"[89]?" MiB/min in "*"record a minute or longer" ]]
	run_apart mprof leak --json a.dat
	jq -e '.runs[0] | .verdict == "undecided" and .reason == "loads" and
	    .more_needed_s > 39 and .more_needed_s < 40' <<<"$output"
	run_apart mprof check --no-leak a.dat
	[ "$status" -eq 0 ]
	[[ $output == "?     no-leak     undecided (it only grew"* ]]
	run_apart mprof check --no-leak --strict a.dat
	[ "$status" -eq 1 ]
	[[ $output == "FAIL "*"undecided (it only grew"* ]]
	grows a.dat 60 ""
	run_apart mprof leak a.dat
	[[ $output == "leaking: "* ]]
}

@test "leak: the level at the end is never above the peak" {
	for seconds in 20 66; do
		grows a.dat $seconds 21
		run_apart mprof leak --json a.dat
		jq -e '.runs[0].level_mib <= 70' <<<"$output"
	done
}

# lives FILE SLOPE: six times 200 s, a start-up and then SLOPE MiB a second
lives() {
	awk -v slope="$2" 'BEGIN {
		for (i = 0; i < 1200; i++) {
			at = i % 200
			mib = 76 + slope * at + (at * 7919 % 101) / 200
			printf "MEM %.6f %d\n", at < 8 ? 5 + at * 9 : mib,
			    1700000000 + i
		}
	}' >"$1"
}

@test "leak: the lives of a program that is restarted" {
	lives a.dat 0.2
	run_apart mprof leak a.dat
	[[ $output == "leaking: "1[12].?" MiB/min "*" in each of 6 lives"* ]]
	lives a.dat 0
	run_apart mprof leak a.dat
	[[ $output == "steady: "* ]]
}

@test "leak: what fills up is growing" {
	awk 'BEGIN {
		for (i = 0; i < 1200; i++) {
			noise = (i * 7919 % 101) / 500
			full = 1 - exp(-i / 300)
			printf "MEM %.6f %d\n", 100 + 300 * full + noise,
			    1700000000 + i
		}
	}' >a.dat
	run_apart mprof leak a.dat
	[[ $output == "growing: but slowing"* ]]
}

@test "leak: too little is undecided, and it says how much more it takes" {
	recording a.dat
	run_apart mprof leak a.dat
	[[ $output == "undecided: too few samples; record "*" longer, or with a shorter interval" ]]
}

@test "leak: the newest recording by default" {
	ramp mprofile_20260101000000.dat 1
	run_apart mprof leak
	[ "$status" -eq 0 ]
	[[ $output == "leaking"* ]]
	[ "$errors" = "Using last profile data." ]
}

@test "leak: one process among many" {
	awk 'BEGIN { for (i = 0; i < 900; i++) {
		t = 1700000000 + i
		printf "MEM %.6f %d\n", 5000 + (i * 7919 % 997), t
		printf "CHLD 7 %.6f %d\n", 50 + i * 0.1, t
		printf "CHLD 8 %.6f %d\n", 4950 + (i * 7919 % 997) - i * 0.1, t
	} }' >a.dat
	run_apart mprof leak a.dat
	[[ $output == "leaking: 6."*"process 7 leaks"* ]]
	# The limit is on the whole, of 5,000 MiB, not on the process of 140.
	[[ $output == *"; 8192 MiB would be reached in "[89]" h"* ||
		$output == *"; 8 GiB would be reached in "[89]" h"* ]]
	run_apart mprof leak --json --limit 5600MiB a.dat
	jq -e '.runs[0] | (.level_mib > 4900 and .level_mib < 5100) and
	    (.reached_in_s > 5400 and .reached_in_s < 6600) and
	    .processes[0].level_mib < 150' <<<"$output"
}

@test "leak --json: the documented keys" {
	ramp a.dat 0.5
	ramp b.dat 0
	run_apart mprof leak --json a.dat b.dat
	[ "$(jq -r '.runs | map(.verdict) | join(" ")' <<<"$output")" = "leaking steady" ]
	jq -e '.runs[0] | .path == "a.dat" and .run == 1 and
	    (.mib_per_s > 0.45 and .mib_per_s < 0.55) and
	    .low_mib_per_s <= .mib_per_s and .high_mib_per_s >= .mib_per_s and
	    .limit_mib == 512 and .reached_in_s > 0 and
	    .more_needed_s == null and .processes == [] and
	    (.level_mib | type) == "number" and (.since_s | type) == "number" and
	    .more_processes == false' <<<"$output"
}

@test "leak: several recordings are named each; one that is missing fails" {
	ramp a.dat 0.5
	run_apart mprof leak a.dat missing.dat
	[[ $errors == *missing.dat* ]]
	ramp b.dat 0
	run_apart mprof leak a.dat b.dat
	[[ $output == *"in a.dat"*"in b.dat"* ]]
}

@test "leak: nothing to judge" {
	: >empty.dat
	run_apart mprof leak empty.dat
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	[[ $errors == "mprof: empty.dat: "* ]]
}

@test "leak -w and --since: a part of the recording alone" {
	# Loading, a mark, a leak, and then an hour of nothing.
	awk 'BEGIN {
		print "CMDLINE made"
		for (i = 0; i < 2400; i++) {
			work = i < 600 ? i : 600 + (i - 600) / 10
			mib = 50 + (i < 1200 ? work : 660) / 5
			mib += i * 7919 % 101 / 100
			printf "MEM %.6f %d\n", mib, 1700000000 + i
			if (i == 300)
				printf "MARK;label=loaded %.6f %d\n", mib, 1700000000 + i
			if (i == 600)
				printf "MARK;label=loaded %.6f %d\n", mib, 1700000000 + i
		}
	}' >a.dat
	run_apart mprof leak -w 600,1199 a.dat
	[[ $output == "leaking: 1.2"?" MiB/min "*"from 1"[0-9]" min"*" on"* ]]
	run_apart mprof leak --window 1199,600 a.dat
	[[ $output == "leaking: 1.2"?" MiB/min "* ]]
	run_apart mprof leak -w 1201,2400 a.dat
	[[ $output == "steady: "* ]]
	run_apart mprof leak --since loaded -w 0,1199 a.dat
	[[ $output == "leaking: 1.2"?" MiB/min "*"from 10 min"*" on"* ]]
	run_apart mprof leak --since loaded -w 0,1199 --json a.dat
	jq -e '.runs[0].since_s >= 600 and .runs[0].until_s <= 1199' <<<"$output"
	run_apart mprof leak --since begun a.dat
	[ "$status" -eq 1 ]
	same "$errors" "mprof: a.dat: run 1: no mark is called begun; the last one is loaded"
	run_apart mprof leak -w 5000,6000 a.dat
	[ "$status" -eq 1 ]
	same "$errors" "mprof: a.dat: run 1: no sample lies in that part"
	run_apart mprof leak -w 5 a.dat
	[ "$status" -eq 2 ]
}

@test "leak: samples that are no good" {
	printf '%s\n' "CMDLINE x" "MEM 5.0 1700000000.0" "MEM 6.0 1700000001.0" >two.dat
	awk 'BEGIN { for (i = 0; i < 500; i++) print "MEM 7.5 " 1700000000 + i }' >equal.dat
	awk 'BEGIN { for (i = 0; i < 500; i++) print "MEM 7.5 1700000000" }' >moment.dat
	awk 'BEGIN { for (i = 0; i < 900; i++) print "MEM " (i % 3 ? 50 + i / 9 : "nan") \
		" " 1700000000 + i }' >nan.dat
	awk 'BEGIN { for (i = 900; i > 0; i--) print "MEM " 50 + i / 9 \
		" " 1700000000 + i }' >back.dat
	for verdict in two:undecided equal:steady moment:undecided nan:leaking \
		back:leaking; do
		run_apart mprof leak "${verdict%:*}.dat"
		[ "$status" -eq 0 ]
		[[ $output == "${verdict#*:}: "* ]]
		run_apart mprof leak --json "${verdict%:*}.dat"
		jq -e .runs[0] <<<"$output"
	done
}

@test "leak: real programs" {
	while read -r name expected; do
		run_apart mprof leak "$SOURCE/tests/recordings/$name.dat"
		[[ "$name $output" == "$name $expected"* ]]
	done <<-END
		sigterm_clears leaking: 5
		atexit_clears leaking: 5
		c_frees leaking: 5
		twenty_seconds undecided: it only grew
		django_killed leaking: 2
		django_then_idle undecided: it grew by 2
		redis_grows leaking: 4
		redis steady: 
		pgbench growing: 
		make undecided: no growth seen
		lru_fills undecided: it grew by 5
		ring_fills undecided: it grew by 7
	END
}
