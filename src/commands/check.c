// SPDX-License-Identifier: MIT
#include "commands/check.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "cli/markdown.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/wrap.h"
#include "commands/command.h"
#include "input/recording_files.h"

enum { SCHEMA = 1 };

static int command_check_parse_share(const char *text, double *share)
{
	char *end;
	double number = strtod(text, &end);

	if (!isdigit((unsigned char)text[0]) && text[0] != '.')
		return -1;
	if (strcmp(end, "%") == 0)
		number /= 100;
	else if (*end)
		return -1;
	*share = number;
	return isfinite(number) && number >= 0 && number <= 10 ? 0 : -1;
}

int check_parse_tolerance(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	if (command_check_parse_share(text, where) == 0)
		return 0;
	return err_set(e,
	    "option --%s: %s: not a percentage; give one such as 5%%",
	    row->name, text);
}

static int command_check_parse_spread(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	if (check_parse_tolerance(row, text, where, e) != 0)
		return -1;
	return *(double *)where > 0
		   ? 0
		   : err_set(e,
			 "option --%s: %s: must be above 0: two recordings are "
			 "never the same",
			 row->name, text);
}

int check_parse_growth(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	struct check_options *options = where;
	const char *slash = strchr(text, '/');
	char *size = mem_copy_n(text, slash ? (size_t)(slash - text) : 0);
	char *per = mem_format("1%s", slash ? slash + 1 : "");
	double mib = 0, seconds = 0;
	bool zero = size[0] && strspn(size, "0.") == strlen(size);
	int got = -1;

	if (slash && slash[1] && duration_parse(per, &seconds, NULL) == 0 &&
	    (zero || size_parse(size, &mib, NULL) == 0))
		got = 0;
	free(size);
	free(per);
	if (got != 0)
		return err_set(e,
		    "option --%s: %s: not a rate; give a size per time, such "
		    "as 2MiB/min",
		    row->name, text);
	options->conditions.max_growth = true;
	options->conditions.max_growth_mib_s = mib / seconds;
	return 0;
}

int check_parse_percent(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	char *end;
	double number = strtod(text, &end);

	end += strcmp(end, "%") == 0;
	if (!isdigit((unsigned char)text[0]) || *end || !isfinite(number) ||
	    number <= 0)
		return err_set(e,
		    "option --%s: %s: not a percentage; give one such as 150%%",
		    row->name, text);
	*(double *)where = number;
	return 0;
}

int check_parse_count(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	char *end;
	double number = strtod(text, &end);

	if (text[0] == 0 || text[strspn(text, "0123456789")] != 0 ||
	    !isfinite(number) || number <= 0)
		return err_set(e, "option --%s: %s: not a number of at least 1",
		    row->name, text);
	*(double *)where = number;
	return 0;
}

/* patterns are separated by commas. */
static int check_load_baseline(struct recording_set *baseline,
    const char *patterns, const struct profiles_options *reading, struct err *e)
{
	char *copy = mem_copy(patterns), *rest = copy, *pattern;
	int got = 0;

	while (got == 0 && (pattern = strsep(&rest, ",")))
		got = recording_files_add(baseline, pattern, reading, e);
	free(copy);
	return got;
}

static int command_check_judge(const struct check_options *options,
    const struct profiles_options *reading, const struct recording_set *side,
    struct verdicts *verdicts, struct err *e)
{
	struct recording_set baseline = {0};
	int got = 0;

	if (options->baseline)
		got = check_load_baseline(
		    &baseline, options->baseline, reading, e);
	if (got == 0 && options->baseline)
		got = recording_set_check_measure(&baseline, side, e);
	if (got == 0 && options->baseline)
		recording_files_note_totals(&baseline, side);
	if (got == 0)
		verdicts_judge(verdicts, &options->conditions, side,
		    options->baseline ? &baseline : NULL);
	recording_set_finish(&baseline);
	return got;
}

int check_prepare(const struct check_options *options,
    const struct profiles_options *reading, struct err *e)
{
	struct recording_set baseline = {0};
	int got = 0;

	if (!options->asked)
		return err_set(e,
		    "check: no condition given; try --max-peak 500MiB or "
		    "--baseline main.dat");
	if (options->baseline)
		got = check_load_baseline(
		    &baseline, options->baseline, reading, e);
	recording_set_finish(&baseline);
	return got;
}

