#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Limits: those that hold for the program and what they did to it, and --limit.
# What is measured, beside the kernel's own figures.
# shellcheck disable=SC2154 # errors is run_apart's
load helper

HOG=$BATS_TEST_DIRNAME/../../build/programs/hog
GROUPS_AT=/sys/fs/cgroup/memory

teardown() {
	[ -z "${group-}" ] || rmdir "$group"
}

# A control group of version 1 with so many MiB, or the test is skipped.
make_group() {
	group=$(mktemp -d "$GROUPS_AT/mprof-test.XXXXXX" 2>/dev/null) || {
		group=
		skip "no memory controller of version 1 that may be changed"
	}
	echo "$1M" >"$group/memory.limit_in_bytes" ||
		skip "a control group's limit can't be set"
}

# The keys of the EXIT record.
exit_of() {
	sed -n 's/^EXIT;\([^ ]*\) .*/\1/p' "$1"
}

@test "limits: out of memory in a control group that was joined late" {
	make_group 48
	run_apart mprof run -T 0.01 -o a.dat sh -c "
		sleep 0.1; echo \$\$ >$group/cgroup.procs
		$(until_limits_are_read); exec $HOG -s 1 400 0"
	[ "$status" -eq 137 ]
	[[ $errors =~ killed\ by\ SIGKILL:\ out\ of\ memory\ \(limit\ 48\ MiB\ of\ its\ cgroup\;\ [0-9.]+\ MiB\ at\ the\ last\ sample\) ]]
	[[ $(exit_of a.dat) =~ ^pid=[0-9]+\;signal=9\;oom=1\;limit=48\.000000\;of=cgroup$ ]]
	mprof plot --format scene -o - a.dat | grep 'mark limit'
}

