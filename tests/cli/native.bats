#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mprof run --native and mprof lines --native: one chain from the line of Python
# to the C function that allocated. Buffers are of 40 periods or more: that one of
# them is not sampled happens once in exp(40) runs.
# shellcheck disable=SC2030,SC2031,SC2154 # need_module sets $python of a test, run_apart $errors
load helper
load ../python/helper

own_setup() {
	export MPROF_ALLOCATION_PERIOD=262144
}

# below LINE [FILE]: the chains below a line of app.py that hold most, "MIB CHAIN"
below() {
	mprof lines --native --json "${2:-run.dat}" |
		jq -r --argjson line "$1" '
		.rows[] | select((.file | test("(^|/)app.py$")) and
		.line == $line) | "\(.held_mib | round) \(.below)"' | head -n 1
}

# app.py keeps its memory until three more samples of it are in the recording
# that its last word names.
keep() {
	cat >>app.py <<-'END'
	import sys, time
	def samples():
	    with open(sys.argv[-1]) as recording:
	        return recording.read().count("\nMEM ")
	enough = samples() + 3
	while samples() < enough:
	    time.sleep(0.02)
	END
}

# A library of C, of which Python calls the outer function.
library() {
	cat >make.c <<-'END'
	#include <stdlib.h>
	#include <string.h>
	__attribute__((noipa)) static void *inner_make(size_t size)
	{
		return memset(malloc(size), 1, size);
	}
	__attribute__((noipa)) void *outer_make(size_t size)
	{
		char *made = inner_make(size);
		return made + (made[0] == 2);
	}
	END
	${CC:-cc} -O2 -shared -fPIC -o libmake.so make.c
}

chain() {
	mprof run -q --stacks -o run.dat "$1" -S app.py run.dat
	[[ $(below 6) == '20 '*' > libmake … > inner_make' ]]
	mprof lines --native run.dat >out
	grep -Eq 'app\.py:6 \(load\) > .*libmake … > inner_make  return' out
	same "$(mprof lines --json run.dat |
		jq -r '.rows[0] | .function, has("below")' | xargs)" \
		'inner_make false'
}

@test "a library of C below a line of Python" {
	library
	printf '%s\n' 'import ctypes' 'lib = ctypes.CDLL("./libmake.so")' \
		'lib.outer_make.restype = ctypes.c_void_p' \
		'lib.outer_make.argtypes = [ctypes.c_size_t]' 'def load():' \
		'    return lib.outer_make(20 << 20)' 'kept = load()' >app.py
	keep
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	chain "$python"
}

objects() {
	mprof run -q --native -o run.dat "$1" -S app.py run.dat
	# A function of the interpreter's, by its name or by its place.
	[[ $(below 1) =~ ^[0-9]+\ [A-Za-z_0-9.]+(\+0x[0-9a-f]+)?$ ]]
	[[ $(below 1) != *null ]]
	mprof run -q --stacks -o plain.dat "$1" -S app.py plain.dat
	[[ $(below 1 plain.dat) == *' null' ]]
}

# Debian's 3.14 has the function that runs Python's in two parts, of which one is
# without a symbol: no frame outside of it is in the chain either.
@test "what Python's own allocators give has C's frames with --native alone" {
	echo 'kept = [(i,) for i in range(200000)]' >app.py
	keep
	on_each_python objects
}

@test "the buffers of numpy, pandas and Pillow: one chain each" {
	# shellcheck disable=SC2046  # an interpreter a word
	need_module pandas $(pythons)
	"$python" -c 'import PIL.Image, numpy' || skip 'no Pillow'
	cat >app.py <<-'END'
	import numpy, pandas
	from PIL import Image
	def load():
	    return numpy.ones(1 << 23)
	def frame(values):
	    return pandas.DataFrame({"a": values}).copy()
	def picture():
	    return Image.new("L", (8192, 8192))
	kept = [load(), picture()]
	kept.append(frame(kept[0]))
	END
	keep
	# Imports get few samples, so that all that are taken are recorded.
	MPROF_ALLOCATION_PERIOD=1048576 \
		mprof run -q --stacks -o run.dat "$python" app.py run.dat
	mprof lines --native run.dat
	[[ $(below 4) == '64 numpy … > '* ]]
	[[ $(below 6) == *' pandas > numpy … > '* ]]
	[[ $(below 8) == '64 PIL … > '* ]]
}

@test "chains of two recordings are compared, and what has none is refused" {
	library
	printf '%s\n' 'import ctypes, sys' 'lib = ctypes.CDLL("./libmake.so")' \
		'lib.outer_make(ctypes.c_size_t(int(sys.argv[1]) << 20))' >app.py
	keep
	for size in 10 30; do
		mprof run -q --stacks -o $size.dat /usr/bin/python3 app.py $size $size.dat
	done
	mprof lines --native --diff --json 10.dat 30.dat |
		jq -e '.rows[0] | .line == 3 and (.change_mib | round) == 20 and
			(.below | endswith("libmake … > inner_make"))'
	mprof lines --native --diff 10.dat 30.dat | grep -q 'libmake … > inner_make'
	for words in --leaf '--flame -o a.svg' '--source app.py' '--by process'; do
		# shellcheck disable=SC2086 # several words
		run_apart mprof lines --native $words 10.dat
		[ "$status" -eq 2 ]
		[[ $errors == *'--native has no '* ]]
	done
	run_apart mprof attach --native $$
	[ "$status" -eq 2 ]
	[[ $errors == *'--native: is for programs that mprof starts'* ]]
}
