// SPDX-License-Identifier: MIT
//
// The sink writes lines of a recording; this tests which samples it holds back
// and when it writes them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "recorder/dat_sink.h"

static char path[] = "/tmp/mprof-test-sink.XXXXXX";
static struct dat_sink recording;

static void tick(int64_t s, int64_t kib)
{
	struct sink_tick now = {
	    .time_ns = s * NS_PER_S, .total_kib = kib, .sampled = true};

	recording.sink.tick(recording.sink.context, &now);
}

/* The keywords and times of the file's lines but INFO: "MEM1 MEM3 EXIT4". */
static void expect_lines(const char *want)
{
	char line[256], got[256] = "", last[32];
	FILE *file;
	struct err e;

	assert_int_equal(dat_sink_finish(&recording, &e), 0);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, "CMDLINE", 7) == 0 ||
		    strncmp(line, "INFO", 4) == 0)
			continue;
		snprintf(last, sizeof(last), "%s%.*s%d", got[0] ? " " : "",
		    (int)strcspn(line, "; "), line,
		    (int)atof(strrchr(line, ' ')));
		strcat(got, last);
	}
	fclose(file);
	assert_string_equal(got, want);
}

static void an_unchanged_sample_is_written_where_it_changes(void **state)
{
	(void)state;
	for (int s = 1; s < 6; s++)
		tick(s, 1024);
	tick(6, 2048);
	tick(7, 2048);
	expect_lines("MEM1 MEM5 MEM6 MEM7");
}

/* Else the recording would seem to end at the last change. */
static void a_held_sample_is_written_before_the_end(void **state)
{
	struct sink_exit end = {.time_ns = 5 * NS_PER_S,
	    .pid = 7,
	    .is_root = true,
	    .has_status = true,
	    .peak_kib = 1024};

	(void)state;
	for (int s = 1; s < 5; s++)
		tick(s, 1024);
	recording.sink.exit(recording.sink.context, &end);
	expect_lines("MEM1 MEM4 EXIT5");
}

/* No longer than ten minutes, which a kill would lose. */
static void a_sample_is_not_held_for_ever(void **state)
{
	(void)state;
	tick(1, 1024);
	tick(600, 1024);
	tick(601, 1024);
	tick(602, 1024);
	tick(603, 2048);
	expect_lines("MEM1 MEM601 MEM602 MEM603");
}

static int begin(void **state)
{
	static char *words[] = {"x", NULL};
	struct err e;
	int fd = mkstemp(strcpy(path, "/tmp/mprof-test-sink.XXXXXX"));

	(void)state;
	dat_sink_init(&recording);
	recording.backend = "rss";
	recording.interval_ns = NS_PER_S;
	recording.skip_unchanged = true;
	if (fd < 0 || close(fd) != 0 ||
	    dat_writer_open(&recording.writer, path, &e) != 0)
		return -1;
	dat_write_command(&recording.writer, words);
	return 0;
}

static int end(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		an_unchanged_sample_is_written_where_it_changes, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_held_sample_is_written_before_the_end, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_sample_is_not_held_for_ever, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
