#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Sampled allocations inside the program: what its table says is held, against
# what tests/programs/holds.c holds. The period is given; a sum is wrong by luck
# once in ten million runs (Bernstein's inequality), and an allocation of a MiB
# is missed with a chance of exp(-64).
load helper

LIBRARY=$SOURCE/build/allocation.so
HOLDS=$SOURCE/build/programs/holds
PROGRAMS=$SOURCE/build/programs

own_setup() {
	mkdir tables
	export MPROF_ALLOCATIONS=$PWD/tables MPROF_ALLOCATION_PERIOD=16384
}

# Runs a program to its end, below the library: held PROGRAM...
held() {
	LD_PRELOAD=$LIBRARY "$@" </dev/null >out 2>err || {
		cat out err
		return 1
	}
}

# The tables of all processes, in order of their names.
tables() {
	/usr/bin/python3 "$SOURCE/tests/python/allocation_table.py" \
		tables/* >table || return 1
	cat table
}

# is_held MIB FUNCTION...: in the stacks that begin with these functions, in
# pieces of less than 8 KiB.
is_held() {
	local mib=$1

	shift
	awk -v mib="$mib" -v stack="$*" '
	$1 == "pid" {
		period = $6 / 1048576
	}
	$1 != "pid" && index($0 " ", $1 " " $2 " " stack " ") == 1 {
		sum += $1
	}
	END {
		off = sum > mib ? sum - mib : mib - sum
		luck = log(2e7)
		linear = luck * (period + 8 / 1024) / 3
		square = 2 * luck * mib * period
		exit !(off <= linear + sqrt(linear * linear + square))
	}' table || {
		echo "not $mib MiB in $*"
		return 1
	}
}

# Whether memory can be locked that is larger than what is reserved for samples.
can_lock_much() {
	/usr/bin/python3 - <<-'END'
	import ctypes, mmap, sys
	size = 64 << 20
	memory = ctypes.c_char.from_buffer(mmap.mmap(-1, size))
	sys.exit(ctypes.CDLL(None).mlock(
	    ctypes.c_void_p(ctypes.addressof(memory)),
	    ctypes.c_size_t(size)) != 0)
	END
}

# is_all_held MIB FUNCTION...: the same in pieces of a MiB and more.
is_all_held() {
	local mib=$1

	shift
	awk -v mib="$mib" -v stack="$*" '
	$1 != "pid" && index($0 " ", $1 " " $2 " " stack " ") == 1 {
		sum += $1
	}
	END {
		exit !(sum >= mib - 0.01 && sum <= mib + 0.01)
	}' table || {
		echo "not all of $mib MiB in $*"
		return 1
	}
}

@test "what leaks below the churn of a neighbour is held, the neighbour is not" {
	held "$HOLDS" churn
	tables
	is_held 26.09 leaker hold_churn main
	lacks innocent <table
}

@test "what the loader allocates as the library starts is not the program's" {
	echo 'int main(void) { return 0; }' >none.c
	${CC:-cc} -o none none.c
	MPROF_ALLOCATION_PERIOD=1 held ./none
	[ -z "$(ls tables)" ]
}

@test "what grew by realloc is held once; what was freed is gone" {
	held "$HOLDS" grown
	tables
	is_all_held 32 hold_grown
	rm tables/*
	held "$HOLDS" nothing
	tables
	[ "$(wc -l <table)" -eq 1 ]
}

@test "each function of the family is counted once, and a failed realloc frees nothing" {
	held "$HOLDS" family
	tables
	is_all_held 16 hold_family
	[ "$(grep -c ' hold_family ' table)" -eq 8 ]
	[ "$(wc -l <table)" -eq 9 ]
	# A line a sample that was taken and not dropped.
	awk '/^pid/ { left = $8 - $10 } END { exit NR - 1 != left }' table
}

@test "mappings are held, in what is left of them, and not those of malloc" {
	held "$HOLDS" mapped
	tables
	awk 'NR > 1 { sum += $1 } END { exit !(sum > 43.9 && sum < 44.1) }' \
		table
	lacks 'thinned [1-9]' <table
}

@test "stacks of known call paths are right, each of thousands" {
	MPROF_ALLOCATION_PERIOD=32 held "$SOURCE/build/programs/paths"
	right=$(/usr/bin/python3 "$SOURCE/tests/python/allocation_paths.py" \
		tables/*)
	echo "$right"
	[ "$right" -gt 5000 ]
}

@test "a sample of each single allocation harms no program" {
	local program

	export MPROF_ALLOCATION_PERIOD=1
	for program in 'perl -e 1' 'tar -cf - /etc/passwd' 'gcc -v' \
		'make --version' 'echo 1 | (cat; date) | sort'; do
		echo "$program"
		command -v "${program%% *}" >where || continue
		held bash -c "$program" || return 1
	done
}

@test "threads: all of them" {
	held "$HOLDS" threads
	tables
	is_held 61.04 thread_holds
}

@test "a forked child has a table of its own, and leaves its parent's alone" {
	for way in fork raw-fork; do
		held "$HOLDS" $way
		tables
		[ "$(grep -c ^pid table)" -eq 2 ]
		is_all_held 16 "hold_${way/-/_}"
		is_all_held 8 child_holds "hold_${way/-/_}"
		[ "$(wc -l <table)" -eq 4 ]
		rm tables/*
	done
}

# The loader's lock would be taken for ever in a child that was forked while a
# thread asked the loader for a sample, which takes longer with many libraries.
@test "a child that was forked while another thread is sampled loads libraries" {
	local i

	build maps.so '#include <sys/mman.h>
	void map(void)
	{
		munmap(mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096);
	}' gcc -shared -fPIC
	for i in {0..59}; do
		cp maps.so "maps$i.so"
	done
	build forks '#include <dlfcn.h>
	#include <pthread.h>
	#include <stdio.h>
	#include <sys/wait.h>
	#include <unistd.h>
	static void *maps(void *map)
	{
		for (;;)
			((void (*)(void))map)();
	}
	int main(void)
	{
		void *map = NULL;
		pthread_t id;
		for (int i = 0; i < 60; i++) {
			char path[32];
			sprintf(path, "./maps%d.so", i);
			map = dlsym(dlopen(path, RTLD_NOW), "map");
		}
		if (!map || pthread_create(&id, NULL, maps, map) != 0)
			return 1;
		for (int i = 0; i < 100; i++) {
			int status;
			pid_t child = fork();
			if (child == 0) {
				alarm(120);
				_exit(!dlopen("./maps.so", RTLD_NOW));
			}
			if (waitpid(child, &status, 0) != child || status)
				return 2;
		}
		return 0;
	}' gcc -w -pthread
	MPROF_ALLOCATION_PERIOD=1 held ./forks
	ls tables/*
}

# The child returns from the handler into the sample. The time is the process's
# own, so that most of the forks fall into one. What a fork handler maps in the
# child stays its own, and another thread may have been in the library.
@test "a child that is forked by a handler in a sample goes on, with its own table" {
	build maps.so '#include <pthread.h>
	#include <string.h>
	#include <sys/mman.h>
	char *area;
	static void map_area(void)
	{
		area = mmap(NULL, 16 << 20, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		memset(area, 7, 16 << 20);
	}
	__attribute__((constructor)) static void start(void)
	{
		pthread_atfork(NULL, NULL, map_area);
	}' gcc -shared -fPIC -pthread -D_GNU_SOURCE
	build forks '#include <pthread.h>
	#include <signal.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <string.h>
	#include <sys/time.h>
	#include <sys/wait.h>
	#include <unistd.h>
	static volatile int is_child, forks, failed, is_over;
	extern char *area;
	static void *churns(void *none)
	{
		sigset_t all;
		sigfillset(&all);
		pthread_sigmask(SIG_BLOCK, &all, NULL);
		while (!is_over)
			free(malloc(1000));
		return none;
	}
	static void forks_one(int signal)
	{
		pid_t child = is_child ? -1 : fork();
		int status;
		is_child |= child == 0;
		if (is_child)
			alarm(120);
		if (child > 0) {
			waitpid(child, &status, 0);
			failed |= status;
			forks++;
		}
	}
	int main(void)
	{
		struct itimerval often = {{0, 1000}, {0, 1000}};
		struct sigaction handler = {.sa_handler = forks_one};
		void *volatile kept;
		pthread_t id;
		pthread_create(&id, NULL, churns, NULL);
		sigaction(SIGVTALRM, &handler, NULL);
		setitimer(ITIMER_VIRTUAL, &often, NULL);
		while (!is_child && forks < 20 && !failed)
			free(malloc(1000));
		setitimer(ITIMER_VIRTUAL, &(struct itimerval){0}, NULL);
		for (int i = 0; is_child && i < 16 << 20; i += 4096)
			if (area[i] != 7)
				_exit(3);
		for (int i = 0; is_child && i < 200; i++) {
			free(malloc(1000));
			kept = memset(malloc(5000), 1, 5000);
		}
		if (is_child)
			_exit(0);
		is_over = 1;
		pthread_join(id, NULL);
		printf("%d", (int)getpid());
		return failed;
	}' gcc -w -O0 -pthread -D_GNU_SOURCE \
		-Wl,--no-as-needed ./maps.so
	MPROF_ALLOCATION_PERIOD=1 held ./forks
	[ -s "tables/$(cat out).0" ]
	[ "$(find tables -name '*.0' | wc -l)" -gt 1 ]
}

# The thread that has the loader's lock is not in the child, nor is its end. The
# library has a name that is below the current directory of that time.
@test "a child that was forked while a thread has the loader's lock is sampled" {
	build pieces.so '#include <stdlib.h>
	#include <string.h>
	void take_pieces(void)
	{
		for (int i = 0; i < 4096; i++)
			memset(malloc(1024), 1, 1024);
	}' gcc -shared -fPIC -fno-optimize-sibling-calls
	build forks '#include <dlfcn.h>
	#include <link.h>
	#include <pthread.h>
	#include <stdio.h>
	#include <sys/wait.h>
	#include <unistd.h>
	static volatile int is_inside, is_over;
	static int waits(struct dl_phdr_info *info, size_t size, void *data)
	{
		is_inside = 1;
		while (!is_over)
			usleep(1000);
		return 1;
	}
	static void *looks(void *none)
	{
		dl_iterate_phdr(waits, NULL);
		return none;
	}
	int main(void)
	{
		void *library = dlopen("./pieces.so", RTLD_NOW);
		void (*take_pieces)(void) = dlsym(library, "take_pieces");
		pthread_t id;
		pid_t child;
		int status;
		if (pthread_create(&id, NULL, looks, NULL) != 0)
			return 1;
		while (!is_inside)
			usleep(1000);
		child = fork();
		if (child == 0) {
			alarm(120);
			chdir("/");
			take_pieces();
			printf("%d", (int)getpid());
			fflush(stdout);
			_exit(0);
		}
		waitpid(child, &status, 0);
		is_over = 1;
		pthread_join(id, NULL);
		return status != 0;
	}' gcc -w -pthread -D_GNU_SOURCE
	held ./forks
	tables
	is_held 4 take_pieces main
	grep -qaF "$PWD/pieces.so" "tables/$(cat out).0"
}

# The loader's lock is held while its callback waits for the program's. The
# second way is code that no library has, the third that of a library which no
# earlier sample was in.
@test "a sample waits for no thread that looks at the libraries" {
	build late.so '#include <stdlib.h>
	void allocate_late(void) { free(malloc(1000)); }' \
		gcc -shared -fPIC -O0
	build looks '#include <dlfcn.h>
	#include <link.h>
	#include <pthread.h>
	#include <sys/mman.h>
	#include <unistd.h>
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static volatile int is_inside;
	static int waits(struct dl_phdr_info *i, size_t n, void *x)
	{
		is_inside = 1;
		pthread_mutex_lock(&lock);
		pthread_mutex_unlock(&lock);
		return 0;
	}
	static void *looks(void *x)
	{
		for (;;)
			dl_iterate_phdr(waits, x);
	}
	static void *area(int prot)
	{
		return mmap(NULL, 1 << 16, prot, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);
	}
	static void allocate(void) { free(malloc(1000)); }
	int main(void)
	{
		static const char calls[16] =
			"\x48\x83\xec\x08\xff\xd7\x48\x83\xc4\x08\xc3";
		char *code = area(PROT_READ | PROT_WRITE | PROT_EXEC);
		void *late = dlopen("./late.so", RTLD_NOW);
		void (*allocate_late)(void) = dlsym(late, "allocate_late");
		pthread_t id;
		if (!dlsym(RTLD_DEFAULT, "_dl_find_object"))
			return 0;
		alarm(120);
		pthread_create(&id, NULL, looks, NULL);
		for (int i = 0; i < 4096; i++) {
			pthread_mutex_lock(&lock);
			munmap(area(PROT_READ | PROT_WRITE), 1 << 16);
	#ifdef __x86_64__
			if (code != MAP_FAILED) {
				memcpy(code + 16 * i, calls, 16);
				((void (*)(void (*)(void)))(code + 16 * i))(
					allocate);
			}
	#endif
			while (!is_inside)
				usleep(1000);
			allocate_late();
			pthread_mutex_unlock(&lock);
		}
		return 0;
	}' gcc -w -O0 -pthread -D_GNU_SOURCE
	MPROF_ALLOCATION_PERIOD=1 held ./looks
}

@test "a program finds no error of the loader and of the kernel at its start" {
	build start '#include <dlfcn.h>
	#include <errno.h>
	int main(void) { return errno ? 1 : dlerror() ? 2 : 0; }' gcc
	./start
	held ./start
	MPROF_ALLOCATIONS=$PWD/missing held ./start
	LIBRARY=$SOURCE/build/memory_profiler.so MPROF_AGENT_FILE=$PWD/x.dat \
		MPROF_AGENT_TABLES=$PWD/missing held ./start
}

# POSIX: malloc() is no point where a thread is cancelled, as open() is.
@test "a thread that is to be cancelled is not cancelled in malloc" {
	build cancelled '#include <pthread.h>
	static int ended;
	static void *thread(void *unused)
	{
		pthread_cancel(pthread_self());
		for (int i = 0; i < 100; i++)
			*(void *volatile *)&unused = malloc(1 << 20);
		ended = 1;
		pthread_testcancel();
		return unused;
	}
	int main(void)
	{
		pthread_t id;
		pthread_create(&id, NULL, thread, NULL);
		pthread_join(id, NULL);
		return !ended;
	}' gcc -w -O0 -pthread
	./cancelled
	held ./cancelled
	tables
	is_all_held 100 thread
}

@test "what a vforked child allocates is its parent's" {
	held "$HOLDS" vfork
	tables
	is_all_held 8 child_holds hold_vfork
	[ "$(grep -c ^pid table)" -eq 1 ]
}

@test "a program executed by the same process has the next table" {
	held "$HOLDS" exec
	tables
	is_all_held 8 child_holds hold_after_exec
	is_all_held 8 child_holds hold_vfork
	[ "$(awk '/^pid/ { print $2 }' table | uniq | wc -l)" -eq 1 ]
	ls tables/*.0 tables/*.1
}

@test "in signal handlers, and while the process ends" {
	held "$HOLDS" signals
	tables
	is_held 31.25 child_holds hold_signals
	lacks on_timer <table
	rm tables/*
	held "$HOLDS" exit
	tables
	is_all_held 8 child_holds hold_at_exit
}

# The table is made by the library's own start, which comes after .preinit_array.
@test "before main, after exit, and between fork and exec of a threaded program" {
	local period

	build early '#include <pthread.h>
	#include <sys/wait.h>
	#include <unistd.h>
	static void *volatile first, *volatile second, *volatile last;
	static volatile int stop;
	static void preinit(void) { first = malloc(1 << 20); }
	__attribute__((section(".preinit_array"), used))
	static void (*run)(void) = preinit;
	__attribute__((constructor)) static void before(void)
	{
		second = malloc(2 << 20);
	}
	__attribute__((destructor)) static void after(void)
	{
		last = malloc(4 << 20);
		free(first);
		free(second);
	}
	static void *churn(void *x)
	{
		while (!stop)
			free(malloc(rand() % 5000));
		return x;
	}
	static void child(char **argv, int is_shared)
	{
		void *volatile p[50];
		for (int i = 0; i < 50 && !is_shared; i++)
			p[i] = realloc(malloc(3000 * i), 100 * i + 1);
		for (int i = 0; i < 50 && !is_shared; i++)
			free(p[i]);
		execl("/proc/self/exe", argv[0], "none", NULL);
		_exit(9);
	}
	int main(int argc, char **argv)
	{
		pthread_t id[3];
		int bad = 0, status;
		if (argc > 1)
			return 0;
		for (int i = 0; i < 3; i++)
			pthread_create(&id[i], NULL, churn, NULL);
		for (int i = 0; i < 12; i++) {
			pid_t pid = i % 3 == 2 ? vfork() : fork();
			if (pid == 0)
				child(argv, i % 3 == 2);
			waitpid(pid, &status, 0);
			bad += status != 0;
		}
		stop = 1;
		for (int i = 0; i < 3; i++)
			pthread_join(id[i], NULL);
		return bad;
	}' gcc -w -g -O0 -pthread
	for period in 1 16384; do
		rm -f tables/*
		MPROF_ALLOCATION_PERIOD=$period held ./early
		tables
		# Its own, and one of each program that it has executed.
		is_all_held $((13 * 4)) after
		lacks ' before ' <table
	done
}

@test "without its directory it does nothing" {
	MPROF_ALLOCATIONS='' held "$HOLDS" vfork
	MPROF_ALLOCATIONS=relative held "$HOLDS" vfork
	MPROF_ALLOCATIONS=$PWD/missing held "$HOLDS" vfork
	[ "$(ls)" = "$(printf '%s\n' err out tables)" ]
	[ ! -s err ]
	(ulimit -f 1000 && held "$HOLDS" vfork)
	[ -z "$(ls tables)" ]
}

@test "a table that is full is thinned, and grows no more" {
	MPROF_ALLOCATION_PERIOD=16 held "$HOLDS" many
	tables
	is_held 57.22 child_holds hold_many main
	grep -q 'thinned [1-9]' table
	[ "$(stat -c %s tables/*)" -eq $((4096 + 32768 * 48 + (32 << 20))) ]
}

# build NAME TEXT COMPILER...: a program from the text of a main().
build() {
	printf '%s\n' '#include <stdlib.h>' '#include <string.h>' "$2" >"$1.c"
	"${@:3}" -o "$1" "$1.c"
}

holds_8='int main(void) { char *volatile p = malloc(8 << 20); return !p; }'

@test "what another allocator maps for its pieces is none" {
	build chunks.so '#include <sys/mman.h>
	static char *room;
	static size_t left;
	void *malloc(size_t n)
	{
		n = (n + 31) & ~(size_t)15;
		if (n > left) {
			left = n + (4 << 20);
			room = mmap(NULL, left, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		}
		*(size_t *)room = n - 16;
		room += n;
		left -= n;
		return room - n + 16;
	}
	void free(void *p) { (void)p; }
	void *calloc(size_t n, size_t m) { return malloc(n * m); }
	void *realloc(void *p, size_t n)
	{
		size_t *old = p;
		return memcpy(malloc(n), p, n < old[-2] ? n : old[-2]);
	}' gcc -w -O1 -fno-builtin -shared -fPIC
	LIBRARY="$LIBRARY $PWD/chunks.so" held "$HOLDS" signals
	tables
	is_held 31.25 child_holds hold_signals
	awk 'NR > 1 && $3 != "child_holds" && $1 > 0.5 { exit 1 }' table
}

@test "a program of another libc: stacks are one frame" {
	command -v musl-gcc || skip 'no musl-gcc'
	build other "$holds_8" musl-gcc -O0
	[ -e "$(readelf -l other | sed -n 's/.*interpreter: \(.*\)]/\1/p')" ] ||
		skip 'no loader of musl'
	held ./other
	tables
	grep -q 'flags 9 ' table
	is_all_held 8 main
}

# Its name is what was executed, where glibc's has none.
@test "a program of another libc that was started by a bare name has its path" {
	command -v musl-gcc || skip 'no musl-gcc'
	build other "$holds_8" musl-gcc -O0
	[ -e "$(readelf -l other | sed -n 's/.*interpreter: \(.*\)]/\1/p')" ] ||
		skip 'no loader of musl'
	[ -d /proc/self/map_files ] || skip 'the kernel names no mappings'
	build starter '#include <unistd.h>
	int main(void) { return execl("other", "other", (char *)NULL); }' gcc
	held ./starter
	tables
	is_all_held 8 main
	cat tables/* | tr '\0' '\n' | grep -a 'other$' >paths
	grep -qFx "$PWD/other" paths
	lacks '^other$' <paths
}

@test "a program that defines malloc says so, and nothing else" {
	build owner 'static char room[1 << 20];
	static size_t used;
	void *malloc(size_t n) { used += n; return room + used - n; }
	void free(void *p) { (void)p; }
	int main(void) { char *volatile p = malloc(99999); return !p; }' \
		gcc -rdynamic -fno-builtin
	held ./owner
	tables
	[ "$(wc -l <table)" -eq 1 ]
	grep -q 'flags 4 ' table
}

@test "on the smallest stacks: of a thread, and of a signal handler" {
	build small '#include <pthread.h>
	#include <signal.h>
	#include <unistd.h>
	static void *volatile kept;
	static void *thread(void *x) { kept = malloc(2 << 20); return x; }
	static void handler(int n) { (void)n; kept = malloc(3 << 20); }
	int main(void)
	{
		long frame = sysconf(_SC_MINSIGSTKSZ), least;
		stack_t other = {.ss_size = frame > 0 ? frame + 6144 : 12288};
		struct sigaction on = {
			.sa_handler = handler, .sa_flags = SA_ONSTACK};
		pthread_attr_t small;
		pthread_t id;
		pthread_attr_init(&small);
		least = sysconf(_SC_THREAD_STACK_MIN);
		pthread_attr_setstacksize(&small, least > 16384 ? least : 16384);
		if (pthread_create(&id, &small, thread, NULL) != 0)
			return 1;
		pthread_join(id, NULL);
		other.ss_sp = malloc(other.ss_size);
		if (sigaltstack(&other, NULL) != 0)
			return 2;
		sigaction(SIGUSR1, &on, NULL);
		return raise(SIGUSR1);
	}' gcc -w -g -O0 -pthread
	held ./small
	tables
	is_all_held 2 thread
	is_all_held 3 handler
}

# The first sample also makes the table. A function that is looked for at its
# first call would take as much.
@test "a sample takes little of a thread's stack" {
	local plain recorded

	build depth '#include <pthread.h>
	#include <stdio.h>
	#include <sys/mman.h>
	static char area[256 << 10] __attribute__((aligned(4096)));
	static void *volatile kept;
	static void *thread(void *x)
	{
		kept = mmap(NULL, 2 << 20, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		return x;
	}
	int main(void)
	{
		pthread_attr_t attributes;
		pthread_t id;
		size_t at = 0;
		memset(area, 0xaa, sizeof(area));
		pthread_attr_init(&attributes);
		pthread_attr_setstack(&attributes, area, sizeof(area));
		if (pthread_create(&id, &attributes, thread, NULL) != 0)
			return 1;
		pthread_join(id, NULL);
		while (at < sizeof(area) && area[at] == (char)0xaa)
			at++;
		printf("%zu\n", sizeof(area) - at);
		return 0;
	}' gcc -w -g -O0 -pthread -Wl,-z,now
	plain=$(./depth)
	held ./depth
	recorded=$(cat out)
	tables
	is_all_held 2 thread
	echo "$plain bytes, recorded $recorded"
	[ "$recorded" -lt $((plain + 5120)) ]
}

# The unwind table finds the caller by a word on the fiber, which is no return
# address.
@test "a function on a fiber, after the stack that called it is gone" {
	[ "$(uname -m)" = x86_64 ] || skip 'the code is for x86-64'
	build fiber '#include <pthread.h>
	#include <sys/mman.h>
	/* CFA: *rsp + 8. */
	__asm__(".text\n.type on_fiber,@function\non_fiber:\n.cfi_startproc\n"
		"mov %rsp,-16(%rsi)\nlea -16(%rsi),%rsp\n"
		".cfi_escape 0x0f,5,0x77,0,0x06,0x23,8\n"
		"call *%rdi\nmov (%rsp),%rsp\n.cfi_def_cfa rsp,8\n"
		"ret\n.cfi_endproc\n.size on_fiber,.-on_fiber\n");
	void on_fiber(void (*f)(void), char *top);
	enum { STACK = 1 << 18 };
	static void *volatile kept;
	static volatile int after;
	static char *all;
	void allocate(void) { kept = malloc(2 << 20); after++; }
	void *run(void *x)
	{
		on_fiber(allocate, all + STACK);
		after++;
		return x;
	}
	int main(void)
	{
		all = mmap(NULL, 8 * STACK, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		for (int i = 7; i > 0; i--) {
			pthread_attr_t attributes;
			pthread_t id;
			pthread_attr_init(&attributes);
			pthread_attr_setstack(
				&attributes, all + i * STACK, STACK);
			pthread_create(&id, &attributes, run, NULL);
			pthread_join(id, NULL);
			munmap(all + i * STACK, STACK);
		}
		return 0;
	}' gcc -w -g -O2 -pthread
	held ./fiber
	tables
	is_all_held 14 allocate on_fiber run
}

@test "allocators beside malloc are named" {
	build jemalloc 'void *je_malloc(size_t n) { return malloc(n); }
	int main(void) { char *volatile p = malloc(1 << 20); return !p; }' \
		gcc -rdynamic -fno-builtin
	held ./jemalloc
	tables
	grep -q 'flags 17 ' table
	rm tables/*
	build libjvm.so '#include <sys/mman.h>
	void *heap(void)
	{
		malloc(1 << 20);
		return mmap(NULL, 1 << 30, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	}' gcc -w -O1 -fno-builtin -shared -fPIC
	build machine 'void *heap(void);
	int main(void) { return !heap(); }' gcc -w -Wl,--no-as-needed ./libjvm.so
	held ./machine
	tables
	grep -q 'flags 17 ' table
	grep -q '^1.000 0.000 libjvm.so ' table
	[ "$(wc -l <table)" -eq 2 ]
	rm tables/*
	# Loaded later, it is in no sampled stack.
	build libnode.so '#include <sys/mman.h>
	void *heap(void)
	{
		return mmap(NULL, 1 << 30, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	}' gcc -w -O1 -shared -fPIC
	build embedder '#include <dlfcn.h>
	int main(void)
	{
		void *library = dlopen("./libnode.so", RTLD_NOW);
		return !((void *(*)(void))dlsym(library, "heap"))();
	}' gcc -w
	held ./embedder
	tables
	grep -q 'flags 17 ' table
	rm tables/*
	# The linker of C puts Go's note behind others. Its heap is mapped by C.
	build go '#include <sys/mman.h>
	__asm__(".section .note.go.buildid,\"a\",@note\n"
		".p2align 2\n.long 4, 8, 4\n.ascii \"Go\\0\\0buildid8\"\n"
		".previous");
	int main(int argc, char **argv)
	{
		char *volatile p = mmap(NULL, 1 << 30, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (argc > 1)
			p = malloc(1 << 20);
		return !p;
	}' gcc -w -fno-builtin -Wl,--build-id
	held ./go malloc
	tables
	grep -q 'flags 17 ' table
	grep -q '^1.000 0.000 go ' table
	[ "$(wc -l <table)" -eq 2 ]
	rm tables/*
	held ./go
	tables
	grep -q 'flags 17 ' table
	[ "$(wc -l <table)" -eq 1 ]
}

# As the libraries of jemalloc and tcmalloc do it.
@test "operator new that does not call malloc is credited where it is called" {
	build libheap.so 'static char room[64 << 20] __attribute__((aligned(64)));
	static size_t used;
	static void *take(size_t n)
	{
		used += (n + 63) & ~(size_t)63;
		return room + used - ((n + 63) & ~(size_t)63);
	}
	void *malloc(size_t n) { return take(n); }
	void *calloc(size_t n, size_t m) { return take(n * m); }
	void *realloc(void *p, size_t n) { return p ? memcpy(take(n), p, n) : take(n); }
	void free(void *p) { (void)p; }
	void *_Znwm(unsigned long n) { return take(n); }' \
		gcc -w -O1 -fno-builtin -shared -fPIC
	build calls 'void *_Znwm(unsigned long n);
	int main(void) { return !malloc(1 << 20) || !_Znwm(1 << 20); }' \
		gcc -w -O1 -fno-builtin -Wl,--no-as-needed ./libheap.so
	held ./calls
	tables
	grep -q 'flags 17 ' table
	rm tables/*
	build plain 'int main(void) { return !malloc(1 << 20); }' \
		gcc -w -O1 -fno-builtin -Wl,--no-as-needed ./libheap.so
	held ./plain
	tables
	grep -q 'flags 1 ' table
}

@test "a recording says which programs are static, or without the library" {
	build waits '#include <unistd.h>
	int main(void)
	{
		memset(malloc(20 << 20), 1, 20 << 20);
		return sleep(900) != 0;
	}' gcc -w -O0
	cp waits waits-none
	build waits "$(tail -n +3 waits.c)" gcc -w -O0 -static ||
		skip 'nothing static here'
	# shellcheck disable=SC2016  # the program's own variables
	run_apart mprof run --stacks -o run.dat sh -c '
		./waits & static=$!
		LD_PRELOAD= ./waits-none & none=$!
		for i in $(seq 6000); do
			[ "$(grep -c "name=waits.*;by=[sn]" run.dat)" = 2 ] &&
				break
			sleep 0.05
		done
		kill $static $none'
	grep '^HELD;.*name=waits' run.dat
	grep -q '^HELD;.*name=waits;by=static;' run.dat
	grep -q '^HELD;.*name=waits-none;by=none;' run.dat
	# shellcheck disable=SC2154
	[[ $errors == *"allocations: not sampled, or not all, in 2 processes"* ]]
	mprof lines run.dat >lines.txt 2>&1 || true
	grep -q 'ot.* sampled: .*a static program' lines.txt
}

# It has the library, and can't make a table: neither of the two is silent.
@test "a recording says which processes run as another user" {
	[ "$(id -u)" -eq 0 ] || skip "needs root, to be another user"
	runuser -u nobody -- test -r "$LIBRARY" ||
		skip "nobody can't read the library here"
	build other '#include <stdlib.h>
	#include <string.h>
	#include <unistd.h>
	int main(int argc, char **argv)
	{
		if (argc == 1 && setuid(65534) == 0)
			return execl("/proc/self/exe", "other", "now", NULL);
		memset(malloc(20 << 20), 1, 20 << 20);
		return sleep(600) != 0;
	}' gcc -w -O0
	chmod 755 other
	# shellcheck disable=SC2016  # the program's own variables
	run_apart mprof run --stacks -o run.dat sh -c '
		./other & other=$!
		for i in $(seq 6000); do
			grep -q "^HELD;.*;by=user;" run.dat && break
			kill -0 $other || break
			sleep 0.05
		done
		kill $other'
	grep '^HELD;.*;by=user;' run.dat
	mprof lines run.dat >lines.txt 2>&1 || true
	grep -q 'ot.* sampled: .*a process of another user' lines.txt
}

# It would end at each system call of the library's. One that is set without
# libc is found by the recorder.
@test "a program with a filter of system calls lives, and is not sampled" {
	local way ways='prctl syscall executed forked'

	"$PROGRAMS/confine" now || skip 'no such filters here'
	[ "$(uname -m)" != x86_64 ] || ways+=' unseen'
	for way in $ways; do
		rm -f held told
		# shellcheck disable=SC2016  # the program's own variables
		run_apart mprof run --stacks -o "$way.dat" sh -c '
			await() {
				for i in $(seq 3000); do
					! grep -q "$1" "$way.dat" || break
					kill -0 "$pid" || break
					sleep 0.05
				done
			}
			way=$2
			"$1" "$way" >out & pid=$!
			[ "$way" = executed ] || await "^ALLOC;"
			touch held
			await "^HELD;.*by=[a-z,]*filter;"
			touch told
			wait "$pid"' sh "$PROGRAMS/confine" "$way"
		[ "$status" -eq 0 ]
		grep whole out
		# 1 where there is nothing else to tell.
		mprof lines "$way.dat" >lines.txt 2>&1 || [ $? -eq 1 ]
		cat lines.txt
		grep 'a filter of system calls (seccomp)' lines.txt
	done
}

# The table has 34 MiB, of which little is used.
@test "a program that locks its memory gets no larger, and keeps to its limit" {
	build locks '#include <linux/capability.h>
	#include <stdio.h>
	#include <sys/mman.h>
	#include <sys/resource.h>
	#include <sys/syscall.h>
	#include <unistd.h>
	static void *volatile kept;
	static void keep_to(size_t bytes)
	{
		struct __user_cap_header_struct head = {
			_LINUX_CAPABILITY_VERSION_3, 0};
		struct __user_cap_data_struct all[2];
		struct rlimit limit;
		syscall(SYS_capget, &head, all);
		all[0].effective &= ~(1u << CAP_IPC_LOCK);
		syscall(SYS_capset, &head, all);
		getrlimit(RLIMIT_MEMLOCK, &limit);
		if (limit.rlim_cur > bytes)
			limit.rlim_cur = bytes;
		setrlimit(RLIMIT_MEMLOCK, &limit);
	}
	int main(int argc, char **argv)
	{
		char line[256];
		FILE *status;
		int failed;
		kept = memset(malloc(1 << 20), 1, 1 << 20);
		if (argc > 2)
			keep_to(8 << 20);
		failed = mlockall(MCL_CURRENT);
		status = fopen("/proc/self/status", "r");
		while (fgets(line, sizeof(line), status))
			if (strncmp(line, "VmRSS:", 6) == 0)
				printf("%d %d\n", failed, atoi(line + 6));
		fflush(stdout);
		/* A test that failed creates no such file. */
		for (int i = 0; argc > 1 && i < 60000; i++) {
			if (access(argv[1], F_OK) == 0)
				return 0;
			usleep(10000);
		}
		return 0;
	}' gcc -w -O0
	./locks "$PWD" limit >limited
	grep -q '^0 ' limited || skip 'no memory can be locked here'
	./locks >plain
	# A limit that is just enough for the program makes the table go.
	if grep -q '^0 ' plain && can_lock_much; then
		held ./locks
		echo "$(cat plain), recorded $(cat out)"
		grep -q '^0 ' out
		[ "$(cut -d' ' -f2 out)" -lt $(($(cut -d' ' -f2 plain) + 6144)) ]
		tables
		is_all_held 1 locks
		# Nor has the disk been filled.
		[ "$(du -k tables | cut -f1)" -lt 4096 ]
	fi
	mprof run -q --stacks -o run.dat ./locks told limit >out 3>&- &
	local recorder=$!
	soon_while "$recorder" grep -qs '^HELD;.*by=malloc,locked' run.dat
	touch told
	wait "$recorder"
	grep '^0 ' out
	# 1 where there is nothing else to tell.
	mprof lines run.dat >lines.txt 2>&1 || [ $? -eq 1 ]
	cat lines.txt
	grep 'locks its memory (mlockall)' lines.txt
}

