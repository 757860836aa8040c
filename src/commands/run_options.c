// SPDX-License-Identifier: MIT
#include "commands/run_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define INTERVAL_MIN_S 10e-6
#define INTERVAL_MAX_S 86400
#define INTERVAL_S 0.1
#define INTERVAL_STACKS_S 0.01

static int parse_interval(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	double interval_s;

	if (option_duration(row, text, &interval_s, e) != 0)
		return -1;
	if (interval_s < INTERVAL_MIN_S || interval_s > INTERVAL_MAX_S)
		return err_set(e,
		    "option --%s: %s: must be between 10us and 1d", row->name,
		    text);
	*(double *)where = interval_s;
	return 0;
}

static struct option_value metric_value_at(size_t at)
{
	const struct metric *metric = metric_at(at);

	if (!metric)
		return (struct option_value){0};
	return (struct option_value){
	    metric->measure->name, metric->measure->help};
}

static int parse_metric(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	const struct metric *metric = metric_find(text);

	if (metric) {
		*(const struct metric **)where = metric;
		return 0;
	}
	if (strcmp(text, "tracemalloc") == 0)
		return err_set(e,
		    "option --%s: tracemalloc sees only what Python itself "
		    "allocates, from within; --backend anon is nearest to it, "
		    "mprof lines tells which line allocates",
		    row->name);
	return options_refuse(row, text, e);
}

static int run_options_parse_share(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	char *end;
	double percent = strtod(text, &end);

	if (end == text || (*end && strcmp(end, "%") != 0) ||
	    !(percent > 0 && percent <= 100))
		return err_set(e,
		    "option --%s: %s: must be a percentage above 0, as in 1%%",
		    row->name, text);
	*(double *)where = percent / 100;
	return 0;
}

static const char *const waits[] = {"program", "all", NULL};
static const char *const actions[] = {"stop", "term", "kill", "mark", NULL};

#define AT(member) .offset = offsetof(struct run_options, member)

