#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The line tables of @profile, beside those of memory_profiler itself.

load helper
load ../python/helper

# Once a large block was freed, glibc may keep the next ones of its size in the
# heap, and whether their memory goes back is luck. A threshold that is set
# stays: a large block is a mapping, which goes when it is freed.
own_setup() {
	export MALLOC_MMAP_THRESHOLD_=131072
}

KINDS='loop nested coroutine generator exception imported precision unicode
	increment'

@test "tables are memory_profiler's, for a script of each kind" {
	python=$(reference_python)
	[ -n "$python" ] || skip 'memory_profiler is not installed'
	for kind in $KINDS; do
		"$python" "$SCRIPTS/$kind.py" >theirs
		recorded "$python" "$SCRIPTS/$kind.py" >ours
		"$python" "$SCRIPTS/compare.py" theirs ours || {
			echo "$kind.py" >&2
			return 1
		}
	done
	echo "# beside memory_profiler of $("$python" --version)" >&3
}

@test "tables have memory_profiler's layout to the letter" {
	python=$(reference_python)
	[ -n "$python" ] || skip 'memory_profiler is not installed'
	# Figures of one width: what stays is all but the figures.
	figures='s/[0-9.-]+ MiB/MiB/g; s/ +MiB/ MiB/g'
	for kind in loop precision unicode; do
		"$python" "$SCRIPTS/$kind.py" | sed -E "$figures" >theirs
		recorded "$python" "$SCRIPTS/$kind.py" |
			sed -E "$figures" >ours
		diff theirs ours
	done
}

@test "--lines: one table a function at the end, as python -m memory_profiler" {
	python=$(reference_python)
	[ -n "$python" ] || skip 'memory_profiler is not installed'
	for kind in loop exception generator increment; do
		# In one table for several calls each line's increment is
		# against the most of an earlier call: noise adds up.
		sed '/import profile/s/.*//; /^fill(2)/d' \
			"$SCRIPTS/$kind.py" >"$kind.py"
		"$python" -m memory_profiler "$kind.py" >theirs
		mprof run -q -o run.dat --lines --python "$python" "$kind.py" \
			>ours
		"$python" "$SCRIPTS/compare.py" theirs ours
	done
}

lines_at_the_end() {
	mprof run -q -o run.dat --lines --python "$1" "$SCRIPTS/builtin.py" \
		>out
	[ "$(grep -c '^Filename: ' out)" -eq 1 ]
	# Two calls, of 3 and 4 rounds; inside() once within enable_by_count.
	grep -Eq ' 7   +kept.append\(\[i\]' out
	grep -Eq ' 1   +return \[m\]' out
	rm run.dat
}

@test "--lines: a builtin profile, and enable_by_count, on each CPython" {
	on_each_python lines_at_the_end
}

@test "--lines: a table a function for an imported profile too" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	mprof run -q -o run.dat --lines --python "$python" \
		"$SCRIPTS/imported.py" >out
	[ "$(grep -c '^Filename: ' out)" -eq 2 ]
}

# increments FILE: all of a table's, a line each
increments() {
	awk '$3 == "MiB" && $5 == "MiB" { print $4 }' "$1"
}

steps() {
	mprof run -q -o run.dat --lines --python "$1" "$SCRIPTS/calls.py" >out
	rm run.dat
	grep -Eq ' 300   +part = bytearray' out
	# 200 MiB once and 1 MiB at each other call, which the allocator may
	# keep; what stays is what the function began with.
	increments out | awk '
		NR == 1 { entry = $1; next }
		{ sum += $1 }
		$1 < -600 || $1 > 600 || NR == 2 && $1 < -5 { bad = 1 }
		END { exit bad || NR < 4 || sum < -25 || sum > 25 }' || {
		cat out >&2
		return 1
	}
}

@test "--lines: increments are the sum of a line's steps, on each CPython" {
	on_each_python steps
}

occurrences() {
	recorded "$1" "$SCRIPTS/loop.py" >out
	[ "$(grep -c '^Filename: ' out)" -eq 3 ]
	# fill(12), then fill(2): a table a call, growth where it was made.
	awk '/kept.append/ { print $6 } /part = / { print ($4 > 0) }' out |
		tr '\n' ' ' >found
	[ "$(cat found)" = '1 12 1 2 ' ]
	# A loop on one line counts its rounds on every version.
	grep -Eq ' (7|8)   +while i < 7: i \+= 1$' out
}

@test "occurrences and growth, on each CPython" {
	on_each_python occurrences
}

one_a_thread() {
	recorded "$1" "$SCRIPTS/threads.py" >out
	[ "$(grep -c '^Filename: ' out)" -eq 3 ]
	awk '/  pass$/ { print $6 }' out | sort -n | tr '\n' ' ' >found
	[ "$(cat found)" = '10 20 30 ' ]
}

@test "threads have a table each, on each CPython" {
	on_each_python one_a_thread
}

whole() {
	recorded "$1" "$SCRIPTS/$2.py" >out 2>errors
	[ "$(tail -n 1 out)" = "$3" ]
	[ ! -s errors ] || { cat errors >&2; return 1; }
}

abandoned() {
	"$1" "$SCRIPTS/abandoned.py" count >counted
	recorded "$1" "$SCRIPTS/abandoned.py" | awk '/ MiB / { print $1, $6 }' \
		>ours
	diff counted ours
}

@test "generators left midway: lines are counted as a trace function does" {
	on_each_python abandoned
}

deep() {
	whole "$1" deep 'done'
}

keeps() {
	whole "$1" keeps kept
}

@test "deep, tangled and abandoned calls, on each CPython" {
	on_each_python deep
}

@test "a decorated function is what it was, on each CPython" {
	on_each_python keeps
}

@test "stream= and an output that can't write the text" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	cat >stream.py <<-'END'
	import io
	from memory_profiler import profile
	out = io.StringIO()
	@profile(stream=out, precision=2)
	def f():
	    return 1
	f()
	print(out.getvalue().count("MiB"), out.getvalue().endswith("\n\n\n"))
	END
	[ "$(recorded "$python" stream.py)" = '4 True' ]
	PYTHONIOENCODING=ascii recorded "$python" "$SCRIPTS/unicode.py" >out
	grep -q '^Filename: ' out
	grep -q 'gr\\xfc\\xdfe' out
}

@test "code without a file has a table without text" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	printf '%s\n' 'from memory_profiler import profile' '@profile' \
		'def f():' '    x = 1' '    return x' 'f()' >program
	recorded "$python" - <program >out
	grep -q '^Filename: <stdin>' out
	[ "$(grep -c ' MiB ' out)" -eq 3 ]
}
