#!/usr/bin/env bats
# SPDX-License-Identifier: MIT

load helper

# level FILE MIB: ten seconds at that level
level() {
	awk -v mib="$2" 'BEGIN {
		print "CMDLINE made"
		for (i = 0; i <= 100; i++)
			printf "MEM %.6f %.4f\n", mib, 1700000000 + i / 10
	}' >"$1"
}

# Five recordings of each side, 9 % apart.
own_setup() {
	for i in 1 2 3 4 5; do
		level "main-$i.dat" $((400 + i))
		level "new-$i.dat" $((438 + i))
	done
}

@test "compare: two recordings, absolute and relative" {
	run_apart mprof compare main-1.dat new-1.dat
	[ "$status" -eq 0 ]
	[[ $output == *"peak "*"401 MiB"*"439 MiB"*"+9.5 %"*"+38.0 MiB"* ]]
	[[ $output == *"area "*"4010 MiB s"* ]]
	[[ $output == *"duration "*"10.0 s"* ]]
	[[ $output == *"B peaks 38.0 MiB (9 %) higher; "*"1 run each)" ]]
	# By the numbers of mprof list.
	cp main-1.dat mprofile_20250101000000.dat
	cp new-1.dat mprofile_20250101000001.dat
	same "$(mprof compare 0 -1)" "$output"
	run_apart mprof compare 0 7
	[ "$status" -ne 0 ]
	[[ $errors == *"7: neither a file nor a number of mprof list"* ]]
}

@test "compare: growth of few samples is the slope that plot draws and leak leaves open" {
	printf 'MEM %s\n' '100 10' '300 11' '200 14' >few.dat
	mprof plot -s -n --format scene -o - few.dat >scene
	grep -q '"trend" "+692 MiB/min, undecided"' scene
	run_apart mprof compare --json few.dat few.dat
	jq -e '.growth_mib_per_s.a * 60 | . > 692.2 and . < 692.4' <<<"$output"
	run_apart mprof leak --json few.dat
	jq -e '.runs[0] | .reason == "few" and .mib_per_s == null and
	    .low_mib_per_s == null and .high_mib_per_s == null' <<<"$output"
}

@test "compare, check: the total of one program and the sum of several are told apart" {
	local info='INFO;backend=rss;interval=0.1;version=0.2.0'
	local said='mprof: alone.dat: its total is of the program alone, that of all.dat includes descendants'

	printf '%s\n' "$info;alone=1 40.0 10" 'MEM 40.0 10' \
		'MEM 43.0 12' 'EXIT;pid=5;status=0 43.0 12.1' >alone.dat
	printf '%s\n' "$info 40.0 10" 'MEM 40.0 10' 'MEM 236.0 12' \
		'EXIT;pid=6;status=0 236.0 12.1' >all.dat
	run_apart mprof compare alone.dat all.dat
	same "$errors" "$said"
	run_apart mprof compare all.dat alone.dat
	same "$errors" "$said"
	run_apart mprof check --baseline all.dat alone.dat
	same "$errors" "$said"
	run_apart mprof compare all.dat all.dat
	same "$errors" ''
}

@test "compare: growth of a single sample is unknown, and said" {
	printf 'MEM 10 100\n' >one.dat
	cp one.dat one-2.dat
	run_apart mprof compare one.dat main-1.dat
	[ "$status" -eq 0 ]
	same "$(grep '^growth' <<<"$output" | tr -s ' ' | sed 's/ $//')" \
		'growth unknown 0.00 MiB/min - -'
	run_apart mprof compare --markdown main-1.dat one.dat
	grep -qF '| growth | 0.00 MiB/min | unknown | - | - |' <<<"$output"
	run_apart mprof compare --json main-1.dat one.dat
	jq -e '.growth_mib_per_s | .a == 0 and has("b") and .b == null and
	    .difference == null and .relative == null and .p == null' <<<"$output"
	run_apart mprof compare one.dat one-2.dat
	same "$(grep '^growth' <<<"$output" | tr -s ' ' | sed 's/ $//')" \
		'growth unknown unknown - -'
	# One of several recordings of a side.
	run_apart mprof compare --a 'main-*.dat' --b '[on][ne][ew]*.dat'
	grep -q '^growth .* unknown .*(unknown in 2 of 7 runs of B)' <<<"$output"
	grep -q '^peak .*(95 %' <<<"$output"
}

