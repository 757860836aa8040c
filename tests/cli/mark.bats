#!/usr/bin/env bats
# SPDX-License-Identifier: MIT

load helper

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

@test "mark: the moment is the one at which the line was written" {
	mprof run -q -T 500ms -o a.dat python3 -c '
import os, time
time.sleep(.7)
print(time.time())
open(os.environ["MPROF_MARK"], "a").write("here\n")
print(time.time())
time.sleep(.6)' >when
	# A file's time is that of the last tick of the kernel's clock.
	awk 'NR == FNR { when[FNR] = $1 }
		/^MARK;/ { found = 1
			bad = $3 < when[1] - 0.02 || $3 > when[2] + 0.001 }
		END { exit bad || !found }' when a.dat
}

# As for a tick that waits: the recorder is stopped while the line is written.
@test "mark: during a long tick, too" {
	mprof run -q -T 50ms -o a.dat python3 -c '
import os, signal, time
time.sleep(.3)
recorder = os.getppid()
os.kill(recorder, signal.SIGSTOP)
time.sleep(.5)
print(time.time())
open(os.environ["MPROF_MARK"], "a").write("here\n")
print(time.time())
time.sleep(.5)
os.kill(recorder, signal.SIGCONT)
time.sleep(.2)' >when
	awk 'NR == FNR { when[FNR] = $1 }
		/^MARK;/ { found = 1
			bad = $3 < when[1] - 0.02 || $3 > when[2] + 0.001 }
		END { exit bad || !found }' when a.dat
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
	MPROF_MARK=/etc/hostname run_apart mprof mark here
	[ "$status" -eq 1 ]
	[[ $errors == *"is no mark file"* ]]
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

	program=$(pgrep -P "$recorder" sleep)
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
	[[ $errors == *"its recorder is gone"* ]]

	# None of these is a recorder's: a link, one with a second name, a folder,
	# a fifo, another name; and one just made has no lock yet.
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
