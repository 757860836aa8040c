#!/usr/bin/env bats
# SPDX-License-Identifier: MIT

load helper

level() {
	awk -v mib="$2" -v slope="${3:-0}" 'BEGIN {
		print "CMDLINE made"
		for (i = 0; i <= 100; i++)
			printf "MEM %.6f %d\n", mib + slope * i, 1700000000 + i
	}' >"$1"
}

own_setup() {
	level a.dat 400
}

@test "check: each condition, its figure and verdict" {
	run_apart mprof check --max-peak 500MiB --max-mean 300 a.dat
	[ "$status" -eq 1 ]
	[ "${output%%$'\n'*}" = "ok    max-peak    400 MiB, at most 500 MiB" ]
	[[ $output == *"FAIL  max-mean    400 MiB, at most 300 MiB"* ]]
	run_apart mprof check --max-peak 400MiB --max-mean 400 a.dat
	[ "$status" -eq 0 ]
}

@test "check: a verdict fits its terminal" {
	COLUMNS=32 run_apart mprof check --max-peak 500MiB --baseline a.dat a.dat
	same "$output" \
"ok    max-peak    400 MiB, at
      most 500 MiB
ok    baseline    400 MiB, at
      most 420 MiB (0.0 %
      against the baseline)"
	COLUMNS=32 run_apart mprof run -q --max-peak 500GiB true
	same "$(awk 'length > 32' <<<"$output$errors")" ""
}

@test "check --max-growth and --no-leak" {
	level b.dat 100 0.1
	run mprof check --max-growth 5MiB/min b.dat
	[ "$status" -eq 1 ]
	run mprof check --max-growth 7MiB/min b.dat
	[ "$status" -eq 0 ]
	run mprof check --max-growth 0/min a.dat
	[ "$status" -eq 0 ]
	run_apart mprof check --no-leak a.dat
	[ "$status" -eq 0 ]
	run_apart mprof check --no-leak b.dat
	[ "$status" -eq 1 ]
	[[ $output == "FAIL  no-leak "*"MiB/min"* ]]
}

@test "check --max-growth: what may be noise is let pass" {
	awk 'BEGIN {
		srand(7)
		print "CMDLINE made"
		for (i = 0; i < 200; i++)
			printf "MEM %.3f %.1f\n", 100 + (i > 190) * 5 + 3 * rand(),
			    1700000000 + i / 10
	}' >noise.dat
	run_apart mprof check --max-growth 100KiB/h noise.dat
	[ "$status" -eq 0 ]
}

@test "check --max-growth: unknown with a single sample" {
	printf 'CMDLINE made\nMEM 10.0 1700000000.0\n' >one.dat
	run_apart mprof check --max-growth 5MiB/min one.dat
	[ "$status" -eq 0 ]
	[[ $output == "?     max-growth  unknown, at most 5.00 MiB/min (too few samples;"* ]]
	run_apart mprof check --max-growth 5MiB/min --strict one.dat
	[ "$status" -eq 1 ]
	[[ $output == "FAIL  max-growth  unknown, "* ]]
	run_apart mprof check --max-growth 5MiB/min --json one.dat
	[ "$(jq -r '.conditions[0].value' <<<"$output")" = null ]
}

@test "check --baseline: one pair by its difference and the tolerance" {
	level b.dat 415
	run mprof check --baseline a.dat --tolerance 5% b.dat
	[ "$status" -eq 0 ]
	run_apart mprof check --baseline a.dat --tolerance 0.02 b.dat
	[ "$status" -eq 1 ]
	[[ $output == "FAIL  baseline "*"(+3.8 % against the baseline)" ]]
}

@test "check --baseline: several recordings by their spread" {
	level m1.dat 380; level m2.dat 460; level m3.dat 400; level m4.dat 410
	level n1.dat 470; level n2.dat 395; level n3.dat 480; level n4.dat 415
	run_apart mprof check --baseline 'm?.dat' --tolerance 0% n?.dat
	[ "$status" -eq 0 ]
	[[ $output == *"within the spread of the runs"* ]]
	for i in 1 2 3 4; do level "n$i.dat" $((520 + i)); done
	run_apart mprof check --baseline m1.dat,m2.dat,m3.dat,m4.dat n?.dat
	[ "$status" -eq 1 ]
	[[ $output == "FAIL  baseline"*"beyond the spread of the runs"* ]]
	# Few runs are enough for what is far beyond, one beside several too.
	run_apart mprof check --baseline m1.dat,m3.dat,m4.dat n1.dat n2.dat
	[ "$status" -eq 1 ]
	run_apart mprof check --baseline m1.dat,m3.dat,m4.dat n1.dat
	[ "$status" -eq 1 ]
	level w1.dat 80; level w2.dat 120; level w3.dat 100; level w4.dat 112
	run_apart mprof check --baseline w1.dat,w2.dat,w3.dat w4.dat
	[ "$status" -eq 0 ]
	[[ $output == *"within the spread of the runs"* ]]
}

