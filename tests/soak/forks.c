// SPDX-License-Identifier: MIT
//
// More than a thousand processes at once that fork at random, some from
// threads, leave orphans and end. Each notes when it began and when it was
// about to end, and whoever waits for it that it is gone. Every sample is held
// against these notes: who lived all through it must be in it, measured, and
// who was gone before it must not.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "recorder/meter.h"
#include "recorder/tree.h"

enum {
	LEAST = 1050, /* alive, once so many were born */
	MOST = 1200,
	PLACES = 20000, /* born in all */
	SAMPLES = 30,
	PAUSE_MS = 1500, /* the longest of a process between two acts */
	PATIENCE_MS = 20000,
	LIFE_S = 900 /* if nobody ends it */
};

/* A process's own notes; times are of clock_mono_ns(), 0: not yet. */
struct life {
	_Atomic int pid;
	_Atomic int64_t began;
	_Atomic int64_t ending;
	_Atomic int64_t gone; /* was waited for */
};

struct world {
	_Atomic int alive;   /* began, and are not ending */
	_Atomic int planned; /* those, and those that are being forked */
	_Atomic int places;  /* that are taken */
	_Atomic int refused; /* forks that the kernel did not grant */
	_Atomic int threaded;
	_Atomic int mortal;
	_Atomic int over; /* a futex */
	struct life lives[PLACES];
};

/* Shared by all. */
static struct world *world;

static void live(struct life *life, uint64_t seed);

/* A place for one more, or NULL where there are enough. */
static struct life *plan(void)
{
	int place;

	if (atomic_fetch_add(&world->planned, 1) < MOST) {
		place = atomic_fetch_add(&world->places, 1);
		if (place < PLACES)
			return &world->lives[place];
		atomic_store(&world->places, PLACES);
	}
	atomic_fetch_sub(&world->planned, 1);
	return NULL;
}

static bool give_birth(uint64_t seed)
{
	struct life *life = plan();
	pid_t pid;

	if (!life)
		return false;
	pid = fork();
	if (pid == 0)
		live(life, seed);
	if (pid < 0) {
		atomic_fetch_add(&world->refused, 1);
		atomic_fetch_sub(&world->planned, 1);
	}
	return pid > 0;
}

static void *give_birth_in_thread(void *seed)
{
	if (give_birth((uint64_t)(uintptr_t)seed))
		atomic_fetch_add(&world->threaded, 1);
	return NULL;
}

static void act(uint64_t *random)
{
	uint64_t what = random_next(random) % 4;
	uint64_t seed = random_next(random) | 1;
	pthread_t thread;

	if (what > 0)
		give_birth(seed);
	else if (pthread_create(&thread, NULL, give_birth_in_thread,
		     (void *)(uintptr_t)seed) == 0)
		pthread_join(thread, NULL);
}

/* While it is a zombie its pid is no other process's. */
static struct life *find_life(pid_t pid)
{
	for (int i = atomic_load(&world->places); i-- > 0;) {
		struct life *life = &world->lives[i];

		if (i < PLACES && atomic_load(&life->pid) == pid &&
		    atomic_load(&life->gone) == 0)
			return life;
	}
	return NULL;
}

static void wait_for_children(void)
{
	siginfo_t info = {0};

	while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid != 0) {
		struct life *life = find_life(info.si_pid);

		waitpid(info.si_pid, NULL, 0);
		if (life)
			atomic_store(&life->gone, clock_mono_ns());
		info.si_pid = 0;
	}
}

/* False where fewer than LEAST would be left. */
static bool may_end(void)
{
	int alive = atomic_load(&world->alive);

	while (atomic_load(&world->mortal) && alive > LEAST) {
		if (atomic_compare_exchange_weak(
			&world->alive, &alive, alive - 1))
			return true;
	}
	return false;
}

static void pause_ms(uint64_t ms)
{
	const struct timespec time = {
	    (time_t)(ms / 1000), (long)(ms % 1000 * 1000000)};

	syscall(SYS_futex, &world->over, FUTEX_WAIT, 0, &time, NULL, 0);
}

/* The program itself, at place 0, lives to the end. */
static void live(struct life *life, uint64_t seed)
{
	uint64_t random = seed;
	bool first = life == world->lives;

	alarm(LIFE_S);
	atomic_store(&life->pid, getpid());
	atomic_store(&life->began, clock_mono_ns());
	atomic_fetch_add(&world->alive, 1);
	while (!atomic_load(&world->over)) {
		if (atomic_load(&world->mortal))
			pause_ms(random_next(&random) % PAUSE_MS);
		else
			pause_ms(random_next(&random) % 50);
		wait_for_children();
		if (!first && random_next(&random) % 2 && may_end())
			break;
		act(&random);
	}
	atomic_store(&life->ending, clock_mono_ns());
	atomic_fetch_sub(&world->planned, 1);
	_exit(0);
}

