#!/usr/bin/env bats
# SPDX-License-Identifier: MIT

load helper

@test "mark: its memory is that of its moment, however long the interval" {
	cat >marks.py <<-'END'
	import os, time
	def mark(word):
	    with open(os.environ["MPROF_MARK"], "a") as f: f.write(word + "\n")
	    while "MARK;label=" + word not in open("a.dat").read(): time.sleep(0.01)
	block = b"x" * (64 << 20)
	mark("held")
	del block
	mark("freed")
	END
	mprof run -q -T 600 -o a.dat python3 marks.py
	awk '/^MARK;label=held/ { held = $2 } /^MARK;label=freed/ { freed = $2 }
		END { exit !(held > 64 && freed > 1 && held - freed > 60) }' a.dat
	# The peak is no lower than what a mark shows.
	mprof peak --phases --json a.dat | jq -e '.recordings[0] |
		.peak_mib as $peak | [.runs[0].phases[] | .peak_mib <= $peak] |
		all'
}

@test "mark: its memory has the processes that came since the sample before" {
	cat >fork.py <<-'END'
	import os, time
	ready, go = os.pipe(), os.pipe()
	if os.fork() == 0:
	    block = b"x" * (64 << 20)
	    os.write(ready[1], b"x")
	    os.read(go[0], 1)
	    os._exit(0)
	os.read(ready[0], 1)
	with open(os.environ["MPROF_MARK"], "a") as f: f.write("held\n")
	while "MARK;label=held" not in open("a.dat").read(): time.sleep(0.01)
	os.write(go[1], b"x")
	END
	mprof run -q -T 600 -o a.dat python3 fork.py
	awk '/^MARK;label=held/ { held = $2 } END { exit !(held > 64) }' a.dat
}

@test "mark: whoever ends while marks are measured has an end" {
	cat >ends.py <<-'END'
	import os, time
	mark = open(os.environ["MPROF_MARK"], "a")
	for i in range(40):
	    for k in range(20):
	        if os.fork() == 0:
	            time.sleep(0.03 + k / 1000)
	            os._exit(3)
	    until = time.time() + 0.03
	    while time.time() < until:
	        print("now", file=mark, flush=True)
	        time.sleep(0.001)
	        try:
	            while os.waitpid(-1, os.WNOHANG)[0] > 0: pass
	        except ChildProcessError: pass
	while True:
	    try: os.wait()
	    except ChildProcessError: break
	END
	mprof run -q -T 10ms -M -o a.dat python3 ends.py
	sed -n 's/^PROC;pid=\([0-9]*\)[; ].*/\1/p' a.dat | sort -u >began
	sed -n 's/^EXIT;pid=\([0-9]*\)[; ].*/\1/p' a.dat | sort -u >ended
	[ "$(wc -l <began)" -gt 100 ]
	[ "$(wc -l <ended)" -gt 1 ] || skip "the kernel tells of no ends here"
	comm -23 began ended | diff /dev/null -
}

@test "mark: a line appended to MPROF_MARK, and mprof mark, in the recording" {
	run_apart mprof run -q -T 10ms -o a.dat sh -c '
		echo "import done" >>"$MPROF_MARK"
		sleep .1
		mprof mark "phase 2"'
	[ "$status" -eq 0 ]
	[ "$(grep -c '^MARK;' a.dat)" -eq 2 ]
	grep -q '^MARK;label=import%20done [0-9.]* [0-9.]*$' a.dat
	grep -q '^MARK;label=phase%202 [0-9.]* [0-9.]*$' a.dat
	run_apart mprof peak --phases a.dat
	[[ $output == *"import done"*"phase 2"* ]]
}

# The mark's time lies between those of the file when. A file's time is that of
# CLOCK_REALTIME_COARSE, which stands still for as long as its processor does.
at_that_moment() {
	awk 'NR == FNR { when[FNR] = $1 }
		/^MARK;/ { found = 1
			bad = $3 < when[1] - 0.01 || $3 > when[2] + 0.01 }
		END { exit bad || !found }' when a.dat
}

@test "mark: the moment is the one at which the line was written" {
	mprof run -q -T 500ms -o a.dat python3 -c '
import os, time
time.sleep(.7)
print(time.clock_gettime(5))
open(os.environ["MPROF_MARK"], "a").write("here\n")
print(time.time())
time.sleep(.6)' >when
	at_that_moment
}

# As for a tick that waits: the recorder is stopped while the line is written.
@test "mark: during a long tick, too" {
	mprof run -q -T 50ms -o a.dat python3 -c '
import os, signal, time
time.sleep(.3)
recorder = os.getppid()
os.kill(recorder, signal.SIGSTOP)
time.sleep(.5)
print(time.clock_gettime(5))
open(os.environ["MPROF_MARK"], "a").write("here\n")
print(time.time())
time.sleep(.5)
os.kill(recorder, signal.SIGCONT)
time.sleep(.2)' >when
	at_that_moment
}

