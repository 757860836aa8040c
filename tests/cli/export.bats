#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load helper
load prometheus

own_setup() {
	cat >a.dat <<-'END'
		CMDLINE sh -c 'a | b'
		INFO 0 1700000000.0000 backend=pss interval=0.05 host=box
		MEM 1.500000 1700000000.1000
		PROC 1.000000 1700000000.1000 pid=7 ppid=6 name=b cmd=b%20--x
		CHLD 7 1.000000 1700000000.1000
		MEM 2.500000 1700000000.2000
		PEAK 3.500000 1700000000.2500
		EXIT 1.250000 1700000000.3000 pid=7 signal=9 oom=1
		MARK 1.000000 1700000000.1500 label=two%20words
	END
}

needs_csv() {
	mprof --version | grep -q '\bcsv\b' || skip "built without libcsv"
}

@test "export: a pid that is used again is known by its start, and comes back so" {
	local dat=$SOURCE/tests/golden/reused.dat

	mprof export --format csv -o r.csv "$dat"
	same "$(head -n 1 r.csv | tr -d '\r')" \
		time,elapsed,pid,name,metric,mib,start
	same "$(awk -F, '$3 == 11 { print $4, $6 + 0, $7 + 0 }' r.csv)" \
		"cc1 20 101
cc1 30 101
cc1 25 190
ld 8 191"
	same "$(mprof peak r.csv | grep -c 'Child 11')" 3
	mprof export --format json -o r.json "$dat"
	jq -e '[.. | objects | select(has("start_ticks")) | .start_ticks] ==
		[100, 101, 190, 191]' r.json
	mprof export --format openmetrics -o r.om "$dat"
	same "$(grep -o 'pid="11".*start="[0-9]*"' r.om | sort -u | wc -l)" 3
}

@test "export: CSV by default, tidy, with CRLF as RFC 4180 has it" {
	needs_csv
	run_apart mprof export a.dat
	[ "$status" -eq 0 ]
	same "${output//$'\r'/R}" "time,elapsed,pid,name,metric,mibR
1700000000.100000,0.000000,,total,pss,1.500000R
1700000000.200000,0.100000,,total,pss,2.500000R
1700000000.250000,0.150000,,total,peak,3.500000R
1700000000.100000,0.000000,7,b,pss,1.000000R"
}

@test "export: a formula in a name is disarmed, quotes are doubled" {
	needs_csv
	local name
	for name in '=1+1' '+1' '-1' '@x' '|x' '%25x'; do
		printf '%s\n' "CMDLINE x" "MEM 1 1" "CHLD 7 1 1" \
			"PROC 1 1 pid=7 name=${name/=/%3D}" >b.dat
		mprof export b.dat >b.csv
		grep -qF ",7,'${name/\%25/%}," b.csv
	done
	printf '%s\n' "CMDLINE x" "MEM 1 1" "CHLD 7 1 1" \
		'PROC 1 1 pid=7 name=a,%22b%22%0d%0a%1b' >b.dat
	mprof export b.dat >b.csv
	grep -qF ',7,"a,""b""\x0d\n\x1b",rss,' b.csv
	[ "$(wc -l <b.csv)" -eq 3 ]
}

@test "export: JSON tells all that is known, by a schema that stays" {
	run_apart mprof export --format json a.dat
	[ "$status" -eq 0 ]
	jq -e '
		.schema == 1 and .path == "a.dat" and (.runs | length) == 1 and
		(.runs[0] |
		.command == "sh -c '"'a | b'"'" and
		.info.backend == "pss" and .info.interval_s == 0.05 and
		.start_s == 1700000000.1 and .peak_mib == 3.5 and
		.exit == null and
		.samples == [[1700000000.1, 1.5], [1700000000.2, 2.5]] and
		.peaks == [[1700000000.25, 3.5]] and
		.marks == [{"time_s": 1700000000.15, "mib": 1,
			"label": "two words"}] and
		.calls == [] and .stacks == [] and
		(.processes[0] | .key == "7" and .pid == 7 and .ppid == 6 and
			.name == "b" and .command == "b --x" and
			.exit.signal == 9 and .exit.oom and
			.exit.status == null and
			.samples == [[1700000000.1, 1]]))' <<<"$output"
}

