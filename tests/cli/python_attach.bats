#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mprof attach --python, --lines and --func: the agent in a program that runs.

load helper
load ../python/helper

own_setup() {
	mkfifo input
}

teardown() {
	exec 8>&-
	[ -z "${pid:-}" ] || kill -9 "$pid" 2>/dev/null || true
}

# start PYTHON [WORD...]: attached.py as $pid, until let_end.
start() {
	: >out # what an earlier one said
	"$1" "$SCRIPTS/attached.py" "${@:2}" <input >out 2>program.errors 8>&- 3>&- &
	pid=$!
	exec 8>input
	soon_while "$pid" grep -q ready out
}

# The program is what it was.
let_end() {
	exec 8>&-
	wait "$pid"
	same "$(cat out program.errors)" "$(printf 'ready\ndone')"
	pid=
}

# until_called FILE RECORDER [PATTERN]: a call is recorded, or it fails.
until_called() {
	soon_while "$2" grep -qs "${3:-^FUNC}" "$1" || {
		cat errors >&2
		return 1
	}
}

# attached FILE WORD...: the recording has what is searched for, then it ends.
attached() {
	local recorder file=$1 pattern=$2

	shift 2
	rm -f "$file"
	mprof attach -o "$file" "$@" "$pid" >tables 2>errors &
	recorder=$!
	until_called "$file" "$recorder" "$pattern"
	kill -TERM "$recorder"
	wait "$recorder"
}

named() {
	start "$1"
	attached "$PWD/run-${1##*/}.dat" '^FUNC __main__\.waits' --lines \
		--func __main__.Views.grow,steps,raises,waits,deep
	let_end
	grep -q 'calls of __main__.grow, __main__.steps, ' errors
	[ "$(grep -c '^Filename: .*/attached.py$' tables)" -eq 5 ]
	for name in grow steps raises waits deep; do
		grep -q "^FUNC __main__\.$name " "run-${1##*/}.dat"
	done
	# A call that began before another ended is nested in it.
	grep -q '^FUNC __main__\.deep .* 2$' "run-${1##*/}.dat"
	# A call of grow() takes 1 MiB: the table says no more.
	awk '/part = bytearray/ { if ($6 < 1 || $4 > 1.5 * $6) exit 1; n++ }
		END { exit n != 1 }' tables
	[ "$(ls "$TMPDIR")" = '' ]
}

@test "named functions of a running program, which is as before afterwards" {
	on_attachable yes named
}

own() {
	start "$1"
	attached own.dat '^FUNC __main__\.deep' --python
	let_end
	grep -q '^mprof: process .* calls of .*__main__.work' errors
	grep -q '^FUNC __main__\.grow' own.dat
	[ ! -s tables ]
	rm own.dat
}

@test "without --func all functions of the main program" {
	on_attachable yes own
}

