// SPDX-License-Identifier: MIT
//
// What thinning reads in one line, and whose records are one process's.
#include "dat/thin_line.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct thin_line split(const char *text)
{
	struct thin_line line;

	thin_line_split(text, strlen(text), &line);
	return line;
}

static bool same(double a, double b)
{
	return isnan(a) ? isnan(b) : a == b;
}

static void each_keyword_has_its_kind(void **state)
{
	static const struct {
		const char *keyword;
		enum thin_kind kind;
	} rows[] = {{"MEM", THIN_MEMORY}, {"CHLD", THIN_CHILD},
	    {"USAGE", THIN_USAGE}, {"PROC", THIN_PROC}, {"EXIT", THIN_EXIT},
	    {"PEAK", THIN_PEAK}, {"SHARE", THIN_SHARE}, {"MARK", THIN_MARK},
	    {"CMDLINE", THIN_COMMAND}, {"HEAP", THIN_HEAP}, {"TYPE", THIN_TYPE},
	    {"THIN", THIN_NOTE}, {"SIZE", THIN_NOTE}, {"FUNC", THIN_WHOLE},
	    {"CALL", THIN_WHOLE}, {"STACK", THIN_WHOLE}, {"ALLOC", THIN_WHOLE},
	    {"FREE", THIN_WHOLE}, {"HELD", THIN_WHOLE}, {"TOUCH", THIN_WHOLE},
	    {"LEFT", THIN_WHOLE}, {"FAULTS", THIN_WHOLE}, {"NAME", THIN_WHOLE},
	    {"INFO", THIN_OTHER}, {"ME", THIN_OTHER}, {"MEMO", THIN_OTHER},
	    {"MEN", THIN_OTHER}, {"mem", THIN_OTHER}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[64];

		snprintf(text, sizeof(text), "%s 1.0 2.0\n", rows[i].keyword);
		assert_int_equal(split(text).kind, rows[i].kind);
		snprintf(text, sizeof(text), "\t %s;a=1;b 1.0 2.0\n",
		    rows[i].keyword);
		assert_int_equal(split(text).kind, rows[i].kind);
		assert_int_equal(split(text).keys.len, 5);
	}
}

