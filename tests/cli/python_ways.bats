#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Every way in which Python starts, with the agent in it: none breaks.

load helper
load ../python/helper

own_setup() {
	printf '%s\n' 'import sys' '@profile' 'def f():' '    return 1' \
		'f()' 'print("ran", *sys.argv[1:])' >program.py
}

marked() {
	[ "$(grep -c '^FUNC __main__\.f ' run.dat)" -eq "${1:-1}" ]
}

@test "script.py runs under python3 with its words, --nopython runs it itself" {
	command -v python3 || skip 'no python3'
	[ "$(mprof run -q -o run.dat program.py -x 'a b')" = 'ran -x a b' ]
	marked
	printf '#!/bin/sh\necho shell "$1"\n' >shell.py
	chmod +x shell.py
	[ "$(mprof run -q -o sh.dat --nopython ./shell.py 1)" = 'shell 1' ]
}

@test "the active virtual environment's python runs a script" {
	mkdir -p env/bin
	printf '#!/bin/sh\necho its "$@"\n' >env/bin/python3
	chmod +x env/bin/python3
	[ "$(VIRTUAL_ENV=$PWD/env mprof run -q -o run.dat program.py 1)" = \
		'its program.py 1' ]
}

# The status counts as well: an interpreter may abort behind its last line.
flags() {
	for words in -I '-E -S -s -O' '-X dev'; do
		# shellcheck disable=SC2086 # they are several
		recorded "$1" -W ignore $words program.py >out 2>errors ||
			return 1
		[ "$(cat out)" = ran ] && [ ! -s errors ] && marked || return 1
		# shellcheck disable=SC2086
		recorded "$1" -W ignore $words \
			-c 'from memory_profiler import profile' || return 1
	done
	PYTHONMALLOC=debug recorded "$1" program.py >out
}

@test "python -I, -E, -S and others, on each CPython" {
	on_each_python flags
}

ways() {
	[ "$(recorded "$1" -m program)" = ran ] && marked
	[ "$(recorded "$1" -c "$(cat program.py)")" = ran ] && marked
	[ "$(recorded "$1" - <program.py)" = ran ] && marked
	mkdir -p folder && cp program.py folder/__main__.py
	[ "$(recorded "$1" folder)" = ran ] && marked
}

@test "a module, -c, standard input and a folder, on each CPython" {
	on_each_python ways
}

in_environment() {
	rm -rf env
	"$1" -m venv --without-pip env
	[ "$(recorded env/bin/python program.py)" = ran ]
	marked
	recorded env/bin/python -c 'import sys
from memory_profiler import profile
assert sys.prefix != sys.base_prefix'
}

@test "a virtual environment with nothing installed, on each CPython" {
	python=$(known_pythons | head -n 1)
	"$python" -c 'import venv, ensurepip' 2>/dev/null ||
		"$python" -m venv --without-pip probe || skip 'no venv module'
	on_each_python in_environment
}

@test "Python inside a shell script, beside programs that are none" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	cat >script.sh <<-END
	#!/bin/sh
	ls / >/dev/null
	$python program.py 1 | cat
	$python program.py 2
	END
	chmod +x script.sh
	run_apart recorded ./script.sh
	same "$output" "$(printf 'ran 1\nran 2')"
	same "$errors" ''
	marked 2
}

@test "the environment of a program that is not Python's is left alone" {
	others() {
		grep -Ev '^(MPROF_|_=)' | sort
	}
	env | others >before
	mprof run -q -o run.dat env | others >after
	diff before after
	# With --python it may be about to start one.
	mprof run -q -o python.dat --python env | others >after
	same "$(diff before after | grep '^[<>]' | cut -d = -f 1)" \
		'> LD_PRELOAD'
}

@test "a program of another libc runs too" {
	command -v musl-gcc || skip 'no musl-gcc'
	printf '#include <stdio.h>\nint main(void) { puts("ran"); }\n' >one.c
	musl-gcc -o one one.c
	run_apart mprof run -q -o run.dat --python ./one
	same "$output" ran
	same "$errors" ''
}

nothing_added() {
	cat >look.py <<-'END'
	import os, sys
	print(sys.path[1:], len(sys.meta_path), "memory_profiler" in sys.modules)
	print(sorted(os.listdir("/proc/self/fd")), sys.gettrace(), sys.flags)
	print("inspect" in sys.modules, "functools" in sys.modules)
	END
	"$1" look.py >before
	recorded "$1" look.py >after
	diff before after
}

@test "a program that does not use profile sees nothing, on each CPython" {
	on_each_python nothing_added
}