/* The run's number in its file, from 1; 0 where it is the only one. */
static size_t check_run_number(const struct recording_set_run *run)
{
	const struct profile *profile = run->profile;

	return profile->runs.len > 1
		   ? (size_t)(run->run - profile->runs.items) + 1
		   : 0;
}

/* The recording's name for display. The caller frees. */
static char *check_run_name(const struct recording_set_run *run)
{
	char *clean = utf8_clean_copy(run->profile->path), *name;
	size_t number = check_run_number(run);

	if (number == 0)
		return clean;
	name = mem_format("%s, run %zu", clean, number);
	free(clean);
	return name;
}

/* "load" or "load #2", safe to print. The caller frees. */
static char *check_phase_name(const struct verdict *v)
{
	char *clean = utf8_clean_copy(v->phase), *name;

	if (v->nth == 1)
		return clean;
	name = mem_format("%s #%zu", clean, v->nth);
	free(clean);
	return name;
}

static enum terminal_mood check_mood(const struct verdict *v)
{
	return !v->met       ? TERMINAL_BAD
	       : v->doubtful ? TERMINAL_DOUBT
			     : TERMINAL_GOOD;
}

/* "a.dat: load: 412 MiB, at most 500 MiB (+3.8 % against the baseline)". The
 * caller frees. */
static char *check_sentence(const struct verdict *v, bool named)
{
	char *name = named && v->run ? check_run_name(v->run) : NULL;
	char *phase = v->phase ? check_phase_name(v) : NULL;
	struct strbuf text = {0};

	if (name)
		strbuf_add_format(&text, "%s: ", name);
	if (phase)
		strbuf_add_format(&text, "%s: ", phase);
	strbuf_add(&text, v->figure);
	if (v->limit[0])
		strbuf_add_format(&text, ", at most %s", v->limit);
	if (v->note[0])
		strbuf_add_format(&text, " (%s)", v->note);
	free(name);
	free(phase);
	return strbuf_take(&text);
}

static void check_print_verdict(const struct verdict *v, bool named, FILE *out)
{
	enum terminal_mood mood = check_mood(v);
	static const char *const words[] = {"ok  ", "?   ", "FAIL"};
	char *sentence;
	size_t column;

	if (out == stdout)
		terminal_print_word(words[mood], mood);
	else
		fputs(words[mood], out);
	column =
	    strlen(words[mood]) + (size_t)fprintf(out, "  %-10s  ", v->name);
	sentence = check_sentence(v, named);
	wrap_print(out, sentence,
	    (struct wrap){.column = column,
		.indent = strlen(words[mood]) + 2,
		.width = table_width(out)});
	free(sentence);
}

static void check_write_run(
    const struct recording_set_run *run, struct json *json)
{
	size_t number = run ? check_run_number(run) : 0;

	json_member_text(json, "recording", run ? run->profile->path : NULL);
	json_key(json, "run");
	if (number > 0)
		json_whole(json, (int64_t)number);
	else
		json_text(json, NULL);
}

static void check_write_verdict(const struct verdict *v, struct json *json)
{
	json_open(json, '{');
	json_member_text(json, "condition", v->name);
	check_write_run(v->run, json);
	json_member_text(json, "phase", v->phase);
	json_member_bool(json, "met", v->met);
	json_member_text(json, "unit", v->unit);
	json_member_rounded(json, "value", v->value, 6);
	json_member_rounded(json, "limit", v->bound, 6);
	json_member_text(json, "note", v->note[0] ? v->note : NULL);
	json_close(json, '}');
}

static void check_write_json(const struct verdicts *verdicts, FILE *out)
{
	struct json json;

	json_init(&json, out);
	json_open_document(&json, SCHEMA);
	json_member_bool(&json, "met", verdicts_met(verdicts));
	json_member_open(&json, "conditions", '[');
	for (size_t i = 0; i < verdicts->items.len; i++)
		check_write_verdict(&verdicts->items.items[i], &json);
	json_close(&json, ']');
	json_close(&json, '}');
}

