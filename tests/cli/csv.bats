#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Tables that others wrote.
load helper

own_setup() {
	mprof --version | grep -q '\bcsv\b' || skip "built without libcsv"
}

# Prints what peak says of a table: table_peak FILE [OPTIONS]
table_peak() {
	run_apart mprof peak "$@"
	[ "$status" -eq 0 ]
	output=${output#*$'\t'}
}

@test "csv: time and memory by telling names, the unit by the name" {
	local row names unit
	for row in "time,rss_kib 2048" "Timestamp;Memory (MiB) 2" \
		"elapsed_s	RSS[bytes] 2097152" "epoch|mem_gib 0.001953125" \
		"t,mib 2" "Elapsed Time,Working Set (KiB) 2048"; do
		names=${row% *}
		unit=${row##* }
		case $names in
		*';'*) d=';' ;;
		*'|'*) d='|' ;;
		*$'\t'*) d=$'\t' ;;
		*) d=, ;;
		esac
		printf '%s\n' "$names" "1${d}0" "2$d$unit" >a.csv
		table_peak a.csv
		same "$names: $output $errors" "$names: 2.000 MiB "
	done
}

@test "csv: columns by name and by number, the unit by option" {
	printf '%s\n' "Zeit,Speicher" "1,1024" "2,4096" >a.txt
	table_peak --time Zeit --mem speicher --unit KiB a.txt
	same "$output$errors" "4.000 MiB"
	table_peak --time=1 --mem=2 --unit=kib a.txt
	same "$output$errors" "4.000 MiB"
}

@test "csv: an unknown unit is taken for MiB, which is said" {
	printf '%s\n' "time,rss" "1,7" >a.csv
	table_peak a.csv
	same "$output" "7.000 MiB"
	same "$errors" "mprof: a.csv: its memory is taken to be in MiB; --unit says otherwise"
}

@test "csv: quoted fields, CRLF, a byte order mark, blank lines, decimal commas" {
	printf '\xef\xbb\xbf"time";"name";"rss_mib"\r\n\r\n"1,5";"a;""b\nc";"2,25"\r\n2;x;1\r\n' >a.csv
	table_peak a.csv
	same "$output$errors" "2.250 MiB"
}

@test "csv: amounts with units of their own, dates and clocks" {
	printf '%s\n' "date,memory" "2026-11-22T23:59:59.5Z,512 KiB" \
		"2026-11-23 00:00:01+00:00,1.5GiB" >a.csv
	table_peak a.csv
	same "$output" "1536.000 MiB"
	printf '%s\n' "time,mem_mib" "11:59:58 PM,1" "12:00:03 AM,2" >b.csv
	run_apart mprof export --format json b.csv
	same "$(jq '.runs[0].duration_s' <<<"$output")" 5
	printf '%s\n' "time,mem_mib" 1700000000500,1 1700000002000,2 >c.csv
	run_apart mprof export --format json c.csv
	same "$(jq '.runs[0].duration_s' <<<"$output")" 1.5
}

@test "csv: psrecord" {
	printf '%s\n' \
		"# Elapsed time   CPU (%)     Real (MB)   Virtual (MB)" \
		"       0.000        0.000        5.109       12.000" \
		"       1.000        0.000        6.109       12.000" >log.txt
	table_peak log.txt
	same "$output$errors" "6.109 MiB"
	printf '%s\n' elapsed_time,nproc,cpu,mem_real,mem_virtual \
		0.0,1,0.0,5.5,12 >log.csv
	table_peak log.csv
	same "$output$errors" "5.500 MiB"
}

# What a monitor writes that reads a program as it ends.
@test "csv: a last row of zeros is no sample" {
	local table
	# shellcheck disable=SC2016 # awk's
	awk 'BEGIN {
		print "Time\twtime\tutime\tpss\trss\tvmem"
		for (i = 0; i < 600; i++)
			printf "%d\t%d\t%d\t%d\t%d\t900000\n", 1760000000 + i,
			    i, i, 300000 + 123 * i, 340000 + 123 * i
		print "0\t0\t0\t0\t0\t0"
	}' >prmon.txt
	awk 'NR > 1 { printf "%11.3f %10.3f %10.3f %10.3f\n", $2, 1.0,
		$5 / 1024, 900 }' prmon.txt >rows
	(echo "# Elapsed time   CPU (%)     Real (MB)   Virtual (MB)"
		cat rows) >psrecord.txt
	awk 'BEGIN { print "time,rss_kib" } NR > 1 { print $1 "," $5 }' \
		prmon.txt >plain.csv
	awk 'BEGIN { print "time,pid,rss_kib" } NR > 1 {
		print $1 ",7," $5; print $1 ",8," $5 }' prmon.txt >two.csv
	for table in prmon.txt psrecord.txt plain.csv two.csv; do
		run_apart mprof leak "$table"
		[[ $output == "leaking: "* ]]
		run_apart mprof export --format csv "$table"
		lacks ',0\.000000$' <<<"$output"
	done
}

@test "csv: prmon" {
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' Time nprocs wtime pss rss swap \
		vmem 1576523936 2 0 5666 7500 0 41168 1576523967 3 31 645854 \
		1133568 0 32669000 >prmon.txt
	table_peak prmon.txt
	same "$output$errors" "1107.000 MiB"
}

