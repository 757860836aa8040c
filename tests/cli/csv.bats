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
	same "$errors" "mprof: a.csv: its memory is assumed to be in MiB; --unit sets another unit"
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
	same_json "$(jq -c "$facts" b.json)" "$(jq -c "$facts" a.json)"
	same_json "$(jq -c '[.runs[].samples]' b.json)" \
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
	check ":3: x: is not an amount of memory" "time,mem_mib|1,2|2,x"
	check ":2: x: is not a time" "time,mem_mib|x,2"
	check ":1: no column has a name for memory; name it with --mem; the columns are: time, foo" \
		"time,foo|1,2"
	check ":1: no column has a name for a time; name it with --time; the columns are: foo, rss" \
		"foo,rss|1,2"
	check ":3: 3: mixed units: some amounts have a unit, some don't" \
		"time,mem|1,2 MB|2,3"
	check ":2: 12 parsecs: is not an amount of memory" "time,mem|1,12 parsecs"
	check ": holds no samples" "time,mem_mib"
	check ":3: a quote is where none can be" 'time,mem_mib|1,2|2,3"4"'
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
	same "$errors" "mprof: a.csv: --unit stone: is not a unit of memory; use B, KiB, MiB or GiB"
}

@test "csv: what is compressed, UTF-16 or another document is said, with the way out" {
	local kind command bytes
	printf 'time,mem_mib\n1,2\n' >a.csv
	while IFS='|' read -r kind command bytes; do
		printf '%b' "$bytes" >"it's.dat"
		run_apart mprof peak "it's.dat"
		[ "$status" -eq 1 ]
		same "$output" ""
		same "$errors" "mprof: it's.dat: is $kind; make it readable: $command < 'it'\\''s.dat' > NEW"
	done <<'END'
compressed with gzip|gzip -dc|\x1f\x8b\x08
compressed with bzip2|bzip2 -dc|BZh91AY
compressed with xz|xz -dc|\xfd7zXZ\0
compressed with zstd|zstd -dc|\x28\xb5\x2f\xfd\4
compressed with lz4|lz4 -dc|\x04\x22\x4d\x18
text in UTF-16|iconv -f UTF-16 -t UTF-8|\xff\xfet\0i\0m\0e\0
text in UTF-16|iconv -f UTF-16 -t UTF-8|\xfe\xff\0t\0i\0m\0e
text in UTF-16|iconv -f UTF-16LE -t UTF-8|t\0i\0m\0e\0
text in UTF-16|iconv -f UTF-16BE -t UTF-8|\0t\0i\0m\0e
END
	printf 'PAR1x' >a.dat
	run_apart mprof leak a.dat
	same "$errors" "mprof: a.dat: is a Parquet file: save its table as CSV"
	printf '{"runs": []}\n' >a.json
	run_apart mprof peak a.json
	same "$errors" "mprof: a.json:1: skipped 1 line that is not a record
mprof: a.json: holds no samples: it is JSON, of which only duct's usage files are read"
}

@test "csv: the way out leads out" {
	printf 'time,mem_mib\n1,2\n' >a.csv
	iconv -f UTF-8 -t UTF-16 a.csv >"it's u.csv"
	gzip -c a.csv >"-z.csv"
	for file in "it's u.csv" ./-z.csv; do
		run_apart mprof peak "$file"
		[ "$status" -eq 1 ]
		eval "$(sed 's/.*readable: //;s/NEW/new.csv/' <<<"$errors")"
		cmp a.csv new.csv
	done
}

@test "csv: a byte order mark loses no title, in joined files neither" {
	local mark=$'\xef\xbb\xbf'
	recording a.dat "first run"
	recording b.dat "second run"
	cat <(printf %s "$mark") a.dat <(printf %s "$mark") b.dat >c.dat
	run_apart mprof export --format json c.dat
	same "$errors" ""
	same_json "$(jq -c '[.runs[] | .command, (.samples | length)]' <<<"$output")" \
		'["first run",3,"second run",3]'
	run_apart mprof plot --format scene -o - --run 1 c.dat
	same "$errors" ""
	grep -q '^title "first run"' <<<"$output"
	printf '%s"time","mem_mib"\n1,2\n' "$mark" >a.csv
	printf '%s"mem_mib","time"\n3,2\n' "$mark" >>a.csv
	run_apart mprof export --format json a.csv
	same "$errors" ""
	same_json "$(jq -c '[.runs[].samples]' <<<"$output")" '[[[1,2],[2,3]]]'
}

@test "csv: text between the rows is passed over, and said" {
	{
		printf '%s\n' "starting, as it seems" "" \
			"# Elapsed time   CPU (%)     Real (MB)   Virtual (MB)"
		awk 'BEGIN { for (i = 0; i < 60; i++) printf "%12.3f 50.0 %12.3f 900.5\n", i / 2, 120 + 1.5 * i }'
		printf '%s\n' "done, see log" "2 errors, see log"
	} >log.txt
	run_apart mprof export --format json log.txt
	same "$errors" "mprof: log.txt:64: skipped 2 lines that are not records"
	same_json "$(jq -c '.runs[].samples | [length, .[0], .[-1]]' <<<"$output")" \
		'[60,[0,120],[29.5,208.5]]'
	printf '%s\n' "a word" "time,mem_mib" "1,2" "well, well" "2,3" >a.csv
	table_peak a.csv
	same "$output" "3.000 MiB"
	same "$errors" "mprof: a.csv:4: skipped 1 line that is not a record"
}

# Rows as pidstat writes them: pidstat_rows SECOND COUNT
pidstat_rows() {
	awk -v first="$1" -v count="$2" 'BEGIN {
		for (i = 0; i < count; i++)
			printf "%d     0      4242      0.00      0.00   15000   %d   0.10  job\n",
				first + i, 8000 + 250 * i
	}'
}

