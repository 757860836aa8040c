// SPDX-License-Identifier: MIT
//
// The options: how each value is read, the table, which of them contradict each
// other, and the plan that they make for the sampler.
#include "commands/run_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "proc/usage.h"
#include "profile/resource.h"

/* Several resources may share a name; the first one has the help. */
struct option_value run_with_value_at(size_t at)
{
	for (size_t i = 0; i < RESOURCES; i++) {
		if (resources[i].help && at-- == 0)
			return (struct option_value){
			    resources[i].name, resources[i].help};
	}
	return (struct option_value){0};
}

static int run_with_add(const struct option_row *row, const char *name,
    unsigned *set, struct err *e)
{
	bool found = false;

	for (unsigned i = 0; i < RESOURCES; i++) {
		if (strcmp(resources[i].name, name) == 0) {
			*set |= 1U << i;
			found = true;
		}
	}
	if (found)
		return 0;
	return options_refuse(row, name, e);
}

int run_with_parse(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	char *copy = mem_copy(text), *rest = copy, *name;
	int got = 0;

	while (got == 0 && (name = strsep(&rest, ",")))
		got = run_with_add(row, name, where, e);
	free(copy);
	return got;
}

const char *run_group_option(const struct run_group *group)
{
	for (enum target_kind kind = 0; kind < TARGET_KINDS; kind++) {
		if (group->words[kind])
			return target_option(kind);
	}
	return NULL;
}

int run_group_check(
    const struct run_group *group, const char *word, struct err *e)
{
	size_t given = 0;

	for (size_t kind = 0; kind < TARGET_KINDS; kind++)
		given += group->words[kind] != NULL;
	if (given > 1)
		return err_set(e, "one of --cgroup, --unit and --container can "
				  "be given, not several");
	if (given > 0 && word)
		return err_set(e,
		    "%s: unexpected; --%s already names the control group",
		    word, run_group_option(group));
	return 0;
}

int run_group_find(const struct run_group *group, struct target *target)
{
	enum target_kind kind = TARGET_CGROUP;

	while (kind + 1 < TARGET_KINDS && !group->words[kind])
		kind++;
	return target_find_group(target, kind, group->words[kind]);
}

#define INTERVAL_MIN_S 10e-6
#define INTERVAL_MAX_S 86400
#define INTERVAL_S 0.1
#define INTERVAL_STACKS_S 0.01
#define MAX_SIZE_LEAST_MIB (100.0 / 1024)

enum { ROTATE_MOST = 1000 };

