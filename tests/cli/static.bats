#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The recorder alone, linked statically against musl, as a container without
# anything else would have it.
load helper

# Built from a copy, so that the tree's own build stays what it is.
setup_file() {
	command -v musl-gcc >/dev/null || return 0
	cp -R "$BATS_TEST_DIRNAME/../../src" "$BATS_TEST_DIRNAME/../../Makefile" \
		"$BATS_TEST_DIRNAME/../../examples/c/phases.c" \
		"$BATS_FILE_TMPDIR"
	cd "$BATS_FILE_TMPDIR" || return 1
	env -u MAKEFLAGS -u SANITIZE make -j2 CC=musl-gcc CAIRO=no CSV=no \
		WERROR=1 CFLAGS=-O1 LDFLAGS=-static mprof >log 2>&1 || {
		tail -n 20 log
		return 1
	}
	musl-gcc -static -o phases phases.c
}

own_setup() {
	command -v musl-gcc >/dev/null || skip 'no musl-gcc here'
	mkdir root root/proc
	cp "$BATS_FILE_TMPDIR/mprof" "$BATS_FILE_TMPDIR/phases" root
}

# Runs a command with root as its whole world but for /proc.
in_scratch() {
	unshare --mount --user --map-root-user --fork --pid \
		--mount-proc="$PWD/root/proc" chroot root "$@"
}

@test "it says what it was built with, and needs no library" {
	[[ $(root/mprof --version) == *"(recorder)" ]]
	run file root/mprof
	[[ $output == *"statically linked"* ]]
	root/mprof --help | grep -q '^    run '
}

@test "in a directory with nothing else it records, lists and sums up" {
	in_scratch /mprof --version >/dev/null 2>&1 ||
		skip 'no user namespaces here'
	in_scratch /mprof run -T 10ms -o /run.dat /phases 300 >out 2>err
	grep -qx 'five phases done' out
	[ "$(head -n 1 root/run.dat)" = 'CMDLINE /phases 300' ]
	[ "$(grep -c '^MEM ' root/run.dat)" -gt 3 ]
	in_scratch /mprof peak /run.dat >peak
	awk -F '\t' '$1 == "/run.dat" && $2 + 0 > 60 { good = 1 }
		END { exit !good }' peak
}

@test "its chart is the terminal's, and a picture names what is missing" {
	recording root/run.dat
	run_apart root/mprof plot -o chart.png root/run.dat
	[ "$status" -ne 0 ]
	[[ $errors == "mprof: "*"Cairo"* ]]
	[ ! -e chart.png ]
	root/mprof plot --help | grep -q -e --terminal || return 0
	root/mprof plot --terminal root/run.dat | grep -q MiB
}
