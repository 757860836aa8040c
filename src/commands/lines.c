// SPDX-License-Identifier: MIT
#include "analysis/lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/units.h"
#include "base/utf8.h"
#include "cli/json.h"
#include "commands/command.h"
#include "commands/lines_flame.h"
#include "input/profiles.h"
#include "commands/source.h"

enum { SCHEMA = 1 };

struct lines_options {
	struct profiles_options profiles;
	const char *by;
	const char *source;
	const char *output;
	bool json, flame;
	long top;
};

static const char *const by_names[] = {"line", "function", "file", NULL};

static const struct option_row rows[] = {
    {.name = "by",
	.arg = "WHAT",
	.help = "one row for each {}",
	.parse = option_choice,
	.offset = offsetof(struct lines_options, by),
	.choices = by_names,
	.ours = true},
    {.name = "source",
	.arg = "FILE",
	.help = "list FILE with the growth of each of its lines, and of what "
		"they called",
	.parse = option_text,
	.offset = offsetof(struct lines_options, source),
	.ours = true},
    {.letter = 'n',
	.name = "top",
	.arg = "N",
	.help = "the first N rows; 0: all of them",
	.parse = option_whole,
	.offset = offsetof(struct lines_options, top),
	.ours = true},
    {.name = "flame",
	.help = "draw a flame graph of the growth",
	.parse = option_flag,
	.offset = offsetof(struct lines_options, flame),
	.ours = true},
    {.letter = 'o',
	.name = "output",
	.arg = "FILE",
	.help = "where the flame graph goes: .svg, .png, .pdf, .eps or .html",
	.parse = option_text,
	.offset = offsetof(struct lines_options, output),
	.ours = true},
    {.name = "json",
	.help = "print JSON",
	.parse = option_flag,
	.offset = offsetof(struct lines_options, json),
	.ours = true},
    PROFILES_ROWS(struct lines_options, profiles), {0}};

static const struct lines_options defaults = {.by = "line", .top = 20};

static enum lines_by by_of(const struct lines_options *options)
{
	size_t i = 0;

	while (by_names[i + 1] && strcmp(by_names[i], options->by) != 0)
		i++;
	return (enum lines_by)i;
}

/* With its sign, as memory_profiler's tables have it. */
static void command_lines_print_size(double mib)
{
	char text[UNITS_TEXT];

	printf(
	    "%s%s", mib < 0 ? "-" : "", units_size(text, mib < 0 ? -mib : mib));
}

static char *row_name(const struct lines_row *row)
{
	char *raw, *clean;

	if (row->line)
		raw = mem_format(
		    "%s:%d (%s)", row->file, row->line, row->function);
	else if (*row->function)
		raw = mem_format("%s (%s)", row->function, row->file);
	else
		raw = mem_format("%s", row->file);
	clean = utf8_clean_copy(raw);
	free(raw);
	return clean;
}

static void command_lines_print_row(
    const struct lines *lines, const struct lines_row *row, const char *text)
{
	char size[UNITS_TEXT], signed_size[UNITS_TEXT + 1];
	char *name = row_name(row);
	double share = lines->grown_mib > 0 && row->mib > 0
			   ? 100 * row->mib / lines->grown_mib
			   : 0;

	snprintf(signed_size, sizeof(signed_size), "%s%s",
	    row->mib < 0 ? "-" : "",
	    units_size(size, row->mib < 0 ? -row->mib : row->mib));
	printf(
	    "%10s  %5.1f %%  %7zu  %s", signed_size, share, row->samples, name);
	if (text && *text)
		printf("  %s", text);
	putchar('\n');
	free(name);
}

static void command_lines_print_head(const struct lines *lines)
{
	char count[UNITS_COUNT];

	printf("Sampled: ");
	command_lines_print_size(lines->grown_mib);
	printf(" grown, ");
	command_lines_print_size(lines->given_mib);
	printf(" given back, in %s\n",
	    units_count(count, lines->samples, "sample", "samples"));
}

