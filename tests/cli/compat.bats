#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Debian's python3-memory-profiler beside us: each reads what the other wrote.
load helper

own_setup() {
	command -v python3-mprof >/dev/null ||
		skip "needs Debian's python3-memory-profiler"
}

# Fails where the two print other things or end with another status.
both() {
	local theirs their_status=0

	theirs=$(python3-mprof "$@" 2>/dev/null) || their_status=$?
	run_apart mprof "$@"
	same "$output" "$theirs"
	[ "$status" -eq "$their_status" ]
}

@test "compat: list, peak, rm and clean of what theirs recorded" {
	printf '%s\n' 'import time, multiprocessing' \
		'def work(): x = bytearray(20 << 20); time.sleep(0.5)' \
		'if __name__ == "__main__":' \
		'    p = multiprocessing.Process(target=work)' \
		'    p.start(); work(); p.join()' >pool.py
	printf '%s\n' 'import time' '@profile' 'def outer():' \
		'    x = bytearray(10 << 20); inner(); time.sleep(0.2)' \
		'@profile' 'def inner(): time.sleep(0.2)' 'outer()' >calls.py
	python3-mprof run -M -T 0.05 -o children.dat pool.py >/dev/null
	python3-mprof run -C -T 0.05 -o calls.dat calls.py >/dev/null
	python3-mprof run -T 0.05 sh -c 'sleep 0.3' >/dev/null
	# The newest of all has a default name here, so both take that one.
	both peak
	python3-mprof run -T 0.05 -o calls.dat sh -c 'sleep 0.3' >/dev/null
	grep -q ^CHLD children.dat
	grep -q ^FUNC calls.dat
	both list
	both peak children.dat
	both peak calls.dat children.dat
	both peak --func __main__.outer calls.dat
	both peak --func __main__.inner calls.dat
	both peak --func inner calls.dat
	both peak -1
	both rm --dry-run children.dat -1
	both clean --dry-run
	both clean
	same "$(ls)" $'calls.dat\ncalls.py\nchildren.dat\npool.py'
}

@test "compat: their reader's odd ends" {
	printf '%s\n' "CMDLINE x" "MEM 21.0 1.0" "CHLD 0 0.000000 1.0" \
		"CHLD 12 5.1 1.0" "CHLD 0 0.000000 2.0" "MEM 0.000000 2.0" >a.dat
	printf '%s\n' "FUNC f 1.0 0.5 2.0 1.5" "CMDLINE x" "MEM 21.0 1.0" \
		"MEM 1e2 1.2" "NEW thing" >b.dat
	printf 'CMDLINE x\nMEM 0.000000 1.0\n' >zero.dat
	recording mprofile_20250101000000.dat
	recording mprofile_20240101000000.dat
	both peak a.dat
	both peak b.dat a.dat
	both peak --func f b.dat
	both peak zero.dat
	both peak nothing.dat
	both peak nothing.dat 0 a.dat -1 -2
	both list
	both rm --dry-run -1 -2 0
	both rm
	both rm 17
	both rm nothing.dat a.dat
	both peak --nonsense
	both rm 0
	both list
}

@test "compat: nothing there" {
	both list
	both peak
	both clean
	both clean --dry-run
}

# Records under a default name. Theirs lists the second of the name, ours that
# of the beginning: mostly the same.
record_in_one_second() {
	rm -f mprofile_*.dat
	mprof run -q sh -c 'sleep 0.2'
	sed -n 's/^INFO.*start=\([^ ;]*\).*/\1/p' mprofile_*.dat | tr -d -- '-T:' |
		grep -q "^$(echo mprofile_*.dat | tr -dc 0-9)"
}

@test "compat: theirs reads what ours writes" {
	mprof help run >/dev/null 2>&1 || skip "this build does not record"
	mprof run -q -o ours.dat sh -c 'sleep 0.3; exit 0'
	mprof run -q -M -o children.dat sh -c \
		'until grep -q ^CHLD children.dat; do sleep 0.1; done'
	soon record_in_one_second
	both list
	for file in ours.dat children.dat; do
		run python3-mprof peak "$file"
		[ "$status" -eq 0 ]
		[[ ${lines[0]} =~ ^$file$'\t'[0-9]+\.[0-9]{3}\ MiB$ ]]
	done
	[[ ${lines[1]} == "  Child "* ]]
	mprof peak children.dat | grep -q '^  Child '
}
