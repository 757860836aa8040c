// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "cli/wrap.h"

static void test_breaks(void **state)
{
	static const struct {
		const char *text;
		struct wrap wrap;
		const char *expected;
	} rows[] = {
	    {"grows by 20 MiB a run", {0, 0, 0}, "grows by 20 MiB a run\n"},
	    {"grows by 20 MiB a run", {0, 2, 16}, "grows by 20 MiB\n  a run\n"},
	    {"grows by 20 MiB a run", {0, 2, 15}, "grows by 20 MiB\n  a run\n"},
	    {"grows by 20 MiB a run", {0, 2, 14}, "grows by\n  20 MiB a run\n"},
	    {"grows by 20 MiB a run", {8, 0, 15}, "grows\nby 20 MiB a run\n"},
	    {"2 min 30 s", {0, 0, 5}, "2 min\n30 s\n"},
	    {"20 MiB", {0, 0, 3}, "20 MiB\n"},
	    {"3 (of 4)", {0, 0, 3}, "3\n(of\n4)\n"},
	    {"3 ", {0, 0, 3}, "3\n"},
	    {"3", {0, 0, 3}, "3\n"},
	    {"a  b.dat: 3", {0, 2, 11}, "a  b.dat: 3\n"},
	    {"a  b.dat: 3", {0, 2, 10}, "a  b.dat:\n  3\n"},
	    {"a  b", {0, 2, 3}, "a\n  b\n"},
	    {"unbreakable", {0, 0, 3}, "unbreakable\n"},
	    {"\xe6\x97\xa5\xe6\x9c\xac x", {0, 0, 6},
		"\xe6\x97\xa5\xe6\x9c\xac x\n"},
	    {"\xe6\x97\xa5\xe6\x9c\xac x", {0, 1, 5},
		"\xe6\x97\xa5\xe6\x9c\xac\n x\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = NULL;
		size_t len;
		FILE *out = open_memstream(&text, &len);

		wrap_print(out, rows[i].text, rows[i].wrap);
		fclose(out);
		assert_string_equal(text, rows[i].expected);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_breaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
