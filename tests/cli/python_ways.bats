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

# environment FOLDER: one whose python3 says its name
environment() {
	mkdir -p "$1/bin"
	touch "$1/pyvenv.cfg"
	printf '#!/bin/sh\necho %s "$@"\n' "$1" >"$1/bin/python3"
	chmod +x "$1/bin/python3"
}

@test "mprof runs the python of the virtual environment that it lies in" {
	environment here
	environment active
	ln -s "$(command -v mprof)" here/bin/mprof
	for words in program.py '--python program' '--lines program.py'; do
		# shellcheck disable=SC2086 # they are several
		same "$(here/bin/mprof run -q -o run.dat $words 1)" \
			"here $(echo "$words" | sed 's/.*--python/-m/
				s/--lines //') 1"
	done
	same "$(head -n 1 run.dat)" 'CMDLINE here/bin/python3 program.py 1'
	# Found through PATH, and from within its directory.
	same "$(PATH=$PWD/here/bin:$PATH mprof run -q -o run.dat program.py)" \
		'here program.py'
	same "$(cd here/bin && ./mprof run -q -o run.dat program.py)" \
		'here program.py'
	# It comes before the active one, as its own python would.
	export VIRTUAL_ENV=$PWD/active
	same "$(here/bin/mprof run -q -o run.dat program.py)" 'here program.py'
	# A link that lies elsewhere leaves the active one its place.
	mkdir -p tool/bin bin
	cp -L "$SOURCE/mprof" here/bin/mprof.real
	mv here/bin/mprof.real here/bin/mprof
	ln -s ../here/bin/mprof bin/mprof
	same "$(bin/mprof run -q -o run.dat program.py)" 'active program.py'
	unset VIRTUAL_ENV
	[ -n "${VALGRIND:-}" ] ||
		same "$(bin/mprof run -q -o run.dat program.py)" 'here program.py'
	# Without pyvenv.cfg it is a directory of programs.
	rm here/pyvenv.cfg
	[[ $(here/bin/mprof run -q -o run.dat program.py) != here* ]]
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

@test "a module, -c, standard input and a directory, on each CPython" {
	on_each_python ways
}

# packages: pkg, ns/inner, whose modules import each other, and a plain
# directory
packages() {
	mkdir -p pkg ns/inner flat
	touch pkg/__init__.py ns/inner/__init__.py
	cp program.py flat/other.py
	echo 'import other' >flat/__main__.py
	for folder in pkg ns/inner; do
		cp program.py $folder/other.py
		printf '%s\n' 'from . import other' 'import sys' \
			'print(__package__, *sys.argv[1:])' >$folder/__main__.py
	done
}

# runs_package OPTION WORD: it ran as the module of its path, with the agent
runs_package() {
	rm -f run.dat
	here/bin/mprof run -q -o run.dat "$1" "$2" -x >out
	head -n 1 out | grep -qx 'ran -x'
	grep -q '^FUNC .*\.other\.f ' run.dat
	tr / . <<<"${2%/} -x" | grep -qxFf - out
	[ "$1" = --python ] || grep -q '^Filename: ' out
}

in_here() {
	mkdir -p here/bin
	touch here/pyvenv.cfg
	ln -sf "$(command -v mprof)" here/bin/mprof
	printf '#!/bin/sh\nexec %s "$@"\n' "$1" >here/bin/python3
	chmod +x here/bin/python3
}

@test "a package is run as a module, on each CPython" {
	packages
	each() {
		in_here "$1"
		runs_package --python pkg
		runs_package --lines ns/inner
	}
	on_each_python each
}

@test "a package by its module's name, with a slash, or as a directory" {
	in_here "$(known_pythons | head -n 1)"
	packages
	runs_package --python pkg/
	runs_package --python ns.inner
	runs_package --lines ns/inner/
	# A path that is no module's name is a directory, as for python3 itself.
	for words in ./flat "$PWD/flat"; do
		same "$(here/bin/mprof run -q -o run.dat --python "$words")" ran
	done
	# Its name may be that of an interpreter or of a program.
	for name in python_pkg test; do
		mkdir $name
		touch $name/__init__.py
		echo 'print(__spec__.name)' >$name/__main__.py
		same "$(here/bin/mprof run -q -o run.dat --python $name)" \
			"$name.__main__"
	done
	rm test/__main__.py
	here/bin/mprof run -q -o run.dat --python test 1
	mkdir nothing
	run_apart here/bin/mprof run -q -o run.dat --python nothing
	[[ $errors == *"No module named nothing.__main__"* ]]
}

@test "packages run as memory_profiler's mprof runs them" {
	python=$(reference_python)
	[ -n "$python" ] || skip 'memory_profiler is not installed'
	packages
	in_here "$python"
	for name in pkg ns.inner pkg.other; do
		PYTHONUNBUFFERED=1 "$python" -m mprof run -o theirs.dat --python $name -x |
			tail -n +4 >theirs
		here/bin/mprof run -q -o ours.dat --python $name -x >ours
		diff theirs ours
		diff <(grep -o '^FUNC [^ ]*' theirs.dat) \
			<(grep -o '^FUNC [^ ]*' ours.dat)
		rm theirs.dat ours.dat
	done
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
# before 3.8, free-threaded builds where PYTHON_GIL=0 stands.
other_pythons() {
	free_threaded_pythons
	described_pythons | sed -n -e 's/^\([^ ]*\) no: a free-threaded .*/\1/p' \
		-e 's/^\([^ ]*\) no: CPython 3\.[67]\..*/\1/p'
	command -v pypy3
	ls "${PYENV_ROOT:-$HOME/.pyenv}"/versions/2*/bin/python 2>/dev/null
	return 0
}

@test "another Python runs with a profile that records nothing, and says so" {
	tried=
	export PYTHON_GIL=0
	for python in $(other_pythons); do
		tried+=" $python"
		for path in '' /a:/b; do
			[ -z "$path" ] || export PYTHONPATH=$path
			recorded "$python" "$SCRIPTS/inert.py" >out 2>errors
			unset PYTHONPATH
			same "$(cat out)" "ran 1 ${path:-None}"
			[ "$(wc -l <errors)" -eq 1 ]
			grep -q '^mprof: @profile: records nothing here: ' errors
			lacks '^FUNC' <run.dat
		done
	done
	[ -n "$tried" ] || skip 'every Python here is one that the agent knows'
	echo "# in$tried" >&3
}

@test "a build without the GIL: profile alone records nothing, an import all" {
	printf '%s\n' 'import sys' '@profile' 'def bare():' '    return 1' \
		'bare()' 'print(sys._is_gil_enabled())' \
		'from memory_profiler import memory_usage, profile' '@profile' \
		'def imported():' '    return memory_usage(-1)' 'imported()' \
		'print(sys._is_gil_enabled())' >program.py
	tried=
	for python in $(free_threaded_pythons); do
		tried=yes
		recorded "$python" program.py >out 2>errors
		same "$(grep -c 'records nothing here: .*GIL is off' errors)" 1
		grep -q 'RuntimeWarning: The global interpreter lock' errors
		same "$(grep -e False -e True out | xargs)" 'False True'
		grep -q '^ .* MiB .* return memory_usage(-1)$' out
		same "$(grep '^FUNC' run.dat | cut -d ' ' -f 2)" \
			__main__.imported
		PYTHON_GIL=1 recorded "$python" program.py >out 2>errors
		same "$(cat errors)" ''
		same "$(grep -c '^FUNC' run.dat)" 2
	done
	[ -n "$tried" ] || skip 'no build without the GIL'
}

@test "another Python that is told to ignore what mprof adds: a line says so" {
	tried=
	for python in $(other_pythons); do
		! "$python" -c 'import sys
sys.exit("free-threading" not in sys.version)' || continue
		tried=yes
		for options in -I -S -E '-BS' '-W ignore -E' '-Wignore -I'; do
			[ "${python/2.7/}" = "$python" ] ||
				[ "${options/-I/}" = "$options" ] || continue
			# shellcheck disable=SC2086 # they are words
			recorded "$python" $options -c 1 2>errors
			same "$(grep -c '^mprof: @profile: is not defined' errors)" 1
		done
		recorded "$python" -c 'import sys; sys.argv' -I -S 2>errors
		lacks 'is not defined' <errors
		recorded "$python" -W ignore "$SCRIPTS/inert.py" -S 2>errors
		lacks 'is not defined' <errors
	done
	[ -n "$tried" ] || skip 'every Python here is one that the agent knows'
}

@test "another Python's own sitecustomize and package are as without mprof" {
	mkdir folder
	echo 'print("customized")' >folder/sitecustomize.py
	echo 'def profile(func): print("package"); return func' \
		>folder/memory_profiler.py
	echo 'from memory_profiler import profile as p; p(len)' >program.py
	tried=
	export PYTHON_GIL=0
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
		lacks 'loaded the agent' <errors
	done
	mprof run -o run.dat true 2>errors
	lacks 'loaded the agent' <errors
	same "$(ls "$TMPDIR")" ''
}

@test "a bare @profile that --python was not given for: a line says so" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	mkdir pkg
	cp program.py pkg/mod.py
	for words in 'pkg.mod' pkg/mod.py; do
		run_apart mprof run -o run.dat "$python" \
			$([ $words = pkg.mod ] && echo -m) $words
		[ "$status" -eq 1 ]
		same "$(grep -n 'NameError\|--python' <<<"$errors" |
			sed 's/.*\(NameError\|--python\).*/\1/' | xargs)" \
			'NameError --python'
		[[ $errors == *"mprof: pkg/mod.py: uses @profile"* ]]
	done
	# Not with the agent, not for another error, not where it is found.
	mprof run -o run.dat --python "$python" -m pkg.mod 2>errors
	lacks 'uses @profile' <errors
	run_apart mprof run -q -o run.dat "$python" -m pkg.mod
	[[ $errors != *'uses @profile'* ]]
	printf 'def profile(f): 1 / 0\n' | cat - program.py >own.py
	run_apart mprof run -o run.dat "$python" own.py
	[ "$status" -eq 1 ]
	[[ $errors == *ZeroDivisionError* && $errors != *'uses @profile'* ]]
	sed '1s/.*/import sys; sys.exit(3)/' program.py >three.py
	run_apart mprof run -o run.dat "$python" three.py
	[ "$status" -eq 3 ]
	[[ $errors != *'uses @profile'* ]]
}
