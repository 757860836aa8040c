#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load helper

own_setup() {
	recording mprofile_20250101000000.dat
	recording mprofile_20250101000001.dat
	recording mprofile_20250101000002.dat
	recording mine.dat
}

@test "rm: without an argument says so on stdout, status 1" {
	run_apart mprof rm
	[ "$status" -eq 1 ]
	same "$output" \
		"A profile to remove must be provided (number or filename)"
}

@test "rm: by number, negative number and name" {
	run_apart mprof rm 0 -1 mine.dat
	[ "$status" -eq 0 ]
	same "$output$errors" ""
	same "$(ls)" mprofile_20250101000001.dat
}

@test "rm: two negative numbers are no options" {
	run_apart mprof rm -2 -1
	[ "$status" -eq 0 ]
	same "$(ls)" $'mine.dat\nmprofile_20250101000000.dat'
}

@test "rm: options may follow, and be abbreviated" {
	run_apart mprof rm -1 --dry
	[ "$status" -eq 0 ]
	same "$output" $'Files to be removed: \nmprofile_20250101000002.dat'
	[ -e mprofile_20250101000002.dat ]
}

@test "rm: names one file once, companions last and in reverse" {
	recording mprofile_20250101000000_ts.dat
	recording mine_ts.dat
	run_apart mprof rm --dry-run 0 mine.dat mprofile_20250101000000.dat 0
	same "$output" "Files to be removed: 
mprofile_20250101000000.dat
mine.dat
mine_ts.dat
mprofile_20250101000000_ts.dat"
	run_apart mprof rm 0 mine.dat
	[ "$status" -eq 0 ]
	same "$(ls)" $'mprofile_20250101000001.dat\nmprofile_20250101000002.dat'
}

@test "rm: goes with what a killed recorder left beside them" {
	mkdir there
	recording there/a.dat
	recording there/a.dat.thinning.abcdef
	recording there/b.dat.thinning.abcdef
	recording mine.dat.thinning.000000
	recording mprofile_20250101000000.dat.thinning.000000
	run_apart mprof rm --dry-run there/a.dat mine.dat
	same "$output" "Files to be removed: 
there/a.dat
mine.dat
there/a.dat.thinning.abcdef
mine.dat.thinning.000000"
	run_apart mprof rm there/a.dat mine.dat
	[ "$status" -eq 0 ]
	same "$output$errors" ""
	same "$(echo there/* mi*)" "there/b.dat.thinning.abcdef mi*"
	[ -e mprofile_20250101000000.dat.thinning.000000 ]
}

@test "rm: one wrong argument, and nothing is removed" {
	local before wrong
	mkdir folder
	mkfifo fifo.dat
	echo "my novel" >novel.dat
	ln -s mine.dat link.dat
	before=$(ls)
	for wrong in 3 -4 99999999999999999999 nothing.dat folder fifo.dat \
		novel.dat link.dat /dev/null ""; do
		run_apart mprof rm 0 "$wrong" mine.dat
		[ "$status" -eq 1 ]
		[[ $errors == "mprof: $wrong: "*"nothing was removed" ]]
		same "$output" ""
		same "$(ls)" "$before"
	done
}

@test "rm: each kind of wrong argument has its own reason" {
	mkdir folder
	echo "my novel" >novel.dat
	run_apart mprof rm 7 folder novel.dat gone.dat
	same "$errors" "mprof: 7: no such recording; mprof list shows the numbers
mprof: folder: is a directory
mprof: novel.dat: is not a recording
mprof: gone.dat: no such recording
mprof: rm: nothing was removed"
}

@test "rm: a companion that is a link or no recording stays" {
	echo secret >secret
	ln -s secret mine_ts.dat
	echo "my novel" >mprofile_20250101000000_ts.dat
	run_apart mprof rm mine.dat 0
	[ "$status" -eq 0 ]
	[ -L mine_ts.dat ]
	[ -e secret ]
	[ -e mprofile_20250101000000_ts.dat ]
	[ ! -e mine.dat ]
}

@test "rm: an empty recording and one of calls alone may go" {
	: >empty.dat
	: >empty.txt
	echo "FUNC f 1 2 3 4 0" >calls.dat
	run_apart mprof rm empty.dat calls.dat
	[ "$status" -eq 0 ]
	run_apart mprof rm empty.txt
	[ "$status" -eq 1 ]
	[ -e empty.txt ]
}

@test "rm: a number is one of the list, a file of that name is ./1" {
	recording 1
	run_apart mprof rm --dry-run 1
	same "$output" $'Files to be removed: \nmprofile_20250101000001.dat'
	run_apart mprof rm ./1
	[ "$status" -eq 0 ]
	[ ! -e 1 ]
}

@test "rm: what can't be deleted is said" {
	[ "$(id -u)" -ne 0 ] || skip "root may delete anything"
	mkdir locked
	recording locked/a.dat
	chmod 500 locked
	run_apart mprof rm locked/a.dat
	chmod 700 locked
	[ "$status" -eq 1 ]
	same "$errors" "mprof: locked/a.dat: not removed: Permission denied"
}
