#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What is recorded is true: peaks between samples, limits, other metrics.
# shellcheck disable=SC2154 # errors is run_apart's
load helper

# A Python program that holds MIB for SECONDS after 0.2 s, and until FILE has a
# line that PATTERN is found in: hold MIB SECONDS [PATTERN FILE]. It waits for
# what $before says, and what is written behind it may do so, too.
hold() {
	cat <<-END
	import mmap, os, re, time
	def until(pattern, name):
	    for _ in range(6000):
	        if os.path.exists(name) and re.search(pattern, open(name).read(), re.M):
	            break
	        time.sleep(0.05)
	def samples(name):
	    return os.path.exists(name) and open(name).read().count("\nMEM ")
	def more(name, count):
	    had = samples(name)
	    while samples(name) < had + count:
	        time.sleep(0.001)
	time.sleep(0.2)
	${before-}
	END
	printf 'm = mmap.mmap(-1, %d << 20, flags=mmap.MAP_PRIVATE)\n' "$1"
	printf 'for i in range(0, len(m), 4096): m[i] = 1\n'
	printf 'time.sleep(%s)\n' "$2"
	[ -z "${3-}" ] || printf 'until("%s", "%s")\n' "$3" "$4"
	echo 'm.close()'
}

peak_mib() {
	mprof peak "$1" | head -n 1 | cut -f2 | cut -d. -f1
}

@test "recorder: a spike between two samples is in the peak" {
	# The first sample comes before it, the next in a minute.
	before='until("^MEM", "a.dat")'
	{ hold 120 0.001; echo 'time.sleep(0.05)'; } >spike.py
	run_apart mprof run -T 60 -o a.dat python3 spike.py
	[[ $errors =~ peak\ 1[2-9][0-9]\ MiB\ RSS ]]
	[ "$(peak_mib a.dat)" -ge 120 ]
	[ "$(grep ^MEM a.dat | sort -k2n | tail -n 1 | cut -d' ' -f2 |
		cut -d. -f1)" -lt 120 ]
}

@test "recorder: in a process that lives on, at its place" {
	# It has nearly all of an interval for itself.
	before='more("a.dat", 1)'
	hold 60 0.001 >spike.py
	printf '%s\n' 'until("^PEAK|^MEM [5-9][0-9][.]", "a.dat")' \
		'print(time.time())' >>spike.py
	# Again where a sample has met the spike: then no mark tells of it.
	for _ in $(seq 30); do
		rm -f a.dat
		mprof run -q -T 0.4 -o a.dat python3 spike.py >lived
		awk '/^MEM/ && $2 > 50 { exit 1 }' a.dat && break
	done
	[ "$(grep -c ^PEAK a.dat)" -eq 2 ]
	# It is recorded while the program lives, with a time of then.
	awk -v lived="$(cat lived)" '/^PEAK/ && !at { at = $3 }
		END { exit !(at > 0 && at < lived) }' a.dat
}

# Whether the kernel tells of each fork here: the first namespaces, Linux 6.6.
forks_are_told() {
	grep -qs cn_proc /proc/net/connector &&
		printf '6.6\n%s\n' "$(uname -r)" | sort -CV &&
		[ "$(readlink /proc/self/ns/pid)" = 'pid:[4026531836]' ] &&
		[ "$(readlink /proc/self/ns/user)" = 'user:[4026531837]' ]
}

@test "recorder: a child that no sample saw is in the peak" {
	printf '%s\n' 'import subprocess, sys, time; time.sleep(0.1)' \
		'subprocess.run([sys.executable, "-c", "x = bytearray(100 << 20)"])' \
		'time.sleep(0.1)' >parent.py
	mprof run -q -T 60 -o a.dat python3 parent.py
	[ "$(peak_mib a.dat)" -ge 100 ]
	# But it is not its parent's.
	! forks_are_told || awk '/^EXIT/ { exit !($2 < 60) }' a.dat
}

# How many had a sample: measured FILE
measured() {
	grep ^CHLD "$1" | cut -d' ' -f2 | sort -u | wc -l
}

# 100 times two processes; setsid's shell, itself, its two; the sleep.
counts_short_lives() {
	rm -f a.dat end
	mkfifo end
	run_apart mprof run -M -o a.dat sh -c \
		'for i in 1 2 3 4 5 6 7 8 9 0; do
			for j in 1 2 3 4 5 6 7 8 9 0; do (/bin/true; :); done
		done; (setsid sh -c "/bin/true; echo >end" &); read -r _ <end
		sleep 0.1'
	[[ $errors =~ mprof:\ ([0-9]+)\ processes\ lived\ for\ less ]] &&
		[ $((BASH_REMATCH[1] + $(measured a.dat))) -eq 204 ]
}

# The kernel drops its news of forks where the whole machine has too many for a
# recorder that gets no time: then it says "at least", and another run counts.
@test "recorder: who lived shorter than an interval is counted" {
	local tries=0

	forks_are_told || skip "the kernel doesn't tell of forks here"
	until counts_short_lives; do
		echo "$errors, and $(measured a.dat) measured"
		[ $((++tries)) -lt 5 ]
	done
}

