#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load helper

@test "list: an empty directory lists nothing" {
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

@test "list: companions, directories, fifos and dangling links have no number" {
	recording mprofile_20251122143937.dat
	recording mprofile_20251122143937_ts.dat
	mkdir mprofile_20251122143938.dat
	mkfifo mprofile_20251122143939.dat
	ln -s nowhere mprofile_20251122143940.dat
	run_apart mprof list
	same "$output" "0 mprofile_20251122143937.dat 14:39:37 22/11/2025"
}

@test "list: when a run began, not the second its name was moved to" {
	printf '%s\n' "CMDLINE x" \
		"INFO;backend=rss;start=2026-11-22T14:39:37+0100 0.000000 1700000000.0000" \
		"MEM 1.0 1700000000.0000" >mprofile_20261122143939.dat
	run_apart mprof list
	same "$output" "0 mprofile_20261122143939.dat 14:39:37 22/11/2026"
	same "$errors" ""
	: >mprofile_20261122143940.dat
	run_apart mprof list
	same "${output#*$'\n'}" "1 mprofile_20261122143940.dat 14:39:40 22/11/2026"
}

@test "list: runs that began in one second have one time" {
	mprof run -q true & mprof run -q true & mprof run -q true
	wait
	run_apart mprof list
	same "$(wc -l <<<"$output")" 3
	while read -r _ name shown; do
		start=$(grep -o 'start=[^ ;]*' "$name")
		same "$shown" "$(date -d "${start#start=}" '+%T %d/%m/%Y')"
	done <<<"$output"
}

@test "list: recordings with other names are mentioned" {
	recording mine.dat
	recording mine_ts.dat
	printf 'text\n' >text.dat
	recording notes.txt
	run_apart mprof list
	[ "$status" -eq 0 ]
	same "$output" ""
	same "$errors" "mprof: mine.dat is a recording without a number: name it where a command takes recordings"
	recording yours.dat
	run_apart mprof list --long
	same "$errors" "mprof: mine.dat and 1 more *.dat are recordings without numbers: name them where a command takes recordings"
	run_apart mprof list --json
	same "$errors" ""
}

@test "list: fourteen characters that are no date are cut at its places" {
	recording mprofile_abcdefghijklmn.dat
	recording mprofile_$'a\e[1mbcdefghij'.dat
	run_apart mprof list
	[[ $output != *$'\e'* ]]
	[[ $output == '0 mprofile_a\x1b[1mbcdefghij.dat '* ]]
	[[ $output == *"1 mprofile_abcdefghijklmn.dat ij:kl:mn gh/ef/abcd" ]]
}

@test "list: an unknown option is misuse" {
	run_apart mprof list --nonsense
	[ "$status" -eq 2 ]
	run_apart mprof list --sort size
	[ "$status" -eq 2 ]
}

@test "list: files, numbers and directories that are named" {
	recording mprofile_20251122143937.dat
	recording mem-1.dat
	mkdir -p jobs
	recording jobs/mem-0
	echo text >jobs/notes
	run_apart mprof list mem-1.dat 0 jobs
	[ "$status" -eq 0 ]
	same "$errors" ""
	same "$output" "- mem-1.dat -
0 mprofile_20251122143937.dat 14:39:37 22/11/2025
- jobs/mem-0 -"
	run_apart mprof list -l mem-1.dat gone.dat jobs/notes
	[ "$status" -eq 1 ]
	same "$(wc -l <<<"$output")" 2
	same "$errors" "mprof: gone.dat: can't be read: No such file or directory
mprof: jobs/notes: is not a recording"
}

@test "list --all: recordings of any name, by looking into files" {
	recording mprofile_20251122143937.dat
	recording rank.7
	recording mine.dat
	recording mine_ts.dat
	echo text >notes.dat
	run_apart mprof list --all
	[ "$status" -eq 0 ]
	same "$errors" ""
	same "$output" "- mine.dat -
0 mprofile_20251122143937.dat 14:39:37 22/11/2025
- rank.7 -"
}

@test "list --sort: by peak, duration, name and status" {
	long_recordings
	: >z.dat
	run_apart mprof list --json --sort peak mprofile_*
	same "$(jq -c '[.recordings[].number]' <<<"$output")" '[1,0,2,3,4,5]'
	run_apart mprof list --json --sort duration
	same "$(jq -c '[.recordings[].number]' <<<"$output")" '[1,2,3,0,4,5]'
	run_apart mprof list --json --sort status
	same "$(jq -c '[.recordings[].number]' <<<"$output")" '[3,2,1,4,0,5]'
	run_apart mprof list --sort name mprofile_20250101000001.dat mprofile_20250101000000.dat
	same "$(cut -d' ' -f1 <<<"$output")" "0
1"
}

@test "list and rm: ten thousand names at once" {
	recording one
	text=$(<one)
	for ((i = 0; i < 10000; i++)); do echo "$text" >"r$i.dat"; done
	run_apart mprof list -l r*.dat
	[ "$status" -eq 0 ]
	same "$(wc -l <<<"$output")" 10001
	run_apart mprof rm r*.dat r1.dat
	[ "$status" -eq 0 ]
	same "$(ls)" one
}

long_recordings() {
	recording mprofile_20250101000000.dat "sh -c 'a | b'"
	cat >mprofile_20250101000001.dat <<-'END'
		CMDLINE make -j2
		MEM 100.0 1700000000.0000
		PROC 1.0 1700000000.0000 pid=6 ppid=1 name=make
		PROC 1.0 1700000000.0000 pid=7 ppid=6 name=cc
		CHLD 7 1.0 1700000000.0000
		MEM 150.0 1700000090.0000
		EXIT 1.0 1700000090.0000 pid=6 status=2
		PEAK 200.0 1700000090.0000
	END
	printf '%s\n' 'CMDLINE a\x1b[1mb' 'MEM 1.0 10.0000' \
		'EXIT 1.0 11.0000 pid=6 signal=9' >mprofile_20250101000002.dat
	printf '%s\n' 'CMDLINE oom' 'MEM 1.0 10.0000' \
		'EXIT 1.0 11.0000 pid=6 signal=9 oom=1' >mprofile_20250101000003.dat
	printf '%s\n' 'CMDLINE true' 'MEM 1.0 10.0000' 'PEAK 1.0 10.5000' \
		>mprofile_20250101000004.dat
	: >mprofile_20250101000005.dat
}

@test "list --long: command, duration, peak, processes, status and size" {
	long_recordings
	echo "SHARE;pss=60.5;processes=3 195.000000 1700000080.0000" \
		>>mprofile_20250101000001.dat
	run_apart mprof list --long
	[ "$status" -eq 0 ]
	same "$errors" ""
	same "$output" "no  file                         duration      peak       PSS  processes   status   size  command
 0  mprofile_20250101000000.dat    200 ms  3.25 MiB         -          -        -  109 B  sh -c 'a | b'
 1  mprofile_20250101000001.dat    90.0 s   200 MiB  60.5 MiB          2        2  311 B  make -j2
 2  mprofile_20250101000002.dat    1.00 s  1.00 MiB         -          -  SIGKILL   66 B  a\\x1b[1mb
 3  mprofile_20250101000003.dat    1.00 s  1.00 MiB         -          -      oom   66 B  oom
 4  mprofile_20250101000004.dat       0 s  1.00 MiB         -          -        0   46 B  true
 5  mprofile_20250101000005.dat         -         -         -          -        -    0 B  -"
}

@test "list --json: a schema that stays" {
	long_recordings
	run_apart mprof list --json
	[ "$status" -eq 0 ]
	jq -e '
		.schema == 1 and (.recordings | length) == 6 and
		([.recordings[].number] == [0, 1, 2, 3, 4, 5]) and
		(all(.recordings[]; keys == ["command", "duration_s", "ending",
			"host", "job", "number", "oom", "path", "peak_mib",
			"processes", "rank", "ranks", "runs", "shared",
			"signal", "size_bytes", "start_s", "status"])) and
		(.recordings[1] | .path == "mprofile_20250101000001.dat" and
			.command == "make -j2" and .runs == 1 and
			.start_s == 1700000000 and .duration_s == 90 and
			.peak_mib == 200 and .processes == 2 and
			.status == 2 and .signal == null and .oom == false) and
		(.recordings[2] | .signal == 9 and .status == null and
			.command == "a\u001b[1mb") and
		(.recordings[3].oom) and (.recordings[4].status == 0) and
		(.recordings[5] | .runs == 0 and .peak_mib == null and
			.command == null and .size_bytes == 0)' <<<"$output"
	[[ $output != *$'\e'* ]]
}

@test "list --json: nothing there is an empty list" {
	run_apart mprof list --json
	[ "$status" -eq 0 ]
	same_json "$(jq -c .recordings <<<"$output")" "[]"
	run_apart mprof list --long
	same "$output" ""
}

@test 'list --long: the sizes of a small and a large file are in one unit' {
	recording small.dat
	awk 'BEGIN {
		print "CMDLINE sleep 1"
		for (i = 0; i < 3530; i++)
			printf "MEM 1.500000 %.4f\n", 1700000000 + i / 10
	}' >large.dat
	mprof list -l small.dat large.dat >out
	grep -q '^ - *small.dat .*  1 KiB  sleep 1$' out
	grep -q '^ - *large.dat .* 100 KiB  sleep 1$' out
}
