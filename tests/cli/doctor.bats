#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mprof doctor: what leak, heap --every, refs and lines say, in ten lines.
# shellcheck disable=SC2030,SC2031,SC2154  # each test has a $pid of its own

load helper.bash
load live.bash

# A program that does a step without end: growing FILE SETUP STEP
growing() {
	cat >"$1" <<-END
		import gc, sys, threading
		$2
		ended = threading.Event()
		def grow():
		    while not ended.wait(0.01):
		        $3
		thread = threading.Thread(target=grow)
		thread.start()
		print("ready", flush=True)
		sys.stdin.readline()
		ended.set()
		thread.join()
	END
}

# It keeps objects of two classes.
growing_two() {
	growing growing.py "class Lesson: pass
class Row: pass
kept, rows = [], []" 'kept.extend(Lesson() for i in range(10))
        rows.extend(Row() for i in range(5))'
}

finds_lesson() {
	mprof doctor "$pid" --every 300ms --json >found &&
		jq -e '.types[0].type == "__main__.Lesson" and
			.types[0].held_by == "__main__.kept[…]" and
			any(.types[]; .type == "__main__.Row" and
				.held_by == "__main__.rows[…]")' found >/dev/null
}

finds_few() {
	mprof doctor "$pid" --every 300ms --json >found &&
		jq -e '.types[0].type == "__main__.Lesson" and
			.types[0].held_by == "__main__.few[…]"' found >/dev/null
}

# found_at TYPE PATH: doctor names that place for that type
found_at() {
	mprof doctor "$pid" --every 300ms --json >found &&
		jq -e --arg type "$1" --arg path "$2" 'any(.types[];
			.type == $type and .held_by == $path)' found >/dev/null
}

says_cycle() {
	mprof doctor "$pid" --every 300ms >found &&
		grep -q '^ *__main__.Node .*B, held by its own cycle' found
}

# fits_40 FILE: no line is broken later than it could be at 40 columns
fits_40() {
	sed 's/…/./g' "$1" | awk 'length > 40 && substr($0, 12) ~ /[^0-9] / {
		print "too wide: " $0; found = 1 } END { exit found }'
}

@test "doctor: a live program: its type that grows, who holds it, the next command" {
	growing_two
	launch "$(first_python)" growing.py
	soon finds_lesson
	jq -e --argjson pid "$pid" '.pid == $pid and .python and .steps == 5 and
		.types[0].count > 0 and .recording == null and
		.types[0].held_by == "__main__.kept[…]"' found
	mprof doctor "$pid" --every 300ms --count 1 >text
	grep -q "^verdict    not known, as nothing records it: run mprof attach $pid, " text
	grep -q "^process    $pid .*growing.py$" text
	grep -q '^objects    1 step in ' text
	[ "$(wc -l <text)" -le 10 ]
	COLUMNS=40 mprof doctor "$pid" --every 300ms --count 1 >text
	grep -q '^objects    1 step in ' text
	fits_40 text
	let_end
	pid=
}

@test "doctor: the place that grows, not the one that holds most" {
	growing small.py "class Lesson: pass
many, few = [Lesson() for i in range(100000)], []" \
		'few.extend(Lesson() for i in range(10))'
	launch "$(first_python)" small.py
	soon finds_few
	let_end
	pid=
}

# Both beside as many objects of their type as a function holds for a moment.
@test "doctor: one buffer that lengthens, keys of a dict" {
	growing among.py "import itertools
numbers = itertools.count()
kept, names = [bytes(100000)], {}
def innocent():
    texts = [str(i) for i in range(5000 * (next(numbers) % 3))]
    buffers = [b'%d' % i for i in range(300 * (next(numbers) % 3))]
    ended.wait(0.01)" 'kept[0] = bytes(len(kept[0]) + 1000)
        names.update((str(next(numbers)), None) for i in range(37))
        innocent()'
	launch "$(first_python)" among.py
	soon found_at bytes '__main__.kept[0]'
	soon found_at str '__main__.names.keys()'
	let_end
	pid=
}

# What no name holds is said once to be held.
@test "doctor: a leak of cycles" {
	growing cycles.py "class Node:
    def __init__(self): self.this = self
gc.disable()" 'Node()'
	launch "$(first_python)" cycles.py
	soon says_cycle
	let_end
	pid=
}

@test "doctor: a program that is recorded, and its recording alone" {
	growing_two
	launch mprof run -q --stacks -T 50ms -o a.dat "$(first_python)" growing.py
	program=$(pgrep -P "$pid" -f growing.py)
	mprof mark --heap --wait --pid "$program" one
	soon_while "$pid" has_samples $(($(grep -c ^MEM a.dat) + 10))
	mprof mark --heap --wait --pid "$program" two
	mprof doctor "$program" --every 100ms --count 2 --json >found
	jq -e '(.recording | endswith("/a.dat")) and .verdict != null and
		.pid == '"$program" found
	let_end
	pid=
	mprof doctor a.dat --json >alone
	jq -e '.recording == "a.dat" and .steps == 1 and .types[0].type ==
		"__main__.Lesson" and .types[0].held_by == null' alone
	# It says what the other commands say.
	mprof leak --json a.dat >verdict
	same "$(jq .verdict alone)" "$(jq '.runs[0].verdict' verdict)"
	mprof heap --around one --json a.dat >around
	same_json "$(jq '.types[0].count' alone)" \
		"$(jq '[.types[] | select(.type == "__main__.Lesson")][0].count' around)"
	mprof doctor a.dat | grep -q '^verdict    .*; mprof leak a.dat$'
}

@test "doctor: no Python, no process, no recording, misuse" {
	sleep 60 3>&- &
	pid=$!
	soon runs "$pid" sleep
	mprof doctor "$pid" >text
	grep -q '^python     no; .*mprof run --stacks PROGRAM' text
	mprof doctor "$pid" --json | jq -e '.python == false and .types == []'
	recording a.dat
	mprof doctor a.dat >text
	grep -q '^verdict    undecided: ' text
	grep -q '^allocated  not recorded: ' text
	COLUMNS=40 mprof doctor a.dat >text
	grep -q '^allocated  not recorded: use mprof run$' text
	fits_40 text
	kill "$pid"
	wait "$pid" || true
	pid=
	run_apart mprof doctor a.dat b.dat
	[ "$status" -eq 2 ]
	run_apart mprof doctor --count 0
	[ "$status" -eq 2 ]
	run_apart mprof doctor nobody-has-this-name
	[ "$status" -eq 1 ]
	echo no recording >c
	run_apart mprof doctor c
	[ "$status" -eq 1 ]
	[[ $errors == "mprof: c: holds no recording"* ]]
}
