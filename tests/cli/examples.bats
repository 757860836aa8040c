#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Every example of every page, and of README, is run, and none fails. They find
# the programs, recordings and processes that they speak of: an example with a
# new name needs that name in prepare() or a line in real().
# shellcheck disable=SC2016,SC2154 # scripts are written; errors is run_apart's

load helper
load ../python/helper

own_setup() {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	# One that attach --lines can enter, where there is one.
	attachable=$(for one in $(known_pythons); do
		"$one" -c 'import sys; sys.exit(sys.version_info < (3, 14))' &&
			echo "$one" && break
	done || true)
	unset VIRTUAL_ENV
	programs=$BATS_TEST_TMPDIR/programs
	failed=''
	mkdir "$programs"
	PATH=$programs:$PATH
	# Programs that the pages name, each in a directory of PATH and as
	# ./NAME.
	for name in server tests job model solver quick load work importer; do
		printf '#!/bin/sh\nx=$(head -c 3000000 /dev/zero | tr "\\0" x)\nsleep 1\n' \
			>"$programs/$name"
	done
	printf '#!/bin/sh\nSLURM_PROCID=0 exec "$@"\n' >"$programs/srun"
	printf '#!/bin/sh\nshift 2\nOMPI_COMM_WORLD_RANK=0 exec "$@"\n' \
		>"$programs/mpirun"
	# promtool tsdb create-blocks-from openmetrics FILE FOLDER
	printf '#!/bin/sh\ngrep -q "^# EOF" "$4"\n' >"$programs/promtool"
	printf '#!/bin/sh\ngrep -E " [0-9]+$"\n' >"$programs/flamegraph.pl"
	# go tool pprof [-http PORT] FILE
	printf '#!/bin/sh\nfor file; do :; done\n[ -s "$file" ]\n' >"$programs/go"
	chmod +x "$programs"/*
	ln -s "$python" "$programs/python3"
	# Names that no other process of this machine has.
	cp "$(command -v sleep)" "$programs/postgres-$$"
	ln -s "$python" "$programs/gunicorn-$$"
	cp "$programs/server" "$programs/server-$$"
}

teardown() {
	stop_all
}

# start WORD...: in the background; stop_all ends it with all that it started
start() {
	setsid "$@" >/dev/null 2>&1 3>&- &
	started="${started:-} $!"
}

stop_all() {
	for pid in ${started:-}; do
		kill -- "-$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	started=''
}

# A recording of ten minutes that leaks 3 MiB/min, with a descendant, calls,
# marks and stacks; its peak is 100 MiB + BASE: grown BASE START
grown() {
	awk -v base="$1" -v start="$2" 'BEGIN {
		frames = ";frames=/srv/views.py:7:lessons,/srv/app.py:3:main"
		print "CMDLINE ./server --port 8080"
		printf "INFO;backend=rss;interval=1 %.6f %.4f\n", base, start
		printf "PROC;pid=4711;name=worker %.6f %.4f\n", base, start
		for (i = 0; i < 600; i++) {
			mib = base + i * 3 / 60 + (i % 5) / 10
			printf "MEM %.6f %.4f\n", mib, start + i
			printf "CHLD 4711 %.6f %.4f\n", 5, start + i
			printf "STACK;id=1%s %.6f %.4f\n", frames, mib, start + i
			frames = ""
			if (i % 100 == 50)
				print "MARK;label=phase%20" i, mib, start + i
			if (i == 60)
				print "MARK;label=loaded", mib, start + i
		}
		for (i = 5; i < 30; i += 5)
			printf "FUNC app.views.lessons %.4f %.4f %.4f %.4f 0\n",
			    base, start + i, base + 1, start + i + 3
		printf "EXIT;pid=1;status=0 %.6f %.4f\n", mib, start + i
		printf "PEAK %.6f %.4f\n", mib, start + 599
	}'
}

# The directory that an example runs in.
prepare() {
	rm -rf "$BATS_TEST_TMPDIR/example"
	mkdir -p "$BATS_TEST_TMPDIR/example/courses"
	cd "$BATS_TEST_TMPDIR/example" || return 1
	mkdir node_exporter data
	ln -s "$programs"/* .
	for i in 1 2 3 4 5 6 7 8; do
		grown $((100 + i)) 178000000$i >mprofile_2026112214393$i.dat
	done
	for i in 1 2 3 4 5; do
		grown $((100 + i)) 178000000$i >main-$i.dat
		cp main-$i.dat new-$i.dat
	done
	grown 100 1780000000 | sed 's/label=loaded/label=warm/' >a.dat
	for name in old new server before after; do
		grown 100 1780000000 | grep -v '^STACK' >$name.dat
	done
	grown 100 1780000000 | grep -Ev '^(CHLD|FUNC)' >run.dat
	for name in mem-1 mem-2 mem-3 rank-1 rank-2 rank-3 make; do
		cp run.dat $name.dat
	done
	printf 'Zeit;Speicher\n0,5;1024\n1,0;2048,5\n1,5;1536\n' >messung.csv
	printf 'all:\n\tsleep 0.5\n' >Makefile
	printf 'import time\ntime.sleep(0.5)\n' >manage.py
	printf '%s\n' 'class Lesson:' '    def __init__(self, text):' \
		'        self.text = text' >courses/models.py
	: >courses/__init__.py
	printf '%s\n' 'import time' 'from courses.models import Lesson' \
		'kept = []' 'def lessons(until):' \
		'    while time.monotonic() < until:' \
		'        kept.append(Lesson("x" * 20000))' \
		'        time.sleep(0.01)' >views.py
	printf '%s\n' 'import os, sys, time, views' 'if os.fork() == 0:' \
		'    open("working", "w").close()' \
		'views.lessons(time.monotonic() + float(sys.argv[1]))' >workers.py
	printf '%s\n' 'import sys, time, views' \
		'open("serving", "w").close()' \
		'views.lessons(time.monotonic() + float(sys.argv[1]))' >"serve-$$.py"
	printf '%s\n' 'import time' '@profile' 'def load():' \
		'    rows = []' '    for i in range(60):' \
		'        rows.append([i] * 20000)' '        time.sleep(0.01)' \
		>app.py
	printf 'import app\napp.load()\n' >script.py
	mkdir -p service/app
	cp views.py service/app
	cp -r courses service
}

# Processes, for some seconds; longer ones where a look must find them alive.
run_processes() {
	local life=600 # longer than any block takes; stop_all ends them

	start "$python" "serve-$$.py" "$life"
	server=$!
	start env -C service "${attachable:-$python}" -c "import app.views, time
open('serving', 'w').close()
app.views.lessons(time.monotonic() + $life)"
	attached=$!
	start "gunicorn-$$" workers.py "$life"
	start "postgres-$$" "$life"
	start mprof run -q -o "$BATS_TEST_TMPDIR/marked.dat" sleep "$life"
	recorder=$!
	! grep -q 'wait-for' "$1" || start sh -c \
		"while sleep 1; do ./server-$$; done"
	soon test -s "$BATS_TEST_TMPDIR/marked.dat"
	soon test -e serving
	soon test -e working
	soon test -e service/serving
}

# Two looks at the server, unless the example has taken them.
saved() {
	[ -e b.heap ] || {
		mprof heap "$server" --save a.heap
		mprof heap "$server" --save b.heap
	}
}

# The example with our pids in place of its own, and time that passes faster. The
# recordings grow by 3 MiB/min: what checks their growth says so.
real() {
	# Others than CPython 3.14 and later refuse it.
	local refused="s/^mprof attach.*--lines.*/! & || exit 9/"
	# Here is no unit or container of that name.
	local absent='s/^mprof \(attach\|watch\).*--\(unit\|container\).*/! & || exit 9/'

	# A control group of its own takes root, or a delegated subtree.
	local scope='s/^mprof run --scope.*/! & || exit 9/'

	# MPROF_MARK belongs to the recording of a shell here, and two files are
	# called manage.py.
	local shell='s/mprof mark --heap[^;]*/! &/
		s/mprof heap [0-9]* --around.*/! & || exit 9/'

	[ -z "$attachable" ] || refused=''
	! mprof run -q --scope -o scope.dat true 2>/dev/null || scope=''
	rm -f scope.dat
	sed -e "$shell" -e "/^mprof refs .*--grown/s/^/saved \&\& /" \
		-e "/attach .*--lines/s/\b4711\b/$attached/" -e "$refused" -e "$absent" -e "$scope" -e "s/\(gunicorn\|postgres\)/\1-$$/" \
		-e "/wait-for/s/ server$/ server-$$/" \
		-e "s/mprof doctor manage.py/mprof doctor serve-$$.py/" \
		-e "s/\b4711\b/$server/g" -e "s/\b1234\b/$recorder/g" \
		-e 's/--every 30s/--every 0.3s --count 2/' \
		-e 's/sleep 3600/sleep 1/' -e 's/sleep 600/sleep 1/' \
		-e 's/^\(mprof attach.*\) -t [0-9]*[hm]\b/\1/' \
		-e 's/ --timeout 60\b//' \
		-e '/--wait-for/!s/mprof attach/& -t 2/' \
		-e "s#/data/#$PWD/data/#g" \
		-e "s#/var/lib/node_exporter#$PWD/node_exporter#" \
		-e '/^ENTRYPOINT \[/s/ENTRYPOINT \[\(.*\)\]/\1/' \
		-e '/^"mprof", /s/",/"/g' \
		-e 's/--save before.heap/&; cp before.heap after.heap/' \
		-e 's/^mprof check .*--max-growth.*/! & || exit 9/' "$1"
}

