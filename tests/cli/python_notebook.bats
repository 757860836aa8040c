#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The module memory_profiler in a notebook's kernel, and in any program that
# runs before mprof attach records it.
load helper
load ../python/helper

own_setup() {
	FILES=$SOURCE/build/python
	export JUPYTER_PLATFORM_DIRS=1 PYTHONWARNINGS=ignore HOME=$PWD
	export IPYTHONDIR=$PWD/ipython JUPYTER_RUNTIME_DIR=$PWD/runtime
}

# Whatever failed, a program that waits for the file ends.
teardown() {
	touch end
}

needs_notebook() {
	/usr/bin/python3 -c 'import nbclient, ipykernel' 2>/dev/null ||
		skip 'no nbclient or no ipykernel'
}

# Figures of one width: what stays is all but the figures.
shape() {
	sed -E 's/[0-9.-]+ MiB/MiB/g; s/ +MiB/ MiB/g'
}

@test "a notebook's magics: %memit's peak, %mprun's table, as memory_profiler's" {
	needs_notebook
	printf '%s\n' 'def grow(n):' '    a = [0] * n' '    return len(a)' \
		>grown.py
	cat >cells <<-'END'
	%load_ext memory_profiler
	---
	import sys
	sys.path.insert(0, ".")
	from grown import grow
	---
	%memit grow(5000000)
	---
	%%memit size = 5000000
	grow(size)
	---
	%mprun -f grow grow(5000000)
	---
	%%mprun -T table.txt -f grow size = 5000000
	grow(size)
	---
	%mprun -f nothing_of_that_name 1
	END
	PYTHONPATH=$FILES /usr/bin/python3 "$SCRIPTS/notebook.py" <cells >ours
	same "$(grep -c '^peak memory: [0-9.]* MiB, increment: 3[78]\.[0-9]* MiB$' \
		ours)" 2
	same "$(grep -cE '^ +2 .* 3[78]\.[0-9] MiB +1   +a = \[0\] \* n$' \
		ours)" 2
	grep -q '\[0\] \* n' table.txt
	/usr/bin/python3 -c 'import memory_profiler' 2>/dev/null || return 0
	old_modules /usr/bin/python3
	PYTHONPATH=$PWD/old /usr/bin/python3 "$SCRIPTS/notebook.py" <cells >theirs
	diff <(shape <theirs) <(shape <ours)
}

@test "the table of a function from a cell names the cell by its number" {
	needs_notebook
	cat >cells <<-'END'
	from memory_profiler import profile
	---
	@profile
	def load():
	    return bytes(30 << 20)
	def other():
	    return bytes(20 << 20)
	---
	len(load())
	---
	len(profile(other)())
	END
	PYTHONPATH=$FILES /usr/bin/python3 "$SCRIPTS/notebook.py" <cells >out
	same "$(grep '^Filename: ' out)" $'Filename: In [2]\nFilename: In [2]'
	grep -Eq '^ +3 .* 1   +    return bytes\(30 << 20\)$' out
	grep -Eq '^ +5 .* 1   +    return bytes\(20 << 20\)$' out
}

# Lines of Python. Memory is highest while they wait, and what the cells hold is
# still held then: as the program ends it would be freed, without a fall.
highest=('import time' 'more = b"x" * (40 << 20)'
	'samples = lambda: open("run.dat").read().count("\nMEM ")'
	'enough = samples() + 3' 'while samples() < enough: time.sleep(0.02)'
	'' 'del more')

@test "a cell of IPython is named by its number in mprof lines" {
	/usr/bin/python3 -c 'import IPython' 2>/dev/null || skip 'no IPython'
	printf '%s\n' 'def load():' '    kept.append(bytes(30 << 20))' '' \
		'kept = []; load()' 'kept.append(bytearray(20 << 20))' \
		"${highest[@]}" >cells
	MPROF_ALLOCATION_PERIOD=1048576 mprof run -q --stacks -o run.dat \
		/usr/bin/python3 -m IPython --no-banner --simple-prompt <cells >out
	mprof lines run.dat >lines
	cat lines
	grep -q ' In \[1\]:2 (load)' lines
	grep -q ' In \[3\]:1 (<.*>)' lines
	lacks ipython-input <lines
}

@test "a cell of a notebook's kernel is named by its number in mprof lines" {
	needs_notebook
	cat >cells <<-'END'
	def load():
	    for i in range(20000):
	        kept.append(bytes(1000))
	---
	kept = []
	load()
	---
	for i in range(20000): kept.append(bytearray(1000))
	---
	load()
	---
	for i in range(20000): kept.append(bytearray(1000))
	---
	END
	printf '%s\n' "${highest[@]}" >>cells
	# The stacks of imports are long: with a sample in each MiB all fit in
	# what a minute may take.
	MPROF_ALLOCATION_PERIOD=1048576 mprof run -q --stacks -o run.dat \
		/usr/bin/python3 "$SCRIPTS/notebook.py" <cells >out
	mprof lines --top 0 run.dat >lines
	cat lines
	# A cell has a number once memory was allocated in another one.
	grep -q ' In \[1\]:3 (load)' lines
	grep -q ' In \[3\]:1 (<module>)' lines
	grep -q ' In \[5\]:1 (<module>)' lines
}

