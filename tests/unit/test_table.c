// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli/table.h"

static void assert_printed(
    struct table *table, size_t width, const char *expected)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	table_print(table, out, width);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static void test_columns(void **state)
{
	static const char *const cells[] = {"no", "name", "command", "1",
	    "\xe6\x97\xa5\xe6\x9c\xac", "a rather long command", "10", "x\x1b",
	    ""};
	struct table table;

	(void)state;
	table_init(&table, "rll");
	for (size_t i = 0; i < 9; i++)
		table_add(&table, cells[i]);
	assert_printed(&table, 0,
	    "no  name   command\n"
	    " 1  \xe6\x97\xa5\xe6\x9c\xac   a rather long command\n"
	    "10  x\\x1b  \n");
	assert_printed(&table, 23,
	    "no  name   command\n"
	    " 1  \xe6\x97\xa5\xe6\x9c\xac   a rather\xe2\x80\xa6"
	    "and\n"
	    "10  x\\x1b  \n");
	assert_printed(&table, 5,
	    "no name  command\n"
	    " 1 \xe6\x97\xa5\xe6\x9c\xac  a rat\xe2\x80\xa6nd\n"
	    "10 x\\x1b \n");
	table_finish(&table);
}

/* Headings are shortened before texts, and figures never. */
static void test_narrow(void **state)
{
	static const char *const cells[] = {"file", "processes", "peak",
	    "command", "a-recording-of-today.dat", "3", "172 MiB",
	    "./server --port 80"};
	struct table table;

	(void)state;
	table_init(&table, "lrrl");
	for (size_t i = 0; i < 8; i++)
		table_add(&table, cells[i]);
	assert_printed(&table, 46,
	    "file                     pr\xe2\x80\xa6s    peak command\n"
	    "a-recording-of-today.dat    3 172 MiB ./ser\xe2\x80\xa6"
	    "80\n");
	assert_printed(&table, 32,
	    "file       pr\xe2\x80\xa6s    peak command\n"
	    "a-reco\xe2\x80\xa6"
	    "dat    3 172 MiB ./ser\xe2\x80\xa6"
	    "80\n");
	table_finish(&table);
}

/* A column without a figure is left out where there is no room for it. */
static void test_unknown(void **state)
{
	static const char *const cells[] = {"file", "PSS", "status", "command",
	    "a.dat", "-", "-", "./server", "b.dat", "-", "1", "./client"};
	struct table table;

	(void)state;
	table_init(&table, "lrrl");
	for (size_t i = 0; i < 12; i++)
		table_add(&table, cells[i]);
	assert_printed(&table, 28,
	    "file   PSS  status  command\n"
	    "a.dat    -       -  ./server\n"
	    "b.dat    -       1  ./client\n");
	assert_printed(&table, 27,
	    "file   status  command\n"
	    "a.dat       -  ./server\n"
	    "b.dat       1  ./client\n");
	table_finish(&table);
}

/* A column of sizes has one unit, that of its smallest, but none below MiB
 * beside larger ones. */
static void test_sizes(void **state)
{
	static const double rows[][3] = {
	    {1536, 4096, 0.04}, {12.3, 1536, 0.25}, {0.25, 0, 0}};
	struct table table;

	(void)state;
	table_init(&table, "rrr");
	table_add(&table, "peak");
	table_add(&table, "all");
	table_add(&table, "own");
	for (size_t i = 0; i < 9; i++)
		table_add_size(&table, rows[i / 3][i % 3]);
	assert_printed(&table, 0,
	    "    peak       all  own\n"
	    "1536 MiB  4.00 GiB  41 KiB\n"
	    "12.3 MiB  1.50 GiB  256 KiB\n"
	    "0.25 MiB  0.00 GiB  0 KiB\n");
	table_finish(&table);
}

static void test_no_rows(void **state)
{
	struct table table;

	(void)state;
	table_init(&table, "lr");
	assert_printed(&table, 80, "");
	table_finish(&table);
}

static void test_width_without_a_terminal(void **state)
{
	FILE *out = tmpfile();

	(void)state;
	assert_int_equal(table_width(out), 0);
	fclose(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_columns),
	    cmocka_unit_test(test_narrow),
	    cmocka_unit_test(test_unknown),
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_no_rows),
	    cmocka_unit_test(test_width_without_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