static int run_options_parse_interval(
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

static int run_options_parse_max_size(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	double mib;

	if (option_size(row, text, &mib, e) != 0)
		return -1;
	if (mib < MAX_SIZE_LEAST_MIB)
		return err_set(e, "option --%s: %s: must be at least 100KiB",
		    row->name, text);
	*(double *)where = mib;
	return 0;
}

static int run_options_parse_rotate(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	long count;

	if (option_whole(row, text, &count, e) != 0)
		return -1;
	if (count < 1 || count > ROTATE_MOST)
		return err_set(e, "option --%s: %s: must be from 1 to %d",
		    row->name, text, ROTATE_MOST);
	*(long *)where = count;
	return 0;
}

static struct option_value run_options_metric_at(size_t at)
{
	const struct metric *metric = metric_at(at);

	if (!metric)
		return (struct option_value){0};
	return (struct option_value){
	    metric->measure->name, metric->measure->help};
}

static int run_options_parse_metric(
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
		    "allocates, from within; --backend anon comes closest, and "
		    "mprof lines shows which line allocates",
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

static struct option_value run_options_action_at(size_t at)
{
	return (struct option_value){
	    .name = at < LIMIT_ACTIONS ? limit_action_name(at) : NULL};
}

static int run_options_parse_action(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	for (enum limit_action at = 0; at < LIMIT_ACTIONS; at++) {
		if (strcmp(limit_action_name(at), text) == 0) {
			*(enum limit_action *)where = at;
			return 0;
		}
	}
	return options_refuse(row, text, e);
}

static const char *const waits[] = {"program", "all", NULL};

#define AT(member) .offset = offsetof(struct run_options, member)

const struct option_row run_option_rows[] = {
    {.name = "python",
	.help = "treat the program as Python, or as a script that starts "
		"Python, and record the calls of functions with @profile; with "
		"attach: record the calls of the --func functions, without a "
		"restart (CPython 3.14 and later)",
	.parse = option_flag,
	AT(python)},
    {.name = "nopython",
	.help = "run script.py directly, not with python3",
	.parse = option_flag,
	AT(no_python)},
    {.name = "lines",
	.help = "at the end, print how much memory each line took in the "
		"functions with @profile or named by --func",
	.parse = option_flag,
	AT(lines),
	.ours = true},
    {.name = "func",
	.arg = "NAMES",
	.help = "with attach: record these functions, such as "
		"app.views.lessons (with --python or --lines, by default all "
		"that the main program defines)",
	.parse = option_text,
	AT(functions),
	.ours = true},
    {.name = "stacks",
	.help = "record which code holds memory, or touches it first, in "
		"native programs and Python; with attach, only from then on: "
		"which holds it in CPython 3.14 and later, and which touches "
		"it in other programs; samples every 10ms unless -T is given",
	.parse = option_flag,
	AT(stacks),
	.ours = true},
    {.name = "native",
	.help =
	    "like --stacks, but also record the C frames below each line of "
	    "Python that creates Python objects, for mprof lines --native",
	.parse = option_flag,
	AT(native),
	.ours = true},
    {.letter = 'T',
	.name = "interval",
	.arg = "DURATION",
	.help = "time between samples: 0.5 (seconds), 10ms, 1m (default 0.1)",
	.parse = run_options_parse_interval,
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
	.help = "also record each descendant on its own",
	.parse = option_flag,
	AT(each)},
    {.letter = 'E',
	.name = "exit-code",
	.help = "exit with the program's status (default)",
	.parse = option_flag,
	AT(exit_code)},
    {.name = "no-exit-code",
	.help = "exit with 0 whatever the program's status is",
	.parse = option_off,
	AT(exit_code),
	.ours = true},
    {.name = "allow-loss",
	.help = "exit with 0 even if part or all of the recording was lost",
	.parse = option_flag,
	AT(allow_loss),
	.ours = true},
    {.letter = 'a',
	.name = "attach",
	.help = "record a running process, given by its pid or name",
	.parse = option_flag,
	AT(attach)},
    {.name = "wait-for",
	.help = "with --attach: wait until a process of that name exists; the "
		"wait counts towards --timeout",
	.parse = option_flag,
	AT(wait_for),
	.ours = true},
    {.name = "scope",
	.help = "run the program in a control group of its own, if that is "
		"allowed, and record what the kernel charges to it, including "
		"page cache and kernel memory",
	.parse = option_flag,
	AT(scope),
	.ours = true},
    RUN_GROUP_ROWS(struct run_options, group, "with attach: ", "record"),
    {.letter = 't',
	.name = "timeout",
	.arg = "DURATION",
	.help = "stop recording after this time; the program keeps running",
	.parse = option_duration,
	AT(timeout_s)},
    {.letter = 'o',
	.name = "output",
	.arg = "FILE",
	.help = "append to FILE; in its name, %h stands for the host, %p for "
		"the process id, %t for the start time, %r for the MPI rank, "
		"%q{VAR} for an environment variable (default "
		"mprofile_<YYYYMMDDhhmmss>.dat)",
	.parse = option_text,
	AT(output)},
    {.name = "max-size",
	.arg = "SIZE",
	.help = "keep the recording below SIZE by thinning its older part to "
		"the lowest and the highest sample of each stretch of time",
	.parse = run_options_parse_max_size,
	AT(max_size_mib),
	.ours = true},
    {.name = "rotate",
	.arg = "COUNT",
	.help = "with --max-size: start a new file instead of thinning, and "
		"keep COUNT older ones; FILE.1 is the newest of them",
	.parse = run_options_parse_rotate,
	AT(rotate),
	.ours = true},
    {.name = "backend",
	.arg = "NAME",
	.help = "what to measure (default rss); memory_profiler's names "
		"psutil, posix, psutil_pss and psutil_uss are accepted too",
	.parse = run_options_parse_metric,
	.choice_at = run_options_metric_at,
	AT(metric)},
    {RUN_WITH_FIELDS(struct run_options, with, "record")},
    {.letter = 'q',
	.name = "quiet",
	.help = "print only warnings and errors",
	.parse = option_flag,
	AT(quiet),
	.ours = true},
    {.name = "wait",
	.arg = "WHOM",
	.help = "record until the program has ended, or all of its descendants "
		"have: {} (default program)",
	.parse = option_choice,
	AT(wait),
	.choices = waits,
	.ours = true},
    {.name = "no-adopt",
	.help = "leave orphaned descendants to init; some will be missing from "
		"the recording",
	.parse = option_off,
	AT(adopt),
	.ours = true},
    {.name = "limit",
	.arg = "SIZE",
	.help = "take the --on-limit action when the total exceeds SIZE, and "
		"exit with 124",
	.parse = option_size,
	AT(limit_mib),
	.ours = true},
    {.name = "on-limit",
	.arg = "ACTION",
	.help = "what to do at the --limit with all processes of the program: "
		"{} (default term); mark only writes a mark",
	.parse = run_options_parse_action,
	AT(on_limit),
	.choice_at = run_options_action_at,
	.ours = true},
    {.name = "max-overhead",
	.arg = "PERCENT",
	.help = "lengthen the interval if sampling takes more than this share "
		"of a processor",
	.parse = run_options_parse_share,
	AT(max_overhead),
	.ours = true},
    {.name = "skip-unchanged",
	.help = "write only the first and the last of equal samples in a row",
	.parse = option_flag,
	AT(skip_unchanged),
	.ours = true},
    {.name = "watch",
	.help =
	    "draw a live chart in the terminal, for programs that don't use it",
	.parse = option_flag,
	AT(watch),
	.ours = true},
    {.name = "textfile",
	.arg = "DIR",
	.help = "keep a file in DIR with the current and the peak memory, for "
		"Prometheus' node_exporter",
	.parse = option_text,
	AT(textfile),
	.ours = true},
    {.name = "check",
	.help = "at the end, check the conditions below as mprof check does, "
		"and exit with 1 if one is not met",
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
    .on_limit = LIMIT_TERM,
    .check.conditions.tolerance = CHECK_TOLERANCE,
};

static double run_options_interval_s(const struct run_options *options)
{
	if (options->interval_s > 0)
		return options->interval_s;
	return options->stacks ? INTERVAL_STACKS_S : INTERVAL_S;
}

/* With --scope the control group is measured, unless each process or the
 * program alone was asked for. */
static const struct metric *run_options_metric(
    const struct run_options *options)
{
	bool as_one = options->scope && options->children && !options->each;

	if (options->metric)
		return options->metric;
	return metric_find(as_one ? "cgroup" : "rss");
}

int run_options_plan(
    const struct run_options *options, struct sampler_plan *plan, struct err *e)
{
	*plan = (struct sampler_plan){
	    .interval_ns =
		(int64_t)(run_options_interval_s(options) * NS_PER_S + 0.5),
	    .timeout_ns = (int64_t)(options->timeout_s * NS_PER_S),
	    .metric = run_options_metric(options),
	    .alone = !options->children,
	    .no_descendants = !options->children && !options->each,
	    .exits = options->each,
	    .wait_all = strcmp(options->wait, "all") == 0,
	    .launched = !options->attach,
	    .adopts = options->adopt && !options->attach,
	    .with = options->with,
	    .max_overhead = options->max_overhead,
	    .limit_kib = (int64_t)(options->limit_mib * 1024),
	    .on_limit = options->on_limit,
	};
	if (plan->metric->file == METRIC_CGROUP || options->scope)
		plan->with |= USAGE_OF_GROUP;
	if (plan->wait_all)
		plan->no_descendants = false;
	if (plan->metric->file == METRIC_CGROUP &&
	    (options->each || !options->children))
		return err_set(e,
		    "option --backend: cgroup measures all processes of a "
		    "group as one; leave out -M and --no-children");
	return 0;
}

/* Refuses options that don't apply to a control group: it is no process, and
 * none of its processes is the first. */
static int run_options_check_group(
    const struct run_options *options, struct err *e)
{
	const char *option = run_group_option(&options->group);

	if (!option)
		return 0;
	if (!options->attach)
		return err_set(e, "option --%s: is for mprof attach", option);
	if (!options->children || options->wait_for || options->functions ||
	    options->lines || options->python)
		return err_set(e,
		    "option --%s: records all processes of the group alike; "
		    "leave out --no-children, --wait-for, --python, --lines "
		    "and --func",
		    option);
	return 0;
}

/* Refuses records that can't be thinned: the program's own calls, and sampled
 * stacks. */
static int run_options_check_size(
    const struct run_options *options, struct err *e)
{
	if (options->rotate && options->max_size_mib <= 0)
		return err_set(e,
		    "option --rotate: needs --max-size, the size at which a "
		    "new file begins");
	if (options->max_size_mib > 0 &&
	    (options->python || options->lines || options->stacks ||
		options->functions))
		return err_set(e,
		    "option --max-size: leave out --python, --lines, --func "
		    "and --stacks: calls and stacks can't be thinned");
	return 0;
}

/* Refuses options that need a program to launch, or a running process. */
static int run_options_check_starting(
    const struct run_options *options, struct err *e)
{
	if (run_options_check_group(options, e) != 0 ||
	    run_options_check_size(options, e) != 0)
		return -1;
	if (options->attach && options->scope)
		return err_set(e, "option --scope: is for programs that mprof "
				  "starts; a running process stays in its "
				  "group");
	if (options->attach && options->native)
		return err_set(e,
		    "option --native: is for programs that mprof starts; the "
		    "C frames of a running one can't be recorded");
	if (!options->attach && options->functions)
		return err_set(e,
		    "option --func: is for mprof attach PID; in a program that "
		    "mprof starts, put @profile above the function");
	if (!options->attach && options->wait_for)
		return err_set(
		    e, "option --wait-for: is for mprof attach NAME");
	return 0;
}

int run_options_check(
    const struct run_options *options, char **argv, int count, struct err *e)
{
	if (run_options_check_starting(options, e) != 0)
		return -1;
	if (run_group_check(&options->group, count > 0 ? argv[0] : NULL, e) !=
	    0)
		return -1;
	if (options->attach && count > 1)
		return err_set(e,
		    "%s: unexpected; attach records one process, %s", argv[1],
		    argv[0]);
	return 0;
}
