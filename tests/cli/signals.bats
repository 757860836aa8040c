#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Signals to the recorder and to the program. The program counts what reaches
# it and exits with 30 + that number.

load helper

TARGET=$BATS_TEST_DIRNAME/../../build/programs/target

# Starts "mprof run" in the background, $recorder, until the program is ready.
background() {
	mkfifo ready
	mprof run -q -T 0.02 -o a.dat "$@" >ready 2>errors 3>&- &
	recorder=$!
	read -r -t 60 <ready
}

ended_with() {
	local got=0

	wait "$recorder" || got=$?
	cat errors
	[ "$got" -eq "$1" ]
}

whole() {
	[ "$(head -c 7 a.dat)" = CMDLINE ]
	[ "$(tail -c 1 a.dat | od -An -c | tr -d ' ')" = '\n' ]
	tail -n 2 a.dat | grep -q '^PEAK'
	! grep -Eqv '^[A-Z]+(;[^ ]*)? ' a.dat
}

program_of() {
	pgrep -P "$1" -x target
}

@test "a signal to the recorder alone reaches the program once" {
	for number in 1 2 3 10 12 14 15 28 34; do
		rm -f ready a.dat
		background "$TARGET" counts $number
		kill -$number "$recorder"
		ended_with 31
		whole
	done
}

@test "a program that a passed signal kills passes 128+n on" {
	background sh -c 'echo ready; exec sleep 20'
	kill -TERM "$recorder"
	ended_with 143
	whole
	grep -q '^EXIT;.*signal=15' a.dat
}

@test "timeout ends the program, not the recording's end" {
	run timeout 2 mprof run -T 0.02 -o a.dat sleep 20
	[ "$status" -eq 124 ]
	whole
	run timeout --foreground 2 mprof run -T 0.02 -o a.dat sleep 20
	[ "$status" -eq 124 ]
	whole
}

# All that it was sent is read: has_no_signal PID
has_no_signal() {
	awk '/^(Sig|Shd)Pnd:/ && $2 !~ /^0+$/ { exit 1 }' "/proc/$1/status"
}

@test "a second SIGTERM ends the recorder in order, the program runs on" {
	background sh -c 'trap "" TERM; echo ready; exec sleep 30'
	kill -TERM "$recorder"
	soon has_no_signal "$recorder"
	sleep 1 # one that comes sooner may be the same request
	kill -0 "$recorder"
	program=$(soon pgrep -P "$recorder" -x sleep)
	kill -TERM "$recorder"
	ended_with 143
	whole
	kill -KILL "$program"
}

@test "SIGKILL to the recorder loses nothing that was written" {
	background sh -c 'echo ready; while [ ! -e go ]; do sleep 0.05; done
		echo survived >out'
	soon has_samples 5
	kill -KILL "$recorder"
	ended_with 137
	touch go
	[ "$(tail -c 1 a.dat | od -An -c | tr -d ' ')" = '\n' ]
	run mprof peak a.dat
	[ "$status" -eq 0 ]
	soon grep -qs survived out
}

@test "SIGKILL at any moment leaves whole lines, the last aside" {
	for _ in {1..50}; do
		rm -f ready a.dat
		background -T 0.002 -M sh -c 'echo ready; exec sleep 2'
		sleep "0.0$((RANDOM % 10))$((RANDOM % 10))"
		kill -KILL "$recorder"
		wait "$recorder" || true
		sed '$d' a.dat >whole
		run grep -vE '^(CMDLINE|[A-Z]+(;[^ ]*)?( [0-9]+)?( [0-9.]+){2}$)' \
			whole
		same "$output" ""
		run mprof peak a.dat
		[ "$status" -le 1 ]
		[[ $output != *skipped* ]]
	done
}

