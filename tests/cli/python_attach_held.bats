#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mprof attach --stacks: CPython 3.14 and later samples its allocations from
# that moment on. The period is given; see held.bats on chance.
# shellcheck disable=SC2154 # errors is run_apart's

load helper
load ../python/helper

own_setup() {
	export MPROF_ALLOCATION_PERIOD=16384
}

teardown() {
	touch end
	[ -z "${pid:-}" ] || kill -9 "$pid" 2>/dev/null || true
}

# start PYTHON [WORD...]: held_late.py as $pid, until let_end.
start() {
	rm -f ready did did.child end
	"$@" "$SCRIPTS/held_late.py" >out 2>program.errors 3>&- &
	pid=$!
	soon_while "$pid" test -s ready
}

let_end() {
	touch end
	wait "$pid"
	pid=
	lacks changed <out
	grep -q '^done$' out
	same "$(cat program.errors)" ''
}

# Runs a function with one of those that take code, or of the others.
on_one() {
	local python

	python=$(attachable "$1" | tail -n 1)
	[ -n "$python" ] || skip 'no such CPython here'
	"$2" "$python"
}

# The program has done so: act WORD
act() {
	rm -f did
	echo "$1" >do.new
	mv do.new "do"
	soon_while "$pid" test -s did
}

# attach FILE: $recorder records the program, whose allocations are sampled.
attach() {
	mprof attach --stacks -o "$1" "$pid" 2>errors 3>&- &
	recorder=$!
	soon_while "$recorder" grep -qs '^HELD.*;by=python;' "$1" || {
		cat errors >&2
		return 1
	}
}

stop() {
	kill -TERM "$recorder"
	wait "$recorder"
}

# Rows of what is held at the end of the recording: FUNCTION LINE MIB ERROR,
# the most first.
rows() {
	mprof lines --json -w 0,100000 "$1" | jq -r '.rows[] |
		select(.samples > 0) |
		[.function, .line, .held_mib, .error_mib] | @tsv'
}

# The function holds what the script keeps in it, and nothing else holds much:
# holds FILE FUNCTION
holds() {
	local function line mib error

	rows "$1" >held
	read -r function line mib error <held
	same "$function" "$2"
	same "$line" "$(grep -n "# $2" "$SCRIPTS/held_late.py" | cut -d: -f1)"
	near "$mib" "$error" 28.7
	awk 'NR > 1 { rest += $3 } END { exit rest > 1 }' held
}

# refused CAUSE: of a recorder, which records all the same.
refused() {
	rm -f errors
	mprof attach --stacks -o no.dat "$pid" 2>errors 3>&- &
	recorder=$!
	soon_while "$recorder" grep -qs 'what it holds is not known' errors
	grep -q "process $pid: .*$1.*; what it holds is not known" errors
	soon_while "$recorder" grep -qs '^MEM' no.dat
	stop
	lacks '^ALLOC' <no.dat
	lacks '^HELD' <no.dat
	rm no.dat
}

held() {
	start "$1"
	attach one.dat
	act churn
	act first
	stop
	holds one.dat first
	mprof lines one.dat >text
	grep -q '^Not sampled: python.*, what C code allocates there, and what' text
	act churn # it stops by itself if the recorder had no time to wait for it
	lacks allocations <"/proc/$pid/maps"
	# Nothing of it is reported again.
	attach two.dat
	act second
	stop
	holds two.dat second
	lacks 'not sampled' <errors
	let_end
	[ "$(ls "$TMPDIR")" = '' ]
	rm ./*.dat
}

# A worker that runs already is not asked: it is only recorded.
is_beside() {
	cat >beside.py <<-'END'
	import os, time
	kept = [bytearray(1000) for i in range(20000)]
	worker = os.fork()
	if worker:
	    open("ready", "w").write("1")
	while not os.path.exists("end"):
	    kept.append(bytearray(1000))
	    time.sleep(0.01)
	if worker:
	    os.waitpid(worker, 0)
	END
	rm -f ready end
	"$1" beside.py 3>&- &
	pid=$!
	soon_while "$pid" test -s ready
	attach run.dat
	soon_while "$recorder" grep -q '^HELD;.*;by=before' run.dat
	# Without one that was sampled the lines are of growth on the clock.
	soon_while "$recorder" grep -q '^ALLOC' run.dat
	stop
	touch end
	wait "$pid"
	pid=
	mprof lines run.dat >lines
	cat lines
	grep -q '^Not sampled: .*, a process beside the one that mprof attached to\.$' \
		lines
}

@test "a worker that ran before is reported as one that is not sampled" {
	on_one yes is_beside
}

@test "what a running program holds since, and again; it is as before then" {
	on_attachable yes held
}

forked() {
	start "$1"
	attach fork.dat
	act fork
	soon_while "$recorder" test -s did.child
	stop
	holds fork.dat second
	let_end
	rm ./*.dat
}

@test "so is what a child holds that it forks" {
	on_one yes forked
}

full() {
	start "$1"
	attach full.dat
	act full
	stop
	holds full.dat second
	let_end
	rm ./*.dat
}

@test "a program that has no descriptor left is sampled on" {
	on_one yes full
}

killed() {
	local first

	start "$1"
	attach one.dat
	# A second one at the same time.
	first=$recorder
	refused 'its allocations are not sampled, another mprof already records them'
	kill -KILL "$first"
	wait "$first" || true
	act churn
	lacks allocations <"/proc/$pid/maps"
	attach two.dat
	act second
	stop
	holds two.dat second
	let_end
	rm ./*.dat
}

@test "a program stops by itself when the recorder was killed" {
	on_one yes killed
}

refusals() {
	start "$1"
	act trace
	refused 'its allocations are not sampled, its tracemalloc is on'
	act untrace
	let_end
	start env PYTHON_DISABLE_REMOTE_DEBUG=1 "$1"
	refused 'its remote debugging is switched off'
	let_end
	start "$MPROF" run -q --stacks -o run.dat "$1"
	pid=$(cat ready)
	refused 'its allocations are not sampled, it was started under mprof run'
	touch end
	wait
	pid=
	rm ./*.dat
}

@test "where that can't be, a sentence says why" {
	on_one yes refusals
}

older() {
	start "$1"
	run_apart mprof attach --stacks -t 0.5 -o no.dat "$pid"
	[ "$status" -eq 0 ]
	lacks 'not sampled' <<<"$errors"
	lacks '^HELD' <no.dat
	let_end
	rm no.dat
}

@test "an older Python is read on the clock, and nothing is loaded" {
	on_one no older
}
