#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The hunt for a leak in a live Django site under the load of two clients:
# heap --every ranks the culprit among its first three rows, beside views that
# hold thousands of objects for a request, and refs names its root first.
# shellcheck disable=SC2030,SC2031  # each test has a $pid of its own

load helper.bash
load live.bash

own_setup() {
	# shellcheck disable=SC2046  # an interpreter a word
	need_module django $(pythons)
}

# site LEAK: $pid serves, $looker looks at it
site() {
	launch "$python" "$SOURCE/tests/python/leaks.py" "$1"
	"$MPROF" heap "$pid" --every 200ms --json >looks 8>&- &
	looker=$!
}

end_site() {
	let_end
	pid=
	wait "$looker"
}

# The newest of five looks or more: newest FILTER
newest() {
	tail -n 1 looks | jq -e ".steps >= 5 and ($1)" >/dev/null 2>&1
}

# culprit TYPE: among the first three, sooner or later
culprit() {
	soon newest "[.types[:3][].type] | index(\"$1\")" || {
		tail -n 1 looks | jq -c '.steps, .types[:5][]'
		return 1
	}
}

# held TYPE PATH: most of its objects are, sooner or later
held() {
	soon eval "mprof refs --json --count 1 $pid $1 2>/dev/null |
		jq -e --arg path '$2' '.chains[0].path | startswith(\$path)' >/dev/null"
}

@test "a global list of models" {
	site models
	culprit __main__.Lesson
	end_site
}

@test "an lru_cache on a method" {
	site lru_cache
	culprit __main__.Report
	held Report __main__.Report.total
	end_site
}

@test "closures in a signal's receivers" {
	site signal
	culprit __main__.Payload
	held Payload __main__.changed.receivers
	end_site
}

@test "cycles, with the collector off" {
	site cycles
	culprit __main__.Node
	held Node 'held by its own cycle'
	end_site
}

@test "lists of threads" {
	site locals
	culprit __main__.Row
	held Row __main__.local
	end_site
}

@test "malloc in C: memory that no object explains, and the next command" {
	launch "$python" "$SOURCE/tests/python/leaks.py" malloc
	"$MPROF" heap "$pid" --every 300ms >looks 8>&- &
	looker=$!
	soon grep -q 'mprof run --stacks PROGRAM' looks
	end_site
}
