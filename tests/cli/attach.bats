#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mprof attach: a process that runs, by pid or by name.
# shellcheck disable=SC2154 # errors is run_apart's
load helper

own_setup() {
	cp "$(command -v sleep)" "$BATS_TEST_TMPDIR/bin/sleeper-$$"
	name=sleeper-$$
}

# $! is such a sleep: sleeps SECONDS
sleeps() {
	"$name" "$1" &
	soon runs $! "$name"
}

teardown() {
	for pid in $(jobs -p); do
		kill "$pid" 2>/dev/null || true
	done
}

@test "attach: by pid, until it ends" {
	sleeps 600
	target=$!
	(soon has_samples 4 && kill $target) 3>&- &
	run_apart mprof attach -T 0.05 -o a.dat $target
	[ "$status" -eq 0 ]
	same "$(head -n 1 a.dat)" "CMDLINE $name 600"
	has_samples 4
	[[ $(tail -n 2 a.dat) =~ ^EXIT\;pid=[0-9]+\ .*PEAK ]]
}

@test "attach: what the process had before and goes on with is not reported" {
	sh -c "$name 60 & $name 60" &
	target=$!
	# A shell may run the last one in its own place.
	soon eval '[ "$(pgrep -c -x "$name")" -eq 2 ]'
	run_apart mprof attach -T 0.05 -t 0.3 -o a.dat $target
	kill $(pgrep -P $target)
	[[ $errors == *"the recording ended at --timeout"* ]]
	lacks 'on:' <<<"$errors"
}

@test "attach: with --timeout, and as an option of run" {
	sleeps 30
	run_apart mprof attach -T 0.05 -t 0.2 -o a.dat $!
	[ "$status" -eq 0 ]
	kill -0 $!
	run_apart mprof run -a -q -T 0.05 -t 0.2 -o b.dat $!
	[ "$status" -eq 0 ]
	[ -z "$errors" ]
	grep -q ^MEM b.dat
	run_apart mprof run -q --attach $! -T 0.05 -t 0.2 -o c.dat
	[ "$status" -eq 0 ]
	grep -q ^MEM c.dat
}

@test "attach: what may not be measured is refused before a file is made" {
	[ "$(id -u)" -eq 0 ] || skip "needs root, to be someone else"
	setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$MPROF" ||
		skip "nobody can't run the program under test"
	sleeps 30
	chmod 777 .
	for backend in pss uss; do
		run_apart setpriv --reuid 65534 --regid 65534 --clear-groups \
			"$MPROF" attach --backend $backend -t 0.5 $!
		[ "$status" -eq 1 ]
		[[ $errors == *"not permitted to read its "?SS* ]]
	done
	[ -z "$(find . -name "*.dat")" ]
}

@test "attach: by name, the whole name first" {
	sleeps 30
	run_apart mprof attach -t 0.1 -o a.dat "$name"
	[ "$status" -eq 0 ]
	same "$(head -n 1 a.dat)" "CMDLINE $name 30"
	run_apart mprof attach -t 0.1 -o b.dat "${name#slee}"
	[ "$status" -eq 0 ]
	sleeps 31
	run_apart mprof attach -t 0.1 -o c.dat "$name"
	[ "$status" -eq 1 ]
	[[ $errors == *"$name 30"* && $errors == *"$name 31"* ]]
	[ ! -e c.dat ]
}

@test "a process by an empty name is misuse, whatever the command" {
	for words in 'attach' 'run --attach' 'attach --wait-for' heap watch; do
		# shellcheck disable=SC2086 # they are words
		run_apart mprof $words ''
		[ "$status" -eq 2 ]
		[[ $errors == *"an empty word names no process"* ]]
	done
	run_apart mprof refs '' dict
	[ "$status" -eq 2 ]
	run_apart mprof attach '  '
	[ "$status" -eq 2 ]
	run_apart mprof mark --pid '' label
	[ "$status" -eq 2 ]
	[ -z "$(find . -name "*.dat")" ]
}

@test "attach: by the name of a tree its root is taken" {
	ln -s "$(command -v bash)" "$BATS_TEST_TMPDIR/bin/server-$$"
	"server-$$" -c "server-$$ -c 'sleep 30; :' & server-$$ -c 'sleep 31; :' & wait" &
	root=$!
	soon eval "[ \"\$(pgrep -c -x server-$$)\" -ge 3 ]"
	mprof attach -q -t 0.2 -o a.dat "server-$$"
	[[ $(head -n 1 a.dat) == "CMDLINE server-$$ -c 'server-"* ]]
	pkill -P "$root" || true
}

@test "attach: by the name of two trees there is a list of their roots" {
	mkdir a b
	(cd a && exec "$name" 30) &
	(cd b && exec "$name" 30) &
	soon eval "[ \"\$(pgrep -c -x $name)\" -ge 2 ]"
	run_apart mprof attach -o a.dat "$name"
	[ "$status" -eq 1 ]
	[[ $errors == "mprof: $name: 2 processes have that name, and none of them started the others; give a pid:"* ]]
	for each in a b; do
		grep -Eq "^ *[0-9]+ +$$ +[0-9.]+ m?s +[0-9.]+ [KM]iB  $name 30  in $PWD/$each\$" \
			<<<"$errors"
	done
	[ ! -e a.dat ]
}

