// SPDX-License-Identifier: MIT
//
// Which lines of a recording are left where it is thinned, line by line.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "dat/thin.h"

static atomic_bool stop;

/* Thins the text to a size at most. What is behind len is not read. */
static int thin_text(
    const struct strbuf *text, size_t len, size_t most, struct strbuf *thinned)
{
	struct thin_copy copy = {.from = tmpfile(),
	    .len = (off_t)len,
	    .to = tmpfile(),
	    .most = most,
	    .stop = &stop};
	struct err e = {""};
	int result;

	assert_non_null(copy.from);
	assert_non_null(copy.to);
	assert_int_equal(
	    fwrite(text->text, 1, text->len, copy.from), text->len);
	assert_int_equal(fflush(copy.from), 0);
	result = thin_copy(&copy, &e);
	strbuf_cut(thinned, 0);
	if (result != 0) {
		strbuf_add(thinned, e.text);
	} else {
		size_t size = (size_t)ftell(copy.to);

		rewind(copy.to);
		assert_int_equal(
		    fread(strbuf_reserve(thinned, size), 1, size, copy.to),
		    size);
		thinned->len = size;
		thinned->text[size] = 0;
	}
	fclose(copy.from);
	fclose(copy.to);
	return result;
}

/* Samples of a second each, which are alike, and of which the newest quarter
 * of the size is to stay. */
static void add_recent(struct strbuf *text, int from_s)
{
	for (int i = 0; i < 40; i++)
		strbuf_add_format(text, "MEM 1.0 %d.0\n", from_s + i);
}

/* Compares the rest of the text and of samples of one MiB behind it. */
static void expect_lines(
    const char *input, int recent_s, size_t most, const char *want)
{
	struct strbuf text = {0}, thinned = {0};

	strbuf_add(&text, input);
	add_recent(&text, recent_s);
	assert_int_equal(thin_text(&text, text.len, most, &thinned), 0);
	assert_true(thinned.len <= most);
	if (strncmp(thinned.text, want, strlen(want)) != 0)
		assert_string_equal(thinned.text, want);
	strbuf_finish(&text);
	strbuf_finish(&thinned);
}

static void each_stretch_has_its_lowest_and_highest(void **state)
{
	(void)state;
	expect_lines("CMDLINE a\n"
		     "INFO;interval=1 1.0 0.0\n"
		     "THIN;stretch=4;until=0.0 1.0 0.0\n"
		     "MEM 5.0 0.0\n"
		     "MEM 2.0 1.0\n"
		     "CHLD 7 1.0 1.0\n"
		     "USAGE;pid=7;cpu=1 1.0 1.0\n"
		     "USAGE;cpu=1;threads=3 1.0 1.0\n"
		     "MEM 4.0 1.5\n"
		     "CHLD 7 0.5 1.5\n"
		     "USAGE;pid=7;cpu=2 1.0 1.5\n"
		     "MEM 9.0 2.0\n"
		     "USAGE;cpu=2;threads=9;rchar=1 1.0 2.0\n"
		     "MEM 3.0 3.0\n"
		     "USAGE;cpu=3;threads=4 1.0 3.0\n"
		     "USAGE;cpu=4 1.0 3.5\n"
		     "MEM 4.0 4.0\n"
		     "MEM 4.0 5.0\n"
		     "MEM 4.0 6.0\n"
		     "MARK;label=x 1.0 6.0\n"
		     "MEM 3.0 7.0\n"
		     "CHLD 7 0.7 7.0\n",
	    100, 1200,
	    "CMDLINE a\n"
	    "INFO;interval=1 1.0 0.0\n"
	    "THIN;stretch=4;until=119.0000 5.000000 0.0000\n"
	    "MEM 2.0 1.0\n"
	    "CHLD 7 1.0 1.0\n"
	    "USAGE;pid=7;cpu=1 1.0 1.0\n"
	    "MEM 9.0 2.0\n"
	    "USAGE;cpu=2;threads=9;rchar=1 1.0 2.0\n"
	    "USAGE;cpu=4 1.0 3.5\n"
	    "MEM 4.0 4.0\n"
	    "MARK;label=x 1.0 6.0\n"
	    "MEM 3.0 7.0\n"
	    "CHLD 7 0.7 7.0\n");
}

