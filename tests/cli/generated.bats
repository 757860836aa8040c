#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Sampled allocations below code that a program generated at run time, which has
# no unwind table: stacks go on by frame pointers as far as these are right. Each
# piece is of 2 MiB and more, so that one is missed with a chance of exp(-128).
load helper.bash

LIBRARY=$SOURCE/build/allocation.so

own_setup() {
	[ "$(uname -m)" = x86_64 ] || skip 'the code is for x86-64'
	export MPROF_ALLOCATION_PERIOD=16384
}

# Whatever failed, the program ends, and its map is gone.
teardown() {
	touch seen end
	[ ! -f map ] || rm -f "$(cat map)"
}

# Pieces of code in executable memory, 64 bytes each. relay(f, x, y) calls
# f(x, y) and keeps a frame pointer; mislay(f, x) calls f() with rbp = x.
PIECES='#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#define NOIPA __attribute__((noipa))
static volatile int after;
typedef void *(*piece)(void *, void *, void *);
static char *area(int pages)
{
	return mmap(NULL, pages * 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}
static piece put(char *at, const char *code, size_t bytes)
{
	return (piece)(uintptr_t)memcpy(at, code, bytes);
}
static piece relay(char *at)
{
	return put(at, "\x55\x48\x89\xe5\x48\x89\xf8\x48\x89\xf7\x48\x89\xd6"
		"\xff\xd0\x5d\xc3", 17);
}
static piece mislay(char *at)
{
	return put(at, "\x55\x48\x89\xf5\xff\xd7\x5d\xc3", 8);
}
static void *kept[4096];
static int many;
NOIPA void *allocate(void)
{
	kept[many++] = malloc(2 << 20);
	after++;
	return kept;
}
'

# Compiles main.c: pieces OPTION... <TEXT
pieces() {
	{
		echo "$PIECES"
		cat
	} >main.c
	${CC:-cc} -w -O2 -g -pthread "$@" -o main main.c
}

# The stacks of what ./main holds, a line each, with the number of pieces:
# stacks
stacks() {
	mkdir tables
	MPROF_ALLOCATIONS=$PWD/tables LD_PRELOAD=$LIBRARY ./main >out 2>err || {
		cat out err
		return 1
	}
	/usr/bin/python3 "$SOURCE/tests/python/allocation_table.py" tables/* |
		grep -v '^pid ' | awk '$1 > 1.9 { $1 = $1 / 2; $2 = ""; print }' |
		sed 's/\.0* / /; s/  */ /g' | LC_ALL=C sort >held
	cat held
}

@test "frame pointers lead through generated code, to code with a table" {
	pieces <<-'TEXT'
	NOIPA void *call(piece *relays)
	{
		void *got = relays[0](relays[1], relays[2], allocate);
		after++;
		return got;
	}
	int main(void)
	{
		char *at = area(1);
		piece relays[3] = {relay(at), relay(at + 64), relay(at + 128)};
		for (int i = 0; i < 50; i++)
			call(relays);
		return 0;
	}
	TEXT
	stacks
	# The third has f = allocate.
	same "$(cat held)" '50 allocate ? ? ? call'
}

@test "the rest of the stack is the same, however often it was seen before" {
	pieces <<-'TEXT'
	/* One depth, one first caller: by a register alone they differ. */
	NOIPA void *left(piece go, piece last) { go(last, allocate, 0); after++; }
	NOIPA void *right(piece go, piece last) { go(last, allocate, 0); after++; }
	int main(void)
	{
		char *at = area(1);
		piece last = relay(at), go[2] = {relay(at + 64), relay(at + 128)};
		for (int i = 0; i < 300; i++)
			(i % 3 ? left : right)(go[i % 2], last);
		/* By the register alone. */
		piece lost = mislay(at + 192);
		void *records[2][2] = {{0, at + 64 + 15}, {0, at + 128 + 15}};
		for (int i = 0; i < 300; i++)
			lost((void *)allocate, records[i % 3 == 0], 0);
		return 0;
	}
	TEXT
	stacks
	same "$(cat held)" "$(printf '%s\n' '100 allocate ? ?' \
		'100 allocate ? ? left' '100 allocate ? ? left' \
		'200 allocate ? ?' '50 allocate ? ? right' \
		'50 allocate ? ? right')"
}

# With many mappings it takes a while to read them.
@test "code that is generated right after a walk through code without a table" {
	cat >bare.c <<-'TEXT'
	#include <stdlib.h>
	void *bared;
	void bare(void) { bared = malloc(4 << 20); }
	TEXT
	${CC:-cc} -w -O2 -fno-omit-frame-pointer -fno-unwind-tables \
		-fno-asynchronous-unwind-tables -c bare.c
	pieces bare.o <<-'TEXT'
	void bare(void);
	NOIPA void *call(piece go) { go(allocate, 0, 0); after++; return 0; }
	int main(void)
	{
		char *many = area(600);
		for (int i = 0; i < 600; i += 2)
			mprotect(many + i * 4096, 4096, PROT_READ);
		bare();
		piece go = relay(area(1));
		for (int i = 0; i < 50; i++)
			call(go);
		return 0;
	}
	TEXT
	stacks
	grep -v ' area ' held >code
	same "$(cat code)" "$(printf '%s\n' '2 bare main' '50 allocate ? call')"
}

@test "code that is generated later, and in threads" {
	pieces <<-'TEXT'
	#include <pthread.h>
	NOIPA void *call(piece go)
	{
		go(allocate, 0, 0);
		after++;
		return 0;
	}
	static void *thread(void *go) { return call((piece)(uintptr_t)go); }
	int main(void)
	{
		pthread_t id;
		call(relay(area(1)));
		/* The library may read the mappings anew. */
		sleep(1);
		for (int i = 0; i < 20; i++) {
			void *go = relay(area(2) + 4096);
			pthread_create(&id, NULL, thread, go);
			pthread_join(id, NULL);
			usleep(20000);
		}
		return 0;
	}
	TEXT
	stacks
	lacks -v '^[0-9]* allocate ?\( call\)\?$' <held
	[ "$(awk '/ call$/ { n += $1 } END { print n }' held)" -gt 1 ]
}

@test "a register that is no frame pointer: the stack ends there" {
	pieces <<-'TEXT'
	#include <ucontext.h>
	static ucontext_t main_context, other;
	static piece go;
	static char *edge;
	NOIPA void *try(const void *rbp)
	{
		go((void *)allocate, (void *)rbp, 0);
		after++;
		return 0;
	}
	NOIPA __attribute__((aligned(64))) void aligned(void) { after++; }
	static void over_the_edge(void) { try(edge); }
	static void on_the_edge(void) { try(edge - 8); }
	static void run(void (*f)(void))
	{
		/* A stack with nothing behind it. */
		char *stack = mmap(NULL, 17 << 12, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		edge = stack + (16 << 12);
		mprotect(edge, 4096, PROT_NONE);
		getcontext(&other);
		other.uc_stack.ss_sp = stack;
		other.uc_stack.ss_size = 16 << 12;
		other.uc_link = &main_context;
		makecontext(&other, f, 0);
		swapcontext(&main_context, &other);
		munmap(edge, 4096);
		swapcontext(&main_context, (getcontext(&other), makecontext(&other, f, 0), &other));
	}
	int main(void)
	{
		static void *const not_code[] = {"data", "more", 0};
		void *words[8][2], *low = __builtin_frame_address(0);
		go = mislay(area(1));
		for (int i = 0; i < 8; i++)
			words[i][0] = &words[7];
		words[0][1] = 0;                       /* no address */
		words[1][1] = (void *)not_code;        /* data */
		words[2][1] = (void *)aligned;         /* no call before it */
		words[3][1] = (void *)malloc;
		words[4][1] = words;                   /* the stack */
		words[5][1] = (void *)~0ul;
		words[6][1] = (void *)0xffff800000000000;
		words[7][1] = (void *)8;
		for (int i = 0; i < 8; i++)
			try(words[i]);
		for (unsigned long i = 0; i < 10; i++)
			try((void *)(i * 0x1111111111111111));
		try((char *)words[0] + 4);
		try((char *)low - (1 << 20));
		try((char *)low + (60 << 10));
		try((char *)low + (1 << 30));
		try(malloc(64));
		try((void *)main);
		try((void *)-8);
		run(over_the_edge);
		run(on_the_edge);
		return 0;
	}
	TEXT
	stacks
	same "$(cat held)" '29 allocate ?'
}

@test "a frame pointer that led out of the stack, to memory that is gone" {
	pieces <<-'TEXT'
	#include <ucontext.h>
	static ucontext_t main_context, other;
	static piece go;
	static char *edge;
	static void beyond(void)
	{
		go((void *)allocate, edge, 0);
		after++;
	}
	static void run(void)
	{
		getcontext(&other);
		other.uc_stack.ss_sp = edge - (16 << 12);
		other.uc_stack.ss_size = 16 << 12;
		other.uc_link = &main_context;
		makecontext(&other, beyond, 0);
		swapcontext(&main_context, &other);
	}
	int main(void)
	{
		char *at = area(1);
		edge = area(17) + (16 << 12);
		relay(at);
		go = mislay(at + 64);
		((char **)edge)[1] = at + 15;
		for (int i = 0; i < 20; i++)
			run();
		munmap(edge, 4096);
		for (int i = 0; i < 20; i++)
			run();
		return 0;
	}
	TEXT
	stacks
	same "$(cat held)" "$(printf '%s\n' '20 allocate ?' '20 allocate ? ?')"
}

@test "code without a frame pointer of its own: the stack ends there" {
	pieces -fno-omit-frame-pointer <<-'TEXT'
	NOIPA void *call(piece go)
	{
		go((void *)allocate, 0, 0);
		after++;
		return 0;
	}
	int main(void)
	{
		/* sub rsp,24; call rdi; add rsp,24; ret */
		piece go = put(area(1),
			"\x48\x83\xec\x18\xff\xd7\x48\x83\xc4\x18\xc3", 11);
		for (int i = 0; i < 50; i++)
			call(go);
		return 0;
	}
	TEXT
	stacks
	same "$(cat held)" '50 allocate ?'
}

@test "the same below a frame larger than what is read of it" {
	pieces -fno-omit-frame-pointer <<-'TEXT'
	NOIPA void fill(char *room) { memset(room, 0, 16 << 10); after++; }
	static piece go; /* in no frame */
	NOIPA void *call(void)
	{
		char room[16 << 10];
		fill(room);
		go((void *)allocate, 0, 0);
		fill(room);
		return 0;
	}
	NOIPA void outer(void) { call(); after++; }
	int main(void)
	{
		/* sub rsp,24; call rdi; add rsp,24; ret */
		go = put(area(1),
			"\x48\x83\xec\x18\xff\xd7\x48\x83\xc4\x18\xc3", 11);
		for (int i = 0; i < 50; i++)
			outer();
		return 0;
	}
	TEXT
	stacks
	same "$(cat held)" '50 allocate ?'
}

# A filter that ends the program at a call that walking makes: confine(0) sets it
# without libc, confine(1) for all threads.
FILTER='#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include "base/allocation_table.h"
static struct sock_filter steps[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)};
static struct sock_fprog program = {4, steps};
static void confine(int threads)
{
	long result = SYS_seccomp;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		exit(77);
	if (threads)
		result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			SECCOMP_FILTER_FLAG_TSYNC, &program);
	else
		__asm__ volatile("syscall" : "+a"(result)
			: "D"(1L), "S"(0L), "d"(&program)
			: "rcx", "r11", "memory");
	if (result != 0)
		exit(77);
}
'

