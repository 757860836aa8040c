// SPDX-License-Identifier: MIT
//
// Recordings whose processes, marks, snapshots or runs alone would exceed their
// bound: what is left out is counted, and what is left is true.
#include "dat/thin.h"

#include <fcntl.h>
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

#include "base/mem.h"
#include "dat/reader.h"
#include "dat/writer.h"
#include "profile/process.h"
#include "profile/run.h"
#include "near.h"
#include "scratch.h"

#define START_S 1700000000
#define SECOND INT64_C(1000000000)

struct made {
	char *path;
	struct dat_writer writer;
	int64_t time_ns;
	unsigned troubles; /* of the last run */
};

static int set_up(void **state)
{
	struct made *made = mem_zero(1, sizeof(*made));

	assert_int_equal(scratch_make(state), 0);
	made->path = mem_format("%s/a.dat", scratch);
	made->time_ns = START_S * SECOND;
	*state = made;
	return 0;
}

static int tear_down(void **state)
{
	struct made *made = *state;

	free(made->path);
	free(made);
	return scratch_remove(state);
}

static size_t size_of(const char *path)
{
	struct stat about;

	assert_int_equal(stat(path, &about), 0);
	return (size_t)about.st_size;
}

/* A walk of its own, the same in every run. */
static uint32_t noise(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) +
		UINT64_C(1442695040888963407);
	return (uint32_t)(*seed >> 40);
}

static void introduce(struct made *made, int pid, int start, const char *name)
{
	struct dat_writer *writer = &made->writer;

	dat_write_begin(writer, "PROC");
	dat_write_whole(writer, "pid", pid);
	dat_write_whole(writer, "start", start);
	dat_write_whole(writer, "ppid", 1);
	dat_write_text(writer, "name", name);
	dat_write_text(writer, "cmd", "/usr/lib/gcc/cc1 -quiet some/file.c");
	dat_write_end(writer, 0, made->time_ns);
}

static void end(struct made *made, int pid, int64_t kib)
{
	dat_write_begin(&made->writer, "EXIT");
	dat_write_whole(&made->writer, "pid", pid);
	dat_write_whole(&made->writer, "status", 0);
	dat_write_end(&made->writer, kib, made->time_ns);
}

static void tick(struct made *made, int64_t kib)
{
	made->time_ns += SECOND;
	dat_write_memory(&made->writer, kib, made->time_ns);
}

/* Everything is in the file, thinned where that was due. */
static void flush(struct made *made)
{
	struct dat_writer *writer = &made->writer;

	dat_writer_flush(writer);
	while (writer->thin && !thin_is_done(writer->thin))
		usleep(100);
	dat_writer_flush(writer);
	assert_true(size_of(made->path) <= writer->most || writer->troubles);
}

static void begin_run(struct made *made, size_t most)
{
	static char *words[] = {"made", "here", NULL};
	struct err e;

	assert_int_equal(dat_writer_open(&made->writer, made->path, &e), 0);
	assert_int_equal(dat_writer_bound(&made->writer, most, &e), 0);
	dat_write_command(&made->writer, words);
	dat_write_begin(&made->writer, "INFO");
	dat_write_text(&made->writer, "version", "0.2.0");
	dat_write_end(&made->writer, 1024, made->time_ns);
	introduce(made, 1, 1, "root");
}

static void end_run(struct made *made, int64_t peak_kib)
{
	struct err e;

	end(made, 1, 2048);
	dat_write_begin(&made->writer, "PEAK");
	dat_write_end(&made->writer, peak_kib, made->time_ns);
	flush(made);
	made->troubles = made->writer.troubles;
	assert_int_equal(dat_writer_close(&made->writer, &e), 0);
}

static void read_file(const struct made *made, struct profile *profile)
{
	struct err e;

	assert_int_equal(dat_read(profile, made->path, &e), 0);
	assert_int_equal(profile->skipped, 0);
	assert_int_equal(profile->unknown, 0);
	for (size_t i = 0; i < profile->runs.len; i++) {
		const struct run *run = &profile->runs.items[i];

		/* Each sample's processes are in it, so that the rest is the
		 * program's: one MiB. */
		for (size_t t = 0; t < run->total.len; t++) {
			double sum = 0;

			run_sum_at(run, &t, 1, &sum);
			assert_near(run->total.items[t].mib - sum, 1, 1e-4);
		}
	}
}

