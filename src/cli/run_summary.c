// SPDX-License-Identifier: MIT
#include "cli/run_summary.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/signal_name.h"
#include "base/units.h"
#include "base/utf8.h"

static const char *run_summary_size(char out[static UNITS_TEXT], int64_t kib)
{
	return units_size(out, (double)kib / 1024);
}

static const char *run_summary_limit(char out[static UNITS_TEXT], int64_t kib)
{
	return units_limit(out, (double)kib / 1024);
}

static void run_summary_print_share(const struct share *share, double peak_mib)
{
	char *text;

	if (share->processes == 0)
		return;
	text = share_text(share, peak_mib);
	fprintf(stderr, " (%s: RSS counts it in each; --backend pss)", text);
	free(text);
}

/* Names descendants that still run, and the option that would have recorded
 * them. */
static void print_alive(
    const struct sampler_plan *plan, const struct sampler_result *result)
{
	char name[4 * PROCFS_NAME], count[UNITS_COUNT];

	fprintf(stderr, "mprof: %s:",
	    units_count(count, result->alive, "descendant is still running",
		"descendants are still running"));
	for (size_t i = 0; i < result->alive && i < MEMBERS_NAMED; i++)
		fprintf(stderr, "%s %d %s", i > 0 ? "," : "",
		    (int)result->living[i].pid,
		    utf8_clean(name, sizeof(name), result->living[i].name));
	if (result->alive > MEMBERS_NAMED)
		fprintf(stderr, " and %zu more", result->alive - MEMBERS_NAMED);
	if (result->end == SAMPLER_ENDED && !plan->wait_all)
		fprintf(stderr, "; --wait all records %s too",
		    result->alive == 1 ? "it" : "them");
	fputc('\n', stderr);
}

static void run_summary_print_end(
    const struct sampler_plan *plan, const struct sampler_result *result)
{
	char count[UNITS_COUNT];

	if (result->end == SAMPLER_TIMEOUT)
		fputs("mprof: the recording ended at --timeout\n", stderr);
	if (result->alive > 0)
		print_alive(plan, result);
	if (result->unseen > 0)
		fprintf(stderr,
		    "mprof: %s%s for less than the interval and %s not "
		    "sampled\n",
		    result->unseen_is_all ? "" : "at least ",
		    units_count(count, result->unseen, "process lived",
			"processes lived"),
		    result->unseen == 1 ? "was" : "were");
}

static void print_pace(
    const struct sampler_plan *plan, const struct sampler_result *result)
{
	char interval[UNITS_TEXT], count[UNITS_COUNT];

	if (result->missed > 0)
		fprintf(stderr,
		    "mprof: %s: the recorder could not keep up; a longer -T "
		    "misses fewer\n",
		    units_count(count, result->missed, "sample was missed",
			"samples were missed"));
	if (result->interval_ns > plan->interval_ns)
		fprintf(stderr,
		    "mprof: the interval was lengthened to %s, to keep within "
		    "--max-overhead\n",
		    units_duration(
			interval, (double)result->interval_ns / NS_PER_S));
}

/* The machine's memory limits every program, and is not mentioned. */
static void run_summary_print_limit(const struct exit_cause_verdict *exit_cause)
{
	char limit[UNITS_TEXT];

	if (exit_cause->limit_of && exit_cause->limit_of->own)
		fprintf(stderr, ", under a limit of %s of %s",
		    run_summary_limit(limit, exit_cause->limit_kib),
		    exit_cause->limit_of->text);
}

/* A program that failed may have been refused memory. Kills by the kernel are
 * reported elsewhere. */
static void print_status(const struct sampler_result *result)
{
	const struct exit_cause_limit *limit_of = result->exit_cause.limit_of;

	if (!result->has_status || !WIFEXITED(result->status) ||
	    result->exit_cause.kills > 0 || WEXITSTATUS(result->status) == 0 ||
	    !limit_of || !limit_of->own)
		return;
	fprintf(
	    stderr, "mprof: ended with status %d", WEXITSTATUS(result->status));
	run_summary_print_limit(&result->exit_cause);
	fputc('\n', stderr);
}

void run_summary_warn_launch(const struct launch *launch, const char *program)
{
	char number[32], *clean;
	const char *signal;

	if (launch->refused == 0)
		return;
	signal = signal_name(launch->refused);
	snprintf(number, sizeof(number), "signal %d", launch->refused);
	clean = utf8_clean_copy(program);
	fprintf(stderr, "mprof: %d %s: %s could not be passed on, %s%s\n",
	    (int)launch->pid, clean, signal ? signal : number, strerror(EPERM),
	    launch->ended ? "" : "; it is still running");
	free(clean);
}

void run_summary_warn_gpu(const char *why)
{
	if (why && *why)
		fprintf(stderr, "mprof: --with gpu: %s\n", why);
}

