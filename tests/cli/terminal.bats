#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The program keeps the terminal: a person types, an interactive shell does
# job control, and both see what they would see without the recorder.

load helper

TARGET=$BATS_TEST_DIRNAME/../../build/programs/target

# The orders of stdin at an interactive bash.
person() {
	{
		printf '%s\n' "type PS1='pro''mpt> '; T=$TARGET\\n" 'expect prompt> '
		cat
	} | "$SOURCE/tests/tools/terminal" bash --norc --noprofile -i
}

whole() {
	tail -n 2 a.dat | grep -q '^PEAK'
	! grep -Eqv '^[A-Z]+(;[^ ]*)? ' a.dat
}

@test "Ctrl-C reaches the program once, and the recording goes on" {
	person <<-'END'
		type mprof run -q -o a.dat $T counts 2; echo status $?\n
		expect ready
		type \x03
		expect status 31
		type exit\n
	END
	whole
}

# Two signals that come at once are one: only a late copy would be seen.
@test "Ctrl-C is not passed on by a recorder that hears of it late" {
	command -v strace >/dev/null || skip "strace is not installed"
	without_leak_check
	person <<-'END'
		type late="strace -o trace -e trace=read -e inject=read:delay_enter=50000"\n
		type $late mprof run -q -o a.dat $T counts 2; echo status $?\n
		expect ready
		type \x03
		expect status 31
		type exit\n
	END
	whole
}

@test "Ctrl-C twice, Ctrl-\\ and a new window size reach it" {
	person <<-'END'
		type mprof run -q -o a.dat $T counts 2,2; echo status $?\n
		expect ready
		type \x03
		expect caught
		type \x03
		expect status 32
		type mprof run -q -o a.dat $T counts 3; echo status $?\n
		expect ready
		type \x1c
		expect status 31
		type mprof run -q -o a.dat $T counts 28; echo status $?\n
		expect ready
		size 33 99
		expect status 31
		type exit\n
	END
	whole
}

@test "Ctrl-C ends a program without a handler with 130" {
	person <<-'END'
		type mprof run -q -o a.dat sh -c 'echo rea''dy; sleep 20'; echo status $?\n
		expect ready
		do until grep -qs ^MEM a.dat; do sleep 0.02; done
		type \x03
		expect status 130
		type exit\n
	END
	whole
	grep -q '^EXIT;.*signal=2' a.dat
}

# A shell that forks cannot stop while its child has stopped before it executed
# something: these wait without one.
@test "Ctrl-Z, fg: both stop, both go on" {
	mkfifo go
	person <<-'END'
		type mprof run -q -T 0.02 -o a.dat sh -c 'exec 3<>go; echo rea''dy; read x <&3; exit 5'\n
		expect ready
		do until grep -qs ^MEM a.dat; do sleep 0.02; done
		type \x1a
		expect Stopped
		expect prompt>
		type cp a.dat before.dat; sleep 0.3; cmp a.dat before.dat && echo qu''iet\n
		expect quiet
		do echo >go
		type fg; echo status $?\n
		expect status 5
		type exit\n
	END
	whole
}

@test "Ctrl-Z, bg, wait" {
	mkfifo go
	person <<-'END'
		type mprof run -q -T 0.02 -o a.dat sh -c 'exec 3<>go; echo rea''dy; read x <&3; exit 5'\n
		expect ready
		do until grep -qs ^MEM a.dat; do sleep 0.02; done
		type \x1a
		expect Stopped
		expect prompt>
		do echo >go
		type bg; wait %1; echo status $?\n
		expect status 5
		type exit\n
	END
	whole
}

@test "a program that puts its screen in order before it stops" {
	person <<-'END'
		type mprof run -q -o a.dat $T tidies; echo status $?\n
		expect ready
		type \x1a
		expect in order
		expect Stopped
		expect prompt>
		type fg; echo status $?\n
		expect status 24
		type exit\n
	END
	whole
}

@test "a background program that reads the terminal stops as a job" {
	person <<-'END'
		type mprof run -q -o a.dat sh -c 'read x; echo got $x' &\n
		expect prompt>
		type until jobs -s | grep mprof; do sleep 0.05; done\n
		expect Stopped
		type fg; echo status $?\n
		expect mprof run
		type pears\n
		expect got pears
		expect status 0
		type exit\n
	END
	whole
}

@test "an interactive shell as the program has job control of its own" {
	person <<-'END'
		type mprof run -q -o a.dat bash --norc --noprofile -i; echo status $?\n
		type PS1='in''ner> '\n
		expect inner>
		type sh -c 'echo run''ning; exec sleep 900'\n
		expect running
		type \x1a
		expect Stopped
		type kill %1; fg\n
		type sh -c 'echo run''ning; exec sleep 900'\n
		expect running
		type \x03
		expect inner>
		type exit 7\n
		expect status 7
		type exit\n
	END
	whole
}

@test "the terminal goes away: a program that outlives it is recorded on" {
	cat >outlives <<-'END'
		trap "" HUP
		echo ready
		until [ -e gone ]; do sleep 0.02; done
		had=$(grep -c ^MEM a.dat)
		until [ "$(grep -c ^MEM a.dat)" -ge $((had + 5)) ]; do
			sleep 0.02
		done
		echo survived >out
	END
	"$SOURCE/tests/tools/terminal" mprof run -T 0.02 -o a.dat sh outlives \
		<<-'END'
		expect ready
		hangup
		do : >gone
	END
	grep -q survived out
	whole
}

@test "the terminal goes away: a program that doesn't mind ends by SIGHUP" {
	run "$SOURCE/tests/tools/terminal" mprof run -q -o a.dat \
		sh -c 'echo ready; exec sleep 900' <<-'END'
		expect ready
		hangup
	END
	[ "$status" -eq 129 ]
	whole
}
