// SPDX-License-Identifier: MIT
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/lines.h"
#include "analysis/origin.h"
#include "base/array.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/units.h"
#include "base/utf8.h"
#include "chart/chart.h"
#include "cli/table.h"
#include "cli/wrap.h"
#include "commands/command.h"
#include "commands/command_picture.h"
#include "commands/lines_diff.h"
#include "commands/lines_held.h"
#include "commands/lines_source.h"
#include "dat/reader.h"
#include "input/profiles.h"
#include "symbols/naming.h"

struct lines_options {
	struct profiles_options profiles;
	struct lines_held_wish held;
	const char *by; /* NULL: the default */
	const char *source;
	const char *output;
	bool json, flame, diff;
};

/* The first three in the order of enum lines_by, all in that of held_by. */
static const char *const by_names[] = {
    "line", "function", "file", "module", "process", NULL};

static const struct option_row rows[] = {
    {.name = "by",
	.arg = "WHAT",
	.help = "print one row for each {} (default line, or function for "
		"recordings without sampled allocations)",
	.parse = option_choice,
	.offset = offsetof(struct lines_options, by),
	.choices = by_names,
	.ours = true},
    {.name = "source",
	.arg = "FILE",
	.help = "print the source file FILE with the growth at each line, "
		"including that of the functions it calls",
	.parse = option_text,
	.offset = offsetof(struct lines_options, source),
	.ours = true},
    {.letter = 'n',
	.name = "top",
	.arg = "N",
	.help = "print the first N rows (default 20); 0: all of them",
	.parse = option_whole,
	.offset = offsetof(struct lines_options, held.top),
	.ours = true},
    {.name = "leaf",
	.help =
	    "name the innermost frame, not the innermost one of your own code",
	.parse = option_flag,
	.offset = offsetof(struct lines_options, held.rows.leaf),
	.ours = true},
    {.name = "imports",
	.help = "show the memory of imports line by line, not as one row",
	.parse = option_flag,
	.offset = offsetof(struct lines_options, held.rows.imports),
	.ours = true},
    {.name = "native",
	.help = "a row for each chain: the innermost line of your own Python "
		"code, and the packages and C functions that it called",
	.parse = option_flag,
	.offset = offsetof(struct lines_options, held.rows.native),
	.ours = true},
    {.name = "at",
	.arg = "DURATION",
	.help = "show what was held at this time after the start (default: at "
		"the peak of the total)",
	.parse = option_duration,
	.offset = offsetof(struct lines_options, held.at_s),
	.ours = true},
    {.letter = 'w',
	.name = "window",
	.arg = "A,B",
	.help =
	    "show what was allocated from second A to B and still held at B",
	.parse = option_window,
	.offset = offsetof(struct lines_options, held.window),
	.ours = true},
    {.name = "since",
	.arg = "MARK",
	.help = "show what was allocated since the last mark of this name and "
		"still held at the end",
	.parse = option_text,
	.offset = offsetof(struct lines_options, held.since),
	.ours = true},
    {.name = "older",
	.arg = "DURATION",
	.help = "leave out what had been held for less time than this",
	.parse = option_duration,
	.offset = offsetof(struct lines_options, held.older_s),
	.ours = true},
    {.name = "flame",
	.help = "draw a flame graph of what is held, or of the growth",
	.parse = option_flag,
	.offset = offsetof(struct lines_options, flame),
	.ours = true},
    {.letter = 'o',
	.name = "output",
	.arg = "FILE",
	.help =
	    "write the flame graph to FILE: .svg, .png, .pdf, .eps or .html",
	.parse = option_text,
	.offset = offsetof(struct lines_options, output),
	.ours = true},
    {.name = "diff",
	.help = "compare two profiles: how much more each place holds in the "
		"second",
	.parse = option_flag,
	.offset = offsetof(struct lines_options, diff),
	.ours = true},
    {.name = "json",
	.help = "print JSON",
	.parse = option_flag,
	.offset = offsetof(struct lines_options, json),
	.ours = true},
    PROFILES_ROWS(struct lines_options, profiles), {0}};

static const struct lines_options defaults = {.held.top = 20};

static size_t lines_choose_by(
    const struct lines_options *options, size_t otherwise)
{
	size_t i = 0;

	if (!options->by)
		return otherwise;
	while (by_names[i + 1] && strcmp(by_names[i], options->by) != 0)
		i++;
	return i;
}

