// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "analysis/peak.h"
#include "base/signal_name.h"
#include "base/units.h"
#include "base/utf8.h"
#include "base/json.h"
#include "cli/table.h"
#include "commands/command.h"
#include "dat/begin.h"
#include "dat/catalog.h"
#include "dat/reader.h"
#include "profile/share.h"
#include "profile/ending.h"
#include "profile/profile.h"

enum { SCHEMA = 1 };

struct list_options {
	bool full, json;
};

static const struct option_row rows[] = {
    {.letter = 'l',
	.name = "long",
	.help = "also print duration, peak, its PSS where memory is shared, "
		"number of processes, status, size and command",
	.parse = option_flag,
	.offset = offsetof(struct list_options, full),
	.ours = true},
    {.name = "json",
	.help = "print the long list as JSON",
	.parse = option_flag,
	.offset = offsetof(struct list_options, json),
	.ours = true},
    {0}};

/* Summary of one recording: a row of the list. */
struct overview {
	bool read; /* false: only size_bytes is known */
	off_t size_bytes;
	char *command; /* of the first run; NULL where unknown */
	size_t runs;
	bool measured;              /* false: the next three are zero */
	double start_s, duration_s; /* from the first run's first sample on */
	double peak_mib;
	struct share
	    share; /* PSS near the peak; processes 0: nothing to report */
	size_t processes;        /* 0 where unknown */
	bool ended;              /* how the program ended is known */
	struct exit_status exit; /* of the last run, if ended */
	enum run_ending ending;  /* of the last run */
};

enum { OVERVIEW_STATUS = 32 };

/* Whether the process has only an EXIT record, or is the placeholder of pid
 * 0. */
static bool overview_is_unseen(const struct process *process)
{
	return process->memory.len == 0 && !process->name &&
	       (process->pid == 0 || process->exit.recorded);
}

/* Counts the program itself also where no record names it. */
static size_t count_processes(const struct run *run)
{
	size_t count = 0;
	bool root = false;

	for (size_t i = 0; i < run->processes.len; i++) {
		const struct process *process = &run->processes.items[i];

		if (overview_is_unseen(process))
			continue;
		root = root || process->memory.len == 0;
		count++;
	}
	return count > 0 && !root ? count + 1 : count;
}

/* In recordings of version 0.1.0 a run that succeeded has no EXIT. A PEAK after
 * its last sample shows that the recorder ended in order. */
static bool overview_has_ended(const struct run *run, struct exit_status *exit)
{
	const struct series *total = &run->total, *peaks = &run->peaks;

	*exit = run->exit;
	if (exit->recorded || run->ending != RUN_ENDING_UNKNOWN)
		return exit->known;
	return peaks->len > 0 &&
	       (total->len == 0 || peaks->items[peaks->len - 1].time_s >=
				       total->items[total->len - 1].time_s);
}

static void overview_sum_up(
    struct overview *overview, const struct profile *profile)
{
	const struct run *runs = profile->runs.items;
	size_t len = profile->runs.len;
	struct peaks peaks;

	overview->runs = len;
	if (len == 0)
		return;
	peaks_init(&peaks, profile);
	overview->measured = peaks.found;
	overview->peak_mib = peaks.mib;
	if (peaks.share)
		overview->share = *peaks.share;
	peaks_finish(&peaks);
	if (overview->measured)
		overview->start_s = run_first_s(&runs[0]);
	for (size_t i = 0; i < len; i++) {
		overview->duration_s +=
		    run_last_s(&runs[i]) - run_first_s(&runs[i]);
		overview->processes += count_processes(&runs[i]);
	}
	if (runs[0].command)
		overview->command = mem_copy(runs[0].command);
	overview->ended = overview_has_ended(&runs[len - 1], &overview->exit);
	overview->ending = runs[len - 1].ending;
}

static void overview_init(struct overview *overview, const char *path)
{
	struct profile profile;
	struct stat about;

	*overview = (struct overview){0};
	if (stat(path, &about) == 0)
		overview->size_bytes = about.st_size;
	overview->read = dat_read(&profile, path, NULL) == 0;
	overview_sum_up(overview, &profile);
	profile_finish(&profile);
}

