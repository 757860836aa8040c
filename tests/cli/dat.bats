#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What stands in a file and what kind of file it is.
load helper

@test "dat: skipped lines are counted, the first one named, status 0" {
	printf '%s\n' "CMDLINE x" "MEM 1.0 1.0" junk "MEM 2.0 2.0" junk "" \
		"MEM x y" "CHLD 1" >a.dat
	run_apart mprof peak a.dat
	[ "$status" -eq 0 ]
	same "$errors" "mprof: a.dat:3: skipped 4 lines that are not records"
	same "$output" $'a.dat\t2.000 MiB'
}

@test "dat: one skipped line is one line" {
	printf '%s\n' "CMDLINE x" "MEM 1.0 1.0" junk >a.dat
	run_apart mprof peak a.dat
	same "$errors" "mprof: a.dat:3: skipped 1 line that is not a record"
}

@test "dat: unknown keywords are reported under --verbose alone" {
	printf '%s\n' "CMDLINE x" "MEM 1.0 1.0" "NEWS 1.0 1.0 a=b" >a.dat
	run_apart mprof peak a.dat
	same "$errors" ""
	run_apart mprof peak --verbose a.dat
	[ "$status" -eq 0 ]
	same "$errors" "mprof: a.dat: skipped 1 record with an unknown keyword"
}

@test "dat: a torn last line does not count" {
	printf 'CMDLINE x\nMEM 1.0 1700000000.1000\nMEM 9.0 1700' >a.dat
	run_apart mprof peak a.dat
	[ "$status" -eq 0 ]
	same "$output" $'a.dat\t1.000 MiB'
	printf 'CMDLINE x\nMEM 1.0 1700000000.1000\nMEM 9.0 1700000000.2000' >a.dat
	run_apart mprof peak a.dat
	same "$output$errors" $'a.dat\t9.000 MiB'
}

@test "dat: CRLF, NUL bytes, indented lines" {
	printf 'CMDLINE x\r\n  MEM 1.0 1.0\r\n\0\0\0\n\tMEM 4.0 2.0\r\n' >a.dat
	run_apart mprof peak a.dat
	[ "$status" -eq 0 ]
	same "$output" $'a.dat\t4.000 MiB'
	same "$errors" "mprof: a.dat:3: skipped 1 line that is not a record"
}

@test "dat: a binary file holds no samples" {
	head -c 100000 "$MPROF" >a.dat
	run_apart mprof peak a.dat
	[ "$status" -eq 1 ]
	same "$output" ""
	[[ $errors == *"a.dat: holds no samples: it is not a recording" ]]
}

@test "dat: a directory, a device, a fifo without a writer" {
	mkdir folder
	mkfifo fifo
	run_apart mprof peak folder
	[ "$status" -eq 1 ]
	same "$errors" "mprof: folder: is a directory; name a recording"
	run_apart mprof peak /dev/zero
	[ "$status" -eq 1 ]
	same "$errors" "mprof: /dev/zero: is a device; name a recording"
	run_apart timeout 20 mprof peak fifo
	[ "$status" -eq 1 ]
	same "$errors" "mprof: fifo: holds no samples: the file is empty"
}

@test "dat: a pipe is read to its end" {
	recording a.dat
	run_apart mprof peak <(cat a.dat)
	[ "$status" -eq 0 ]
	[[ $output == *$'\t3.250 MiB' ]]
}

@test "dat: a recording that may not be read" {
	[ "$(id -u)" -ne 0 ] || skip "root may read anything"
	recording a.dat
	chmod 000 a.dat
	run_apart mprof peak a.dat
	[ "$status" -eq 1 ]
	same "$errors" "mprof: a.dat: can't be read: Permission denied"
}

@test "dat: half a million samples of a hundred processes" {
	awk 'BEGIN {
		print "CMDLINE x"
		for (t = 0; t < 5000; t++) {
			printf "MEM %d.5 %d.1000\n", t % 777, 1700000000 + t
			for (p = 0; p < 100; p++)
				printf "CHLD %d %d.25 %d.1000\n", 1000 + p,
				    (t + p) % 501, 1700000000 + t
		}
	}' >a.dat
	run_apart mprof peak a.dat
	[ "$status" -eq 0 ]
	same "$errors" ""
	[ "$(wc -l <<<"$output")" -eq 101 ]
	[ "${output%%$'\n'*}" = $'a.dat\t776.500 MiB' ]
	[ "$(grep -c '500.250 MiB' <<<"$output")" -eq 100 ]
}

@test "dat: a file that is truncated while it is read ends nothing" {
	awk 'BEGIN {
		print "CMDLINE x"
		for (t = 0; t < 300000; t++)
			printf "MEM 1.5 %d.1000\n", 1700000000 + t
	}' >a.dat
	for _ in 1 2 3; do
		cp a.dat b.dat
		mprof peak b.dat >out 2>err &
		local reader=$!
		truncate -s 100 b.dat
		local got=0
		wait "$reader" || got=$?
		[ "$got" -le 1 ]
	done
}

@test "dat: what can be no amount of memory is left out and counted" {
	printf '%s\n' "CMDLINE x" "MEM 1e308 1795358001.0000" \
		"MEM 5.000000 1795358002.0000" "MEM -1e308 1795358002.5000" \
		"MARK 1 1795358002.5000 label=z" >a.dat
	printf '%s\n' time,mib 1,5 2,-1e308 3,1e308 4,4 >a.csv
	run_apart mprof peak --phases a.dat
	[ "$status" -eq 0 ]
	same "$errors" "mprof: a.dat:2: skipped 2 lines that are not records"
	[[ $output == *$'\t5.000 MiB'* ]]
	[[ $output != *e+* ]]
	run_apart mprof export --format openmetrics a.dat
	[[ $output == *5242880* && $output != *inf* ]]
	run_apart mprof peak a.csv
	[[ $output == *$'\t5.000 MiB'* ]]
	[[ $errors == *"a.csv:3: skipped 2 lines"* ]]
}