@test "csv: pidstat's runs in one file stay two" {
	local start
	for start in 1763600000 1763603600; do
		printf '%s\n' "started run" \
			"Linux 6.1.0 (host) 	11/20/26 	_x86_64_	(2 CPU)" "" \
			"# Time        UID       PID  minflt/s  majflt/s     VSZ     RSS   %MEM  Command"
		pidstat_rows "$start" 20
	done >p.txt
	run_apart mprof export --format json p.txt
	same "$errors" "mprof: p.txt:25: skipped 1 line that is not a record"
	same_json "$(jq -c '[.runs[].samples | [length, .[0], .[-1]]]' <<<"$output")" \
		'[[20,[1763600000,7.8125],[1763600019,12.451171875]],[20,[1763603600,7.8125],[1763603619,12.451171875]]]'
}

@test "csv: a table behind another is a run of its own where time goes back" {
	printf '%s\n' time,mem_mib 0,1 1,2 time,mem_mib 2,3 mem_mib,time 7,0 8,1 >a.csv
	run_apart mprof export --format json a.csv
	same "$errors" ""
	same_json "$(jq -c '[.runs[].samples]' <<<"$output")" \
		'[[[0,1],[1,2],[2,3]],[[0,7],[1,8]]]'
	printf '%s\n' time,pid,mem_mib 0,7,1 1,7,2 time,pid,mem_mib 0,8,3 1,8,4 >b.csv
	run_apart mprof export --format json b.csv
	same_json "$(jq -c '[.runs[].samples]' <<<"$output")" '[[[0,4],[1,6]]]'
}

@test "csv: pidstat without -h, among its other tables, morning and evening" {
	local half
	for half in "" " AM"; do
		printf '%s\n' "Linux 6.1.0 (host) 	11/20/26 	_x86_64_	(2 CPU)" "" \
			"11:59:59$half      UID       PID    %usr %system   CPU  Command" \
			"11:59:59$half        0      4242    2.00    1.00     1  job" "" \
			"11:59:58$half      UID       PID  minflt/s  majflt/s     VSZ     RSS   %MEM  Command" \
			"11:59:59$half        0      4242      0.00      0.00   15000   8192   0.10  job" "" \
			"11:59:59$half      UID       PID    %usr %system   CPU  Command" \
			"12:00:01${half:+ PM}        0      4242    2.00    1.00     1  job" "" \
			"11:59:59$half      UID       PID  minflt/s  majflt/s     VSZ     RSS   %MEM  Command" \
			"12:00:01${half:+ PM}        0      4242      0.00      0.00   15000   9216   0.10  job" "" \
			"Average:        0      4242      0.00      0.00   15000   8704   0.10  job" >p.txt
		run_apart mprof export --format json p.txt
		same "$errors" ""
		same_json "$(jq -c '[.runs[].samples]' <<<"$output")" '[[[43199,8],[43201,9]]]'
	done
	command -v pidstat >/dev/null || skip "needs sysstat for the rest"
	pidstat -r -p $$ 1 1 >real.txt
	table_peak real.txt
	[[ $output =~ ^[0-9]+\.[0-9]{3}\ MiB$ ]]
	same "$errors" ""
}

@test "csv: the usage file of duct" {
	printf '%s\n' \
		'{"timestamp": "2024-10-08T14:37:00.5-04:00", "num_samples": 1, "processes": {"270": {"pcpu": 0.0, "rss": 10485760, "vsz": 99, "timestamp": "x", "stat": {"Ssl": 1}, "cmd": "sh \"caf\u00e9\" \ud83d\ude00"}}, "totals": {"pmem": 0.0, "rss": 10485760, "vsz": 99}, "averages": {"rss": 1}}' \
		'{"timestamp": "2024-10-08T14:38:01.5-04:00", "processes": {"270": {"rss": 10485760}, "271": {"rss": 20971520, "cmd": "worker"}}, "totals": {"rss": 31457280}}' \
		'no report' '{"timestamp": "2024-10-08T14:38:01.5-04:00", "totals": {' \
		'{"timestamp": "2024-10-08T14:39:01.5-04:00", "totals": {"rss": 5242880}}' >usage.json
	run_apart mprof export --format json usage.json
	[ "$status" -eq 0 ]
	same "$errors" "mprof: usage.json:3: skipped 2 lines that are not records"
	same_json "$(jq -c '.runs[] | [.samples, [.processes[] | [.key, .name, .samples]]]' <<<"$output")" \
		'[[[1728412620.5,10],[1728412681.5,30],[1728412741.5,5]],[["270","sh \"café\" 😀",[[1728412620.5,10],[1728412681.5,10]]],["271","worker",[[1728412681.5,20]]]]]'
}

@test "csv: a figure of duct's that can't be one is left out and counted" {
	local report='{"timestamp": "2024-10-08T14:37:0%d.5-04:00", "processes": {"7": {"rss": %s}}, "totals": {"rss": %s}}\n'

	# shellcheck disable=SC2059 # it is the format
	printf "$report" 0 5242880 5242880 1 5 -5 2 -5 5 3 5 1e30 4 1e30 5 \
		5 9223372036854775808 5 >usage.json
	run_apart mprof peak usage.json
	same "$output" $'usage.json\t5.000 MiB\n  Child 7\t\t\t5.000 MiB'
	same "$errors" "mprof: usage.json:2: skipped 5 lines that are not records"
}

@test "csv: short rows are skipped and counted, NUL bytes are blanks" {
	printf 'time,mem_mib\n1,2\n7\n3,\0005\n4' >a.csv
	table_peak a.csv
	same "$output" "5.000 MiB"
	same "$errors" "mprof: a.csv:3: skipped 2 lines that are not records"
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
