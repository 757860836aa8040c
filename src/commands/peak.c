// SPDX-License-Identifier: MIT
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/figures.h"
#include "analysis/peak.h"
#include "base/units.h"
#include "base/utf8.h"
#include "cli/table.h"
#include "commands/command.h"
#include "input/profiles.h"
#include "profile/share.h"
#include "profile/ending.h"

enum { SCHEMA = 1, NAME_COLUMNS = 60 };

static const char *const groupings[] = {
    [PARTY_BY_NAME] = "name", [PARTY_BY_COMMAND] = "command", NULL};

struct peak_options {
	const char *function, *by;
	bool phases, json;
	struct profiles_options profiles;
};

static const struct option_row rows[] = {
    {.name = "func",
	.arg = "NAME",
	.help = "the peak while this function ran; NAME as in the recording",
	.parse = option_text,
	.offset = offsetof(struct peak_options, function)},
    {.name = "phases",
	.help = "also print the peak and the growth between marks",
	.parse = option_flag,
	.offset = offsetof(struct peak_options, phases),
	.ours = true},
    {.name = "by",
	.arg = "WHAT",
	.help = "print the memory of the processes at the peak of the total, "
		"added up by {}",
	.parse = option_choice,
	.choices = groupings,
	.offset = offsetof(struct peak_options, by),
	.ours = true},
    {.name = "json",
	.help = "print JSON, with names and times",
	.parse = option_flag,
	.offset = offsetof(struct peak_options, json),
	.ours = true},
    PROFILES_ROWS(struct peak_options, profiles), {0}};

static void print_clean(const char *text)
{
	char *clean = utf8_clean_copy(text);

	fputs(clean, stdout);
	free(clean);
}

/* Prints exactly what memory_profiler prints, for a recording without names. */
static void print_children(const struct peaks *peaks)
{
	char shown[4 * NAME_COLUMNS + 4];

	for (size_t i = 0; i < peaks->children.len; i++) {
		const struct child_peak *child = &peaks->children.items[i];
		const char *command = child->process->command;
		const char *name =
		    command && *command ? command : child->process->name;

		fputs("  Child ", stdout);
		print_clean(child->process->key);
		printf("\t\t\t%.3f MiB", child->mib);
		if (name && child->run->state.introduces) {
			char *clean = utf8_clean_copy(name);

			printf("  %s", utf8_shorten(shown, sizeof(shown), clean,
					   NAME_COLUMNS));
			free(clean);
		}
		putchar('\n');
	}
}

static enum party_by party_by_of(const char *name)
{
	return strcmp(name, groupings[PARTY_BY_COMMAND]) == 0 ? PARTY_BY_COMMAND
							      : PARTY_BY_NAME;
}

static void add_party(struct table *table, const struct party *party)
{
	char size[UNITS_TEXT];
	char *name = mem_format("%s \xc3\x97%zu",
	    party->name ? party->name : "(no name)", party->count);

	table_add(table, units_size(size, party->at_peak_mib));
	table_add(table, units_size(size, party->highest_mib));
	table_add(table, name);
	free(name);
}

static void print_parties(const struct run *run, enum party_by by)
{
	struct parties parties;
	struct table table;

	parties_init(&parties, run, by);
	if (parties.list.len == 1 && !parties.list.items[0].name) {
		puts("  No process was recorded on its own, only the total: "
		     "mprof run -M records each.");
		parties_finish(&parties);
		return;
	}
	table_init(&table, "rrl");
	table_add(&table, "  at the peak");
	table_add(&table, "highest one");
	table_add(&table, "processes");
	for (size_t i = 0; i < parties.list.len; i++)
		add_party(&table, &parties.list.items[i]);
	table_print(&table, stdout, table_width(stdout));
	table_finish(&table);
	parties_finish(&parties);
}

static void command_peak_print_share(const struct peaks *peaks)
{
	char *text = share_text(peaks->share, peaks->mib);

	printf("  Shared\t\t\t%s\n", text);
	free(text);
}

static void print_phase(const struct phase *phase, double first_s)
{
	const struct figures *f = &phase->figures;
	char at[UNITS_TEXT], duration[UNITS_TEXT], peak[UNITS_TEXT];
	char size[UNITS_TEXT], growth[UNITS_TEXT + 1];
	char *name = utf8_clean_copy(phase->name);

	snprintf(growth, sizeof(growth), "%s%s", f->growth_mib > 0 ? "+" : "",
	    units_size(size, f->growth_mib));
	printf("  %12s %12s %12s %13s  %s\n",
	    units_duration(at, phase->from_s - first_s),
	    units_duration(duration, f->duration_s),
	    units_size(peak, f->peak_mib), growth, name);
	free(name);
}