@test "mark: the file is the user's alone, and goes with the recording" {
	mprof run -q -o a.dat sh -c 'stat -c "%a %n" "$MPROF_MARK"' >told
	[ "$(cut -d' ' -f1 told)" = 600 ]
	[ ! -e "$(cut -d' ' -f2 told)" ]
}

@test "mark: what lives on when the recorder is gone is not held up" {
	mprof run -q -o a.dat sh -c '(sleep .3
		echo late >>"$MPROF_MARK"; echo "status $?" >after) 2>/dev/null &'
	soon grep -qs '^status ' after
}

@test "mark: none is lost, however many come at once" {
	# shellcheck disable=SC2016 # the inner shell's
	mprof run -q -T 0.05 -o a.dat sh -c '
		seq 70000 >>"$MPROF_MARK"; sleep 0.1; echo last >>"$MPROF_MARK"'
	[ "$(grep -c ^MARK a.dat)" -eq 70001 ]
	grep ^MARK a.dat | tail -n 1 | grep -q 'label=last '
}

@test "mark --pid: by the program's pid and by the recorder's" {
	mprof run -q -T 20ms -o a.dat sleep 60 3>&- &
	recorder=$!
	soon pgrep -P "$recorder" -x sleep
	program=$(pgrep -P "$recorder" -x sleep)
	mprof mark --pid "$program" 'from outside'
	mprof mark --pid "$recorder" again
	soon grep -q label=again a.dat
	kill "$program"
	wait "$recorder" || true
	grep -q 'label=from%20outside ' a.dat
	grep -q 'label=again ' a.dat
}

@test "mark: misuse and no recording are said" {
	run_apart mprof mark
	[ "$status" -eq 2 ]
	run_apart mprof mark here
	[ "$status" -eq 1 ]
	[[ $errors == "mprof: mark: not inside a recording"* ]]
	run_apart mprof mark --pid $$ here
	[ "$status" -eq 1 ]
	[[ $errors == "mprof: pid $$: is not recorded"* ]]
	echo mine >mine
	MPROF_MARK=$PWD/mine run_apart mprof mark here
	[ "$status" -eq 1 ]
	[[ $errors == *"is not a mark file"* ]]
	same "$(cat mine)" mine
}

@test "mark: the examples in C, Python, shell and Node.js" {
	cp "$SOURCE"/examples/marks/mark.* .
	cc -o mark mark.c
	programs=(./mark ./mark.sh)
	command -v python3 >/dev/null && programs+=(./mark.py)
	command -v node >/dev/null && programs+=(./mark.js)
	for program in "${programs[@]}"; do
		"$program" >/dev/null
		run_apart mprof run -q -T 10ms -o a.dat --nopython "$program"
		[ "$status" -eq 0 ]
		[ "$(grep -c '^MARK;' a.dat)" -ge 2 ]
		rm a.dat
	done
}

# Begins to record into $1.dat. The recorder's pid goes to $recorder, the path of
# its mark file to the file $1.
begin_recorder() {
	# shellcheck disable=SC2016 # the inner shell's
	mprof run -q -o "$1.dat" sh -c \
		'echo "$MPROF_MARK" >"$0.made"; mv "$0.made" "$0"; exec sleep 60' \
		"$1" 3>&- &
	recorder=$!
	soon test -e "$1"
}

# Kills the recorder alone, then its program.
kill_recorder() {
	local program

	soon pgrep -P "$recorder" -x sleep
	program=$(pgrep -P "$recorder" -x sleep)
	kill -KILL "$recorder"
	wait "$recorder" || true
	kill "$program"
}

