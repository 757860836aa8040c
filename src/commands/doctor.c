// SPDX-License-Identifier: MIT
#include "commands/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analysis/heap_around.h"
#include "analysis/held.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cli/terminal.h"
#include "commands/command.h"
#include "commands/heap_show.h"
#include "commands/heap_read.h"
#include "dat/reader.h"
#include "input/profiles.h"
#include "input/recording_of.h"
#include "input/target.h"
#include "input/workers.h"

#define DOCTOR_EVERY_S 1
enum { DOCTOR_READINGS = 5 };

struct doctor_options {
	double every_s;
	long count;
	bool json;
};

static const struct option_row rows[] = {
    {.name = "every",
	.arg = "TIME",
	.help = "time between two counts of the objects (default 1s)",
	.parse = option_duration,
	.offset = offsetof(struct doctor_options, every_s),
	.ours = true},
    {.name = "count",
	.arg = "N",
	.help = "number of steps between counts (default 5)",
	.parse = option_whole,
	.offset = offsetof(struct doctor_options, count),
	.ours = true},
    {.name = "json",
	.help = "print JSON",
	.parse = option_flag,
	.offset = offsetof(struct doctor_options, json),
	.ours = true},
    {0}};

static const struct doctor_options defaults = {
    .every_s = DOCTOR_EVERY_S, .count = DOCTOR_READINGS};

static void doctor_finish(struct doctor *doctor)
{
	free(doctor->path);
	free(doctor->leaking);
	free(doctor->command);
	free(doctor->trouble);
	for (size_t i = 0; i < DOCTOR_PLACES; i++)
		free(doctor->places[i]);
	for (size_t i = 0; i < doctor->len; i++) {
		free(doctor->types[i].name);
		free(doctor->types[i].held_by);
	}
	heap_growth_finish(&doctor->growth);
}

/* Takes the first types that grew in every step, in the order of heap
 * --every. */
static void doctor_rank(struct doctor *doctor)
{
	struct heap grown;

	heap_growth_always(&doctor->growth, &grown);
	for (size_t i = 0; i < grown.rows.len && i < DOCTOR_TYPES; i++)
		doctor->types[doctor->len++] = (struct doctor_type){
		    .name = mem_copy(grown.rows.items[i].name),
		    .count = grown.rows.items[i].count,
		    .bytes = grown.rows.items[i].bytes};
	heap_finish(&grown);
}

static void doctor_compare(
    struct doctor *doctor, const struct heap *first, const struct heap *last)
{
	const struct heap_show how = {.difference = true};
	struct heap difference = {0};

	heap_difference(first, last, &difference);
	doctor->is_native = difference.has_rss && difference.has_parts &&
			    heap_show_is_native(&difference, &how);
	doctor->rss_kib = difference.rss_kib;
	doctor->unexplained_kib = heap_unexplained_kib(&difference);
	heap_finish(&difference);
	doctor_rank(doctor);
}

/* Takes the verdict, the process that leaks and the lines from a recording. */
static void doctor_read_run(struct doctor *doctor, const struct run *run)
{
	struct leak_run leak;

	doctor->has_leak = run->total.len > 0 || run->peaks.len > 0;
	doctor->source = held_source(run);
	if (doctor->has_leak) {
		leak_judge_run(run, &leak);
		doctor->leak = leak.worst;
		if (leak.process)
			doctor->leaking =
			    mem_format("%s (%s)", leak.process->key,
				leak.process->name ? leak.process->name : "?");
		leak_run_finish(&leak);
	}
	if (doctor->source != SOURCE_CLOCK)
		held_places(run, doctor->places, DOCTOR_PLACES);
}

/* Reads the snapshots of the process that the last one belongs to. */
static void doctor_read_snapshots(struct doctor *doctor, const struct run *run)
{
	const struct heap_snapshot *last = NULL;
	const struct heap *first = NULL;

	for (size_t i = run->snapshots.len; i-- > 0 && !last;)
		if (heap_snapshot_is_whole(&run->snapshots.items[i]))
			last = &run->snapshots.items[i];
	for (size_t i = 0; last && i < run->snapshots.len; i++) {
		const struct heap_snapshot *one = &run->snapshots.items[i];

		if (!heap_snapshot_is_whole(one) ||
		    !heap_snapshot_is_of(one, last))
			continue;
		first = first ? first : &one->heap;
		heap_growth_add(&doctor->growth, &one->heap);
	}
	if (!first)
		return;
	doctor->pid = (int)last->heap.pid;
	doctor->is_python = true;
	doctor_compare(doctor, first, &last->heap);
}

static int doctor_read(
    struct doctor *doctor, const char *path, bool snapshots, struct err *e)
{
	struct profile profile;
	int got = dat_read(&profile, path, e);
	const struct run *run;

