#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# A person before a chart that grows.
load helper

own_setup() {
	unset COLUMNS LINES
	export TERM=xterm
}

# The orders of stdin at a terminal where the words run.
person() {
	"$SOURCE/tests/tools/terminal" "$@"
}

# What keeps the terminal to itself must give it back: as a pattern.
BACK='\x1b\[\?25h\x1b\[\?1049l'

@test 'a recording that grows is drawn anew, and q leaves it as it is' {
	recording a.dat
	person mprof watch a.dat <<-END
		expect 1049h
		expect last 2.00 MiB, peak 3.25 MiB, .*no sample for
		expect q quits
		do echo 'MEM 77.000000 1700000001.0000' >>a.dat
		expect last 77.0 MiB, peak 77.0 MiB
		type q
		expect $BACK
	END
	[ "$(wc -l <a.dat)" -eq 5 ]
}

@test 'without an argument, a recording that begins a moment later is waited for' {
	if grep -q fsanitize "$SOURCE/build/flags"; then
		skip "a sanitizer wants to be loaded first"
	fi
	recording old.dat
	cat >begin <<-'END'
		mprof run -q -o new.dat sleep 600 >/dev/null 2>&1 &
		echo $! >recorder
		until grep -q '^MEM' new.dat; do sleep 0.05; done
	END
	AT_PAUSE="LD_PRELOAD= bash begin" person \
		env LD_PRELOAD="$SOURCE/build/programs/pause.so" mprof watch <<-END
		expect 1049h
		expect sleep 600
		type q
		expect $BACK
	END
	kill "$(<recorder)"
	soon grep -q '^EXIT' new.dat
}

@test 'a recording that has ended says so, and when' {
	local day=2026-11-22
	{
		printf '%s\n' "CMDLINE x" \
			"INFO;backend=rss;version=0.2.0;start=${day}T14:39:37+0000 0.000000 $(date -d "$day 14:39:37" +%s).0000" \
			"MEM 2.000000 $(date -d "$day 14:39:37" +%s).0000" \
			"MEM 3.000000 $(date -d "$day 14:39:47" +%s).0000"
	} >cut.dat
	cp cut.dat a.dat
	echo "EXIT;pid=7;signal=9 3.000000 $(date -d "$day 14:39:48" +%s).0000" >>a.dat
	person mprof watch a.dat <<-END
		expect ended 2026-11-22 14:39:48 by SIGKILL; last 3.00 MiB, peak 3.00 MiB
		type q
		expect $BACK
	END
	person mprof watch cut.dat <<-END
		expect breaks off 2026-11-22 14:39:47, no end recorded; last 3.00 MiB
		type q
		expect $BACK
	END
	# Its descendants lived on.
	sed "s/^EXIT.*/EXIT;pid=7;signal=9;until=$(date -d "$day 14:39:48" +%s).0000 3.000000 $(date -d "$day 14:39:40" +%s).0000/" \
		a.dat >until.dat
	person mprof watch until.dat <<-END
		expect ended 2026-11-22 14:39:40 by SIGKILL; last 3.00 MiB
		type q
		expect $BACK
	END
	mprof run -q -o b.dat sh -c 'sleep 0.5; exit 3' || true
	sed '/^MEM/d' a.dat >none.dat
	person mprof watch none.dat <<-END
		expect ended 2026-11-22 14:39:48 by SIGKILL; no sample was taken
		type q
		expect $BACK
	END
	person mprof watch b.dat <<-END
		expect ended ([-0-9]+ )?[:0-9]+ with status 3; last .*B, peak
		type q
		expect $BACK
	END
}

@test 'watching goes from now to ended' {
	mprof run -q -T 0.1 -o a.dat sh -c 'until [ -e go ]; do sleep 0.1; done' &
	soon test -s a.dat
	person mprof watch a.dat <<-END
		expect now .*B, peak
		do touch go
		expect ended ([-0-9]+ )?[:0-9]+; last .*B, peak
		type q
		expect $BACK
	END
	wait
}

@test 'half a line is no sample until the rest of it is there' {
	recording a.dat
	printf 'MEM 99.000000 17000000' >>a.dat
	person mprof watch a.dat <<-END
		expect last 2.00 MiB
		do echo '02.0000' >>a.dat
		expect last 99.0 MiB
		type q
		expect $BACK
	END
}

@test "slope over the last minute, and the three largest of five processes" {
	awk 'BEGIN {
		print "CMDLINE pool"
		print "INFO;backend=rss;interval=1 300.0 1700000000.0"
		for (i = 0; i <= 120; i++) {
			t = 1700000000 + i
			printf "MEM %.6f %.4f\n", (i < 60 ? 300 : 40 + i), t
			for (p = 1; p <= 4; p++)
				printf "CHLD %d %.6f %.4f\n", 10 * p, 5 * p, t
		}
	}' >a.dat
	person mprof watch a.dat <<-END
		size 30 120
		expect slope .(59.[5-9]|60.[0-4]) MiB/min
		expect 5 processes: the program itself 110 MiB, 40 20.0 MiB, 30 15.0 MiB
		size 30 50
		expect 5 processes: the program itself 110 MiB(; q quits)?\\x1b
		size 12 40
		expect last 160 MiB, peak 300 MiB(; q quits)?\\x1b
		type q
		expect $BACK
	END
	# Other programs' files don't say whether MEM is the sum.
	sed '/^INFO/d' a.dat >other.dat
	person mprof watch other.dat <<-END
		size 30 120
		expect 5 processes: the program, or all processes 160 MiB, 40 20.0 MiB
		type q
		expect $BACK
	END
}