# A recorder that gets no time may lose the kernel's news of an exit too.
ends_are_told() {
	rm -f a.dat end1 end2 end3
	mkfifo end1 end2 end3
	# shellcheck disable=SC2016 # it is the inner shell's
	mprof run -q -M -T 0.01 -o a.dat sh -c '
		sh -c "read _ <end1; exit 3" & sh -c "read _ <end2; kill -9 \$\$" &
		sh -c "sh -c \"read _ <end3; exit 4\"; exit 5" & wait' 2>/dev/null &
	# Each is recorded by words of its own, which it has from its exec on.
	for words in read%20_%20.end1 read%20_%20.end2 sh%20-c%20.read%20_%20.end3 \
		read%20_%20.end3; do
		soon grep -qs "^PROC.*;cmd=sh%20-c%20$words" a.dat
	done
	for end in end1 end2 end3; do
		echo >$end
	done
	wait
	[ "$(grep ^EXIT a.dat | sed 's/.*pid=[0-9]*;\([^ ]*\) .*/\1/' | sort |
		uniq -c | xargs)" = \
		'1 signal=9 1 status=0 1 status=3 1 status=4 1 status=5' ]
}

@test "recorder: -M tells how each process ended, whoever waited for it" {
	local tries=0

	forks_are_told || skip "the kernel doesn't tell of exits here"
	until ends_are_told; do
		grep ^EXIT a.dat
		[ $((++tries)) -lt 5 ]
	done
}

@test "recorder: where that can't be known, it is said" {
	unshare -pf --mount-proc true 2>/dev/null || skip "no namespaces here"
	run_apart unshare -pf --mount-proc mprof run -T 0.5 -o a.dat sh -c \
		'for i in 1 2 3 4 5 6 7 8; do (setsid true &); done; sleep 0.3'
	[[ $errors =~ mprof:\ at\ least\ [1-9][0-9]*\ process.*\ lived\ for\ less ]]
}

@test "recorder: attach finds a daemon whose parents no sample saw" {
	forks_are_told || skip "the kernel doesn't tell of forks here"
	sh -c "$(until_sampled 1)
		(setsid sh -c 'echo \$\$ >daemon; exec sleep 61' &)
		sleep 0.3" 3>&- &
	program=$!
	mprof attach -q -M --wait all -o a.dat $program 3>&- &
	recorder=$!
	soon grep -qs '^PROC;.*cmd=sleep%2061' a.dat
	wait $program
	soon has_samples $(($(grep -c ^MEM a.dat) + 3))
	kill "$(cat daemon)"
	wait $recorder
}

@test "recorder: --limit ends the tree, status 124" {
	hold 80 9 >big.py
	run_apart mprof run -T 0.02 --limit 50MiB -o a.dat \
		sh -c 'python3 big.py; echo survived'
	[ "$status" -eq 124 ]
	[ -z "$output" ]
	[[ $errors == *"limit of 50 MiB was reached"* ]]
	grep -q '^MARK;label=limit%20of%2050' a.dat
	run_apart mprof run -T 0.02 --limit 50 --on-limit kill -o b.dat \
		python3 big.py
	[ "$status" -eq 124 ]
	grep -q 'signal=9' b.dat
}

@test "recorder: --limit may only mark, or stop" {
	hold 80 0.1 ^MARK a.dat >big.py
	run_apart mprof run -T 0.02 --limit 50 --on-limit mark -o a.dat \
		python3 big.py
	[ "$status" -eq 124 ]
	same "$(grep -c ^MARK a.dat)" 1
	grep -q '^EXIT;pid=[0-9]*;status=0 ' a.dat
	hold 80 0.1 ^MARK b.dat >big.py
	mprof run -q -T 0.02 --limit 50 --on-limit stop -o b.dat \
		python3 big.py 2>/dev/null &
	soon grep -qs ^MARK b.dat
	child=$(tr -d ' ' <"/proc/$!/task/$!/children")
	soon is_stopped "$child"
	kill -CONT "$child"
	wait $! || [ $? -eq 124 ]
}

# Of samples that are the same, their processes too, the first and the last are
# there, and the last before a record of another kind: none_between FILE
none_between() {
	awk 'function judge() {
			same = row == last ? same + 1 : 1
			last = row
			bad += same > 2
		}
		!/^CHLD/ { if (row != "") judge(); row = "" }
		/^MEM/ { row = $2 }
		!/^(MEM|CHLD)/ { last = "" }
		/^CHLD/ { row = row " " $2 " " $3 }
		END { if (row != "") judge(); exit bad > 0 }' "$1"
}

@test "recorder: --skip-unchanged keeps a plateau's ends" {
	mprof run -q -T 0.02 --skip-unchanged -o a.dat sleep 2
	mprof run -q -T 0.02 --no-children -o b.dat \
		sh -c "$(until_sampled 9 b.dat)"
	none_between a.dat
	! none_between b.dat || false
	awk '/^MEM/ { if (!first) first = $3; last = $3 }
		END { exit !(last - first > 0.5) }' a.dat
}