# confined: runs ./main, which ends well or can't be confined.
confined() {
	local result=0

	MPROF_ALLOCATIONS=$PWD/tables LD_PRELOAD=$LIBRARY ./main || result=$?
	[ "$result" -ne 77 ] || skip 'no such filters here'
	[ "$result" -eq 0 ]
}

@test "a program whose filter the recorder has seen is not walked through" {
	{
		echo "$FILTER"
		cat <<-'TEXT'
		int main(void)
		{
			piece go = relay(area(1));
			uint64_t leave = 1;
			char path[4096];
			int fd;
			allocate();
			snprintf(path, sizeof(path), "%s/%d.0",
			    getenv(ALLOCATION_VARIABLE), (int)getpid());
			fd = open(path, O_WRONLY);
			if (pwrite(fd, &leave, 8, offsetof(
				struct allocation_header, leave)) != 8)
				return 1;
			confine(0);
			go(allocate, 0, 0);
			return 0;
		}
		TEXT
	} | pieces -I"$SOURCE/src" -include fcntl.h
	mkdir tables
	confined
}

@test "a thread that is walked through while another one confines all" {
	{
		echo "$FILTER"
		cat <<-'TEXT'
		static volatile int end, turns;
		static piece go;
		NOIPA void *once(void) { free(malloc(100)); after++; return 0; }
		/* Other stacks than before, each. */
		NOIPA void deeper(int bytes)
		{
			volatile char *room = __builtin_alloca(bytes);
			*room = 1;
			go(once, 0, 0);
			after++;
		}
		static void *thread(void *none)
		{
			for (; !end; turns++)
				deeper(16 * (turns % 5003) + 16);
			return none;
		}
		int main(void)
		{
			pthread_t id;
			go = relay(area(1));
			pthread_create(&id, NULL, thread, NULL);
			while (turns < 100)
				usleep(1000);
			confine(1);
			for (int from = turns; turns - from < 100;)
				usleep(1000);
			end = 1;
			pthread_join(id, NULL);
			return 0;
		}
		TEXT
	} | pieces -I"$SOURCE/src"
	export MPROF_ALLOCATION_PERIOD=1
	mkdir tables
	for _ in $(seq 20); do
		confined
		rm -f tables/*
	done
}

@test "a sample of each single allocation harms no machine that generates code" {
	local program

	mkdir tables
	# Java makes a directory in /tmp for its counters.
	for program in 'node -e 1' 'java -XX:-UsePerfData -version' \
		'java -XX:-UsePerfData -XX:+PreserveFramePointer -version'; do
		echo "$program"
		command -v "${program%% *}" >where || continue
		# shellcheck disable=SC2086 # it is several words
		MPROF_ALLOCATIONS=$PWD/tables MPROF_ALLOCATION_PERIOD=1 \
			LD_PRELOAD=$LIBRARY $program >out 2>&1 || {
			cat out
			return 1
		}
		rm -f tables/*
	done
}

# Code that the program makes calls malloc(), for all of 32 MiB; NAMES has it
# write a perf map. The file map has the path of that.
pieces_with_map() {
	pieces <<-'TEXT'
	NOIPA void *call(piece go, piece last)
	{
		kept[many++] = go(last, malloc, (void *)(2 << 20));
		after++;
		return 0;
	}
	int main(void)
	{
		char *at = area(1), path[64];
		piece last = relay(at), go = relay(at + 64);
		FILE *map, *said;
		for (int i = 0; i < 16; i++)
			call(go, last);
		snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)getpid());
		said = fopen("map", "w");
		fprintf(said, "%s", path);
		fclose(said);
		if (getenv("NAMES")) {
			map = fopen(path, "w");
			fprintf(map, "%lx 40 Builtin:Relay\n", (long)at);
			fprintf(map, "%lx 40 JS:*load /srv/app/load.js:12:7\n",
			    (long)at + 64);
			fclose(map);
		}
		while (access("seen", F_OK) != 0)
			usleep(10000);
		/* Now the peak comes, and all is held. */
		static char more[16 << 20];
		memset(more, 1, sizeof(more));
		while (access("end", F_OK) != 0)
			usleep(10000);
		return 0;
	}
	TEXT
}

