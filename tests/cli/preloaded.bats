#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The libraries that mprof preloads use no symbol that a program's libc may lack:
# such a program would not start at all.
load helper

# wanted LIBRARY: the symbols that it takes from elsewhere, with their versions
wanted() {
	nm -D --undefined-only "$1" | awk '$1 == "U" { print $2 }'
}

preloaded() {
	ls "$SOURCE"/build/memory_profiler.so "$SOURCE"/build/allocation.so
}

@test "preloaded: no symbol of a glibc that is newer than Debian 12's" {
	command -v nm >/dev/null || skip "needs binutils"
	for library in $(preloaded); do
		wanted "$library" | sed -n 's/.*@GLIBC_//p' | sort -uV >versions
		grep -q '^2\.[0-9]' versions
		(cat versions && echo 2.36) | sort -CV
		# These have other names where a newer glibc is built against.
		wanted "$library" | lacks 'strto[uil]\|scanf'
	done
}

@test "preloaded: no symbol that musl lacks" {
	command -v nm >/dev/null || skip "needs binutils"
	musl=$(echo /lib/ld-musl-*.so.1)
	[ -e "$musl" ] || skip "needs Debian's musl"
	nm -D --defined-only "$musl" | awk '{ print $3 }' | sort >offered
	[ "$(wc -l <offered)" -gt 1000 ]
	for library in $(preloaded); do
		wanted "$library" | sed 's/@.*//' | sort >asked
		same "$(comm -23 asked offered)" ''
	done
}

@test "preloaded: they build against musl" {
	command -v musl-gcc >/dev/null || skip 'no musl-gcc here'
	cp -R "$SOURCE/src" "$SOURCE/Makefile" .
	env -u MAKEFLAGS -u MAKELEVEL -u SANITIZE make -j2 CC=musl-gcc \
		CAIRO=no CSV=no DWARF=no WERROR=1 CFLAGS=-O1 LDFLAGS= \
		build/memory_profiler.so build/allocation.so >log 2>&1 || {
		tail -n 20 log
		return 1
	}
	[ -s build/memory_profiler.so ]
	[ -s build/allocation.so ]
}