@test "export: nasty names in JSON are text and nothing else" {
	printf 'CMDLINE "\\x1b</script>\xff\nMEM 1 1\nCHLD 7 1 1\n%s\n' \
		'PROC 1 1 pid=7 name=%22,%22x%22:%22%0a%e2%80%ae' >b.dat
	mprof export --format json b.dat >b.json
	[ "$(jq -r '.runs[0].processes[0].name' b.json)" = $'","x":"\n\u202e' ]
	lacks '</script\|'$'\x1b' <b.json
	jq -e . b.json >/dev/null
}

@test "export: folded stacks weigh the growth, outermost first" {
	printf '%s\n' "CMDLINE x" "MEM 1 1" \
		'STACK 1.0 1.0 id=1 frames=a.py:3:f;a.py:9:main' \
		'STACK 70.0 1.5 id=2 pid=9 frames=a%3Bb.py:4:g%20h;a.py:9:main' \
		'STACK 3.0 2.0 id=1' 'STACK 71.0 2.5 id=2 pid=9' \
		'STACK 3.5 3.0 id=3 frames=a.py:5:back' \
		'STACK 2.0 4.0 id=3' 'STACK 2.5 5.0 id=1' >s.dat
	run_apart mprof export --format folded s.dat
	[ "$status" -eq 0 ]
	same "$output" "main (a.py:9);f (a.py:3) 2560
main (a.py:9);g h (a:b.py:4) 1024"
}

# Two stacks, the second below a file with a name that JSON has to escape.
stacks() {
	printf '%s\n' "CMDLINE x y" "MEM 1 1" \
		'STACK 1.0 1.0 id=1 frames=a.py:3:f;a.py:9:main' \
		'STACK 3.0 2.0 id=1' \
		'STACK 7.0 3.0 id=2 frames=a%22b.py:4:g;a.py:9:main' \
		'STACK 6.0 4.0 id=3 frames=a.py:5:back' >s.dat
}

