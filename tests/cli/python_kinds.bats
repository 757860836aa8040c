#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Pythons of other kinds, read from outside: in a program of C, linked
# statically, with another libc, replaced on disk; and those that are refused.
# shellcheck disable=SC2030,SC2031  # each test has a $pid of its own
# shellcheck disable=SC2154  # launch and run_apart set what they say

load helper.bash
load live.bash

own_setup() {
	cat >script.py <<-'END'
	import sys
	class Kept:
	    pass
	kept = [Kept() for i in range(100)]
	def waits():
	    print("ready", flush=True)
	    sys.stdin.readline()
	waits()
	END
}

# heap, refs and --stacks read $pid, which runs script.py, and are right.
is_read() {
	local recorder

	[ "$(mprof heap --json "$pid" | jq '.types[] |
		select(.type == "__main__.Kept") | .count')" -eq 100 ]
	same "$(mprof refs --json "$pid" Kept |
		jq -r '.chains[] | "\(.objects) \(.path)"')" '100 __main__.kept[…]'
	rm -f run.dat
	mprof attach -q --stacks -o run.dat "$pid" 2>errors &
	recorder=$!
	soon_while "$recorder" grep -qs \
		'^STACK.*frames=[^,]*:7:waits,[^,]*:8:<module> ' run.dat
	kill "$recorder"
	wait "$recorder"
}

# is_refused WHY: by each command that looks into $pid.
is_refused() {
	local command why=$1 words

	for command in heap refs attach; do
		case $command in
		heap) words=(heap "$pid") ;;
		refs) words=(refs "$pid" list) ;;
		attach) words=(attach -o no.dat --python "$pid") ;;
		esac
		run_apart mprof "${words[@]}"
		same "$status $errors" "1 mprof: process $pid: $why"
		[ ! -e no.dat ]
	done
}

# The directory that a CPython is installed in.
base_of() {
	"$1" -c 'import sys; print(sys.base_prefix)'
}

# Its version, without the last number.
minor_of() {
	"$1" -c 'import sys; print("3.%d" % sys.version_info[1])'
}

# The shared library of a CPython; empty where there is none.
library_of() {
	local base

	base=$(base_of "$1")
	ls "$base"/lib/{,x86_64-linux-gnu/}libpython"$(minor_of "$1")".so.1.0 \
		2>/dev/null || :
}

# embed PYTHON LIBRARY: runs script.py in a program of C that loads the library.
# A library of another Debian runs with the libc of that Debian.
embed() {
	local base loader run=()

	base=$(base_of "$1")
	loader=$base/../lib64/ld-linux-x86-64.so.2
	[ "$base" = /usr ] || [ ! -e "$loader" ] ||
		run=("$loader" --library-path "$base/lib/x86_64-linux-gnu")
	PYTHONHOME=$base launch "${run[@]}" "$SOURCE/build/programs/embed" \
		script.py "$2"
}

@test "in a program of C that loads its library, on each CPython" {
	local python library tried=''

	for python in $(pythons); do
		library=$(library_of "$python")
		[ "$library" ] || continue
		tried+=" $("$python" -V)"
		embed "$python" "$library"
		is_read
		let_end
	done
	[ "$tried" ] || skip "no CPython with a library of its own here"
	echo "# on$tried" >&3
}

# The archive of a CPython; empty where there is none.
archive_of() {
	local base minor

	base=$(base_of "$1")
	minor=$(minor_of "$1")
	ls "$base/lib/python$minor/config-$minor"*"/libpython$minor.a" \
		2>/dev/null || :
}

# link_statically PYTHON: into ./linked; fails where a library is missing.
link_statically() {
	local archive

	archive=$(archive_of "$1")
	[ "$archive" ] || return 1
	${CC:-cc} -w -static -DLINKED -o linked \
		"$SOURCE/tests/programs/embed.c" "$archive" -lexpat -lz \
		-lm -ldl -lutil -lpthread 2>link.errors
}

@test "linked statically, and stripped, on each CPython" {
	local python why tried=''

	for python in $(pythons); do
		link_statically "$python" || continue
		tried+=" $("$python" -V)"
		PYTHONHOME=$(base_of "$python") launch ./linked script.py
		is_read
		let_end
		# Its version is a symbol, its place since 3.10 a section as well.
		strip -o python3 linked
		PYTHONHOME=$(base_of "$python") launch ./python3 script.py
		why="whose version can't be found"
		case $(minor_of "$python") in
		3.8 | 3.9) why='without the symbol _PyRuntime (linked statically and stripped?)' ;;
		esac
		is_refused "not supported: a Python $why"
		let_end
		rm linked python3
	done
	[ "$tried" ] || skip "no CPython with an archive of its own here"
	echo "# on$tried" >&3
}

# Only root may open a file that has no name any more.
is_read_though_deleted() {
	if [ "$(id -u)" -eq 0 ]; then
		is_read
	else
		is_refused "its file $PWD/${library##*/} (deleted) can't be read: \
No such file or directory; root can read a deleted file"
	fi
}

@test "its library is replaced on disk while it runs, by another and by nothing" {
	local python library found=

	for python in $(pythons); do
		library=$(library_of "$python")
		[ -z "$library" ] || found=$python
	done
	[ "$found" ] || skip "no CPython with a library of its own here"
	library=$(library_of "$found")
	cp "$(realpath "$library")" "${library##*/}"
	embed "$found" "./${library##*/}"
	is_read
	cp "$SOURCE/build/programs/pretend" other
	mv other "${library##*/}"
	is_read_though_deleted
	rm "${library##*/}"
	is_read_though_deleted
	let_end
}

# pretend NAME OPTION...: a program with the symbols of a CPython runs as NAME.
pretend() {
	${CC:-cc} -rdynamic "${@:2}" -o "$1" "$SOURCE/tests/programs/pretend.c"
	launch "./$1"
}

# What qemu-user runs is mapped, and not executed by the processor.
@test "a Python that an emulator runs" {
	cp "$(command -v bash)" qemu-aarch64
	cp "$SOURCE/build/programs/nvml.so" python3.11
	launch env LD_PRELOAD="$PWD/python3.11" ./qemu-aarch64 -c \
		'echo ready; read -r line'
	is_refused "not supported: a Python that qemu-aarch64 emulates"
	let_end
	launch ./qemu-aarch64 -c 'echo ready; read -r line'
	is_refused "runs no Python"
	let_end
}

@test "a CPython that is to come" {
	pretend python3.16
	is_refused "not supported: Python 3.16 (CPython 3.8 to 3.15 can be read)"
	let_end
}

@test "a debug build" {
	pretend python3 -DDEBUGS -DVERSION=0x030e00f0
	is_refused "not supported: a debug build of CPython"
	let_end
}

@test "a CPython whose table of offsets lies" {
	local minor word

	for minor in d e f; do
		for word in 0 8 64 1000 0x7fffffff ~0ull; do
			pretend python3 -DVERSION="0x030${minor}00f0" \
				-DWORD="$word"
			is_refused "not supported: its table of offsets matches no CPython that mprof knows"
			let_end
		done
		pretend python3 -DVERSION="0x030${minor}00f0" -DCOOKIE='"lies"'
		is_refused "not supported: its table of offsets has no cookie"
		let_end
	done
}
