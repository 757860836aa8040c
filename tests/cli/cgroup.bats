#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mprof attach to a control group: by path, unit and container.
# shellcheck disable=SC2154 # errors is run_apart's
load helper

# Groups can be made where root has a hierarchy with a memory controller that
# is writable; what is made is below $groups.
own_setup() {
	local mount

	groups=
	for mount in /sys/fs/cgroup/memory /sys/fs/cgroup; do
		if [ -e "$mount/cgroup.procs" ] &&
			mkdir "$mount/mprof-test-$$" 2>/dev/null; then
			groups=$mount/mprof-test-$$
			break
		fi
	done
	[ -n "$groups" ] || skip "no control group can be made here"
}

teardown() {
	local pid

	for pid in $(jobs -p); do
		kill "$pid" 2>/dev/null || true
	done
	[ -z "$groups" ] ||
		find "$groups" -name cgroup.procs -exec \
			sh -c 'xargs -r kill <"$0"' {} \;
	wait
	[ -z "$groups" ] || soon groups_are_gone
}

# Who has just ended may still be in its group.
groups_are_gone() {
	find "$groups" -depth -type d -exec rmdir {} + 2>/dev/null
	[ ! -e "$groups" ]
}

# Starts a program in a group that is made: start GROUP COMMAND...
start() {
	mkdir -p "$1"
	sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$@" 3>&- &
	soon grep -qx $! "$1/cgroup.procs"
}

is_empty() {
	[ -z "$(cat "$1/cgroup.procs")" ]
}

@test "attach --cgroup: all processes of the group, who comes and goes, until it is empty" {
	start "$groups/job/a" sleep 600
	first=$!
	mprof attach --cgroup "${groups##*/}/job" -M -T 0.02 -o a.dat \
		2>errors 3>&- &
	recorder=$!
	soon has_lines 1 "^CHLD $first " a.dat
	start "$groups/job/b" sleep 601
	second=$!
	soon has_lines 1 "^CHLD $second " a.dat
	kill $first
	soon is_empty "$groups/job/a"
	# the group that a process leaves may go
	soon rmdir "$groups/job/a"
	before=$(grep -c "^CHLD $first " a.dat)
	soon has_lines "$(($(grep -c ^MEM a.dat) + 5))" ^MEM a.dat
	[ "$(grep -c "^CHLD $first " a.dat)" -le $((before + 1)) ]
	kill $second
	wait $recorder
	same "$(head -n 1 a.dat)" "CMDLINE cgroup /${groups##*/}/job"
	grep -q '^EXIT;pid=0 ' a.dat
	# MEM is their sum, and nobody else's
	awk '$1 == "MEM" { if (seen && (sum - total) ^ 2 > 1e-8) bad = 1
			total = $2; sum = 0; seen = 1 }
		$1 == "CHLD" { sum += $3 } END { exit bad }' a.dat
	grep -q '^mprof: peak ' errors
}

@test "attach --cgroup --backend cgroup: what the kernel charged the group, and its peak" {
	start "$groups/job" sh -c 'head -c 40M /dev/zero >file; exec sleep 600'
	soon eval '[ "$(stat -c %s file)" -eq $((40 << 20)) ]'
	# nothing moves any more
	soon has_same_reading
	mprof attach --cgroup "$groups/job" --backend cgroup -T 0.02 -o a.dat \
		-q 3>&- &
	recorder=$!
	soon has_samples 5
	kill %1
	wait $recorder
	for file in memory.current memory.usage_in_bytes; do
		[ ! -e "$groups/job/$file" ] || name=$file
	done
	kib=$(awk '$1 == "MEM" && $2 > m { m = $2 } END { print m * 1024 }' a.dat)
	awk -v a="$kib" -v b="$reading" 'BEGIN { exit !(a >= b / 1024 - 4096 &&
		a <= b / 1024 + 4096 && a > 40 * 1024) }'
	grep -q '^USAGE;.*group_file=' a.dat
	[ -n "$name" ]
}

# Two readings in a row of what a group is charged are the same.
has_same_reading() {
	reading=$(cat "$groups"/job/memory.{current,usage_in_bytes} 2>/dev/null)
	sleep 0.05
	[ "$reading" = "$(cat "$groups"/job/memory.{current,usage_in_bytes} \
		2>/dev/null)" ]
}