# Presses q meanwhile, which quits each view.
orders() {
	sed -e 's/#.*//' -e '/--container/d' -e '/--unit/d' "$1" |
		grep -o 'mprof watch' | while read -r _; do
		printf '%s\n' 'expect 1049h' 'expect MiB' 'pause 0.3' 'type q' \
			'expect 1049l'
	done
}

# try NAME SCRIPT: one block, on a terminal of its own
try() {
	local status=0

	prepare
	run_processes "$2"
	{
		declare -f saved
		echo "server=$server"
		real "$2"
	} >example.sh
	set -- "$1" "$2" bash -e -o pipefail -c \
		'exec 2>errors; set -x; . ./example.sh'
	if grep -q MPROF_MARK "$2"; then
		set -- "$1" "$2" mprof run -q -T 0.05 -o ../around.dat "${@:3}"
	fi
	orders "$2" | timeout 600 "$SOURCE/tests/tools/terminal" "${@:3}" \
		>screen 2>&1 || status=$?
	[ "$status" -eq 0 ] || {
		failed="$failed $1"
		echo "$1: status $status"
		cat example.sh errors screen
	} >&2
	stop_all
}

# every FILE: all of its blocks, each in a fresh directory
every() {
	local blocks=$BATS_TEST_TMPDIR/${1##*/} block count=0

	mkdir "$blocks"
	awk -f "$SOURCE/tests/tools/examples" -v to="$blocks" "$1"
	for block in "$blocks"/*; do
		[ -e "$block" ] || continue
		count=$((count + 1))
		case $block in
		*.sh) try "${1##*/}:${block##*/}" "$block" ;;
		*.dat)
			run_apart mprof peak "$block"
			same "$status:$errors" 0:
			;;
		*.py)
			"$python" -c 'import pandas' 2>/dev/null || continue
			prepare
			"$python" "$block"
			;;
		esac
	done
	echo "# $count in ${1##*/}" >&3
	same "$failed" ''
}