/* Adds up the rows of one line, which may be in several functions. */
static double lines_sum_line(const struct lines *lines, const char *path,
    int line, size_t *at, size_t *samples)
{
	double mib = 0;

	*samples = 0;
	while (*at < lines->rows.len) {
		const struct lines_row *row = &lines->rows.items[*at];

		if (strcmp(row->file, path) != 0 || row->line > line)
			break;
		mib += row->mib;
		*samples += row->samples;
		++*at;
	}
	return mib;
}

static void lines_print_source_line(
    int line, double mib, size_t samples, const char *text)
{
	char *clean;
	char *spaced = mem_zero(strlen(text) * 8 + 1, 1), *to = spaced;

	/* Tabs become blanks, since utf8_clean() would show them as \t. */
	for (; *text; text++)
		if (*text == '\t')
			to += sprintf(
			    to, "%*s", (int)(8 - (to - spaced) % 8), "");
		else
			*to++ = *text;
	clean = utf8_clean_copy(spaced);
	if (samples)
		printf("%6d %10.3f MiB %9zu   %s\n", line, mib, samples, clean);
	else
		printf("%6d %14s %9s   %s\n", line, "", "", clean);
	free(clean);
	free(spaced);
}

/* Prints the file of the first row, each line with its row. -1 with e where it
 * can't be read. */
static int lines_print_source(
    const struct lines *lines, enum memory_source from, struct err *e)
{
	static const char *const titles[] = {"Growth", "Held", "Touched"};
	const char *path = lines->rows.items[0].file;
	struct source source;
	char clean[512];
	size_t at = 0;

	source_read(&source, path);
	utf8_clean(clean, sizeof(clean), path);
	if (!source.text) {
		source_finish(&source);
		return err_errno(e, "%s: can't be read", clean);
	}
	if (from != SOURCE_HELD)
		wrap_print_note("%s", from == SOURCE_TOUCHED
					  ? LINES_TOUCHED
					  : LINES_ON_THE_CLOCK);
	if (from != SOURCE_HELD)
		putchar('\n');
	printf("Filename: %s (sampled, with what each line called)\n\n", clean);
	printf("Line #        %7s   Samples   Line Contents\n", titles[from]);
	printf("================================================\n");
	for (size_t i = 0; i < source.lines.len; i++) {
		int line = (int)i + 1;
		size_t samples;
		double mib = lines_sum_line(lines, path, line, &at, &samples);

		lines_print_source_line(
		    line, mib, samples, source.lines.items[i]);
	}
	source_finish(&source);
	return 0;
}

static char *lines_row_name(const struct lines_row *row)
{
	char *raw, *clean, cell[ORIGIN_CELL];
	const char *file = origin_file(row->file, cell);

	if (row->line)
		raw = lines_place_name(file, row->line, row->function);
	else if (*row->function)
		raw = mem_format("%s (%s)", row->function, file);
	else
		raw = mem_format("%s", file);
	clean = utf8_clean_copy(raw);
	free(raw);
	return clean;
}

static void command_lines_print_row(const struct lines *lines,
    const struct lines_row *row, const char *text,
    const struct units_column *unit, size_t terminal)
{
	char size[UNITS_TEXT], percent[UNITS_TEXT];
	char *name = lines_row_name(row);
	double share = lines->grown_mib > 0 && row->mib > 0
			   ? 100 * row->mib / lines->grown_mib
			   : 0;
	int used =
	    printf("%10s  %7s  %7zu  ", units_column_size(size, unit, row->mib),
		units_percent(percent, share, 1), row->samples);

	lines_print_place(&(struct lines_place){name, row->line, text, ""},
	    (size_t)used, terminal);
	free(name);
}

static void command_lines_print_head(
    const struct lines *lines, const struct profile *profile)
{
	char count[UNITS_COUNT], grown[UNITS_TEXT], given[UNITS_TEXT];
	struct units_column unit = {0};

	units_column_add(&unit, lines->grown_mib);
	units_column_add(&unit, lines->given_mib);
	wrap_print_note("%s", LINES_ON_THE_CLOCK);
	wrap_print_note("Sampled: %s grown, %s given back, in %s",
	    units_column_size(grown, &unit, lines->grown_mib),
	    units_column_size(given, &unit, lines->given_mib),
	    units_count(count, lines->samples, "sample", "samples"));
	for (size_t i = 0; i < profile->runs.len; i++)
		lines_held_print_reasons(&profile->runs.items[i]);
}