@test "attach: a Python program by its script, whatever started it" {
	printf 'import time\ntime.sleep(30)\n' >"serve-$$.py"
	sh -c "python3 -u serve-$$.py --port 1; :" &
	soon mprof attach -q -t 0.2 -o a.dat "serve-$$.py" 2>/dev/null
	[[ $(head -n 1 a.dat) == "CMDLINE "*"python"*" -u serve-$$.py --port 1" ]]
	mprof attach -q -t 0.2 -o b.dat "$PWD/serve-$$.py"
	pkill -f " -u serve-$$.py --port 1$"
}

@test "attach --wait-for: a shell's script forks children of its name" {
	printf '#!/bin/sh\nfor i in $(seq 300); do x=$(head -c 9 /dev/zero | tr "\\0" x); done\nsleep 30\n' \
		>"$BATS_TEST_TMPDIR/bin/script-$$"
	chmod +x "$BATS_TEST_TMPDIR/bin/script-$$"
	"script-$$" &
	soon runs $! "$BATS_TEST_TMPDIR/bin/script-$$"
	for _ in 1 2 3 4 5; do
		mprof attach --wait-for -q -t 0.05 -o a.dat "script-$$"
		same "$(head -n 1 a.dat)" "CMDLINE /bin/sh $BATS_TEST_TMPDIR/bin/script-$$"
		rm a.dat
	done
	pkill -P $! || true
}

@test "attach --wait-for: a recorder that starts before its server" {
	"$MPROF" attach -q --wait-for -T 0.05 -o a.dat "$name" 3>&- &
	recorder=$!
	sleep 0.2
	[ ! -e a.dat ]
	"$name" 600 &
	soon has_samples 1
	kill $!
	wait "$recorder"
	same "$(head -n 1 a.dat)" "CMDLINE $name 600"
	grep -q ^MEM a.dat
}

@test "attach --wait-for: --timeout bounds it, a part of a name is none" {
	sleeps 30
	run_apart mprof attach --wait-for -t 0.3 -o a.dat "${name#slee}"
	[ "$status" -eq 1 ]
	[[ $errors == *"no process of that name has started"* ]]
	[ ! -e a.dat ]
	run_apart mprof attach --wait-for -t 0.3 -q -o a.dat "$name"
	[ "$status" -eq 0 ]
	grep -q ^MEM a.dat
	run_apart mprof attach --wait-for $!
	[ "$status" -eq 2 ]
	run_apart mprof run --wait-for true
	[ "$status" -eq 2 ]
}

@test "attach --lines: refused for what runs no Python" {
	sleeps 30
	run_apart mprof attach --lines -t 0.1 $!
	[ "$status" -eq 1 ]
	[[ $errors == *"process $!: runs no Python"* ]]
}

@test "attach: -o with the pid of what is attached to" {
	sleeps 30
	mprof attach -q -t 0.1 -o 'mem-%h-%p-%t.dat' $!
	[[ $(echo mem-*) =~ ^mem-[A-Za-z0-9._-]+-$!-[0-9]{14}\.dat$ ]]
}

@test "attach: descendants that are there and that come" {
	sh -c "$name 30 & until [ -e come ]; do sleep 0.02; done; $name 29" &
	target=$!
	soon pgrep -P $target -x "$name"
	mprof attach -q -M -T 0.05 -o a.dat $target &
	recorder=$!
	soon grep -qs "name=$name;cmd=$name%2030" a.dat
	touch come
	soon grep -q "name=$name;cmd=$name%2029" a.dat
	soon eval '[ "$(grep ^CHLD a.dat | cut -d" " -f2 | sort -u | wc -l)" -ge 2 ]'
	pkill -P $target || true
	wait $recorder
}

@test "attach: what can't be attached to" {
	# The last but one is one more than the largest pid that Linux has.
	for word in 999999999 4194304 nonesuch-name; do
		run_apart mprof attach "$word"
		[ "$status" -eq 1 ]
		[[ $errors == "mprof: $word: "* ]]
	done
	run_apart mprof attach
	[ "$status" -eq 1 ]
	[ -z "$(ls)" ]
}

@test "attach: SIGTERM ends it in order, and leaves the process alone" {
	sleeps 30
	target=$!
	mprof attach -q -T 0.02 -o a.dat $target &
	soon has_samples 1
	kill -TERM $!
	wait $! || true
	kill -0 $target
	[[ $(tail -n 2 a.dat) =~ ^EXIT\;pid=[0-9]+\ .*PEAK ]]
}

@test "attach: a peak from before the recording is none of it" {
	cat >before.py <<-'END'
	import time
	block = bytearray(150 << 20)
	del block
	print("ready", flush=True)
	time.sleep(60)
	END
	python3 before.py >ready 3>&- &
	target=$!
	soon test -s ready
	mprof attach -q -T 0.05 -t 0.5 -o a.dat $target
	kill $target
	mprof peak --json a.dat | jq -e '.recordings[0].peak_mib < 50'
}
