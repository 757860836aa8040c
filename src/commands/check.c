// SPDX-License-Identifier: MIT
#include "commands/check.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/leak.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/units.h"
#include "base/utf8.h"
#include "cli/json.h"
#include "commands/command.h"
#include "profile/ending.h"

enum { SCHEMA = 1 };

/* One condition and how it came out. */
struct verdict {
	const char *name;        /* the option without its dashes */
	char figure[UNITS_TEXT]; /* what was found */
	char limit[UNITS_TEXT];  /* what was asked */
	char note[160];          /* how it was judged; may be empty */
	double value, bound;
	const char *unit;
	bool met;
	bool doubtful; /* met, as far as is known: --strict would fail */
};

struct verdicts {
	struct verdict items[8];
	size_t len;
};

static int parse_share(const char *text, double *share)
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
	if (parse_share(text, where) == 0)
		return 0;
	return err_set(e,
	    "option --%s: %s: is no share; give a percentage such as 5%%",
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
		    "option --%s: %s: is no rate; give a size a time, such as "
		    "2MiB/min",
		    row->name, text);
	options->max_growth = true;
	options->max_growth_mib_s = mib / seconds;
	return 0;
}

bool check_asked(const struct check_options *options)
{
	return options->max_peak_mib > 0 || options->max_mean_mib > 0 ||
	       options->max_growth || options->no_leak || options->strict ||
	       options->baseline;
}

static struct verdict *add(
    struct verdicts *verdicts, const char *name, const char *unit)
{
	struct verdict *verdict = &verdicts->items[verdicts->len++];

	*verdict = (struct verdict){.name = name, .unit = unit};
	return verdict;
}

static double highest(const struct side *side, size_t offset)
{
	double most = -INFINITY;

	for (size_t i = 0; i < side->runs.len; i++)
		most =
		    fmax(most, figure_at(&side->runs.items[i].figures, offset));
	return most;
}

/* Every run must keep the bound: the highest figure is judged. */
static void judge_bound(struct verdicts *verdicts, const char *name,
    const struct side *side, size_t offset, double bound)
{
	struct verdict *verdict = add(verdicts, name, "mib");

	verdict->value = highest(side, offset);
	verdict->bound = bound;
	verdict->met = verdict->value <= bound;
	units_size(verdict->figure, verdict->value);
	units_limit(verdict->limit, bound);
}

/* What grows for certain: a slope that noise may have made is let pass. */
static double certain_growth(const struct side_run *run, double *low)
{
	struct leak leak;

	leak_judge(&run->run->total, &leak);
	*low = leak.judged ? leak.low : run->figures.growth_mib_s;
	return run->figures.growth_mib_s;
}

static void judge_growth(
    struct verdicts *verdicts, const struct side *side, double bound)
{
	struct verdict *verdict = add(verdicts, "max-growth", "mib_per_s");
	double most_low = -INFINITY;

	verdict->value = -INFINITY;
	verdict->bound = bound;
	for (size_t i = 0; i < side->runs.len; i++) {
		double low, slope = certain_growth(&side->runs.items[i], &low);

		verdict->value = fmax(verdict->value, slope);
		most_low = fmax(most_low, fmin(low, slope));
	}
	verdict->met = most_low <= bound;
	units_rate(verdict->figure, verdict->value);
	units_rate(verdict->limit, bound);
	if (verdict->met && verdict->value > bound)
		snprintf(verdict->note, sizeof(verdict->note),
		    "not beyond the noise");
}

static void judge_leak(struct verdicts *verdicts, const struct side *side)
{
	struct verdict *verdict = add(verdicts, "no-leak", "mib_per_s");

	verdict->met = true;
	strcpy(verdict->figure, "not leaking");
	for (size_t i = 0; i < side->runs.len && verdict->met; i++) {
		struct leak_run leak;

		leak_judge_run(side->runs.items[i].run, &leak);
		verdict->met = leak.worst.verdict != LEAK_LEAKING;
		if (!verdict->met) {
			verdict->value = leak.worst.mib_per_s;
			units_rate(verdict->figure, leak.worst.mib_per_s);
		}
		leak_run_finish(&leak);
	}
}

/* A run whose end is not in the recording may have had its peak behind that.
 * Without --strict the condition is told only where it is not met. */