	if (got == 0 && profile.runs.len == 0)
		got = err_set(e, "%s: holds no recording", path);
	if (got == 0) {
		run = &profile.runs.items[profile.runs.len - 1];
		doctor->path = mem_copy(path);
		doctor_read_run(doctor, run);
		if (snapshots)
			doctor_read_snapshots(doctor, run);
	}
	profile_finish(&profile);
	return got;
}

/* Takes a heap; where places is set, with the places that hold the objects. */
static enum python_result doctor_read_heap(
    struct doctor *doctor, struct heap *heap, bool places, struct err *e)
{
	enum python_result result;
	int64_t ignored = 0;

	*heap = (struct heap){0};
	if (places)
		heap->paths = mem_zero(1, sizeof(*heap->paths));
	result = heap_read(heap, doctor->pid, NULL, &ignored, e);
	if (result == PYTHON_OK)
		heap_growth_add(&doctor->growth, heap);
	return result;
}

/* Counts the objects at each reading, until one fails. */
static void doctor_count(
    struct doctor *doctor, const struct doctor_options *options)
{
	struct heap first, last = {0};
	int64_t every_ns = (int64_t)(options->every_s * NS_PER_S);
	const struct timespec pause = {
	    every_ns / NS_PER_S, every_ns % NS_PER_S};
	enum python_result result;
	struct err e;

	result = doctor_read_heap(doctor, &first, true, &e);
	doctor->is_python = result != PYTHON_NONE;
	for (long i = 1; result == PYTHON_OK && i <= options->count; i++) {
		heap_finish(&last);
		nanosleep(&pause, NULL);
		result =
		    doctor_read_heap(doctor, &last, i == options->count, &e);
	}
	if (result == PYTHON_OK) {
		doctor_compare(doctor, &first, &last);
		doctor_find_referrers(doctor, &first, &last);
	} else if (result != PYTHON_NONE) {
		doctor->trouble = mem_copy(e.text);
	}
	heap_finish(&first);
	heap_finish(&last);
}

static int doctor_process(struct doctor *doctor,
    const struct doctor_options *options, const struct target *target)
{
	struct workers workers = {0};
	char *path;
	struct err e;

	if (workers_find(&workers, target->pid, &e) != 0)
		return command_fail(COMMAND_TROUBLE, &e);
	doctor->asked = (int)target->pid;
	doctor->pid = (int)workers.pids.items[0];
	if (doctor->pid == doctor->asked)
		doctor->command = mem_join(target->argv);
	workers_finish(&workers);
	path = recording_of((pid_t)doctor->pid, &e);
	if (path && doctor_read(doctor, path, false, &e) != 0)
		command_fail(COMMAND_FAILED, &e);
	free(path);
	doctor_count(doctor, options);
	return COMMAND_OK;
}

static int doctor_examine(struct doctor *doctor,
    const struct doctor_options *options, char **argv, int count)
{
	struct profiles profiles;
	struct target target;
	int status;
	struct err e;

	if (count > 0 && !recording_is_path(argv[0])) {
		status = target_init(&target, argv[0]);
		if (status == COMMAND_OK)
			status = doctor_process(doctor, options, &target);
		target_finish(&target);
		return status;
	}
	status = profiles_init(&profiles, argv, count, stderr);
	if (status == COMMAND_OK &&
	    doctor_read(doctor, profiles.paths.items[0], true, &e) != 0)
		status = command_fail(COMMAND_FAILED, &e);
	profiles_finish(&profiles);
	return status;
}

static int command_doctor_exec(const void *values, char **argv, int count)
{
	const struct doctor_options *options = values;
	struct doctor doctor = {0};
	int status;
	struct err e;

	if (count > 1 || options->count < 1) {
		err_set(&e, count > 1 ? "doctor: takes one process or recording"
				      : "doctor: --count: at least 1");
		return command_fail(COMMAND_MISUSED, &e);
	}
	status = doctor_examine(&doctor, options, argv, count);
	if (status == COMMAND_OK && options->json)
		doctor_write_json(&doctor);
	else if (status == COMMAND_OK)
		doctor_print(&doctor);
	doctor_finish(&doctor);
	return status;
}

const struct command command_doctor = {
    .name = "doctor",
    .synopsis = "[options] [PID|NAME|PROFILE]",
    .summary = "hunt a leak: verdict, process, objects, and what holds them",
    .details = "Prints the findings of leak, heap --every, refs and lines in "
	       "about ten lines,\n"
	       "with commands for a closer look. For a process, it counts the "
	       "objects several\n"
	       "times; for a recording, it uses the snapshots in it.\n"
	       "\n"
	       "Examples:\n"
	       "  mprof doctor manage.py             a running program\n"
	       "  mprof doctor 4711 --every 30s\n"
	       "  mprof doctor                       the newest recording\n",
    .options = rows,
    .options_size = sizeof(struct doctor_options),
    .defaults = &defaults,
    .takes = COMMAND_TAKES_PID,
    .run = command_doctor_exec,
};