static void of_a_stretch_one_peak_and_one_share_stay(void **state)
{
	(void)state;
	expect_lines("CMDLINE a\n"
		     "THIN;stretch=4;until=0.0 1.0 0.0\n"
		     "MEM 5.0 0.0\n"
		     "PEAK 6.0 0.5\n"
		     "SHARE;pss=4.0 5.0 0.5\n"
		     "PEAK 8.0 1.0\n"
		     "SHARE;pss=3.0 4.0 1.0\n"
		     "PEAK 7.0 1.5\n"
		     "MARK;label=a 1.0 1.5\n"
		     "MARK;label=b 1.0 1.5\n"
		     "MEM 5.0 2.0\n"
		     "MEM 5.0 4.0\n"
		     "PEAK 5.0 4.0\n",
	    100, 1200,
	    "CMDLINE a\n"
	    "THIN;stretch=4;until=119.0000 5.000000 0.0000\n"
	    "MEM 5.0 0.0\n"
	    "SHARE;pss=4.0 5.0 0.5\n"
	    "PEAK 8.0 1.0\n"
	    "MARK;label=a 1.0 1.5\n"
	    "MARK;label=b 1.0 1.5\n"
	    "MEM 5.0 4.0\n"
	    "PEAK 5.0 4.0\n");
}

/* The first process of pid 7 was highest at 1.0, the second at 5.0. */
static void each_process_has_its_highest(void **state)
{
	(void)state;
	expect_lines("CMDLINE a\n"
		     "THIN;stretch=16;until=0.0 1.0 0.0\n"
		     "PROC;pid=7;ppid=1;name=a 1.0 0.0\n"
		     "MEM 5.0 0.0\n"
		     "CHLD 7 1.0 0.0\n"
		     "MEM 4.0 1.0\n"
		     "CHLD 7 3.0 1.0\n"
		     "MEM 4.0 2.0\n"
		     "CHLD 7 2.0 2.0\n"
		     "CHLD 8 1.0 2.0\n"
		     "PROC;pid=7;ppid=1;name=b 1.0 3.0\n"
		     "MEM 4.0 4.0\n"
		     "CHLD 7 1.0 4.0\n"
		     "MEM 4.0 5.0\n"
		     "CHLD 7 2.0 5.0\n"
		     "CHLD 0 9.0 5.0\n"
		     "MEM 4.0 6.0\n"
		     "CHLD 7 2.0 6.0\n"
		     "MEM 3.0 7.0\n",
	    100, 1200,
	    "CMDLINE a\n"
	    "PROC;pid=7;ppid=1;name=a 1.0 0.0\n"
	    "THIN;stretch=16;until=119.0000 5.000000 0.0000\n"
	    "MEM 5.0 0.0\n"
	    "CHLD 7 1.0 0.0\n"
	    "MEM 4.0 1.0\n"
	    "CHLD 7 3.0 1.0\n"
	    "MEM 4.0 2.0\n"
	    "CHLD 7 2.0 2.0\n"
	    "CHLD 8 1.0 2.0\n"
	    "PROC;pid=7;ppid=1;name=b 1.0 3.0\n"
	    "MEM 4.0 5.0\n"
	    "CHLD 7 2.0 5.0\n"
	    "CHLD 0 9.0 5.0\n"
	    "MEM 3.0 7.0\n");
}

/* A second run has stretches of its own, and what has no number is no sample.
 */
