#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mprof run --stacks and mprof lines: who holds memory. Sampled figures are held
# against what the programs keep.
#
# The period is given, so that nothing depends on the machine's speed. Each
# allocation is sampled independently of all others, so that by Bernstein's
# inequality a sum of truth MiB, of pieces of size MiB or less, is wrong by more
# than off with probability 2 exp(-off^2 / (2 truth period + 2/3 (period + size)
# off)) at most: near() allows what is exceeded once in a hundred million runs.
# A row is missing even more seldom: exp(-1600) for 26 MiB.

load helper.bash

own_setup() {
	export MPROF_ALLOCATION_PERIOD=16384
}

# The row that says who holds most: SHARE HELD ERROR FUNCTION LINE.
first_row() {
	mprof lines --json "$@" | jq -r '.rows[0] |
		[.share, .held_mib, .error_mib, .function, .line] | @tsv'
}

# view() keeps 26.1 MiB, or twice as much and so on, below the churn of
# innocent(), which frees all.
churn() {
	cat >churn.c <<-'END'
	#include <stdlib.h>
	#include <string.h>
	#include <unistd.h>
	static void *held[1 << 21];
	static size_t n;
	__attribute__((noipa)) static void *take(size_t size)
	{
		return memset(malloc(size), 1, size);
	}
	static inline __attribute__((always_inline)) void keep(void)
	{
		held[n++] = take(57);
	}
	__attribute__((noipa)) void view(void)
	{
		for (int i = 0; i < 120; i++)
			keep();
	}
	__attribute__((noipa)) void innocent(void)
	{
		static void *x[300];
		for (int i = 0; i < 300; i++)
			x[i] = take(400 + i % 40);
		for (int i = 0; i < 300; i++)
			free(x[i]);
	}
	int main(int argc, char **argv)
	{
		int times = argc > 1 ? atoi(argv[1]) : 1;
		for (int i = 0; i < 4000 * times; i++) {
			view();
			innocent();
		}
		usleep(argc > 2 ? 60000000 : 300000);
		return 0;
	}
	END
	${CC:-cc} -O2 -g -o churn churn.c
}

@test "a quick line before a slow one: the line that keeps is credited" {
	printf '%s\n' 'import time' 'keep = []' 'for i in range(3000):' \
		"    keep.append(b'x' * 20000)" '    time.sleep(0.0003)' \
		'def samples():' \
		'    return sum(x.startswith("MEM") for x in open("run.dat"))' \
		'end = samples() + 3' 'while samples() < end:' \
		'    time.sleep(0.02)' >app.py
	mprof run -q --stacks -o run.dat python3 app.py
	read -r share held error function line < <(first_row run.dat)
	same "$function $line" '<module> 4'
	near "$held" "$error" 57.3
	# Beside it the interpreter holds 2 or 3 MiB, sampled as well.
	awk -v share="$share" 'BEGIN { exit share < 0.7 }'
	mprof lines run.dat >out
	grep -q 'app.py:4 (<module>)  keep.append' out
}

