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
	assert_string_equal(thinned.text, "no sample can be left out");
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

/* Compares the whole. */
static void expect_all(
    struct strbuf *text, size_t most, const struct strbuf *want)
{
	struct strbuf thinned = {0};

	assert_int_equal(thin_text(text, text->len, most, &thinned), 0);
	assert_string_equal(thinned.text, want->text);
	strbuf_finish(&thinned);
}

/* The records of a second with a process of its own; all, or those that are
 * kept: three of four readings of usage belong to the sample, of which two were
 * read at once. */
static void add_second(struct strbuf *text, int second, bool all)
{
	int pid = second + 10;

	strbuf_add_format(text,
	    "PROC;pid=%d;name=p%d 1.0 %d.0\n"
	    "MEM 50.0 %d.0\n"
	    "CHLD %d %d.0 %d.0\n"
	    "USAGE;pid=%d;cpu=1 1.0 %d.1\n"
	    "USAGE;pid=5;cpu=1 1.0 %d.1\n"
	    "USAGE;pid=%d;cpu=1 1.0 %d.2\n",
	    pid, pid, second, second, pid, pid, second, pid, second, second,
	    pid, second);
	if (all)
		strbuf_add_format(
		    text, "USAGE;pid=%d;cpu=1 1.0 %d.3\n", pid, second);
	/* The program is called otherwise, and is highest as n3. */
	if (all && second >= 1 && second <= 5)
		strbuf_add_format(text,
		    "CHLD 5 %d.0 %d.0\n"
		    "PROC;pid=5;start=3;peak=0.5;name=n%d;x=y\t1.0 %d.0\n",
		    second == 3 ? 2 : 1, second, second, second);
	strbuf_add_format(text, "EXIT;pid=%d;status=0 1.0 %d.0\n", pid, second);
	if (all)
		strbuf_add_format(text, "USAGE;pid=5;cpu=2 1.0 %d.1\n", second);
}

/* The six highest of twenty processes stay, of which five have their sample
 * and one's is told with its name; so does the one in the stretch's first
 * sample. The program has its first name, its last one, and that of its highest
 * sample, which tells how high. */
static void small_processes_are_left_out(void **state)
{
	struct strbuf text = {0}, want = {0};

	(void)state;
	strbuf_add(&text, "CMDLINE a\n"
			  "THIN;stretch=64;until=0.0 1.0 0.0\n"
			  "PROC;pid=5;start=3;name=n0 1.0 0.0\n");
	for (int i = 0; i < 20; i++)
		add_second(&text, i, true);
	add_recent(&text, 100);
	strbuf_add(&want,
	    "CMDLINE a\n"
	    "PROC;pid=5;start=3;name=n0 1.0 0.0\n"
	    "PROC;pid=10;name=p10 1.0 0.0\n"
	    "THIN;stretch=64;until=100.0000;processes=13;highest=23.000000 "
	    "50.000000 0.0000\n"
	    "MEM 50.0 0.0\n"
	    "CHLD 10 10.0 0.0\n"
	    "USAGE;pid=10;cpu=1 1.0 0.1\n"
	    "USAGE;pid=5;cpu=1 1.0 0.1\n"
	    "USAGE;pid=10;cpu=1 1.0 0.2\n"
	    "EXIT;pid=10;status=0 1.0 0.0\n"
	    "PROC;pid=5;start=3;name=n3;x=y;peak=2.000000\t1.0 3.0\n"
	    "PROC;pid=5;start=3;peak=0.5;name=n5;x=y\t1.0 5.0\n"
	    "PROC;pid=24;name=p24;peak=24.000000 1.0 14.0\n"
	    "EXIT;pid=24;status=0 1.0 14.0\n");
	for (int i = 15; i < 20; i++)
		add_second(&want, i, false);
	add_recent(&want, 100);
	expect_all(&text, 3000, &want);
	strbuf_finish(&text);
	strbuf_finish(&want);
}

/* As another program may have written it: a peak behind it would be a line. */
static void a_name_without_numbers_is_left_as_it_is(void **state)
{
	static const char numbers[] = "\t1.0 3.0\nEXIT";
	struct strbuf text = {0}, thinned = {0};
	char *at;

	(void)state;
	strbuf_add(&text, "CMDLINE a\n"
			  "THIN;stretch=64;until=0.0 1.0 0.0\n"
			  "PROC;pid=5;start=3;name=n0 1.0 0.0\n");
	for (int i = 0; i < 20; i++)
		add_second(&text, i, true);
	add_recent(&text, 100);
	at = strstr(text.text, numbers);
	assert_non_null(at);
	at[0] = at[4] = ';';
	assert_int_equal(thin_text(&text, text.len, 3000, &thinned), 0);
	assert_non_null(strstr(thinned.text,
	    "PROC;pid=5;start=3;peak=0.5;name=n3;x=y;1.0;3.0\nPROC;"));
	strbuf_finish(&text);
	strbuf_finish(&thinned);
}

/* Marks of half the size and more: the newest stay, and all that is in the
 * newest part. */
