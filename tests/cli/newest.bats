#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Without a word: the recording that began last, whatever its name.
load helper

# A recording that began at a second: begun FILE SECOND [COMMAND]
begun() {
	printf '%s\n' "CMDLINE ${3:-x}" "MEM 1.5 $2.1000" "MEM 2.5 $2.2000" >>"$1"
}

# The file that a bare peak takes.
taken() {
	run_apart mprof peak
	[ "$status" -eq 0 ]
	same "${output%%$'\n'*}" "Using last profile data."
	output=${output#*$'\n'}
	printf '%s\n' "${output%%$'\t'*}"
}

@test "newest: by its beginning, not by its name; which one is said" {
	begun mprofile_20260101000000.dat 1700000000
	begun new.dat 1700000100
	begun old.dat 1600000000
	run_apart mprof peak
	same "$errors" "mprof: the newest recording here is new.dat"
	same "${output#*$'\n'}" $'new.dat\t2.500 MiB'
	begun mprofile_20260101000001.dat 1700000200
	run_apart mprof peak
	same "$errors" ""
	same "$(taken)" mprofile_20260101000001.dat
	# what was moved to the next second began before it
	begun mprofile_20260101000002.dat 1700000150
	run_apart mprof peak
	same "$errors" "mprof: the newest recording here is mprofile_20260101000001.dat"
}

@test "newest: not what thinning has written beside it" {
	begun a.dat 1700000000
	begun a.dat.thinning.abcdef 1700000000
	same "$(taken)" a.dat
	run_apart mprof list --json .
	same "$(jq -c '[.recordings[].path]' <<<"$output")" '["a.dat"]'
	# Without a recording it is the only one.
	rm a.dat
	same "$(taken)" a.dat.thinning.abcdef
}

@test "newest: for every command that reads" {
	local command
	begun mprofile_20260101000000.dat 1700000000 old
	begun new 1700000100 new
	for command in peak leak lines export "check --max-peak 1G" \
		"plot --format scene -o -" "plot --terminal"; do
		# shellcheck disable=SC2086 # the words are apart
		run_apart mprof $command
		grep -qx "mprof: the newest recording here is new" <<<"$errors"
	done
	mprof plot --format scene -o - 2>/dev/null | grep -q '^title "new"'
	run_apart mprof rm -1
	[ "$status" -eq 0 ]
	[ -e new ]
	[ ! -e mprofile_20260101000000.dat ]
}

@test "newest: the last run of a file counts, however long the runs are" {
	begun a.dat 1700000000
	begun b.dat 1700000100
	begun a.dat 1700000200
	same "$(taken)" a.dat
	awk 'BEGIN { for (i = 0; i < 20000; i++)
		printf "MEM %d.000000 %d.0000\n", i, 1700000201 + i }' >>a.dat
	begun b.dat 1700000199
	same "$(taken)" a.dat
	begun b.dat 1700000201
	same "$(taken)" b.dat
}

@test "newest: one that has no sample yet tells when it began" {
	begun a.dat 1700000000
	printf '%s\n' "CMDLINE y" \
		"INFO;backend=rss;start=2023-11-14T23:13:30+0100 0.000000 1700000010.0000" >b.txt
	run_apart mprof peak
	[ "$status" -eq 1 ]
	[[ $errors == *"the newest recording here is b.txt"* ]]
	sed -i 's/23:13:30+0100/22:13:10+0000/' b.txt
	same "$(taken)" a.dat
}

@test "newest: what is no recording is none: text, tables, links, pipes, companions" {
	begun a.dat 1700000000
	printf 'time,mem_mib\n1800000000,5\n' >table.csv
	printf 'x\n' >b.dat
	mkfifo c.dat
	mkdir d.dat
	ln -s nowhere e.dat
	printf 'FUNC a.f 1.0 1700000001.0 2.0 1700000002.0 0\n' >a_ts.dat
	: >f.dat
	same "$(taken)" a.dat
	same "$errors" ""
	mv a.dat away
	mkdir empty
	cd empty
	run_apart mprof peak
	[ "$status" -eq 255 ]
	[[ $output == "No input file found. "* ]]
}

@test "newest: among thousands of files few are read" {
	command -v strace >/dev/null || skip "needs strace"
	without_leak_check
	for ((i = 0; i < 3000; i++)); do
		printf 'MEM 1.0 %d.0\n' $((1600000000 + i)) >$i.dat
		printf 'text\n' >$i.txt
	done
	touch -d @1600000000 ./*.dat
	begun new.dat 1700000100
	strace -f -o trace -e trace=openat mprof peak >out 2>err
	grep -q '^new.dat' out
	[ "$(grep -c '\.dat' trace)" -lt 20 ]
	rm ./*.dat
	begun old 1600000000
	touch -d @1600000000 old
	strace -f -o trace -e trace=openat mprof peak >out 2>err || true
	[ "$(grep -c '\.txt' trace)" -le 1000 ]
}

@test "newest: after run -o" {
	mprof run -q true
	mprof run -q -o mine.dat sh -c 'sleep 0.2'
	same "$(taken)" mine.dat
}