static void check_write_sum(const struct verdicts *verdicts, FILE *out)
{
	size_t failed = 0, len = verdicts->items.len;

	for (size_t i = 0; i < len; i++)
		failed += !verdicts->items.items[i].met;
	if (failed == 0)
		fputs("**Memory: every condition is met**\n\n", out);
	else
		fprintf(out, "**Memory: %zu of %zu conditions %s not met**\n\n",
		    failed, len, failed == 1 ? "is" : "are");
}

static void check_write_cell(
    const char *text, void (*put)(FILE *out, const char *text), FILE *out)
{
	fputs(" ", out);
	if (text && text[0])
		put(out, text);
	fputs(" |", out);
}

static void check_write_row(
    const struct verdict *v, bool named, bool phases, FILE *out)
{
	static const char *const words[] = {"ok", "unsure", "**FAIL**"};
	char *name = v->run ? check_run_name(v->run) : NULL;
	char *phase = v->phase ? check_phase_name(v) : NULL;

	fprintf(out, "| %s | %s |", words[check_mood(v)], v->name);
	if (named)
		check_write_cell(name, markdown_put_name, out);
	if (phases)
		check_write_cell(phase, markdown_put_name, out);
	check_write_cell(v->figure, markdown_put_text, out);
	check_write_cell(v->limit, markdown_put_text, out);
	check_write_cell(v->note, markdown_put_text, out);
	fputc('\n', out);
	free(name);
	free(phase);
}

/* Writes a table for a comment on a change. */
static void check_write_markdown(const struct verdicts *verdicts, FILE *out)
{
	bool phases = false;

	for (size_t i = 0; i < verdicts->items.len; i++)
		phases = phases || verdicts->items.items[i].phase;
	check_write_sum(verdicts, out);
	fprintf(out, "| verdict | condition |%s%s figure | at most | note |\n",
	    verdicts->several ? " recording |" : "", phases ? " phase |" : "");
	fprintf(out, "| --- | --- |%s%s ---: | ---: | --- |\n",
	    verdicts->several ? " --- |" : "", phases ? " --- |" : "");
	for (size_t i = 0; i < verdicts->items.len; i++)
		check_write_row(
		    &verdicts->items.items[i], verdicts->several, phases, out);
}

static void check_write_escaped(const char *text, FILE *out)
{
	static const struct {
		char c;
		const char *text;
	} escapes[] = {
	    {'<', "&lt;"}, {'>', "&gt;"}, {'&', "&amp;"}, {'"', "&quot;"}};

	for (; *text; text++) {
		const char *escaped = NULL;

		for (size_t i = 0; i < 4; i++)
			escaped =
			    escapes[i].c == *text ? escapes[i].text : escaped;
		if (escaped)
			fputs(escaped, out);
		else
			fputc(*text, out);
	}
}

/* Several runs have a class each, so that no two cases are equal; a single one
 * has the same class whatever its file is called. */
static void check_write_case(const struct verdict *v, bool named, FILE *out)
{
	char *class =
	    named && v->run ? check_run_name(v->run) : mem_copy("mprof");

	fputs("  <testcase classname=\"", out);
	check_write_escaped(class, out);
	fprintf(out, "\" name=\"%s", v->name);
	free(class);
	if (v->phase) {
		char *phase = check_phase_name(v);

		fputs(": ", out);
		check_write_escaped(phase, out);
		free(phase);
	}
	fprintf(out, "\"%s\n", v->met ? "/>" : ">");
	if (v->met)
		return;
	fputs("    <failure message=\"", out);
	check_write_escaped(v->figure, out);
	fputs(v->limit[0] ? ", at most " : "", out);
	check_write_escaped(v->limit, out);
	fputs("\">", out);
	check_write_escaped(v->note, out);
	fputs("</failure>\n  </testcase>\n", out);
}

static int check_write_junit(
    const struct verdicts *verdicts, const char *path, struct err *e)
{
	struct io_output file;
	size_t failures = 0;

	if (io_output_open(&file, path, e) != 0)
		return -1;
	for (size_t i = 0; i < verdicts->items.len; i++)
		failures += !verdicts->items.items[i].met;
	fprintf(file.stream,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<testsuite name=\"mprof\" tests=\"%zu\" failures=\"%zu\">\n",
	    verdicts->items.len, failures);
	for (size_t i = 0; i < verdicts->items.len; i++)
		check_write_case(
		    &verdicts->items.items[i], verdicts->several, file.stream);
	fputs("</testsuite>\n", file.stream);
	return io_output_commit(&file, e);
}