static void old_marks_are_left_out(void **state)
{
	static const char newest[] = "MARK;label=x 1.0 150.0\n"
				     "HEAP;id=50;types=1;label=x 1.0 150.0\n"
				     "TYPE;heap=50;size=1;name=x 1.0 150.0\n"
				     "USAGE;pid=7;cpu=1 1.0 150.0\n"
				     "PEAK 1.0 150.0\nPEAK 1.0 150.0\n";
	struct strbuf text = {0}, want = {0};

	(void)state;
	strbuf_add(&text, "CMDLINE a\nMEM 5.0 0.0\n");
	strbuf_add(&want, "CMDLINE a\n"
			  "THIN;stretch=1;until=109.0000;marks=28;"
			  "snapshots=37 5.000000 0.0000\n"
			  "MEM 5.0 0.0\n");
	for (int i = 0; i < 40; i++) {
		struct strbuf *const both[] = {&text, &want};

		for (int k = 0; k < 2; k++) {
			if (k == 0 || i >= 28)
				strbuf_add_format(
				    both[k], "MARK;label=m%d 1.0 %d.0\n", i, i);
			if (k == 0 || i >= 37)
				strbuf_add_format(both[k],
				    "HEAP;id=%d;types=1;label=m%d 1.0 %d.0\n"
				    "TYPE;heap=%d;count=1;size=1;name=x 1.0 "
				    "%d.0\n",
				    i, i, i, i, i);
		}
	}
	add_recent(&text, 100);
	add_recent(&want, 100);
	strbuf_add(&text, newest);
	strbuf_add(&want, newest);
	expect_all(&text, 2400, &want);
	strbuf_finish(&text);
	strbuf_finish(&want);
}

/* Where all fits, each name stays, and no peak is written. */
static void names_between_stay_where_all_fits(void **state)
{
	(void)state;
	expect_lines("CMDLINE a\n"
		     "PROC;pid=7;start=5;name=a 1.0 0.0\n"
		     "MEM 5.0 0.0\n"
		     "CHLD 7 1.0 0.0\n"
		     "PROC;pid=7;start=5;name=b 1.0 0.0\n"
		     "PROC;pid=7;start=5;name=c 1.0 0.0\n"
		     "PROC;pid=7;start=5;name=d 1.0 0.0\n",
	    100, 1200,
	    "CMDLINE a\n"
	    "PROC;pid=7;start=5;name=a 1.0 0.0\n"
	    "THIN;stretch=2;until=119.0000 5.000000 0.0000\n"
	    "MEM 5.0 0.0\n"
	    "CHLD 7 1.0 0.0\n"
	    "PROC;pid=7;start=5;name=b 1.0 0.0\n"
	    "PROC;pid=7;start=5;name=c 1.0 0.0\n"
	    "PROC;pid=7;start=5;name=d 1.0 0.0\n");
}

/* An earlier thinning's counts stay, also in a run that is all in the newest
 * part; what counted nothing is not said there. */
static void counts_of_earlier_thinnings_stay(void **state)
{
	struct strbuf text = {0}, want = {0};

	(void)state;
	strbuf_add(&text, "CMDLINE a\nMEM 5.0 0.0\nMEM 5.0 1.0\n");
	add_recent(&text, 100);
	strbuf_add(&text,
	    "CMDLINE b\nMEM 1.0 150.0\n"
	    "CMDLINE c\n"
	    "THIN;stretch=2;until=1.0;snapshots=5;highest=3.0;runs=6;marks=4 "
	    "1.0 151.0\n"
	    "MEM 1.25 151.0\nMEM 1.0 152.0\n"
	    "CMDLINE d\n"
	    "THIN;stretch=2;until=1.0;highest=3.0;processes=1 1.0 151.0\n"
	    "MEM 1.0 153.0\n"
	    "CMDLINE e\nMEM 1.0 154.0\n");
	strbuf_add(&want, "CMDLINE a\n"
			  "THIN;stretch=4;until=151.0000 5.000000 0.0000\n"
			  "MEM 5.0 0.0\n");
	for (int i = 100; i < 140; i += 4)
		strbuf_add_format(&want, "MEM 1.0 %d.0\n", i);
	strbuf_add(&want,
	    "CMDLINE b\n"
	    "THIN;stretch=4;until=151.0000 1.000000 150.0000\n"
	    "MEM 1.0 150.0\n"
	    "CMDLINE c\n"
	    "THIN;stretch=4;until=151.0000;marks=4;snapshots=5;runs=6 "
	    "1.250000 151.0000\n"
	    "MEM 1.25 151.0\nMEM 1.0 152.0\n"
	    "CMDLINE d\n"
	    "THIN;stretch=4;until=151.0000;processes=1;highest=3.000000 "
	    "1.000000 153.0000\n"
	    "MEM 1.0 153.0\n"
	    "CMDLINE e\nMEM 1.0 154.0\n");
	expect_all(&text, 800, &want);
	strbuf_finish(&text);
	strbuf_finish(&want);
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
	assert_string_equal(e.text, "it was renamed or removed");
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
	    cmocka_unit_test(small_processes_are_left_out),
	    cmocka_unit_test(a_name_without_numbers_is_left_as_it_is),
	    cmocka_unit_test(old_marks_are_left_out),
	    cmocka_unit_test(names_between_stay_where_all_fits),
	    cmocka_unit_test(counts_of_earlier_thinnings_stay),
	    cmocka_unit_test(another_file_of_its_name_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