static void measure(struct tree *tree, struct meter *meter, size_t first)
{
	struct members *members = &tree->members;

	for (size_t i = first; i < members->list.len; i++) {
		if (meter_measure(meter, &members->list.items[i]))
			continue;
		members_lose(members, i);
		tree_note_gone(tree, members->list.items[i].pid);
	}
}

/* The sampler's work at a tick. */
static void sample(struct tree *tree, struct meter *meter)
{
	size_t known = tree->members.list.len;

	measure(tree, meter, 0);
	tree_scan(tree, clock_mono_ns(), INT64_MAX);
	measure(tree, meter, known);
	members_sweep(&tree->members);
}

/* Those who lived from one time to the other are all there. */
static int expect_living(const struct tree *tree, int64_t from, int64_t to)
{
	const struct members *members = &tree->members;
	int count = 0;

	for (int i = 0; i < PLACES; i++) {
		struct life *life = &world->lives[i];
		int64_t ending = atomic_load(&life->ending);
		int64_t began = atomic_load(&life->began);
		size_t at;

		if (began == 0 || began > from || (ending && ending < to))
			continue;
		at = members_find(members, atomic_load(&life->pid));
		if (at == MEMBERS_NONE)
			print_message("%d is missing, %.3f ms old\n",
			    atomic_load(&life->pid),
			    (double)(from - began) / 1e6);
		assert_int_not_equal(at, MEMBERS_NONE);
		assert_true(members->list.items[at].kib > 0);
		count++;
	}
	return count;
}

static bool is_noted(pid_t pid, int64_t from)
{
	for (int i = 0; i < PLACES; i++) {
		const struct life *life = &world->lives[i];
		int64_t gone = atomic_load(&life->gone);

		if (atomic_load(&life->pid) == pid &&
		    (gone == 0 || gone > from))
			return true;
	}
	return false;
}

/* One that has just been forked may not have come to its notes yet. */
static bool was_there(pid_t pid, int64_t from)
{
	for (int i = 0; i < PATIENCE_MS; i++) {
		if (is_noted(pid, from))
			return true;
		usleep(1000);
	}
	return false;
}

/* Nobody else is there, and nobody twice. */
static void expect_no_others(const struct tree *tree, int64_t from)
{
	const struct members *members = &tree->members;

	for (size_t i = 0; i < members->list.len; i++) {
		pid_t pid = members->list.items[i].pid;

		assert_true(was_there(pid, from));
		assert_int_equal(members_find(members, pid), i);
	}
}

static pid_t begin(void)
{
	pid_t root;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(world, MAP_FAILED);
	atomic_store(&world->planned, 1);
	atomic_store(&world->places, 1);
	root = fork();
	if (root == 0)
		live(world->lives, 20261122);
	assert_true(root > 0);
	return root;
}

/* False where the kernel doesn't grant so many processes. */
static bool grow(void)
{
	while (atomic_load(&world->alive) < LEAST) {
		if (atomic_load(&world->refused) > MOST)
			return false;
		usleep(1000);
	}
	return true;
}

static void every_sample_is_the_truth(void **state)
{
	pid_t root = begin();
	struct procfs fs;
	struct tree tree;
	struct meter meter;

	(void)state;
	assert_int_equal(procfs_init(&fs, "/proc", NULL), 0);
	tree_init(&tree, &fs, root, true, true);
	meter_init(&meter, &fs, metric_find("rss"));
	if (!grow())
		skip();
	for (int i = 0; i < SAMPLES; i++) {
		int64_t from = clock_mono_ns();
		int count;

		sample(&tree, &meter);
		count = expect_living(&tree, from, clock_mono_ns());
		expect_no_others(&tree, from);
		if (i == 0) /* nobody has ended yet */
			assert_true(count >= 1000);
		atomic_store(&world->mortal, 1);
		usleep(50000);
		wait_for_children();
	}
	print_message("%d born, %d from threads\n", atomic_load(&world->places),
	    atomic_load(&world->threaded));
	assert_true(atomic_load(&world->places) > LEAST + 100);
	assert_true(atomic_load(&world->threaded) > 100);
	tree_finish(&tree);
	procfs_finish(&fs);
}

/* Also where a comparison failed. */
static int end(void **state)
{
	(void)state;
	atomic_store(&world->over, 1);
	syscall(SYS_futex, &world->over, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
	while (waitpid(-1, NULL, 0) > 0)
		;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(every_sample_is_the_truth, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