static void overview_finish(struct overview *overview)
{
	free(overview->command);
}

static void overview_status(const struct overview *overview, char *out)
{
	const char *name = signal_name(overview->exit.signal);

	if (overview->ending == RUN_CUT_OFF || overview->ending == RUN_GOING_ON)
		strcpy(out, run_ending_word(overview->ending));
	else if (!overview->ended)
		strcpy(out, "-");
	else if (overview->exit.oom)
		strcpy(out, "oom");
	else if (overview->exit.signal && name)
		strcpy(out, name);
	else if (overview->exit.signal)
		snprintf(
		    out, OVERVIEW_STATUS, "signal %d", overview->exit.signal);
	else
		snprintf(out, OVERVIEW_STATUS, "%d", overview->exit.code);
}

static void overview_put_number(
    struct json *json, const char *key, bool known, double number)
{
	json_key(json, key);
	json_number(json, known ? number : NAN);
}

static void put_whole(
    struct json *json, const char *key, bool known, int64_t number)
{
	json_key(json, key);
	if (known)
		json_whole(json, number);
	else
		json_text(json, NULL);
}

static void overview_write(const struct overview *overview, struct json *json)
{
	const struct exit_status *exit = &overview->exit;
	bool signalled = exit->signal != 0;

	json_key(json, "command");
	json_text(json, overview->command);
	put_whole(json, "runs", overview->read, (int64_t)overview->runs);
	overview_put_number(
	    json, "start_s", overview->measured, overview->start_s);
	overview_put_number(
	    json, "duration_s", overview->measured, overview->duration_s);
	overview_put_number(
	    json, "peak_mib", overview->measured, overview->peak_mib);
	json_key(json, "shared");
	share_write(json, overview->share.processes ? &overview->share : NULL);
	put_whole(json, "processes", overview->processes > 0,
	    (int64_t)overview->processes);
	put_whole(json, "status", overview->ended && !signalled, exit->code);
	put_whole(json, "signal", overview->ended && signalled, exit->signal);
	json_key(json, "ending");
	json_text(json, run_ending_word(overview->ending));
	json_key(json, "oom");
	json_bool(json, exit->oom);
	put_whole(json, "size_bytes", true, overview->size_bytes);
}

/* Prints "20261122143937" as "14:39:37 22/11/2026". As in memory_profiler, any
 * other text is cut at the same places. */
static void print_date(const char *name)
{
	const char *date = strrchr(name, '_') + 1;
	const char *cut[7] = {date};
	static const int lengths[] = {4, 2, 2, 2, 2, 2};

	for (int i = 0; i < 6; i++) {
		cut[i + 1] = cut[i];
		for (int n = 0; n < lengths[i] && *cut[i + 1] != '.'; n++)
			utf8_next(&cut[i + 1]);
	}
#define PART(i) (int)(cut[(i) + 1] - cut[i]), cut[i]
	printf("%.*s:%.*s:%.*s %.*s/%.*s/%.*s\n", PART(3), PART(4), PART(5),
	    PART(2), PART(1), PART(0));
#undef PART
}

/* A default name that exists moves to the next free second. The recording
 * itself holds the true start, as 2026-11-22T14:33:21+0100. */
static bool print_start(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int year, month, day, hour, minute, second;
	struct dat_begin begin = {0};

	if (fd >= 0) {
		dat_begin_first(&begin, fd);
		close(fd);
	}
	if (sscanf(begin.start, "%4d-%2d-%2dT%2d:%2d:%2d", &year, &month, &day,
		&hour, &minute, &second) != 6)
		return false;
	printf("%02d:%02d:%02d %02d/%02d/%04d\n", hour, minute, second, day,
	    month, year);
	return true;
}

static void print_short(const struct catalog *catalog)
{
	for (size_t i = 0; i < catalog->names.len; i++) {
		char *clean = utf8_clean_copy(catalog->names.items[i]);

		printf("%zu %s ", i, clean);
		if (!print_start(catalog->names.items[i]))
			print_date(clean);
		free(clean);
	}
}