static void lines_print_table(const struct lines *lines,
    const struct profile *profile, const struct lines_options *options)
{
	static const char *const titles[] = {"Line", "Function", "File"};
	struct sources sources = {0};
	size_t most = options->held.top ? (size_t)options->held.top : SIZE_MAX;
	size_t terminal = table_width(stdout);
	struct units_column unit = {0};

	command_lines_print_head(lines, profile);
	for (size_t i = 0; i < lines->rows.len && i < most; i++)
		units_column_add(&unit, lines->rows.items[i].mib);
	printf("    Growth    Share  Samples  %s\n",
	    titles[lines_choose_by(options, LINES_BY_FUNCTION)]);
	for (size_t i = 0; i < lines->rows.len && i < most; i++) {
		const struct lines_row *row = &lines->rows.items[i];

		command_lines_print_row(lines, row,
		    row->line ? sources_line(&sources, row->file, row->line)
			      : NULL,
		    &unit, terminal);
	}
	if (lines->rows.len > most)
		printf("(%zu more: --top 0)\n", lines->rows.len - most);
	sources_finish(&sources);
}

static void command_lines_write_row(
    struct json *json, const struct lines *lines, const struct lines_row *row)
{
	json_open(json, '{');
	json_key(json, "growth_mib");
	json_rounded(json, row->mib, 6);
	json_key(json, "share");
	json_rounded(json,
	    lines->grown_mib > 0 && row->mib > 0 ? row->mib / lines->grown_mib
						 : 0,
	    6);
	json_key(json, "samples");
	json_whole(json, (int64_t)row->samples);
	lines_write_place(json, row->file, row->line, row->function);
	json_close(json, '}');
}

static void lines_write(const char *path, const struct lines *lines)
{
	struct json json;

	lines_open_document(&json, path, SOURCE_CLOCK);
	json_key(&json, "samples");
	json_whole(&json, (int64_t)lines->samples);
	json_key(&json, "grown_mib");
	json_rounded(&json, lines->grown_mib, 6);
	json_key(&json, "given_back_mib");
	json_rounded(&json, lines->given_mib, 6);
	json_key(&json, "rows");
	json_open(&json, '[');
	for (size_t i = 0; i < lines->rows.len; i++)
		command_lines_write_row(&json, lines, &lines->rows.items[i]);
	json_close(&json, ']');
	json_close(&json, '}');
}

/* For the picture of --flame. */
#define WIDTH 1260
#define LANE_HEIGHT 22 /* room for a name */
#define FRAME_HEIGHT 140
#define LEAST_HEIGHT 250

static int lines_flame_draw(const struct scene *scene,
    const struct render_format *format, const char *output, struct err *e)
{
	double lanes = (double)scene->panels.items[0].lanes;
	struct render_request request = {.scene = scene,
	    .format = format,
	    .width = WIDTH,
	    .height = fmax(LEAST_HEIGHT, FRAME_HEIGHT + LANE_HEIGHT * lanes),
	    .scale = 1,
	    .theme = PALETTE_LIGHT};

	return command_picture_write(&request, output, e);
}

/* Draws a recording's growth as a flame graph, in the format of output's
 * extension. Returns the exit status. */
static int lines_flame(const struct profile *profile,
    const struct stack_growths *growths, const char *output)
{
	static const char *const titles[] = {"Growth of memory by stack",
	    "Memory held, by stack", "Memory touched, by stack"};
	const struct render_format *format;
	const char *command = profile->runs.items[0].command;
	struct scene scene = {0};
	struct err e;
	char *title;
	int got = -1;

	format = format_of_path(output, RENDER_CHART, &e);
	if (!format)
		return command_fail(COMMAND_MISUSED, &e);
	title = mem_format("%s (sampled): %s", titles[growths->source],
	    command ? command : profile->path);
	if (chart_growth(&scene, growths, title, &e) == 0)
		got = lines_flame_draw(&scene, format, output, &e);
	free(title);
	scene_finish(&scene);
	return got == 0 ? COMMAND_OK : command_fail(COMMAND_FAILED, &e);
}

static int lines_list_source(
    const struct lines_options *options, const struct stack_growths *growths)
{
	struct lines lines;
	struct err e;
	int status = COMMAND_OK;

	lines_of_file(&lines, growths, options->source);
	if (lines.rows.len == 0) {
		err_set(&e,
		    "%s: no sampled stack has a line in it; mprof lines names "
		    "the files that have",
		    options->source);
		status = command_fail(COMMAND_FAILED, &e);
	} else if (lines_print_source(&lines, growths->source, &e) < 0) {
		status = command_fail(COMMAND_FAILED, &e);
	}
	lines_finish(&lines);
	return status;
}