@test "check --json and --junit" {
	run_apart mprof check --json --junit out.xml --max-peak 500 --max-mean 1 a.dat
	[ "$status" -eq 1 ]
	jq -e '.met == false and (.conditions | length) == 2 and
	    .conditions[0].condition == "max-peak" and
	    .conditions[0].met and .conditions[0].value == 400 and
	    .conditions[0].limit == 500 and .conditions[0].unit == "mib" and
	    .conditions[0].note == null and
	    (.conditions[1].met | not)' <<<"$output"
	python3 - <<-'END'
	import xml.etree.ElementTree as tree
	suite = tree.parse("out.xml").getroot()
	assert suite.get("tests") == "2" and suite.get("failures") == "1"
	cases = {c.get("name"): c.find("failure") for c in suite}
	assert cases["max-peak"] is None
	assert cases["max-mean"].get("message") == "400 MiB, at most 1 MiB"
	END
}

@test "check: of several recordings those that fail are named" {
	level 'b <&">.dat' 600
	level c.dat 100
	level d.dat 700
	cat d.dat >>c.dat
	run_apart mprof check --max-peak 500 --junit out.xml a.dat 'b <&">.dat' c.dat
	[ "$status" -eq 1 ]
	same "$output" 'ok    max-peak    a.dat: 400 MiB, at most 500 MiB
FAIL  max-peak    b <&">.dat: 600 MiB, at most 500 MiB
ok    max-peak    c.dat, run 1: 100 MiB, at most 500 MiB
FAIL  max-peak    c.dat, run 2: 700 MiB, at most 500 MiB'
	python3 - <<-'END'
	import xml.etree.ElementTree as tree
	suite = tree.parse("out.xml").getroot()
	cases = {(c.get("classname"), c.get("name")): c.find("failure") is None
	         for c in suite}
	assert cases == {("a.dat", "max-peak"): True,
	                 ('b <&">.dat', "max-peak"): False,
	                 ("c.dat, run 1", "max-peak"): True,
	                 ("c.dat, run 2", "max-peak"): False}, cases
	END
	run_apart mprof check --max-peak 500 --json a.dat 'b <&">.dat' c.dat
	[ "$status" -eq 1 ]
	same_json "$(jq -c '.conditions[] | [.recording, .run, .met]' <<<"$output")" \
		'["a.dat",null,true]
["b <&\">.dat",null,false]
["c.dat",1,true]
["c.dat",2,false]'
}

@test "check --max-growth: figure and limit have one unit, the limit's" {
	level b.dat 100 146
	run_apart mprof check --max-growth 1MiB/min b.dat
	[ "$status" -eq 1 ]
	same "$output" "FAIL  max-growth  8760 MiB/min, at most 1.00 MiB/min"
	run_apart mprof check --max-growth 0/min b.dat
	same "$output" "FAIL  max-growth  8760 MiB/min, at most 0.00 MiB/min"
}

@test "check: misuse is status 2" {
	run_apart mprof check a.dat
	[ "$status" -eq 2 ]
	[[ $errors == "mprof: check: no condition given"* ]]
	for bad in '--max-growth 2MiB' '--max-growth x/min' '--max-growth 2MiB/' \
		'--max-peak 0' '--tolerance -5%' '--tolerance 5x'; do
		# shellcheck disable=SC2086 # an option and its value
		run_apart mprof check $bad --max-mean 1 a.dat
		[ "$status" -eq 2 ]
		[[ $errors == "mprof: option --"* ]]
	done
	run_apart mprof check --max-peak 500 missing.dat
	[ "$status" -eq 2 ]
	run_apart mprof check --baseline missing.dat a.dat
	[ "$status" -eq 2 ]
	[[ $errors == *missing.dat* ]]
	run_apart mprof check --max-peak 500 --junit no/such/out.xml a.dat
	[ "$status" -eq 2 ]
	[[ $errors == *no/such/out.xml* ]]
}