static void each_run_and_each_oddity_stays(void **state)
{
	(void)state;
	expect_lines("CMDLINE a\n"
		     "THIN;stretch=64;until=0.0 1.0 0.0\n"
		     "MEM 5.0 0.0\n"
		     "MEM 5.0 1.0\n"
		     "MEM 5.0 x\n"
		     "MEM x 2.0\n"
		     "MEM 5.0\n"
		     "\n"
		     "MEM 5.0 3.0\n"
		     "MEM 5.0 4.0\n"
		     "CMDLINE b MEM 1.0 4.0\n"
		     "MEM 5.0 4.0\n"
		     "MEM 6.0 5.0\n"
		     "MEM 5.0 6.0\n"
		     "later;pid=7 1.0 7.0\n",
	    100, 1200,
	    "CMDLINE a\n"
	    "THIN;stretch=64;until=119.0000 5.000000 0.0000\n"
	    "MEM 5.0 0.0\n"
	    "MEM 5.0 x\n"
	    "MEM x 2.0\n"
	    "MEM 5.0\n"
	    "\n"
	    "MEM 5.0 3.0\n"
	    "CMDLINE b MEM 1.0 4.0\n"
	    "THIN;stretch=64;until=119.0000 5.000000 4.0000\n"
	    "MEM 5.0 4.0\n"
	    "MEM 6.0 5.0\n"
	    "later;pid=7 1.0 7.0\n");
}

static void what_can_not_be_thinned_says_why(void **state)
{
	struct strbuf text = {0}, thinned = {0};

	(void)state;
	strbuf_add(&text, "CMDLINE a\nMARK;label=x 1.0 1.0\n");
	assert_int_equal(thin_text(&text, text.len, 10, &thinned), -1);
	assert_string_equal(thinned.text, "no sample can be thinned out");
	add_recent(&text, 0);
	assert_int_equal(thin_text(&text, text.len + 1, 1200, &thinned), -1);
	assert_string_equal(thinned.text, "was cut");
	atomic_store(&stop, true);
	assert_int_equal(thin_text(&text, text.len, 1200, &thinned), -1);
	assert_string_equal(thinned.text, "was cut");
	atomic_store(&stop, false);
	strbuf_finish(&text);
	strbuf_finish(&thinned);
}

/* Text that was written behind len meanwhile is copied by another. */
static void what_is_behind_it_is_left_to_others(void **state)
{
	struct strbuf text = {0}, thinned = {0};
	size_t len;

	(void)state;
	strbuf_add(&text, "CMDLINE a\n");
	add_recent(&text, 0);
	len = text.len;
	strbuf_add(&text, "MARK;label=later 1.0 50.0\n");
	assert_int_equal(thin_text(&text, len, 1200, &thinned), 0);
	assert_null(strstr(thinned.text, "later"));
	assert_non_null(strstr(thinned.text, "MEM 1.0 39.0\n"));
	strbuf_finish(&text);
	strbuf_finish(&thinned);
}

/* Renamed, or removed: another file has its name. */
static void another_file_of_its_name_is_left_alone(void **state)
{
	const char *base = getenv("TMPDIR");
	char path[160];
	struct thin_wish wish;
	struct thin thin;
	struct err e;
	FILE *other = tmpfile();
	int fd;

	(void)state;
	assert_non_null(other);
	snprintf(path, sizeof(path), "%.90s/mprof-thin.XXXXXX",
	    base && base[0] == '/' && strlen(base) <= 90 ? base : "/tmp");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	wish =
	    (struct thin_wish){.path = path, .fd = fileno(other), .most = 1000};
	assert_int_equal(thin_begin(&thin, &wish, &e), -1);
	assert_string_equal(e.text, "has another name by now");
	close(fd);
	unlink(path);
	fclose(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_stretch_has_its_lowest_and_highest),
	    cmocka_unit_test(of_a_stretch_one_peak_and_one_share_stay),
	    cmocka_unit_test(each_process_has_its_highest),
	    cmocka_unit_test(each_run_and_each_oddity_stays),
	    cmocka_unit_test(what_can_not_be_thinned_says_why),
	    cmocka_unit_test(what_is_behind_it_is_left_to_others),
	    cmocka_unit_test(another_file_of_its_name_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
