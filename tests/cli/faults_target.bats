#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Programs that are hard to record. Each passes its own status on, undisturbed,
# and leaves a recording that reads cleanly.

load helper

PROGRAMS=$BATS_TEST_DIRNAME/../../build/programs
TARGET=$PROGRAMS/target

own_setup() {
	export RECORDING=$PWD/a.dat
}

# recorded STATUS COMMAND ...: records into a.dat with $options.
recorded() {
	local want=$1

	shift
	run timeout -k 1 120 mprof run -T 0.02 -o a.dat "${options[@]}" "$@" \
		</dev/null
	[ "$status" -eq "$want" ]
	whole
}

whole() {
	[ "$(head -c 7 a.dat)" = CMDLINE ]
	! grep -qv '^[A-Z]*[; ][^ ]' a.dat
}

# peak_between LOW HIGH: in MiB
peak_between() {
	awk -v low="$1" -v high="$2" '/^PEAK/ { peak = $2 }
		END { print "peak", peak; exit !(peak >= low && peak <= high) }' a.dat
}

absent() {
	! grep -q -e "$1" a.dat
}

samples() {
	grep -c '^MEM ' a.dat
}

# Samples, and those that the recorder said it had no time for.
ticks() {
	local missed=0

	[[ $output =~ ([0-9]+)" sample"s?" w"(as|ere)" missed" ]] &&
		missed=${BASH_REMATCH[1]}
	echo $(($(samples) + missed))
}

@test "it dies between the opening and the reading of its files" {
	command -v strace >/dev/null || skip "strace is not installed"
	without_leak_check
	run strace -o trace -e trace=pread64 -e inject=pread64:error=ESRCH:when=5+3 \
		"$MPROF" run -T 0.02 -o a.dat "$TARGET" eat 20
	[ "$status" -eq 12 ]
	whole
	absent '^MEM 0.000000'
}

@test "it is a zombie's parent" {
	options=(-M)
	recorded 13 "$TARGET" zombie
	absent '^CHLD [0-9]* 0.000000'
}

@test "it stops itself, and someone continues it" {
	# shellcheck disable=SC2016 # the recorded shell's
	recorded 5 sh -c '(until grep -q "^State:.T" /proc/$$/status; do
			sleep 0.02; done
		had=$(grep -c ^MEM a.dat)
		until [ "$(grep -c ^MEM a.dat)" -ge $((had + 8)) ]; do
			sleep 0.02; done
		kill -CONT $$) & kill -STOP $$; exit 5'
}

@test "a thread of the kernel" {
	[ "$(ps -o comm= -p 2)" = kthreadd ] || skip "pid 2 is not the kernel's"
	run mprof attach -t 0.2 -o a.dat 2
	[ "$status" -ne 0 ]
	[[ $output == *"kernel thread"* ]]
	[ ! -e a.dat ]
}

@test "it executes another program" {
	# shellcheck disable=SC2016 # the shell that is recorded expands it
	recorded 12 sh -c 'sleep 0.1; exec "$0" eat 30' "$TARGET"
	peak_between 30 36
}

@test "it executes a setuid program" {
	[ "$(id -u)" -eq 0 ] || skip "only root can make a setuid program of another"
	command -v setpriv >/dev/null || skip "setpriv is not installed"
	chmod a+rwx . "$BATS_TEST_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_RUN_TMPDIR"
	cp "$TARGET" setuid
	chmod 4755 setuid
	setpriv --reuid 65534 --regid 65534 --clear-groups test -r "$MPROF" ||
		skip "nobody can't read the program under test"
	recorded=0
	setpriv --reuid 65534 --regid 65534 --clear-groups "$MPROF" run -T 0.02 \
		-o a.dat ./setuid eat 30 || recorded=$?
	[ "$recorded" -eq 12 ]
	whole
	peak_between 30 36
}

@test "gdb traces it" {
	command -v gdb >/dev/null || skip "gdb is not installed"
	mprof run -T 0.02 -o a.dat "$TARGET" counts 10 2>errors 3>&- &
	recorder=$!
	soon pgrep -P $recorder -x target
	program=$(pgrep -P $recorder -x target)
	timeout 60 gdb -batch -nx -p "$program" -ex 'shell sleep 0.2' \
		-ex detach >gdb.out 2>&1 </dev/null || skip "gdb can't attach here"
	soon has_samples $(($(samples) + 5))
	kill -USR1 "$program"
	got=0
	wait $recorder || got=$?
	[ "$got" -eq 31 ]
	whole
}

@test "it has 500 threads" {
	recorded 14 "$TARGET" threads 500
}

@test "its main thread has exited, another goes on" {
	recorded 15 "$TARGET" main-exits
	peak_between 30 36
}

@test "its name is ) R 1 (" {
	options=(-M)
	recorded 16 "$TARGET" renamed ') R 1 ('
	peak_between 30 60
	grep -q '^PROC;.*name=)%20R%201%20(' a.dat
}

@test "its name holds newlines" {
	options=(-M)
	recorded 16 "$TARGET" renamed $'a\nMEM 1 1\n'
	peak_between 30 60
	grep -q '^PROC;.*name=a%0a%4DEM%201%201%0a' a.dat
	absent '^MEM 1 1'
}

