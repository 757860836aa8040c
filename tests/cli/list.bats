#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load helper

@test "list: an empty folder lists nothing" {
	run_apart mprof list
	[ "$status" -eq 0 ]
	same "$output$errors" ""
}

@test "list: a line each, numbered, sorted by name" {
	recording mprofile_20261122143937.dat
	recording mprofile_20251122143937.dat
	recording other.dat
	recording mprofile_2026112214393.dat
	recording mprofile_202611221439370.dat
	run_apart mprof list
	[ "$status" -eq 0 ]
	same "$output" "0 mprofile_20251122143937.dat 14:39:37 22/11/2025
1 mprofile_20261122143937.dat 14:39:37 22/11/2026"
}

@test "list: companions, folders, fifos and dangling links have no number" {
	recording mprofile_20251122143937.dat
	recording mprofile_20251122143937_ts.dat
	mkdir mprofile_20251122143938.dat
	mkfifo mprofile_20251122143939.dat
	ln -s nowhere mprofile_20251122143940.dat
	run_apart mprof list
	same "$output" "0 mprofile_20251122143937.dat 14:39:37 22/11/2025"
}

@test "list: fourteen characters that are no date are cut at its places" {
	recording mprofile_abcdefghijklmn.dat
	recording mprofile_$'a\e[1mbcdefghij'.dat
	run_apart mprof list
	[[ $output != *$'\e'* ]]
	[[ $output == '0 mprofile_a\x1b[1mbcdefghij.dat '* ]]
	[[ $output == *"1 mprofile_abcdefghijklmn.dat ij:kl:mn gh/ef/abcd" ]]
}

@test "list: an argument or an unknown option is misuse" {
	run_apart mprof list 1
	[ "$status" -eq 2 ]
	[[ $errors == "mprof: 1: list takes no argument"* ]]
	run_apart mprof list --nonsense
	[ "$status" -eq 2 ]
}
