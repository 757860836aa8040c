#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Other users on the machine: what theirs is, is neither written nor shown, and
# what ours is stays ours.
# shellcheck disable=SC2154 # errors is run_apart's
load helper

PROGRAMS=$BATS_TEST_DIRNAME/../../build/programs
TARGET=$PROGRAMS/target
NOBODY=(setpriv --reuid 65534 --regid 65534 --clear-groups)

# Another user is at hand, who can run the program under test, from here. Its
# leaks are looked for elsewhere: that needs a process of the same user.
two_users() {
	[ "$(id -u)" -eq 0 ] || skip "needs root, to be another user as well"
	command -v setpriv >/dev/null || skip "setpriv is not installed"
	chmod a+rwx . "$BATS_TEST_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_RUN_TMPDIR"
	"${NOBODY[@]}" test -x "$MPROF" ||
		skip "nobody can't run the program under test"
	without_leak_check
}

# Runs the words as nobody, as run_apart.
as_nobody() {
	run_apart "${NOBODY[@]}" "$@"
}

absent() {
	! grep -q -e "$1" "$2"
}

# A directory like /tmp, in which nobody has put a link to what belongs to us
# (link), a link to what isn't there (loose), a recording (theirs.dat) and a
# fifo.
planted() {
	mkdir -m 1777 shared
	recording mine.dat
	recording shared/theirs.dat
	ln -s "$PWD/mine.dat" shared/link
	ln -s "$PWD/not-there" shared/loose
	mkfifo shared/fifo
	chown -h nobody shared/*
	cp mine.dat before.dat
}

@test "harm: recording into another user's file, link, fifo in a shared directory" {
	two_users
	planted
	cp shared/theirs.dat theirs.dat
	for name in theirs.dat link loose fifo; do
		run_apart timeout 20 mprof run -q -o shared/$name sh -c 'echo ran'
		[ "$status" -eq 125 ]
		[ -z "$output" ]
		[[ $errors == "mprof: shared/$name: "*"another user"* ]]
	done
	cmp mine.dat before.dat
	cmp shared/theirs.dat theirs.dat
	[ ! -e not-there ]
}

@test "harm: a chart, a page or a table over what another user put there" {
	two_users
	planted
	for command in 'plot --format svg -o' 'export --format json -o'; do
		for name in theirs.dat link loose fifo; do
			# shellcheck disable=SC2086 # words
			run_apart timeout 20 mprof $command shared/$name before.dat
			[ "$status" -ne 0 ]
			[[ $errors == *"shared/$name"* ]]
		done
	done
	cmp mine.dat before.dat
	[ ! -e not-there ]
	[ "$(find shared -type l | wc -l)" -eq 2 ]
	[ "$(find shared | wc -l)" -eq 5 ]
}

@test "harm: one's own link in a shared directory is followed" {
	two_users
	mkdir -m 1777 shared
	recording mine.dat
	ln -s "$PWD/mine.dat" shared/link
	mprof run -q -o shared/link true
	[ "$(grep -c ^CMDLINE mine.dat)" -eq 2 ]
	mprof export --format json -o shared/link mine.dat
	[ -L shared/link ]
	head -c 1 mine.dat | grep -q '{'
}

@test "harm: default names are made anew, past links and files that are there" {
	mkdir folder
	cd folder
	now=$(date +%s)
	for second in 0 1 2 3 4 5 6; do
		ln -s "$PWD/../elsewhere" \
			"$(date -d "@$((now + second))" +mprofile_%Y%m%d%H%M%S.dat)"
	done
	mprof run -q sh -c :
	[ ! -e ../elsewhere ]
	[ "$(find . -type f | wc -l)" -eq 1 ]
}

@test "harm: what is made has the umask's permissions, also where it replaces" {
	umask 077
	mprof run -q -o a.dat true
	mprof export --format json -o a.json a.dat
	same "$(stat -c %a a.dat a.json | tr '\n' ' ')" "600 600 "
	umask 022
	mprof export --format json -o b.json a.dat
	same "$(stat -c %a b.json)" 644
	mprof export --format json -o a.json a.dat
	same "$(stat -c %a a.json)" 600
}

@test "harm: the mark file and the textfile are 0600, their names can't be guessed" {
	umask 000
	mkdir -m 755 tmp prom
	# shellcheck disable=SC2016 # for the program's shell
	TMPDIR=$PWD/tmp XDG_RUNTIME_DIR='' mprof run -q -T 0.02 \
		--textfile prom -o a.dat sh -c '
		until stat prom/*.prom >/dev/null 2>&1; do sleep 0.02; done
		stat -c "%a %F" "$MPROF_MARK" prom/*.prom >modes
		basename "$MPROF_MARK" >name'
	same "$(cat modes)" $'600 regular empty file\n600 regular file'
	[[ $(cat name) =~ ^mprof-$(id -u)-[0-9]+-0-......\.mark$ ]]
	[ -z "$(find tmp prom -type f)" ]
}

@test "harm: what a heap holds is kept for its user alone" {
	command -v python3 >/dev/null || skip "python3 is not installed"
	umask 000
	python3 -c 'import time; print("up", flush=True); time.sleep(60)' >up 3>&- &
	pid=$!
	while [ ! -s up ]; do sleep 0.05; done
	run mprof heap --save kept "$pid"
	kill "$pid"
	[ "$status" -eq 0 ] || skip "this Python can't be read: $output"
	same "$(stat -c %a kept)" 600
}

@test "harm: mark writes into no file but a mark file of one's own" {
	recording mprof-1.mark
	cp mprof-1.mark before
	ln mprof-1.mark second-name
	ln -s mprof-1.mark mprof-2.mark
	for file in mprof-1.mark second-name mprof-2.mark before; do
		MPROF_MARK=$PWD/$file run_apart mprof mark hello
		[ "$status" -eq 1 ]
		[[ $errors == "mprof: $PWD/$file: "* ]]
	done
	cmp mprof-1.mark before
}

@test "harm: the mark file of another user, by pid and by path" {
	two_users
	# shellcheck disable=SC2016 # for the program's shell
	mprof run -q -T 0.02 -o a.dat sh -c '
		echo "$MPROF_MARK" >where; echo $$ >pid; exec sleep 30' &
	recorder=$!
	while [ ! -s pid ]; do sleep 0.05; done
	as_nobody "$MPROF" mark --pid "$(cat pid)" hello
	[ "$status" -eq 1 ]
	[[ $errors == *"not by this user"* ]]
	as_nobody env MPROF_MARK="$(cat where)" "$MPROF" mark hello
	[ "$status" -eq 1 ]
	[[ $errors == *"$(cat where): can't be written: "* ]]
	kill "$recorder"
	wait "$recorder" || true
	absent ^MARK a.dat
}

@test "harm: another user's process: what all may see, and nothing else" {
	two_users
	"$TARGET" sleep 600000 &
	pid=$!
	as_nobody "$MPROF" attach -q -t 0.2 -T 0.05 -o a.dat $pid
	[ "$status" -eq 0 ]
	grep -q '^MEM [1-9]\|^MEM 0.[0-9]*[1-9]' a.dat
	for backend in pss uss; do
		as_nobody "$MPROF" attach -t 0.2 --backend $backend -o b.dat $pid
		[ "$status" -eq 1 ]
		[[ $errors == "mprof: $pid: not permitted to read its "* ]]
		[[ $errors == *"--backend rss needs no permission"* ]]
		[ ! -e b.dat ]
	done
	as_nobody "$MPROF" attach -t 0.2 --stacks -o c.dat $pid
	absent ^STACK c.dat
	kill $pid
}

@test "harm: a setuid program of another, attached to by who started it" {
	two_users
	mkdir -m 1777 bin
	cp "$TARGET" bin/setuid
	chmod 4755 bin/setuid
	"${NOBODY[@]}" bin/setuid sleep 600000 &
	pid=$!
	soon grep -qs setuid "/proc/$pid/comm"
	as_nobody "$MPROF" attach -q -t 0.2 -T 0.05 -o a.dat $pid
	[ "$status" -eq 0 ]
	grep -q '^MEM [1-9]\|^MEM 0.[0-9]*[1-9]' a.dat
	as_nobody "$MPROF" attach -t 0.2 --backend pss -o b.dat $pid
	[ "$status" -eq 1 ]
	[[ $errors == "mprof: $pid: not permitted to read its PSS"* ]]
	[ ! -e b.dat ]
	kill $pid
}

@test "harm: another user's recordings" {
	two_users
	mkdir -m 755 folder
	recording folder/mprofile_20200101000000.dat
	chmod 600 folder/*.dat
	cd folder
	as_nobody "$MPROF" list --long
	[[ $output != *"sleep 1"* ]]
	as_nobody "$MPROF" peak
	[ "$status" -eq 1 ]
	[[ $errors == *"can't be read: Permission denied"* ]]
	as_nobody "$MPROF" rm 0
	[ "$status" -ne 0 ]
	as_nobody "$MPROF" clean
	[ -e mprofile_20200101000000.dat ]
}

@test "harm: made setuid by mistake, it goes on as who started it" {
	two_users
	mkdir -m 1777 bin
	cp "$MPROF" bin/mprof
	mkdir -m 755 roots
	chmod 6755 bin/mprof
	as_nobody env LC_ALL=C bin/mprof run -q -o roots/a.dat true
	[ "$status" -eq 125 ]
	[[ $errors == *"roots/a.dat: can't be written"* ]]
	as_nobody bin/mprof run -q -T 0.02 -o a.dat sh -c 'id -u; id -g; exit 5'
	[ "$status" -eq 5 ]
	same "$output" $'65534\n65534'
	same "$(stat -c '%u %g' a.dat)" "65534 65534"
	recording mine.dat
	chmod 600 mine.dat
	as_nobody bin/mprof peak mine.dat
	[ "$status" -eq 1 ]
	[[ $errors == *"Permission denied"* ]]
}

@test "harm: another /proc than our own is reported, and records no stranger" {
	unshare -pf true 2>/dev/null || skip "no namespaces here"
	without_leak_check
	run_apart unshare -pf "$MPROF" run -T 0.02 -o a.dat "$TARGET" eat 20
	[ "$status" -eq 12 ]
	awk '/^PEAK/ { exit !($2 > 19 && $2 < 40) }' a.dat
	run_apart unshare -pf "$MPROF" attach -t 0.1 -o b.dat 1
	[[ $errors == mprof:* ]]
}

# A copy of the program in a directory, with a renderer beside it that leaves a
# file "loaded" behind where it is loaded: planted_module FOLDER
planted_module() {
	mkdir -p "$1/build"
	copy_alone "$1/mprof"
	cat >"$1/module.c" <<-END
		#include <fcntl.h>
		__attribute__((constructor)) static void loaded(void)
		{
			open("$PWD/loaded", O_CREAT | O_WRONLY, 0600);
		}
	END
	gcc -shared -fPIC -o "$1/build/render.so" "$1/module.c"
	cp "$1/build/render.so" "$1/build/memory_profiler.so"
}

@test "harm: no code is loaded that another user could have written" {
	two_users
	recording a.dat
	planted_module copy
	# The program's copy is root's, what lies beside it is not.
	for untrusted in copy/build/render.so copy/build copy; do
		chown -R root copy
		chown nobody "$untrusted"
		run_apart copy/mprof plot -o a.png a.dat
		[ ! -e loaded ]
		[[ $errors == "mprof: $PWD/$untrusted: belongs to another user"* ]]
	done
	chown -R root copy
	chmod 777 copy/build
	run_apart copy/mprof plot -o a.png a.dat
	[[ $errors == "mprof: $PWD/copy/build: everybody can write to it"* ]]
	[ ! -e loaded ]
	# The agent is checked as the renderer is.
	run_apart copy/mprof run -q --python -o b.dat true
	[ ! -e loaded ]
	[[ $errors == *"everybody can write to it"* ]]
	# It would be loaded from directories in which nobody can exchange it.
	chmod 755 copy/build
	chmod +t . "$BATS_TEST_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_RUN_TMPDIR"
	run_apart copy/mprof plot -o a.png a.dat
	[ -e loaded ]
}

@test "harm: mark files lie in no directory of another user" {
	two_users
	mkdir -m 777 theirs
	mkdir -m 1777 sticky
	chown nobody theirs sticky
	# shellcheck disable=SC2016 # for the program's shell
	for folder in theirs sticky; do
		XDG_RUNTIME_DIR=$PWD/$folder mprof run -q -o a.dat \
			sh -c 'dirname "$MPROF_MARK"' >"$folder.told"
	done
	same "$(cat theirs.told)" "$TMPDIR"
	same "$(cat sticky.told)" "$PWD/sticky"
}

# ./privileged is a program that nobody may execute and that root owns from then on.
with_privileged() {
	two_users
	cp "$TARGET" privileged
	chmod 4755 privileged
	as_nobody sh -c './privileged privileged 1 & sleep 0.3
		kill -0 $! 2>/dev/null && echo ours
		wait $!; echo $?'
	[ "$output" = 24 ] || skip "no setuid program becomes root here"
}

@test "harm: --on-limit kill: who may not be signalled is named and lives on" {
	with_privileged
	as_nobody mprof run -M -T 0.02 --limit 20MiB --on-limit kill --wait all \
		-o a.dat sh -c './privileged privileged 50 & wait'
	[ "$status" -eq 124 ]
	[[ $errors =~ "--on-limit kill: 1 process could not be signalled: "([0-9]+)" privileged (Operation not permitted)" ]]
	pid=${BASH_REMATCH[1]}
	[[ $errors == *"killed by SIGKILL"* ]]
	absent 'still running' "$BATS_TEST_TMPDIR/errors"
	# It was recorded alone, with what it held, until its own end.
	grep -q "^EXIT;pid=$pid;status=24 " a.dat
	grep -q '^EXIT;pid=[0-9]*;signal=9' a.dat
	awk -v pid="$pid" '$1 == "MEM" { total = $2 }
		$1 == "CHLD" && $2 == pid { held = $3 }
		END { exit !(held > 40 && total == held) }' a.dat
	as_nobody mprof run -T 0.02 --limit 20MiB --on-limit kill -o b.dat \
		sh -c './privileged privileged 50 & wait'
	[ "$status" -eq 124 ]
	[[ $errors == *"1 descendant is still running: "*" privileged; --wait all"* ]]
}

@test "harm: --on-limit kill: a process that becomes the user's is signalled then" {
	with_privileged
	as_nobody mprof run -M -T 0.02 --limit 20MiB --on-limit kill --wait all \
		-o a.dat sh -c './privileged yields 50 & wait'
	[ "$status" -eq 124 ]
	pid=$(sed -n 's/^PROC;pid=\([0-9]*\);.*;name=privileged[; ].*/\1/p' a.dat)
	soon is_gone "$pid"
	absent 'could not be signalled' "$BATS_TEST_TMPDIR/errors"
	awk '$1 == "CHLD" { held = $3 } END { exit !(held > 40) }' a.dat
}