/* A line a phase: its start, duration, peak, growth and name. */
static void print_phases(const struct run *run)
{
	double first_s = run_first_s(run);
	struct phase *phases;
	size_t count;

	if (run->total.len == 0 || run->marks.len == 0) {
		puts("  no marks: see mprof help mark");
		return;
	}
	count = phases_of_run(run, &phases);
	printf("  %12s %12s %12s %13s  %s\n", "at", "duration", "peak",
	    "growth", "phase");
	for (size_t i = 0; i < count; i++)
		print_phase(&phases[i], first_s);
	free(phases);
}

/* A call whose name ends with that part, "squares" for "__main__.squares"; or
 * NULL. */
static const char *find_full_name(
    const struct profile *profile, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < profile->runs.len; i++) {
		const struct run *run = &profile->runs.items[i];

		for (size_t k = 0; k < run->calls.len; k++) {
			const char *full = run->calls.items[k].name;
			size_t full_len = strlen(full);

			if (full_len > len && full[full_len - len - 1] == '.' &&
			    strcmp(full + full_len - len, name) == 0)
				return full;
		}
	}
	return NULL;
}

/* On stderr, since stdout is exactly what memory_profiler's mprof prints. */
static void say_never_called(const struct profile *profile, const char *name)
{
	const char *full = find_full_name(profile, name);
	struct err e;

	err_set(&e, "%s: %s was never called%s%s%s", profile->path, name,
	    full ? "; did you mean --func " : "", full ? full : "",
	    full ? "?" : "");
	command_fail(COMMAND_OK, &e);
}

/* Descendants are not listed for a function that was never called. */
static void print_peaks(
    const struct profile *profile, const struct peak_options *options)
{
	struct peaks peaks;
	double mib;
	int got = 0;

	peaks_init(&peaks, profile);
	mib = peaks.mib;
	if (options->function)
		got = peak_of_function(profile, options->function, &mib);
	if (got != 0)
		say_never_called(profile, options->function);
	print_clean(profile->path);
	if (got != 0 || !peaks.found)
		puts("\tNaN MiB");
	else
		printf("\t%.3f MiB\n", mib);
	if (peaks.share && !options->function)
		command_peak_print_share(&peaks);
	if (got == 0 && !options->by)
		print_children(&peaks);
	for (size_t i = 0; options->by && i < profile->runs.len; i++)
		print_parties(
		    &profile->runs.items[i], party_by_of(options->by));
	for (size_t i = 0; options->phases && i < profile->runs.len; i++)
		print_phases(&profile->runs.items[i]);
	peaks_finish(&peaks);
}

static void command_peak_put_number(
    struct json *json, const char *key, bool known, double number)
{
	json_key(json, key);
	json_number(json, known ? number : NAN);
}

static void put_children(struct json *json, const struct peaks *peaks)
{
	json_key(json, "children");
	json_open(json, '[');
	for (size_t i = 0; i < peaks->children.len; i++) {
		const struct child_peak *child = &peaks->children.items[i];

		json_open(json, '{');
		json_key(json, "key");
		json_text(json, child->process->key);
		json_key(json, "name");
		json_text(json, child->process->name);
		json_key(json, "command");
		json_text(json, child->process->command);
		json_key(json, "start_ticks");
		if (child->process->start_ticks)
			json_whole(json, (int64_t)child->process->start_ticks);
		else
			json_text(json, NULL);
		command_peak_put_number(json, "peak_mib", true, child->mib);
		json_close(json, '}');
	}
	json_close(json, ']');
}

/* The groups of all runs, one run after the other. */
static void put_parties(
    struct json *json, const struct profile *profile, enum party_by by)
{
	json_key(json, "groups");
	json_open(json, '[');
	for (size_t r = 0; r < profile->runs.len; r++) {
		struct parties parties;

		parties_init(&parties, &profile->runs.items[r], by);
		for (size_t i = 0; i < parties.list.len; i++) {
			const struct party *party = &parties.list.items[i];

			json_open(json, '{');
			json_key(json, "run");
			json_whole(json, (int64_t)r + 1);
			json_key(json, "name");
			json_text(json, party->name);
			json_key(json, "count");
			json_whole(json, (int64_t)party->count);
			command_peak_put_number(
			    json, "at_peak_mib", true, party->at_peak_mib);
			command_peak_put_number(
			    json, "highest_mib", true, party->highest_mib);
			json_close(json, '}');
		}
		parties_finish(&parties);
	}
	json_close(json, ']');
}

