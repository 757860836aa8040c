// SPDX-License-Identifier: MIT
#include "commands/check.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/leak.h"
#include "base/mem.h"
#include "base/units.h"
#include "commands/command.h"
#include "commands/verdicts.h"
#include "analysis/leak_why.h"
#include "profile/ending.h"

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

static void judge_bound(struct verdict *verdict, double value, double bound)
{
	verdict->value = value;
	verdict->bound = bound;
	verdict->met = value <= bound;
	units_size(verdict->figure, value);
	units_limit(verdict->limit, bound);
}

static void judge_peak(struct verdict *verdict,
    const struct recording_set_run *run, const struct check_options *options)
{
	judge_bound(verdict, run->figures.peak_mib, options->max_peak_mib);
}

static void judge_mean(struct verdict *verdict,
    const struct recording_set_run *run, const struct check_options *options)
{
	judge_bound(verdict, run->figures.mean_mib, options->max_mean_mib);
}

/* Figure and limit in one unit: the limit's, which a person chose. */
static void put_rates(struct verdict *verdict)
{
	struct units_scale scale = units_rate_scale(
	    verdict->bound > 0 ? verdict->bound : verdict->value);
	char number[UNITS_TEXT];

	units_number(number, verdict->value * scale.factor);
	snprintf(verdict->figure, sizeof(verdict->figure), "%s %s", number,
	    scale.name);
	units_number(number, verdict->bound * scale.factor);
	snprintf(verdict->limit, sizeof(verdict->limit), "%s %s", number,
	    scale.name);
}

/* Only certain growth counts: a slope that noise may have made passes. */
static void judge_growth(struct verdict *verdict,
    const struct recording_set_run *run, const struct check_options *options)
{
	struct leak leak;
	double low;

	verdict->value = growth_of_run(run->run, &leak);
	verdict->bound = options->max_growth_mib_s;
	low = leak.judged ? fmin(leak.low, verdict->value) : verdict->value;
	verdict->met = low <= verdict->bound;
	put_rates(verdict);
	if (verdict->met && verdict->value > verdict->bound)
		snprintf(verdict->note, sizeof(verdict->note),
		    "not beyond the noise");
}

/* An undecided verdict passes and says why; with --strict it fails. */
static void judge_leak(struct verdict *verdict,
    const struct recording_set_run *run, const struct check_options *options)
{
	struct leak_run leak;

	leak_judge_run(run->run, &leak);
	verdict->met = leak.worst.verdict != LEAK_LEAKING;
	strcpy(verdict->figure, "not leaking");
	if (!verdict->met) {
		verdict->value = leak.worst.mib_per_s;
		units_rate(verdict->figure, leak.worst.mib_per_s);
	} else if (leak.worst.verdict == LEAK_UNDECIDED) {
		char *why = leak_why(&leak.worst);

		strcpy(verdict->figure, "undecided");
		snprintf(verdict->note, sizeof(verdict->note), "%s", why);
		free(why);
		verdict->met = !options->strict;
		verdict->doubtful = true;
	}
	leak_run_finish(&leak);
}

/* Conditions that each run must meet. */
static const struct condition {
	const char *name, *unit;
	void (*judge)(struct verdict *verdict,
	    const struct recording_set_run *run,
	    const struct check_options *options);
} conditions[] = {
    {"max-peak", "mib", judge_peak},
    {"max-mean", "mib", judge_mean},
    {"max-growth", "mib_per_s", judge_growth},
    {"no-leak", "mib_per_s", judge_leak},
};

static void judge_each(struct verdicts *verdicts,
    const struct condition *condition, const struct recording_set *side,
    const struct check_options *options)
{
	for (size_t i = 0; i < side->runs.len; i++) {
		const struct recording_set_run *run = &side->runs.items[i];

		condition->judge(verdicts_add(verdicts, condition->name,
				     condition->unit, run),
		    run, options);
	}
}

/* A run whose end is not recorded may have had its peak after the last sample.
 * Without --strict the condition is told only where it is not met. */
static bool judge_ending(
    struct verdicts *verdicts, const struct recording_set_run *run, bool strict)
{
	char text[RUN_ENDING_TEXT];
	const char *told = run_ending_text(run->run, text);
	struct verdict *verdict;

	if (!told)
		return false;
	verdict = verdicts_add(verdicts, "complete", "s", run);
	verdict->met = !strict;
	verdict->doubtful = true;
	verdict->bound = NAN;
	verdict->value = run_last_s(run->run) - run_first_s(run->run);
	strcpy(verdict->figure, run_ending_word(run->run->ending));
	snprintf(verdict->note, sizeof(verdict->note), "%s", told);
	return true;
}

