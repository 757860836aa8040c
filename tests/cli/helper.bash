# SPDX-License-Identifier: MIT
# Loaded by every test file: the built mprof on PATH, and a fresh, empty
# directory to work in for each test. MPROF is the program's path, SOURCE the
# tree's.

SOURCE=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
MPROF=$SOURCE/mprof
# Here, since a test's $'\u202e' is read when its file is, before setup().
export LC_ALL=C.UTF-8 TZ=UTC TERM=xterm

setup() {
	local tools=$BATS_TEST_TMPDIR/bin work=$BATS_TEST_TMPDIR/work

	mkdir -p "$tools" "$work" "$BATS_TEST_TMPDIR/tmp"
	ln -sf "$MPROF" "$tools/mprof"
	[ -z "${VALGRIND:-}" ] || below_valgrind "$tools"
	PATH=$tools:$PATH
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	LSAN_OPTIONS=suppressions=$SOURCE/tests/tools/lsan.supp
	export LSAN_OPTIONS=$LSAN_OPTIONS:print_suppressions=0
	unset MPROF_MARK XDG_RUNTIME_DIR BROWSER DISPLAY WAYLAND_DISPLAY
	unset NO_COLOR CLICOLOR_FORCE
	cd "$work" || return 1
	if declare -F own_setup >/dev/null; then
		own_setup
	fi
}

# jq 1.6 with -e succeeds where it prints nothing; this one fails there.
jq() {
	local printed status=0

	case " $* " in
	*' -e '*) ;;
	*)
		command jq "$@"
		return
		;;
	esac
	printed=$(command jq "$@") || status=$?
	[ -z "$printed" ] || printf '%s\n' "$printed"
	[ -n "$printed" ] || return 4
	return "$status"
}

# mprof below memcheck (make test VALGRIND=1), but where that can't be: those
# tests are in a list, with the reason.
below_valgrind() {
	local file test why

	ln -sf "$SOURCE/tests/tools/mprof-valgrind" "$1/mprof"
	while IFS=$'\t' read -r file test why; do
		# shellcheck disable=SC2053 # it is a pattern
		[ "$file" = "${BATS_TEST_FILENAME##*/}" ] &&
			[[ $BATS_TEST_DESCRIPTION == $test ]] &&
			skip "not below valgrind: $why"
	done <"$SOURCE/tests/tools/valgrind.not"
	return 0
}

# A small recording of three samples: recording FILE [COMMAND]
recording() {
	printf '%s\n' "CMDLINE ${2:-sleep 1}" \
		'MEM 1.500000 1700000000.1000' \
		'MEM 3.250000 1700000000.2000' \
		'MEM 2.000000 1700000000.3000' >"$1"
}

# A copy of the program that finds modules beside itself alone, and not where
# another mprof is installed: copy_alone FILE
copy_alone() {
	# As many bytes, since they stand in the program.
	LC_ALL=C sed 's,/usr/local/lib/mprof,/nowhere/at/all/here,g' "$MPROF" >"$1"
	chmod 755 "$1"
}

# A port of this host that nobody listens on, nor will until it is used: the
# kernel gives others from 32768 on to whoever wants any, and no other process
# that lives begins to look at this one's place.
free_port() {
	python3 -c 'import os, socket
port = 10000 + os.getpid() % 22000
while True:
	with socket.socket() as s:
		try:
			s.bind(("127.0.0.1", port))
			break
		except OSError:
			port += 1
print(port)'
}

# Waits until a command succeeds, for five minutes at most: soon COMMAND...
soon() {
	local end=$((SECONDS + 300))

	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

# The same, and fails as soon as that process has ended: soon_while PID COMMAND...
# Once is enough, since a live recording moves on: the command runs again only
# where the process has ended, for what it did between the last try and its end.
soon_while() {
	local succeeded=

	soon succeeds_or_ended "$@" && { [ -n "$succeeded" ] || "${@:2}"; }
}

# For soon_while, whose $succeeded it sets.
succeeds_or_ended() {
	if "${@:2}"; then
		succeeded=yes
	else
		! kill -0 "$1" 2>/dev/null
	fi
}

# A job of the shell has a program's words from its exec on, and until then the
# shell's own: runs PID WORD: one of its words is that.
runs() {
	grep -qszxF -- "$2" "/proc/$1/cmdline"
}

# is_gone PID
is_gone() {
	[ ! -e "/proc/$1" ]
}

# has_lines COUNT PATTERN FILE: so many lines of the file match, or more.
has_lines() {
	[ "$(grep -cs -- "$2" "$3")" -ge "$1" ]
}

# has_samples COUNT [FILE]
has_samples() {
	has_lines "$1" '^MEM' "${2-a.dat}"
}

# A recorded program lives until its recording has what the test looks for: a
# time that is long enough on one machine is too short on a loaded one. This is
# its wait, as text for sh -c: until_sampled [COUNT [FILE]]
until_sampled() {
	echo "until [ \"\$(grep -cs ^MEM ${2-a.dat})\" -ge ${1-5} ]; do" \
		"sleep 0.02; done"
}

# The same for what limits a program: the recorder reads that at a tick, a second
# after the last reading at the latest.
until_limits_are_read() {
	# shellcheck disable=SC2016 # for the program's shell
	echo 'sleep 1; had=$(grep -c ^MEM a.dat);' \
		'until [ "$(grep -c ^MEM a.dat)" -ge $((had + 2)) ]; do' \
		'sleep 0.02; done'
}

# is_stopped PID
is_stopped() {
	grep -q '^State:.T' "/proc/$1/status"
}

# For a test that traces mprof: the leak sanitizer has to trace it itself, and
# fails the program where it can't.
without_leak_check() {
	export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
}

# Runs a command: its stdout goes to $output, its stderr to $errors, its
# status to $status.
# shellcheck disable=SC2034 # the tests use them
run_apart() {
	status=0
	output=$("$@" 2>"$BATS_TEST_TMPDIR/errors") || status=$?
	errors=$(cat "$BATS_TEST_TMPDIR/errors")
}

# Fails where a line of the text that comes in has PATTERN. (A mere ! makes
# no test fail but on its last line.)
lacks() {
	if grep -- "$1" >&2; then
		return 1
	fi
}

# The same for JSON, in which a number may be written in several ways, and is by
# the one jq or the other: same_json ACTUAL EXPECTED
same_json() {
	jq -en --argjson a "$1" --argjson b "$2" '$a == $b' >/dev/null ||
		same "$1" "$2"
}

# Fails with both texts where they differ: same ACTUAL EXPECTED
same() {
	[ "$1" = "$2" ] && return
	diff <(printf '%s\n' "$2") <(printf '%s\n' "$1") >&2
	return 1
}

# A sampled sum is as near to the truth as it is but once in a hundred million
# runs, with the period that is given: see held.bats. near HELD ERROR TRUTH
near() {
	awk -v held="$1" -v error="$2" -v truth="$3" \
		-v period="$MPROF_ALLOCATION_PERIOD" 'BEGIN {
		period /= 1048576
		off = held > truth ? held - truth : truth - held
		luck = log(2e8)
		linear = luck * (period + 20 / 1024) / 3
		exit !(error > 0 &&
			off <= linear + sqrt(linear ^ 2 + 2 * luck * truth * period))
	}' || {
		echo "$1 MiB ± $2 held, $3 in truth" >&2
		return 1
	}
}
