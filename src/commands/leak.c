// SPDX-License-Identifier: MIT
#include "analysis/leak.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/units.h"
#include "base/utf8.h"
#include "base/json.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/wrap.h"
#include "commands/command.h"
#include "input/profiles.h"
#include "profile/mark.h"
#include "profile/run.h"

enum { SCHEMA = 1 };

struct leak_options {
	struct profiles_options profiles;
	double limit_mib; /* 0: the recording's limit, or a round one */
	struct option_range window;
	const char *since; /* label of a mark */
	bool json;
};

static const struct option_row rows[] = {
    {.letter = 'l',
	.name = "limit",
	.arg = "SIZE",
	.help = "report when a leak would reach this size (default: the limit "
		"in the recording, or the next power of two)",
	.parse = option_size,
	.offset = offsetof(struct leak_options, limit_mib),
	.ours = true},
    {.letter = 'w',
	.name = "window",
	.arg = "A,B",
	.help = "judge only from second A to B, counted from the start",
	.parse = option_window,
	.offset = offsetof(struct leak_options, window),
	.ours = true},
    {.name = "since",
	.arg = "MARK",
	.help = "use only what follows the last mark of this name",
	.parse = option_text,
	.offset = offsetof(struct leak_options, since),
	.ours = true},
    {.name = "json",
	.help = "print the verdicts as JSON",
	.parse = option_flag,
	.offset = offsetof(struct leak_options, json),
	.ours = true},
    PROFILES_ROWS(struct leak_options, profiles), {0}};

/* One run and its verdict. */
struct finding {
	const struct profile *profile;
	size_t number; /* number of the run, from 1 */
	const struct run *run;
	struct leak_run leak;
	double limit_mib;
};

static double leak_limit_of(
    const struct leak_options *options, const struct run *run, double level_mib)
{
	double limit = 1;

	if (options->limit_mib > 0)
		return options->limit_mib;
	if (run->exit.limit_mib > level_mib)
		return run->exit.limit_mib;
	while (limit < level_mib * 1.1)
		limit *= 2;
	return limit;
}

/* Prints a sentence behind what is on its line already. */
static void command_leak_print(const char *text, size_t column)
{
	wrap_print(stdout, text,
	    (struct wrap){
		.column = column, .indent = 4, .width = table_width(stdout)});
}

static void command_leak_add_rate(struct strbuf *text, const struct leak *leak)
{
	char rate[UNITS_TEXT], low[UNITS_TEXT], high[UNITS_TEXT];

	strbuf_add_format(text, "%s (95 %%: %s to %s)",
	    units_rate(rate, leak->mib_per_s),
	    units_rate_number(low, leak->low),
	    units_rate_number(high, leak->high));
}

static void command_leak_add_limit(
    struct strbuf *text, const struct leak *leak, double limit_mib)
{
	char limit[UNITS_TEXT], in[UNITS_TEXT];
	double left = limit_mib - leak->level_mib;

	units_limit(limit, limit_mib);
	if (left <= 0)
		strbuf_add_format(text, "; %s is reached", limit);
	else
		strbuf_add_format(text, "; %s would be reached in %s", limit,
		    units_duration(in, left / leak->mib_per_s));
}

static void command_leak_add_trend(
    struct strbuf *text, const struct finding *f, const struct leak *leak)
{
	char since[UNITS_TEXT];

	command_leak_add_rate(text, leak);
	units_duration(since, leak->since_s - leak->first_s);
	if (leak->lives)
		strbuf_add_format(text,
		    " in each of %zu lives, as in that from %s on", leak->lives,
		    since);
	else if (leak->since_s > leak->first_s)
		strbuf_add_format(text, " from %s on", since);
	if (f && leak->mib_per_s > 0)
		command_leak_add_limit(text, leak, f->limit_mib);
}