static void judge_endings(
    struct verdicts *verdicts, const struct recording_set *side, bool strict)
{
	struct verdict *verdict;
	bool told = false;

	for (size_t i = 0; i < side->runs.len; i++)
		told = judge_ending(verdicts, &side->runs.items[i], strict) ||
		       told;
	if (told || !strict)
		return;
	verdict = verdicts_add(verdicts, "complete", "s", NULL);
	verdict->met = true;
	verdict->value = verdict->bound = NAN;
	strcpy(verdict->figure, "no recording breaks off");
}

/* One noisy pair is judged by its difference alone. With several runs of a
 * side the excess must also be more than their spread explains. */
static void judge_baseline(struct verdicts *verdicts,
    const struct recording_set *baseline, const struct recording_set *side,
    double tolerance)
{
	struct verdict *verdict =
	    verdicts_add(verdicts, "baseline", "mib", NULL);
	size_t peak = offsetof(struct figures, peak_mib);
	struct comparison plain, excess;

	recording_set_compare(baseline, side, peak, 1, &plain);
	recording_set_compare(baseline, side, peak, 1 + tolerance, &excess);
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
static int load_baseline(struct recording_set *baseline, const char *patterns,
    const struct profiles_options *reading, struct err *e)
{
	char *copy = mem_copy(patterns), *rest = copy, *pattern;
	int got = 0;

	while (got == 0 && (pattern = strsep(&rest, ",")))
		got = recording_set_add(baseline, pattern, reading, e);
	free(copy);
	return got;
}

static int command_check_judge(const struct check_options *options,
    const struct profiles_options *reading, const struct recording_set *side,
    struct verdicts *verdicts, struct err *e)
{
	const bool asked[] = {options->max_peak_mib > 0,
	    options->max_mean_mib > 0, options->max_growth, options->no_leak};
	struct recording_set baseline = {0};
	int got = 0;

	verdicts->several = side->runs.len > 1;
	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]);
	     i++) {
		if (asked[i])
			judge_each(verdicts, &conditions[i], side, options);
	}
	judge_endings(verdicts, side, options->strict);
	if (options->baseline) {
		got = load_baseline(&baseline, options->baseline, reading, e);
		if (got == 0)
			got = recording_set_check_measure(&baseline, side, e);
		if (got == 0)
			judge_baseline(
			    verdicts, &baseline, side, options->tolerance);
		recording_set_finish(&baseline);
	}
	return got;
}

int check_prepare(const struct check_options *options,
    const struct profiles_options *reading, struct err *e)
{
	struct recording_set baseline = {0};
	int got = 0;

	if (!check_asked(options))
		return err_set(e,
		    "check: no condition given; try --max-peak 500MiB or "
		    "--baseline main.dat");
	if (options->baseline)
		got = load_baseline(&baseline, options->baseline, reading, e);
	recording_set_finish(&baseline);
	return got;
}

static int command_check_tell(const struct check_options *options,
    const struct verdicts *verdicts, FILE *out)
{
	struct err e;

	if (options->json)
		verdicts_write_json(verdicts, out);
	else
		verdicts_print(verdicts, out);
	if (options->junit &&
	    verdicts_write_junit(verdicts, options->junit, &e) != 0)
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
		status = command_check_tell(options, &verdicts, out);
	array_free(&verdicts.items);
	return status;
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

static int command_check_load(const struct check_command_options *options,
    char **words, int count, struct recording_set *side)
{
	struct profiles profiles;
	struct err e;
	int got = profiles_init(&profiles, words, count, stderr);

	for (size_t i = 0; got == COMMAND_OK && i < profiles.paths.len; i++) {
		if (recording_set_add_file(side, profiles.paths.items[i],
			&options->profiles, &e) != 0)
			got = command_fail(COMMAND_MISUSED, &e);
	}
	profiles_finish(&profiles);
	return got == COMMAND_OK ? COMMAND_OK : COMMAND_MISUSED;
}

static int run_check(const void *given, char **words, int count)
{
	const struct check_command_options *options = given;
	struct recording_set side = {0};
	struct err e;
	int status;

	if (check_prepare(&options->check, &options->profiles, &e) != 0)
		return command_fail(COMMAND_MISUSED, &e);
	status = command_check_load(options, words, count, &side);
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
