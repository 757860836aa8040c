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
	import os, time
	keep = []
	def written():
	    return os.stat("run.dat").st_size
	def sampled(name):
	    for i in range(600):
	        if ":" + name in open("run.dat").read():
	            return
	        time.sleep(0.05)
	def samples():
	    return sum(line.startswith("MEM") for line in open("run.dat"))
	def big():
	    sampled("big")
	    for i in range(96):
	        keep.append(bytearray(655360))
	        size = written()
	        while written() == size:
	            time.sleep(0.004)
	def small():
	    for i in range(32):
	        keep.append(bytearray(655360))
	        size = written()
	        while written() == size:
	            time.sleep(0.004)
	big()
	small()
	# A recorder that gets no time sees what is kept all the same.
	end = samples() + 5
	while samples() < end:
	    time.sleep(0.01)
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
		# Memory that is touched before the recorder of faults is ready has no
		# stack.
		jq -e 'def mib: .held_mib // .touched_mib // .growth_mib;
			[.rows[] | select(.file | endswith("grow.py"))]
			| max_by(mib) | .function == "big" and mib > 30' \
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

# For depths of 255, 256 and 257 frames: how many stand in the stacks of the
# function that ends there, and whether they are cut.
depths() {
	awk '/^STACK/ && match($0, /frames=[^ ]*/) {
		count = split(substr($0, RSTART + 7, RLENGTH - 7), frame, ",")
		if (!match(frame[1], /end[0-9]+$/))
			next
		cut = frame[count] == ":0:(deeper)"
		print substr(frame[1], RSTART), count - cut (cut ? " cut" : "")
	}' "$1" | sort -u
}

@test "a stack of 256 frames is whole, a deeper one is cut" {
	local python

	cat >exact.py <<-'END'
	def end255():
	    while True:
	        for line in open("run.dat", "rb"):
	            if line[:5] == b"STACK" and b":end255," in line:
	                return
	def end256():
	    while True:
	        for line in open("run.dat", "rb"):
	            if line[:5] == b"STACK" and b":end256," in line:
	                return
	def end257():
	    while True:
	        for line in open("run.dat", "rb"):
	            if line[:5] == b"STACK" and b":end257," in line:
	                return
	class Deep:
	    def __init__(self, n, end):  # through C on some versions
	        if n:
	            Deep(n - 1, end)
	        else:
	            end()
	def down(n, end):
	    down(n - 1, end) if n else Deep(9, end)
	for depth, end in (255, end255), (256, end256), (257, end257):
	    down(depth - 13, end)
	END
	for python in $(pythons); do
		rm -f run.dat
		mprof run -q -T 1ms --stacks -o run.dat "$python" exact.py
		echo "# $("$python" -V)" >&3
		depths run.dat >found
		same "$(cat found)" "end255 255
end256 256
end257 256 cut"
	done
}

# Does as false_stacks, but accepts any line of a function, from its first to its
# last.
false_callers() {
	awk '
	BEGIN {
		split("<module>>Thing <module>>main main>__init__ " \
		    "main>numbers __init__>right numbers>left right>left " \
		    "left>leaf ><module>", edges, " ")
		for (i in edges)
			good[edges[i]] = 1
		split("<module> 1 19 Thing 11 13 main 14 18 __init__ 12 13 " \
		    "numbers 8 10 right 6 7 left 4 5 leaf 2 3", own, " ")
		for (i = 1; i in own; i += 3) {
			first[own[i]] = own[i + 1]
			last[own[i]] = own[i + 2]
		}
	}
	/^STACK/ && match($0, /frames=[^ ]*/) {
		count = split(substr($0, RSTART + 7, RLENGTH - 7), frame, ",")
		caller = ""
		for (i = count; i > 0 && frame[i] ~ /calls\.py/; i--) {
			parts = split(frame[i], part, ":")
			name = part[parts]
			sub(/.*\./, "", name)
			line = part[parts - 1] + 0
			# The first instruction of a module is of no line.
			if (name == "<module>" && line == 0)
				line = first[name]
			if (!((caller ">" name) in good) ||
			    line < first[name] || line > last[name])
				print
			caller = name
		}
	}' "$1"
}

@test "with the JIT no caller is made up, and lines are within the function" {
	local python tried=''

	for python in $(pythons); do
		PYTHON_JIT=1 "$python" -c 'import sys
sys.exit(not sys._jit.is_enabled())' 2>/dev/null || continue
		tried+=" $("$python" -V)"
		rm -f run.dat
		PYTHON_JIT=1 mprof run -q -T 1ms --stacks -o run.dat \
			"$python" calls.py 1
		grep -q 'frames=.*calls.py:.*:main' run.dat
		false_callers run.dat >false.txt
		same "$(cat false.txt)" ''
		echo "STACK;id=1;frames=calls.py:5:left,calls.py:17:main 1 2" \
			>made.dat
		[ "$(false_callers made.dat | wc -l)" -ge 1 ]
	done
	[ "$tried" ] || skip 'no CPython with a JIT here'
	echo "# on$tried" >&3
}

@test "threads that wait are recorded, and get no growth" {
	local python

	cat >waits.py <<-'END'
	import threading
	done = threading.Event()
	keep = []
	def wait_here():
	    done.wait()
	def samples():
	    return sum(line.startswith("MEM") for line in open("run.dat"))
	def grow():
	    while ":grow" not in open("run.dat").read():
	        done.wait(0.05)
	    for i in range(120):
	        keep.append(bytearray(524288))
	        done.wait(0.005)
	    end = samples() + 5
	    while samples() < end:
	        done.wait(0.01)
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
		# Line 5 is where they wait, line 20 calls what grows and what
		# waits for a recorder that gets no time; a thread that starts
		# takes its first pages.
		mprof lines --source waits.py run.dat >lines.txt
		awk '$1 == 5 && $3 == "MiB" && $2 > 1 { exit 1 }' lines.txt
		awk '$1 == 20 && $2 > 40 { found = 1 }
			END { exit !found }' lines.txt
	done
}

@test "an interval of 10ms where none is given, and a summary" {
	run_apart mprof run --stacks -o run.dat "$(pythons | head -n 1)" grow.py
	[ "$status" -eq 0 ]
	grep -q '^INFO;.*interval=0.01' run.dat
	[[ $errors == *"stacks: "*" sampled in 1 process"* ]]
	# It speaks of no readings where there were none.
	[[ ! $errors =~ [^0-9]0\ (of|reading) ]]
}

@test "attach reads a process that runs, which goes on unharmed" {
	local python target

	python=$(pythons | head -n 1)
	"$python" calls.py 2 3>&- &
	target=$!
	soon runs "$target" calls.py
	run_apart mprof attach -q --stacks -o run.dat "$target"
	[ "$status" -eq 0 ]
	grep -q 'frames=.*:main,' run.dat
	nothing_false false_stacks
	wait "$target"
}

@test "descendants are distinguished by their pid" {
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
		$errors == *"allocations: none was sampled"* ||
		$errors == *"allocations: sampled in 1 process"* ]]
}