static void judge_ending(
    struct verdicts *verdicts, const struct side *side, bool strict)
{
	for (size_t i = 0; i < side->runs.len; i++) {
		const struct run *run = side->runs.items[i].run;
		char text[RUN_ENDING_TEXT];
		const char *told = run_ending_text(run, text);
		struct verdict *verdict;

		if (!told)
			continue;
		verdict = add(verdicts, "complete", "s");
		verdict->met = !strict;
		verdict->doubtful = true;
		verdict->bound = NAN;
		verdict->value = run_last_s(run) - run_first_s(run);
		strcpy(verdict->figure, run_ending_word(run->ending));
		snprintf(verdict->note, sizeof(verdict->note), "%s", told);
		return;
	}
	if (strict) {
		struct verdict *verdict = add(verdicts, "complete", "s");

		verdict->met = true;
		verdict->value = verdict->bound = NAN;
		strcpy(verdict->figure, "no recording breaks off");
	}
}

/* One noisy pair is judged by its difference alone. With several runs of a
 * side the excess must also be more than their spread explains. */
static void judge_baseline(struct verdicts *verdicts,
    const struct side *baseline, const struct side *side, double tolerance)
{
	struct verdict *verdict = add(verdicts, "baseline", "mib");
	size_t peak = offsetof(struct figures, peak_mib);
	struct comparison plain, excess;

	side_compare(baseline, side, peak, 1, &plain);
	side_compare(baseline, side, peak, 1 + tolerance, &excess);
	verdict->value = excess.b;
	verdict->bound = excess.a;
	verdict->met =
	    excess.difference <= 0 || (excess.spread && excess.low <= 0);
	units_size(verdict->figure, verdict->value);
	units_size(verdict->limit, verdict->bound);
	snprintf(verdict->note, sizeof(verdict->note),
	    "%+.1f %% to the baseline%s", 100 * plain.relative,
	    !excess.spread           ? ""
	    : excess.difference <= 0 ? ", of several runs"
	    : verdict->met           ? ", within the spread of the runs"
				     : ", beyond the spread of the runs");
}

/* The baseline's patterns, with commas between. */
static int load_baseline(struct side *baseline, const char *patterns,
    const struct profiles_options *reading, struct err *e)
{
	char *copy = mem_copy(patterns), *rest = copy, *pattern;
	int got = 0;

	while (got == 0 && (pattern = strsep(&rest, ",")))
		got = side_add(baseline, pattern, reading, e);
	free(copy);
	return got;
}

static int judge(const struct check_options *options,
    const struct profiles_options *reading, const struct side *side,
    struct verdicts *verdicts, struct err *e)
{
	struct side baseline = {0};
	int got = 0;

	if (options->max_peak_mib > 0)
		judge_bound(verdicts, "max-peak", side,
		    offsetof(struct figures, peak_mib), options->max_peak_mib);
	if (options->max_mean_mib > 0)
		judge_bound(verdicts, "max-mean", side,
		    offsetof(struct figures, mean_mib), options->max_mean_mib);
	if (options->max_growth)
		judge_growth(verdicts, side, options->max_growth_mib_s);
	if (options->no_leak)
		judge_leak(verdicts, side);
	judge_ending(verdicts, side, options->strict);
	if (options->baseline) {
		got = load_baseline(&baseline, options->baseline, reading, e);
		if (got == 0)
			got = side_check_metric(&baseline, side, e);
		if (got == 0)
			judge_baseline(
			    verdicts, &baseline, side, options->tolerance);
		side_finish(&baseline);
	}
	return got;
}

static void print_verdicts(const struct verdicts *verdicts, FILE *out)
{
	for (size_t i = 0; i < verdicts->len; i++) {
		const struct verdict *v = &verdicts->items[i];

		fprintf(out, "%-4s  %-10s  %s",
		    !v->met       ? "FAIL"
		    : v->doubtful ? "?"
				  : "ok",
		    v->name, v->figure);
		if (v->limit[0])
			fprintf(out, ", at most %s", v->limit);
		if (v->note[0])
			fprintf(out, " (%s)", v->note);
		fputc('\n', out);
	}
}

static void write_json(const struct verdicts *verdicts, bool met, FILE *out)
{
	struct json json;

	json_init(&json, out);
	json_open_document(&json, SCHEMA);
	json_key(&json, "met");
	json_bool(&json, met);
	json_key(&json, "conditions");
	json_open(&json, '[');
	for (size_t i = 0; i < verdicts->len; i++) {
		const struct verdict *v = &verdicts->items[i];

		json_open(&json, '{');
		json_key(&json, "condition");
		json_text(&json, v->name);
		json_key(&json, "met");
		json_bool(&json, v->met);
		json_key(&json, "unit");
		json_text(&json, v->unit);
		json_key(&json, "value");
		json_rounded(&json, v->value, 6);
		json_key(&json, "limit");
		json_rounded(&json, v->bound, 6);
		json_key(&json, "note");
		json_text(&json, v->note[0] ? v->note : NULL);
		json_close(&json, '}');
	}
	json_close(&json, ']');
	json_close(&json, '}');
}

