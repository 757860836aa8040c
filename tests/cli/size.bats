#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Recordings that are kept below a size: run --max-size, --rotate. What thinning
# keeps, and that a kill loses nothing, is in test_thin.
# shellcheck disable=SC2154 # errors is run_apart's

load helper

# A program that lives until its recording was rewritten: thinned (it has THIN)
# or renamed (FILE.2 is there).
until_thinned='until grep -qs "^THIN" a.dat; do sleep 0.05; done'
until_rotated='until [ -s a.dat.2 ]; do sleep 0.05; done'

@test "run --max-size: the recording stays below it, and its peak is kept" {
	run_apart mprof run -M -T 1ms --max-size 100KiB -o a.dat sh -c \
		"x=\$(head -c 9000000 /dev/zero | tr '\\0' x); x=; $until_thinned
		sleep 0.2"
	[ "$status" -eq 0 ]
	[ "$(stat -c %s a.dat)" -le $((100 << 10)) ]
	same "$(ls)" a.dat
	same "$(grep -c '^THIN;stretch=[0-9.]*;until=[0-9.]*[; ]' a.dat)" 1
	grep -q '^EXIT;.*status=0' a.dat
	# The same figure as the summary's, and as the samples' that are left.
	peak=$(mprof peak a.dat 2>/dev/null | awk 'NR == 1 { print $2 }')
	awk -v peak="$peak" '/^MEM/ && $2 > max { max = $2 }
		/^PEAK/ && $2 > max { max = $2 }
		END { exit !(max - peak < 0.001 && peak - max < 0.001 && max > 9) }' a.dat
	for command in 'leak' 'plot -o a.svg -w 0,1' 'compare a.dat' 'peak'; do
		# shellcheck disable=SC2086 # it is several words
		run_apart mprof $command a.dat
		[ "$status" -eq 0 ]
		[[ $errors == *"a.dat: thinned before "*"the lowest and the highest sample of each "* ]]
	done
}

@test "run --max-size: many short processes are left out, and counted" {
	run_apart mprof run -M -T 1ms --max-size 100KiB -o a.dat sh -c '
		until grep -qs "^THIN;.*;processes=" a.dat; do
			/bin/true an argument that is as long as those of compilers are
			/bin/true another one, which differs from the first in its words
		done'
	[ "$status" -eq 0 ]
	[[ $errors != *'larger than'* ]]
	[ "$(stat -c %s a.dat)" -le $((100 << 10)) ]
	same "$(ls)" a.dat
	for command in leak 'plot -o a.svg' 'compare a.dat' peak list; do
		# shellcheck disable=SC2086 # it is several words
		run_apart mprof $command a.dat
		[ "$status" -eq 0 ]
		[[ $errors == *'; left out: '*' process'*' at most)'* ]] ||
			[ "$command" = list ]
	done
	# All of them are counted.
	left=$(mprof export --format json a.dat | jq '.runs[0].info.thinned.processes')
	named=$(mprof export --format json a.dat | jq '.runs[0].processes | length')
	[ "$left" -gt 0 ]
	mv a.dat mprofile_20250101000000.dat
	same "$(mprof list --json | jq '.recordings[0].processes')" $((left + named))
}

@test "run --max-size: that it can't be kept is reported at once" {
	mkfifo go
	# shellcheck disable=SC2016 # a script is written
	run_apart mprof run -M -T 10ms --max-size 100KiB -o a.dat sh -c '
		for i in $(seq 120); do
			sh -c "read x <go" $(seq 1000 1200) 3>&- &
			pids="$pids $!"
		done
		# It is told right before the record is written, or right after.
		until grep -q "^SIZE;most=102400;why=the%20running" a.dat &&
			grep -q "larger than --max-size: the running" \
				"$BATS_TEST_TMPDIR/errors"; do
			sleep 0.05
		done
		echo told >told
		kill $pids
		wait'
	[ "$status" -eq 0 ]
	[ -s told ]
	run_apart mprof peak a.dat
	[ "$status" -eq 0 ]
	[[ $errors == *'a.dat: larger than its --max-size: the running processes'* ]]
}

@test "run --rotate: new files, each a recording of its own" {
	run_apart mprof run -M -T 1ms --max-size 100KiB --rotate 2 -o a.dat sh -c \
		"sleep 1000 & $until_rotated; kill \$!"
	[ "$status" -eq 0 ]
	same "$(ls)" $'a.dat\na.dat.1\na.dat.2'
	first=$(sed -n 1p a.dat)
	for file in a.dat a.dat.1 a.dat.2; do
		[ "$(stat -c %s $file)" -le $((110 << 10)) ]
		same "$(sed -n 1p $file)" "$first"
		sed -n 2p $file | grep -q '^INFO;'
		# The process that was there all the time has its name in each.
		grep -q '^PROC;.*name=sleep;cmd=sleep%201000 ' $file
		grep -q '^EXIT;pid=' $file
		run_apart mprof peak $file
		[[ $output == *'sleep 1000'* ]]
	done
	[[ $errors != *'breaks off'* ]]
	# Each file goes on where the one before it ended.
	cat a.dat.2 a.dat.1 a.dat |
		awk '/^MEM/ { bad = bad || $3 < last; last = $3 } END { exit bad }'
}

@test "run --max-size, --rotate: what can't be is refused" {
	for words in '--max-size 99KiB' '--max-size 0' '--rotate 0 --max-size 1MiB' \
		'--rotate 2' '--max-size 1MiB --stacks' '--max-size 1MiB --lines'; do
		# shellcheck disable=SC2086 # it is several words
		run_apart mprof run $words -o a.dat true
		[ "$status" -eq 2 ]
		[[ $errors == 'mprof: option --'* ]]
	done
	same "$(ls)" ''
	run_apart mprof run --max-size 1MiB -o /dev/null true
	[ "$status" -eq 125 ]
	[[ $errors == *'/dev/null: is not a regular file: '* ]]
}

has_metrics() {
	grep -qs '^mprof_' ./*.prom
}

# The command of the unit, for a process in place of a unit, in this directory.
@test "examples/service: the unit is valid, and its command records" {
	unit=$SOURCE/examples/service/mprof@.service
	if command -v systemd-analyze >/dev/null; then
		sed "s,/usr/local/bin/mprof,$MPROF," "$unit" >mprof@a.service
		printf '[Service]\nExecStart=/bin/true\n' >a.service
		run_apart systemd-analyze verify --man=no ./mprof@a.service
		same "$(grep -F mprof@ <<<"$errors" || true)" ''
	fi
	sleep 1000 3>&- &
	pid=$!
	words=$(sed -n 's,^ExecStart=/usr/local/bin/,,p' "$unit" | sed "
		s,--unit %i.service,$pid,
		s,/var/lib/mprof/%i,a,
		s,/var/lib/prometheus/node-exporter,.,")
	# shellcheck disable=SC2086 # it is several words
	$words 3>&- &
	recorder=$!
	soon has_samples 3
	soon has_metrics
	kill "$recorder"
	wait "$recorder"
	kill "$pid"
	grep -q '^EXIT;' a.dat
}
