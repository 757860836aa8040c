#!/usr/bin/env bats
# SPDX-License-Identifier: MIT

load helper

@test "run --check: the verdicts, and 1 where a condition is not met" {
	run_apart mprof run -q --check --max-peak 10GiB -o a.dat true
	[ "$status" -eq 0 ]
	[[ $errors == "ok    max-peak "*"at most 10 GiB" ]]
	run_apart mprof run -q --check --max-peak 1MiB --junit a.xml -o a.dat \
		python3 -c 'x = bytearray(20 << 20)'
	[ "$status" -eq 1 ]
	[[ $errors == "FAIL  max-peak "* ]]
	grep -q '<failure' a.xml
	run_apart mprof run -q --max-peak 1MiB -o b.dat \
		python3 -c 'x = bytearray(20 << 20)'
	[ "$status" -eq 1 ]
}

@test "run --check: the program's own failure wins" {
	run_apart mprof run -q --check --max-peak 10GiB --junit out.xml -o a.dat \
		sh -c 'exit 7'
	[ "$status" -eq 7 ]
	[[ $errors == *"ok    max-peak "* ]]
	grep -q 'tests="1" failures="0"' out.xml
	run_apart mprof run -q --max-peak 1KiB --junit out.xml -o a.dat \
		sh -c 'kill -9 $$'
	[ "$status" -eq 137 ]
	[[ $errors == *"FAIL  max-peak "* ]]
	grep -q 'tests="1" failures="1"' out.xml
}

@test "run --check: only the run just recorded is judged" {
	mprof run -q -o a.dat python3 -c 'x = bytearray(60 << 20)'
	run_apart mprof run -q --check --max-peak 40MiB -o a.dat true
	[ "$status" -eq 0 ]
}

@test "run --check: misuse is found before the program starts" {
	run_apart mprof run --check -o a.dat touch started
	[ "$status" -eq 2 ]
	run_apart mprof run --check --baseline missing.dat -o a.dat touch started
	[ "$status" -eq 2 ]
	[[ $errors == *missing.dat* ]]
	[ ! -e started ]
}

@test "run --textfile: figures by process name, gone at the end" {
	mkdir metrics
	run_apart mprof run -q --textfile metrics -o a.dat \
		sh -c 'until [ -e metrics/*.prom ]; do sleep .02; done
			cat metrics/mprof-*.prom; stat -c %a metrics/*'
	[ "$status" -eq 0 ]
	[[ $output == *'mprof_process_memory_bytes{command="sh -c '*'",pid="'[0-9]*'",process="sh"} '* ]]
	[[ $output == *600 ]]
	if command -v promtool >/dev/null; then
		grep -v '^600$' <<<"$output" | promtool check metrics
	fi
	[ -z "$(ls metrics)" ]
	run_apart mprof run -q --textfile missing -o b.dat touch started
	[ "$status" -eq 125 ]
	[[ $errors == "mprof: option --textfile: missing/"*": can't be written"* ]]
	[ ! -e started ] && [ ! -e b.dat ]
}
