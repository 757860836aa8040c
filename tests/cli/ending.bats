#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What is said of a recording whose end is not in it, and how long a run is.
# shellcheck disable=SC2154 # errors is run_apart's
load helper

# A recording as the recorder writes it, of twelve seconds, without its end.
broken() {
	printf '%s\n' 'CMDLINE x' \
		"INFO;backend=rss;interval=1;host=h;version=${2:-0.2.0};start=s 1.0 1700000000.0000" \
		'MEM 1.000000 1700000000.0000' 'MEM 3.000000 1700000004.0000' \
		'PEAK;since=1700000004.0000 4.000000 1700000012.0000' \
		'MEM 2.000000 1700000012.0000' >"$1"
}

complete() {
	broken "$@"
	echo 'EXIT;pid=7;status=0 4.000000 1700000012.5000' >>"$1"
}

TOLD="breaks off after 12.0 s, no end recorded"

@test "ending: a recording that was cut off says so in every command" {
	broken mprofile_20250101000000.dat
	mv mprofile_20250101000000.dat a.dat
	for words in peak leak export "compare a.dat" \
		"plot -o a.png" "plot -o a.svg" "plot -o a.html"; do
		# shellcheck disable=SC2086 # several words
		run_apart mprof $words a.dat
		[ "$status" -eq 0 ]
		[[ $errors == *"mprof: a.dat: $TOLD"* ]]
	done
	grep -q "$TOLD" a.html
	mprof plot --format scene -o - a.dat 2>err | grep -q "^fact End: $TOLD$"
	mprof peak --json a.dat 2>err | jq -e '.recordings[0].endings == ["cut off"]'
	mprof leak --json a.dat 2>err | jq -e '.runs[0].ending == "cut off"'
	mprof export --format json a.dat 2>err |
		jq -e '.runs[0].ending == "cut off"'
	mv a.dat mprofile_20250101000000.dat
	[[ $(mprof list -l) == *" cut off "* ]]
	mprof list --json | jq -e '.recordings[0].ending == "cut off" and
		.recordings[0].status == null'
}

@test "ending: the terminal's chart and a drawing say so, also of several" {
	broken a.dat
	complete b.dat
	mprof plot a.dat 2>err | grep -q "End: $TOLD"
	mprof plot --format scene -o - a.dat b.dat 2>err |
		grep -q "^fact End: a.dat $TOLD$"
}

@test "ending: check says so, and fails with --strict" {
	broken a.dat
	complete b.dat
	run_apart mprof check --max-peak 10 a.dat
	[ "$status" -eq 0 ]
	[[ $output == *"?     complete    cut off ($TOLD)"* ]]
	run_apart mprof check --max-peak 10 --strict --junit a.xml a.dat
	[ "$status" -eq 1 ]
	[[ $output == *"FAIL  complete    cut off ($TOLD)"* ]]
	grep -q 'failures="1"' a.xml
	run_apart mprof check --strict b.dat
	[ "$status" -eq 0 ]
	same "$output" "ok    complete    no recording breaks off"
	run_apart mprof check --max-peak 10 b.dat
	lacks complete <<<"$output"
}

@test "ending: of files that others wrote nothing is said" {
	recording theirs.dat
	broken old.dat 0.1.0
	complete new.dat
	complete newer.dat 1.10.3
	for name in theirs old new newer; do
		run_apart mprof peak --json $name.dat
		same "$errors" ""
		mprof check --strict $name.dat
		lacks 'fact End:' < <(mprof plot --format scene -o - $name.dat)
	done
	mprof peak --json theirs.dat | jq -e '.recordings[0].endings == [null]'
	mprof peak --json new.dat | jq -e '.recordings[0].endings == ["ended"]'
}

@test "ending: while it is recorded it is going on; a killed recorder's is cut off" {
	mprof run -q -T 0.05 sleep 60 &
	recorder=$!
	soon_while $recorder sh -c 'grep -qs ^MEM mprofile_*.dat'
	name=$(echo mprofile_*.dat)
	run_apart mprof peak
	[[ $errors == *"mprof: $name: still being recorded"* ]]
	[[ $(mprof list -l) == *" going on "* ]]
	run_apart mprof check --strict
	[ "$status" -eq 1 ]
	# A run that was cut off before, in the same file, is no longer going on.
	child=$(tr -d ' ' <"/proc/$recorder/task/$recorder/children")
	kill -KILL "$recorder"
	wait "$recorder" || true
	kill "$child"
	run_apart mprof peak
	[[ $errors == *"mprof: $name: breaks off after "* ]]
	mprof run -q -o "$name" sh -c "$(until_sampled \
		$(($(grep -c ^MEM "$name") + 1)) "'$name'")
		mprof peak '$name' >told 2>&1"
	grep -q "$name: run 1 of 2: breaks off after " told
	grep -q "$name: run 2 of 2: still being recorded" told
	[[ $(mprof list -l) == *" 0 "* ]]
}

@test "ending: each orderly end is one, with a status or without" {
	mprof run -q -o a.dat true
	mprof run -q -o a.dat false || [ $? -eq 1 ]
	mprof run -q -t 0.1 -o a.dat sleep 0.3
	mprof run -q -M -o a.dat sh -c 'sleep 0.1 & wait'
	sh -c "$(until_sampled $(($(grep -c ^MEM a.dat) + 2)))" 3>&- &
	mprof attach -q -o a.dat $!
	sleep 60 &
	mprof attach -q -t 0.1 -o a.dat $!
	kill $!
	# shellcheck disable=SC2016 # the inner shell's
	mprof run -q -o a.dat sh -c 'kill -9 $$' || [ $? -eq 137 ]
	run_apart mprof peak --json a.dat
	same "$errors" ""
	jq -e '.recordings[0].endings == ["ended", "ended", "ended", "ended",
		"ended", "ended", "ended"]' <<<"$output"
}