static int command_check_report(const struct check_options *options,
    const struct verdicts *verdicts, FILE *out)
{
	struct err e;

	if (options->json)
		check_write_json(verdicts, out);
	else if (options->markdown)
		check_write_markdown(verdicts, out);
	else
		for (size_t i = 0; i < verdicts->items.len; i++)
			check_print_verdict(
			    &verdicts->items.items[i], verdicts->several, out);
	if (options->junit &&
	    check_write_junit(verdicts, options->junit, &e) != 0)
		return command_fail(COMMAND_MISUSED, &e);
	return verdicts_met(verdicts) ? COMMAND_OK : COMMAND_FAILED;
}

int check_side(const struct check_options *options,
    const struct profiles_options *reading, const struct recording_set *side,
    FILE *out)
{
	struct verdicts verdicts = {0};
	struct err e;
	int status;

	if (command_check_judge(options, reading, side, &verdicts, &e) != 0)
		status = command_fail(COMMAND_MISUSED, &e);
	else
		status = command_check_report(options, &verdicts, out);
	array_free(&verdicts.items);
	return status;
}

struct check_command_options {
	struct check_options check;
	struct profiles_options profiles;
};

static const struct check_command_options defaults = {
    .check.conditions.tolerance = CHECK_TOLERANCE};

static const struct option_row rows[] = {
    CHECK_ROWS(struct check_command_options, check),
    {.name = "max-spread",
	.arg = "SHARE",
	.help = "with several recordings: the highest peak minus the lowest "
		"must not exceed this share of the median peak: 10%",
	.parse = command_check_parse_spread,
	.offset =
	    offsetof(struct check_command_options, check.conditions.max_spread),
	.implies = offsetof(struct check_command_options, check.asked),
	.ours = true},
    {.name = "json",
	.help = "print the verdicts as JSON",
	.parse = option_flag,
	.offset = offsetof(struct check_command_options, check.json),
	.ours = true},
    {.name = "markdown",
	.help = "print the verdicts as a Markdown table, for a comment",
	.parse = option_flag,
	.offset = offsetof(struct check_command_options, check.markdown),
	.ours = true},
    PROFILES_ROWS(struct check_command_options, profiles), {0}};

static int command_check_load(const struct check_command_options *options,
    char **argv, int count, struct recording_set *side)
{
	struct profiles profiles;
	struct err e;
	int got = profiles_init(&profiles, argv, count, stderr);

	for (size_t i = 0; got == COMMAND_OK && i < profiles.paths.len; i++) {
		if (recording_files_add_one(side, profiles.paths.items[i],
			&options->profiles, &e) != 0)
			got = command_fail(COMMAND_MISUSED, &e);
	}
	profiles_finish(&profiles);
	return got == COMMAND_OK ? COMMAND_OK : COMMAND_MISUSED;
}

static int command_check_exec(const void *values, char **argv, int count)
{
	const struct check_command_options *options = values;
	struct recording_set side = {0};
	struct err e;
	int status;

	if (options->check.json && options->check.markdown) {
		err_set(&e, "option --markdown: leave out --json");
		return command_fail(COMMAND_MISUSED, &e);
	}
	if (check_prepare(&options->check, &options->profiles, &e) != 0)
		return command_fail(COMMAND_MISUSED, &e);
	status = command_check_load(options, argv, count, &side);
	if (status == COMMAND_OK)
		status = check_side(
		    &options->check, &options->profiles, &side, stdout);
	recording_set_finish(&side);
	return status;
}

const struct command command_check = {
    .name = "check",
    .synopsis = "[options] [PROFILE ...]",
    .summary = "check a recording against limits, for CI",
    .details =
	"Exit status: 0 if every condition is met, 1 if one is not, 2 on a "
	"usage error\nor if a recording can't be read.\n\n"
	"Examples:\n"
	"  mprof check --max-peak 500MiB --max-growth 2MiB/min\n"
	"  mprof check --baseline 'main-*.dat' --tolerance 5% new-*.dat\n"
	"  mprof check --max-spread 10% rank-*.dat\n",
    .options = rows,
    .options_size = sizeof(struct check_command_options),
    .defaults = &defaults,
    .takes = COMMAND_TAKES_PROFILES,
    .run = command_check_exec,
};
