#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What the machine does to the recorder. The program must not notice, and what
# was seen must not be lost.

load helper

PROGRAMS=$BATS_TEST_DIRNAME/../../build/programs
TARGET=$PROGRAMS/target

whole() {
	[ "$(head -c 7 a.dat)" = CMDLINE ]
	! grep -qv '^[A-Z]*[; ][^ ]' a.dat
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

# A mount namespace of its own, in which the script of stdin runs.
apart() {
	unshare -m true 2>/dev/null || skip "nothing can be mounted here"
	run timeout -k 1 120 unshare -m bash -e -s
}

sanitized() {
	grep -q fsanitize "$SOURCE/build/flags"
}

@test "the disk fills, and there is room again" {
	apart <<-END
		mount -t tmpfs -o size=16k none .
		cd .
		head -c 12288 /dev/zero >fill
		mprof run -T 0.005 -o a.dat \
			sh -c 'sleep 2; rm fill; sleep 0.3; echo ran; exit 7' ||
			echo "got \$?"
		cp a.dat "$BATS_TEST_TMPDIR/a.dat"
	END
	[[ $output == *ran* ]]
	[[ $output == *"got 7"* ]]
	cd "$BATS_TEST_TMPDIR"
	whole
	[ "$(ticks)" -ge 20 ]
	tail -n 1 a.dat | grep -q '^PEAK'
	[ "$(tail -c 1 a.dat | od -An -c | tr -d ' ')" = '\n' ]
}

@test "the disk fills for good: said, and the start of the run is kept" {
	apart <<-END
		mount -t tmpfs -o size=16k none .
		cd .
		head -c 12288 /dev/zero >fill
		mprof run -T 0.002 -o a.dat sh -c '
			until [ "\$(stat -c %s a.dat)" -ge 4000 ]; do sleep 0.1; done
			sleep 2; echo ran; exit 7' || echo "got \$?"
		cp a.dat "$BATS_TEST_TMPDIR/a.dat"
	END
	[[ $output == *ran* ]]
	[[ $output == *"got 7"* ]]
	cd "$BATS_TEST_TMPDIR"
	[ "$(samples)" -ge 20 ]
	[[ $output =~ "mprof: a.dat: "([0-9]+)" samples are missing" ]]
	[ "${BASH_REMATCH[1]}" -ge 1 ]
	run mprof peak a.dat
	[ "$status" -eq 0 ]
}

# Runs mprof run with the words on a disk without room for one byte.
on_full_disk() {
	apart <<-END
		mount -t tmpfs -o size=4k none .
		cd .
		head -c 4096 /dev/zero >fill
		mprof run -q -T 0.02 -o a.dat $* && echo "got 0" || echo "got \$?"
	END
	[[ $output =~ "mprof: a.dat: "[0-9]+" sample"s?" "(is|are)" missing" ]]
}

@test "the disk is full from the start: 125, where the program didn't fail" {
	on_full_disk sleep 0.2
	[[ $output == *"got 125"* ]]
	on_full_disk "sh -c 'sleep 0.2; exit 7'"
	[[ $output == *"got 7"* ]]
	on_full_disk --no-exit-code "sh -c 'sleep 0.2; exit 7'"
	[[ $output == *"got 125"* ]]
	on_full_disk --limit 1KiB --on-limit mark sleep 0.2
	[[ $output == *"got 124"* ]]
	on_full_disk --allow-loss sleep 0.2
	[[ $output == *"got 0"* ]]
	on_full_disk --allow-loss "sh -c 'sleep 0.2; exit 7'"
	[[ $output == *"got 7"* ]]
}

@test "a file may grow no further: 125, and the samples before that are kept" {
	# shellcheck disable=SC2016 # the recorded shell's
	run bash -c 'ulimit -f 2; mprof run -q -T 0.002 -o a.dat sh -c "
		until [ \$(stat -c %s a.dat) -ge 2000 ]; do sleep 0.05; done
		sleep 1"'
	[ "$status" -eq 125 ]
	[[ $output == *"missing"*"File too large"* ]]
	[ "$(samples)" -ge 10 ]
}

@test "a quota, then a network mount that went away for a while" {
	command -v strace >/dev/null || skip "strace is not installed"
	without_leak_check
	export RECORDING=$PWD/a.dat
	for error in EDQUOT ESTALE EIO; do
		rm -f a.dat
		run strace -o trace -e trace=write \
			-e inject=write:error=$error:when=4..9 \
			"$MPROF" run -T 0.02 -o a.dat "$TARGET" sleep 400
		[ "$status" -eq 11 ]
		whole
		[ "$(samples)" -ge 5 ]
		[[ $output != *missing* ]]
	done
}

@test "the directory is removed" {
	mkdir folder
	cd folder
	run mprof run -T 0.02 -o a.dat sh -c 'sleep 0.1; rm -r ../folder; sleep 1; exit 7'
	[ "$status" -eq 7 ]
	[[ $output == *"was removed"* ]]
}

@test "the file is removed by another" {
	run mprof run -T 0.02 -o a.dat sh -c 'sleep 0.1; rm a.dat; sleep 1; exit 7'
	[ "$status" -eq 7 ]
	[[ $output == *"was removed"* ]]
	run mprof run -q -o b.dat rm b.dat
	[ "$status" -eq 125 ]
	[[ $output == *"was removed"* ]]
}

@test "the file is truncated by another" {
	run mprof run -T 0.02 -o a.dat \
		sh -c 'sleep 0.1; : >a.dat; n=0
			until [ "$(grep -c ^MEM a.dat)" -ge 5 ]; do
				[ $((n += 1)) -lt 1000 ] || exit 1
				sleep 0.02
			done
			exit 7'
	[ "$status" -eq 7 ]
	[ "$(samples)" -ge 5 ]
	[ "$(tr -d '\0' <a.dat | wc -c)" -eq "$(wc -c <a.dat)" ]
}

@test "a read-only root: refused where the file would be, or recorded elsewhere" {
	apart <<-END
		mount -o bind,remount,ro /
		mount -t tmpfs none /mnt
		mprof run -o /a.dat sh -c 'echo ran' || echo "got \$?"
		mprof run -q -o /mnt/b.dat sh -c 'sleep 0.1; echo walked; exit 4' ||
			echo "got \$?"
		grep -c ^MEM /mnt/b.dat
	END
	[[ $output == *"can't be written"*"got 125"* ]]
	[[ $output != *ran* ]]
	[[ $output == *walked*"got 4"* ]]
	[ "$status" -eq 0 ]
}

@test "/proc is hidden from others" {
	[ "$(id -u)" -eq 0 ] || skip "only root can mount /proc"
	command -v setpriv >/dev/null || skip "setpriv is not installed"
	chmod a+rwx . "$BATS_TEST_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_RUN_TMPDIR"
	setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$MPROF" ||
		skip "nobody can't run the program under test"
	apart <<-END
		mount -t proc -o hidepid=2 none /proc
		nobody="setpriv --reuid 65534 --regid 65534 --clear-groups"
		\$nobody mprof run -q -T 0.02 -o a.dat $TARGET eat 20 ||
			echo "got \$?"
		\$nobody mprof attach -t 1 -o b.dat 1 || echo "got \$?"
	END
	[[ $output == *"got 12"* ]]
	[[ $output == *"mprof: 1: "* ]]
	[ ! -e b.dat ]
	whole
	[ "$(samples)" -ge 1 ]
}

@test "no /proc at all: the program runs, and it is said" {
	sanitized && skip "a sanitizer reads its options from /proc"
	apart <<-'END'
		umount -l /proc
		mprof run -o a.dat sh -c 'echo ran; exit 4' || echo "got $?"
	END
	[[ $output == *"nothing is measured"* ]]
	[[ $output == *ran*"got 4"* ]]
	whole
}

# The first look at it is at the process, the second the sampler's.
@test "/proc goes away when a process is attached to: refused, at once" {
	command -v strace >/dev/null || skip "strace is not installed"
	without_leak_check
	"$TARGET" sleep 600000 &
	run timeout -k 1 300 strace -o trace \
		-e inject=readlinkat:error=ENOENT:when=2 \
		"$MPROF" attach -o a.dat $!
	kill $!
	[ "$status" -eq 125 ]
	[[ $output == "mprof: /proc: "* ]]
	[ ! -e a.dat ]
}

@test "64 descriptors, a tree of 100" {
	export RECORDING=$PWD/a.dat
	run bash -c 'ulimit -n 64; mprof run -MT 0.02 -o a.dat "$0" deep 100' \
		"$TARGET"
	[ "$status" -eq 18 ]
	whole
	# Each of the hundred is in one sample.
	awk '/^CHLD/ && ++n[$4] >= 100 { all = 1 } END { exit !all }' a.dat
}

@test "16 MiB of address space" {
	sanitized && skip "sanitizers map terabytes"
	export RECORDING=$PWD/a.dat
	run bash -c 'ulimit -v 16384; mprof run -T 0.02 -o a.dat "$0" sleep 200' \
		"$TARGET"
	[ "$status" -eq 11 ]
	whole
	[ "$(ticks)" -ge 3 ]
}

@test "a locale with decimal commas" {
	mkdir locale
	localedef -i de_DE -f UTF-8 locale/de_DE.UTF-8 2>/dev/null ||
		skip "no German locale can be made here"
	LOCPATH=$PWD/locale LC_ALL=de_DE.UTF-8 mprof run -q -T 0,1 -o c.dat true &&
		false
	LOCPATH=$PWD/locale LC_ALL=de_DE.UTF-8 run mprof run -T 0.02 -o a.dat \
		"$TARGET" sleep 200
	[ "$status" -eq 11 ]
	[[ $output == *"peak "*.* ]]
	whole
	absent ,
}

@test "no HOME" {
	run env -u HOME mprof run -o a.dat "$TARGET" blink 3
	[ "$status" -eq 3 ]
	whole
}

@test "no PATH" {
	run env -u PATH "$MPROF" run -o a.dat sh -c 'exit 3'
	[ "$status" -eq 3 ]
	whole
}

@test "an empty environment" {
	run env -i "$MPROF" run -o a.dat "$TARGET" blink 3
	[ "$status" -eq 3 ]
	whole
}

@test "a clock that is set back an hour and forward a day" {
	sanitized && skip "a sanitizer wants to be loaded first"
	got=0
	RECORDING=$PWD/a.dat LD_PRELOAD=$PROGRAMS/step.so mprof run -T 0.02 -o a.dat \
		"$TARGET" sleep 900 2>errors || got=$?
	[ "$got" -eq 11 ]
	whole
	# Some 45 samples in 0.9 s, and no step of the clock in their times: none
	# before the one above it.
	awk '/^MEM/ { if (!first) first = $3
			if ($3 < last) exit 1
			last = $3; n++ }
		END { print n, last - first
			exit !(n >= 5 && last - first < 60) }' a.dat
}