static void put_run_phases(struct json *json, const struct run *run)
{
	struct phase *phases = NULL;
	size_t count = run->total.len ? phases_of_run(run, &phases) : 0;
	double first_s = run_first_s(run);

	json_key(json, "phases");
	json_open(json, '[');
	for (size_t i = 0; i < count; i++) {
		json_open(json, '{');
		json_key(json, "name");
		json_text(json, phases[i].name);
		json_key(json, "start_s");
		json_rounded(json, phases[i].from_s - first_s, 4);
		json_key(json, "duration_s");
		json_rounded(json, phases[i].figures.duration_s, 4);
		json_key(json, "peak_mib");
		json_rounded(json, phases[i].figures.peak_mib, 6);
		json_key(json, "growth_mib");
		json_rounded(json, phases[i].figures.growth_mib, 6);
		json_close(json, '}');
	}
	json_close(json, ']');
	free(phases);
}

static void put_phases(struct json *json, const struct profile *profile)
{
	json_key(json, "runs");
	json_open(json, '[');
	for (size_t i = 0; i < profile->runs.len; i++) {
		json_open(json, '{');
		put_run_phases(json, &profile->runs.items[i]);
		json_close(json, '}');
	}
	json_close(json, ']');
}

/* One word a run; null where unknown. */
static void put_endings(struct json *json, const struct profile *profile)
{
	json_key(json, "endings");
	json_open(json, '[');
	for (size_t i = 0; i < profile->runs.len; i++)
		json_text(json, run_ending_word(profile->runs.items[i].ending));
	json_close(json, ']');
}

/* With --func the figure is that of the calls, and its time is not reported. */
static void put_peaks(struct json *json, const struct profile *profile,
    const struct peak_options *options)
{
	struct peaks peaks;
	double mib;
	int got = 0;

	peaks_init(&peaks, profile);
	mib = peaks.mib;
	if (options->function)
		got = peak_of_function(profile, options->function, &mib);
	json_open(json, '{');
	json_key(json, "path");
	json_text(json, profile->path);
	json_key(json, "function");
	json_text(json, options->function);
	command_peak_put_number(json, "peak_mib", peaks.found && got == 0, mib);
	command_peak_put_number(
	    json, "time_s", peaks.found && !options->function, peaks.time_s);
	json_key(json, "shared");
	share_write(json, options->function ? NULL : peaks.share);
	json_key(json, "between_samples");
	json_bool(json, peaks.unsampled && !options->function);
	put_children(json, &peaks);
	if (options->by)
		put_parties(json, profile, party_by_of(options->by));
	put_endings(json, profile);
	if (options->phases)
		put_phases(json, profile);
	json_close(json, '}');
	peaks_finish(&peaks);
}

static int show_each(const struct profiles *profiles,
    const struct peak_options *options, struct json *json)
{
	int status = COMMAND_OK;

	for (size_t i = 0; i < profiles->paths.len; i++) {
		struct profile profile;

		if (profiles_read(&profile, profiles->paths.items[i],
			&options->profiles) != 0)
			status = COMMAND_FAILED;
		else if (options->json)
			put_peaks(json, &profile, options);
		else
			print_peaks(&profile, options);
		profile_finish(&profile);
	}
	return status;
}

static int show_json(
    const struct profiles *profiles, const struct peak_options *options)
{
	struct json json;
	int status;

	json_init(&json, stdout);
	json_open_document(&json, SCHEMA);
	json_key(&json, "recordings");
	json_open(&json, '[');
	status = show_each(profiles, options, &json);
	json_close(&json, ']');
	json_close(&json, '}');
	return status;
}

static int command_peak_exec(const void *values, char **words, int count)
{
	const struct peak_options *options = values;
	struct profiles profiles;
	int status = profiles_init(
	    &profiles, words, count, options->json ? stderr : stdout);

	if (status == COMMAND_OK)
		status = options->json ? show_json(&profiles, options)
				       : show_each(&profiles, options, NULL);
	profiles_finish(&profiles);
	return status;
}

const struct command command_peak = {
    .name = "peak",
    .synopsis = "[options] [PROFILE ...]",
    .summary = "print the highest memory of recordings",
    .details = "A profile is a file or a number of mprof list, -1 the "
	       "newest; the newest is\ntaken where none is named.\n",
    .options = rows,
    .options_size = sizeof(struct peak_options),
    .takes = COMMAND_TAKES_PROFILES,
    .run = command_peak_exec,
};