@test "a leak in C at -O2 below churn: inlined calls, files and lines" {
	churn
	mprof run -q --stacks -o run.dat ./churn
	read -r share held error function line < <(
		mprof lines --json run.dat | jq -r '.rows[0] |
		[.share, .held_mib, .error_mib, .function, .line] | @tsv')
	same "$function" take
	near "$held" "$error" 26.1
	mprof lines --source churn.c run.dat >out
	grep -Eq '^ +12 +[0-9.]+ MiB .*held\[n\+\+\] = take\(57\);' out
	grep -Eq '^ +17 +[0-9.]+ MiB .*keep\(\);' out
}

@test "a run in which no sample was taken: what was held at its end" {
	churn
	mprof run -q --stacks -T 600 -o run.dat ./churn
	[ "$(grep -c '^MEM' run.dat)" -le 1 ]
	read -r share held error function line < <(first_row run.dat)
	same "$function $share" 'take 1'
	near "$held" "$error" 26.1
	mprof lines run.dat | grep -q '^Held at its most, '
	mprof export --format folded run.dat | grep -q ';take (.*/churn.c:8) '
	# innocent() frees all that it allocates: its line holds nothing.
	mprof lines --source churn.c run.dat | grep -Eq \
		'^ +23 +x\[i\] = take'
	mprof run -q --stacks -T 600 -o below.dat sh -c './churn; exit 0'
	read -r share held error function line < <(first_row below.dat)
	same "$function" take
	near "$held" "$error" 26.1
}

# The second kind ends by _exit(), as a forked Python child does; the third is
# forked children that allocate all at once. No two of them live at once.
@test "short programs one after another, between two samples, hold one's memory" {
	cat >short.c <<-'END'
	#include <stdlib.h>
	#include <string.h>
	#include <sys/wait.h>
	#include <unistd.h>
	int main(int argc, char **argv)
	{
		int parts = argc > 2 ? 1 : 20, size = (20 << 20) / parts;

		for (int i = 0; argc > 2; i++) {
			if (i == 5)
				return 0;
			if (fork() == 0)
				break;
			wait(NULL);
		}
		for (int i = 0; i < parts; i++)
			*(void *volatile *)&argv = memset(malloc(size), 1, size);
		if (argc > 1)
			_exit(0);
		return 0;
	}
	END
	${CC:-cc} -O1 -w -o short short.c
	mprof run -q --stacks -T 600 -o run.dat sh -c '
		for i in 1 2 3 4 5; do ./short; ./short now; done
		./short now forked; sleep 0.5'
	[ "$(grep -c '^MEM' run.dat)" -le 1 ]
	mprof lines --json run.dat >out.json
	jq -e '.held_mib > 19.9 and .held_mib < 20.1' out.json
	# Where page faults may be sampled.
	jq -e '.rows[0].touched_mib | . == null or . < 30' out.json
}

@test "a line that keeps what it allocates has an error of 5 % at most" {
	churn
	unset MPROF_ALLOCATION_PERIOD
	mprof run -q --stacks -o run.dat ./churn 3
	read -r _ held error function _ < <(first_row run.dat)
	same "$function" take
	# A place that keeps has a period of 128 KiB at most: of some 620 samples
	# or more at least 400 are taken but once in 10 to the 18 runs.
	MPROF_ALLOCATION_PERIOD=131072 near "$held" "$error" 78.3
	awk -v held="$held" -v error="$error" \
		'BEGIN { exit !(error <= held / 20) }'
}

@test "a file that libdw dies of has the names of its symbols, others all theirs" {
	churn
	cp churn 1bad
	cp churn 2good
	mkdir -p own/build
	cp "$SOURCE/mprof" own
	cp "$SOURCE"/build/*.so own/build
	cat >fake.c <<-'END'
	#include <stdlib.h>
	#include <string.h>
	#include "symbols/symbols.h"
	static void find(const struct symbols_request *request)
	{
		if (strstr(request->path, "/1bad"))
			abort();
		for (size_t i = 0; i < request->count; i++)
			request->report(request->context, i, "said.c", 7, "said");
	}
	__attribute__((visibility("default")))
	const struct symbols_module mprof_symbols_module = {
		SYMBOLS_MODULE_VERSION, find};
	END
	${CC:-cc} -D_GNU_SOURCE -I"$SOURCE/src" -fPIC -shared \
		-o own/build/symbols.so fake.c
	own/mprof run -q --stacks -o run.dat sh -c './1bad; ./2good'
	sed -n 's/^NAME.*frames=[^ ]*\/1bad:0:\([a-z]*\) .*/\1/p' run.dat | sort -u >bad
	grep -qx take bad
	grep -q '^NAME.*frames=said.c:7:said ' run.dat
}

@test "names of symbols alone, and places where there is none" {
	churn
	strip -g churn
	mprof run -q --stacks -o symbols.dat ./churn
	read -r _ _ _ function _ < <(first_row symbols.dat)
	same "$function" take
	strip churn
	mprof run -q --stacks -o bare.dat ./churn
	read -r _ held error function _ < <(first_row bare.dat)
	[[ $function == +0x* ]]
	near "$held" "$error" 26.1
}

@test "a program that was deleted is named by its path, as one that was not" {
	cat >gone.c <<-'END'
	#include <stdlib.h>
	#include <string.h>
	#include <unistd.h>
	int main(int argc, char **argv)
	{
	    unlink(argv[0]);
	    char *kept = malloc(40 << 20);
	    memset(kept, argc, 40 << 20);
	    return read(0, kept, 1) != 0;
	}
	END
	cc -O1 -o gone gone.c
	mkfifo input
	mprof run -q --stacks -o run.dat ./gone <input &
	recorder=$!
	exec 7>input
	soon_while "$recorder" grep -qs '^ALLOC;' run.dat
	exec 7>&-
	wait "$recorder"
	[ ! -e gone ]
	# A frame has its file where its number comes first, which may be with a
	# page fault.
	frame=$(grep -m 1 -o '^ALLOC;.*frames=#[0-9]*' run.dat)
	grep -q "[=,]${frame##*=}:$PWD/gone:0:+0x" run.dat
	lacks deleted <run.dat
}

# hold FLAG ...: builds ./hold, which holds 40 MiB until its input ends, or for as
# many milliseconds as it is told.
hold() {
	cat >hold.c <<-'END'
	#include <stdlib.h>
	#include <string.h>
	#include <unistd.h>
	static char *volatile kept;
	__attribute__((noipa)) void keep_all(int byte)
	{
	    kept = malloc(40 << 20);
	    memset(kept, byte, 40 << 20);
	}
	int main(int argc, char **argv)
	{
	    keep_all(argc);
	    return argc > 1 ? usleep(1000 * atoi(argv[1]))
	                    : read(0, kept, 1) != 0;
	}
	END
	cc -O1 -g "$@" -o hold hold.c
}

@test "a program that is built anew or removed while it runs keeps its names" {
	mkfifo input
	for change in 'mv other hold' 'rm hold'; do
		hold -Dkeep_all=another
		mv hold other
		hold
		mprof run -q --stacks -o run.dat ./hold <input &
		recorder=$!
		exec 7>input
		soon_while "$recorder" grep -qs '^ALLOC;' run.dat
		$change
		exec 7>&-
		wait "$recorder"
		mprof lines --json run.dat | jq -e '.rows[0] |
			.function == "keep_all" and .line == 7' || { mprof lines run.dat; false; }
		rm run.dat
	done
}

@test "files that are kept open for their names leave room for other ones" {
	hold
	for i in $(seq 40); do
		cp hold "hold$i"
	done
	cat >each <<-'END'
	for i in $(seq 40); do
		"./hold$i" 50 || exit
	done
	ls "/proc/$PPID/fd" >open
	END
	(ulimit -n 64 && mprof run -q --stacks -o run.dat sh each)
	grep -q 'hold1:0:' run.dat
	[ "$(wc -l <open)" -lt 45 ]
}

# The script's mounts are those of a namespace around mprof, so that none is left.
@test "what the program mounts can be unmounted after a program on it ran" {
	unshare -rm true 2>/dev/null || skip "no namespaces here"
	hold
	cat >unmount <<-'END'
	mount -t tmpfs tmpfs mnt && cp hold mnt && "$@" || exit
	for try in $(seq 300); do
		umount mnt 2>/dev/null && exit
		sleep 0.1
	done
	exit 100
	END
	mkdir mnt
	unshare -rm mprof run -q --stacks -o run.dat sh unmount mnt/hold 500
	grep -q 'mnt/hold:0:' run.dat
	hold -static || skip "no static libc"
	unshare -rm mprof run -q --stacks -o root.dat sh unmount chroot mnt /hold 500
}

@test "names where the compiler wrote no table of address ranges" {
	command -v clang >/dev/null || skip "no clang"
	CC=clang churn
	readelf -SW churn | lacks debug_aranges
	mprof run -q --stacks -o clang.dat ./churn
	read -r _ _ _ function line < <(first_row clang.dat)
	same "$function $line" 'take 8'
}

@test "names from a debug file beside the program" {
	churn
	for folder in . .debug; do
		mkdir -p $folder
		rm -f churn.debug
		cp churn linked
		objcopy --only-keep-debug churn $folder/churn.debug
		strip linked
		objcopy --add-gnu-debuglink=$folder/churn.debug linked
		mprof run -q --stacks -o linked.dat ./linked
		read -r _ _ _ function line < <(first_row linked.dat)
		same "$function $line" 'take 8'
		rm $folder/churn.debug linked
	done
}

@test "three functions of Rust: sizes, names and lines, and names alone" {
	command -v rustc >/dev/null || skip "no rustc"
	[[ $(mprof --version) == *' rust'* ]] || skip "built without libiberty"
	cat >three.rs <<-'END'
	use std::hint::black_box;
	mod cache {
	    #[inline(never)]
	    pub fn first(kept: &mut Vec<Vec<u8>>) {
	        for _ in 0..67 { kept.push(super::black_box(vec![1u8; 1 << 20])); }
	    }
	}
	struct Store { kept: Vec<Vec<u8>> }
	impl Store {
	    #[inline(never)]
	    fn second(&mut self) {
	        for _ in 0..160 { self.kept.push(black_box(vec![2u8; 1 << 20])); }
	    }
	}
	#[inline(never)]
	fn third<T: Clone>(kept: &mut Vec<Vec<T>>, one: T) {
	    for _ in 0..86 { kept.push(black_box(vec![one.clone(); 1 << 20])); }
	}
	fn main() {
	    let (mut a, mut c) = (Vec::new(), Vec::new());
	    let mut store = Store { kept: Vec::new() };
	    cache::first(&mut a);
	    store.second();
	    third(&mut c, 3u8);
	    // They are kept until three more samples were taken.
	    let samples = || std::fs::read_to_string("run.dat")
	        .map_or(0, |text| text.matches("\nMEM ").count());
	    let enough = samples() + 3;
	    while samples() < enough {
	        std::thread::sleep(std::time::Duration::from_millis(20));
	    }
	    black_box((&a, &store.kept, &c));
	}
	END
	rustc -O -g three.rs || skip "rustc can't link here"
	# Each piece is of 64 periods.
	for line in 'true' 'false'; do
		rm -f run.dat
		mprof run -q --stacks -o run.dat ./three
		mprof lines --json run.dat | jq -r '.rows[:3][] |
			"\(.held_mib | round) \(.function) \(has("line"))"' >rows
		cat rows
		same "$(grep -c "^160 .*three::Store>*::second.* $line$" rows)" 1
		same "$(grep -c "^86 three::third.* $line$" rows)" 1
		same "$(grep -c "^67 three::cache::first $line$" rows)" 1
		strip -g three
	done
	lacks '17h[0-9a-f]\{16\}' <rows
}

# Cargo compiles a package that it has fetched in the package's directory.
@test "a fetched package is none of the user's own, wherever it was compiled" {
	local crate=$PWD/registry/src/index-1/filler-1.0.2

	mkdir -p "$crate/src"
	printf '%s\n' '#include <stdlib.h>' \
		'void *fill(void) { return malloc(1 << 20); }' >"$crate/src/lib.c"
	(cd "$crate" && ${CC:-cc} -O1 -g -c -o "$OLDPWD/fill.o" src/lib.c)
	mkdir -p src
	cat >src/main.c <<-'END'
	#include <stdlib.h>
	#include <unistd.h>
	void *fill(void);
	static void *kept[20];
	__attribute__((noipa)) void load(void)
	{
		for (int i = 0; i < 20; i++)
			kept[i] = fill();
	}
	int main(void) { load(); usleep(300000); return 0; }
	END
	${CC:-cc} -O1 -g -o app src/main.c fill.o
	mprof run -q --stacks -o run.dat ./app
	mprof lines run.dat >out
	cat out
	grep ' %  ' out | sed -n 1p | grep 'src/main.c:8 (load)  .*, in filler$'
	# The compiler may be ccache, which knows it by another directory.
	mprof lines --leaf --json run.dat | jq -e '[.rows[].file] |
		any(endswith("/registry/src/index-1/filler-1.0.2/src/lib.c"))'
}

# A stripped program, and its debug file under the id that both have: built
built() {
	churn
	id=$(readelf -nW churn | sed -n 's/.*Build ID: //p')
	[ -n "$id" ] || skip "the linker writes no build id"
	objcopy --only-keep-debug churn found.debug
	strip churn
}

# named: the name and line of what holds most
named() {
	mprof run -q --stacks -o run.dat ./churn
	first_row run.dat | cut -f 4,5 | tr '\t' ' '
	rm run.dat
}

@test "names from a directory of debug files by build id" {
	built
	mkdir -p lib/.build-id/"${id:0:2}"
	mv found.debug lib/.build-id/"${id:0:2}/${id:2}.debug"
	[ -d /usr/lib/debug ] || skip "no /usr/lib/debug to mount over"
	unshare -rm mount --bind lib /usr/lib/debug || skip "no namespaces"
	[[ $(named) == +0x* ]]
	# shellcheck disable=SC2016 # the inner shell's
	unshare -rm sh -c 'mount --bind lib /usr/lib/debug && exec "$@"' sh \
		mprof run -q --stacks -o run.dat ./churn
	same "$(first_row run.dat | cut -f 4,5)" $'take\t8'
}

@test "names from debuginfod where the user names a server, and only there" {
	built
	mkdir -p served/buildid/"$id" cache
	mv found.debug served/buildid/"$id"/debuginfo
	export DEBUGINFOD_CACHE_PATH=$PWD/cache
	unset DEBUGINFOD_URLS
	[[ $(named) == +0x* ]]
	same "$(ls cache)" ''
	export DEBUGINFOD_URLS=file://$PWD/served
	name=$(named)
	[ -n "$(ls cache)" ] || skip "libdw has no debuginfod here"
	same "$name" 'take 8'
}

# In the library's own calls of clock_gettime(), some of which are made with its
# lock, the program waits until another thread has allocated.
@test "samples that can't be noted are counted" {
	cat >busy.c <<-'END'
	#include <pthread.h>
	#include <stdlib.h>
	#include <sys/syscall.h>
	#include <time.h>
	#include <unistd.h>
	static volatile int asked, done;
	static pthread_t first;
	static volatile int armed;
	static void *kept[100];
	int clock_gettime(clockid_t clock, struct timespec *now)
	{
		if (armed && pthread_self() == first) {
			int round = ++asked;
			while (done < round)
				usleep(1000);
		}
		return syscall(SYS_clock_gettime, clock, now);
	}
	static void *allocate(void *nothing)
	{
		for (int round = 0; round < 20; round++) {
			while (asked <= round)
				usleep(1000);
			for (int i = 0; i < 3; i++)
				kept[round * 3 + i] = malloc(4 << 20);
			done = round + 1;
		}
		done = 1 << 30;
		return nothing;
	}
	int main(void)
	{
		pthread_t other;
		first = pthread_self();
		pthread_create(&other, NULL, allocate, NULL);
		kept[99] = malloc(64 << 20);
		armed = 1;
		kept[98] = malloc(64 << 20);
		armed = 0;
		asked = 1 << 30;
		pthread_join(other, NULL);
		kept[97] = malloc(64 << 20);
		return 0;
	}
	END
	${CC:-cc} -O0 -w -D_GNU_SOURCE -rdynamic -o busy busy.c -pthread
	MPROF_ALLOCATION_PERIOD='' mprof run -q --stacks -o a.dat ./busy
	lost=$(grep -o '^HELD;[^ ]*;lost=[0-9]*' a.dat | tail -1 | sed 's/.*=//')
	[ "$lost" -ge 1 ]
	mprof lines a.dat | tr '\n' ' ' >out
	grep -E "(^| )$lost (sample or free|samples or frees) couldn't be noted, \
as another thread forked, or held the table for too long, or no space was left for it[.]" out
}

@test "where the limit was reached, what held most is said" {
	churn
	run_apart mprof run --stacks --limit 100M -o run.dat ./churn 4 wait
	[ "$status" -eq 124 ]
	# shellcheck disable=SC2154
	[[ $errors == *"held at the peak: "*" MiB by churn.c:"*" take"* ]]
	mprof plot --format scene -o - run.dat | grep -q "MiB by churn.c:"
}

@test "a program that allocates next to nothing is not said to be no Python" {
	# It allocates less than 1 MiB: once in a hundred million runs it is sampled.
	MPROF_ALLOCATION_PERIOD=100000000000000 \
		run_apart mprof run --stacks -o run.dat sleep 0.1
	[ "$status" -eq 0 ]
	[[ $errors == *"allocations: none was sampled: the program allocated too little, or did not load the library"* ]]
	[[ $errors != *Python* ]]
}

@test "a program's own SIGTRAP handler gets its own signals, and no others" {
	cat >trap.c <<-'END'
	#include <signal.h>
	#include <stdlib.h>
	#include <string.h>
	static volatile sig_atomic_t traps;
	static void *volatile kept[40];
	static void on_trap(int number)
	{
		(void)number;
		traps++;
	}
	int main(void)
	{
		struct sigaction on = {.sa_handler = on_trap};
		sigaction(SIGTRAP, &on, NULL);
		for (int i = 0; i < 40; i++) {
			kept[i] = memset(malloc(1 << 20), 1, 1 << 20);
			raise(SIGTRAP);
		}
		return traps != 40;
	}
	END
	${CC:-cc} -O1 -o trap trap.c
	mprof run -q --stacks -o run.dat ./trap
	# A static one is sampled from outside.
	${CC:-cc} -O1 -static -o trap trap.c || skip 'nothing static here'
	mprof run -q --stacks -o static.dat ./trap
}

@test "a program with a sanitizer starts, and still finds its fault" {
	echo 'int main(void) { char *p = __builtin_malloc(9); __builtin_free(p); return p[3]; }' >uaf.c
	${CC:-cc} -w -O0 -fsanitize=address -o uaf uaf.c || skip "no AddressSanitizer"
	run_apart mprof run -q --stacks -o run.dat ./uaf
	[ "$status" -eq 1 ]
	[[ $errors == *"heap-use-after-free"* ]]
}

@test "the directory goes, LD_PRELOAD is kept, other programs live on" {
	export XDG_RUNTIME_DIR=$PWD/rt
	mkdir rt
	chmod 700 rt
	# Nobody holds its lock: a killed recorder's.
	touch "rt/mprof-$(id -u)-1-0-aaaaaa.mark"
	mkdir "rt/mprof-$(id -u)-1-0-aaaaaa.allocations"
	touch "rt/mprof-$(id -u)-1-0-aaaaaa.allocations/12.0"
	# shellcheck disable=SC2016  # the program's own variables
	ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD=libm.so.6 \
		mprof run -q --stacks -o run.dat sh -c \
		'echo "$LD_PRELOAD"; echo "$MPROF_ALLOCATIONS"; ls rt' >out
	grep -q '^/.*/allocation.so:libm.so.6$' out
	folder=$(grep '/mprof-.*\.allocations$' out)
	[ ! -e "$folder" ]
	case $folder in
	"$PWD"/rt/*) ;;
	/dev/shm/*) [ "$(stat -f -c %T /dev/shm)" = tmpfs ] ;;
	*) false ;;
	esac
	lacks aaaaaa <out
	same "$(ls rt)" ''
	mprof run -q --stacks -o run.dat python3 -c 'x = bytes(9000000)'
	grep -Eq '^HELD;name=.*;by=malloc,python;period=[0-9]+' run.dat
	[ "$(awk -F ' ' 'NF != 3 && !/^CMDLINE/' run.dat)" = '' ]
}

@test "a child that is forked and allocates nothing is no program unsampled" {
	cat >fork.c <<-'END'
	#include <stdlib.h>
	#include <string.h>
	#include <sys/wait.h>
	#include <unistd.h>
	int main(void)
	{
		char *volatile kept = malloc(16 << 20);
		memset(kept, 1, 16 << 20);
		if (fork() == 0) {
			sleep(2);
			_exit(kept[0] != 1);
		}
		return wait(NULL) < 0;
	}
	END
	cc -O1 -o fork fork.c
	run_apart mprof run --stacks -o run.dat ./fork
	[ "$status" -eq 0 ]
	grep -q '^HELD;.*by=malloc' run.dat
	lacks 'by=none' <run.dat
	lacks 'not sampled' <<<"$errors"
}

@test "where no file for samples can be created, it says so" {
	cat >large.py <<-'END'
	import os, time
	keep = bytes(64 << 20)
	while os.path.exists('wait'):
	    time.sleep(0.01)
	END
	touch wait
	mprof run --stacks -o run.dat \
		bash -c 'ulimit -f 0; exec python3 large.py' 2>messages &
	found=no
	! soon grep -q '^HELD;.*by=file' run.dat || found=yes
	rm wait
	wait $!
	[ "$found" = yes ]
	grep -q 'allocations: not sampled, or not all, in 1 process' messages
	mprof lines run.dat | tr '\n' ' ' >out
	grep -q "can't create a file for its samples" out
}

@test "on a full file system a program is not said to be sampled" {
	mkdir full
	mount -t tmpfs -o size=8k tmpfs full 2>/dev/null || skip "needs root"
	status=0
	TMPDIR=$PWD/full mprof run --stacks -o run.dat \
		python3 -c 'bytearray(64 << 20)' 2>messages || status=$?
	umount full
	[ "$status" -eq 0 ]
	lacks 'allocations: sampled' <messages
}

@test "samples for which no space was left are counted" {
	mkdir full
	mount -t tmpfs -o size=28k tmpfs full 2>/dev/null || skip "needs root"
	cat >keep.c <<-'END'
	#include <stdlib.h>
	static void *volatile kept;
	int main(void)
	{
		for (int i = 0; i < 3000; i++)
			kept = malloc(20000);
		return 0;
	}
	END
	${CC:-cc} -O0 -o keep keep.c
	status=0
	TMPDIR=$PWD/full MPROF_ALLOCATION_PERIOD=10000 \
		mprof run -q --stacks -o run.dat ./keep || status=$?
	umount full
	[ "$status" -eq 0 ]
	grep -q '^HELD;.*;lost=[1-9]' run.dat
	mprof lines run.dat | tr '\n' ' ' | grep -q 'or no space was left'
}