static void print_table(
    const struct lines *lines, const struct lines_options *options)
{
	static const char *const titles[] = {"Line", "Function", "File"};
	struct sources sources = {0};
	size_t most = options->top ? (size_t)options->top : SIZE_MAX;

	command_lines_print_head(lines);
	printf("    Growth    Share  Samples  %s\n", titles[by_of(options)]);
	for (size_t i = 0; i < lines->rows.len && i < most; i++) {
		const struct lines_row *row = &lines->rows.items[i];

		command_lines_print_row(lines, row,
		    row->line ? sources_line(&sources, row->file, row->line)
			      : NULL);
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
	json_key(json, "file");
	json_text(json, row->file);
	if (row->line) {
		json_key(json, "line");
		json_whole(json, row->line);
	}
	if (*row->function) {
		json_key(json, "function");
		json_text(json, row->function);
	}
	json_close(json, '}');
}

static void write_lines(const char *path, const struct lines *lines)
{
	struct json json;

	json_init(&json, stdout);
	json_open_document(&json, SCHEMA);
	json_key(&json, "path");
	json_text(&json, path);
	json_key(&json, "sampled");
	json_bool(&json, true);
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

/* The file that has rows, or that name itself where none has. */
static int list_source(
    const struct lines_options *options, const struct stack_growths *growths)
{
	struct lines lines;
	struct err e;
	int status = COMMAND_OK;

	lines_of_file(&lines, growths, options->source);
	if (lines.rows.len == 0) {
		err_set(&e, "%s: no sampled stack has a line of it",
		    options->source);
		status = command_fail(COMMAND_FAILED, &e);
	} else if (source_list(&lines, &e) < 0) {
		status = command_fail(COMMAND_FAILED, &e);
	}
	lines_finish(&lines);
	return status;
}

static int command_lines_show(const struct lines_options *options,
    const struct profile *profile, const struct stack_growths *growths)
{
	struct lines lines;
	struct err e;

	if (growths->items.len == 0) {
		err_set(&e,
		    "%s: no stacks in it: record with mprof run --stacks",
		    profile->path);
		return command_fail(COMMAND_FAILED, &e);
	}
	if (options->flame)
		return lines_flame(profile, growths, options->output);
	if (options->source)
		return list_source(options, growths);
	lines_sum(&lines, growths, by_of(options));
	if (options->json)
		write_lines(profile->path, &lines);
	else
		print_table(&lines, options);
	lines_finish(&lines);
	return COMMAND_OK;
}

static int show_file(const struct lines_options *options, const char *path)
{
	struct stack_growths growths = {0};
	struct profile profile;
	int status = COMMAND_FAILED;

	if (profiles_read(&profile, path, &options->profiles) == 0) {
		for (size_t i = 0; i < profile.runs.len; i++)
			stack_growths_add(&growths, &profile.runs.items[i]);
		status = command_lines_show(options, &profile, &growths);
	}
	stack_growths_finish(&growths);
	profile_finish(&profile);
	return status;
}

static int check_options(
    const struct lines_options *options, const struct profiles *profiles)
{
	struct err e;

	if (profiles->paths.len > 1)
		err_set(&e, "lines: one profile at a time");
	else if (options->output && !options->flame)
		err_set(&e, "lines: --output is for --flame");
	else if (options->flame && !options->output)
		err_set(&e, "lines: --flame needs --output FILE");
	else
		return COMMAND_OK;
	return command_fail(COMMAND_MISUSED, &e);
}

static int command_lines_exec(const void *values, char **words, int count)
{
	const struct lines_options *options = values;
	struct profiles profiles;
	int status = profiles_init(&profiles, words, count, stderr);

	if (status == COMMAND_OK)
		status = check_options(options, &profiles);
	if (status == COMMAND_OK)
		status = show_file(options, profiles.paths.items[0]);
	profiles_finish(&profiles);
	return status;
}

const struct command command_lines = {
    .name = "lines",
    .synopsis = "[options] [PROFILE]",
    .summary = "print which lines of Python memory grew in",
    .details =
	"The recording must hold stacks: mprof run --stacks, mprof attach "
	"--stacks.\nThey are sampled: each growth is put to what ran at the "
	"end of its interval.\nA profile is a file or a number of mprof list, "
	"-1 the newest; the newest is\ntaken where none is named.\n",
    .options = rows,
    .options_size = sizeof(struct lines_options),
    .defaults = &defaults,
    .takes = COMMAND_TAKES_PROFILES,
    .run = command_lines_exec,
};
