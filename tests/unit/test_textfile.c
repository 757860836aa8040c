// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include <math.h>

#include "base/clock.h"
#include "profile/resource.h"
#include "recorder/textfile.h"
#include "scratch.h"

static char path[160], text[8192];

static int begin(void **state)
{
	if (scratch_make(state) != 0)
		return -1;
	snprintf(path, sizeof(path), "%s/mprof-42.prom", scratch);
	return 0;
}

static const char *content(void)
{
	FILE *file = fopen(path, "r");
	size_t len;

	assert_non_null(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = 0;
	fclose(file);
	return text;
}

static void tell(struct textfile *t, double seconds, int64_t first_kib)
{
	const struct sink_process processes[] = {
	    {.pid = 1, .kib = first_kib, .peak_kib = 300, .name = "web"},
	    {.pid = 2, .kib = 50, .peak_kib = 60, .name = "a\"b\\\n"},
	    {.pid = 3, .kib = 20, .peak_kib = 20, .name = "web"}};
	struct sink_tick tick = {(int64_t)(seconds * NS_PER_S), first_kib + 70,
	    true, processes, 3, NULL, 0, 0};
	struct sampler_hook hook = textfile_hook(t);

	hook.tick(hook.context, &tick, NULL);
}

static void figures_by_name(void **state)
{
	struct textfile *t;
	struct stat file;
	struct err e;

	(void)state;
	t = textfile_create(scratch, 42, "serve \"x\"", &e);
	assert_non_null(t);
	assert_int_equal(access(path, F_OK), -1);
	tell(t, 1000, 100);
	assert_non_null(strstr(content(), "mprof_memory_bytes{command=\"serve "
					  "\\\"x\\\"\",pid=\"42\"} 174080\n"));
	assert_non_null(strstr(text,
	    "mprof_process_memory_bytes{command=\"serve \\\"x\\\"\",pid=\"42\","
	    "process=\"web\"} 122880\n"));
	assert_non_null(strstr(text, "process=\"a\\\"b\\\\\\\\n\"} 51200\n"));
	assert_non_null(strstr(text, "mprof_process_memory_peak_bytes{command="
				     "\"serve \\\"x\\\"\",pid=\"42\","
				     "process=\"web\"} 307200\n"));
	assert_non_null(strstr(text,
	    "# HELP mprof_processes Recorded processes alive.\n"
	    "# TYPE mprof_processes gauge\nmprof_processes{command="));
	assert_non_null(strstr(text, "mprof_processes{command=\"serve "
				     "\\\"x\\\"\",pid=\"42\"} 3\n"));
	/* the highest of a sum, or of a process's own mark */
	assert_non_null(strstr(text, "mprof_memory_peak_bytes{command=\"serve "
				     "\\\"x\\\"\",pid=\"42\"} 307200\n"));
	tell(t, 1001, 1000);
	assert_non_null(strstr(content(),
	    "mprof_memory_peak_bytes{command=\"serve \\\"x\\\"\",pid=\"42\"} "
	    "1095680\n"));
	assert_non_null(strstr(text, "process=\"web\"} 1044480\n"));
	assert_non_null(strstr(text, "process=\"a\\\"b\\\\\\\\n\"} 51200\n"));
	tell(t, 1002, 10);
	assert_non_null(strstr(content(), "process=\"web\"} 30720\n"));
	assert_non_null(strstr(text, "process=\"web\"} 1044480\n"));
	assert_int_equal(stat(path, &file), 0);
	assert_int_equal(file.st_mode & 0777, 0600);
	textfile_destroy(t);
	assert_int_equal(access(path, F_OK), -1);
}

/* The peak of a name is its highest sum, whichever name it is. */
static void each_name_has_its_sum_as_its_peak(void **state)
{
	static const char *const names[] = {"a", "b", "c"};
	struct textfile *t;
	struct err e;

	(void)state;
	t = textfile_create(scratch, 42, "x", &e);
	for (size_t i = 0; i < 3; i++) {
		struct sink_process processes[3] = {{0}};
		struct sink_tick tick = {.time_ns = (int64_t)i * NS_PER_S,
		    .sampled = true,
		    .processes = processes,
		    .count = 3};
		struct sampler_hook hook = textfile_hook(t);
		char want[40];

		for (size_t k = 0; k < 3; k++) {
			processes[k].name = names[k];
			processes[k].kib = k == i ? 10 + (int64_t)i : 1;
		}
		hook.tick(hook.context, &tick, NULL);
		content();
		snprintf(want, sizeof(want), "pid=\"42\"} %d\n",
		    (10 + (int)i) * 1024);
		assert_non_null(
		    strstr(strstr(text, "mprof_memory_peak_bytes{"), want));
		snprintf(want, sizeof(want), "process=\"%s\"} %d\n", names[i],
		    (10 + (int)i) * 1024);
		assert_non_null(strstr(
		    strstr(text, "mprof_process_memory_peak_bytes{"), want));
	}
	textfile_destroy(t);
}

static void a_process_without_a_figure_adds_nothing(void **state)
{
	struct textfile *t;
	struct err e;

	(void)state;
	t = textfile_create(scratch, 42, "x", &e);
	for (int kib = -1; kib < 2; kib++) {
		char want[32];

		tell(t, 1000 + 2 * kib, kib);
		snprintf(want, sizeof(want), "process=\"web\"} %d\n",
		    (kib < 0 ? 20 : 20 + kib) * 1024);
		assert_non_null(strstr(content(), want));
	}
	textfile_destroy(t);
}

/* Prometheus wants seconds and bytes; what is not known has no line. */
static void readings_are_in_base_units(void **state)
{
	struct sink_tick tick = {.time_ns = NS_PER_S, .sampled = true};
	struct sampler_hook hook;
	double figures[FIGURES];
	struct textfile *t;
	struct err e;

	(void)state;
	for (size_t i = 0; i < FIGURES; i++)
		figures[i] = NAN;
	figures[FIGURE_CPU] = 1.5;
	figures[FIGURE_THREADS] = 4;
	figures[FIGURE_READ] = 2.5;
	figures[FIGURE_GPU_MEMORY] = 3;
	figures[FIGURE_GPU_MEMORY + 2] = 0.5;
	tick.usage = figures;
	t = textfile_create(scratch, 42, "x", &e);
	hook = textfile_hook(t);
	hook.tick(hook.context, &tick, NULL);
	content();
	assert_non_null(strstr(text,
	    "# TYPE mprof_cpu_seconds_total counter\n"
	    "mprof_cpu_seconds_total{command=\"x\",pid=\"42\"} 1.500\n"));
	assert_non_null(
	    strstr(text, "# TYPE mprof_threads gauge\n"
			 "mprof_threads{command=\"x\",pid=\"42\"} 4\n"));
	assert_non_null(strstr(text,
	    "mprof_read_bytes_total{command=\"x\",pid=\"42\"} 2621440\n"));
	assert_non_null(strstr(text,
	    "# TYPE mprof_gpu_device_memory_bytes gauge\n"
	    "mprof_gpu_device_memory_bytes{command=\"x\",pid=\"42\",gpu=\"0\"} "
	    "3145728\n"
	    "mprof_gpu_device_memory_bytes{command=\"x\",pid=\"42\",gpu=\"2\"} "
	    "524288\n"));
	assert_null(strstr(text, "mprof_written_bytes"));
	assert_null(strstr(text, "nan"));
	textfile_destroy(t);
}

static void once_a_second(void **state)
{
	struct textfile *t;
	struct err e;

	(void)state;
	t = textfile_create(scratch, 42, "x", &e);
	tell(t, 1000, 100);
	tell(t, 1000.9, 900);
	assert_non_null(
	    strstr(content(), "mprof_memory_bytes{command=\"x\",pid=\"42\"} "
			      "174080\n"));
	tell(t, 1001.1, 900);
	assert_non_null(
	    strstr(content(), "mprof_memory_bytes{command=\"x\",pid=\"42\"} "
			      "993280\n"));
	textfile_destroy(t);
}

/* A link to a device, say, is not replaced. */
static void what_is_no_file_is_refused(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_null(textfile_create(scratch, 42, "x", &e));
	assert_non_null(strstr(e.text, "option --textfile: "));
	assert_non_null(strstr(e.text, ".prom: is not a regular file"));
	assert_int_equal(unlink(path), 0);
}

static void a_directory_that_is_none(void **state)
{
	struct err e;

	(void)state;
	assert_null(textfile_create("/no/such/directory", 42, "x", &e));
	assert_non_null(strstr(e.text, "/no/such/directory"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		figures_by_name, begin, scratch_remove_empty),
	    cmocka_unit_test_setup_teardown(
		each_name_has_its_sum_as_its_peak, begin, scratch_remove_empty),
	    cmocka_unit_test_setup_teardown(
		a_process_without_a_figure_adds_nothing, begin,
		scratch_remove_empty),
	    cmocka_unit_test_setup_teardown(
		readings_are_in_base_units, begin, scratch_remove_empty),
	    cmocka_unit_test_setup_teardown(
		once_a_second, begin, scratch_remove_empty),
	    cmocka_unit_test_setup_teardown(
		what_is_no_file_is_refused, begin, scratch_remove_empty),
	    cmocka_unit_test(a_directory_that_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
