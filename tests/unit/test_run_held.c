// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "commands/run_held.h"
#include "dat/reader.h"
#include "scratch.h"

enum { SECONDS = 120 };

/* Five places: one holds 3 MiB more each second where it leaks, the others hold
 * 50, 40, 30 and 1 MiB. All of it is resident, besides 10 MiB. */
static void recording_write(FILE *file, bool leaks)
{
	static const int kept_mib[] = {50, 40, 30, 1};
	double held_mib = 131;
	int id = 0;

	fprintf(file, "CMDLINE serve\n");
	for (int i = 0; i < 4; i++) {
		id++;
		fprintf(file,
		    "ALLOC;id=%d;site=%d;size=%d;frames=#%d:/srv/app.py:%d:f%d "
		    "%d.000000 1000.0000\n",
		    id, id, kept_mib[i] << 20, id, id, id, kept_mib[i]);
	}
	fprintf(file, "MEM 131.000000 1000.0000\n");
	for (int s = 1; s <= SECONDS; s++) {
		id++;
		fprintf(file, "ALLOC;id=%d;site=5;size=3145728", id);
		if (s == 1)
			fprintf(file, ";frames=#5:/srv/app.py:9:load");
		fprintf(file, " 3.000000 %d.0000\n", 1000 + s);
		if (!leaks)
			fprintf(file, "FREE;id=%d 3.000000 %d.5000\n", id,
			    1000 + s);
		held_mib += leaks ? 3 : 0;
		fprintf(file, "MEM %.6f %d.0000\n", held_mib, 1000 + s);
	}
}

/* The lines on stderr at the end of such a run. */
static char *said(bool leaks, const struct sampler_result *result)
{
	char path[SCRATCH_MAX], text[4096];
	int fd = scratch_file(path), saved = dup(STDERR_FILENO);
	FILE *file = fdopen(fd, "w+");
	struct run_held held = {0};
	struct profile profile;
	struct err err;
	size_t len;

	recording_write(file, leaks);
	assert_int_equal(fflush(file), 0);
	assert_int_equal(dat_read(&profile, path, &err), 0);
	run_held_judge(&held, &profile.runs.items[0]);
	assert_int_equal(ftruncate(fd, 0), 0);
	rewind(file);
	fflush(stderr);
	dup2(fd, STDERR_FILENO);
	run_held_print(&held, result);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	len = (size_t)pread(fd, text, sizeof(text) - 1, 0);
	text[len] = '\0';
	run_held_finish(&held);
	profile_finish(&profile);
	fclose(file);
	unlink(path);
	return strdup(text);
}

static void a_leak_names_the_three_that_held_most(void **state)
{
	const struct sampler_result result = {0};
	char *text = said(true, &result);

	(void)state;
	assert_string_equal(text,
	    "mprof: held at the peak: 360 MiB of 481 MiB by app.py:9 load\n"
	    "mprof: held at the peak: 50.0 MiB of 481 MiB by app.py:1 f1\n"
	    "mprof: held at the peak: 40.0 MiB of 481 MiB by app.py:2 f2\n");
	free(text);
}

static void a_run_that_ends_well_says_nothing(void **state)
{
	const struct sampler_result result = {0};
	char *text = said(false, &result);

	(void)state;
	assert_string_equal(text, "");
	free(text);
}

static void a_limit_and_the_oom_killer_are_explained(void **state)
{
	const struct sampler_result limited = {.limit.reached = true},
				    killed = {.exit_cause.oom = true};
	char *text = said(false, &limited), *same = said(false, &killed);

	(void)state;
	assert_string_equal(text,
	    "mprof: held at the peak: 50.0 MiB of 121 MiB by app.py:1 f1\n"
	    "mprof: held at the peak: 40.0 MiB of 121 MiB by app.py:2 f2\n"
	    "mprof: held at the peak: 30.0 MiB of 121 MiB by app.py:3 f3\n");
	assert_string_equal(text, same);
	free(same);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_leak_names_the_three_that_held_most),
	    cmocka_unit_test(a_run_that_ends_well_says_nothing),
	    cmocka_unit_test(a_limit_and_the_oom_killer_are_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
