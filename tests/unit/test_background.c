// SPDX-License-Identifier: MIT
// Work beside the caller: one round at a time, and what is left is discarded.
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/background.h"

static bool no_thread;
static size_t stack_bytes; /* of the thread that was started */
static int detached;
static atomic_int interrupted; /* waits that a signal ends */
static atomic_bool held_up;    /* what waits does not go on yet */
static sem_t *last_made;       /* the semaphore that was initialised last */
static int shared;             /* whether that is said to be of processes */

/* In place of libc's. */
int pthread_create(pthread_t *id, const pthread_attr_t *attributes,
    void *(*work)(void *), void *context)
{
	static int (*real)(
	    pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
	pthread_attr_getstacksize(attributes, &stack_bytes);
	pthread_attr_getdetachstate(attributes, &detached);
	return no_thread ? EAGAIN : real(id, attributes, work, context);
}

int sem_init(sem_t *sem, int of_processes, unsigned value)
{
	static int (*real)(sem_t *, int, unsigned);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "sem_init");
	last_made = sem;
	shared = of_processes;
	return real(sem, of_processes, value);
}

int sem_wait(sem_t *sem)
{
	if (atomic_load(&interrupted) > 0) {
		atomic_fetch_sub(&interrupted, 1);
		errno = EINTR;
		return -1;
	}
	while (atomic_load(&held_up) || sem_trywait(sem) != 0)
		usleep(100);
	return 0;
}

/* Each semaphore is posted once, so that no time matters. */
struct work {
	sem_t entered, may_end, discarded;
	int rounds;
	bool blocked; /* in the round no signal arrives */
};

static void work_init(struct work *work)
{
	*work = (struct work){.rounds = 0};
	sem_init(&work->entered, 0, 0);
	sem_init(&work->may_end, 0, 0);
	sem_init(&work->discarded, 0, 0);
}

static void wait_for(sem_t *sem)
{
	while (sem_wait(sem) != 0)
		;
}

static void take_round(void *context)
{
	struct work *work = context;
	sigset_t blocked;

	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	work->blocked = sigismember(&blocked, SIGTERM) == 1;
	work->rounds++;
	sem_post(&work->entered);
	wait_for(&work->may_end);
}

static void discard(void *context)
{
	sem_post(&((struct work *)context)->discarded);
}

static void rounds_follow_each_other(void **state)
{
	struct background_rounds *rounds;
	static struct work work;
	sigset_t before, mine;

	(void)state;
	pthread_sigmask(SIG_SETMASK, NULL, &before);
	work_init(&work);
	rounds = background_rounds_create(
	    take_round, discard, &work, (size_t)256 << 10);
	assert_non_null(rounds);
	assert_false(background_rounds_busy(rounds));
	for (int i = 1; i <= 3; i++) {
		background_rounds_begin(rounds);
		wait_for(&work.entered);
		assert_true(background_rounds_busy(rounds));
		assert_int_equal(work.rounds, i);
		sem_post(&work.may_end);
		while (background_rounds_busy(rounds))
			usleep(100);
	}
	assert_true(work.blocked);
	pthread_sigmask(SIG_SETMASK, NULL, &mine);
	assert_int_equal(
	    sigismember(&mine, SIGTERM), sigismember(&before, SIGTERM));
	background_rounds_leave(rounds);
	wait_for(&work.discarded);
	assert_int_equal(work.rounds, 3);
}

/* One of zeros is one only to glibc. */
static void what_is_waited_for_was_initialised(void **state)
{
	struct background_rounds *rounds;
	static struct work work;

	(void)state;
	work_init(&work);
	last_made = NULL;
	rounds = background_rounds_create(
	    take_round, discard, &work, (size_t)256 << 10);
	assert_non_null(rounds);
	assert_non_null(last_made);
	assert_int_equal(shared, 0);
	background_rounds_leave(rounds);
	wait_for(&work.discarded);
}

/* The round goes on, and its context with it. */
static void a_round_that_is_left_ends_by_itself(void **state)
{
	struct background_rounds *rounds;
	static struct work work;
	int discarded;

	(void)state;
	work_init(&work);
	rounds = background_rounds_create(
	    take_round, discard, &work, (size_t)256 << 10);
	assert_non_null(rounds);
	background_rounds_begin(rounds);
	wait_for(&work.entered);
	background_rounds_leave(rounds);
	assert_int_equal(sem_getvalue(&work.discarded, &discarded), 0);
	assert_int_equal(discarded, 0);
	sem_post(&work.may_end);
	wait_for(&work.discarded);
	assert_int_equal(work.rounds, 1);
}

static void without_a_thread_there_is_none(void **state)
{
	static struct work work;
	sigset_t before, after;

	(void)state;
	work_init(&work);
	pthread_sigmask(SIG_SETMASK, NULL, &before);
	no_thread = true;
	assert_null(background_rounds_create(
	    take_round, discard, &work, (size_t)256 << 10));
	no_thread = false;
	assert_int_equal(sem_trywait(&work.discarded), -1);
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	assert_int_equal(
	    sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
	assert_true(stack_bytes == (size_t)256 << 10);
	assert_int_equal(detached, PTHREAD_CREATE_DETACHED);
}

/* A signal ends a wait, and begins no round. */
static void a_wait_that_is_interrupted_goes_on(void **state)
{
	struct background_rounds *rounds;
	static struct work work;

	(void)state;
	work_init(&work);
	atomic_store(&interrupted, 3);
	rounds = background_rounds_create(
	    take_round, discard, &work, (size_t)256 << 10);
	assert_non_null(rounds);
	while (atomic_load(&interrupted) > 0)
		usleep(100);
	assert_int_equal(sem_trywait(&work.discarded), -1);
	background_rounds_begin(rounds);
	wait_for(&work.entered);
	sem_post(&work.may_end);
	background_rounds_leave(rounds);
	wait_for(&work.discarded);
	assert_int_equal(work.rounds, 1);
}

/* One that is left before its round began has none. */
static void a_round_that_is_left_at_once_is_none(void **state)
{
	struct background_rounds *rounds;
	static struct work work;

	(void)state;
	work_init(&work);
	atomic_store(&held_up, true);
	rounds = background_rounds_create(
	    take_round, discard, &work, (size_t)256 << 10);
	assert_non_null(rounds);
	background_rounds_begin(rounds);
	background_rounds_leave(rounds);
	atomic_store(&held_up, false);
	wait_for(&work.discarded);
	assert_int_equal(work.rounds, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rounds_follow_each_other),
	    cmocka_unit_test(what_is_waited_for_was_initialised),
	    cmocka_unit_test(a_round_that_is_left_ends_by_itself),
	    cmocka_unit_test(without_a_thread_there_is_none),
	    cmocka_unit_test(a_wait_that_is_interrupted_goes_on),
	    cmocka_unit_test(a_round_that_is_left_at_once_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