@test "a small program that is not sampled: the reason is said" {
	local recorder

	"$PROGRAMS/confine" now || skip 'no such filters here'
	run_apart mprof run --stacks -o run.dat "$PROGRAMS/confine" small
	[ "$status" -eq 0 ]
	# shellcheck disable=SC2154
	[[ $errors == *"allocations: not sampled, or not all, in 1 process"* ]]
	[[ $errors != *"too little"* ]]
	grep '^HELD;name=confine;by=malloc,filter;' run.dat
	printf '%s\n' '#include <unistd.h>' 'int main(void)' '{' \
		'while (access("told", F_OK) != 0)' 'usleep(10000);' '}' >static.c
	${CC:-cc} -w -static -o static static.c || skip 'no static libc'
	mprof run -q --stacks -o static.dat ./static &
	recorder=$!
	soon_while "$recorder" has_samples 3 static.dat
	touch told
	wait "$recorder"
	grep '^HELD;name=static;by=static;' static.dat
}

# The child's memory is its parent's; another thread's filter refuses one for all.
@test "a vforked child's filter, and one that is refused, leave the sampling be" {
	local way

	"$PROGRAMS/confine" now || skip 'no such filters here'
	for way in vforked refused; do
		rm -f held told
		# shellcheck disable=SC2016  # the program's own variables
		run_apart mprof run --stacks -o "$way.dat" sh -c '
			await() {
				for i in $(seq 3000); do
					! awk "/^ALLOC;/ { sum += \$2 }
						END { exit sum > $1 }" \
						"$way.dat" && break
					kill -0 "$pid" || break
					sleep 0.05
				done
			}
			way=$2
			"$1" "$way" >out & pid=$!
			await 5
			touch held
			await 30
			touch told
			wait "$pid"' sh "$PROGRAMS/confine" "$way"
		grep '^HELD' "$way.dat"
		[ "$status" -eq 0 ]
		grep whole out
		lacks '^HELD;.*name=confine;.*filter' <"$way.dat"
		awk '/^ALLOC;/ { sum += $2 } END { exit !(sum > 30) }' "$way.dat"
	done
}

@test "sanitized and static programs run as they do without it" {
	build static "$holds_8" gcc -static || skip 'nothing static here'
	held ./static
	build sanitized "$holds_8" gcc -fsanitize=address ||
		skip 'no address sanitizer'
	ASAN_OPTIONS=detect_leaks=0 held ./sanitized
	[ ! -s err ]
	[ -z "$(ls tables)" ]
}
