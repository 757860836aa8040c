#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Who belongs where pid namespaces, a hidden /proc or another's /proc stand
# between: everybody is recorded, or it is said what can't be.
# shellcheck disable=SC2154 # errors is run_apart's
load helper

TARGET=$BATS_TEST_DIRNAME/../../build/programs/target

teardown() {
	for pid in $(jobs -p); do
		kill "$pid" 2>/dev/null || true
	done
}

own_setup() {
	export RECORDING=$PWD/a.dat
}

needs_namespaces() {
	unshare -pf --mount-proc true 2>/dev/null || skip "no namespaces here"
}

# At least COUNT descendants had several rows of their own, and one of them
# held what the target eats: seen FILE COUNT
seen() {
	awk -v count="$2" '/^CHLD/ { rows[$2]++; large[$2] += $3 >= 30 }
		END {
			for (pid in rows) {
				lasting += rows[pid] >= 3
				eaters += large[pid] >= 3
			}
			print lasting + 0, "lasting,", eaters + 0, "large"
			exit !(lasting >= count && eaters == 1)
		}' "$1"
}

# Sampled allocations of that many MiB were held at once: holds FILE MIB
holds() {
	awk -v mib="$2" '/^ALLOC/ { held += $2 } /^FREE/ { held -= $2 }
		held > most { most = held }
		END { exit most < mib }' "$1"
}

peak_between() {
	awk -v low="$2" -v high="$3" '/^PEAK/ { peak = $2 }
		END { print "peak", peak; exit !(peak >= low && peak <= high) }' "$1"
}

@test "namespaces: run sees into a new one" {
	needs_namespaces
	mprof run -q -M -T 0.02 -o a.dat unshare -pf --mount-proc sh -c \
		"(setsid $TARGET sleep 500 &); $TARGET eat 30; exit 9" || got=$?
	same "$got" 9
	seen a.dat 3
	peak_between a.dat 30 45
}

@test "namespaces: a user's own, made without privilege" {
	unshare -Urpf --mount-proc true 2>/dev/null || skip "no user namespaces"
	mprof run -q -T 0.02 -o a.dat unshare -Urpf --mount-proc \
		"$TARGET" eat 30 || same $? 12
	peak_between a.dat 30 45
}

@test "namespaces: attach sees into one, those that come as well" {
	needs_namespaces
	unshare -pf --mount-proc \
		sh -c "$(until_sampled 1); $TARGET eat 30; true" 3>&- &
	mprof attach -q -M -T 0.02 -o a.dat $!
	seen a.dat 2
	peak_between a.dat 30 45
}

@test "namespaces: run inside one, whose /proc is its own" {
	needs_namespaces
	run unshare -pf --mount-proc mprof run -q -M -T 0.02 -o a.dat sh -c \
		"(setsid $TARGET sleep 500 &); $TARGET eat 30; exit 9"
	[ "$status" -eq 9 ]
	seen a.dat 2
	peak_between a.dat 30 45
}

@test "namespaces: run inside one, whose /proc is the outer one's" {
	needs_namespaces
	run unshare -pf mprof run -M -T 0.02 --wait all -o a.dat sh -c \
		"(setsid sh -c '$TARGET sleep 500; exit 5' &); $TARGET eat 30; exit 9"
	[ "$status" -eq 9 ]
	seen a.dat 3
	# The orphan was waited for by another number than /proc's.
	grep -q '^EXIT;pid=[0-9]*;status=5 ' a.dat
	# The program has one number, /proc's, in its PROC and its EXIT.
	root=$(awk -F ';' '/^PROC/ { print $2; exit }' a.dat)
	grep -q "^EXIT;$root;status=9;" a.dat
	peak_between a.dat 30 45
}

@test "namespaces: there --limit ends the program, nobody else" {
	needs_namespaces
	# 40 others, that no number of /proc's hits one by chance.
	# shellcheck disable=SC2016 # the inner shell's
	run unshare -pf sh -c '
		for i in $(seq 40); do sleep 30 & others="$others $!"; done
		mprof run -T 0.02 --limit 20 --on-limit kill -o a.dat "$0" eat 30
		echo "got $?"
		kill $others && echo "they live"' "$TARGET"
	[[ $output == *"got 124"*"they live" ]]
	grep -q '^EXIT;.*signal=9' a.dat
}

@test "namespaces: there attach takes /proc's number, till the end" {
	needs_namespaces
	cp "$TARGET" "eater-$$"
	: >a.dat # it waits for samples where there is a file
	# shellcheck disable=SC2016 # the inner shell's
	run unshare -pf sh -c '
		"./$0" eat 30 &
		until pgrep -x "$0" >/dev/null; do sleep 0.01; done
		mprof attach -T 0.02 -o a.dat "$0"; echo "got $?"' "eater-$$"
	[[ $output == *"got 0"* ]]
	peak_between a.dat 30 45
	[ "$(grep -c ^MEM a.dat)" -lt 400 ]
}