@test "the list of a program without descendants: the program itself" {
	recording a.dat
	person mprof watch a.dat <<-END
		expect last
		type l
		expect MiB +the program itself
		type q
		expect $BACK
	END
}

@test 'the chart takes on the size of the window' {
	recording a.dat
	export LC_ALL=C NO_COLOR=1
	person mprof watch a.dat <<-'END'
		size 24 80
		expect MiB  \+[-+]{74}\x1b
		size 20 44
		expect MiB  \+[-+]{38}\x1b
		type q
		expect 1049l
	END
}

@test 'a process is sampled, its descendants too, and outlives q' {
	sh -c 'sleep 30 & sleep 30' 3>&- &
	pid=$!
	person mprof watch --pid $pid <<-END
		expect now .* KiB|now .* MiB
		expect [23] processes: 
		type q
		expect $BACK
	END
	kill -0 $pid
	kill $pid "$(pgrep -P $pid | head -1)" || true
}

@test 'watching ends with the process' {
	sleep 600 3>&- &
	person mprof watch --pid $! <<-END
		expect now .*B, peak
		do kill $!
		expect $BACK
		expect process [0-9]+ ended
	END
}

@test 'signals give the terminal back: TERM, Ctrl-C, Ctrl-Z' {
	recording a.dat
	for signal in TERM INT HUP QUIT; do
		rm -f pid
		# shellcheck disable=SC2016 # the inner shell's
		person sh -c 'mprof watch a.dat & echo $! >pid; wait $!' <<-END
			expect q quits
			do until [ -s pid ]; do sleep 0.1; done
			do kill -$signal \$(cat pid)
			expect $BACK
		END
	done
	person bash --norc --noprofile -i <<-END
		type mprof watch a.dat\n
		expect q quits
		type \x1a
		expect $BACK
		expect Stopped
		type fg\n
		expect 1049h
		expect q quits
		type q
		expect $BACK
		type stty -a; exit\n
		expect [^-]icanon
	END
}

@test 'run --watch draws while the program runs, then tells as always' {
	person mprof run --watch -o a.dat sh -c 'until [ -e go ]; do sleep 0.1; done' <<-END
		expect 1049h
		expect sh -c
		expect now 
		do touch go
		expect $BACK
		expect a.dat
	END
	grep -q '^MEM ' a.dat
}

@test 'no terminal: a message, status 1' {
	recording a.dat
	run_apart mprof watch a.dat
	[ "$status" -eq 1 ]
	[[ $errors == 'mprof: standard output is not a terminal'* ]]
	[ -z "$output" ]
}

# 100 s: 10 MiB, and 50 from the 60th second on; two workers and a cook.
kitchen() {
	awk 'BEGIN {
		print "CMDLINE kitchen"
		for (p = 1; p <= 3; p++)
			printf "PROC 1.0 1700000000.0000 pid=%d ppid=1 name=%s cmd=x\n", 10 * p, (p == 3 ? "cook" : "worker")
		for (i = 0; i <= 100; i++) {
			t = 1700000000 + i
			printf "MEM %.6f %.4f\n", (i < 60 ? 10 : 50), t
			printf "CHLD 10 2.0 %.4f\nCHLD 20 1.0 %.4f\nCHLD 30 5.0 %.4f\n", t, t, t
		}
	}'
}

@test 'a window that rolls, keys that zoom, pause and list, --by name' {
	kitchen >a.dat
	export LC_ALL=C NO_COLOR=1
	person mprof watch --last 20s a.dat <<-'END'
		size 30 170
		expect Window: 1 min 20
		expect last 50.0 MiB
		expect space pauses, \+ and - zoom
		type +
		expect Window: 1 min 30
		type -
		type -
		expect Window: 1 min to
		type -
		expect Window: 20
		type -
		expect Duration
		type l
		expect PID +Memory +Name
		expect (?s)30 +5.00 MiB +cook.*?10 +2.00 MiB +worker.*?20 +1.00 MiB +worker
		type l
		expect (?s)30 +5.00 MiB +cook.*?10 +2.00 MiB +worker
		type l
		expect (?s)10 +2.00 MiB +worker.*?20 +1.00 MiB +worker.*?30 +5.00 MiB +cook
		type n
		expect worker x2, highest 2.00 MiB
		type n
		type l
		expect Duration
		type p
		expect paused; last 50.0 MiB
		do echo 'MEM 99.000000 1700000101.0000' >>a.dat
		expect Window: .* of 1 min 41
		expect paused; last 99.0 MiB
		type p
		expect Duration: 1 min 41
		type q
		expect 1049l
	END
	person mprof watch --by name a.dat <<-'END'
		size 30 120
		expect worker x2, highest 2.00 MiB
		type q
		expect 1049l
	END
}

@test 'in 20 columns and 5 rows the figures stay and the chart yields' {
	sh -c 'until [ -e go ]; do sleep 0.1; done' 3>&- &
	person mprof watch --pid $! <<-'END'
		size 5 20
		expect (?s)now [0-9.]+ [KM]iB.*peak [0-9.]+ [KM]iB
		do touch go
		expect ended
	END
	wait
}