enum { MOST_COMPARED = 10 };

static void insert(double *highest, double mib)
{
	for (int i = 0; i < MOST_COMPARED; i++) {
		double lower = highest[i];

		if (mib <= lower)
			continue;
		highest[i] = mib;
		mib = lower;
	}
}

/* Ticks with up to eight of very many processes, each of which has two
 * samples. */
static void run_processes(
    struct made *made, int count, double *highest, double *peak)
{
	uint64_t seed = 7;
	int64_t before = 0;

	for (int i = 0; i < count; i++) {
		int64_t kib = 1000 + (noise(&seed) & 0xfff);
		int pid = 100 + i % 5000;

		if (noise(&seed) % 1000 == 0)
			kib *= 10 + noise(&seed) % 50;
		made->time_ns += SECOND / 2;
		introduce(made, pid, 1000 + i, "cc1");
		tick(made, 1024 + before + kib);
		if (before)
			dat_write_child(&made->writer, 100 + (i - 1) % 5000,
			    before, made->time_ns);
		dat_write_child(&made->writer, pid, kib, made->time_ns);
		if (before)
			end(made, 100 + (i - 1) % 5000, before);
		flush(made);
		insert(highest, (double)kib / 1024);
		if ((double)(1024 + before + kib) / 1024 > *peak)
			*peak = (double)(1024 + before + kib) / 1024;
		before = kib;
	}
	end(made, 100 + (count - 1) % 5000, before);
}

static void check_processes(
    const struct run *run, int count, const double *want, double peak_mib)
{
	double highest[MOST_COMPARED] = {0};
	struct sample peak;

	assert_true(run_peak(run, &peak));
	assert_near(peak.mib, peak_mib, 1e-5);
	for (size_t i = 0; i < run->processes.len; i++) {
		double mib;

		if (process_peak(&run->processes.items[i], &mib))
			insert(highest, mib);
		assert_non_null(run->processes.items[i].name);
	}
	for (int i = 0; i < MOST_COMPARED; i++)
		assert_near(highest[i], want[i], 1e-5);
	assert_true(run->info.left.processes > 0);
	assert_int_equal(
	    run->processes.len + run->info.left.processes, count + 1);
	assert_true(run->info.left.highest_mib > 1);
	assert_true(run->info.left.highest_mib <= want[MOST_COMPARED - 1]);
	assert_true(run->exit.known && run->exit.mib == 2);
}

static void very_many_processes(void **state)
{
	static const struct {
		int count;
		size_t most;
	} cases[] = {{200000, 1 << 20}, {5000, 100 << 10}};
	struct made *made = *state;

	for (size_t i = 0; i < 2; i++) {
		double highest[MOST_COMPARED] = {0}, peak = 0;
		struct profile profile;

		begin_run(made, cases[i].most);
		run_processes(made, cases[i].count, highest, &peak);
		end_run(made, (int64_t)(peak * 1024));
		assert_int_equal(made->troubles, 0);
		assert_true(size_of(made->path) <= cases[i].most);
		read_file(made, &profile);
		assert_int_equal(profile.runs.len, 1);
		check_processes(
		    &profile.runs.items[0], cases[i].count, highest, peak);
		profile_finish(&profile);
		assert_int_equal(unlink(made->path), 0);
	}
}

/* Pid 2 can't be measured, pid 3 is always there and was highest early: both
 * are known to the end. */