@test "check: a program that ended before its first sample has a peak" {
	printf 'CMDLINE true\nPEAK 1.5 1700000000.0\n' >a.dat
	run mprof check --max-peak 2MiB a.dat
	[ "$status" -eq 0 ]
	run mprof check --max-peak 1MiB a.dat
	[ "$status" -eq 1 ]
	run_apart mprof leak a.dat
	[[ $output == "undecided: "* ]]
}

@test "check --max-spread: the recordings of a set beside each other" {
	local i

	for i in 1 2 3; do
		printf '%s\n' 'CMDLINE x' "MEM $((90 + 10 * i)).0 100.0" \
			"MEM $((90 + 10 * i)).0 101.0" >"$i.dat"
	done
	run_apart mprof check --max-spread 20% 1.dat 2.dat 3.dat
	[ "$status" -eq 0 ]
	same "$output" "ok    max-spread  18.2 %, at most 20 % (lowest 1.dat, highest 3.dat)"
	run_apart mprof check --max-spread 0.1 1.dat 2.dat 3.dat
	[ "$status" -eq 1 ]
	[[ $output == "FAIL  max-spread  18.2 %, at most 10 %"* ]]
	run_apart mprof check --max-spread 1% 1.dat
	[ "$status" -eq 0 ]
	same "$output" "?     max-spread  0.0 %, at most 1 % (one recording has no spread)"
	run_apart mprof check --max-spread 1% --strict 1.dat
	[ "$status" -eq 1 ]
	sed -i '1a INFO;backend=pss;version=0.1.0 1.0 100.0' 2.dat
	run_apart mprof check --max-spread 50% 1.dat 2.dat 3.dat
	[ "$status" -eq 1 ]
	same "$output" "FAIL  max-spread  unknown, at most 50 % (some record rss, some pss)"
	run_apart mprof check --max-spread 50% --json 1.dat 2.dat 3.dat
	[ "$(jq -c '.conditions[0] | [.met, .value]' <<<"$output")" = "[false,null]" ]
	run_apart mprof check --max-spread 0% 1.dat
	[ "$status" -eq 2 ]
}

@test "check --phases: each condition for each phase that a mark begins" {
	awk 'BEGIN {
		print "CMDLINE pytest"
		for (i = 0; i < 30; i++) {
			name = i < 20 ? "test_a" : "test%20b"
			mib = i < 5 ? 10 : i < 15 ? 50 : i < 25 ? 20 : 90
			if (i % 10 == 5)
				print "MARK;label=" name " 1 " 999.5 + i
			print "MEM", mib, 1000 + i
			printf "USAGE;threads=%d 1 %d\n", i, 1000 + i
		}
	}' >a.dat
	run_apart mprof check --phases --max-peak 60MiB --max-threads 14 \
		--junit a.xml a.dat
	[ "$status" -eq 1 ]
	[[ $output == *"ok    max-peak    start: 10.0 MiB, at most 60 MiB"* ]]
	[[ $output == *"ok    max-peak    test_a: 50.0 MiB"* ]]
	[[ $output == *"ok    max-peak    test_a #2: 20.0 MiB"* ]]
	[[ $output == *"FAIL  max-peak    test b: 90.0 MiB, at most 60 MiB"* ]]
	[[ $output == *"ok    max-threads  test_a: 14, at most 14"* ]]
	[[ $output == *"FAIL  max-threads  test_a #2: 24, at most 14"* ]]
	grep -q 'name="max-peak: test_a #2"/>' a.xml
	mprof check --json --phases --max-peak 1GiB a.dat | python3 -c '
import json, sys
assert [c["phase"] for c in json.load(sys.stdin)["conditions"]] == [
    "start", "test_a", "test_a", "test b"]'
	awk 'BEGIN {
		print "CMDLINE x"
		for (i = 0; i < 400; i++) {
			if (i == 200)
				print "MARK;label=b 200 1200"
			print "CHLD 11", i < 200 ? 40 : i * 0.2, 1000 + i
			print "CHLD 12", i < 200 ? 40 : 80 - i * 0.2, 1000 + i
			print "MEM 200", 1000 + i
		}
	}' >c.dat
	run_apart mprof check --phases --no-leak c.dat # one takes what one gives
	[ "$status" -eq 1 ]
	same "$output" "ok    no-leak     start: not leaking
FAIL  no-leak     b: 12.0 MiB/min"
	recording b.dat # no marks: one phase
	run_apart mprof check --phases --max-peak 60MiB b.dat
	[[ $output == "ok    max-peak    "*"3.25 MiB, at most 60 MiB"* ]]
}