@test "a perf map names what a stack has: the user's own line leads" {
	pieces_with_map
	NAMES=1 record a.dat
	mprof lines --json a.dat >a.json
	mprof export --format folded -o a.folded a.dat
	rm -f "$(cat map)" seen end
	record b.dat
	mprof lines --json b.dat >b.json
	mprof export --format folded -o b.folded b.dat
	sed -E 's/ \([^;]*\)//g' a.folded b.folded | tee folded
	grep -qx 'call;load;Builtin:Relay 32768' folded
	# Without a map they have no names, and the code that called them leads.
	grep -qxF 'call;unnamed code;unnamed code 32768' folded
	jq -e '.rows[0] | .function == "call" and .held_mib == 32' b.json
	jq -e '.rows[0] | .function == "load" and .line == 12 and
		.file == "/srv/app/load.js" and .held_mib == 32' a.json
}

# Whether that recording has all that ./main holds.
has_held() {
	[ "$(grep -s ^ALLOC "$1" | awk '{ sum += $2 } END { print (sum > 31) }')" = 1 ]
}

has_peak() {
	awk '/^MEM/ && $2 > 16 { found = 1 } END { exit !found }' "$1"
}

record() {
	local recorder

	mprof run -q --stacks -o "$1" "${@:2}" ./main 3>&- &
	recorder=$!
	soon_while "$recorder" has_held "$1"
	touch seen
	soon_while "$recorder" has_peak "$1"
	touch end
	wait "$recorder"
}