static void those_who_live_stay(void **state)
{
	static const uint32_t living[] = {3, 2, 1};
	struct made *made = *state;
	double highest[MOST_COMPARED] = {0}, mib;
	const struct run *run;
	struct profile profile;

	begin_run(made, 100 << 10);
	made->writer.living = living;
	made->writer.living_count = 3;
	introduce(made, 2, 2, "secret");
	introduce(made, 3, 3, "server");
	for (int i = 0; i < 3000; i++) {
		int64_t kib = i == 5 ? 3000 : 2000 + i % 7;

		introduce(made, 100 + i, i + 10, "short");
		tick(made, 1024 + kib);
		dat_write_child(&made->writer, 3, kib, made->time_ns);
		end(made, 100 + i, 9000);
		flush(made);
	}
	end(made, 2, 100);
	end_run(made, 4096);
	assert_int_equal(made->troubles, 0);
	read_file(made, &profile);
	run = &profile.runs.items[0];
	assert_true(run->exit.mib == 2);
	assert_string_equal(run->processes.items[1].name, "secret");
	assert_true(run->processes.items[1].exit.known);
	assert_string_equal(run->processes.items[2].name, "server");
	assert_true(process_peak(&run->processes.items[2], &mib));
	insert(highest, mib);
	assert_near(highest[0], 3000.0 / 1024, 1e-5);
	assert_true(run->info.left.processes > 1000);
	assert_near(run->info.left.highest_mib, 9000.0 / 1024, 1e-5);
	profile_finish(&profile);
}

/* Forty processes live for ever, each highest at another time: there is no room
 * for all these samples, but for the figures. */
static void the_highest_of_each_is_told(void **state)
{
	struct made *made = *state;
	uint32_t living[40];
	struct profile profile;
	const struct run *run;

	begin_run(made, 100 << 10);
	for (int p = 0; p < 40; p++) {
		living[p] = (uint32_t)p + 2;
		introduce(made, p + 2, p + 2, "worker");
	}
	made->writer.living = living;
	made->writer.living_count = 40;
	for (int i = 0; i < 2000; i++) {
		int64_t sum = 1024;

		for (int p = 0; p < 40; p++)
			sum += i == 40 * p ? 5000 + p : 1000;
		tick(made, sum);
		for (int p = 0; p < 40; p++)
			dat_write_child(&made->writer, p + 2,
			    i == 40 * p ? 5000 + p : 1000, made->time_ns);
		flush(made);
	}
	end_run(made, 50000);
	assert_int_equal(made->troubles, 0);
	read_file(made, &profile);
	run = &profile.runs.items[0];
	assert_int_equal(run->processes.len, 41);
	assert_int_equal(run->info.left.processes, 0);
	for (int p = 0; p < 40; p++) {
		double mib = 0;

		assert_true(process_peak(&run->processes.items[p + 1], &mib));
		assert_near(mib, (5000.0 + p) / 1024, 1e-5);
	}
	profile_finish(&profile);
}

/* A worker that is called like its request, and was highest as "q123". */
static void names_that_change(void **state)
{
	static const uint32_t living[] = {2};
	struct made *made = *state;
	struct profile profile;
	const struct run *run;
	char name[32];
	double mib;

	begin_run(made, 100 << 10);
	made->writer.living = living;
	made->writer.living_count = 1;
	for (int i = 0; i < 5000; i++) {
		int64_t kib = i == 123 ? 3000 : 1000;

		tick(made, 1024 + kib);
		dat_write_child(&made->writer, 2, kib, made->time_ns);
		snprintf(name, sizeof(name), "q%d", i);
		introduce(made, 2, 2, name);
		flush(made);
	}
	end_run(made, 4096);
	assert_int_equal(made->troubles, 0);
	read_file(made, &profile);
	run = &profile.runs.items[0];
	assert_int_equal(run->processes.len, 2);
	assert_string_equal(run->processes.items[1].name, "q123");
	assert_true(process_peak(&run->processes.items[1], &mib));
	assert_near(mib, 3000.0 / 1024, 1e-5);
	profile_finish(&profile);
}