@test "a kernel that mprof attach records shows profile.timestamp" {
	needs_notebook
	cat >cells <<-'END'
	import os, time
	from memory_profiler import profile
	open("pid", "w").write("%d\n" % os.getpid())
	while not os.path.exists("attached"):
	    time.sleep(0.05)
	---
	with profile.timestamp("load"):
	    data = bytearray(30 << 20)
	---
	with profile.timestamp("a second"):
	    data = None
	END
	PYTHONPATH=$FILES /usr/bin/python3 "$SCRIPTS/notebook.py" <cells >out &
	soon test -s pid
	mprof attach -q -o run.dat "$(cat pid)" &
	soon has_samples 2 run.dat
	touch attached
	wait
	same "$(grep -c '^In:' out)" 3
	same "$(sed -n 's/^FUNC \([^ ]*\) .*/\1/p' run.dat | xargs)" \
		'load a_second'
	awk '/^FUNC load / { good = $5 - $3 > 29 } END { exit !good }' run.dat
	mprof peak --func load run.dat | grep -q MiB
}

# lessons CELL: how many of them the table below that cell says
lessons() {
	awk -v cell="In: $1" '$0 == cell { inside = 1; next }
		/^In: / { inside = 0 }
		inside && $1 == "__main__.Lesson" { print $3 }' out
}

@test "a leak is hunted from the cells of a kernel, and from outside meanwhile" {
	needs_notebook
	cat >cells <<-'END'
	class Lesson: pass
	kept = []
	---
	with profile.heap("load"):
	    kept += [Lesson() for i in range(100)]
	---
	profile.heap()
	---
	shown = [Lesson() for i in range(7)]
	shown
	---
	profile.heap_diff()
	---
	import os, time
	def work():
	    rows = [Lesson() for i in range(40)]
	    open("pid.new", "w").write("%d\n" % os.getpid())
	    os.rename("pid.new", "pid")
	    while not os.path.exists("end"):
	        time.sleep(0.05)
	work()
	END
	mprof run -q -o run.dat --python /usr/bin/python3 \
		"$SCRIPTS/notebook.py" <cells >out 3>&- &
	recorder=$!
	soon_while "$recorder" test -s pid
	mprof refs --json --count 0 "$(cat pid)" Lesson >refs
	touch end
	wait "$recorder"
	same "$(lessons 'with profile.heap("load"):')" +100
	same "$(lessons 'profile.heap_diff()')" +7
	same "$(jq .objects refs)" 147
	jq -r '.chains[] | "\(.objects) \(.path)"' refs >paths
	grep -Fx '100 __main__.kept[…]' paths
	grep -Fx '40 work(): rows[…]' paths
	# The result that a cell shows stays under its number, by names of which a
	# newer IPython has more than refs shows.
	grep -Ex '7 __main__\.(_4|_oh\[4\]|Out\[4\])\[…\]' paths
}

# A program that runs until the file "end" is there, and counts its blocks.
looping() {
	cat >looping.py <<-'END'
	import os, time
	from memory_profiler import profile
	while not os.path.exists("end"):
	    with profile.timestamp("turn"):
	        time.sleep(0.01)
	    open("turns", "a").write(".")
	END
	PYTHONPATH=$FILES "$1" looping.py &
	looping=$!
	soon test -s turns
}

# Waits until the program has gone on for so many turns.
more_turns() {
	soon eval "[ \$(wc -c <turns) -gt $(($(wc -c <turns) + $1)) ]"
}

# Whether the program goes on for some turns, and the file stays the same.
stays() {
	local before

	# One that had begun before may still be written.
	more_turns 3
	before=$(cksum <"$1")
	more_turns 30
	same "$(cksum <"$1")" "$before"
}

attached() {
	rm -f turns end ./*.dat
	looping "$1"
	for way in TERM KILL; do
		mprof attach -q -o $way.dat $looping &
		recorder=$!
		soon eval "grep -qs '^CALL;name=turn;pid=$looping;' $way.dat"
		kill -$way $recorder
		wait $recorder || true
		stays $way.dat
	done
	touch end
	wait $looping
	# The killed recorder could not clear up; the next recording does.
	mprof run -q -o next.dat true
	same "$(ls "$TMPDIR")" ''
}

@test "a program that has imported the module is recorded while that lasts" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	attached "$python"
	newest=$(known_pythons | sort -V | tail -n 1)
	[ "$newest" = "$python" ] || attached "$newest"
}

@test "another's link, a broken one and a stranger's pid are not followed" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	recording mine.dat
	before=$(cksum <mine.dat)
	looping "$python"
	uid=$(id -u)
	ln -s mine.dat "$TMPDIR/mprof-$uid-$$-$looping-aaaaaa.recording"
	ln -s "$PWD/mine.dat" "$TMPDIR/mprof-$uid-$$-1-bbbbbb.recording"
	ln -s "$PWD/mine.dat" "$TMPDIR/mprof-$uid-999999999-$looping-c.recording"
	ln -s "$PWD/mine.dat" "$TMPDIR/mprof-$uid-$$-$looping-dddddd.mark"
	echo "$PWD/mine.dat" >"$TMPDIR/mprof-$uid-$$-$looping-e.recording"
	stays mine.dat
	same "$(cksum <mine.dat)" "$before"
	# One that is right: the test would see it.
	ln -s "$PWD/mine.dat" "$TMPDIR/mprof-$uid-$$-$looping-ffffff.recording"
	soon grep -q '^FUNC turn ' mine.dat
	touch end
	wait $looping
}