steps_aside() {
	recorded "$1" "$SCRIPTS/tracer.py" >out 2>errors
	if "$1" -c 'import sys; sys.exit(sys.version_info < (3, 12))'; then
		# sys.monitoring is beside a trace function, not in its place.
		[ "$(grep -c '^Filename: .*tracer.py' out)" -eq 4 ]
		[ ! -s errors ]
	else
		[ "$(grep -c '^mprof: sys.settrace: ' errors)" -eq 1 ]
	fi
	[ "$(grep -c '^FUNC ' run.dat)" -eq 4 ]
}

@test "a program's own trace function stays, on each CPython" {
	on_each_python steps_aside
}

missing_named() {
	recorded "$1" "$SCRIPTS/package.py" >out
	if "$1" -c 'import memory_profiler' 2>/dev/null; then
		same "$(cat out)" 'memory_usage True'
	else
		grep -q '^memory_profiler.memory_usage: .*install the package' \
			out
	fi
}

@test "the rest of memory_profiler is the package's, or named as missing" {
	on_each_python missing_named
}

@test "python -m memory_profiler is the package's, as without mprof" {
	python=$(reference_python)
	[ -n "$python" ] || skip 'memory_profiler is not installed'
	recorded "$python" -m memory_profiler program.py >out
	grep -q '^ran$' out
	grep -q '^Filename: program.py' out
}

apart() {
	recorded "$1" "$SCRIPTS/subinterpreter.py" >out
	[ "$(tail -n 1 out)" = 'done' ]
}

@test "subinterpreters run, and do no harm, on each CPython" {
	on_each_python apart
}

pooled() {
	"$1" -c 'from concurrent.futures import InterpreterPoolExecutor' \
		2>/dev/null || return 0
	recorded "$1" "$SCRIPTS/pool.py" >out 2>errors
	same "$(cat out errors)" "$(printf '0 2 4 6\n%.0s' 1 2 3)"
}

@test "decorated functions go through a pool of interpreters, where one is" {
	on_each_python pooled
}

# Interpreters that the agent can't work in: others than CPython, CPython
# before 3.8, free-threaded builds.
other_pythons() {
	described_pythons | sed -n -e 's/^\([^ ]*\) no: a free-threaded .*/\1/p' \
		-e 's/^\([^ ]*\) no: CPython 3\.[67]\..*/\1/p'
	command -v pypy3
	ls "${PYENV_ROOT:-$HOME/.pyenv}"/versions/2*/bin/python 2>/dev/null
	return 0
}

@test "another Python runs with a profile that records nothing, and says so" {
	tried=
	for python in $(other_pythons); do
		tried+=" $python"
		for path in '' /a:/b; do
			[ -z "$path" ] || export PYTHONPATH=$path
			recorded "$python" "$SCRIPTS/inert.py" >out 2>errors
			unset PYTHONPATH
			same "$(cat out)" "ran 1 ${path:-None}"
			[ "$(wc -l <errors)" -eq 1 ]
			grep -q '^mprof: @profile: records nothing here: ' errors
			lacks '^FUNC' run.dat
		done
	done
	[ -n "$tried" ] || skip 'every Python here is one that the agent knows'
	echo "# in$tried" >&3
}

@test "another Python's own sitecustomize and package are as without mprof" {
	mkdir folder
	echo 'print("customized")' >folder/sitecustomize.py
	echo 'def profile(func): print("package"); return func' \
		>folder/memory_profiler.py
	echo 'from memory_profiler import profile as p; p(len)' >program.py
	tried=
	for python in $(other_pythons); do
		tried=yes
		PYTHONPATH=$PWD/folder recorded "$python" program.py >out \
			2>errors
		same "$(cat out errors)" "$(printf 'customized\npackage')"
	done
	[ -n "$tried" ] || skip 'every Python here is one that the agent knows'
}

@test "a module on PYTHONPATH by hand, without mprof run" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	mkdir by-hand && cp "$SOURCE/build/memory_profiler.so" by-hand/
	PYTHONPATH=by-hand "$python" "$SCRIPTS/increment.py" >out
	[ "$(grep -c '^Filename: ' out)" -eq 2 ]
	[ ! -e run.dat ]
}

@test "no process that loaded the agent: a line says so" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	for option in --lines --python; do
		for words in true "env -i $python -c 1"; do
			# shellcheck disable=SC2086 # they are words
			mprof run -o run.dat $option $words 2>errors
			same "$(grep -c 'known to have loaded the agent' errors)" 1
		done
		mprof run -o run.dat $option "$python" -c 1 2>errors
		lacks 'loaded the agent' errors
	done
	mprof run -o run.dat true 2>errors
	lacks 'loaded the agent' errors
	same "$(ls "$TMPDIR")" ''
}
