#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What takes over a second says how far it is: on stderr, on a terminal alone.
# shellcheck disable=SC2154 # errors is run_apart's
load helper

own_setup() {
	export TERM=xterm
	mkfifo slow.dat slow.csv
}

# Writes a recording whose reading takes over a second: its beginning is larger
# than a pipe, so the pause begins only when a part of it was read.
slow_recording() {
	echo CMDLINE sleep 1
	awk 'BEGIN { for (i = 0; i < 9000; i++)
		printf "MEM 1.5 %d.0000\n", 1700000000 + i }'
	sleep 1.2
	awk 'BEGIN { for (i = 0; i < 9000; i++)
		printf "MEM 1.5 %d.0000\n", 1700010000 + i }'
	sleep 0.3
	echo MEM 2.0 1700100000.0000
}

slow_table() {
	echo 'time,rss (MiB)'
	awk 'BEGIN { for (i = 1; i < 20000; i++) print i ",1.5" }'
	sleep 1.2
	awk 'BEGIN { for (i = 20000; i < 40000; i++) print i ",1.5" }'
	sleep 0.3
	echo 40000,2
}

# feed FIFO FUNCTION: writes into it in the background. There is a writer as soon
# as this returns: a FIFO without one is read as an empty file.
feed() {
	exec 7<>"$1"
	"$2" >&7 &
	exec 7>&-
}

on_terminal() {
	"$SOURCE/tests/tools/terminal" "$@"
}

# The line is taken away before anything else is said.
@test "progress: a slow recording on a terminal" {
	feed slow.dat slow_recording
	on_terminal mprof peak slow.dat <<-'END'
		expect \r\x1b\[Kreading slow.dat [\d.]+ [KM]iB
		expect \r\x1b\[K[^r]
		expect 2\.000 MiB
	END
}

@test "progress: a slow table, and how much of it where that is known" {
	feed slow.csv slow_table
	on_terminal mprof peak slow.csv <<-'END'
		expect \r\x1b\[Kreading slow.csv [\d.]+ [KM]iB
		expect 2\.000 MiB
	END
	# of many blocks, each of them slow to come
	awk 'BEGIN { for (i = 0; i < 500000; i++)
		printf "MEM %d.5 %d.0000\n", i, 1700000000 + i }' >a.dat
	command -v strace >/dev/null || skip "strace is not installed"
	without_leak_check
	on_terminal strace -o trace -P "$PWD/a.dat" -e trace=read \
		-e inject=read:delay_enter=50000 \
		"$MPROF" peak "$PWD/a.dat" <<-'END'
		expect \r\x1b\[Kreading /\S+/a.dat \d+ %
		expect 499999\.500 MiB
	END
}

@test "progress: a hostile name does nothing to the terminal" {
	mv slow.dat $'a\e[31mb'
	feed $'a\e[31mb' slow_recording
	on_terminal mprof peak $'a\e[31mb' <<-'END'
		expect \r\x1b\[Kreading a[^\x1b]*31mb [\d.]+
		expect 2\.000 MiB
	END
}

@test "progress: none on what is no terminal, or one that can't be redrawn" {
	feed slow.dat slow_recording
	run_apart mprof peak slow.dat
	[ "$status" -eq 0 ]
	[ -z "$errors" ]
	[[ $output == *2.000* && $output != *reading* ]]
	feed slow.dat slow_recording
	TERM=dumb run script -qec 'mprof peak slow.dat' /dev/null
	[[ $output == *2.000* && $output != *reading* ]]
}

@test "progress: none for what is quick" {
	recording a.dat
	run script -qec 'mprof peak a.dat' /dev/null
	[[ $output == *MiB* && $output != *reading* ]]
}