@test "its name is no valid UTF-8" {
	options=(-M)
	recorded 16 "$TARGET" renamed $'\xff\xfe('
	peak_between 30 60
	iconv -f UTF-8 -t UTF-8 a.dat >/dev/null
}

@test "it forks as fast as it can" {
	options=(-T 0.001)
	recorded 17 "$TARGET" forks
	absent '^MEM 0.000000'
}

@test "its tree is 300 deep" {
	recorded 18 "$TARGET" deep 300
	[ "$(ticks)" -ge 3 ]
}

@test "it dies before its first sample" {
	for code in 0 7 0 9; do
		rm -f a.dat
		recorded $code "$TARGET" blink $code
	done
}

@test "it is the recorder's own parent" {
	run sh -c 'mprof attach -q -T 0.02 -t 0.3 -o a.dat $$; echo "got $?"'
	[[ $output == *"got 0"* ]]
	whole
	[ "$(samples)" -ge 1 ]
}

@test "it is in another pid namespace" {
	unshare -pf --mount-proc true 2>/dev/null || skip "no namespaces here"
	recorded 12 unshare -pf --mount-proc "$TARGET" eat 30
	peak_between 30 40
}

@test "1 TiB is mapped and nothing of it resident" {
	run "$TARGET" mapped
	[ "$status" -eq 19 ] || skip "1 TiB can't be mapped here"
	recorded 19 "$TARGET" mapped
	# until its exec it is a copy of mprof, which a sanitizer enlarges
	peak_between 0.5 100
}

@test "huge pages count in full" {
	run "$TARGET" huge
	[ "$status" -eq 20 ] || skip "no huge pages here"
	recorded 20 "$TARGET" huge
	peak_between 64 72
}

@test "memfd and shared memory: in full as RSS, once as PSS" {
	recorded 21 "$TARGET" shared
	peak_between 94 110
	rm a.dat
	options=(--backend pss)
	recorded 21 "$TARGET" shared
	# Read between the two readings of a sample, the child may count its
	# half (16) beside the parent's whole; never 32 more.
	peak_between 62 84
}

# Room to swap to: the machine's, or else a file of our own.
has_swap() {
	[ "$(awk '/^SwapFree/ { print $2 }' /proc/meminfo)" -le 65536 ] ||
		return 0
	SWAP=$PWD/swap
	dd if=/dev/zero of="$SWAP" bs=1M count=128 status=none &&
		chmod 600 "$SWAP" && mkswap "$SWAP" >/dev/null 2>&1 &&
		swapon "$SWAP" 2>/dev/null
}

teardown() {
	[ -z "${SWAP-}" ] || swapoff "$SWAP" 2>/dev/null || true
}

@test "what was swapped out is found with --backend swap" {
	has_swap || skip "no swap here, and none can be made"
	options=(--backend swap)
	recorded 22 "$TARGET" paged-out
	peak_between 30 50
}

@test "killed for want of memory in a small cgroup" {
	local root=/sys/fs/cgroup/memory limit=memory.limit_in_bytes group

	[ -e $root/$limit ] || { root=/sys/fs/cgroup limit=memory.max; }
	group=$root/mprof-test-$$
	mkdir "$group" 2>/dev/null || skip "no cgroup can be made here"
	if ! echo 48M 2>/dev/null >"$group/$limit"; then
		rmdir "$group"
		skip "no memory limit can be set here"
	fi
	# shellcheck disable=SC2016 # the same
	run mprof run -T 0.02 -o a.dat \
		sh -c 'echo $$ >"$0/cgroup.procs" || exit 1
			'"$(until_limits_are_read)"'; exec "$1" eat 200' \
		"$group" "$TARGET"
	rmdir "$group"
	[ "$status" -eq 137 ]
	[[ $output == *"out of memory"* ]]
	whole
	grep -q '^EXIT;.*signal=9;oom=1' a.dat
	# Pages of libraries are charged to whoever read them first.
	peak_between 30 52
}

@test "two recorders of one process" {
	mprof run -q -T 0.02 -o a.dat \
		sh -c "$(until_sampled 1 b.dat)
			RECORDING=b.dat exec $TARGET eat 20" 3>&- &
	recorder=$!
	soon pgrep -P $recorder -x sh
	program=$(pgrep -P $recorder -x sh)
	mprof attach -q -T 0.02 -o b.dat "$program"
	got=0
	wait $recorder || got=$?
	[ "$got" -eq 12 ]
	whole
	peak_between 20 25
	mv b.dat a.dat
	whole
	peak_between 20 25
}

@test "a recorder of a recorder" {
	# The inner one counts, and takes more where it is built to check itself:
	# how much shows beside a program of 1 MiB. At its start it takes some 3
	# MiB that it gives back.
	recorded 12 mprof run -q -T 0.02 -o b.dat "$TARGET" eat 1
	small=$(awk '/^PEAK/ { peak = int($2) } END { print peak }' a.dat)
	rm a.dat b.dat
	recorded 12 mprof run -q -T 0.02 -o b.dat "$TARGET" eat 20
	peak_between 20 $((small + 24))
	mv b.dat a.dat
	whole
	peak_between 20 25
}

@test "--timeout ends the recording, the program's status comes later" {
	unset RECORDING
	options=(-t 0.1)
	recorded 11 "$TARGET" sleep 600
	[ "$(samples)" -le 8 ]
}
