// SPDX-License-Identifier: MIT
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "chart/build.h"

static const char *label_of(
    const struct label *labels, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(labels[i].name, name) == 0)
			return labels[i].label;
	}
	return NULL;
}

static void check(const char *const *names, const char *const *expected)
{
	struct label labels[16];
	size_t count = 0;

	for (; names[count]; count++)
		labels[count].name = names[count];
	labels_choose(labels, count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(
		    label_of(labels, count, names[i]), expected[i]);
}

static void shortest_unique(void **state)
{
	static const char *const names[] = {
	    "x.z", "x.y", "x.b", "f.a.b", "g.a.b", "g.a.c", "b.c", NULL};
	static const char *const labels[] = {
	    "z", "y", "x.b", "f.a.b", "g.a.b", "a.c", "b.c"};

	(void)state;
	check(names, labels);
}

static void one_is_the_tail_of_another(void **state)
{
	static const char *const names[] = {"b", "a.b", "xb", "c.a.b", NULL};
	static const char *const labels[] = {"b", "a.b", "xb", "c.a.b"};

	(void)state;
	check(names, labels);
}

static void equal_names(void **state)
{
	static const char *const names[] = {"a.f", "a.f", "b.g", "a.f", NULL};
	static const char *const labels[] = {"f", "f", "g", "f"};

	(void)state;
	check(names, labels);
}

static void odd_names(void **state)
{
	static const char *const names[] = {"", ".", "a.", ".a", "..", NULL};
	struct label labels[5];

	(void)state;
	for (size_t i = 0; i < 5; i++)
		labels[i].name = names[i];
	labels_choose(labels, 5);
	for (size_t i = 0; i < 5; i++)
		assert_non_null(label_of(labels, 5, names[i]));
	labels_choose(labels, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(shortest_unique),
	    cmocka_unit_test(one_is_the_tail_of_another),
	    cmocka_unit_test(equal_names),
	    cmocka_unit_test(odd_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
