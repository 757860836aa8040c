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

#include "analysis/overview.h"
#include "base/json.h"
#include "base/parallel.h"
#include "base/units.h"
#include "base/utf8.h"
#include "cli/table.h"
#include "commands/command.h"
#include "dat/begin.h"
#include "dat/catalog.h"
#include "dat/reader.h"
#include "profile/profile.h"
#include "profile/run.h"
#include "profile/share.h"

enum { SCHEMA = 1 };

struct list_options {
	bool full, all, json;
	const char *sort;
};

static const struct option_row rows[] = {
    {.letter = 'l',
	.name = "long",
	.help = "also print the duration, the peak, its PSS if memory is "
		"shared, the number of processes, status, size and command",
	.parse = option_flag,
	.offset = offsetof(struct list_options, full),
	.ours = true},
    {.name = "all",
	.help = "also list recordings with other names, which have no number; "
		"this reads every file",
	.parse = option_flag,
	.offset = offsetof(struct list_options, all),
	.ours = true},
    {.name = "sort",
	.arg = "WHAT",
	.help =
	    "the order: {}; the highest, the longest and the failed come first",
	.parse = option_choice,
	.choices = overview_orders,
	.offset = offsetof(struct list_options, sort),
	.ours = true},
    {.name = "json",
	.help = "print the long list as JSON",
	.parse = option_flag,
	.offset = offsetof(struct list_options, json),
	.ours = true},
    {0}};

/* A row of the list. */
struct listed {
	struct overview overview; /* first member: rows are sorted by it */
	char *path;
	long number; /* -1: no number */
	bool read;   /* false: only size_bytes is known */
	off_t size_bytes;
	char start[DAT_BEGIN_TEXT]; /* for the short list; empty: unknown */
};

struct listing {
	ARRAY(struct listed) rows;
};

static void list_add(struct listing *listing, const char *path, long number)
{
	*array_push(&listing->rows) = (struct listed){
	    .path = mem_copy(path), .number = number, .size_bytes = 0};
}

static void list_read(void *items, size_t at)
{
	struct listed *listed = &((struct listed *)items)[at];
	struct profile profile;
	struct stat about;

	if (stat(listed->path, &about) == 0)
		listed->size_bytes = about.st_size;
	listed->read = dat_read(&profile, listed->path, NULL) == 0;
	overview_init(&listed->overview, &profile);
	profile_finish(&profile);
}

