#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The module memory_profiler, all of it: below mprof run and from a file, beside
# the package of that name.

load helper
load ../python/helper

# A large block is a mapping: its memory comes and goes with it.
own_setup() {
	export MALLOC_MMAP_THRESHOLD_=131072
	FILES=$SOURCE/build/python
	printf '%s\n' 'import sys' '@profile' 'def f():' \
		'    a = [1] * 300000' '    return 1' 'f()' \
		'print("ran", *sys.argv[1:])' >program.py
}

# With the module from its file, as where nothing is recorded.
by_file() {
	PYTHONPATH=$FILES "$@"
}

# The oldest and the newest whose path tells: each of them costs.
on_two_pythons() {
	local python

	for python in $(known_pythons | sed -n 's|.*\(3\.[0-9]*\).*|\1 &|p' |
		sort -V | cut -d ' ' -f 2 | sed -n '1p;$p'); do
		echo "with $python" >&2
		"$@" "$python"
	done
	[ -n "$python" ] || skip 'no CPython here whose path tells its version'
}

# Figures of one width: what stays is all but the figures.
shape() {
	sed -E 's/[0-9.-]+ MiB/MiB/g; s/ +MiB/ MiB/g; s/[0-9]+\.[0-9]+/N/g
		s/0x[0-9a-f]+/N/g'
}

checks() {
	recorded "$1" "$SCRIPTS/module.py" >ours
	same "$(wc -l <ours)" "$(grep -c '^def check_' "$SCRIPTS/module.py")"
}

@test "what programs import, on each CPython" {
	on_each_python checks
}

@test "the same on a build without the GIL, which an import switches on" {
	tried=
	# Memory that is freed goes back to the system at once.
	export MIMALLOC_PURGE_DELAY=0
	for python in $(free_threaded_pythons); do
		tried=yes
		recorded "$python" -W ignore "$SCRIPTS/module.py" >ours
		same "$(wc -l <ours)" "$(grep -c '^def check_' \
			"$SCRIPTS/module.py")"
		by_file "$python" -W ignore "$SCRIPTS/module.py" >alone
		diff ours alone
		same "$(by_file "$python" -W ignore \
			"$SCRIPTS/threads_forks.py")" whole
		PYTHON_GIL=0 by_file "$python" -c 'import memory_profiler' \
			2>errors && false
		grep -q 'ImportError: .* GIL, which PYTHON_GIL=0' errors
	done
	[ -n "$tried" ] || skip 'no build without the GIL'
}

@test "the same from a file, and memory_profiler's own answers" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	by_file "$python" "$SCRIPTS/module.py" >ours
	same "$(wc -l <ours)" "$(grep -c '^def check_' "$SCRIPTS/module.py")"
	python=$(reference_python)
	[ -n "$python" ] || skip 'memory_profiler is not installed'
	"$python" "$SCRIPTS/module.py" >theirs
	diff theirs ours
}

@test "every name, method, argument and attribute of memory_profiler's is there" {
	python=$(reference_python)
	[ -n "$python" ] || skip 'memory_profiler is not installed'
	"$python" "$SCRIPTS/api.py" | sort >theirs
	grep -q '^CodeMap.trace takes .* lineno' theirs
	same "$(by_file "$python" "$SCRIPTS/api.py" | sort | comm -23 theirs -)" ''
}

threads_forks() {
	same "$(by_file "$1" "$SCRIPTS/threads_forks.py")" whole
}

@test "memory_usage of what forks, has threads or recurs" {
	on_two_pythons threads_forks
}

as_main() {
	recorded "$1" -m memory_profiler program.py -x 'y z' >ours
	[ "$(head -n 1 ours)" = 'ran -x y z' ]
	[ "$(grep -c '^ .* MiB ' ours)" -eq 3 ]
	by_file "$1" -m memory_profiler program.py -x 'y z' >alone
	diff <(shape <alone) <(shape <ours)
}

@test "python -m memory_profiler, recorded and not" {
	on_two_pythons as_main
}

@test "python -m memory_profiler has memory_profiler's output and exit status" {
	python=$(reference_python)
	[ -n "$python" ] || skip 'memory_profiler is not installed'
	mkdir pkg && touch pkg/__init__.py && cp program.py pkg/mod.py
	echo 'import sys; sys.exit(5)' >exits.py
	for words in program.py '--precision 5 program.py 1' \
		'--timestamp program.py' '-o file program.py' \
		'--backend psutil_uss program.py' '' nothing.py exits.py; do
		rm -f file
		# memory_profiler itself uses what is deprecated since 3.14.
		# shellcheck disable=SC2086 # they are several
		"$python" -W ignore -m memory_profiler $words >theirs 2>&1 && status=0 ||
			status=$?
		[ ! -e file ] || cat file >>theirs
		rm -f file
		# shellcheck disable=SC2086
		by_file "$python" -m memory_profiler $words >ours 2>&1 &&
			same $status 0 || same $? $status
		[ ! -e file ] || cat file >>ours
		diff <(shape <theirs) <(shape <ours)
	done
	by_file "$python" -m memory_profiler pkg.mod 1 >ours
	grep -q '^ran 1$' ours
	grep -q '^ .* 300000$' ours
}

@test "python -m memory_profiler --pdb-mmem steps into the debugger" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	printf 'p 6 * 7\nc\n' | by_file "$python" -m memory_profiler \
		--pdb-mmem 1 program.py >out
	grep -q 'exceeded the maximum of 1.00 MiB' out
	grep -q '42$' out
	by_file "$python" -m memory_profiler --pdb-mmem 1e6 program.py \
		</dev/null >out
	same "$(cat out)" ran
}