static const char *lines_reason(const struct profile *profile)
{
	const char *reason = NULL;

	for (size_t i = profile->runs.len; i-- > 0 && !reason;)
		reason = lines_held_reason(&profile->runs.items[i]);
	return reason;
}

static int command_lines_show(const struct lines_options *options,
    const struct profile *profile, const struct stack_growths *growths)
{
	struct lines lines;
	struct err e;

	if (growths->items.len == 0) {
		const char *reason = lines_reason(profile);

		if (growths->source != SOURCE_CLOCK)
			err_set(&e, "%s: %s%s%s", profile->path,
			    growths->samples > 0
				? "no sample of that time has a stack"
				: "nothing sampled was held at that time",
			    reason ? "; not sampled: " : "",
			    reason ? reason : "");
		else if (reason)
			err_set(&e, "%s: nothing in it was sampled: %s",
			    profile->path, reason);
		else
			err_set(&e,
			    "%s: no stacks in it: record with mprof run "
			    "--stacks",
			    profile->path);
		return command_fail(COMMAND_FAILED, &e);
	}
	if (options->flame)
		return lines_flame(profile, growths, options->output);
	if (options->source)
		return lines_list_source(options, growths);
	lines_sum(&lines, growths,
	    (enum lines_by)lines_choose_by(options, LINES_BY_FUNCTION));
	if (options->json)
		lines_write(profile->path, &lines);
	else
		lines_print_table(&lines, profile, options);
	lines_finish(&lines);
	return COMMAND_OK;
}

/* The last run with sampled allocations or page faults; NULL: only growth on
 * the clock is known. */
static const struct run *lines_held_run(const struct profile *profile)
{
	for (size_t i = profile->runs.len; i-- > 0;) {
		if (held_source(&profile->runs.items[i]) != SOURCE_CLOCK)
			return &profile->runs.items[i];
	}
	return NULL;
}

static int lines_show_held(const struct lines_options *options,
    const struct profile *profile, const struct run *run)
{
	struct stack_growths growths;
	struct held held;
	struct err e;
	int status;

	if (lines_held_init(&held, &options->held, run, &e) != 0)
		return command_fail(COMMAND_FAILED, &e);
	held_growths(&growths, &held, false);
	if (options->flame || options->source || growths.items.len == 0) {
		status = command_lines_show(options, profile, &growths);
	} else {
		struct lines_held_wish wish = options->held;

		wish.rows.by =
		    (enum held_by)lines_choose_by(options, HELD_BY_LINE);
		lines_held_show(
		    &held, &wish, options->json ? profile->path : NULL);
		status = COMMAND_OK;
	}
	stack_growths_finish(&growths);
	held_finish(&held);
	return status;
}

/* Refuses what growth on the clock doesn't have: ages, and more than three
 * kinds of rows. */
static int lines_check_clock(
    const struct lines_options *options, const char *path)
{
	const struct lines_held_wish *held = &options->held;
	struct err e;

	if (!held->at_s && !held->window.given && !held->since &&
	    !held->older_s && !held->rows.native &&
	    lines_choose_by(options, 0) <= LINES_BY_FILE)
		return COMMAND_OK;
	err_set(&e,
	    "%s: holds no sampled allocations, and growth on the clock is most "
	    "of what it has: "
	    "--native, --at, --window, --since, --older and --by module or "
	    "process need a recording of mprof run --stacks",
	    path);
	return command_fail(COMMAND_FAILED, &e);
}

static int lines_show_clock(
    const struct lines_options *options, const struct profile *profile)
{
	struct stack_growths growths = {0};
	int status = COMMAND_OK;

	for (size_t i = 0; i < profile->runs.len; i++)
		stack_growths_add(&growths, &profile->runs.items[i]);
	if (growths.items.len > 0)
		status = lines_check_clock(options, profile->path);
	if (status == COMMAND_OK)
		status = command_lines_show(options, profile, &growths);
	stack_growths_finish(&growths);
	return status;
}

/* In a recording that was cut off, machine code has no names yet. */
static void lines_name(struct profile *profile, const struct run *run)
{
	const struct naming_means none = {0};
	struct strbuf records = {0};

	if (run != &profile->runs.items[profile->runs.len - 1])
		return;
	naming_find(run, &none, &records);
	if (records.len > 0)
		dat_add_records(profile, records.text, records.len);
	strbuf_finish(&records);
}