@test "csv: pidstat, as it is and as Debian's writes it" {
	printf '%s\n' "Linux 6.1.0 (host) 	11/22/26 	_x86_64_	(2 CPU)" "" \
		"# Time        UID       PID  minflt/s  majflt/s     VSZ     RSS   %MEM  Command" \
		"11:59:59 PM    0      7      0.00      0.00   52044   2048   0.08  a b" \
		"11:59:59 PM    0      8      0.00      0.00    5500   1024   0.02  bash" "" \
		"# Time        UID       PID  minflt/s  majflt/s     VSZ     RSS   %MEM  Command" \
		"12:00:01 AM    0      7      0.00      0.00   52044   3072   0.08  a b" >p.txt
	run_apart mprof peak p.txt
	[ "$status" -eq 0 ]
	same "$errors$output" $'p.txt\t3.000 MiB\n  Child 7\t\t\t3.000 MiB\n  Child 8\t\t\t1.000 MiB'
	command -v pidstat >/dev/null || skip "needs sysstat for the rest"
	pidstat -r -h -p $$ 1 1 >real.txt
	table_peak real.txt
	[[ $output =~ ^[0-9]+\.[0-9]{3}\ MiB$ ]]
	same "$errors" ""
}

@test "csv: what export writes comes back, runs and names and all" {
	printf '%s\n' "CMDLINE x" "MEM 1.5 10.0" "CHLD 7 1.0 10.0" \
		"PROC 1.0 10.0 pid=7 ppid=1 name==1+1,%22x" "MEM 2.5 10.25" \
		"CMDLINE y" "MEM 3.0 20.0" "PEAK 3.5 21.0000" >a.dat
	mprof export a.dat >a.csv
	mprof export --format json a.dat >a.json
	mprof export --format json a.csv >b.json
	local facts='[.runs[] | [.samples, .peaks, [.processes[] | [.key, .name, .samples]]]]'
	same "$(jq -c "$facts" b.json)" "$(jq -c "$facts" a.json)"
	same "$(jq -c '[.runs[].samples]' b.json)" \
		'[[[10,1.5],[10.25,2.5]],[[20,3]]]'
	same "$(jq -r '.runs[0].processes[0].name' b.json)" '=1+1,"x'
	mprof export a.csv | cmp - a.csv
}

@test "csv: what is wrong is said with its line, status 1" {
	check() {
		printf '%s\n' "$2" | sed 's/|/\n/g' >bad.csv
		run_apart mprof peak bad.csv
		[ "$status" -eq 1 ]
		same "$output" ""
		same "$errors" "mprof: bad.csv$1"
	}
	check ":3: x: is no amount of memory" "time,mem_mib|1,2|2,x"
	check ":2: x: is no time" "time,mem_mib|x,2"
	check ":1: no column has a memory's name; name it with --mem; the columns are: time, foo" \
		"time,foo|1,2"
	check ":1: no column has a time's name; name it with --time; the columns are: foo, rss" \
		"foo,rss|1,2"
	check ":3: 3: mixed units: some amounts have a unit, some have not" \
		"time,mem|1,2 MB|2,3"
	check ":2: 12 parsecs: is no amount of memory" "time,mem|1,12 parsecs"
	check ": holds no samples" "time,mem_mib"
	check ":3: a quote stands where none may be" 'time,mem_mib|1,2|2,3"4"'
	check ":2: a quote is opened here or later and never closed" \
		'time,mem_mib|1,"2|3,4'
	check ": holds no samples: the file is empty" ""
}

@test "csv: a column or a unit that is none" {
	printf '%s\n' "time,rss" "1,2" >a.csv
	run_apart mprof peak --mem pss a.csv
	[ "$status" -eq 1 ]
	same "$errors" "mprof: a.csv:1: no column is named pss; the columns are: time, rss"
	run_apart mprof peak --unit stone a.csv
	[ "$status" -eq 1 ]
	same "$errors" "mprof: a.csv: --unit stone: is no unit of memory; say B, KiB, MiB or GiB"
}

@test "csv: UTF-16 is said, not guessed at" {
	printf '\xff\xfet\0i\0m\0e\0' >a.csv
	run_apart mprof peak a.csv
	[ "$status" -eq 1 ]
	same "$errors" "mprof: a.csv: is UTF-16; save it as UTF-8"
}

@test "csv: short rows are skipped and counted, NUL bytes are blanks" {
	printf 'time,mem_mib\n1,2\n7\n3,\0005\n4' >a.csv
	table_peak a.csv
	same "$output" "5.000 MiB"
	same "$errors" "mprof: a.csv:3: skipped 2 lines that are no record"
}

@test "csv: an open quote before many lines ends in an error, not in silence" {
	awk 'BEGIN {
		print "time,mem_mib"
		print "1,\"2"
		for (i = 0; i < 100000; i++) print i ",5"
	}' >a.csv
	run_apart mprof peak a.csv
	[ "$status" -eq 1 ]
	same "$errors" "mprof: a.csv:2: a quote is opened here or later and never closed"
}

@test "csv: a million rows" {
	awk 'BEGIN {
		print "time,pid,rss_kib"
		for (i = 0; i < 1000000; i++)
			print 1700000000 + int(i / 10) "," 100 + i % 10 "," 1024 * (i % 999)
	}' >a.csv
	run_apart mprof peak a.csv
	[ "$status" -eq 0 ]
	same "$errors" ""
	[ "$(wc -l <<<"$output")" -eq 11 ]
	same "${output%%$'\n'*}" $'a.csv\t9935.000 MiB'
}

@test "csv: a recording called .csv is still a recording" {
	recording a.csv
	table_peak a.csv
	same "$output" "3.250 MiB"
}