read_recording() {
	printf '%s\n' 'CMDLINE python a b' 'MEM 1.500000 10.1000' \
		'FUNC a.f 1.0000 10.0500 2.0000 10.1500 0' \
		'FUNC a.f 2.0000 10.1600 3.0000 10.1700 1' \
		'CHLD 17 0.500000 10.1000' 'MEM 2.500000 10.2000' \
		'CALL;name=a;end=10.2 1 2' 'MARK a 1.0 2.0' >given.dat
	cat >read.py <<-'END'
	import mprof
	found = mprof.read_mprofile_file("given.dat")
	print(sorted((k, v) for k, v in found.items() if k != "children"))
	print(found["children"]["17"], found["children"]["18"])
	open("empty.dat", "w").write("\n")
	try:
	    mprof.read_mprofile_file("empty.dat")
	except ValueError as error:
	    print(error)
	END
	"$@" read.py
}

@test "mprof.read_mprofile_file gives what memory_profiler's gives" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	by_file read_recording "$python" >ours
	grep -q "'func_timestamp', {'a.f': \[\[10.05, 10.15, 1.0, 2.0, 0\]" ours
	diff ours <(read_recording recorded "$python")
	python=$(reference_python)
	[ -n "$python" ] || skip 'memory_profiler is not installed'
	diff <(read_recording "$python") ours
}

@test "python -m mprof is the program" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	recording a.dat
	# The agent is preloaded into mprof, which may have a sanitizer.
	export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0
	for way in by_file recorded; do
		$way "$python" -m mprof peak a.dat >out
		same "$(cat out)" "$(mprof peak a.dat)"
		$way "$python" -m mprof peak no.dat 2>/dev/null && return 1
	done
	# memory_profiler's own mprof on PATH is no program.
	mkdir first && printf '#!/bin/sh\necho theirs\n' >first/mprof
	chmod +x first/mprof
	PATH=$PWD/first:$PATH by_file "$python" -m mprof peak a.dat >out
	same "$(cat out)" "$(mprof peak a.dat)"
}

own_modules() {
	for way in '' recorded; do
		for name in memory_profiler mprof; do
			mkdir -p folder/$name
			echo 'kind = "folder"' >folder/$name/__init__.py
			echo 'kind = "file"' >file/$name.py
		done
		for kind in file folder; do
			cat >$kind/use.py <<-'END'
			import memory_profiler, mprof
			print(memory_profiler.kind, mprof.kind)
			END
			$way "$1" $kind/use.py >out
			same "$(cat out)" "$kind $kind"
		done
		(cd file && rm -f all.zip && "$1" -m zipfile -c all.zip \
			memory_profiler.py mprof.py use.py)
		PYTHONPATH=file/all.zip $way "$1" -m use >out
		same "$(cat out)" 'file file'
	done
	# Marks of calls don't need the name memory_profiler.
	echo '@profile' >>file/use.py
	printf 'def f():\n    return memory_profiler.kind\nf()\n' >>file/use.py
	recorded "$1" file/use.py >out
	same "$(cat out)" 'file file'
	same "$(grep -c '^FUNC __main__.f ' run.dat)" 1
	echo 'raise KeyError("own")' >file/memory_profiler.py
	recorded "$1" file/use.py 2>&1 | tail -n 1 >out
	same "$(cat out)" "KeyError: 'own'"
}

@test "a program's own memory_profiler and mprof stay its own" {
	mkdir file
	on_two_pythons own_modules
}

isolated() {
	for words in -I -S '-E -s' -P; do
		# shellcheck disable=SC2086 # they are several
		"$1" $words -c 1 2>/dev/null || continue
		# shellcheck disable=SC2086
		recorded "$1" $words -c 'import mprof
from memory_profiler import memory_usage as u
print(u()[0] > 1, mprof.read_mprofile_file.__module__)' >out
		same "$(cat out)" 'True mprof'
	done
	PYTHONSAFEPATH=1 by_file "$1" -c 'import memory_profiler as m, mprof
print(m.memory_usage(max_usage=True) > 1, m.__file__, mprof.__file__)' >out
	same "$(cat out)" "True $FILES/memory_profiler/__init__.py $FILES/mprof.py"
}

@test "-I, -S, -P and PYTHONSAFEPATH" {
	on_two_pythons isolated
}

@test "a directory without the agent, and another Python: an ImportError says so" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	mkdir -p lone && cp -r "$FILES/memory_profiler" lone
	PYTHONPATH=lone "$python" -c 'import memory_profiler' 2>&1 |
		grep -q "^ImportError: mprof's memory_profiler: no memory_prof"
	command -v pypy3 || skip 'no PyPy here'
	by_file pypy3 -c 'import memory_profiler' 2>&1 |
		grep -q '^ImportError: '
}

# A shell of IPython's without a terminal.
@test "IPython's magics, beside memory_profiler's" {
	python=$(known_pythons | head -n 1)
	"$python" -c 'import IPython' 2>/dev/null || skip 'no IPython here'
	by_file "$python" "$SCRIPTS/magics.py" peaks >ours
	same "$(tail -n 1 ours)" whole
	python=$(reference_python)
	[ -n "$python" ] || skip 'memory_profiler is not installed'
	old_modules "$python"
	PYTHONPATH=$PWD/old "$python" -W ignore "$SCRIPTS/magics.py" >theirs
	diff <(shape <theirs) <(shape <ours)
}
