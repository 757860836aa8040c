// SPDX-License-Identifier: MIT
#include "input/profiles.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/parallel.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "base/utf8.h"
#include "cli/terminal.h"
#include "cli/command_status.h"
#include "input/file_kind.h"
#ifdef HAVE_CSV
#include "csv/import.h"
#endif
#include "dat/catalog.h"
#include "dat/reader.h"
#include "profile/run.h"

const char *const profiles_units[] = {"B", "KiB", "MiB", "GiB", NULL};

static bool profiles_is(const void *paths, size_t at, const void *path)
{
	return strcmp(((char *const *)paths)[at], path) == 0;
}

static void profiles_add(struct profiles *profiles, const char *path)
{
	uint32_t hash = index_hash(path, strlen(path));
	size_t at = index_place(&profiles->index, hash, profiles_is,
	    profiles->paths.items, path, profiles->paths.len);

	if (at == profiles->paths.len)
		*array_push(&profiles->paths) = mem_copy(path);
}

static void profiles_add_word(struct profiles *profiles,
    const struct catalog *catalog, const char *word, FILE *notices)
{
	const char *name = NULL;
	long number;
	char *clean;

	if (access(word, F_OK) == 0)
		name = word;
	else if (catalog_number(word, &number))
		name = catalog_at(catalog, number);
	if (name) {
		profiles_add(profiles, name);
		return;
	}
	clean = utf8_clean_copy(word);
	fprintf(notices, "Input file not found: %s\n", clean);
	free(clean);
}

/* The recording that began last. If no recording has a time, the last of mprof
 * list. The caller frees. */
static char *profiles_find_newest(const struct catalog *catalog)
{
	struct err e;
	char *newest = catalog_newest(".", &e);

	if (e.text[0])
		command_fail(COMMAND_FAILED, &e);
	if (!newest && catalog_at(catalog, -1))
		newest = mem_copy(catalog_at(catalog, -1));
	return newest;
}

/* Names the newest recording if it is not the last of mprof list, which
 * memory_profiler would use. */
static void profiles_report_newest(
    const struct catalog *catalog, const char *newest)
{
	const char *last = catalog_at(catalog, -1);
	char *clean;

	if (last && strcmp(last, newest) == 0)
		return;
	clean = utf8_clean_copy(newest);
	fprintf(stderr, "mprof: the newest recording here is %s\n", clean);
	free(clean);
}

/* Adds the operands if all of them are files: the directory needn't be read. */
static bool profiles_add_files(
    struct profiles *profiles, char **argv, int count)
{
	for (int i = 0; i < count; i++) {
		if (access(argv[i], F_OK) != 0)
			return false;
	}
	for (int i = 0; i < count; i++)
		profiles_add(profiles, argv[i]);
	return count > 0;
}

/* Prints messages that scripts for memory_profiler look for. */
static int profiles_find(struct profiles *profiles,
    const struct catalog *catalog, char **argv, int count, FILE *notices)
{
	char *newest = count == 0 ? profiles_find_newest(catalog) : NULL;

	if (count == 0 && !newest) {
		fputs("No input file found. \n"
		      "This program looks for mprofile_*.dat files, generated "
		      "by the 'mprof run' command.\n",
		    notices);
		return COMMAND_NO_PROFILE;
	}
	if (count == 0) {
		fputs("Using last profile data.\n", notices);
		profiles_report_newest(catalog, newest);
		profiles_add(profiles, newest);
	}
	free(newest);
	for (int i = 0; i < count; i++)
		profiles_add_word(profiles, catalog, argv[i], notices);
	if (profiles->paths.len > 0)
		return COMMAND_OK;
	fputs("No files found from given input.\n", notices);
	return COMMAND_NO_PROFILE;
}

int profiles_init(
    struct profiles *profiles, char **argv, int count, FILE *notices)
{
	struct catalog catalog;
	struct err e;
	int status;

	*profiles = (struct profiles){0};
	if (profiles_add_files(profiles, argv, count))
		return COMMAND_OK;
	/* Files can be named even if the directory can't be listed. */
	if (catalog_init(&catalog, ".", &e) != 0 && count == 0)
		status = command_fail(COMMAND_FAILED, &e);
	else
		status =
		    profiles_find(profiles, &catalog, argv, count, notices);
	catalog_finish(&catalog);
	return status;
}

void profiles_finish(struct profiles *profiles)
{
	for (size_t i = 0; i < profiles->paths.len; i++)
		free(profiles->paths.items[i]);
	array_free(&profiles->paths);
	index_finish(&profiles->index);
}

static void profiles_report_skipped(const struct profile *profile, bool verbose)
{
	char *path = utf8_clean_copy(profile->path), count[UNITS_COUNT];

	if (profile->skipped > 0)
		fprintf(stderr, "mprof: %s:%zu: skipped %s\n", path,
		    profile->first_skipped,
		    units_count(count, profile->skipped,
			"line that is not a record",
			"lines that are not records"));
	if (verbose && profile->unknown > 0)
		fprintf(stderr,
		    "mprof: %s: skipped %s with an unknown keyword\n", path,
		    units_count(count, profile->unknown, "record", "records"));
	free(path);
}