/* Every text in it is made here: nothing needs escaping but "<" and "&",
 * which no figure, unit or note contains. */
static int write_junit(
    const struct verdicts *verdicts, const char *path, struct err *e)
{
	struct io_output file;
	size_t failures = 0;

	if (io_output_open(&file, path, e) != 0)
		return -1;
	for (size_t i = 0; i < verdicts->len; i++)
		failures += !verdicts->items[i].met;
	fprintf(file.stream,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<testsuite name=\"mprof\" tests=\"%zu\" failures=\"%zu\">\n",
	    verdicts->len, failures);
	for (size_t i = 0; i < verdicts->len; i++) {
		const struct verdict *v = &verdicts->items[i];

		fprintf(file.stream,
		    "  <testcase classname=\"mprof\" name=\"%s\"%s\n", v->name,
		    v->met ? "/>" : ">");
		if (!v->met)
			fprintf(file.stream,
			    "    <failure message=\"%s%s%s\">%s</failure>\n"
			    "  </testcase>\n",
			    v->figure, v->limit[0] ? ", at most " : "",
			    v->limit, v->note);
	}
	fputs("</testsuite>\n", file.stream);
	return io_output_commit(&file, e);
}

int check_prepare(const struct check_options *options,
    const struct profiles_options *reading, struct err *e)
{
	struct side baseline = {0};
	int got = 0;

	if (!check_asked(options))
		return err_set(e,
		    "check: no condition given; try --max-peak 500MiB or "
		    "--baseline main.dat");
	if (options->baseline)
		got = load_baseline(&baseline, options->baseline, reading, e);
	side_finish(&baseline);
	return got;
}

int check_side(const struct check_options *options,
    const struct profiles_options *reading, const struct side *side, FILE *out)
{
	struct verdicts verdicts = {0};
	struct err e;
	bool met = true;

	if (judge(options, reading, side, &verdicts, &e) != 0)
		return command_fail(COMMAND_MISUSED, &e);
	for (size_t i = 0; i < verdicts.len; i++)
		met = met && verdicts.items[i].met;
	if (options->json)
		write_json(&verdicts, met, out);
	else
		print_verdicts(&verdicts, out);
	if (options->junit && write_junit(&verdicts, options->junit, &e) != 0)
		return command_fail(COMMAND_MISUSED, &e);
	return met ? COMMAND_OK : COMMAND_FAILED;
}

struct check_command_options {
	struct check_options check;
	struct profiles_options profiles;
};

static const struct check_command_options defaults = {
    .check.tolerance = CHECK_TOLERANCE};

static const struct option_row rows[] = {
    CHECK_ROWS(struct check_command_options, check),
    {.name = "json",
	.help = "print the verdicts as JSON",
	.parse = option_flag,
	.offset = offsetof(struct check_command_options, check.json),
	.ours = true},
    PROFILES_ROWS(struct check_command_options, profiles), {0}};

static int load(const struct check_command_options *options, char **words,
    int count, struct side *side)
{
	struct profiles profiles;
	struct err e;
	int got = profiles_init(&profiles, words, count, stderr);

	for (size_t i = 0; got == COMMAND_OK && i < profiles.paths.len; i++) {
		if (side_add_file(side, profiles.paths.items[i],
			&options->profiles, &e) != 0)
			got = command_fail(COMMAND_MISUSED, &e);
	}
	profiles_finish(&profiles);
	return got == COMMAND_OK ? COMMAND_OK : COMMAND_MISUSED;
}

static int run_check(const void *given, char **words, int count)
{
	const struct check_command_options *options = given;
	struct side side = {0};
	struct err e;
	int status;

	if (check_prepare(&options->check, &options->profiles, &e) != 0)
		return command_fail(COMMAND_MISUSED, &e);
	status = load(options, words, count, &side);
	if (status == COMMAND_OK)
		status = check_side(
		    &options->check, &options->profiles, &side, stdout);
	side_finish(&side);
	return status;
}

const struct command command_check = {
    .name = "check",
    .synopsis = "[options] [PROFILE ...]",
    .summary = "pass or fail a recording, for CI",
    .details =
	"Exit status: 0 where every condition is met, 1 where one is not, 2 "
	"where the\ncommand was misused or a recording can't be read.\n\n"
	"Examples:\n"
	"  mprof check --max-peak 500MiB --max-growth 2MiB/min\n"
	"  mprof check --baseline 'main-*.dat' --tolerance 5% new-*.dat\n",
    .options = rows,
    .options_size = sizeof(struct check_command_options),
    .defaults = &defaults,
    .takes = COMMAND_TAKES_PROFILES,
    .run = run_check,
};
