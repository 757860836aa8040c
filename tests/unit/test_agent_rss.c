// SPDX-License-Identifier: MIT
// The agent's reading of the resident set that is left out where nothing can
// have changed: it has to be what a reading of that moment gives.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../src/python/agent/rss.c"

#define PAGES 256
#define STEPS 20000

static char *map_pages(size_t page)
{
	char *pages = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(pages, MAP_FAILED);
	madvise(pages, PAGES * page, MADV_NOHUGEPAGE);
	return pages;
}

/* A line of a program may do these to a page. */
static void step(int kind, volatile char *at, size_t page)
{
	if (kind == 0)
		*at = 1;
	else if (kind == 1)
		madvise((void *)(uintptr_t)at, page, MADV_DONTNEED);
	else if (kind == 2)
		(void)*at;
	else
		for (volatile int i = 0; i < 5 * kind; i++)
			;
}

/* The kernel takes pages back from a process when memory is short, at any
 * moment: hence one step in a hundred may differ. */
static void reading_is_that_of_the_moment(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages = map_pages(page);
	struct rss_reading reading = {0};
	int differ[6] = {0};

	(void)state;
	srand(7);
	rss_begin(&reading);
	for (int i = 0; i < STEPS; i++) {
		int kind = i % 6;
		char *at = pages + (size_t)(rand() % PAGES) * page;
		int64_t found;

		rss_pages_since(&reading);
		step(kind, at, page);
		found = rss_pages_since(&reading);
		differ[kind] += found != rss_pages();
	}
	for (int kind = 0; kind < 6; kind++)
		assert_true(differ[kind] <= STEPS / 6 / 100);
	munmap(pages, PAGES * page);
	rss_close();
}

/* Another thread's memory is nothing that this one enters the kernel for. */
static void reading_does_not_get_old(void **state)
{
	struct rss_reading reading;
	int64_t first;

	(void)state;
	rss_begin(&reading);
	first = reading.read_ns;
	while (reading.asked_ns - first < 100LL * OLDEST_NS) {
		rss_pages_since(&reading);
		assert_true(reading.asked_ns - reading.read_ns < OLDEST_NS);
	}
	rss_close();
}

/* A clock that stands still measures nothing. */
static void clock_that_stands_still_never_spares_a_reading(void **state)
{
	struct rss_reading reading;
	int64_t measured;

	(void)state;
	rss_begin(&reading);
	measured = quick_ns;
	quick_ns = 0;
	reading.pages = -1;
	assert_true(rss_pages_since(&reading) > 0);
	quick_ns = measured;
	rss_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reading_is_that_of_the_moment),
	    cmocka_unit_test(reading_does_not_get_old),
	    cmocka_unit_test(clock_that_stands_still_never_spares_a_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
