// SPDX-License-Identifier: MIT
// Each item is worked on once, few or many, by as many threads as there are
// processors, eight at most.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "base/parallel.h"

static long processors;    /* 0: as many as there are */
static int may_start;      /* threads that can be started */
static int started;        /* threads that were started */
static size_t least_stack; /* of these */

/* In place of libc's, which a sanitizer needs before all else. */
#ifndef __SANITIZE_ADDRESS__
long sysconf(int name)
{
	static long (*real)(int);

	if (name == _SC_NPROCESSORS_ONLN && processors > 0)
		return processors;
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "sysconf");
	return real(name);
}
#define skip_without_processors() ((void)0)
#else
#define skip_without_processors() skip()
#endif

/* In place of libc's. */
int pthread_create(pthread_t *id, const pthread_attr_t *attributes,
    void *(*work)(void *), void *context)
{
	static int (*real)(
	    pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
	size_t stack = 0;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
	if (started >= may_start)
		return EAGAIN;
	started++;
	pthread_attr_getstacksize(attributes, &stack);
	least_stack = stack < least_stack ? stack : least_stack;
	return real(id, attributes, work, context);
}

static void count_call(void *context, size_t at)
{
	((int *)context)[at]++;
}

/* Returns how many threads there were besides this one. */
static int work_on(size_t count, long with, int threads)
{
	int *calls = calloc(count + 1, sizeof(*calls));

	processors = with;
	may_start = threads;
	started = 0;
	least_stack = SIZE_MAX;
	parallel_for(count, count_call, calls);
	processors = 0;
	for (size_t at = 0; at < count; at++)
		assert_int_equal(calls[at], 1);
	assert_int_equal(calls[count], 0);
	free(calls);
	return started;
}

static void each_item_once(void **state)
{
	static const size_t counts[] = {0, 1, 63, 64, 65, 10000};

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		work_on(counts[i], 0, 100);
}

static void many_items_have_threads(void **state)
{
	(void)state;
	skip_without_processors();
	assert_int_equal(work_on(63, 16, 100), 0);
	assert_int_equal(work_on(64, 16, 100), 7);
	assert_true(least_stack == 1 << 20);
	assert_int_equal(work_on(64, 8, 100), 7);
	assert_int_equal(work_on(64, 7, 100), 6);
	assert_int_equal(work_on(64, 2, 100), 1);
	assert_int_equal(work_on(64, 1, 100), 0);
}

static void threads_may_fail_to_start(void **state)
{
	(void)state;
	skip_without_processors();
	assert_int_equal(work_on(1000, 16, 0), 0);
	assert_int_equal(work_on(1000, 16, 3), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_item_once),
	    cmocka_unit_test(many_items_have_threads),
	    cmocka_unit_test(threads_may_fail_to_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