const struct option_row run_option_rows[] = {
    {.name = "python",
	.help = "treat the program as Python, or as a script that starts "
		"Python: @profile records calls; attach: record the calls of "
		"--func, without a restart (CPython 3.14 and later)",
	.parse = option_flag,
	AT(python)},
    {.name = "nopython",
	.help = "execute a script.py as it is",
	.parse = option_flag,
	AT(no_python)},
    {.name = "lines",
	.help = "at the end print, for each function with @profile or of "
		"--func, how much memory each of its lines took",
	.parse = option_flag,
	AT(lines),
	.ours = true},
    {.name = "func",
	.arg = "NAMES",
	.help = "attach: follow these functions, as app.views.lessons "
		"(with --python or --lines alone, all that the main program "
		"defines)",
	.parse = option_text,
	AT(functions),
	.ours = true},
    {.name = "stacks",
	.help = "record the Python stack at each sample, read from outside; "
		"the interval is 10ms then unless one is given",
	.parse = option_flag,
	AT(stacks),
	.ours = true},
    {.letter = 'T',
	.name = "interval",
	.arg = "DURATION",
	.help = "time between samples: seconds, or 10ms, 1m (default 0.1)",
	.parse = parse_interval,
	AT(interval_s)},
    {.letter = 'C',
	.name = "include-children",
	.help =
	    "the total is the sum of the program and its descendants (default)",
	.parse = option_flag,
	AT(children)},
    {.name = "no-children",
	.help = "the total is the program alone",
	.parse = option_off,
	AT(children),
	.ours = true},
    {.letter = 'M',
	.name = "multiprocess",
	.help = "record each descendant on its own as well",
	.parse = option_flag,
	AT(each)},
    {.letter = 'E',
	.name = "exit-code",
	.help = "exit with the program's status (default)",
	.parse = option_flag,
	AT(exit_code)},
    {.name = "no-exit-code",
	.help = "exit with 0, whatever the program's status",
	.parse = option_off,
	AT(exit_code),
	.ours = true},
    {.name = "allow-loss",
	.help = "exit with 0 also where part or all of the recording was lost",
	.parse = option_flag,
	AT(allow_loss),
	.ours = true},
    {.letter = 'a',
	.name = "attach",
	.help = "record a running process: its pid or its name",
	.parse = option_flag,
	AT(attach)},
    {.name = "wait-for",
	.help = "with --attach: wait until a process of that name exists; the "
		"waiting counts for --timeout",
	.parse = option_flag,
	AT(wait_for),
	.ours = true},
    {.letter = 't',
	.name = "timeout",
	.arg = "DURATION",
	.help = "end the recording after that time; the program runs on",
	.parse = option_duration,
	AT(timeout_s)},
    {.letter = 'o',
	.name = "output",
	.arg = "FILE",
	.help =
	    "append to FILE; in its name %h becomes the host, %p the process "
	    "id, %t the start (default mprofile_<YYYYMMDDhhmmss>.dat)",
	.parse = option_text,
	AT(output)},
    {.name = "backend",
	.arg = "NAME",
	.help = "the measure (default rss); memory_profiler's names psutil, "
		"posix, psutil_pss and psutil_uss are accepted too",
	.parse = parse_metric,
	.choice_at = metric_value_at,
	AT(metric)},
    {.letter = 'q',
	.name = "quiet",
	.help = "no notices, only warnings and errors",
	.parse = option_flag,
	AT(quiet),
	.ours = true},
    {.name = "wait",
	.arg = "WHOM",
	.help = "record until the program, or all of its descendants, have "
		"ended: {} (default program)",
	.parse = option_choice,
	AT(wait),
	.choices = waits,
	.ours = true},
    {.name = "no-adopt",
	.help = "leave orphaned descendants to init; some are missing in the "
		"recording then",
	.parse = option_off,
	AT(adopt),
	.ours = true},
    {.name = "limit",
	.arg = "SIZE",
	.help = "act when the total exceeds SIZE, and exit with 124",
	.parse = option_size,
	AT(limit_mib),
	.ours = true},
    {.name = "on-limit",
	.arg = "ACTION",
	.help = "what to do then with all processes of the program; mark only "
		"writes a mark: {} (default term)",
	.parse = option_choice,
	AT(on_limit),
	.choices = actions,
	.ours = true},
    {.name = "max-overhead",
	.arg = "PERCENT",
	.help = "lengthen the interval when sampling takes more than this "
		"share of a processor",
	.parse = run_options_parse_share,
	AT(max_overhead),
	.ours = true},
    {.name = "skip-unchanged",
	.help = "of equal samples in a row write only the first and the last",
	.parse = option_flag,
	AT(skip_unchanged),
	.ours = true},
    {.name = "watch",
	.help = "draw the recording in the terminal, for programs that don't "
		"use it",
	.parse = option_flag,
	AT(watch),
	.ours = true},
    {.name = "textfile",
	.arg = "DIR",
	.help = "keep a file with the current and the peak memory in DIR, for "
		"Prometheus' node_exporter",
	.parse = option_text,
	AT(textfile),
	.ours = true},
    {.name = "check",
	.help = "at the end check the conditions below, as mprof check does; "
		"exit with 1 where one is not met",
	.parse = option_flag,
	AT(check_asked),
	.ours = true},
    CHECK_ROWS(struct run_options, check),
    {0},
};

const struct run_options run_option_defaults = {
    .children = true,
    .exit_code = true,
    .adopt = true,
    .wait = "program",
    .on_limit = "term",
    .check.conditions.tolerance = CHECK_TOLERANCE,
};

static enum limit_action action_of(const char *name)
{
	enum limit_action action = LIMIT_TERM;

	while (strcmp(limit_action_name(action), name) != 0)
		action++;
	return action;
}

static double interval_of(const struct run_options *options)
{
	if (options->interval_s > 0)
		return options->interval_s;
	return options->stacks ? INTERVAL_STACKS_S : INTERVAL_S;
}

int run_options_plan(
    const struct run_options *options, struct sampler_plan *plan, struct err *e)
{
	*plan = (struct sampler_plan){
	    .interval_ns = (int64_t)(interval_of(options) * NS_PER_S + 0.5),
	    .timeout_ns = (int64_t)(options->timeout_s * NS_PER_S),
	    .metric = options->metric ? options->metric : metric_find("rss"),
	    .alone = !options->children,
	    .no_descendants = !options->children && !options->each,
	    .exits = options->each,
	    .wait_all = strcmp(options->wait, "all") == 0,
	    .launched = !options->attach,
	    .adopts = options->adopt && !options->attach,
	    .max_overhead = options->max_overhead,
	    .limit_kib = (int64_t)(options->limit_mib * 1024),
	    .on_limit = action_of(options->on_limit),
	};
	if (plan->wait_all)
		plan->no_descendants = false;
	if (plan->metric->file == METRIC_CGROUP &&
	    (options->each || !options->children))
		return err_set(e,
		    "option --backend: cgroup measures all processes of a "
		    "group as one; leave out -M and --no-children");
	return 0;
}