again() {
	start "$1"
	for _ in 1 2; do
		attached "again.dat" '^FUNC __main__\.raises' --func raises
		[ "$(grep -c '^FUNC __main__\.deep' again.dat)" -eq 0 ]
		rm again.dat
	done
	# A second one at the same time, and one behind a recorder that died.
	mprof attach -q -o one.dat --func deep "$pid" 2>errors &
	one=$!
	until_called one.dat "$one"
	run_apart mprof attach -o two.dat --func deep "$pid"
	[ "$status" -eq 1 ]
	[[ $errors == *'another mprof follows functions in it already'* ]]
	[ ! -e two.dat ]
	kill -KILL "$one"
	wait "$one" || true
	attached three.dat '^FUNC __main__\.raises' --func raises
	let_end
	rm ./*.dat
}

@test "again, two at once, and after a recorder that was killed" {
	on_attachable yes again
}

refusals() {
	local word

	start "$1"
	for word in nope app.views.lessons __main__.Views.nope kept asyncio; do
		run_apart mprof attach -o no.dat --func "$word" "$pid"
		[ "$status" -eq 1 ]
		[[ $errors == *"process $pid: the agent: $word: "* ]]
		[ ! -e no.dat ]
	done
	let_end
}

@test "a name that is none is an error, and the program goes on as before" {
	on_attachable yes refusals
}

waiting() {
	start "$1" wait
	# It is ready before it waits.
	soon grep -q '^State:.S' "/proc/$pid/status"
	mprof attach -q -t 0.3 -o wait.dat --func deep "$pid" 2>errors
	grep -q "^mprof: process $pid: its main thread is not running Python" errors
	# The request was taken back. Another is met once there is something
	# to do; the agent leaves in the same way.
	rm errors # what the first one said must not be taken for its own
	mprof attach -q -o wait.dat --func deep "$pid" 2>errors &
	recorder=$!
	soon_while "$recorder" grep -qs 'is not running Python code' errors
	echo >&8
	soon_while "$recorder" grep -q ^FUNC wait.dat
	kill -TERM "$recorder"
	wait "$recorder"
	grep -q 'the agent leaves when it does' errors
	[ "$(find "$TMPDIR" -name '*-detach.py' | wc -l)" -eq 1 ]
	let_end
	[ "$(ls "$TMPDIR")" = '' ]
	rm wait.dat
}

@test "a main thread that runs no Python: said at once, then done" {
	on_attachable yes waiting
}

# One that ends as soon as it removes the last request.
ends_leaving() {
	cat >ends.py <<-'END'
	import os, signal, time
	def deep(): time.sleep(0.01)
	os.unlink = lambda path: os.kill(os.getpid(), signal.SIGKILL)
	print("ready", flush=True)
	while True: deep()
	END
	"$1" ends.py >out 3>&- &
	pid=$!
	soon_while "$pid" grep -q ready out
	mprof attach -q -o ends.dat --func deep "$pid" 2>errors &
	recorder=$!
	until_called ends.dat "$recorder"
	kill -TERM "$recorder"
	wait "$recorder"
	wait "$pid" || [ $? -eq 137 ]
	pid=
	same "$(cat errors)" ''
	[ "$(ls "$TMPDIR")" = '' ]
	rm ends.dat
}

@test "a program that ends while the agent leaves has no request left" {
	on_attachable yes ends_leaving
}

is_off() {
	run_apart mprof attach -o off.dat --python "$pid"
	[ "$status" -eq 1 ]
	[[ $errors == *'switched off'*PYTHON_DISABLE_REMOTE_DEBUG*-X* ]]
	[ ! -e off.dat ]
	let_end
}

switched_off() {
	PYTHON_DISABLE_REMOTE_DEBUG=1 start "$1"
	is_off
	printf '#!/bin/sh\nexec %s -X disable-remote-debug "$@"\n' "$1" >off
	chmod +x off
	start ./off
	is_off
}

@test "a program that has it switched off is recognised" {
	on_attachable yes switched_off
}

forked() {
	start "$1"
	mprof attach -q -o fork.dat --lines --func deep "$pid" >tables 2>&1 &
	recorder=$!
	until_called fork.dat "$recorder"
	echo fork >&8
	soon grep -q forked out
	kill -TERM "$recorder"
	wait "$recorder"
	[ "$(grep -c '^Filename' tables)" -eq 1 ]
	same "$(grep -o ';pid=[0-9]*' fork.dat | sort -u)" ";pid=$pid"
	exec 8>&-
	wait "$pid"
	same "$(cat out)" "$(printf 'ready\nforked\ndone')"
	pid=
	rm fork.dat
}

@test "a child that it forks is not followed" {
	on_attachable yes forked
}

under_mprof() {
	: >out
	mprof run -q -o first.dat --python "$1" "$SCRIPTS/attached.py" <input \
		>out 2>program.errors 8>&- 3>&- &
	first=$!
	exec 8>input
	soon grep -q ready out
	pid=$(pgrep -P "$first")
	run_apart mprof attach -o second.dat --func deep "$pid"
	[ "$status" -eq 1 ]
	[[ $errors == *'another mprof follows functions in it already'* ]]
	exec 8>&-
	wait "$first"
	pid=
}

@test "a program under mprof run --python has its agent already" {
	on_attachable yes under_mprof
}

too_old() {
	start_old "$1"
	run_apart mprof attach -o old.dat --python "$pid"
	kill "$pid"
	[ "$status" -eq 1 ]
	[[ $errors == *'restart it under mprof run --python'* ]]
	[ ! -e old.dat ]
}

start_old() {
	: >out
	"$1" -c 'print("ready", flush=True); input()' <input >out 3>&- 8>&- &
	pid=$!
	exec 8>input
	soon grep -q ready out
}

@test "a build without the GIL: refused, it stays off; recorded where it is on" {
	tried=
	for python in $(free_threaded_pythons); do
		"$python" -c 'import sys; sys.exit(sys.version_info < (3, 14))' ||
			continue
		tried=yes
		start "$python"
		run_apart mprof attach -o no.dat --python "$pid"
		[ "$status" -eq 1 ]
		[[ $errors == *"this CPython runs without its GIL"*PYTHON_GIL=1 ]]
		let_end
		PYTHON_GIL=1 start "$python"
		attached on.dat '^FUNC __main__\.steps' --python --func steps
		let_end
	done
	[ -n "$tried" ] || skip 'no build without the GIL from 3.14 on'
}

@test "CPython before 3.14 needs a restart, which is said" {
	on_attachable no too_old
}

@test "attach --python of what is no Python, --func without attach" {
	sleep 30 &
	pid=$!
	soon runs "$pid" sleep
	run_apart mprof attach -o no.dat --python "$pid"
	[ "$status" -eq 1 ]
	[[ $errors == *"process $pid: runs no Python"* ]]
	[ ! -e no.dat ]
	run_apart mprof run --func f true
	[ "$status" -eq 2 ]
	[[ $errors == *'option --func: is for mprof attach'* ]]
}
