#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mprof run --stacks of programs whose allocations no library reaches: who
# touched resident memory, from page faults. What is refused is refused here by
# a filter of system calls, wherever the tests run.
# shellcheck disable=SC2030,SC2031  # each test has a $helper of its own

# The programs do without huge pages but where these are what is tested.

load helper.bash

PROGRAMS=$BATS_TEST_DIRNAME/../../build/programs

# Skips where the kernel offers no page faults, and says so.
needs_faults() {
	mprof --version | grep -q 'touched' || skip 'built without libdw'
	"$PROGRAMS/faults" ||
		skip 'perf_event_open is refused on this machine'
}

# Whatever failed, a program that waits for a file goes on and ends.
teardown() {
	[ -z "${helper:-}" ] || kill -CONT "$helper" 2>/dev/null || true
	touch begin seen give take end stop small.seen large.seen middle.seen
	[ ! -f map ] || rm -f "$(cat map)"
}

# Whether more was touched than that: touched MIB FILE
touched() {
	[ "$(grep -s ^TOUCH "$2" | awk -v mib="$1" '{ sum += $2 }
		END { print (sum > mib) }')" = 1 ]
}

# Whether that process watches for this recorder: it is no child of the
# recorder's, as the program is before it executes, and has its directory.
is_helper() { # PID RECORDER
	[ "$1" != "$2" ] &&
		[ "$(readlink "/proc/$1/cwd")" = "$PWD" ] &&
		[ "$(readlink "/proc/$1/exe")" = "$SOURCE/mprof" ] &&
		! grep -q "^PPid:[[:space:]]*$2$" "/proc/$1/status"
}

# Sets helper to the process that watches for this recorder. It is no local
# variable of a test's: these are gone in teardown.
find_helper() {
	local pid

	helper=
	for pid in /proc/[0-9]*; do
		if is_helper "${pid#/proc/}" "$1"; then
			helper=${pid#/proc/}
		fi
	done
	[ -n "$helper" ]
}

# Records a program that lives until a file says that all of it was seen:
# record_until MIB FILE PROGRAM
record_until() {
	local recorder

	rm -f seen
	mprof run -q --stacks -o "$2" "$3" 3>&- &
	recorder=$!
	soon_while "$recorder" touched "$1" "$2"
	# Memory that comes behind the last sample is of no peak that was sampled.
	soon_while "$recorder" has_samples $(($(grep -c ^MEM "$2") + 2)) "$2"
	touch seen
	wait "$recorder"
}

# Three places that take 67, 160 and 86 MiB of their own, in a program into
# which no library can be loaded. It waits for the files begin, which is here, and
# seen, so that all is seen while it runs.
three() {
	cat >three.c <<-'END'
	#include <pthread.h>
	#include <stdlib.h>
	#include <string.h>
	#include <sys/mman.h>
	#include <sys/prctl.h>
	#include <unistd.h>
	static char *take(size_t mib)
	{
		return mmap(NULL, mib << 20, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	}
	/* Each place ends with an act of its own. If it ended with memset(), which
	 * returns the area, gcc 16 would jump there, and the stack would lack
	 * the place. */
	static volatile int after;
	#define PLACE(name, mib) \
		__attribute__((noipa)) void *name(void *unused) \
		{ \
			char *area = take(mib); \
			memset(area, 1, (size_t)mib << 20); \
			after++; \
			return area; \
		}
	PLACE(small, 67)
	PLACE(large, 160)
	PLACE(middle, 86)
	int main(void)
	{
		prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
		void *(*places[])(void *) = {small, large, middle};
		while (access("begin", F_OK) != 0)
			usleep(10000);
	#ifdef POOL
		pthread_t threads[3];
		for (int i = 0; i < 3; i++)
			pthread_create(&threads[i], NULL, places[i], NULL);
		for (int i = 0; i < 3; i++)
			pthread_join(threads[i], NULL);
	#else
		for (int i = 0; i < 3; i++)
			places[i](NULL);
	#endif
		while (access("seen", F_OK) != 0)
			usleep(10000);
		return 0;
	}
	END
	cc -O2 -static -pthread "$@" -o three three.c
	touch begin
}

# steps FLAG ...: builds ./steps, which takes 1 MiB again and again until there is
# a file stop, and ends with the status 7.
steps() {
	cat >steps.c <<-'END'
	#include <string.h>
	#include <sys/mman.h>
	#include <sys/prctl.h>
	#include <unistd.h>
	static volatile int after;
	__attribute__((noipa)) void grow(void)
	{
		memset(mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1, 1 << 20);
		after++;
	}
	int main(void)
	{
		prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
		for (int i = 0; i < 30000 && access("stop", F_OK) != 0; i++) {
			if (i < 200 || i % 10 == 0)
				grow();
			usleep(10000);
		}
		return 7;
	}
	END
	cc -O2 "$@" -o steps steps.c
}

# Each within a tenth, by name, of what lines says.
has_three() {
	mprof lines --json --by function "$@" |
		jq -r '.rows[] | [.function, .touched_mib] | @tsv' >rows
	awk '
	BEGIN { truth["small"] = 67; truth["large"] = 160; truth["middle"] = 86 }
	$1 in truth {
		off = $2 / truth[$1] - 1
		right += off < 0.1 && off > -0.1
	}
	END { exit right != 3 }' rows || {
		cat rows >&2
		return 1
	}
}

# Whether the recording says that memory came of which it has no stack.
is_incomplete() {
	grep -q '^FAULTS;.*lost=[1-9]' "$1" ||
		[ "$(mprof lines --json --by function "$1" | jq '[.rows[] |
			select(.function == "no stack was taken").touched_mib] |
			add > 1')" = true ]
}

# right CHECK RECORD FILE: records until the recording is right. A recorder that
# gets no time for a moment looks too late, and says so: then another run counts.
right() {
	for _ in $(seq 20); do
		rm -f "$3"
		"$2" "$3"
		! "$1" "$3" || return 0
		is_incomplete "$3" || return 1
	done
	return 1
}

record_three() {
	record_until 300 "$1" ./three
}

@test "three places of a static program, by name, line and text" {
	needs_faults
	three -g
	right has_three record_three x.dat
	mprof lines x.dat >text
	grep -q '^Touched at the peak' text
	grep -q 'resident memory is credited to the code that used it first' text
	grep -qE '^ *1[4-7][0-9](\.[0-9])?( ± [0-9.]+)? MiB .*three\.c:[0-9]+ \(large\)' text
	mprof lines --json x.dat | jq -e '.source == "touched"'
}

@test "the same with symbols alone, and in threads of a pool" {
	needs_faults
	three
	right has_three record_three x.dat
	three -DPOOL -g
	right has_three record_three x.dat
}

# Runs ./huge until each place was seen; rows has what lines says of them.
record_huge() {
	local recorder

	rm -f ./*.seen x.dat
	mprof run -q --stacks -o x.dat ./huge 3>&- &
	recorder=$!
	soon_while "$recorder" touched 66 x.dat
	touch small.seen
	soon_while "$recorder" touched "$((67 + 4 + 159))" x.dat
	touch large.seen
	soon_while "$recorder" touched "$((67 + 4 + 160 + 4 + 85))" x.dat
	touch middle.seen
	wait "$recorder"
	mprof lines --json --by function x.dat |
		jq -r '.rows[] | [.function, .touched_mib] | @tsv' >rows
}

# Each within a tenth of what the program itself counted.
has_huge() {
	awk '
	NR == FNR { truth[$1] = $2; next }
	$1 in truth {
		off = $2 / truth[$1] - 1
		right += off < 0.1 && off > -0.1
	}
	END { exit right != 3 }' truth rows || {
		cat truth rows >&2
		return 1
	}
}

# A run of faults in small pages stands before those in huge ones, and the
# period that the kernel has from it is longer than all of these.
@test "huge pages: a fault counts for what it brought" {
	needs_faults
	cat >huge.c <<-'END'
	#include <stdio.h>
	#include <string.h>
	#include <sys/mman.h>
	#include <unistd.h>
	enum { MIB = 1 << 20, MORE = 100 };
	static void small_pages(void)
	{
		char *area = mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		madvise(area, 4 * MIB, MADV_NOHUGEPAGE);
		memset(area, 1, 4 * MIB);
	}
	/* Goes on a little until the test has seen it. */
	#define PLACE(name, mib) \
		__attribute__((noipa)) void name(FILE *truth) \
		{ \
			size_t size = (mib + 2 * MORE) * (size_t)MIB; \
			size_t used = mib * (size_t)MIB; \
			char *area = mmap(NULL, size, PROT_READ | PROT_WRITE, \
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); \
			madvise(area, size, MADV_HUGEPAGE); \
			memset(area, 1, used); \
			while (access(#name ".seen", F_OK) != 0) { \
				usleep(20000); \
				if (used == size) \
					continue; \
				memset(area + used, 1, 2 * MIB); \
				used += 2 * MIB; \
			} \
			fprintf(truth, #name " %zu\n", used / MIB); \
		}
	PLACE(small, 67)
	PLACE(large, 160)
	PLACE(middle, 86)
	int main(void)
	{
		FILE *truth = fopen("truth", "w");
		void (*places[])(FILE *) = {small, large, middle};
		for (int i = 0; i < 3; i++) {
			small_pages();
			places[i](truth);
		}
		return fclose(truth);
	}
	END
	cc -O2 -g -static -o huge huge.c
	# Its pages come within milliseconds. A recorder that gets no time just then
	# looks too late, and says that it has no stack of them.
	for _ in $(seq 20); do
		record_huge
		! has_huge || break
	done
	has_huge
}

# Sets program to the child of that recorder.
has_program() {
	program=$(pgrep -P "$1" -x three)
}

has_all() {
	[ "$(awk '/^VmRSS/ { print $2 }' "/proc/$program/status")" -gt 320000 ]
}

# It has seen all when it waits for more, not for a processor, and used no time
# meanwhile.
is_idle() {
	local before=$used

	used=$(cut -d ' ' -f 3,14,15 "/proc/$helper/stat")
	[[ $used == "$before" && $used == S\ * ]] || return 1
	# In poll(), not in sendto(), where that can be read.
	! grep -qs '^44 ' "/proc/$helper/syscall"
}

record_far_apart() {
	local recorder program used=''

	rm -f begin seen
	mprof run -q --stacks -T 100 -o "$1" ./three 3>&- &
	recorder=$!
	soon find_helper "$recorder"
	soon has_program "$recorder"
	# On a loaded machine it would come too late for the first place.
	soon is_idle
	touch begin
	soon has_all
	used=
	soon is_idle
	touch seen
	wait "$recorder"
	helper=
}

# The process that watches must not wait for the recorder's next tick.
@test "ticks that are far apart: faults are read all the same" {
	needs_faults
	three -g
	right has_three record_far_apart x.dat
}

# The sums of three places without names.
has_three_addresses() {
	mprof export --format folded -o x.folded "$1"
	# The caller of what copies is the place.
	awk '
	{
		kib = $NF
		sub(/ [0-9]+$/, "")
		count = split($0, frames, ";")
		for (i = 1; i < count; i++)
			sum[frames[i]] += kib / 1024
	}
	END {
		for (frame in sum) {
			small += sum[frame] > 60 && sum[frame] < 74
			large += sum[frame] > 144 && sum[frame] < 176
			middle += sum[frame] > 77 && sum[frame] < 95
		}
		exit !(small && large && middle)
	}' x.folded
}

@test "without symbols the sums are the same, by address" {
	needs_faults
	three -s
	right has_three_addresses record_three x.dat
}

has_both_columns() {
	mprof lines --json --by function "$1" | jq -e '
		(.rows[] | select(.function == "take") | .held_mib) > 300 and
		(.rows[] | select(.function == "large") | .touched_mib) > 140'
}

@test "a program that the library reaches has both columns" {
	needs_faults
	three -g
	cc -O2 -g -o three three.c
	right has_both_columns record_three x.dat
	mprof lines x.dat >text
	head -n 1 text | grep -q '^Held'
	sed -n 2p text | grep -q 'Touched'
	# A place that holds nothing has no figures of it, and our own library
	# is one row at most.
	grep -qE '^ {30,}[0-9.]+ [MK]iB  .*\(large\)' text
	lacks ' 0\.0 %  *0 ' <text
	lacks 'src/allocation' <text
	# Its process has both, too.
	mprof lines --by process x.dat >text
	sed -n 2p text | grep -q 'Touched'
	mprof lines --by process --json x.dat |
		jq -e '.rows[0] | .held_mib > 300 and .touched_mib > 130'
}

@test "what is given back is no longer there" {
	needs_faults
	cat >turns.c <<-'END'
	#include <string.h>
	#include <sys/mman.h>
	#include <sys/prctl.h>
	#include <unistd.h>
	static volatile int after;
	__attribute__((noipa)) char *take(int mib)
	{
		char *area = mmap(NULL, (size_t)mib << 20, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		return memset(area, 1, (size_t)mib << 20);
	}
	__attribute__((noipa)) char *passing(void) { return take(80) + after; }
	__attribute__((noipa)) char *staying(void) { return take(90) + after; }
	static void wait_for(const char *path)
	{
		while (access(path, F_OK) != 0)
			usleep(10000);
	}
	int main(void)
	{
		char *area;
		prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
		area = passing();
		wait_for("give");
		munmap(area, 80 << 20);
		wait_for("take");
		staying();
		wait_for("end");
		return 0;
	}
	END
	cc -O2 -g -static -o turns turns.c
	mprof run -q --stacks -o x.dat ./turns 3>&- &
	local recorder=$!
	is_left() { grep -qs ^LEFT x.dat; }
	soon touched 75 x.dat
	touch give
	soon is_left
	touch take
	soon touched 155 x.dat
	touch end
	wait "$recorder"
	mprof export --format folded -o all x.dat
	grep -q ';staying' all
	awk '/;passing/ { kib += $NF } END { exit kib > 4096 }' all
}

# What the pages that are there stand for is between these: stands_for A B FILE
stands_for() {
	grep -sE '^(TOUCH|LEFT)' "$3" | awk -F'[;= ]' -v a="$1" -v b="$2" '
	/^TOUCH/ { mib[$3] = $(NF - 1); sum += mib[$3] }
	/^LEFT/ {
		count = split($3, ranges, ",")
		for (i = 1; i <= count; i++) {
			split(ranges[i] "-" ranges[i], ends, "-")
			for (id = ends[1]; id <= ends[2]; id++)
				sum -= mib[id]
		}
	}
	END { exit !(sum > a && sum < b) }'
}

@test "memory that is given back and used again at once counts once" {
	needs_faults
	cat >again.c <<-'END'
	#include <fcntl.h>
	#include <string.h>
	#include <sys/mman.h>
	#include <sys/prctl.h>
	#include <unistd.h>
	int main(void)
	{
		size_t size = 64 << 20;
		prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
		for (int i = 0; i < 20; i++) {
			char *area = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			memset(area, 1, size);
			if (i < 19)
				munmap(area, size);
		}
		close(creat("seen", 0600));
		while (access("end", F_OK) != 0)
			usleep(10000);
		return 0;
	}
	END
	cc -O2 -static -o again again.c
	mprof run -q --stacks -o x.dat ./again 3>&- &
	local recorder=$!
	soon test -e seen
	soon stands_for 48 70 x.dat
	touch end
	wait "$recorder"
}

# Their ends are read from the kernel's records, and whether they still live from
# /proc: neither is later than the other.
@test "short programs one after another: when each ended is known" {
	needs_faults
	cat >lives.c <<-'END'
	#include <stdlib.h>
	#include <sys/mman.h>
	#include <sys/prctl.h>
	#include <sys/wait.h>
	#include <unistd.h>
	int main(int count, char **words)
	{
		size_t size = 8 << 20;
		volatile char *area;
		prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
		for (int i = 0; count > 1 && i < atoi(words[1]); i++) {
			if (fork() == 0) {
				execl(words[0], words[0], NULL);
				_exit(1);
			}
			wait(NULL);
		}
		if (count > 1)
			return 0;
		area = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		for (size_t at = 0; at < size; at += 4096)
			area[at] = 1;
		return 0;
	}
	END
	cc -O2 -static -o lives lives.c
	mprof run -q -T 60 --stacks -o x.dat ./lives 1200
	# After the last one nothing is touched; a record may be lost.
	grep -c '^LEFT;.*;pid=.*;ended=1;read=' x.dat
	unknown=$(grep -c '^LEFT;.*;pid=[0-9]*;ended=1 ' x.dat)
	echo "of $unknown it is unknown"
	[ "$unknown" -lt 6 ]
}

@test "where it is refused that is said, with the reason" {
	mprof --version | grep -q 'touched' || skip 'built without libdw'
	three
	touch seen
	"$PROGRAMS/faults" \
		mprof run --stacks -o x.dat ./three 2>messages
	grep -q 'touched: not known, .*perf_event_open is refused' messages
	lacks TOUCH <x.dat
	! mprof lines x.dat 2>messages || false
	grep -q 'a static program' messages
}

@test "what unwinds may be killed: the recording goes on and says so" {
	needs_faults
	steps -static
	mprof run --stacks -o x.dat ./steps 2>messages 3>&- &
	local recorder=$!
	has_touched() { grep -qs TOUCH x.dat; }
	soon has_touched
	find_helper "$recorder"
	kill -KILL "$helper"
	helper=
	local before
	before=$(grep -c ^MEM x.dat)
	more() { [ "$(grep -c ^MEM x.dat)" -gt $((before + 5)) ]; }
	soon more
	touch stop
	local status=0
	wait "$recorder" || status=$?
	[ "$status" = 7 ]
	grep -q 'touched: the process that unwinds stacks ended early' messages
}

# A process that watches and is stopped stands for one that has no time.
@test "faults for which a ring has no room are counted and reported" {
	needs_faults
	cat >many.c <<-'END'
	#include <fcntl.h>
	#include <sched.h>
	#include <sys/mman.h>
	#include <sys/prctl.h>
	#include <unistd.h>
	static void touch_slowly(int pages)
	{
		char *at = mmap(NULL, (size_t)pages << 12, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		for (int i = 0; i < pages; i++, usleep(200))
			at[(size_t)i << 12] = 1;
	}
	static void wait_for(const char *path)
	{
		while (access(path, F_OK) != 0)
			usleep(10000);
	}
	int main(void)
	{
		cpu_set_t all, one;
		prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
		/* One processor has one ring. */
		sched_getaffinity(0, sizeof(all), &all);
		CPU_ZERO(&one);
		for (int i = 0; CPU_COUNT(&one) == 0; i++)
			if (CPU_ISSET(i, &all))
				CPU_SET(i, &one);
		sched_setaffinity(0, sizeof(one), &one);
		touch_slowly(300);
		wait_for("give");
		touch_slowly(4000);
		close(creat("given", 0600));
		/* The kernel says with the next fault what it lost. */
		while (access("end", F_OK) != 0)
			touch_slowly(50);
		return 0;
	}
	END
	cc -D_GNU_SOURCE -O2 -g -static -o many many.c
	rm -f give given end
	mprof run -q --stacks -o x.dat ./many 3>&- &
	local recorder=$!
	has_touched() { grep -qs TOUCH x.dat; }
	soon_while "$recorder" has_touched
	find_helper "$recorder"
	kill -STOP "$helper"
	touch give
	is_given() { [ -e given ]; }
	soon_while "$recorder" is_given
	kill -CONT "$helper"
	is_lost() { mprof lines x.dat 2>&1 | grep -q 'page faults came too quickly'; }
	soon_while "$recorder" is_lost
	touch end
	wait "$recorder"
	helper=
	is_lost
}

# Code that a program made itself, at an address that its perf map names.
# A program with code of its own, which fills 64 MiB, and the perf map of that;
# with LATE it is written at the end. The map is left behind, and its path is in
# the file map.
write_made() {
	cat >made.c <<-'END'
	#include <stdio.h>
	#include <stdlib.h>
	#include <string.h>
	#include <sys/mman.h>
	#include <sys/prctl.h>
	#include <unistd.h>
	/* push rbp; mov rbp,rsp; mov byte [rdi],1; add rdi,4096; dec rsi;
	 * jnz -15; pop rbp; ret */
	static const unsigned char code[] = {0x55, 0x48, 0x89, 0xe5, 0xc6, 0x07,
	    0x01, 0x48, 0x81, 0xc7, 0x00, 0x10, 0x00, 0x00, 0x48, 0xff, 0xce,
	    0x75, 0xf1, 0x5d, 0xc3};
	__attribute__((noipa)) void call(void *at, char *area, size_t pages)
	{
		((void (*)(char *, size_t))at)(area, pages);
	}
	#ifndef NAME
	#define NAME "JS:*fill /srv/app/fill.js:12:7"
	#endif
	static void write_map(unsigned long at)
	{
		char path[64];
		snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)getpid());
		FILE *map = fopen(path, "w"), *said = fopen("map", "w");
		fprintf(said, "%s", path);
		fclose(said);
		fprintf(map, "no map at all\n\n%s\nffffffffffffffff ff far\n",
		    "7f 0 nothing");
		fprintf(map, "0x%lx 40 %s\n", at, NAME);
		fwrite("\0\1\377", 1, 3, map);
		fclose(map);
	}
	int main(int argc, char **argv)
	{
		prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
		void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		char *area = mmap(NULL, 64 << 20, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		memcpy(at, code, sizeof(code));
	#ifndef LATE
		write_map((unsigned long)at);
	#endif
		call(at, area, 64 << 8);
		while (access("seen", F_OK) != 0)
			usleep(10000);
	#ifdef LATE
		write_map((unsigned long)at);
	#endif
		return argc + !argv > 5;
	}
	END
}

# The map of a run before is another process's.
record_made() {
	[ ! -f map ] || rm -f "$(cat map)"
	record_until 60 "$1" ./made
}

@test "a perf map names code that was made while it ran" {
	needs_faults
	write_made
	[ "$(uname -m)" = x86_64 ] || skip 'the code is for x86-64'
	cc -O2 -g -static -o made made.c
	has_fill() {
		mprof lines --json "$1" | jq -e '.rows[0] |
			.function == "fill" and .line == 12 and
			.file == "/srv/app/fill.js" and .touched_mib > 32'
	}
	right has_fill record_made x.dat
	mprof export --format folded -o folded x.dat
	grep -qE 'main.*;fill' folded || { cat folded >&2; false; }
}

@test "a perf map that a program writes when it ends names its code" {
	needs_faults
	write_made
	[ "$(uname -m)" = x86_64 ] || skip 'the code is for x86-64'
	cc -O2 -g -static -DLATE '-DNAME="void app.Main.fill(char[], int)"' \
		-o made made.c
	has_fill() {
		mprof lines --json "$1" | jq -e --arg map "$(cat map)" '
			.rows[0] |
			.function == "void app.Main.fill(char[], int)" and
			.file == $map and .touched_mib > 32'
	}
	right has_fill record_made x.dat
	mprof export --format folded -o folded x.dat
	grep -qE 'main.*;void app.Main.fill' folded ||
		{ cat folded >&2; false; }
}

@test "a frame pointer that leads to zeros ends the stack there" {
	needs_faults
	[ "$(uname -m)" = x86_64 ] || skip 'the code is for x86-64'
	cat >zeros.c <<-'END'
	#include <stdint.h>
	#include <string.h>
	#include <sys/mman.h>
	#include <sys/prctl.h>
	#include <unistd.h>
	/* push rbp; mov rbp,rdx; mov byte [rdi],1; add rdi,4096; dec rsi;
	 * jnz -15; pop rbp; ret */
	static const unsigned char code[] = {0x55, 0x48, 0x89, 0xd5, 0xc6, 0x07,
	    0x01, 0x48, 0x81, 0xc7, 0x00, 0x10, 0x00, 0x00, 0x48, 0xff, 0xce,
	    0x75, 0xf1, 0x5d, 0xc3};
	int main(void)
	{
		volatile uint64_t zeros[2] = {0, 0};
		prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
		void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		char *area = mmap(NULL, 64 << 20, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		memcpy(at, code, sizeof(code));
		((void (*)(char *, size_t, volatile uint64_t *))at)(
		    area, 64 << 8, zeros);
		while (access("seen", F_OK) != 0)
			usleep(10000);
		return 0;
	}
	END
	cc -O2 -g -static -o zeros zeros.c
	record_until 60 x.dat ./zeros
	mprof export --format folded -o folded x.dat
	grep -qE '^unnamed code [0-9]{5}' folded || { cat folded >&2; false; }
	lacks 'unnamed code;' <folded
}

@test "code of the kernel in the process has a name" {
	needs_faults
	cat >clock.c <<-'END'
	#include <sys/mman.h>
	#include <sys/prctl.h>
	#include <time.h>
	#include <unistd.h>
	static __attribute__((noipa)) void fill(char *area, size_t size)
	{
		for (size_t at = 0; at < size; at += 4096)
			clock_gettime(CLOCK_MONOTONIC, (void *)(area + at));
	}
	int main(void)
	{
		prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
		size_t size = 64 << 20;
		fill(mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), size);
		while (access("seen", F_OK) != 0)
			usleep(10000);
	}
	END
	cc -O2 -g -static -o clock clock.c
	record_until 8 clock.dat ./clock
	# Without a clock that a process can read the kernel fills them.
	grep -q '^TOUCH;.*:\[vdso\]:0:' clock.dat || skip 'no clock in the vdso'
	mprof lines --leaf --by function clock.dat >lines.txt
	cat lines.txt
	grep -q 'clock_gettime (\[vdso\])' lines.txt
	mprof lines --by function clock.dat >lines.txt
	lacks vdso <lines.txt
}

# The place that a path ends in follows from the path: none may be wrong.
@test "stacks of known paths, more than a thousand on a fast machine: none is wrong" {
	needs_faults
	cat >paths.c <<-'END'
	#include <stdint.h>
	#include <stdlib.h>
	#include <sys/mman.h>
	#include <sys/prctl.h>
	#include <unistd.h>
	static char *at;
	static volatile unsigned after;
	static void step(unsigned hash, unsigned depth, unsigned choice);
	#define LEAF(n) __attribute__((noipa)) void leaf##n(void) \
		{ for (int i = 0; i < 64; i++, at += 4096) *at = n + 1; after++; }
	LEAF(0) LEAF(1) LEAF(2) LEAF(3) LEAF(4)
	#define VIA(n) __attribute__((noipa)) void via##n(unsigned hash, \
		unsigned depth, unsigned choice) \
		{ volatile char room[16 + n * 40]; room[n] = (char)choice; \
		  step(hash * 5 + n + 1, depth, choice); after += room[n]; }
	VIA(0) VIA(1) VIA(2) VIA(3) VIA(4)
	__attribute__((noipa)) static void step(
	    unsigned hash, unsigned depth, unsigned choice)
	{
		static void (*const vias[])(unsigned, unsigned, unsigned) = {
		    via0, via1, via2, via3, via4};
		static void (*const leaves[])(void) = {
		    leaf0, leaf1, leaf2, leaf3, leaf4};
		if (depth == 0)
			leaves[hash % 65521 % 5]();
		else
			vias[choice % 5](hash % 65521, depth - 1, choice / 5);
		after++;
	}
	int main(void)
	{
		prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
		unsigned random = 1;
		at = mmap(NULL, 300 << 20, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		madvise(at, 300 << 20, MADV_NOHUGEPAGE);
		for (int i = 0; i < 1150; i++) {
			random = random * 1664525 + 1013904223;
			step(7, random >> 8 & 7, random >> 12);
			usleep(700);
		}
		while (access("seen", F_OK) != 0)
			usleep(10000);
		return 0;
	}
	END
	cc -O2 -g -static -o paths paths.c
	record_until 270 x.dat ./paths
	mprof lines --json --top 0 --by function x.dat |
		jq -r '[.rows[].samples] | add' >count
	mprof export --format folded -o folded x.dat
	awk -v samples="$(cat count)" '
	/leaf[0-4]/ {
		sub(/ [0-9]+$/, "")
		count = split($0, frames, ";")
		hash = 7
		whole = 0
		for (i = 1; i <= count; i++) {
			whole += frames[i] ~ /^main/
			if (match(frames[i], /^via[0-4]/))
				hash = (hash % 65521) * 5 + substr(frames[i], 4, 1) + 1
			if (match(frames[i], /^leaf[0-4]/)) {
				right = substr(frames[i], 5, 1) == hash % 65521 % 5
				stacks++
				if (!right || !whole) {
					print > "/dev/stderr"
					wrong++
				}
			}
		}
	}
	END {
		print samples " samples, " stacks " stacks, " wrong + 0 " wrong"
		exit wrong || samples < 250 || stacks < 100
	}' folded
}

# It touches 24 MiB, and lives until the file seen is there.
narrow() { # WORDS FOR THE COMPILER
	cat >narrow.c <<-'END'
	static char kept[24 << 20];
	static const int rest[2] = {0, 20000000};

	static long call(long number, const void *a, const void *b)
	{
		long result;

		__asm__ volatile("int $0x80" : "=a"(result)
			: "0"(number), "b"(a), "c"(b) : "memory");
		return result;
	}
	__attribute__((noinline)) static void load(volatile char *at, int size)
	{
		for (int i = 0; i < size; i += 4096)
			at[i] = 1;
	}
	void _start(void)
	{
		load(kept, sizeof(kept));
		while (call(33, "seen", 0) != 0)
			call(162, rest, 0);
		call(1, 0, 0);
	}
	END
	${CC:-cc} -m32 -O1 -g -fno-pie -no-pie -fno-stack-protector -nostdlib \
		-fasynchronous-unwind-tables -o narrow narrow.c "$@" \
		2>/dev/null || skip "the compiler makes no 32-bit programs"
	touch seen
	./narrow || skip "32-bit programs don't run here"
}

@test "a 32-bit program has stacks" {
	needs_faults
	narrow -static
	record_until 8 run.dat ./narrow
	mprof lines run.dat >out
	grep -Eq 'narrow\.c:1[45] \(load\)' out
}

@test "nothing is preloaded into a 32-bit program, whose loader would complain" {
	needs_faults
	[ -e /lib/ld-linux.so.2 ] || skip "no loader of 32-bit programs"
	: >none.c
	${CC:-cc} -m32 -shared -nostdlib -o libnone.so none.c 2>/dev/null ||
		skip "the compiler makes no 32-bit programs"
	narrow -Wl,--no-as-needed ./libnone.so \
		-Wl,-dynamic-linker,/lib/ld-linux.so.2
	record_until 8 run.dat ./narrow 2>err
	same "$(cat err)" ''
	mprof lines run.dat >out
	grep -q "^Not sampled: narrow, a 32-bit program" out
	grep -Eq 'narrow\.c:1[45] \(load\)' out
}

@test "attach: a native program that runs already" {
	needs_faults
	steps -g
	./steps 3>&- &
	local program=$!
	mprof attach --stacks -o x.dat "$program" 2>messages 3>&- &
	local recorder=$!
	twenty() { [ "$(grep -cs TOUCH x.dat)" -gt 20 ]; }
	soon twenty
	touch stop
	wait "$program" "$recorder"
	mprof lines --json x.dat | jq -e '
		.source == "touched" and .rows[0].function == "grow"'
	lacks 'no process ran a Python' <messages
}

# /proc has nothing of the main thread's memory then. The program fills its own
# when the main thread has ended, and waits until most of it was seen.
@test "a program whose main thread ends first has its memory, with names" {
	needs_faults
	cat >last.c <<-'END'
	#include <pthread.h>
	#include <stdio.h>
	#include <string.h>
	#include <unistd.h>
	static char area[40 << 20];
	static char has_ended(void)
	{
		char state = 0, path[64];
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%d/statm", (int)getpid());
		file = fopen(path, "r");
		if (!file || fscanf(file, "%c", &state) != 1)
			state = 0;
		if (file)
			fclose(file);
		return state == '0';
	}
	static void fill(void)
	{
		/* Not so quickly that faults are lost on a loaded machine. */
		for (int mib = 0; mib < 40; mib++) {
			memset(area + ((size_t)mib << 20), 1, 1 << 20);
			usleep(5000);
		}
	}
	static void *work(void *unused)
	{
		while (!has_ended())
			usleep(1000);
		fill();
		while (access("seen", F_OK) != 0)
			usleep(1000);
		return unused;
	}
	int main(void)
	{
		pthread_t thread;

		pthread_create(&thread, NULL, work, NULL);
		pthread_exit(NULL);
	}
	END
	${CC:-cc} -O1 -fno-builtin -fno-optimize-sibling-calls -static -w -pthread \
		-o last last.c
	record_until 36 run.dat ./last
	mprof lines --json run.dat |
		jq -e '.rows[0] | .function == "work" and .touched_mib > 34'
}