static void list_read_start(void *items, size_t at)
{
	struct listed *listed = &((struct listed *)items)[at];
	int fd =
	    open(listed->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct dat_begin begin;

	if (fd < 0)
		return;
	dat_begin_first(&begin, fd);
	close(fd);
	memcpy(listed->start, begin.start, sizeof(listed->start));
}

static void list_finish(struct listing *listing)
{
	for (size_t i = 0; i < listing->rows.len; i++) {
		free(listing->rows.items[i].path);
		overview_finish(&listing->rows.items[i].overview);
	}
	array_free(&listing->rows);
}

static void list_put_number(
    struct json *json, const char *key, bool known, double number)
{
	json_member_number(json, key, known ? number : NAN);
}

static void list_put_whole(
    struct json *json, const char *key, bool known, int64_t number)
{
	json_key(json, key);
	if (known)
		json_whole(json, number);
	else
		json_text(json, NULL);
}

static void list_write(const struct listed *listed, struct json *json)
{
	const struct overview *overview = &listed->overview;
	const struct exit_status *exit = &overview->exit;
	bool signalled = exit->signal != 0;

	json_member_text(json, "command", overview->command);
	list_put_whole(json, "runs", listed->read, (int64_t)overview->runs);
	list_put_number(json, "start_s", overview->measured, overview->start_s);
	list_put_number(
	    json, "duration_s", overview->measured, overview->duration_s);
	list_put_number(
	    json, "peak_mib", overview->measured, overview->peak_mib);
	json_key(json, "shared");
	share_write(json, overview->share.processes ? &overview->share : NULL);
	list_put_whole(json, "processes", overview->processes > 0,
	    (int64_t)overview->processes);
	list_put_whole(
	    json, "status", overview->ended && !signalled, exit->code);
	list_put_whole(
	    json, "signal", overview->ended && signalled, exit->signal);
	json_member_text(json, "ending", run_ending_word(overview->ending));
	json_member_bool(json, "oom", exit->oom);
	list_put_whole(json, "size_bytes", true, listed->size_bytes);
	list_put_whole(json, "rank", overview->rank >= 0, overview->rank);
	list_put_whole(json, "ranks", overview->ranks >= 0, overview->ranks);
	json_member_text(json, "job", overview->job);
	json_member_text(json, "host", overview->host);
}

/* Prints "20261122143937" as "14:39:37 22/11/2026". Other text is cut at the
 * same positions, as memory_profiler does. */
static void list_print_date(const char *name)
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

/* Prints the start in the recording (2026-11-22T14:33:21+0100), as a default
 * name that was taken has moved to the next free second. */
static bool list_print_start(const char *start)
{
	int year, month, day, hour, minute, second;

	if (sscanf(start, "%4d-%2d-%2dT%2d:%2d:%2d", &year, &month, &day, &hour,
		&minute, &second) != 6)
		return false;
	printf("%02d:%02d:%02d %02d/%02d/%04d\n", hour, minute, second, day,
	    month, year);
	return true;
}

static void list_print_short(const struct listing *listing)
{
	for (size_t i = 0; i < listing->rows.len; i++) {
		const struct listed *listed = &listing->rows.items[i];
		char *clean = utf8_clean_copy(listed->path);

		if (listed->number >= 0)
			printf("%ld %s ", listed->number, clean);
		else
			printf("- %s ", clean);
		if (list_print_start(listed->start))
			;
		else if (listed->number >= 0)
			list_print_date(clean);
		else
			puts("-");
		free(clean);
	}
}

/* Mentions recordings with other names, which the list leaves out. */
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

/* Adds a size, in bytes where all files are that small, else in the column's
 * unit. KiB are rounded up, so that 0 is an empty file. */
static void list_add_size(struct table *table, off_t bytes, off_t largest)
{
	char text[UNITS_TEXT];

	if (largest >= 1024) {
		table_add_size(table, ceil((double)bytes / 1024) / 1024);
		return;
	}
	snprintf(text, sizeof(text), "%d B", (int)bytes);
	table_add(table, text);
}

static off_t list_largest(const struct listing *listing)
{
	off_t largest = 0;

	for (size_t i = 0; i < listing->rows.len; i++) {
		if (listing->rows.items[i].size_bytes > largest)
			largest = listing->rows.items[i].size_bytes;
	}
	return largest;
}

static void list_add_mib(struct table *table, bool known, double mib)
{
	if (known)
		table_add_size(table, mib);
	else
		table_add(table, "-");
}

static void list_add_row(
    struct table *table, const struct listed *listed, off_t largest)
{
	const struct overview *overview = &listed->overview;
	char text[UNITS_TEXT], status[OVERVIEW_STATUS];

	overview_status(overview, status);
	if (listed->number >= 0)
		command_list_add_number(table, (size_t)listed->number);
	else
		table_add(table, "-");
	table_add(table, listed->path);
	table_add(table, overview->measured
			     ? units_duration(text, overview->duration_s)
			     : "-");
	list_add_mib(table, overview->measured, overview->peak_mib);
	list_add_mib(
	    table, overview->share.processes > 0, overview->share.pss_mib);
	if (overview->processes > 0)
		command_list_add_number(table, overview->processes);
	else
		table_add(table, "-");
	table_add(table, status);
	list_add_size(table, listed->size_bytes, largest);
	table_add(table, overview->command ? overview->command : "-");
}

static void list_print_long(const struct listing *listing)
{
	static const char *const heads[] = {"no", "file", "duration", "peak",
	    "PSS", "processes", "status", "size", "command"};
	off_t largest = list_largest(listing);
	struct table table;

	if (listing->rows.len == 0)
		return;
	table_init(&table, "rlrrrrrrl");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		table_add(&table, heads[i]);
	for (size_t i = 0; i < listing->rows.len; i++)
		list_add_row(&table, &listing->rows.items[i], largest);
	table_print(&table, stdout, table_width(stdout));
	table_finish(&table);
}

static void list_print_json(const struct listing *listing)
{
	struct json json;

	json_init(&json, stdout);
	json_open_document(&json, SCHEMA);
	json_member_open(&json, "recordings", '[');
	for (size_t i = 0; i < listing->rows.len; i++) {
		const struct listed *listed = &listing->rows.items[i];

		json_open(&json, '{');
		list_put_whole(
		    &json, "number", listed->number >= 0, listed->number);
		json_member_text(&json, "path", listed->path);
		list_write(listed, &json);
		json_close(&json, '}');
	}
	json_close(&json, ']');
	json_close(&json, '}');
}

static int list_add_directory(struct listing *listing,
    const struct catalog *numbers, const char *directory, struct err *e)
{
	bool here = strcmp(directory, ".") == 0;
	struct catalog all;
	int got = catalog_init_all(&all, directory, e);

	for (size_t i = 0; got == 0 && i < all.names.len; i++) {
		const char *name = all.names.items[i];
		size_t len = strlen(directory);
		char *path =
		    here ? mem_copy(name)
			 : mem_format("%s%s%s", directory,
			       directory[len - 1] == '/' ? "" : "/", name);

		list_add(listing, path, catalog_find(numbers, path));
		free(path);
	}
	catalog_finish(&all);
	return got;
}

static bool list_is_directory(const char *word)
{
	struct stat about;

	return stat(word, &about) == 0 && S_ISDIR(about.st_mode);
}

/* Lists a named file where it is a recording. */
static int list_add_file(struct listing *listing, const struct catalog *numbers,
    const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat about = {0};
	bool is;

	if (fd < 0)
		return err_errno(e, "%s: can't be read", path);
	is = fstat(fd, &about) == 0 && S_ISREG(about.st_mode) &&
	     (about.st_size == 0 || dat_content(fd) == DAT_CONTENT_RECORD);
	close(fd);
	if (!is)
		return err_set(e, "%s: is not a recording", path);
	list_add(listing, path, catalog_find(numbers, path));
	return 0;
}

static int list_add_words(struct listing *listing,
    const struct catalog *numbers, char **argv, int count)
{
	int status = COMMAND_OK;

	for (int i = 0; i < count; i++) {
		const char *path = argv[i];
		struct err e;
		long number;
		int got;

		if (access(path, F_OK) != 0 && catalog_number(path, &number) &&
		    catalog_at(numbers, number))
			path = catalog_at(numbers, number);
		got = list_is_directory(path)
			  ? list_add_directory(listing, numbers, path, &e)
			  : list_add_file(listing, numbers, path, &e);
		if (got != 0)
			status = command_fail(COMMAND_FAILED, &e);
	}
	return status;
}

static int list_collect(struct listing *listing,
    const struct list_options *options, char **argv, int count)
{
	struct catalog numbers;
	struct err e;
	int status = COMMAND_OK;
	bool failed = catalog_init(&numbers, ".", &e) != 0;

	/* Named files are listed even where the directory can't be read. */
	if (count > 0) {
		status = list_add_words(listing, &numbers, argv, count);
	} else if (failed || (options->all && list_add_directory(listing,
						  &numbers, ".", &e) != 0)) {
		status = command_fail(COMMAND_FAILED, &e);
	} else if (!options->all) {
		for (size_t i = 0; i < numbers.names.len; i++)
			list_add(listing, numbers.names.items[i], (long)i);
	}
	catalog_finish(&numbers);
	return status;
}

static int command_list_exec(const void *values, char **argv, int count)
{
	const struct list_options *options = values;
	struct listing listing = {0};
	int status = list_collect(&listing, options, argv, count);

	if (options->full || options->json || options->sort)
		parallel_for(listing.rows.len, list_read, listing.rows.items);
	if (!options->full && !options->json)
		parallel_for(
		    listing.rows.len, list_read_start, listing.rows.items);
	if (options->sort)
		overview_sort(listing.rows.items, listing.rows.len,
		    sizeof(listing.rows.items[0]), options->sort);
	if (options->json)
		list_print_json(&listing);
	else if (options->full)
		list_print_long(&listing);
	else
		list_print_short(&listing);
	if (status == COMMAND_OK && !options->json && !options->all &&
	    count == 0)
		list_mention_others();
	list_finish(&listing);
	return status;
}

const struct command command_list = {
    .name = "list",
    .synopsis = "[options] [PROFILE ...]",
    .summary = "list the recordings in this directory, with their numbers",
    .details = "A profile is a file, a number from this list, or a directory, "
	       "whose recordings\n"
	       "are all listed.\n"
	       "\n"
	       "Examples:\n"
	       "  mprof list -l --sort peak mem-*.dat\n"
	       "  mprof list --all\n",
    .options = rows,
    .options_size = sizeof(struct list_options),
    .takes = COMMAND_TAKES_PROFILES,
    .run = command_list_exec,
};
