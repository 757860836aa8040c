// SPDX-License-Identifier: MIT
//
// Up to a thousand processes that fork at random, some from threads, leave
// orphans and end. Again and again all of them are held, and the tree that was
// found from outside is compared with what they themselves noted.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
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
	ALIVE_MAX = 1000,
	BORN_MAX = 20000,
	LOOKS = 25,
	STEP_US = 30000, /* the longest pause of a process between two acts */
	RUN_US = 40000   /* between two looks */
};

/* Shared by all. */
static struct world {
	_Atomic int held; /* a futex: 1 while all are to wait */
	_Atomic int waiting;
	_Atomic int alive;
	_Atomic int born; /* places of pids that are taken */
	_Atomic int over;
	_Atomic int threaded; /* forks from threads */
	_Atomic int pids[BORN_MAX];
	_Atomic bool ended[BORN_MAX];
} * world;

static void live(int place, uint64_t seed);

static void wait_while_held(void)
{
	if (!atomic_load(&world->held))
		return;
	atomic_fetch_add(&world->waiting, 1);
	while (atomic_load(&world->held))
		syscall(SYS_futex, &world->held, FUTEX_WAIT, 1, NULL, NULL, 0);
	atomic_fetch_sub(&world->waiting, 1);
}

/* The child notes itself before it can be held, the parent has counted it. */
static void give_birth(uint64_t seed)
{
	int place;
	pid_t pid;

	if (atomic_fetch_add(&world->alive, 1) >= ALIVE_MAX) {
		atomic_fetch_sub(&world->alive, 1);
		return;
	}
	place = atomic_fetch_add(&world->born, 1);
	if (place >= BORN_MAX) {
		atomic_fetch_sub(&world->alive, 1);
		return;
	}
	pid = fork();
	if (pid == 0) {
		atomic_store(&world->pids[place], getpid());
		live(place, seed);
		_exit(0);
	}
	if (pid < 0) {
		atomic_store(&world->ended[place], true);
		atomic_fetch_sub(&world->alive, 1);
	}
}

static void *give_birth_in_thread(void *seed)
{
	atomic_fetch_add(&world->threaded, 1);
	give_birth((uint64_t)(uintptr_t)seed);
	return NULL;
}

static void act(uint64_t *random)
{
	uint64_t what = random_next(random) % 8;
	uint64_t seed = random_next(random) | 1;
	pthread_t thread;

	if (what < 4) {
		give_birth(seed);
	} else if (what == 4 &&
		   pthread_create(&thread, NULL, give_birth_in_thread,
		       (void *)(uintptr_t)seed) == 0) {
		pthread_join(thread, NULL);
	}
}

static bool is_tired(uint64_t *random, int place)
{
	return place > 0 && random_next(random) % 8 == 0;
}

/* The program itself, at place 0, lives to the end. */
static void live(int place, uint64_t seed)
{
	uint64_t random = seed;

	while (!atomic_load(&world->over)) {
		wait_while_held();
		usleep((useconds_t)(random_next(&random) % STEP_US));
		wait_while_held();
		act(&random);
		if (is_tired(&random, place))
			break;
	}
	atomic_store(&world->ended[place], true);
	atomic_fetch_sub(&world->alive, 1);
	_exit(0);
}

static void reap_orphans(pid_t root)
{
	siginfo_t info;

	for (;;) {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
		    info.si_pid == 0 || info.si_pid == root)
			return;
		waitpid(info.si_pid, NULL, 0);
	}
}

static void hold_all(void)
{
	atomic_store(&world->held, 1);
	while (atomic_load(&world->waiting) < atomic_load(&world->alive))
		usleep(500);
}

static void let_go(void)
{
	atomic_store(&world->held, 0);
	syscall(SYS_futex, &world->held, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static void look(struct tree *tree, struct meter *meter)
{
	struct members *members = &tree->members;
	size_t known = members->list.len;

	for (size_t i = 0; i < known; i++) {
		if (!meter_measure(meter, &members->list.items[i]))
			tree_lose(tree, i);
	}
	tree_look(tree, clock_mono_ns());
	for (size_t i = known; i < members->list.len; i++) {
		if (!meter_measure(meter, &members->list.items[i]))
			tree_lose(tree, i);
	}
	members_sweep(members);
}

/* Those that said they end may still be there, all others must be equal. */
static void compare(const struct tree *tree)
{
	const struct members *members = &tree->members;
	int born = atomic_load(&world->born);
	int expected = 0;

	for (int place = 0; place < born && place < BORN_MAX; place++) {
		int pid = atomic_load(&world->pids[place]);
		size_t at;

		if (atomic_load(&world->ended[place]))
			continue;
		expected++;
		at = members_find(members, pid);
		assert_int_not_equal(at, MEMBERS_NONE);
		assert_true(members->list.items[at].kib > 0);
	}
	assert_int_equal(expected, atomic_load(&world->alive));
	for (size_t i = 0; i < members->list.len; i++) {
		bool ours = false;

		for (int place = 0; place < born && !ours; place++)
			ours = atomic_load(&world->pids[place]) ==
			       members->list.items[i].pid;
		assert_true(ours);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(members->list.items[i].pid,
			    members->list.items[j].pid);
	}
}

static pid_t begin(void)
{
	pid_t root;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(world, MAP_FAILED);
	atomic_store(&world->alive, 1);
	atomic_store(&world->born, 1);
	root = fork();
	if (root == 0) {
		signal(SIGCHLD, SIG_IGN);
		atomic_store(&world->pids[0], getpid());
		live(0, 20261122);
	}
	assert_true(root > 0);
	return root;
}

static void the_tree_is_the_truth_at_every_look(void **state)
{
	pid_t root = begin();
	struct procfs fs;
	struct tree tree;
	struct meter meter;
	int most = 0;

	(void)state;
	assert_int_equal(procfs_init(&fs, "/proc", NULL), 0);
	tree_init(&tree, &fs, root, true, true);
	meter_init(&meter, &fs, metric_find("rss"));
	for (int i = 0; i < LOOKS; i++) {
		usleep(RUN_US);
		reap_orphans(root);
		hold_all();
		look(&tree, &meter);
		compare(&tree);
		if (atomic_load(&world->alive) > most)
			most = atomic_load(&world->alive);
		let_go();
	}
	print_message("%d processes at once\n", most);
	assert_true(most > 100);
	assert_true(atomic_load(&world->threaded) > 20);
	tree_finish(&tree);
	procfs_finish(&fs);
}

/* Also where a comparison failed. */
static int end(void **state)
{
	(void)state;
	atomic_store(&world->over, 1);
	let_go();
	while (waitpid(-1, NULL, 0) > 0)
		;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(the_tree_is_the_truth_at_every_look, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