static int lines_show_file(
    const struct lines_options *options, const char *path)
{
	const struct run *run;
	struct profile profile;
	int status = COMMAND_FAILED;

	if (profiles_read(&profile, path, &options->profiles) == 0) {
		run = lines_held_run(&profile);
		if (run)
			lines_name(&profile, run);
		status = run ? lines_show_held(options, &profile, run)
			     : lines_show_clock(options, &profile);
	}
	profile_finish(&profile);
	return status;
}

/* Reads one of the two profiles, and what it held; -1, with a message printed,
 * where that is unknown. The caller finishes both. */
static int lines_diff_read(const struct lines_options *options,
    const char *path, struct profile *profile, struct held *held)
{
	const struct run *run;
	struct err e;

	*held = (struct held){0};
	if (profiles_read(profile, path, &options->profiles) != 0)
		return -1;
	run = lines_held_run(profile);
	if (!run) {
		err_set(&e,
		    "%s: holds no sampled allocations: --diff needs recordings "
		    "of mprof run --stacks",
		    path);
		command_fail(COMMAND_FAILED, &e);
		return -1;
	}
	lines_name(profile, run);
	if (lines_held_init(held, &options->held, run, &e) != 0) {
		command_fail(COMMAND_FAILED, &e);
		return -1;
	}
	return 0;
}

static int lines_show_diff(
    const struct lines_options *options, char *const *paths)
{
	const char *const names[] = {paths[0], paths[1]};
	struct lines_held_wish wish = options->held;
	struct profile profiles[2] = {0};
	struct held held[2] = {0};
	int status = COMMAND_FAILED;

	wish.rows.by = (enum held_by)lines_choose_by(options, HELD_BY_LINE);
	if (lines_diff_read(options, paths[0], &profiles[0], &held[0]) == 0 &&
	    lines_diff_read(options, paths[1], &profiles[1], &held[1]) == 0) {
		lines_diff_show(held, &wish, options->json ? names : NULL);
		status = COMMAND_OK;
	}
	for (size_t i = 0; i < 2; i++) {
		held_finish(&held[i]);
		profile_finish(&profiles[i]);
	}
	return status;
}

static int lines_check_options(
    const struct lines_options *options, const struct profiles *profiles)
{
	struct err e;

	if (options->diff && (options->flame || options->source))
		err_set(&e, "lines: --diff has no --flame and no --source");
	else if (options->diff && profiles->paths.len != 2)
		err_set(&e, "lines: --diff takes two profiles");
	else if (!options->diff && profiles->paths.len > 1)
		err_set(&e, "lines: one profile at a time; two with --diff");
	else if (options->held.rows.native &&
		 (options->held.rows.leaf || options->flame ||
		     options->source ||
		     lines_choose_by(options, 0) == HELD_BY_PROCESS))
		err_set(&e, "lines: --native has no --leaf, --flame, --source "
			    "and --by process");
	else if (options->output && !options->flame)
		err_set(&e, "lines: --output needs --flame");
	else if (options->flame && !options->output)
		err_set(&e, "lines: --flame needs --output FILE");
	else
		return COMMAND_OK;
	return command_fail(COMMAND_MISUSED, &e);
}

static int command_lines_exec(const void *values, char **argv, int count)
{
	const struct lines_options *options = values;
	struct profiles profiles;
	int status = profiles_init(&profiles, argv, count, stderr);

	if (status == COMMAND_OK)
		status = lines_check_options(options, &profiles);
	if (status == COMMAND_OK)
		status =
		    options->diff
			? lines_show_diff(options, profiles.paths.items)
			: lines_show_file(options, profiles.paths.items[0]);
	profiles_finish(&profiles);
	return status;
}

const struct command command_lines = {
    .name = "lines",
    .synopsis = "[options] [PROFILE ...]",
    .summary = "show which lines of code hold memory",
    .details = "The recording needs stacks. mprof run --stacks samples "
	       "allocations of Python and\n"
	       "native programs, and follows them until they are freed. "
	       "Without such samples\n"
	       "(mprof attach, old recordings), growth is credited to the line "
	       "that was running\n"
	       "when it was noticed: a slow line gets that of a quick one "
	       "before it. A profile\n"
	       "is a file or a number from mprof list; -1 is the newest, and "
	       "is used if none is\n"
	       "given.\n",
    .options = rows,
    .options_size = sizeof(struct lines_options),
    .defaults = &defaults,
    .takes = COMMAND_TAKES_PROFILES,
    .run = command_lines_exec,
};