@test "compare: what only one side was recorded with is unknown on the other" {
	run_apart mprof compare main-1.dat "$SOURCE/tests/golden/usage.dat"
	[ "$status" -eq 0 ]
	grep -q '^mean CPU  *unknown  *[0-9.]* %  *-  *-' <<<"$output"
	run_apart mprof compare main-1.dat main-2.dat
	[[ $output != *CPU* && $output != *threads* && $output != *GPU* ]]
}

@test "compare: the table fits a terminal of 60 columns" {
	for i in 1 2 3; do
		printf 'PROC 1 1700000000 pid=7 ppid=1 name=worker cmd=%s\nCHLD 7 9 1700000001\n' \
			"a%20very%20long%20command%20line%20of%20a%20worker%20that%20goes%20on" |
			tee -a "main-$i.dat" >>"new-$i.dat"
	done
	for columns in 60 72; do
		run_apart env COLUMNS=$columns mprof compare --a 'main-*.dat' --b 'new-*.dat'
		[ "$status" -eq 0 ]
		[[ $output == *"B to A"*"peak "*"%"*"95 %: "*"process "*"worker"* ]]
		[[ ${output//$'\n'/ } == *"unlikely to be chance (p = 0.0079, 5 runs each)" ]]
		same "" "$(awk -v most=$columns 'length > most' <<<"$output")"
	done
	run_apart env COLUMNS=120 mprof compare main-1.dat new-1.dat
	wide=$output
	run_apart mprof compare main-1.dat new-1.dat
	same "$output" "$wide"
}

@test "compare: a difference that is rounded to nothing is not 0 %" {
	level a.dat 1000
	level b.dat 1000.3
	run_apart mprof compare a.dat b.dat
	[[ $output == *"+<0.1 %"*"B peaks 307 KiB (less than 1 %) higher; "* ]]
	run_apart mprof compare b.dat a.dat
	[[ $output == *"-<0.1 %"*"B peaks 307 KiB (less than 1 %) lower; "* ]]
	run_apart mprof compare --markdown a.dat b.dat
	[[ $output == *"+&#60;0.1 %"* ]]
	run_apart mprof compare a.dat a.dat
	[[ $output == *" 0.0 %"*"B peaks as high as A; "* ]]
	run_apart mprof check --baseline a.dat --tolerance 1% b.dat
	[[ $output == *"+<0.1 % against the baseline"* ]]
}

@test "compare: few runs of each side, far apart" {
	for i in 1 2 3; do
		level "far-$i.dat" $((900 + i))
	done
	run_apart mprof compare --a 'main-[123].dat' --b 'far-?.dat'
	[[ $output == *"beyond the spread of the runs (too few for a p below"* ]]
}

@test "compare: repeats tell a difference from chance" {
	run_apart mprof compare --a 'main-*.dat' --b 'new-*.dat'
	[ "$status" -eq 0 ]
	[[ $output == *"B peaks 38.0 MiB (9 %) higher; it is unlikely to be chance (p = 0.0079, 5 runs each)" ]]
	run_apart mprof compare --a 'main-[12345].dat' --b 'main-[135].dat'
	[[ $output == *"that may well be chance"*"5 and 3 runs)" || $output == *"as high as"* ]]
}

@test "compare --json: the documented keys" {
	run_apart mprof compare --json --a 'main-*.dat' --b 'new-*.dat'
	jq -e '.a_runs == 5 and .b_runs == 5 and .peak_mib.a == 403 and
	    .peak_mib.b == 441 and .peak_mib.difference == 38 and
	    .peak_mib.low > 30 and .peak_mib.high < 45 and
	    .peak_mib.p < 0.01 and .area_mib_s.a == 4030 and
	    .duration_s.difference == 0 and .mean_mib.relative > 0.09 and
	    .growth_mib_per_s.a == 0 and .growth_mib_per_s.relative == null and
	    .phases == [] and .processes == []' <<<"$output"
	run_apart mprof compare --json main-1.dat new-1.dat
	jq -e '.peak_mib.p == null and .peak_mib.low == null' <<<"$output"
}

@test "compare: per phase and per process" {
	for side in a b; do
		[ $side = a ] && top=100 || top=130
		awk -v top=$top 'BEGIN {
			print "CMDLINE made"
			print "PROC 1.0 1000 pid=9 ppid=8 name=worker cmd=w"
			for (i = 0; i < 10; i++) {
				if (i == 4)
					print "MARK 50.0 1004 label=load"
				printf "MEM %d %d\n", i < 4 ? 50 : top, 1000 + i
				printf "CHLD 9 %d %d\n", top / 2, 1000 + i
			}
		}' >$side.dat
	done
	run_apart mprof compare a.dat b.dat
	[[ $output == *"phase start"*"50.0 MiB"*"phase load"*"+30.0 MiB"* ]]
	[[ $output == *"process worker"*"50.0 MiB"*"65.0 MiB"* ]]
	run_apart mprof compare --json a.dat b.dat
	jq -e '.phases[1].name == "load" and
	    .phases[1].peak_mib.difference == 30 and
	    .processes[0].name == "worker" and
	    .processes[0].peak_mib.b == 65' <<<"$output"
}

@test "compare: a row of several processes is the largest one's, and says so" {
	cp "$SOURCE/tests/golden/reused.dat" .
	run_apart mprof compare reused.dat reused.dat
	grep -q '^process cc1, the largest one (of 2 in A, 2 in B)$' <<<"$output"
	grep -A 1 '^process cc1' <<<"$output" | grep -q 'peak  *30.0 MiB  *30.0 MiB'
	grep -q '^process ld$' <<<"$output"
	run_apart mprof compare --json reused.dat reused.dat
	jq -e '.processes[0] | .name == "cc1" and .is == "largest" and
		.a_count == 2 and .peak_mib.a == 30' <<<"$output"
}

@test "compare: misuse and bad input are said" {
	run_apart mprof compare main-1.dat
	[ "$status" -eq 2 ]
	[[ $errors == "mprof: compare: takes two sides"* ]]
	run_apart mprof compare main-1.dat missing.dat
	[ "$status" -eq 1 ]
	[[ $errors == *missing.dat* ]]
	[ -z "$output" ]
	echo 'CMDLINE x' >empty.dat
	run_apart mprof compare main-1.dat empty.dat
	[ "$status" -eq 1 ]
	[[ $errors == *empty.dat* ]]
}

@test "compare: figures of different metrics are not compared" {
	{
		echo 'CMDLINE x'
		echo 'INFO 0.0 1000 backend=pss'
		echo 'MEM 5 1000'
	} >pss.dat
	run_apart mprof compare main-1.dat pss.dat
	[ "$status" -eq 1 ]
	[[ $errors == *"rss"*"pss"*"same --backend"* ]]
}

@test "compare -o: a picture of both and the difference" {
	run_apart mprof compare -o diff.svg main-1.dat new-1.dat
	[ "$status" -eq 0 ]
	[[ $(head -c 200 diff.svg) == *"<svg"* ]]
	run_apart mprof compare -o diff.png --a 'main-*.dat' --b 'new-*.dat'
	[ "$(head -c 4 diff.png | tail -c 3)" = PNG ]
	run_apart mprof compare -o diff.xyz main-1.dat new-1.dat
	[ "$status" -eq 1 ]
	[[ $errors == *diff.xyz* ]]
	[ ! -e diff.xyz ]
}

@test "compare: both sizes of a row are in one unit, and a multiple is no percentage" {
	level small.dat 0.04
	level large.dat 70
	run_apart mprof compare small.dat large.dat
	same "$(sed -n 2p <<<"$output" | tr -s ' ')" \
		'peak 0.04 MiB 70.0 MiB 1750 x +70.0 MiB'
	[[ $output == *$'\n\nB peaks 70.0 MiB higher, at 1750 times A; '* ]]
	run_apart mprof compare --markdown small.dat large.dat
	[[ $output == *'| 0.04 MiB | 70.0 MiB | 1750 x | +70.0 MiB |'* ]]
	# Their difference may be small beside them.
	level a.dat 2000
	level b.dat 2003.4
	mprof compare a.dat b.dat | tr -s ' ' >table
	grep -q '^peak 1.95 GiB 1.96 GiB +0.2 % +3.40 MiB' table
}