static void the_newest_marks_stay(void **state)
{
	struct made *made = *state;
	struct profile profile;
	const struct run *run;
	char label[32];

	begin_run(made, 100 << 10);
	for (int i = 0; i < 20000; i++) {
		tick(made, 1024);
		snprintf(label, sizeof(label), "request%d", i);
		dat_write_begin(&made->writer, "MARK");
		dat_write_text(&made->writer, "label", label);
		dat_write_end(&made->writer, 1024, made->time_ns);
		if (i % 100 == 0) {
			dat_write_raw(
			    &made->writer, "HEAP;id=1;types=1;label=");
			dat_write_raw(&made->writer, label);
			dat_write_end(&made->writer, 10, made->time_ns);
			dat_write_raw(&made->writer,
			    "TYPE;heap=1;count=3;size=9;name=dict");
			dat_write_end(&made->writer, 10, made->time_ns);
		}
		flush(made);
	}
	end_run(made, 1024);
	assert_int_equal(made->troubles, 0);
	read_file(made, &profile);
	run = &profile.runs.items[0];
	assert_true(run->marks.len > 100);
	assert_int_equal(run->marks.len + run->info.left.marks, 20000);
	for (size_t i = 0; i < run->marks.len; i++) {
		snprintf(label, sizeof(label), "request%d",
		    20000 - (int)(run->marks.len - i));
		assert_string_equal(run->marks.items[i].label, label);
	}
	assert_true(run->snapshots.len > 0);
	assert_int_equal(run->snapshots.len + run->info.left.snapshots, 200);
	for (size_t i = 0; i < run->snapshots.len; i++)
		assert_int_equal(run->snapshots.items[i].read, 1);
	profile_finish(&profile);
}

/* A service that is started again and again. */
static void the_newest_runs_stay(void **state)
{
	enum { RESTARTS = 200 };
	struct made *made = *state;
	struct profile profile;
	size_t len;

	for (int i = 0; i < RESTARTS; i++) {
		begin_run(made, 100 << 10);
		for (int p = 2; p < 12; p++)
			introduce(made, p, i * 20 + p, "worker");
		for (int t = 0; t < 10; t++) {
			tick(made, 1024 + 10 * (1000 + i));
			for (int p = 2; p < 12; p++)
				dat_write_child(
				    &made->writer, p, 1000 + i, made->time_ns);
			flush(made);
		}
		end_run(made, 1024 + 10 * (1000 + i));
		assert_int_equal(made->troubles, 0);
	}
	assert_true(size_of(made->path) <= 100 << 10);
	read_file(made, &profile);
	len = profile.runs.len;
	assert_true(len > 5);
	assert_int_equal(profile.runs.items[0].info.left.runs, RESTARTS - len);
	for (size_t i = 0; i < len; i++) {
		const struct run *run = &profile.runs.items[i];
		double kib =
		    1024 + 10 * (1000.0 + RESTARTS - (double)(len - i));
		struct sample peak;

		assert_true(run_peak(run, &peak));
		assert_near(peak.mib, kib / 1024, 1e-4);
		assert_true(run->exit.known);
	}
	profile_finish(&profile);
}

/* Calls were recorded without a bound, and can't be thinned: they are not
 * dropped. */
static void calls_are_never_left_out(void **state)
{
	struct made *made = *state;
	FILE *file = fopen(made->path, "w");
	struct profile profile;
	struct err e;

	assert_non_null(file);
	fputs("CMDLINE old\nMEM 1.0 1600000000.0\n", file);
	for (int i = 0; i < 3000; i++)
		fputs("FUNC main.f 1.0 1600000000.0000 1.0 1600000000.0001 0\n",
		    file);
	assert_int_equal(fclose(file), 0);
	begin_run(made, 100 << 10);
	tick(made, 1024);
	flush(made);
	assert_true(made->writer.troubles > 0);
	assert_true(strstr(made->writer.trouble.text, "alone need more"));
	assert_int_equal(dat_writer_close(&made->writer, &e), 0);
	read_file(made, &profile);
	assert_int_equal(profile.runs.items[0].calls.len, 3000);
	profile_finish(&profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		very_many_processes, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		those_who_live_stay, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		the_highest_of_each_is_told, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		names_that_change, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		the_newest_marks_stay, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		the_newest_runs_stay, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		calls_are_never_left_out, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