static void numbers_pids_and_keys_are_read(void **state)
{
	static const struct {
		const char *text;
		double mib, time_s;
		uint32_t pid;
		const char *keys;
	} rows[] = {
	    {"MEM 1.5 2.25\n", 1.5, 2.25, 0, ""},
	    {"MEM\t1.5 \t2.25", 1.5, 2.25, 0, ""},
	    {"MEM;a=b 1.5 2.25 3.0\n", 1.5, 2.25, 0, "a=b"},
	    {"MEM;pid=7 1.5 2.25\n", 1.5, 2.25, 7, "pid=7"},
	    {"MEM 1.5", NAN, NAN, 0, ""},
	    {"MEM", NAN, NAN, 0, ""},
	    {"", NAN, NAN, 0, ""},
	    {"\n", NAN, NAN, 0, ""},
	    {"MEM x 2.25", NAN, 2.25, 0, ""},
	    {"MEM 1.5 x", 1.5, NAN, 0, ""},
	    {"CHLD 7 1.5 2.25\n", 1.5, 2.25, 7, ""},
	    {"CHLD 2147483647 1.5 2.25", 1.5, 2.25, INT32_MAX, ""},
	    {"CHLD 2147483648 1.5 2.25", 1.5, 2.25, 0, ""},
	    {"CHLD x 1.5 2.25", 1.5, 2.25, 0, ""},
	    {"CHLD", NAN, NAN, 0, ""},
	    {"USAGE;cpu=1;pid=8;x 1.5 2.25\n", 1.5, 2.25, 8, "cpu=1;pid=8;x"},
	    {"USAGE;ppid=8; 1.5 2.25\n", 1.5, 2.25, 0, "ppid=8;"},
	    {"PROC;pid=-3 1.5 2.25\n", 1.5, 2.25, 0, "pid=-3"},
	    {"CMDLINE 1.5 2.25\n", NAN, NAN, 0, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct thin_line line = split(rows[i].text);

		assert_true(same(line.mib, rows[i].mib));
		assert_true(same(line.time_s, rows[i].time_s));
		assert_int_equal(line.pid, rows[i].pid);
		assert_int_equal(line.keys.len, strlen(rows[i].keys));
		if (line.keys.len > 0)
			assert_memory_equal(
			    line.keys.text, rows[i].keys, line.keys.len);
	}
}

/* Nothing behind the line is read, and no number is longer than 64. */
static void a_line_ends_where_it_ends(void **state)
{
	static const char text[] = "MEM;a=1 1.5 2.255";
	struct thin_line line;
	char digits[128];

	(void)state;
	thin_line_split(text, sizeof(text) - 2, &line);
	assert_true(line.mib == 1.5 && line.time_s == 2.25);
	thin_line_split(text, strlen("MEM;a"), &line);
	assert_int_equal(line.keys.len, 1);
	for (int len = 64; len <= 65; len++) {
		snprintf(digits, sizeof(digits), "MEM %0*d 2.0\n", len, 7);
		line = split(digits);
		assert_true(same(line.mib, len == 64 ? 7 : NAN));
		assert_true(line.time_s == 2);
	}
}

static void values_are_found_by_their_keys(void **state)
{
	struct thin_line line =
	    split("X;aa=1;a=2;b=;c;a=3;d=x;e=0.5;f=-1 1.0 2.0\n");
	struct field value;

	(void)state;
	assert_true(thin_line_key(&line, "a", &value));
	assert_int_equal(value.len, 1);
	assert_int_equal(value.text[0], '2');
	assert_true(thin_line_key(&line, "b", &value));
	assert_int_equal(value.len, 0);
	assert_false(thin_line_key(&line, "c", &value));
	assert_false(thin_line_key(&line, "g", &value));
	assert_true(thin_line_number(&line, "e") == 0.5);
	assert_true(thin_line_number(&line, "f") == -1);
	assert_true(isnan(thin_line_number(&line, "b")));
	assert_true(isnan(thin_line_number(&line, "d")));
	assert_true(isnan(thin_line_number(&line, "g")));
	assert_int_equal(thin_line_count(&line, "aa"), 1);
	assert_int_equal(thin_line_count(&line, "e"), 0);
	assert_int_equal(thin_line_count(&line, "f"), 0);
	assert_int_equal(thin_line_count(&line, "g"), 0);
	line = split("X;a=1");
	assert_int_equal(thin_line_count(&line, "a"), 1);
	line = split("X 1.0 a=2");
	assert_false(thin_line_key(&line, "a", &value));
}

/* Takes the line; the number of its process, -1: nobody's. */
static int take(struct thin_lives *lives, const char *text, bool *root)
{
	struct thin_line line = split(text);
	size_t process = thin_lives_take(lives, &line, root);

	return process == THIN_NOBODY ? -1 : (int)process;
}

/* The numbers of the lines' processes, and whether each is a program. */
struct taken {
	const char *text;
	int process;
	bool root;
};

static void take_all(struct thin_lives *lives, const struct taken *rows)
{
	for (; rows->text; rows++) {
		bool root = !rows->root;

		assert_int_equal(take(lives, rows->text, &root), rows->process);
		assert_int_equal(root, rows->root);
	}
}

static void a_pid_is_one_process_until_it_ends(void **state)
{
	static const struct taken rows[] = {
	    {"CHLD 5 1.0 1.0", 0, false},
	    {"PROC;pid=7;start=3 1.0 1.0", 1, true},
	    {"PROC;pid=5;start=4 1.0 1.0", 0, false},
	    {"CHLD 7 1.0 2.0", 1, false},
	    {"CHLD 5 1.0 2.0", 0, false},
	    {"EXIT;pid=5 1.0 2.0", 0, false},
	    {"EXIT;pid=5 1.0 2.0", -1, false},
	    {"CHLD 5 1.0 3.0", 2, false},
	    {"EXIT;pid=5 1.0 3.0", 2, false},
	    {"PROC;pid=5;start=4 1.0 3.0", 3, false},
	    {"EXIT;pid=9 1.0 3.0", -1, false},
	    {"CHLD 9 1.0 3.0", 4, false},
	    {"CHLD 0 1.0 3.0", -1, false},
	    {"PROC;name=x 1.0 3.0", -1, false},
	    {"USAGE;pid=7;cpu=1 1.0 3.0", -1, false},
	    {"MARK;pid=11 1.0 3.0", -1, false},
	    {NULL, 0, false},
	};
	struct thin_lives lives = {0};

	(void)state;
	take_all(&lives, rows);
	assert_int_equal(lives.processes, 5);
	assert_int_equal(lives.run, 0);
	thin_lives_finish(&lives);
}

/* Start times tell; without both, a process is introduced once. */
static void another_start_is_another_process(void **state)
{
	static const struct taken rows[] = {
	    {"PROC;pid=7;start=3;name=a 1.0 1.0", 0, true},
	    {"PROC;pid=7;start=3;name=b 1.0 1.0", 0, false},
	    {"PROC;pid=7;start=4;name=b 1.0 1.0", 1, false},
	    {"PROC;pid=7;name=b 1.0 1.0", 2, false},
	    {"PROC;pid=7;name=b 1.0 1.0", 3, false},
	    {"PROC;pid=7;start=4;name=b 1.0 1.0", 4, false},
	    {"CHLD 7 1.0 1.0", 4, false},
	    {NULL, 0, false},
	};
	struct thin_lives lives = {0};

	(void)state;
	take_all(&lives, rows);
	assert_int_equal(lives.processes, 5);
	thin_lives_finish(&lives);
}

static void each_run_has_its_processes(void **state)
{
	static const struct taken rows[] = {
	    {"CMDLINE a", -1, false},
	    {"PROC;pid=7;start=3 1.0 1.0", 0, true},
	    {"PROC;pid=8;start=3 1.0 1.0", 1, false},
	    {"CMDLINE b;pid=7", -1, false},
	    {"CHLD 8 1.0 1.0", 2, false},
	    {"PROC;pid=7;start=3 1.0 1.0", 3, true},
	    {"EXIT;pid=8 1.0 1.0", 2, false},
	    {NULL, 0, false},
	};
	struct thin_lives lives = {0};

	(void)state;
	take_all(&lives, rows);
	assert_int_equal(lives.processes, 4);
	assert_int_equal(lives.run, 2);
	thin_lives_finish(&lives);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_keyword_has_its_kind),
	    cmocka_unit_test(numbers_pids_and_keys_are_read),
	    cmocka_unit_test(a_line_ends_where_it_ends),
	    cmocka_unit_test(values_are_found_by_their_keys),
	    cmocka_unit_test(a_pid_is_one_process_until_it_ends),
	    cmocka_unit_test(another_start_is_another_process),
	    cmocka_unit_test(each_run_has_its_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