void run_summary_print(const struct sampler_plan *plan,
    const struct sampler_result *result, const struct share *share,
    const char *path)
{
	char count[UNITS_COUNT], peak[UNITS_TEXT], time[UNITS_TEXT], name[4096];

	print_pace(plan, result);
	run_summary_print_end(plan, result);
	print_status(result);
	if (result->peak_kib > 0 || result->samples > 0)
		fprintf(stderr, "mprof: peak %s %s",
		    run_summary_size(peak, result->peak_kib),
		    plan->metric->measure->title);
	else
		fputs("mprof: nothing was sampled", stderr);
	run_summary_print_share(share, (double)result->peak_kib / 1024);
	fprintf(stderr, ", %s, %s, %s\n",
	    units_duration(
		time, (double)(result->end_ns - result->start_ns) / NS_PER_S),
	    units_count(count, result->samples, "sample", "samples"),
	    utf8_clean(name, sizeof(name), path));
}

static void warn_signal(const struct sampler_result *result)
{
	const struct exit_cause_verdict *exit_cause = &result->exit_cause;
	const char *name = signal_name(WTERMSIG(result->status));
	char limit[UNITS_TEXT], last[UNITS_TEXT];

	if (name)
		fprintf(stderr, "mprof: killed by %s", name);
	else
		fprintf(stderr, "mprof: killed by signal %d",
		    WTERMSIG(result->status));
	if (exit_cause->oom && exit_cause->limit_of)
		fprintf(stderr,
		    ": out of memory (limit %s of %s; %s at the last sample)",
		    run_summary_limit(limit, exit_cause->limit_kib),
		    exit_cause->limit_of->text,
		    run_summary_size(last, result->last_kib));
	else if (exit_cause->oom)
		fputs(": out of memory", stderr);
	else if (exit_cause->may_be_oom)
		fprintf(stderr,
		    ", may have been out of memory: the OOM killer killed a "
		    "process of this machine in that time (%s at the last "
		    "sample)",
		    run_summary_size(last, result->last_kib));
	else
		run_summary_print_limit(exit_cause);
	fputc('\n', stderr);
}

static void warn_missing(
    const struct sampler_plan *plan, const struct sampler_result *result)
{
	bool needs = plan->metric->file == METRIC_ROLLUP;
	char count[UNITS_COUNT];

	if (result->hidden > 0 || (result->denied > 0 && !needs))
		fputs("mprof: /proc hides some of the processes from this user "
		      "(hidepid): they are missing from the total\n",
		    stderr);
	if (needs && result->denied > 0 && result->samples == 0)
		fprintf(stderr,
		    "mprof: not permitted to read the %s of this process; "
		    "--backend rss needs no permission\n",
		    plan->metric->measure->title);
	else if (needs && result->denied > 0)
		fprintf(stderr,
		    "mprof: %s of %s not permitted and missing from the "
		    "total; run mprof as root to have them\n",
		    units_count(count, result->denied, "reading", "readings"),
		    plan->metric->measure->title);
}

static void warn_refused(const struct limit *limit)
{
	char name[4 * PROCFS_NAME], count[UNITS_COUNT];

	if (limit->refusals == 0)
		return;
	fprintf(stderr,
	    "mprof: --on-limit %s: %s:", limit_action_name(limit->action),
	    units_count(count, limit->refusals,
		"process could not be signalled",
		"processes could not be signalled"));
	for (size_t i = 0; i < limit->named; i++)
		fprintf(stderr, "%s %d %s (%s)", i > 0 ? "," : "",
		    (int)limit->refused[i].pid,
		    utf8_clean(name, sizeof(name), limit->refused[i].name),
		    strerror(limit->refused[i].cause));
	if (limit->refusals > limit->named)
		fprintf(
		    stderr, " and %zu more", limit->refusals - limit->named);
	fputc('\n', stderr);
}

void run_summary_warn(
    const struct sampler_plan *plan, const struct sampler_result *result)
{
	const struct exit_cause_verdict *exit_cause = &result->exit_cause;
	char limit[UNITS_TEXT], total[UNITS_TEXT];

	if (result->limit.reached)
		fprintf(stderr,
		    "mprof: the limit of %s was reached, at %s: %s\n",
		    run_summary_limit(limit, plan->limit_kib),
		    run_summary_size(total, result->limit.total_kib),
		    limit_action_name(plan->on_limit));
	warn_refused(&result->limit);
	if (result->has_status && WIFSIGNALED(result->status))
		warn_signal(result);
	if (exit_cause->kills > 0 && !exit_cause->oom)
		fprintf(stderr,
		    "mprof: the OOM killer killed %lld of the processes in "
		    "its cgroup: out of memory",
		    (long long)exit_cause->kills);
	if (exit_cause->kills > 0 && !exit_cause->oom && exit_cause->limit_of)
		fprintf(stderr, " (limit %s of %s)",
		    run_summary_limit(limit, exit_cause->limit_kib),
		    exit_cause->limit_of->text);
	if (exit_cause->kills > 0 && !exit_cause->oom)
		fputc('\n', stderr);
	warn_missing(plan, result);
}