@test "every example of mprof(1)" {
	every "$SOURCE/man/mprof.1"
}

@test "every example of the pages of run, attach, watch and mark" {
	for name in run attach watch mark; do
		every "$SOURCE/man/mprof-$name.1"
	done
}

@test "every example of the pages of heap, refs and lines" {
	for name in heap refs lines; do
		every "$SOURCE/man/mprof-$name.1"
	done
}

@test "every example of every other page" {
	for page in "$SOURCE"/man/*.[1-9]; do
		case $page in
		*/mprof.1 | *-run.1 | *-attach.1 | *-watch.1 | *-mark.1) ;;
		*-heap.1 | *-refs.1 | *-lines.1) ;;
		*) every "$page" ;;
		esac
	done
}

@test "every example of every --help" {
	for name in $(mprof --help | sed -n 's/^    \([a-z][a-z]*\) .*/\1/p'); do
		# What it does stands behind it, after two blanks.
		mprof help "$name" | grep -E '^  (mprof|echo) ' |
			sed 's/^  //; s/   *[^ ].*$//' >"$BATS_TEST_TMPDIR/$name.sh" || continue
		try "help $name" "$BATS_TEST_TMPDIR/$name.sh"
	done
	same "$failed" ''
}

@test "README's tour, line by line" {
	every "$SOURCE/README.md"
}