# The run is as long as its recording.
@test "ending: with --wait all a program's end is its own" {
	# shellcheck disable=SC2016 # the inner shell's
	mprof run -q -T 0.05 --wait all -o a.dat sh -c '
		(while kill -0 $$; do sleep 0.02; done
		had=$(grep -c ^MEM a.dat)
		until [ "$(grep -c ^MEM a.dat)" -ge $((had + 10)) ]; do
			sleep 0.02; done) >err 2>&1 &
		kill -9 $$' 3>&- || [ $? -eq 137 ]
	grep '^EXIT;pid=[0-9]*;signal=9;.*until=' a.dat
	awk '/^EXIT/ { end = $NF; sub(/.*until=/, ""); until = $1 }
		/^MEM/ { times[++count] = $NF }
		END {
			for (i = 1; i <= count; i++)
				later += times[i] > end
			exit !(later >= 9 && until >= times[count])
		}' a.dat
	broken b.dat
	echo 'EXIT;pid=7;signal=9;until=1700000014.5000 4.000000 1700000003.0000' >>b.dat
	mprof plot --format scene -o - b.dat >scene
	grep -qx 'fact Finding: killed by SIGKILL after 3.00 s' scene
	grep -qx 'fact Duration: 14.5 s' scene
	cp b.dat c.dat
	mprof plot --format scene -o - b.dat c.dat | grep 'mark end' >scene
	same "$(sed 's/.* at //' scene)" $'3.0000 1.0000\n3.0000 1.0000'
	mprof export --format json b.dat | jq -e '.runs[0] |
		.duration_s == 14.5 and .exit.time_s == 1700000003'
}

# A mark is the first that is known of the run, a sample its last but EXIT.
@test "ending: a run begins, ends and peaks at one moment, everywhere" {
	printf '%s\n' 'CMDLINE x' 'FUNC m.f 10.0 90.0 12.0 91.0 0' \
		'MARK 5.000000 100.0000 label=a' 'MEM 10.000000 102.0000' \
		'MEM 20.000000 103.0000' 'MARK 12.000000 103.5000 label=b' \
		'MEM 12.000000 104.0000' 'PEAK 25.000000 104.5000' \
		'EXIT 25.000000 110.0000 pid=1 status=0' >mprofile_20250101000000.dat
	name=mprofile_20250101000000.dat
	[[ $(mprof list -l) == *"$name    10.0 s  25.0 MiB "* ]]
	mprof list --json | jq -e '.recordings[0] |
		.start_s == 100 and .duration_s == 10 and .peak_mib == 25'
	mprof export --format json $name | jq -e '.runs[0] |
		.start_s == 100 and .duration_s == 10 and .peak_mib == 25'
	mprof export $name | grep -q '^102.000000,2.000000,'
	mprof plot --format scene -o - $name >drawn
	grep -q '^fact Duration: 10.0 s$' drawn
	grep -q '^fact Peak: 25.0 MiB after 4.50 s$' drawn
	mprof compare $name $name >compared
	grep -q '^peak  *25.0 MiB  *25.0 MiB ' compared
	grep -q '^duration  *10.0 s  *10.0 s ' compared
	same "$(mprof peak $name)" "$name"$'\t''25.000 MiB'
	mprof peak --phases --json $name | jq -e '.recordings[0].runs[0].phases |
		map(.start_s) == [0, 3.5] and map(.duration_s) == [3.5, 6.5]'
	mprof leak --json $name | jq -e '.runs[0] |
		.since_s == 2 and .until_s == 4 and .level_mib == 12'
	mprof plot $name >terminal
	grep -q 'Peak: 25.0 MiB after 4.50 s' terminal
	grep -q 'Duration: 10.0 s' terminal
	mprof check --max-peak 24.9MiB --json $name >checked || [ $? -eq 1 ]
	[ "$(jq '.conditions[0].value' checked)" = 25 ]
}

@test "ending: a run's span is that of samples, marks and EXIT, everywhere" {
	printf '%s\n' 'CMDLINE x' 'FUNC m.f 10.0 100.0 12.0 101.0 0' \
		'MEM 10.000000 102.0000' 'MEM 20.000000 103.0000' \
		'MEM 10.000000 104.0000' 'MARK 10.000000 105.0000 label=a' \
		'MARK 1.0 9000.0 label=elsewhen' 'FUNC m.f 1 104 1 109 0' \
		'PEAK 20.000000 106.0000' \
		'EXIT 20.000000 107.0000 pid=1 status=3' \
		'PEAK 20.000000 109.0000' >mprofile_20250101000000.dat
	name=mprofile_20250101000000.dat
	[[ $(mprof list -l) == *"$name    5.00 s "* ]]
	mprof list --json | jq -e '.recordings[0].duration_s == 5'
	mprof export --format json $name | jq -e '.runs[0].duration_s == 5'
	mprof plot --format scene -o - $name | grep -q '^fact Duration: 5.00 s$'
	mprof compare $name $name | grep -q '^duration  *5.00 s  *5.00 s '
}