static void profiles_add_left(
    struct strbuf *list, uint64_t count, const char *one, const char *many)
{
	char text[UNITS_COUNT];

	if (count > 0)
		strbuf_add_format(list, "%s%s", list->len > 0 ? ", " : "",
		    units_count(text, count, one, many));
}

/* "; left out: 3 processes (5.00 MiB at most), 2 marks"; nothing where nothing
 * is. */
static void profiles_list_left(const struct thinned *left, struct strbuf *text)
{
	struct strbuf list = {0};
	char size[UNITS_TEXT];

	profiles_add_left(&list, left->processes, "process", "processes");
	if (left->processes > 0)
		strbuf_add_format(&list, " (%s at most)",
		    units_size(size, left->highest_mib));
	profiles_add_left(&list, left->marks, "mark", "marks");
	profiles_add_left(&list, left->snapshots, "snapshot", "snapshots");
	profiles_add_left(&list, left->runs, "earlier run", "earlier runs");
	if (list.len > 0)
		strbuf_add_format(text, "; left out: %s", list.text);
	strbuf_finish(&list);
}

/* Reports runs whose older part was thinned, where means are not exact. */
static void profiles_report_thinning(const struct profile *profile)
{
	for (size_t i = 0; i < profile->runs.len; i++) {
		const struct run_info *info = &profile->runs.items[i].info;
		char *path, length[UNITS_TEXT], when[64] = "";
		struct strbuf left = {0};
		time_t until = (time_t)info->until_s;
		struct tm local;

		if (info->stretch_s <= 0)
			continue;
		path = utf8_clean_copy(profile->path);
		if (localtime_r(&until, &local))
			strftime(
			    when, sizeof(when), "%Y-%m-%d %H:%M:%S", &local);
		profiles_list_left(&info->left, &left);
		fprintf(stderr,
		    "mprof: %s: thinned before %s: the lowest and the highest "
		    "sample of each %s are kept, means are not exact%s\n",
		    path, when, units_duration(length, info->stretch_s),
		    left.text ? left.text : "");
		strbuf_finish(&left);
		free(path);
	}
}

/* Reports a recording that could not be kept below --max-size. */
static void profiles_report_size(const struct profile *profile)
{
	for (size_t i = 0; i < profile->runs.len; i++) {
		const char *why = profile->runs.items[i].info.oversize;
		char *path, *clean;

		if (!why)
			continue;
		path = utf8_clean_copy(profile->path);
		clean = utf8_clean_copy(why);
		fprintf(stderr, "mprof: %s: larger than its --max-size: %s\n",
		    path, clean);
		free(path);
		free(clean);
	}
}

/* Warns of runs that were cut off or still go on, which affects all figures. */
static void profiles_report_endings(const struct profile *profile)
{
	char *path = utf8_clean_copy(profile->path);
	size_t len = profile->runs.len;

	for (size_t i = 0; i < len; i++) {
		char text[RUN_ENDING_TEXT];
		const char *ending =
		    run_ending_text(&profile->runs.items[i], text);

		if (ending && len > 1)
			fprintf(stderr, "mprof: %s: run %zu of %zu: %s\n", path,
			    i + 1, len, ending);
		else if (ending)
			fprintf(stderr, "mprof: %s: %s\n", path, ending);
	}
	free(path);
}

static void profiles_report_unit(const char *path)
{
	char *clean = utf8_clean_copy(path);

	fprintf(stderr,
	    "mprof: %s: its memory is assumed to be in MiB; --unit sets "
	    "another unit\n",
	    clean);
	free(clean);
}

static bool profiles_has_samples(const struct profile *profile)
{
	for (size_t i = 0; i < profile->runs.len; i++) {
		const struct run *run = &profile->runs.items[i];

		if (run->total.len > 0 || run->peaks.len > 0 ||
		    run->calls.len > 0)
			return true;
		for (size_t p = 0; p < run->processes.len; p++) {
			if (run->processes.items[p].memory.len > 0)
				return true;
		}
	}
	return false;
}

struct profiles_reading {
	const char *path;
	const struct profiles_options *options;
	const struct progress *progress; /* NULL: not shown */
};

/* Whether a file begins with a record, whatever its name. A pipe is not opened:
 * its writer would see a reader open and close it. */
static bool profiles_is_recording(const char *path)
{
	struct stat about;
	bool recording;
	int fd;

	if (stat(path, &about) != 0 || !S_ISREG(about.st_mode))
		return false;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return false;
	recording = dat_content(fd) == DAT_CONTENT_RECORD;
	close(fd);
	return recording;
}

