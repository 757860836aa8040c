#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# --stacks: the stacks of Python programs, read from outside, on each CPython
# that this machine has.

load helper.bash
load pythons.bash
load calls.bash

own_setup() {
	# Some growth is only known to be of a function once a stack was read.
	cat >grow.py <<-'END'
	import time
	keep = []
	def sampled(name):
	    for i in range(600):
	        if ":" + name in open("run.dat").read():
	            return
	        time.sleep(0.05)
	def big():
	    sampled("big")
	    for i in range(96):
	        keep.append(bytearray(655360))
	        time.sleep(0.004)
	def small():
	    for i in range(32):
	        keep.append(bytearray(655360))
	        time.sleep(0.004)
	big()
	small()
	end = time.time() + 0.15
	while time.time() < end:
	    pass
	END
	write_calls
}

# The frames of each stack that isn't down() calling itself from line 6, below
# main() and the module; cut where it is too deep.
false_depths() {
	awk -v file="$PWD/deep.py" '
	/^STACK/ && match($0, /frames=[^ ]*/) {
		text = substr($0, RSTART + 7, RLENGTH - 7)
		if (!index(text, "deep.py"))
			next
		gsub(/[^,]*deep\.py:/, "", text)
		shape = text
		sub(/^([0-9]+):down/, "6:down", shape)
		sub(/^([0-9]+):main/, "11:main", shape)
		sub(/^([0-9]+):<module>/, "12:<module>", shape)
		gsub(/6:down,?/, "", shape)
		if (shape !~ /^(11:main,)?:0:\(deeper\)$/ &&
		    shape !~ /^(11:main,)?12:<module>$/)
			print text
	}' "$1"
}

# CHECK: finds nothing in run.dat, and finds a stack that can't be.
nothing_false() {
	"$1" run.dat >false.txt
	same "$(cat false.txt)" ''
	echo "STACK;id=1;frames=$PWD/calls.py:5:left,$PWD/calls.py:17:main 1 2" \
		>made.dat
	echo "STACK;id=1;frames=$PWD/deep.py:6:down,$PWD/deep.py:11:main 1 2" \
		>>made.dat
	"$1" made.dat >false.txt
	[ "$(wc -l <false.txt)" -eq 1 ]
}

@test "growth is put to the functions that allocate" {
	local python

	for python in $(pythons); do
		echo "# $("$python" -V) at $python" >&3
		rm -f run.dat
		mprof run -q -T 1ms --stacks -o run.dat "$python" grow.py
		mprof lines --by function --json run.dat >lines.json
		jq -e '[.rows[] | select(.file | endswith("grow.py"))]
			| max_by(.touched_mib)
			| .function == "big" and .touched_mib > 30' \
			lines.json
	done
}

@test "no stack of a program that only calls is made up" {
	local python

	for python in $(pythons); do
		echo "# $("$python" -V) at $python" >&3
		rm -f run.dat
		mprof run -q -T 1ms --stacks -o run.dat "$python" calls.py 1
		grep -q 'frames=.*calls.py:.*:main' run.dat
		nothing_false false_stacks
	done
}

@test "no stack of a recursion that is always another depth is made up" {
	local python

	cat >deep.py <<-'END'
	import sys, time
	sys.setrecursionlimit(5000)
	def down(n):
	    x = n * 2
	    if n:
	        return down(n - 1)
	    x += 1
	    return n
	def main(end):
	    while time.process_time() < end:
	        down(int(time.time() * 1e7) % 300)
	main(time.process_time() + float(sys.argv[1]))
	END
	for python in $(pythons); do
		echo "# $("$python" -V) at $python" >&3
		rm -f run.dat
		mprof run -q -T 1ms --stacks -o run.dat "$python" deep.py 1
		grep -q 'frames=.*deep.py:.*:down' run.dat
		nothing_false false_depths
	done
}

@test "threads that wait are recorded, and get no growth" {
	local python

	cat >waits.py <<-'END'
	import threading
	done = threading.Event()
	keep = []
	def wait_here():
	    done.wait()
	def grow():
	    while ":grow" not in open("run.dat").read():
	        done.wait(0.05)
	    for i in range(120):
	        keep.append(bytearray(524288))
	        done.wait(0.005)
	threads = [threading.Thread(target=wait_here) for i in range(3)]
	for thread in threads:
	    thread.start()
	grow()
	done.set()
	END
	for python in $(pythons); do
		echo "# $("$python" -V) at $python" >&3
		rm -f run.dat
		mprof run -q -T 1ms --stacks -o run.dat "$python" waits.py
		grep '^STACK.*;thread=' run.dat >others.dat
		grep -q 'frames=.*:wait_here,' run.dat
		[ "$(grep -o 'thread=[0-9]*' others.dat | sort -u | wc -l)" -ge 3 ]
		# Line 5 is where they wait, line 15 calls what grows; a thread
		# that starts takes its first pages.
		mprof lines --source waits.py run.dat >lines.txt
		awk '$1 == 5 && $3 == "MiB" && $2 > 1 { exit 1 }' lines.txt
		awk '$1 == 15 && $2 > 40 { found = 1 }
			END { exit !found }' lines.txt
	done
}

@test "an interval of 10ms where none is given, and a summary" {
	run_apart mprof run --stacks -o run.dat "$(pythons | head -n 1)" grow.py
	[ "$status" -eq 0 ]
	grep -q '^INFO;.*interval=0.01' run.dat
	[[ $errors == *"stacks: "*" sampled in 1 process"* ]]
}

@test "attach reads a process that runs, which goes on unharmed" {
	local python target

	python=$(pythons | head -n 1)
	"$python" calls.py 2 3>&- &
	target=$!
	sleep 0.3
	run_apart mprof attach -q -t 0.5 --stacks -o run.dat "$target"
	[ "$status" -eq 0 ]
	grep -q 'frames=.*:main,' run.dat
	nothing_false false_stacks
	wait "$target"
}

@test "descendants are told apart by their pid" {
	run_apart mprof run -q --stacks -T 5ms -o run.dat \
		sh -c '"$0" calls.py 0.5; true' "$(pythons | head -n 1)"
	[ "$status" -eq 0 ]
	grep -q '^STACK;.*;pid=[0-9]' run.dat
}

@test "a program that is no Python is recorded all the same" {
	run_apart mprof run --stacks -T 5ms -o run.dat sleep 0.2
	[ "$status" -eq 0 ]
	grep -q '^MEM' run.dat
	[[ $errors == *"no process ran a Python that can be read"* ||
		$errors == *"allocations: sampled in 1 process"* ]]
}