# The pid, the root and /tmp are the container's own, and so is the program's
# file; nothing of it is left when the recording ends.
@test "a container that is gone: its perf map and its object files give names" {
	unshare -pfm --mount-proc true 2>/dev/null || skip "no namespaces here"
	cat >inside <<-'TEXT'
	set -e
	mkdir root
	mount -t tmpfs tmpfs root
	mkdir root/tmp
	# Others may remove theirs meanwhile.
	for at in /* /tmp/*; do
		if [ -L "$at" ]; then
			cp -P "$at" "root$at" || true
		elif [ -d "$at" ] && [ "$at" != /tmp ]; then
			mkdir "root$at"
			mount --rbind "$at" "root$at" || rmdir "root$at"
		fi
	done
	cp "$1" root/tmp/main
	rm "$1"
	exec chroot root /bin/sh -c 'cd "$0" && exec /tmp/main' "$PWD"
	TEXT
	pieces_with_map
	NAMES=1 record a.dat unshare -pfm --mount-proc sh inside
	[ "$(cat map)" = /tmp/perf-1.map ]
	rm map
	mprof export --format folded -o folded a.dat
	sed -E 's/ \([^;]*\)//g' folded | tee plain
	grep -qx 'call;load;Builtin:Relay 32768' plain
	mprof lines --json a.dat | jq -e '.rows[0] | .function == "load" and
		.file == "/srv/app/load.js" and .held_mib == 32'
}