@test "namespaces: there --stacks is left out, and it is said" {
	needs_namespaces
	run unshare -pf mprof run -T 0.02 --stacks -o a.dat "$TARGET" eat 30
	[ "$status" -eq 12 ]
	[[ $output == *"--stacks: left out"* ]]
	peak_between a.dat 30 45
}

# The program's memory is held for as long as it lives, by whatever number.
@test "namespaces: there a program's allocations are held while it lives" {
	needs_namespaces
	cat >holds.c <<-'END'
	#include <stdlib.h>
	#include <string.h>
	#include <unistd.h>
	int main(int argc, char **argv)
	{
		for (int i = 1; i < argc; i++) {
			for (int n = 0; n < 8; n++)
				memset(malloc(1 << 20), 1, 1 << 20);
			while (access(argv[i], F_OK) != 0)
				usleep(10000);
		}
		return 0;
	}
	END
	${CC:-cc} -o holds holds.c
	unshare -pf mprof run -q -T 0.02 --stacks -o a.dat \
		./holds more end 3>&- &
	soon grep -q '^HELD;name=holds;' a.dat
	touch more
	soon holds a.dat 12
	touch end
	wait $!
}

# The numbers there are other processes' here. Twenty programs hold 8 MiB, one
# after another.
@test "namespaces: what a process of another one held ends with it" {
	needs_namespaces
	cat >holds.c <<-'END'
	#include <stdlib.h>
	#include <string.h>
	#include <unistd.h>
	int main(int argc, char **argv)
	{
		for (int i = 0; i < 8192; i++)
			memset(malloc(1024), 1, 1024);
		while (argc > 1 && access(argv[1], F_OK) != 0)
			usleep(10000);
		return 0;
	}
	END
	${CC:-cc} -o holds holds.c
	# shellcheck disable=SC2016 # the inner shell's
	mprof run -q -M -T 0.02 --stacks -o a.dat \
		unshare -pf --mount-proc sh -c '
		for i in $(seq 20); do ./holds; done
		./holds go &
		for i in $(seq 6000); do
			pid=$(sed -n "s|^PROC;\(pid=[0-9]*\);.*cmd=[.]/holds%20go.*|\1|p" \
				a.dat | head -n 1)
			[ -n "$pid" ] && grep -q "^HELD;$pid;name=holds;" a.dat &&
				grep -q "^ALLOC;.*;${pid}[; ]" a.dat && break
			sleep 0.05
		done
		touch go
		wait'
	pid=$(awk -F ';' '/^PROC;.*cmd=.\/holds%20go/ { print $2; exit }' a.dat)
	# When it has allocated all, the last one alone holds any.
	at=$(awk -v pid=";$pid[; ]" '/^MEM/ && !begin { begin = $3 }
		/^ALLOC/ && $0 ~ pid { last = $3 }
		END { printf "%.4f\n", last - begin + 0.0001 }' a.dat)
	mprof lines --json --at "$at" a.dat | tee lines.json
	jq -e '.held_mib > 4 and .held_mib < 16' lines.json
	grep -q "^HELD;$pid;name=holds;" a.dat
	grep -q "^ALLOC;.*;${pid}[; ]" a.dat
}

# The same program in two processes of one container.
@test "namespaces: code of a container is one row, with the path inside" {
	needs_namespaces
	cat >holds.c <<-'END'
	#include <stdlib.h>
	#include <string.h>
	#include <unistd.h>
	int main(int argc, char **argv)
	{
		for (int i = 0; i < 8; i++)
			memset(malloc(1 << 20), 1, 1 << 20);
		while (access(argv[1], F_OK) != 0)
			usleep(10000);
		return 0;
	}
	END
	${CC:-cc} -o holds holds.c
	unshare -pfm --mount-proc mprof run -q -T 0.02 --stacks -o a.dat \
		unshare -m sh -c './holds end & ./holds end & wait' 3>&- &
	soon holds a.dat 15
	touch end
	wait $!
	grep -q '#[0-9]*:/proc/[0-9]*/root/.*/holds:' a.dat
	for by in line function file module; do
		mprof lines --json --by $by a.dat | tee rows.json
		jq -e --arg file "$PWD/holds" '[.rows[] | select(.held_mib > 1)] |
			length == 1 and (.[0] |
			.file == $file and .held_mib > 15)' rows.json
	done
	mprof lines a.dat | tee rows
	grep -qF "main ($PWD/holds)" rows
	lacks /proc/ <rows
}

@test "namespaces: a /proc in which mprof is not: the program runs, it is said" {
	needs_namespaces
	grep -q fsanitize "$SOURCE/build/flags" &&
		skip "a sanitizer reads its options from /proc"
	unshare -pf --mount-proc sleep 30 3>&- &
	soon pgrep -P $! -x sleep
	inner=$(pgrep -P $! -x sleep)
	RECORDING='' run nsenter -t "$inner" -m "$MPROF" run \
		-o "$PWD/a.dat" "$TARGET" eat 30
	kill "$inner"
	[ "$status" -eq 12 ]
	[[ $output == *"nothing is measured: /proc: this process is not in it"* ]]
	peak_between a.dat 30 45
}

@test "namespaces: pids that begin again" {
	needs_namespaces
	printf '6.14\n%s\n' "$(uname -r)" | sort -CV ||
		skip "all pid namespaces have one pid_max here"
	cat >forks.sh <<-'END'
		echo 400 >/proc/sys/kernel/pid_max || exit 77
		exec mprof run -q -M -T 0.02 -o a.dat sh -c '
			for i in 1 2 3 4 5 6 7 8; do
				sleep 60 & pids="$pids $!"
				for j in $(seq 60); do true & wait $!; done
			done
			for i in $(seq 60); do /bin/true; done
			until [ $(grep -c "^PROC;.*cmd=sleep%2060" a.dat) -ge 8 ]
			do
				sleep 0.1
			done
			kill $pids'
	END
	run unshare -pf --mount-proc sh forks.sh
	[ "$status" -ne 77 ] || skip "pid_max can't be set here"
	[ "$status" -eq 0 ]
	# Each of the eight was seen as itself, whatever number it got.
	[ "$(grep -c '^PROC;.*cmd=sleep%2060' a.dat)" -eq 8 ]
}

# As nobody, below a /proc that hides others' processes.
hidden() {
	[ "$(id -u)" -eq 0 ] || skip "only root can mount /proc"
	command -v setpriv >/dev/null || skip "setpriv is not installed"
	unshare -m true 2>/dev/null || skip "nothing can be mounted here"
	chmod a+rwx . "$BATS_TEST_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_RUN_TMPDIR"
	setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$MPROF" ||
		skip "nobody can't run the program under test"
	run unshare -m sh -c "mount -t proc -o hidepid=$1 none /proc && shift &&
		exec setpriv --reuid 65534 --regid 65534 --clear-groups \"\$@\"" \
		sh "$@"
}

@test "namespaces: a hidden /proc hides nothing of what is one's own" {
	for hidepid in 1 2; do
		rm -f a.dat
		hidden $hidepid "$MPROF" run -M -T 0.02 -o a.dat sh -c \
			"(setsid $TARGET sleep 500 &); $TARGET eat 30; exit 9"
		[ "$status" -eq 9 ]
		seen a.dat 2
		peak_between a.dat 30 45
	done
}

# large_samples FILE COUNT: so many, or more.
large_samples() {
	awk -v least="$2" '/^MEM/ && $2 > 30 { n++ } END { exit n < least }' "$1"
}

# Where it was read before it became privileged it is not missing.
@test "namespaces: a setuid program that is hidden is said to be missing" {
	cp "$TARGET" setuid
	chmod 4755 setuid
	for hidepid in 1 2; do
		rm -f a.dat
		# It would wait for samples, and may get none.
		RECORDING='' hidden $hidepid "$MPROF" run -q -T 0.02 -o a.dat \
			./setuid eat 30
		[ "$status" -eq 12 ]
		[[ $output == *"/proc hides some of the processes"*hidepid* ]] ||
			large_samples a.dat 1
		peak_between a.dat 30 45
	done
}

# As sudo -u does it.
@test "namespaces: hidden until it gives up privilege, then recorded" {
	cp "$(command -v env)" setuid
	chmod 4755 setuid
	hidden 2 "$MPROF" run -M -T 0.02 -o a.dat ./setuid \
		setpriv --reuid 65534 "$TARGET" eat 30
	[ "$status" -eq 12 ]
	[[ $output != *"/proc hides"* ]]
	large_samples a.dat 5
	grep -q '^EXIT;.*status=12[^ ]* 3[0-9][.]' a.dat
}

# Two pids that each of four rounds uses again, so that the newest pid is the
# one of the round before.
@test "namespaces: who is given a pid of before is seen" {
	unshare -pf --mount-proc true 2>/dev/null || skip "no namespaces here"
	cat >rounds.sh <<-END
		for i in 1 2 3 4; do
			echo 499 >/proc/sys/kernel/ns_last_pid
			"$TARGET" eat 30 &
			echo "pid=\$!" >>pids
			echo 599 >/proc/sys/kernel/ns_last_pid
			"$TARGET" eat 20 &
			echo "pid=\$!" >>pids
			wait
		done
	END
	unshare -pf --mount-proc mprof run -q -M -T 0.01 -o a.dat sh rounds.sh
	# A thread of mprof's that begins just then has one of these numbers.
	[ "$(sort -u pids | wc -l)" -le 4 ]
	same "$(grep -oE '^PROC;pid=[56][0-9][0-9];start=[0-9]+' a.dat |
		sort -u | cut -d';' -f2 | sort | uniq -c)" \
		"$(sort pids | uniq -c)"
}