@test "mark: a killed recorder's file goes with the next run, a living one's stays" {
	begin_recorder lives
	living=$recorder
	begin_recorder dies
	kill_recorder
	uid=$(id -u)
	dead=$(cat dies)
	[ -e "$dead" ]
	run_apart mprof mark --pid "$recorder" here
	[ "$status" -eq 1 ]
	MPROF_MARK=$dead run_apart mprof mark here
	[ "$status" -eq 1 ]
	[[ $errors == *"its recorder has ended"* ]]

	# None of these is a recorder's: a link, one with a second name, a
	# directory, a fifo, another name; and one just made has no lock yet.
	echo mine >mine
	ln -s "$PWD/mine" "$TMPDIR/mprof-$uid-1-0-aaaaaa.mark"
	ln mine "$TMPDIR/mprof-$uid-2-0-aaaaaa.mark"
	mkdir "$TMPDIR/mprof-$uid-3-0-aaaaaa.mark"
	mkfifo "$TMPDIR/mprof-$uid-4-0-aaaaaa.mark"
	: >"$TMPDIR/mprof-$uid.mark"
	: >"$TMPDIR/mprof-$uid-5-0-aaaaaa.mark.0a1b2c"
	: >"$TMPDIR/mprof-$((uid + 1))-6-0-aaaaaa.mark"
	# Beside it lie tables, or a link that leads astray.
	mkdir tables "${dead%.mark}.tables"
	: >tables/1-1.table
	: >"${dead%.mark}.tables/1-1.table"
	: >"$TMPDIR/mprof-$uid-7-0-aaaaaa.mark"
	ln -s "$PWD/tables" "$TMPDIR/mprof-$uid-7-0-aaaaaa.tables"
	ls "$TMPDIR" >before
	mprof run -q -o c.dat true
	ls "$TMPDIR" >after
	same "$(comm -23 before after)" "$(basename -a "$dead" \
		"${dead%.mark}.tables" "mprof-$uid-7-0-aaaaaa.mark" | sort)"
	[ -e tables/1-1.table ]
	same "$(cat mine)" mine

	mprof mark --pid "$living" 'still heard'
	kill "$living"
	wait "$living" || true
	grep -q 'label=still%20heard' lives.dat
	[ ! -e "$(cat lives)" ]
}

@test "mark: another user's file, without a lock, is left alone" {
	[ "$(id -u)" -eq 0 ] || skip "needs root, to be another user as well"
	file=$TMPDIR/mprof-0-1-0-aaaaaa.mark
	: >"$file"
	chown nobody "$file"
	mprof run -q -o a.dat true
	[ -e "$file" ]
}

# A program that waits for the file "go" before each of its steps, whose marks
# are lines of the shell: snapshots of it are in a.dat.
python_steps() {
	cat >steps.py <<-'END'
		import os, subprocess, time
		def mark(line):
		    with open(os.environ["MPROF_MARK"], "a") as file:
		        file.write(line + "\n")
		def wait(label):
		    words = ["mprof", "mark", "--heap", "--wait", label]
		    return subprocess.run(words).returncode
		class Lesson: pass
	END
	cat >>steps.py
	mprof run "$@" -o a.dat python3 steps.py
}

# A line "LABEL TYPES" for each snapshot, in order: snapshots FILE
snapshots() {
	awk '/^HEAP;/ { match($1, /label=[^;]*/)
			label = substr($1, RSTART + 6, RLENGTH - 6)
			match($1, /types=[0-9]*/)
			print label, substr($1, RSTART + 6, RLENGTH - 6) }' "$1"
}

@test "mark: a line asks for a snapshot, and mprof mark --heap --wait waits for it" {
	python_steps -q -M -T 20ms <<-'END' >told
		mark("@heap load")
		print(wait("one"))
		kept = [Lesson() for i in range(500)]
		print(wait("two"))
		del kept
		print(wait("three"))
	END
	same "$(cat told)" $'0\n0\n0'
	same "$(snapshots a.dat | cut -d' ' -f1)" $'load\none\ntwo\nthree'
	same "$(snapshots a.dat | awk '{ sum += $2 } END { print sum }')" \
		"$(grep -c '^TYPE;' a.dat)"
	same "$(grep '^MARK' a.dat | sed 's/MARK;label=//; s/ .*//')" \
		$'load\none\ntwo\nthree'
	mprof heap a.dat --around one --json >two
	jq -e '.from == "one" and .to == "two" and .difference and
		([.types[] | select(.type == "__main__.Lesson")][0] |
			.count == 500)' two
	mprof heap --around two --json a.dat |
		jq -e '[.types[] | select(.type == "__main__.Lesson")][0].count == -500'
	mprof heap --around one a.dat >text
	grep -q '^From the mark one to the mark two, process [0-9]*$' text
	grep -q '__main__.Lesson | *+500 ' text
	# The process that takes a snapshot is none of the program's.
	lacks 'cmd=mprof%20snapshot' <a.dat
	run_apart mprof heap a.dat --around three
	[ "$status" -eq 1 ]
	[[ $errors == *"no snapshot of process "*" follows that of the mark three"* ]]
	run_apart mprof heap a.dat --around nowhere
	[ "$status" -eq 1 ]
	[[ $errors == *"no mark is called nowhere; the last one is three"* ]]
	[ -z "$(ls "$TMPDIR")" ]
}

