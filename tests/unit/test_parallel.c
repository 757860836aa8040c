// SPDX-License-Identifier: MIT
// Each item is worked on once, few or many.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/parallel.h"

static void count_call(void *context, size_t at)
{
	((int *)context)[at]++;
}

static void each_item_once(void **state)
{
	static const size_t counts[] = {0, 1, 63, 64, 65, 10000};

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		int *calls = calloc(counts[i] + 1, sizeof(*calls));

		parallel_for(counts[i], count_call, calls);
		for (size_t at = 0; at < counts[i]; at++)
			assert_int_equal(calls[at], 1);
		assert_int_equal(calls[counts[i]], 0);
		free(calls);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(each_item_once)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