static void command_leak_print_verdict(const struct finding *f)
{
	const struct leak *leak = &f->leak.worst;
	static const enum terminal_mood moods[] = {
	    [LEAK_UNDECIDED] = TERMINAL_DOUBT,
	    [LEAK_STEADY] = TERMINAL_GOOD,
	    [LEAK_GROWING] = TERMINAL_DOUBT,
	    [LEAK_LEAKING] = TERMINAL_BAD,
	};
	const char *word = leak_word(leak->verdict);
	char *why = leak_why(leak), level[UNITS_TEXT];
	struct strbuf text = {0};

	units_size(level, leak->level_mib);
	switch (leak->verdict) {
	case LEAK_LEAKING:
		command_leak_add_trend(&text, f, leak);
		break;
	case LEAK_GROWING:
		strbuf_add_format(&text,
		    "but slowing: looks like a cache or a warm-up; %s at the "
		    "end",
		    level);
		break;
	case LEAK_STEADY:
		strbuf_add_format(&text,
		    "no growth beyond the noise, %s; %s at the end", why,
		    level);
		break;
	case LEAK_UNDECIDED:
		strbuf_add(&text, why);
		break;
	}
	free(why);
	terminal_print_word(word, moods[leak->verdict]);
	fputs(": ", stdout);
	why = strbuf_take(&text);
	command_leak_print(why, strlen(word) + 2);
	free(why);
}

static void leak_print_process(const struct leak_process *judged)
{
	char name[96], *sentence;
	struct strbuf text = {0};

	strbuf_add_format(&text, "process %s",
	    utf8_clean(name, sizeof(name), judged->process->key));
	if (judged->process->name)
		strbuf_add_format(&text, " (%s)",
		    utf8_clean(name, sizeof(name), judged->process->name));
	strbuf_add(&text, " leaks: ");
	command_leak_add_trend(&text, NULL, &judged->leak);
	sentence = strbuf_take(&text);
	fputs("  ", stdout);
	command_leak_print(sentence, 2);
	free(sentence);
}

static void leak_print_finding(const struct finding *f, bool named)
{
	char path[256];

	command_leak_print_verdict(f);
	for (size_t i = 0; i < f->leak.processes.len; i++) {
		if (f->leak.processes.items[i].leak.verdict == LEAK_LEAKING)
			leak_print_process(&f->leak.processes.items[i]);
	}
	if (f->leak.more_processes)
		printf("  processes pile up: new ones keep starting, and "
		       "don't exit\n");
	if (!named)
		return;
	printf("  in %s", utf8_clean(path, sizeof(path), f->profile->path));
	if (f->profile->runs.len > 1)
		printf(", run %zu of %zu", f->number, f->profile->runs.len);
	putchar('\n');
}

static void leak_write_leak(struct json *json, const struct leak *leak)
{
	json_member_text(json, "verdict", leak_word(leak->verdict));
	json_member_number(json, "mib_per_s", leak->mib_per_s);
	json_member_number(json, "low_mib_per_s", leak->low);
	json_member_number(json, "high_mib_per_s", leak->high);
	json_member_text(json, "reason", leak_why_word(leak));
	json_member_number(json, "visible_mib_per_s",
	    leak->visible_mib_per_s > 0 ? leak_shows_mib_per_s(leak) : NAN);
	json_member_rounded(json, "since_s", leak->since_s - leak->first_s, 4);
	json_member_rounded(json, "until_s", leak->until_s - leak->first_s, 4);
	json_member_rounded(json, "level_mib", leak->level_mib, 6);
}