@test "mark: --around on a process: up to now, and to the next snapshot" {
	cat >steps.py <<-'END'
		import os, sys
		class Lesson: pass
		def mark(line):
		    open(os.environ["MPROF_MARK"], "a").write(line + "\n")
		mark("@heap load")
		sys.stdin.readline()
		kept = [Lesson() for i in range(30)]
		print("kept", flush=True)
		sys.stdin.readline()
	END
	mkfifo in
	mprof run -q -T 20ms -o a.dat python3 steps.py <in >out 3>&- &
	recorder=$!
	exec 8>in
	soon grep -qs '^HEAP;.*label=load' a.dat
	program=$(sed -n 's/^HEAP;.*;pid=\([0-9]*\);.*/\1/p' a.dat)
	echo >&8
	soon grep -q kept out
	mprof heap "$program" --around load --json >now
	jq -e '.from == "load" and .to == null and
		([.types[] | select(.type == "__main__.Lesson")][0].count == 30)' now
	# By the recorder's pid too, and of a process that is none of it.
	mprof mark --heap --wait --pid "$recorder" later
	mprof heap "$program" --around load --json | jq -e '.to == "later"'
	run_apart mprof heap $$ --around load
	[ "$status" -eq 1 ]
	[[ $errors == "mprof: pid $$: is not recorded"* ]]
	echo >&8
	exec 8>&-
	wait "$recorder"
}

@test "mark: ten snapshots at once are all taken, further ones are left out and said" {
	python_steps -T 20ms <<-'END' >told 2>errors
		for i in range(9):
		    mark("@heap at once")
		print(wait("tenth"))
		for i in range(2000):
		    mark("@heap loop")
		while os.system("mprof mark --heap --wait last 2>/dev/null"):
		    time.sleep(0.1)
	END
	same "$(cat told)" 0
	[ "$(snapshots a.dat | grep -c '^at%20once')" -eq 9 ]
	snapshots a.dat | grep -q '^last '
	[ "$(snapshots a.dat | grep -c '^loop')" -lt 2000 ]
	[ "$(grep -c '^MARK;label=loop' a.dat)" -eq 2000 ]
	grep -q '^mprof: @heap loop: left out, 10 snapshots are waiting already$' errors
	[ "$(grep -c '^mprof: @heap' errors)" -eq 5 ]
	grep -q '^mprof: heap: [0-9,]* snapshots were left out in total$' errors
}

@test "mark: a snapshot of what runs no Python, or ends: said, nothing is lost" {
	run_apart mprof run -T 20ms -o a.dat sh -c '
		echo "@heap x" >>"$MPROF_MARK"; mprof mark --heap --wait y
		echo $?'
	same "$output" 1
	[[ $errors == *"mprof: mark: no snapshot: process "*": runs no Python"* ]]
	[[ $errors == *"mprof: @heap x: process "*": runs no Python"* ]]
	[ "$(grep -c '^MARK;label=[xy] ' a.dat)" -eq 2 ]
	rm a.dat
	run_apart python_steps -T 20ms <<-'END'
		print(wait("first"))
		mark("@heap at the end")
	END
	same "$output" 0
	[[ $errors == *"mprof: @heap at the end: "* ]] ||
		[ "$(snapshots a.dat | wc -l)" -eq 2 ]
	grep -q '^MARK;label=at%20the%20end ' a.dat
	tail -n 1 a.dat | grep -q '^PEAK;'
	[ -z "$(ls "$TMPDIR")" ]
}

@test "mark: a snapshot, and the directory for it is full" {
	unshare -m true 2>/dev/null || skip "nothing can be mounted here"
	cat >steps.py <<-'END'
		import os
		def mark(line):
		    with open(os.environ["MPROF_MARK"], "a") as file:
		        file.write(line + "\n")
		mark("first")  # the file has room for the next one then
		with open(os.path.dirname(os.environ["MPROF_MARK"]) + "/fill", "wb",
		          buffering=0) as file:
		    try:
		        while file.write(bytes(4096)): pass
		    except OSError: pass
		mark("@heap full")
		input()
	END
	mkfifo in
	unshare -m bash -e -c 'mount -t tmpfs -o size=32k none "$TMPDIR"
		mprof run -T 20ms -o a.dat python3 steps.py <in' 2>errors 3>&- &
	recorder=$!
	exec 8>in
	# shellcheck disable=SC2016
	soon_while "$recorder" grep -q '^mprof: @heap full: .*No space left' errors
	exec 8>&-
	wait "$recorder" || true
	lacks '^HEAP;' <a.dat
	tail -n 1 a.dat | grep -q '^PEAK;'
}

@test "mark: misuse of --heap is said" {
	run_apart mprof mark --wait x
	[ "$status" -eq 2 ]
	[[ $errors == "mprof: mark: --wait needs --heap"* ]]
	run_apart mprof mark --heap
	[ "$status" -eq 1 ]
	[[ $errors == "mprof: mark: not inside a recording"* ]]
	for words in '--save x 1' '--every 1s 1' '--children 1' 'a b'; do
		# shellcheck disable=SC2086 # words
		run_apart mprof heap --around x $words
		[ "$status" -eq 2 ]
		[[ $errors == "mprof: heap: --around "* ]]
	done
	run_apart mprof snapshot
	[ "$status" -eq 2 ]
}
