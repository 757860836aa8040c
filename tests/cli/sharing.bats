#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Memory that several processes share, and a sum of RSS counts in each: how
# much there is in truth, and who shares it. The programs end when the recorder
# has taken the reading that is waited for.
load helper

SHARE=$SOURCE/build/programs/share

# Records share HOW MIB COUNT OTHERS, to a reading for which the condition of
# awk holds, of its rss, pss and sharers: shared CONDITION HOW MIB COUNT OTHERS
shared() {
	local condition=$1 recorder
	shift
	# shellcheck disable=SC2086 # the options are words
	mprof run -T 0.05 -o a.dat ${options-} "$SHARE" "$@" end \
		2>"$BATS_TEST_TMPDIR/errors" 3>&- &
	recorder=$!
	soon_while $recorder awk -F '[; ]' -v found=1 "/^SHARE/ {
			pss = sharers = 0
			for (i = 2; i < NF - 1; i++) {
				split(\$i, pair, \"=\")
				if (pair[1] == \"pss\") pss = pair[2]
				else sharers = pair[2]
			}
			rss = \$(NF - 1)
			if ($condition) found = 0
		} END { exit found }" a.dat 2>/dev/null
	touch end
	wait $recorder
	errors=$(cat "$BATS_TEST_TMPDIR/errors")
}

# Fails where the summary does not tell SHARERS, and a PSS from LOW to HIGH MiB.
tells() { # LOW HIGH SHARERS
	local hint='\(([0-9.]+) MiB PSS, ([0-9]+) processes share memory: RSS'
	[[ $errors =~ $hint ]] || {
		echo "$errors" >&2
		return 1
	}
	[ "${BASH_REMATCH[2]}" -eq "$3" ]
	awk -v got="${BASH_REMATCH[1]}" -v low="$1" -v high="$2" \
		'BEGIN { exit !(got >= low && got <= high) }'
}

@test "sharing: what a fork left in common counts once" {
	shared 'rss > 180' fork 60 3 0
	tells 60 66 3
	[[ $errors == *"peak 18"[0-9]" MiB RSS ("* ]]
}

@test "sharing: one mapping, and those that don't have it are not counted" {
	shared 'rss > 240' map 60 4 2
	tells 60 66 4
}

@test "sharing: what each has written to is its own: nothing is said" {
	shared 'rss > 180 && pss > 175' write 60 3 0
	[[ $errors == *"peak 18"[0-9]" MiB RSS, "* ]]
}

@test "sharing: programs with memory of their own: nothing is said" {
	shared 'rss > 180 && pss > 175' apart 60 3 0
	[[ $errors == *"peak 18"[0-9]" MiB RSS, "* ]]
}

@test "sharing: a program alone, and other metrics, are not read" {
	touch end
	mprof run -q -T 0.02 -o b.dat "$SOURCE/build/programs/hog" 64 0.3
	mprof run -q -T 0.02 --no-children -o b.dat \
		"$SOURCE/build/programs/hog" -f 64 0.3
	mprof run -q -T 0.02 --backend pss -o b.dat \
		"$SOURCE/build/programs/hog" -f 64 0.3
	[ "$(grep -c ^CMDLINE b.dat)" -eq 3 ]
	lacks '^SHARE' <b.dat
}

# Where it is shown: peak, list, JSON, every chart.
@test "sharing: what was read stays with the recording" {
	cp "$SOURCE/tests/golden/shared.dat" mprofile_20231114221320.dat
	run_apart mprof peak mprofile_20231114221320.dat
	[[ $output == *$'\n  Shared\t\t\t108 MiB PSS, 14 processes share memory' ]]
	mprof list --long | grep -q ' 397 MiB  108 MiB '
	mprof list --json | jq -e '.recordings[0].shared ==
		{time_s: 1700000002.01, rss_mib: 385.5, pss_mib: 107.5,
			processes: 14}'
	mprof peak --json mprofile_20231114221320.dat |
		jq -e '.recordings[0].shared.pss_mib == 107.5'
	mprof export --format json mprofile_20231114221320.dat |
		jq -e '.runs[0].shares | length == 2 and .[0].processes == 8'
	mprof export mprofile_20231114221320.dat |
		grep -q ',2.010000,,total,pss,107.500000'
	mprof export --format openmetrics mprofile_20231114221320.dat |
		grep -q '^mprof_memory_pss_bytes{.*} 112721920 1700000002.010'
}

@test "sharing: charts tell it, and of which measure they are" {
	local told='108 MiB PSS, 14 processes share memory'

	cp "$SOURCE/tests/golden/shared.dat" a.dat
	mprof plot a.dat | grep -q "^Shared: $told"
	mprof plot a.dat | grep -q '^Metric: resident memory, sum of processes'
	mprof plot -o a.html a.dat
	grep -q "\"Shared\",\"$told\"" a.html
	grep -q '"Metric","resident memory, sum of processes"' a.html
	sed 's/pss=107.5/pss=207.5/' a.dat >b.dat
	mprof plot --format scene -o - a.dat b.dat | grep -qx "fact Shared:\
 a.dat: $told; b.dat: 208 MiB PSS, 14 processes share memory"
	command -v pdftotext >/dev/null || skip "needs pdftotext for the rest"
	mprof plot -o a.pdf a.dat
	pdftotext -layout a.pdf
	grep -q "$told" a.txt
	grep -q 'resident memory, sum of processes (MiB)' a.txt
	mprof plot --size 300x200 -o a.pdf a.dat
	pdftotext -layout a.pdf
	grep -q "$told" a.txt
}

# measured BACKEND FILE [KEY]: a recording of it
measured() {
	printf '%s\n' 'CMDLINE x' "INFO;backend=$1$3 1.0 1700000000.0000" \
		'MEM 1.000000 1700000000.0000' \
		'MEM 2.000000 1700000001.0000' >"$2"
}

@test "measure: each chart says which it is" {
	local row
	measured pss pss.dat ''
	measured cgroup cgroup.dat ''
	measured rss alone.dat ';alone=1'
	measured new new.dat ''
	recording theirs.dat
	printf '%s\n' 'time,used' 1,5 2,6 >table.csv
	printf '%s\n' 'time,rss' 1,5 2,6 >rss.csv
	for row in 'pss.dat:PSS, sum of processes' \
		'cgroup.dat:cgroup: with page cache' \
		'alone.dat:resident memory, the program alone' 'new.dat:new' \
		'theirs.dat:resident memory' 'table.csv:memory' \
		'rss.csv:resident memory'; do
		mprof plot --format scene -o - "${row%%:*}" 2>/dev/null >scene
		grep -qx "fact Metric: ${row#*:}" scene || {
			echo "$row" "$(grep Metric scene)" >&2
			return 1
		}
	done
}

@test "measure: two are not laid over each other, as compare does" {
	measured pss pss.dat ''
	measured rss rss.dat ''
	recording theirs.dat
	run_apart mprof plot -o a.png pss.dat rss.dat
	[ "$status" -eq 1 ]
	[ ! -e a.png ]
	[[ $errors == *"pss.dat: records pss, rss.dat records rss: they can't be compared"* ]]
	run_apart mprof compare pss.dat rss.dat
	[ "$status" -ne 0 ]
	[[ $errors == *"pss.dat: records pss, rss.dat records rss: they can't be compared"* ]]
	mprof plot -o a.png rss.dat theirs.dat
	[ -s a.png ]
}

@test "measure: the recorder tells where the total is the program's alone" {
	mprof run -q --no-children -o a.dat true
	grep -q '^INFO;.*;alone=1 ' a.dat
	mprof run -q -o b.dat true
	lacks 'alone=' <b.dat
	grep -q '^INFO;.*;host=[^ ;]' b.dat
}