@test "recorder: --skip-unchanged loses no step between two plateaus" {
	hold 30 2 >steps.py
	mprof run -q -T 0.01 --skip-unchanged -o a.dat python3 steps.py
	# The last sample on the high plateau is 0.4 s behind one of the same
	# height, and nothing stands between.
	awk '/^MEM/ { if ($2 == mib && $3 - last > 0.4) found = 1
			mib = $2; last = $3 }
		END { exit !found }' a.dat
}

@test "recorder: --skip-unchanged with -M" {
	mprof run -q -M -T 0.02 --skip-unchanged -o a.dat \
		sh -c 'sleep 2 & sleep 1; wait; :'
	none_between a.dat
	# On a loaded machine one of them has its line before its exec, too.
	same "$(grep -o '^PROC;pid=[0-9]*' a.dat | sort -u | wc -l)" 3
	# A descendant's row stands below a sample of the same time.
	awk '/^MEM/ { time = $3 } /^CHLD/ && $4 != time { exit 1 }' a.dat
}

@test "recorder: every backend gives figures, PSS below RSS" {
	for backend in rss pss uss vms anon psutil psutil_pss psutil_uss posix; do
		# The second sample from now on has been begun with all of it.
		{ hold 20 0 | sed '$d'; echo "more('$backend.dat', 2)"; } >big.py
		mprof run -q -T 0.05 --backend "$backend" -o "$backend.dat" \
			python3 big.py
		[ "$(peak_mib "$backend.dat")" -ge 20 ]
	done
	mprof run -q -T 0.05 --backend swap -o swap.dat sleep 0.1
	grep -q 'backend=swap' swap.dat
	awk '/^MEM/ && $2 > m[FILENAME] { m[FILENAME] = $2 }
		END { exit !(m["./pss.dat"] < m["./rss.dat"] &&
			m["./rss.dat"] < m["./vms.dat"]) }' ./*.dat
}

@test "recorder: --backend cgroup, or why not" {
	run_apart mprof run -T 0.05 --backend cgroup -o a.dat \
		sh -c "$(until_sampled 3)"
	if [ "$status" -eq 125 ]; then
		[[ $errors == *"control groups"* ]]
		[ ! -e a.dat ]
		skip "no control group here tells its memory"
	fi
	[ "$(grep -c ^MEM a.dat)" -gt 2 ]
	grep -q 'backend=cgroup' a.dat
}

# Each of 999 is named, and each is in one sample.
all_at_one_time() {
	[ "$(grep -s '^PROC;.*cmd=sleep%20900' a.dat |
		grep -o '^PROC;pid=[0-9]*' | sort -u | wc -l)" -ge 999 ] &&
		awk '/^CHLD/ && ++n[$4] >= 999 { all = 1 } END { exit !all }' a.dat
}

@test "recorder: 64 descriptors, a tree of 1,000: all of it, nothing is said" {
	mkfifo go
	(
		ulimit -n 64
		# shellcheck disable=SC2016 # the recorded shell's
		exec mprof run -q -M -T 0.1 -o a.dat sh -c '
			for i in $(seq 999); do sleep 900 & pids="$pids $!"; done
			read -r _ <go
			kill $pids
			ulimit -n' >limit 2>errors 3>&-
	) &
	soon_while $! all_at_one_time
	echo >go
	wait $!
	same "$(cat limit)" 64
	[ ! -s errors ]
	# The shell's 999 and itself; on a busy machine some are introduced
	# before their exec, by the shell's own words, which hold these too.
	[ "$(grep -c '^PROC;.*sleep%20900' a.dat)" -ge 1000 ]
	all_at_one_time
	# None counts twice, and none is left out of the sum.
	awk '/^MEM/ { if (n > 500 && sum - total > 0.02) exit 1
			total = $2; sum = n = 0 }
		/^CHLD/ { sum += $3; n++ }' a.dat
}

@test "recorder: --max-overhead lengthens the interval and says so" {
	run_apart mprof run -T 100us --max-overhead 0.1% -o a.dat sleep 0.5
	[ "$status" -eq 0 ]
	[[ $errors == *"interval was lengthened"* ]]
	[ "$(grep -c ^MEM a.dat)" -lt 500 ]
}

@test "recorder: a full disk: the program runs on, the loss is reported" {
	mkdir disk
	mount -t tmpfs -o size=4k tmpfs disk 2>/dev/null || skip "needs root"
	run_apart mprof run -T 500us -o disk/a.dat sh -c '
		until [ "$(stat -c %s disk/a.dat)" -gt 4000 ]; do sleep 0.05; done
		sleep 1; echo done'
	umount disk
	[ "$status" -eq 125 ]
	same "$output" "done"
	[[ $errors == *"disk/a.dat"*"No space left"* ]]
}