@test "limits: out of memory, and who held it" {
	make_group 96
	cat >fill.c <<-'END'
	#include <stdlib.h>
	#include <string.h>
	static void *volatile last;
	__attribute__((noipa)) static void fill(void)
	{
		last = malloc(100000);
		memset(last, 1, 100000);
	}
	int main(void)
	{
		for (;;)
			fill();
	}
	END
	${CC:-cc} -O1 -g -o fill fill.c
	run_apart mprof run --stacks -T 0.01 -o a.dat sh -c "
		echo \$\$ >$group/cgroup.procs; $(until_limits_are_read)
		exec ./fill"
	[ "$status" -eq 137 ]
	[[ $errors =~ out\ of\ memory\ \(limit\ 96\ MiB ]]
	[[ $errors =~ held\ at\ the\ peak:\ [0-9.]+\ MiB\ of\ [0-9.]+\ MiB\ by\ fill\.c:[67]\ fill ]]
	mprof plot --format scene -o - a.dat |
		grep -E 'fact Held: [0-9.]+ MiB of [0-9.]+ MiB by fill.c:[67] fill'
}

@test "limits: out of memory, and it was not the program itself" {
	make_group 48
	run_apart mprof run -T 0.01 -o a.dat sh -c "
		echo \$\$ >$group/cgroup.procs; $(until_limits_are_read)
		$HOG -s 1 400 0; exit 4"
	[ "$status" -eq 4 ]
	[[ $errors == *"the OOM killer killed 1 of the processes in its cgroup: out of memory (limit 48 MiB of its cgroup)"* ]]
	[[ $(exit_of a.dat) =~ ^pid=[0-9]+\;status=4\;limit=48\.0*\;of=cgroup$ ]]
}

@test "limits: SIGKILL from someone else is no lack of memory" {
	run_apart mprof run -T 0.01 -o a.dat sh -c 'sleep 0.05; kill -9 $$'
	[ "$status" -eq 137 ]
	[[ $errors != *"out of memory"* ]]
	[[ $(exit_of a.dat) != *oom=* ]]
}

# Has the kernel end another program of this machine, in a group of its own.
end_another() {
	sh -c "echo \$\$ >$group/cgroup.procs; exec $HOG 400 0" || true
}

@test "limits: nor is it where the kernel ends another program meanwhile" {
	make_group 20
	cat >kills.py <<-END
		import multiprocessing, os, time
		def sleep(): time.sleep(60)
		child = multiprocessing.get_context("fork").Process(target=sleep)
		child.start()
		while not os.path.exists("go"): time.sleep(0.05)
		child.kill()
		child.join()
	END
	wait='until [ -e go ]; do sleep 0.05; done'
	mprof run -M -T 0.01 -o a.dat sh -c "$wait; kill -9 \$\$" \
		2>a.err 3>&- &
	mprof run -M -T 0.01 -o b.dat python3 kills.py 2>b.err 3>&- &
	mprof run -M -T 0.01 --limit 40MiB --on-limit kill -o c.dat \
		sh -c "$wait; $HOG 60 60" 2>c.err 3>&- &
	for name in a b c; do
		soon has_samples 1 $name.dat
	done
	before=$(sed -n 's/^oom_kill //p' /proc/vmstat)
	end_another
	[ "$(sed -n 's/^oom_kill //p' /proc/vmstat)" -gt "$before" ]
	touch go
	wait
	grep 'killed by SIGKILL' a.err
	grep 'the limit of 40 MiB was reached' c.err
	cat ./*.err | lacks 'out of memory'
	[[ $(exit_of a.dat) == *signal=9* ]]
	[[ $(exit_of c.dat) == *signal=9* ]]
	cat ./*.dat | grep ^EXIT | lacks oom=
}

@test "limits: an address space that is too small" {
	run_apart mprof run -T 0.01 -o a.dat sh -c "
		ulimit -v 65536; $(until_limits_are_read); exec $HOG -s 1 400 0"
	[ "$status" -eq 3 ]
	[[ $errors == *"ended with status 3, under a limit of 64 MiB of its address space"* ]]
	[[ $(exit_of a.dat) =~ \;status=3\;limit=64\.000000\;of=address-space$ ]]
	mprof plot --format scene -o - a.dat |
		grep 'fact Limit: 64 MiB of its address space'
}

# tree MIB SECONDS [COMMAND]: a program with a daemon that it has no more to
# do with, and whose pid is in the file daemon.
tree() {
	printf '%s\n' "${3-:}" "(setsid sleep 900 >/dev/null 2>&1 3>&- & echo \$! >daemon)" \
		"sleep 0.1" "exec $HOG $1 $2" >tree.sh
}

# Whether the daemon is gone, soon.
daemon_gone() {
	soon eval '! kill -0 "$(cat daemon)" 2>/dev/null'
}

# The mark stands beside the first sample above 50 MiB.
acted_at_once() {
	awk '/^MEM/ && $2 > 50 && !at { at = $3 }
		/^MARK;label=limit/ { marked = $3 }
		END { exit !(at && at == marked) }' "$1"
}

@test "limits: --on-limit term ends the whole tree, the daemon too" {
	tree 80 20
	run_apart mprof run -T 0.02 --limit 50MiB -o a.dat sh tree.sh
	[ "$status" -eq 124 ]
	[[ $errors =~ the\ limit\ of\ 50\ MiB\ was\ reached,\ at\ [0-9.]+\ MiB:\ term ]]
	[[ $(exit_of a.dat) == *";signal=15;"* ]]
	acted_at_once a.dat
	daemon_gone
}

@test "limits: --on-limit kill ends what ignores SIGTERM" {
	tree 80 20 'trap "" TERM'
	run_apart mprof run -T 0.02 --limit 50MiB --on-limit kill -o a.dat \
		sh tree.sh
	[ "$status" -eq 124 ]
	[[ $errors == *" MiB: kill"* ]]
	[[ $(exit_of a.dat) == *";signal=9;"* && $(exit_of a.dat) != *oom=* ]]
	acted_at_once a.dat
	daemon_gone
}

@test "limits: --on-limit term: what ignores it ends in its own time" {
	tree 80 2 'trap "" TERM'
	run_apart mprof run -T 0.02 --limit 50MiB -o a.dat sh tree.sh
	[ "$status" -eq 124 ]
	[[ $(exit_of a.dat) =~ ^pid=[0-9]+\;status=0(\;limit=.*\;of=cgroup)?$ ]]
	acted_at_once a.dat
	kill -KILL "$(cat daemon)"
}

@test "limits: --on-limit mark leaves everybody alone" {
	tree 80 2
	run_apart mprof run -T 0.02 --limit 50MiB --on-limit mark -o a.dat \
		sh tree.sh
	[ "$status" -eq 124 ]
	[[ $errors == *" MiB: mark"* ]]
	same "$(grep -c ^MARK a.dat)" 1
	[[ $(exit_of a.dat) =~ ^pid=[0-9]+\;status=0(\;limit=.*\;of=cgroup)?$ ]]
	acted_at_once a.dat
	kill "$(cat daemon)"
}

@test "limits: --on-limit stop holds the whole tree, until it is continued" {
	tree 80 2
	mprof run -T 0.02 --limit 50MiB --on-limit stop -o a.dat sh tree.sh \
		2>errors &
	recorder=$!
	soon grep -qs ^MARK a.dat
	program=$(pgrep -P $recorder -x hog)
	soon is_stopped "$program"
	soon is_stopped "$(cat daemon)"
	kill -CONT "$(cat daemon)" "$program"
	status=0
	wait $recorder || status=$?
	same "$status" 124
	grep ' MiB: stop' errors
	acted_at_once a.dat
	kill "$(cat daemon)"
}

# A line of /proc/PID/NAME that is given in kB, or the sum of some.
kernel_kib() { # PID NAME LINE...
	local pid=$1 name=$2
	shift 2
	for line; do
		sed -n "s/^$line:[[:space:]]*\([0-9]*\) kB/\1/p" "/proc/$pid/$name"
	done | awk '{ sum += $1 } END { print sum + 0 }'
}

measured_kib() { # PID BACKEND
	rm -f m.dat
	mprof attach -q --no-children -T 0.02 -t 0.05 --backend "$2" \
		-o m.dat "$1"
	awk '/^MEM/ { last = $2 } END { printf "%d", last * 1024 }' m.dat
}

# Since Linux 6.2 a counter of resident pages is behind by a lot of them for
# each processor that the process was on, and a lot grows with their number:
# these processes are on one, with two counters.
SLACK=$((16 * $(nproc --all)))
[ $SLACK -ge 1024 ] || SLACK=1024
ONE=(taskset -c "$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')")

close_to() {
	[ $(($1 - $2)) -le $SLACK ] && [ $(($2 - $1)) -le $SLACK ] && return
	echo "$3: $1 KiB, but the kernel says $2 KiB" >&2
	return 1
}

holds() { # PID KIB
	[ "$(kernel_kib "$1" smaps_rollup Rss)" -ge "$2" ]
}

@test "backends: each agrees with the kernel's figure" {
	"${ONE[@]}" "$HOG" -f 24 600 3>&- &
	hog=$!
	soon eval '[ -n "$(pgrep -P $hog)" ]'
	[ -r "/proc/$hog/smaps_rollup" ]
	rollup="$hog smaps_rollup"
	for pair in "rss=$rollup Rss" "pss=$rollup Pss" "swap=$rollup Swap" \
		"uss=$rollup Private_Clean Private_Dirty Private_Hugetlb" \
		"vms=$hog status VmSize" "anon=$hog status RssAnon" \
		"psutil=$rollup Rss" "psutil_pss=$rollup Pss" \
		"psutil_uss=$rollup Private_Clean Private_Dirty" \
		"posix=$rollup Rss"; do
		# shellcheck disable=SC2086 # words apart
		close_to "$(measured_kib $hog "${pair%%=*}")" \
			"$(kernel_kib ${pair#*=})" "${pair%%=*}"
	done
	# Two processes hold the same 24 MiB.
	[ "$(measured_kib $hog pss)" -lt $((20 << 10)) ]
	[ "$(measured_kib $hog rss)" -ge $((24 << 10)) ]
	[ "$(measured_kib $hog uss)" -lt $((8 << 10)) ]
	kill $hog
	run_apart mprof run --backend tracemalloc touch executed
	[ "$status" -eq 2 ]
	[[ $errors == *"mprof lines"* && ! -e executed ]]
}

@test "backends: cgroup agrees with the group's own figures" {
	make_group 200
	run_apart mprof run -T 0.02 --backend cgroup -o /dev/null true
	[ "$status" -ne 125 ] || skip "no control group here tells its memory"
	sh -c "echo \$\$ >$group/cgroup.procs; exec $HOG 40 600" 3>&- &
	hog=$!
	soon holds $hog $((40 << 10))
	mprof attach -q -T 0.02 -t 0.1 --backend cgroup -o a.dat $hog
	close_to "$(awk '/^MEM/ { last = $2 } END { printf "%d", last * 1024 }' \
		a.dat)" $(($(cat "$group/memory.usage_in_bytes") / 1024)) cgroup
	kill $hog
	wait $hog || true
	# Between two samples the group's own maximum tells.
	sh -c "echo \$\$ >$group/cgroup.procs; $(until_sampled 1 b.dat)
		$HOG 90 0; sleep 0.5" 3>&- &
	hog=$!
	soon grep -q "${group##*/}" /proc/$hog/cgroup
	mprof attach -q -T 60 --backend cgroup -o b.dat $hog
	[ "$(awk '/^PEAK/ { printf "%d", $2 }' b.dat)" -ge 90 ]
}

@test "backends: a costly one keeps within --max-overhead, and says so" {
	run_apart mprof run -T 1ms --backend pss --max-overhead 2% -o a.dat \
		"$HOG" 300 2
	[ "$status" -eq 0 ]
	[[ $errors =~ the\ interval\ was\ lengthened\ to\ [0-9.]+\ m?s,\ to\ keep\ within\ --max-overhead ]]
	[ "$(grep -c ^MEM a.dat)" -lt 300 ]
	run_apart mprof run -T 0.1 --max-overhead 50% -o b.dat "$HOG" 1 0.3
	[[ $errors != *lengthened* ]]
}