/* Mentions recordings with names of the user's choice, which the list leaves
 * out. */
static void list_mention_others(void)
{
	struct catalog others;
	char *name = NULL;

	if (catalog_init_others(&others, ".", NULL) == 0 &&
	    others.names.len > 0)
		name = utf8_clean_copy(others.names.items[0]);
	if (name && others.names.len == 1)
		fprintf(stderr,
		    "mprof: %s is a recording without a number: name it where "
		    "a command takes recordings\n",
		    name);
	else if (name)
		fprintf(stderr,
		    "mprof: %s and %zu more *.dat are recordings without "
		    "numbers: name them where a command takes recordings\n",
		    name, others.names.len - 1);
	free(name);
	catalog_finish(&others);
}

static void command_list_add_number(struct table *table, size_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%zu", number);
	table_add(table, text);
}

static void add_size(struct table *table, off_t bytes)
{
	char text[UNITS_TEXT];

	if (bytes < 1024)
		snprintf(text, sizeof(text), "%d B", (int)bytes);
	else
		units_size(text, (double)bytes / 1048576);
	table_add(table, text);
}

static void add_row(struct table *table, size_t number, const char *path)
{
	char text[UNITS_TEXT], status[OVERVIEW_STATUS];
	struct overview overview;

	overview_init(&overview, path);
	overview_status(&overview, status);
	command_list_add_number(table, number);
	table_add(table, path);
	table_add(table, overview.measured
			     ? units_duration(text, overview.duration_s)
			     : "-");
	table_add(table,
	    overview.measured ? units_size(text, overview.peak_mib) : "-");
	table_add(table, overview.share.processes
			     ? units_size(text, overview.share.pss_mib)
			     : "-");
	if (overview.processes > 0)
		command_list_add_number(table, overview.processes);
	else
		table_add(table, "-");
	table_add(table, status);
	add_size(table, overview.size_bytes);
	table_add(table, overview.command ? overview.command : "-");
	overview_finish(&overview);
}

static void print_long(const struct catalog *catalog)
{
	static const char *const heads[] = {"no", "file", "duration", "peak",
	    "PSS", "processes", "status", "size", "command"};
	struct table table;

	if (catalog->names.len == 0)
		return;
	table_init(&table, "rlrrrrrrl");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		table_add(&table, heads[i]);
	for (size_t i = 0; i < catalog->names.len; i++)
		add_row(&table, i, catalog->names.items[i]);
	table_print(&table, stdout, table_width(stdout));
	table_finish(&table);
}

static void print_json(const struct catalog *catalog)
{
	struct json json;

	json_init(&json, stdout);
	json_open_document(&json, SCHEMA);
	json_key(&json, "recordings");
	json_open(&json, '[');
	for (size_t i = 0; i < catalog->names.len; i++) {
		struct overview overview;

		overview_init(&overview, catalog->names.items[i]);
		json_open(&json, '{');
		json_key(&json, "number");
		json_whole(&json, (int64_t)i);
		json_key(&json, "path");
		json_text(&json, catalog->names.items[i]);
		overview_write(&overview, &json);
		json_close(&json, '}');
		overview_finish(&overview);
	}
	json_close(&json, ']');
	json_close(&json, '}');
}

static int command_list_exec(const void *values, char **words, int count)
{
	const struct list_options *options = values;
	struct catalog catalog;
	struct err e;
	int status = COMMAND_OK;

	if (count > 0) {
		err_set(&e, "%s: list takes no argument", words[0]);
		return command_fail(COMMAND_MISUSED, &e);
	}
	if (catalog_init(&catalog, ".", &e) != 0)
		status = command_fail(COMMAND_FAILED, &e);
	else if (options->json)
		print_json(&catalog);
	else if (options->full)
		print_long(&catalog);
	else
		print_short(&catalog);
	if (status == COMMAND_OK && !options->json)
		list_mention_others();
	catalog_finish(&catalog);
	return status;
}

const struct command command_list = {
    .name = "list",
    .synopsis = "[options]",
    .summary = "show the recordings here, with their numbers",
    .options = rows,
    .options_size = sizeof(struct list_options),
    .run = command_list_exec,
};