# So a kill loses one sample at most, whenever it comes.
@test "a sample is written before the next is taken" {
	command -v strace >/dev/null || skip "strace is not installed"
	without_leak_check
	strace -o trace -e trace=pread64,write \
		"$MPROF" run -q -T 0.01 -o a.dat env RECORDING=a.dat \
		"$TARGET" sleep 300 || [ $? -eq 11 ]
	awk '/^write\([0-9]+, "CMDLINE / { begun = 1 }
		begun && /^pread64\([0-9]+, "[1-9][0-9]* [0-9]+ [0-9]+ [0-9]+ 0 [0-9]+ 0\\n"/ {
			if (pending++) { print "two at once, line", NR; exit }
			taken++
		}
		/^write\([0-9]+, "MEM / { pending = 0 }
		END { if (taken < 3) print taken + 0, "samples" }' trace >bad
	same "$(cat bad)" ""
}

# The last of all is a zombie already when the recorder looks at it.
@test "an orphan's end is recorded by a recorder that hears of it late" {
	command -v strace >/dev/null || skip "strace is not installed"
	without_leak_check
	strace -o trace -e trace=ppoll -e inject=ppoll:delay_exit=200000 \
		"$MPROF" run -q -M -T 0.02 --wait all -o a.dat \
		sh -c '(sleep 0.5; exit 5) & exit 3' || [ $? -eq 3 ]
	grep '^EXIT;pid=[0-9]*;status=5 ' a.dat
	whole
}

@test "SIGSTOP and SIGCONT: the recorder pauses, the program does not" {
	background sh -c 'echo ready; while [ ! -e go ]; do sleep 0.05; done
		touch went_on; exit 5'
	kill -STOP "$recorder"
	soon is_stopped "$recorder"
	touch go
	soon test -e went_on
	kill -CONT "$recorder"
	ended_with 5
	whole
}

@test "a program that someone stops is recorded on" {
	background "$TARGET" counts 10
	program=$(program_of "$recorder")
	kill -STOP "$program"
	before=$(grep -c ^MEM a.dat || true)
	soon has_samples $((before + 5))
	kill -CONT "$program"
	kill -USR1 "$program"
	ended_with 31
	whole
}

@test "what tells of a fault is the program's where someone sends it" {
	cat >faults <<-'END'
		for name in ABRT SEGV BUS FPE ILL TRAP SYS; do
			# shellcheck disable=SC2064 # now
			trap "had+=' $name'; touch had-$name" "$name"
		done
		echo ready
		until [[ $had == *SYS ]]; do sleep 0.01; done
		[ "$had" = ' ABRT SEGV BUS FPE ILL TRAP SYS' ] && exit 37
	END
	background bash faults
	for name in ABRT SEGV BUS FPE ILL TRAP SYS; do
		kill -s "$name" "$recorder"
		soon test -e "had-$name"
	done
	ended_with 37
	whole
}

@test "SIGPIPE: nobody reads the notices, the recording goes on" {
	got=0
	mprof run -T 0.02 -o a.dat sh -c 'sleep 0.3; exit 6' 2> >(exec true) ||
		got=$?
	[ "$got" -eq 6 ]
	whole
}

@test "a program that signals its whole group meets its own handler once" {
	cat >group <<-'END'
		trap 'n=$((n + 1))' TERM
		kill -TERM 0
		sleep 0.2
		exit $((40 + n))
	END
	run setsid -w mprof run -q -o a.dat bash group
	[ "$status" -eq 41 ]
	whole
}

@test "an alarm that was set before goes to the program" {
	run perl -e 'alarm 2; exec @ARGV' mprof run -q -o a.dat sleep 20
	[ "$status" -eq 142 ]
	whole
}

@test "attach ends in order by SIGINT and SIGTERM, what is watched runs on" {
	sleep 600 3>&- &
	target=$!
	for signal in INT TERM HUP; do
		rm -f a.dat
		env --default-signal=INT mprof attach -q -T 0.02 -o a.dat $target \
			2>errors 3>&- &
		recorder=$!
		soon has_samples 1
		kill -$signal "$recorder"
		wait "$recorder" || true
		whole
		kill -0 $target
	done
	kill $target
}
