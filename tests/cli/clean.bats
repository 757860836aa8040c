#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load helper

own_setup() {
	recording mprofile_20250101000000.dat
	recording mprofile_20250101000001.dat
	recording mprofile_20250101000000_ts.dat
	recording mine.dat
}

@test "clean: names them all where it is a dry run" {
	run_apart mprof clean --dry-run
	[ "$status" -eq 0 ]
	same "$output" "Files to be removed: 
mprofile_20250101000000.dat
mprofile_20250101000001.dat
mprofile_20250101000000_ts.dat"
	[ -e mprofile_20250101000000.dat ]
}

@test "clean: removes them with their companions, and nothing else" {
	run_apart mprof clean
	[ "$status" -eq 0 ]
	same "$output$errors" ""
	same "$(ls)" mine.dat
}

@test "clean: goes with what a killed recorder left beside them" {
	local name
	# Of one that is there, and of one that is gone.
	for name in mprofile_20250101000000 mprofile_20250101000002; do
		recording $name.dat.thinning.0123ef
	done
	: >mprofile_20250101000001.dat.thinning.abcdef
	# Not of these: mine.dat stays, and the others are no such files.
	recording mine.dat.thinning.abcdef
	recording mprofile_20250101000001.dat.thinning.abcdeg
	recording mprofile_1.dat.thinning.abcdef
	echo "my novel" >mprofile_20250101000001.dat.thinning.000000
	ln -s mine.dat mprofile_20250101000001.dat.thinning.000001
	run_apart mprof clean --dry-run
	[ "$status" -eq 0 ]
	same "$output" "Files to be removed: 
mprofile_20250101000000.dat
mprofile_20250101000001.dat
mprofile_20250101000000_ts.dat
mprofile_20250101000000.dat.thinning.0123ef
mprofile_20250101000001.dat.thinning.abcdef
mprofile_20250101000002.dat.thinning.0123ef"
	run_apart mprof clean
	[ "$status" -eq 0 ]
	same "$output$errors" ""
	same "$(ls)" "mine.dat
mine.dat.thinning.abcdef
mprofile_1.dat.thinning.abcdef
mprofile_20250101000001.dat.thinning.000000
mprofile_20250101000001.dat.thinning.000001
mprofile_20250101000001.dat.thinning.abcdeg"
}

@test "clean: a directory without recordings is clean" {
	mkdir empty
	cd empty
	run_apart mprof clean
	[ "$status" -eq 0 ]
	same "$output$errors" ""
}

@test "clean: what only has the name of a recording stays" {
	echo "my novel" >mprofile_20250101000002.dat
	ln -s mine.dat mprofile_20250101000003.dat
	mkdir mprofile_20250101000004.dat
	mkfifo mprofile_20250101000005.dat
	run_apart mprof clean
	[ "$status" -eq 0 ]
	same "$errors" "mprof: mprofile_20250101000002.dat: is not a recording: left in place
mprof: mprofile_20250101000003.dat: is not a regular file: left in place
mprof: mprofile_20250101000004.dat: is not a regular file: left in place
mprof: mprofile_20250101000005.dat: is not a regular file: left in place"
	same "$(ls)" "mine.dat
mprofile_20250101000002.dat
mprofile_20250101000003.dat
mprofile_20250101000004.dat
mprofile_20250101000005.dat"
}

@test "clean: an argument is misuse, and nothing goes" {
	run_apart mprof clean 0
	[ "$status" -eq 2 ]
	[[ $errors == "mprof: 0: clean takes no argument; mprof rm"* ]]
	[ -e mprofile_20250101000000.dat ]
}

@test "clean: a full disk behind a dry run is no success" {
	[ -w /dev/full ] || skip "no /dev/full"
	run bash -c 'mprof clean --dry-run >/dev/full'
	[ "$status" -ne 0 ]
}

# Runs mprof with a system call that fails: failing CALL:error=EIO... COMMAND
failing() {
	command -v strace >/dev/null || skip "strace is not installed"
	without_leak_check
	run_apart strace -qq -o trace -P "$(realpath "$2")" -P "$2" \
		-e inject="$1" mprof "$3"
	errors=$(grep -v ^strace: <<<"$errors")
}

@test "clean and list: what can't be read is reported, and stays" {
	rm -f -- *
	recording mprofile_20250101000000.dat
	recording mprofile_20250101000001.dat
	for command in clean list; do
		failing getdents64:error=EIO . $command
		[ "$status" -eq 1 ]
		same "$errors" "mprof: .: can't be read: Input/output error"
	done
	failing newfstatat,statx:error=EACCES mprofile_20250101000001.dat clean
	[ "$status" -eq 1 ]
	[[ $errors == "mprof: mprofile_20250101000001.dat: can't be examined"* ]]
	[ -e mprofile_20250101000001.dat ]
	for call in openat pread64; do
		recording mprofile_20250101000000.dat
		failing $call:error=EIO mprofile_20250101000001.dat clean
		[ "$status" -eq 1 ]
		same "$errors" "mprof: mprofile_20250101000001.dat: can't be read: \
Input/output error: left in place"
		same "$(echo ./*.dat)" ./mprofile_20250101000001.dat
	done
}

@test "clean and rm: what is being recorded stays, and it is said" {
	rm -f -- *
	mprof run -q sleep 60 &
	recorder=$!
	soon_while $recorder sh -c 'grep -qs ^MEM mprofile_*.dat'
	recording mprofile_20250101000000.dat
	name=$(find . -name 'mprofile_*.dat' ! -name '*20250101*' -printf %f)
	recording "$name.thinning.abcdef"
	child=$(tr -d ' ' <"/proc/$recorder/task/$recorder/children")
	run_apart mprof rm 0 -1
	[ "$status" -eq 1 ]
	[[ $errors == *"mprof: $name: is being recorded"* ]]
	[ -e mprofile_20250101000000.dat ]
	run_apart mprof clean
	[ "$status" -eq 0 ]
	same "$errors" "mprof: $name: is being recorded: left in place"
	same "$(echo ./*)" "./$name ./$name.thinning.abcdef"
	kill "$child"
	wait "$recorder" || [ $? -eq 143 ]
	grep -q '^EXIT;.*signal=15' "$name"
	mprof clean
	same "$(ls)" ""
}