@test "harm: a signal that can't be passed on is reported" {
	# Until the program is root it may still be signalled, and until there is a
	# sample the recorder may not be there to pass anything on.
	# shellcheck disable=SC2016 # the recorded shell's
	local until_root='until grep -q "^Uid:.0.0.0" /proc/$$/status &&
		grep -q ^MEM a.dat; do [ -e /proc/$$ ] || exit; sleep 0.02; done'
	# The program waits for five lines in that file.
	local let_end='printf "MEM \n%.0s" 1 2 3 4 5 >sent'

	with_privileged
	: >sent
	chmod 666 sent
	RECORDING=sent as_nobody mprof run -q -T 0.02 -o a.dat sh -c "($until_root
		kill -USR1 \$PPID; $let_end) & exec ./privileged privileged 1"
	[ "$status" -eq 24 ]
	[[ $errors =~ "mprof: "[0-9]+" sh: SIGUSR1 could not be passed on, Operation not permitted"$ ]]
	rm -f a.dat
	: >sent
	RECORDING=sent as_nobody mprof run -q -T 0.02 -o a.dat sh -c "($until_root
		kill -SEGV \$PPID; $let_end) & exec ./privileged privileged 1"
	[ "$status" -eq 24 ]
	[[ $errors =~ "mprof: "[0-9]+" sh: SIGSEGV could not be passed on, Operation not permitted"$ ]]
}