#ifdef HAVE_CSV
/* Reads a file that may be a table. */
static int profiles_read_other(struct profile *profile,
    const struct profiles_reading *reading, bool *unit_assumed, struct err *e)
{
	const struct csv_options table = {
	    .time = reading->options->time,
	    .mem = reading->options->mem,
	    .unit = reading->options->unit,
	    .progress = reading->progress,
	};

	if (csv_is_table(reading->path, &table))
		return csv_read(
		    profile, reading->path, &table, unit_assumed, e);
	return dat_read_progress(profile, reading->path, reading->progress, e);
}
#else
static int profiles_read_other(struct profile *profile,
    const struct profiles_reading *reading, bool *unit_assumed, struct err *e)
{
	const char *path = reading->path;

	(void)unit_assumed;
	if (!reading->options->time && !reading->options->mem)
		return dat_read_progress(profile, path, reading->progress, e);
	profile_init(profile, path);
	return err_set(e,
	    "%s: this mprof was built without libcsv and reads no tables",
	    path);
}
#endif

/* The result of reading a file, which profiles_report() prints. */
struct profiles_outcome {
	char *failure; /* NULL: it was read */
	bool unit_assumed;
};

static void profiles_load(struct profile *profile,
    const struct profiles_reading *reading, struct profiles_outcome *outcome)
{
	const char *path = reading->path;
	bool recording = profiles_is_recording(path);
	struct err e;
	int got = recording ? 0 : file_kind_check(path, &e);

	*outcome = (struct profiles_outcome){0};
	if (got != 0)
		profile_init(profile, path);
	else if (recording)
		got = dat_read_progress(profile, path, reading->progress, &e);
	else
		got = profiles_read_other(
		    profile, reading, &outcome->unit_assumed, &e);
	if (got != 0)
		outcome->failure = mem_copy(e.text);
}

/* Why a file has none, as far as that is known. */
static const char *profiles_without_samples(const struct profile *profile)
{
	if (profile->lines == 0)
		return ": the file is empty";
	if (file_kind_is_json(profile->path))
		return ": it is JSON, of which only duct's usage files are "
		       "read";
	if (profile->skipped > 0 && profile->runs.len == 0)
		return ": it is not a recording";
	return "";
}

/* Returns the result of profiles_read(). Frees the outcome's content. */
static int profiles_report(const struct profile *profile,
    struct profiles_outcome *outcome, const struct profiles_options *options)
{
	const char *path = profile->path;
	struct err e;

	if (outcome->failure) {
		err_set(&e, "%s", outcome->failure);
		free(outcome->failure);
		command_fail(COMMAND_FAILED, &e);
		return -1;
	}
	if (outcome->unit_assumed)
		profiles_report_unit(path);
	profiles_report_skipped(profile, options->verbose);
	profiles_report_endings(profile);
	profiles_report_thinning(profile);
	profiles_report_size(profile);
	if (profiles_has_samples(profile))
		return 0;
	err_set(&e, "%s: holds no samples%s", path,
	    profiles_without_samples(profile));
	command_fail(COMMAND_FAILED, &e);
	return -1;
}

int profiles_read(struct profile *profile, const char *path,
    const struct profiles_options *options)
{
	char *what = mem_format("reading %s", path);
	struct waiting waiting;
	struct progress progress = waiting_begin(&waiting, what);
	struct profiles_reading reading = {path, options, &progress};
	struct profiles_outcome outcome;

	profiles_load(profile, &reading, &outcome);
	waiting_end(&waiting);
	free(what);
	return profiles_report(profile, &outcome, options);
}

/* State of reading many files in several threads. */
struct profiles_many {
	const struct profiles *profiles;
	const struct profiles_options *options;
	void (*reduce)(struct profile *profile);
	struct profile *read;
	struct profiles_outcome *outcomes;
	pthread_mutex_t progress_lock;
	struct progress progress;
	size_t done;
};

static void profiles_load_one(void *context, size_t at)
{
	struct profiles_many *many = context;
	struct profiles_reading reading = {
	    many->profiles->paths.items[at], many->options, NULL};

	profiles_load(&many->read[at], &reading, &many->outcomes[at]);
	many->reduce(&many->read[at]);
	pthread_mutex_lock(&many->progress_lock);
	progress_step(&many->progress, ++many->done, many->profiles->paths.len);
	pthread_mutex_unlock(&many->progress_lock);
}

void profiles_read_many(struct profile *read, bool *failed,
    const struct profiles *profiles, const struct profiles_options *options,
    void (*reduce)(struct profile *profile))
{
	size_t len = profiles->paths.len;
	char *what = mem_format("reading %zu recordings", len);
	struct waiting waiting;
	struct profiles_many many = {.profiles = profiles,
	    .options = options,
	    .reduce = reduce,
	    .read = read,
	    .outcomes = mem_zero(len, sizeof(many.outcomes[0])),
	    .progress_lock = PTHREAD_MUTEX_INITIALIZER,
	    .progress = waiting_begin(&waiting, what)};

	parallel_for(len, profiles_load_one, &many);
	waiting_end(&waiting);
	free(what);
	for (size_t i = 0; i < len; i++)
		failed[i] =
		    profiles_report(&read[i], &many.outcomes[i], options) != 0;
	free(many.outcomes);
}