@test "attach --container: by the beginning of an id; one that fits two is refused with a list" {
	# No number of its own is ffff.
	a=$(printf 'e%.0s' {1..60})$(printf '%04x' $((BASHPID % 65535)))
	b=${a%????}zzzz
	b=${b//z/f}
	start "$groups/docker-$a.scope" sleep 600
	start "$groups/libpod-$b.scope/container" sleep 600
	start "$groups/libpod-conmon-$b.scope" sleep 600
	run_apart mprof attach --container "${a:0:60}" -o a.dat
	[ "$status" -eq 1 ]
	[[ $errors == "mprof: --container: ${a:0:60}: fits 2 control groups; "* ]]
	[[ $errors == *"  ${a:0:12}  -  /${groups##*/}/docker-$a.scope"* ]]
	[[ $errors == *"  ${b:0:12}  -  /${groups##*/}/libpod-$b.scope"* ]]
	lacks conmon <<<"$errors"
	[ ! -e a.dat ]
	run_apart mprof attach --container "$b" -M -t 0.3 -o b.dat
	[ "$status" -eq 0 ]
	same "$(head -n 1 b.dat)" "CMDLINE container $b"
	[ "$(grep '^CHLD' b.dat | cut -d ' ' -f 2 | sort -u | wc -l)" -eq 1 ]
}

@test "attach --unit: the group of that name, with and without .service" {
	unit=mprof-unit-$$
	start "$groups/$unit.service" sleep 600
	for name in "$unit" "$unit.service"; do
		rm -f a.dat
		run_apart mprof attach --unit "$name" -q -t 0.2 -o a.dat
		[ "$status" -eq 0 ]
		same "$(head -n 1 a.dat)" "CMDLINE unit $name"
		grep -q '^MEM [1-9.]' a.dat
	done
	start "$groups/other.slice/$unit.service" sleep 600
	run_apart mprof attach --unit "$unit" -o b.dat
	[ "$status" -eq 1 ]
	[[ $errors == *"fits 2 control groups; give a path of these to --cgroup:"* ]]
	[[ $errors == *"  /${groups##*/}/other.slice/$unit.service"* ]]
}

@test "watch --cgroup: its processes, who comes too, until it is empty" {
	start "$groups/job/a" sleep 600
	first=$!
	"$SOURCE/tests/tools/terminal" mprof watch --cgroup "$groups/job" <<-END
		size 30 120
		expect cgroup /${groups##*/}/job
		expect 1 process: $first sleep
		do mkdir $groups/job/b; sleep 601 & echo \$! >$groups/job/b/cgroup.procs
		expect 2 processes: [0-9]+ sleep [^,]*, [0-9]+ sleep
		do xargs kill <$groups/job/a/cgroup.procs
		expect 1 process: [0-9]+ sleep
		do xargs kill <$groups/job/b/cgroup.procs
		expect 1049l
		expect mprof: cgroup /${groups##*/}/job: no process is left
	END
	for words in "--cgroup $groups/job 1" "--unit a --container b"; do
		# shellcheck disable=SC2086 # words
		run_apart mprof watch $words
		[ "$status" -eq 2 ]
	done
}

@test "attach: a group without processes, or that is not there, is refused" {
	mkdir "$groups/job"
	run_apart mprof attach --cgroup "$groups/job" -o a.dat
	[ "$status" -eq 1 ]
	same "$errors" "mprof: --cgroup: $groups/job: has no process"
	run_apart mprof attach --cgroup "$groups/none" -o a.dat
	[ "$status" -eq 1 ]
	same "$errors" \
		"mprof: --cgroup: $groups/none: there is no such control group"
	for kind in cgroup unit container; do
		run_apart mprof attach --$kind '' -o a.dat
		[ "$status" -eq 2 ]
	done
	run_apart mprof attach --cgroup "$groups/job" 1
	[ "$status" -eq 2 ]
	run_apart mprof run --cgroup "$groups/job" true
	[ "$status" -eq 2 ]
	[ ! -e a.dat ]
}

# The scopes below the hierarchies.
scopes() {
	find /sys/fs/cgroup -maxdepth 4 -name 'mprof-*.scope' 2>/dev/null
}

@test "run --scope: page cache counts, the peak is the kernel's, nothing is left" {
	cat >job.sh <<-'EOF'
		group=$(sed -n 's/^.*:memory://p' /proc/self/cgroup)
		[ -n "$group" ] || group=$(sed -n 's/^0:://p' /proc/self/cgroup)
		echo "$group" >group
		head -c 60M /dev/zero >file
		for mount in /sys/fs/cgroup/memory /sys/fs/cgroup; do
			cat "$mount$group/memory.peak" \
				"$mount$group/memory.max_usage_in_bytes"
		done 2>/dev/null >peak
		exit 0
	EOF
	mprof run -q --scope -T 0.02 -o a.dat sh job.sh
	[[ $(cat group) == */mprof-*.scope ]]
	[ -s peak ]
	# It has written to the page cache, which no process holds. A recording
	# rounds to a millionth of a MiB, half a byte here.
	awk -v peak="$(tail -n 1 peak)" '/^PEAK/ { p = $2 * 1048576 }
		END { exit !(p + 1 >= peak && p <= peak + 2 ^ 22 && p > 6e7) }' a.dat
	grep -q '^INFO;backend=cgroup;' a.dat
	grep -q '^USAGE;.*group_file=' a.dat
	[ ! -e "${groups%/*}/$(basename "$(cat group)")" ]
	scopes | lacks "$(basename "$(cat group)")"
	# another measure, and the status of the program
	run_apart mprof run -q --scope -M -o b.dat sh -c 'exit 3'
	[ "$status" -eq 3 ]
	grep -q '^INFO;backend=rss;' b.dat
	# a descendant that lives on leaves the group, which goes
	mprof run -q --scope -o c.dat sh -c 'sleep 600 & echo $! >left
		grep memory: /proc/$!/cgroup || grep 0:: /proc/$!/cgroup' >was
	grep -q 'mprof-.*\.scope$' was
	kill -0 "$(cat left)"
	lacks "$(sed 's/.*mprof-/mprof-/' was)" <"/proc/$(cat left)/cgroup"
	kill "$(cat left)"
	run_apart mprof run --scope -o d.dat ./none
	[ "$status" -eq 127 ]
	run_apart mprof attach --scope $$
	[ "$status" -eq 2 ]
}

@test "run --scope: where no group may be made, nothing is started" {
	setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$MPROF" ||
		skip "nobody can't run the program under test"
	chmod 777 .
	run_apart setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$MPROF" run --scope -o a.dat touch started
	[ "$status" -eq 125 ]
	[[ $errors == "mprof: option --scope: no control group can be made "* ]]
	[ ! -e started ]
	[ ! -e a.dat ]
}