# The conditions are those of the format's published JSON schema.
@test "export: speedscope is what its schema asks for" {
	stacks
	mprof export -o s.speedscope.json s.dat
	jq -e '."$schema" ==
			"https://www.speedscope.app/file-format-schema.json" and
		(.shared.frames | all((.name | type) == "string" and
			((.file // "") | type) == "string" and
			((.line // 0) | type) == "number")) and
		(.profiles | length == 1) and
		(.profiles[0] | .type == "sampled" and .name == "x y" and
			.unit == "bytes" and .startValue == 0 and
			.endValue == (.weights | add) and
			(.samples | length) == (.weights | length)) and
		((.shared.frames | length) as $frames |
			[.profiles[].samples[][]] | all(. >= 0 and . < $frames))
		' s.speedscope.json
	same "$(jq -r '.shared.frames as $frames | .profiles[0] |
		[.samples, .weights] | transpose[] | [(.[0] | map($frames[.] |
		"\(.name) \(.file):\(.line)") | join(";")), .[1]] | @tsv' \
		s.speedscope.json)" \
"main a.py:9;f a.py:3	2097152
main a.py:9;g a\"b.py:4	4194304"
	# A JSON export is still asked for by its own ending.
	mprof export -o s.json s.dat
	jq -e .runs s.json >/dev/null
	run_apart mprof export --format speedscope a.dat
	[ "$status" -eq 1 ]
	[[ $errors == *"a.dat: holds no stacks; record with --stacks" ]]
}

# Decodes the wire format, by the numbers that profile.proto gives to fields.
read_pprof() {
	python3 - "$1" <<-'END'
	import sys
	def fields(data):
	    at, found = 0, {}
	    def number():
	        nonlocal at
	        value = shift = 0
	        while True:
	            byte = data[at]
	            at += 1
	            value |= (byte & 127) << shift
	            shift += 7
	            if byte < 128:
	                return value
	    while at < len(data):
	        key = number()
	        value = number()
	        if key & 7 == 2:
	            value, at = data[at:at + value], at + value
	            assert at <= len(data)
	        else:
	            assert key & 7 == 0
	        found.setdefault(key >> 3, []).append(value)
	    return found
	profile = fields(open(sys.argv[1], "rb").read())
	texts = [text.decode() for text in profile[6]]
	assert texts[0] == "" and len(set(texts)) == len(texts)
	functions = {}
	for function in map(fields, profile[5]):
	    functions[function[1][0]] = (texts[function[2][0]],
	                                 texts[function[4][0]])
	locations = {}
	for location in map(fields, profile[4]):
	    line = fields(location[4][0])
	    locations[location[1][0]] = (*functions[line[1][0]], line[2][0])
	for kind in map(fields, profile[1]):
	    print(texts[kind[1][0]], texts[kind[2][0]])
	for sample in map(fields, profile[2]):
	    print(*sample[2], [locations[at] for at in sample[1]])
	END
}

@test "export: pprof, field by field" {
	stacks
	mprof export -o s.pb s.dat
	same "$(read_pprof s.pb)" "samples count
growth bytes
2 2097152 [('f', 'a.py', 3), ('main', 'a.py', 9)]
1 4194304 [('g', 'a\"b.py', 4), ('main', 'a.py', 9)]"
}

@test "export: pprof is read by pprof" {
	if command -v go >/dev/null; then
		pprof='go tool pprof'
	elif command -v google-pprof >/dev/null; then
		skip "only the old pprof is here, which reads no profile.proto"
	else
		skip "no go tool pprof"
	fi
	stacks
	mprof export -o s.pb s.dat
	$pprof -top s.pb >out 2>/dev/null
	grep -Eq '^Type: growth' out
	grep -Eq '^ +4MB .* g$' out
	grep -Eq '^ +0 .* 6MB +100% +main$' out
}

@test "export: folded calls weigh their own growth without that of the inner" {
	printf '%s\n' "FUNC outer 1.0 10.0 5.0 20.0 0" \
		"FUNC inner 2.0 11.0 4.5 12.0 1" "FUNC inner 4.5 13.0 4.75 14.0 1" \
		"FUNC later 5.0 21.0 6.0 22.0 0" "CMDLINE x" "MEM 1 1" >c.dat
	run_apart mprof export --format folded c.dat
	same "$output" "outer;inner 2816
outer 1280
later 1024"
}

@test "export: folded without stacks or calls says what to do" {
	run_apart mprof export --format folded a.dat
	[ "$status" -eq 1 ]
	same "$output" ""
	same "$errors" "mprof: a.dat: holds no stacks and no calls; record with --stacks"
}

@test "export: OpenMetrics, to the letter" {
	printf '%s\n' 'CMDLINE echo "a\b"' "MEM 1.5 1700000000.1000" \
		"MEM 2.0 1700000000.2001" "MEM 3.0 1700000000.2003" \
		"MEM 2.5 1700000000.2004" >o.dat
	run_apart mprof export --format openmetrics o.dat
	same "$output" '# HELP mprof_memory_bytes Memory of the program and its descendants.
# TYPE mprof_memory_bytes gauge
# UNIT mprof_memory_bytes bytes
mprof_memory_bytes{recording="o.dat",run="1",command="echo \"a\\b\""} 1572864 1700000000.100
mprof_memory_bytes{recording="o.dat",run="1",command="echo \"a\\b\""} 3145728 1700000000.200
# HELP mprof_memory_peak_bytes High-water marks between the samples.
# TYPE mprof_memory_peak_bytes gauge
# UNIT mprof_memory_peak_bytes bytes
# HELP mprof_process_memory_bytes Memory of one descendant.
# TYPE mprof_process_memory_bytes gauge
# UNIT mprof_process_memory_bytes bytes
# EOF'
}

@test "export: Prometheus takes it and gives it back" {
	local url answer server

	need_prometheus
	mprof export -o a.om a.dat
	promtool tsdb create-blocks-from openmetrics a.om data
	start_prometheus /dev/null --storage.tsdb.retention.time=100y
	ask() {
		python3 - "$url" "$1" <<-'END'
			import sys, urllib.parse, urllib.request
			query = urllib.parse.urlencode({"query": sys.argv[2], "time": "1700000001"})
			print(urllib.request.urlopen(sys.argv[1] + "/api/v1/query?" + query).read().decode())
		END
	}
	answer=$(ask 'mprof_memory_bytes[1m]')
	same_json "$(jq -c '.data.result[0].values' <<<"$answer")" \
		'[[1700000000.1,"1572864"],[1700000000.2,"2621440"]]'
	same "$(jq -r '.data.result[0].metric.command' <<<"$answer")" \
		"sh -c 'a | b'"
	answer=$(ask 'max_over_time(mprof_process_memory_bytes{pid="7"}[1m])')
	same "$(jq -r '.data.result[0].value[1]' <<<"$answer")" 1048576
	answer=$(ask 'mprof_memory_peak_bytes')
	same "$(jq -r '.data.result[0].value[1]' <<<"$answer")" 3670016
	kill "$server"
	wait "$server" || true
}

@test "export: the format by the output's name; a failure leaves no file" {
	mprof export -o out.json a.dat
	jq -e .schema out.json >/dev/null
	mprof export -o out.om a.dat
	[ "$(tail -1 out.om)" = "# EOF" ]
	run_apart mprof export -o out.folded a.dat
	[ "$status" -eq 1 ]
	[ ! -e out.folded ]
	run_apart mprof export -o /nowhere/out.json a.dat
	[ "$status" -eq 1 ]
	[[ $errors == "mprof: /nowhere/out.json: can't be written: "* ]]
	mkdir folder.json
	run_apart mprof export -o folder.json a.dat
	[ "$status" -eq 1 ]
	same "$errors" "mprof: folder.json: is a directory; name a file in it"
}

@test "export: notices stay out of the data" {
	cp a.dat mprofile_20250101000000.dat
	run_apart mprof export --format json
	[ "$status" -eq 0 ]
	same "$errors" "Using last profile data."
	jq -e . <<<"$output" >/dev/null
}

@test "export: misuse" {
	run_apart mprof export --format xml a.dat
	[ "$status" -eq 2 ]
	[[ $errors == *"xml: is none of csv, json, openmetrics, folded, speedscope, pprof"* ]]
	run_apart mprof export gone.dat
	[ "$status" -eq 255 ]
	same "$output" ""
}

@test "export: a full disk is no success" {
	[ -w /dev/full ] || skip "no /dev/full"
	run bash -c 'mprof export --format json a.dat >/dev/full'
	[ "$status" -ne 0 ]
}

@test "export: several recordings are a set, a row each" {
	local i

	for i in 1 2 3 4 5 6; do
		printf '%s\n' 'CMDLINE x' \
			"INFO;backend=rss;host=n;version=0.2.0;rank=$i;ranks=7;job=9 1.0 100.0" \
			"MEM $((i == 6 ? 900 : 100 + i)).0 100.0" 'MEM 1.0 101.5' \
			'EXIT;pid=1;status=0 9.0 101.5' >"r,$i.dat"
	done
	run_apart mprof export --format json r*.dat
	[ "$status" -eq 0 ]
	jq -e '(.recordings | length) == 6 and .recordings[5].apart and
		([.recordings[].rank] == [1,2,3,4,5,6]) and
		.recordings[0].peak_mib == 101 and
		.set.missing_ranks == [0]' <<<"$output"
	run_apart mprof export r*.dat
	[ "$status" -eq 0 ]
	mprof export -o set.csv r*.dat
	python3 - <<-'END'
		import csv
		rows = list(csv.DictReader(open("set.csv", newline="")))
		assert [r["path"] for r in rows] == ["r,%d.dat" % i for i in range(1, 7)]
		assert [r["apart"] for r in rows] == ["0"] * 5 + ["1"]
		assert float(rows[5]["peak_mib"]) == 900 and rows[0]["job"] == "9"
	END
	run_apart mprof export --format folded r*.dat
	[ "$status" -eq 1 ]
	[[ $errors == *"takes one recording at a time"* ]]
	# Nothing to write is no reason to overwrite.
	echo other >bad1.dat
	echo other >bad2.dat
	cp set.csv before.csv
	run_apart mprof export -o set.csv bad1.dat bad2.dat
	[ "$status" -eq 1 ]
	cmp set.csv before.csv
}
