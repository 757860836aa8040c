#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Memory that a child uses as its parent does, before its exec or without one,
# counts once.
load helper

PROGRAMS=$BATS_TEST_DIRNAME/../../build/programs

# No sample, no mark and no child of a recording is larger than what was taken,
# and there is a sample that large; what a lender left may be its child's, and
# is that alone: is_once FILE MIB [left]
is_once() {
	awk -v mib="$2" -v left="${3-}" '
		/^(MEM|PEAK)/ && $2 > highest { highest = $2 }
		/^CHLD/ && $3 > child { child = $3 }
		END {
			print "highest " highest ", child " child
			exit !(highest >= mib && highest < 1.5 * mib &&
				(child < 0.5 * mib || left == "left"))
		}' "$1"
}

@test "borrow: in every way and metric it counts once" {
	local way metric

	for way in vfork thread clone nested left; do
		for metric in rss pss uss anon; do
			mprof run -qM --backend $metric -T 0.02 -o a.dat \
				"$PROGRAMS/lend" $way 60 0.4
			echo "$way, $metric"
			is_once a.dat 60 $way
			rm a.dat
		done
	done
}

@test "borrow: address space too, beside what a process has at its start" {
	mprof run -qM --backend vms -T 0.02 -o a.dat \
		"$PROGRAMS/lend" clone 600 0.4
	is_once a.dat 600
}

@test "borrow: what a plain fork copies is the child's own" {
	mprof run -qM -T 0.02 -o a.dat "$PROGRAMS/lend" fork 60 1
	[ "$(mprof peak a.dat | head -n 1 | cut -f2 | cut -d. -f1)" -ge 120 ]
	grep -q '^CHLD [0-9]* 60\.' a.dat
}

@test "borrow: where the kernel may not be asked, its figures tell" {
	local way

	for way in vfork thread clone nested left; do
		"$PROGRAMS/forbid" mprof run -qM -T 0.02 -o a.dat \
			"$PROGRAMS/lend" $way 60 0.4
		echo "$way"
		is_once a.dat 60 $way
		rm a.dat
	done
	"$PROGRAMS/forbid" mprof run -qM -T 0.02 -o a.dat \
		"$PROGRAMS/lend" fork 60 1
	grep -q '^CHLD [0-9]* 60\.' a.dat
}

@test "borrow: of a process that is attached to" {
	"$PROGRAMS/lend" clone 60 1 3>&- &
	mprof attach -qM -T 0.02 -o a.dat $!
	wait
	is_once a.dat 60
}

@test "borrow: a program that spawns all the time is no larger for it" {
	printf '%s\n' 'import os, subprocess, time' 'b = bytearray(100 << 20)' \
		'for i in range(0, len(b), 4096): b[i] = 1' \
		'end = time.time() + 2' 'while time.time() < end:' \
		'    subprocess.run(["/bin/true"], close_fds=True)' \
		'    os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)' \
		>spawns.py
	mprof run -qM -T 0.002 -o a.dat python3 spawns.py
	is_once a.dat 100
}
