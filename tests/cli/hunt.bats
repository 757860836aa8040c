#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The hunt for seven leaks in a live Django site under the load of two clients:
# heap --every ranks the culprit among its first three rows after five looks,
# beside views that hold thousands of objects for a request, and refs names the
# root first. All in one process, one leak after the other: what was leaked
# before is no growth any more. The second test hunts the same leaks from the start
# of the program, by sampled allocations.
# shellcheck disable=SC2030,SC2031  # each test has a $pid of its own
# shellcheck disable=SC2154  # need_module sets $python

load helper.bash
load live.bash

own_setup() {
	# shellcheck disable=SC2046  # an interpreter a word
	need_module django $(pythons)
}

# begin LEAK: the site leaks so from now on
begin() {
	echo "$1" >&8
	soon_while "$pid" grep -qx "$1" out
}

# Whether the newest of five looks or more is as the filter says: newest FILTER
newest() {
	tail -n 1 looks 2>/dev/null |
		jq -e ".steps >= 5 and ($1)" >/dev/null 2>&1
}

# culprit LEAK TYPE: it is among the first three, sooner or later
culprit() {
	local looker

	begin "$1"
	"$MPROF" heap "$pid" --every 150ms --json >looks 8>&- 3>&- &
	looker=$!
	soon_while "$looker" newest "[.types[:3][].type] | index(\"$2\")" || {
		tail -n 1 looks | jq -c '.steps, .types[:5][]'
		return 1
	}
	kill -INT "$looker"
	wait "$looker"
}

# held TYPE PATTERN: most of its objects are, sooner or later, by such a path
held() {
	soon eval "mprof refs --json --count 1 $pid $1 2>/dev/null |
		jq -e --arg path '$2' '.chains[0].path | test(\$path)' >/dev/null"
}

@test "seven leaks of seven: the culprit, its root, and for C the next command" {
	launch "$python" "$SOURCE/tests/python/leaks.py"
	culprit models __main__.Lesson
	# A request has thousands of them too, but no more with each.
	held Lesson '^__main__\.kept\['
	culprit lru_cache __main__.Report
	held Report '^__main__\.Report\.total'
	culprit signal __main__.Payload
	held Payload '^__main__\.changed\.receivers'
	culprit locals __main__.Row
	held Row '^__main__\.local'
	# The queries are dicts, as a request's own are; what holds them grows.
	culprit queries collections.deque
	# asgiref before 3.8 has them in the threads, later ones in an object that
	# django.db refers to.
	held dict '^(thread Thread-|django\.db\.connections).*\[.default.\]\.queries_log\['
	begin malloc
	"$MPROF" heap "$pid" --every 300ms >looks 8>&- 3>&- &
	looker=$!
	soon grep -q 'mprof run --stacks PROGRAM' looks
	kill -INT "$looker"
	wait "$looker"
	grep -q '^ *RSS | .* [1-9][0-9]* of [0-9]*$' looks
	culprit cycles __main__.Node
	held Node '^held by its own cycle'
	let_end
	pid=
}

# within NAME: the lines of that function or class, "FIRST LAST"
within() {
	awk -v name="$1" '$0 ~ "^(def|class) " name "[(:]" { first = NR }
		first && !NF { print first, NR; exit }' \
		"$SOURCE/tests/python/leaks.py"
}

# found LEAK NAME...: a line of one of these functions or classes is among the
# first three that hold what was allocated since the leak began, callees included
found() {
	local leak=$1 first last

	mprof lines --json --since "$leak" a.dat >rows 2>/dev/null || return 1
	shift
	for name; do
		read -r first last < <(within "$name")
		! jq -e --argjson first "$first" --argjson last "$last" '
			.rows[:3] | any((.file | endswith("/leaks.py")) and
			.line >= $first and .line < $last)' rows >/dev/null ||
			return 0
	done
	return 1
}

# planted LEAK [NAME]
planted() {
	begin "$1"
	mprof mark --pid "$pid" "$1"
	soon_while "$pid" found "$1" "leak_$1" "${@:2}" || {
		mprof lines --since "$1" a.dat | head
		return 1
	}
}

@test "under run --stacks: the line that leaks is among the first three, seven of seven" {
	MPROF_ALLOCATION_PERIOD=65536 launch "$MPROF" run -q --stacks -T 100ms \
		-o a.dat "$python" "$SOURCE/tests/python/leaks.py"
	# Without a leak its view holds nothing, whatever the innocent one does.
	mprof mark --pid "$pid" nothing
	soon_while "$pid" found nothing innocent
	jq -e '[.rows[] | select((.function // "") | startswith("leak_"))] == []' \
		rows
	planted models
	planted lru_cache Report
	planted signal
	planted locals
	planted queries
	planted malloc
	planted cycles Node
	let_end
	pid=
}
