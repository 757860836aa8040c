# SPDX-License-Identifier: MIT
# Loaded by the tests that look into a live interpreter: a program that waits
# for a line, and is ended with its test.
# shellcheck disable=SC2030,SC2031  # each test has a $pid of its own

# shellcheck disable=SC1091
. "$SOURCE/tests/cli/pythons.bash"

first_python() {
	pythons | head -n 1
}

# Starts a program that says "ready"; $pid is its own. Its stdin is open at
# descriptor 8.
launch() {
	# What an earlier program said must not be taken for this one's.
	rm -f in out
	mkfifo in
	: >out
	"$@" <in >out 2>errors_of_it &
	pid=$!
	exec 8>in
	soon_while "$pid" grep -qs ready out && return
	cat errors_of_it >&2
	return 1
}

# Lets it end by itself.
let_end() {
	echo >&8
	exec 8>&-
	wait "$pid"
}

teardown() {
	[ -z "${pid:-}" ] || kill -9 "$pid" 2>/dev/null || true
}