static void leak_write_processes(struct json *json, const struct leak_run *leak)
{
	json_member_open(json, "processes", '[');
	for (size_t i = 0; i < leak->processes.len; i++) {
		const struct leak_process *judged = &leak->processes.items[i];

		json_open(json, '{');
		json_member_text(json, "process", judged->process->key);
		json_member_text(json, "name", judged->process->name);
		leak_write_leak(json, &judged->leak);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void leak_write_finding(struct json *json, const struct finding *f)
{
	const struct leak *leak = &f->leak.worst;
	bool leaks = leak->verdict == LEAK_LEAKING && leak->mib_per_s > 0;

	json_open(json, '{');
	json_member_text(json, "path", f->profile->path);
	json_member_whole(json, "run", (int64_t)f->number);
	json_member_text(json, "ending", run_ending_word(f->run->ending));
	leak_write_leak(json, leak);
	json_member_number(json, "limit_mib", leaks ? f->limit_mib : NAN);
	json_member_rounded(json, "reached_in_s",
	    leaks ? fmax(0, (f->limit_mib - leak->level_mib) / leak->mib_per_s)
		  : NAN,
	    1);
	json_member_rounded(json, "more_needed_s",
	    leak->verdict == LEAK_UNDECIDED ? leak->need_s : NAN, 1);
	json_member_bool(json, "more_processes", f->leak.more_processes);
	leak_write_processes(json, &f->leak);
	json_close(json, '}');
}

/* Finds the requested part of a run, in the run's times; -1 with e where no
 * mark or no sample fits. */
static int leak_find_part(const struct leak_options *options,
    const struct finding *f, struct window *part, struct err *e)
{
	double zero_s = run_first_s(f->run);
	const char *path = f->profile->path;

	*part = (struct window){-INFINITY, INFINITY};
	if (options->window.given)
		*part = (struct window){zero_s + options->window.first,
		    zero_s + options->window.last};
	if (options->since) {
		struct err cause;
		double since_s = mark_last_s(f->run, options->since, &cause);

		if (isnan(since_s))
			return err_set(
			    e, "%s: run %zu: %s", path, f->number, cause.text);
		part->from_s = fmax(part->from_s, since_s);
	}
	if ((options->since || options->window.given) &&
	    series_part(&f->run->total, part->from_s, part->to_s).len == 0)
		return err_set(e, "%s: run %zu: no sample lies in that part",
		    path, f->number);
	return 0;
}

/* Judges each run of a file that has samples. */
static int leak_judge_profile(const struct leak_options *options,
    const struct profile *profile, struct json *json, bool named)
{
	int status = COMMAND_OK;

	for (size_t i = 0; i < profile->runs.len; i++) {
		struct finding f = {.profile = profile,
		    .number = i + 1,
		    .run = &profile->runs.items[i]};
		struct window part;
		struct err e;

		if (f.run->total.len == 0 && f.run->peaks.len == 0)
			continue;
		if (leak_find_part(options, &f, &part, &e) != 0) {
			status = command_fail(COMMAND_FAILED, &e);
			continue;
		}
		leak_judge_part(f.run, part.from_s, part.to_s, &f.leak);
		f.limit_mib =
		    leak_limit_of(options, f.run, f.leak.worst.level_mib);
		if (options->json)
			leak_write_finding(json, &f);
		else
			leak_print_finding(&f, named || profile->runs.len > 1);
		leak_run_finish(&f.leak);
	}
	return status;
}

static int leak_judge_all(
    const struct leak_options *options, const struct profiles *profiles)
{
	bool named = profiles->paths.len > 1;
	int status = COMMAND_OK;
	struct json json;

	json_init(&json, stdout);
	if (options->json) {
		json_open_document(&json, SCHEMA);
		json_member_open(&json, "runs", '[');
	}
	for (size_t i = 0; i < profiles->paths.len; i++) {
		struct profile profile;

		if (profiles_read(&profile, profiles->paths.items[i],
			&options->profiles) != 0 ||
		    leak_judge_profile(options, &profile, &json, named) !=
			COMMAND_OK)
			status = COMMAND_FAILED;
		profile_finish(&profile);
	}
	if (options->json) {
		json_close(&json, ']');
		json_close(&json, '}');
	}
	return status;
}

static int command_leak_exec(const void *options, char **argv, int count)
{
	struct profiles profiles;
	int status = profiles_init(&profiles, argv, count, stderr);

	if (status == COMMAND_OK)
		status = leak_judge_all(options, &profiles);
	profiles_finish(&profiles);
	return status;
}

const struct command command_leak = {
    .name = "leak",
    .synopsis = "[options] [PROFILE ...]",
    .summary = "tell whether a recording leaks, how fast and since when",
    .details =
	"The first word printed is the verdict: leaking, steady, growing (but "
	"slowing)\nor undecided.\n\n"
	"Examples:\n"
	"  mprof leak                     judge the newest recording\n"
	"  mprof leak --limit 2GiB a.dat  when would it reach 2 GiB?\n"
	"  mprof leak --since warm a.dat  judge what follows that mark\n"
	"  mprof plot -s                  draw what it found\n",
    .options = rows,
    .options_size = sizeof(struct leak_options),
    .takes = COMMAND_TAKES_PROFILES,
    .run = command_leak_exec,
};
