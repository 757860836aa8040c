// SPDX-License-Identifier: MIT
#include "recorder/consumption.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "recorder/gpu.h"

struct consumption {
	struct consumption_plan plan;
	struct usage_tracker usage;
	struct gpu *gpu;        /* NULL: GPUs are not read */
	struct err gpu_missing; /* why not, if they were asked for */
	double latest[FIGURES]; /* figures of the whole as last read */
	double of_gpu[FIGURES]; /* one reading of GPUs; other figures are NAN */
};

struct consumption *consumption_create(const struct consumption_plan *plan)
{
	struct consumption *consumption = mem_zero(1, sizeof(*consumption));

	consumption->plan = *plan;
	if (plan->set & 1U << RESOURCE_GPU)
		consumption->gpu =
		    gpu_create(plan->fs, &consumption->gpu_missing);
	for (size_t i = 0; i < FIGURES; i++)
		consumption->latest[i] = consumption->of_gpu[i] = NAN;
	return consumption;
}

void consumption_destroy(struct consumption *consumption)
{
	if (!consumption)
		return;
	gpu_destroy(consumption->gpu);
	free(consumption);
}

void consumption_begin(struct consumption *consumption, int64_t now_ns)
{
	const struct consumption_plan *plan = &consumption->plan;

	usage_tracker_init(&consumption->usage, plan->fs, plan->set,
	    plan->launched ? 0 : procfs_ticks(), now_ns);
	consumption->usage.alone = plan->alone;
	consumption->usage.group =
	    plan->set & USAGE_OF_GROUP ? plan->group : NULL;
}

/* Returns NULL where no figure of that process was read. */
typedef const double *consumption_figures(
    struct consumption *consumption, const struct member *member);

static const double *consumption_usage_of(
    struct consumption *consumption, const struct member *member)
{
	return usage_tracker_figures(&consumption->usage, member);
}

static const double *consumption_gpu_of(
    struct consumption *consumption, const struct member *member)
{
	gpu_figures(consumption->gpu, member->pid, consumption->of_gpu);
	return consumption->of_gpu;
}

/* Reports each process's figures, where they are wanted. */
static void consumption_report_members(struct consumption *consumption,
    int64_t time_ns, consumption_figures *figures)
{
	const struct members *members = consumption->plan.members;

	for (size_t i = 0; consumption->plan.each && i < members->list.len;
	     i++) {
		const struct member *member = &members->list.items[i];
		struct sink_usage usage = {
		    .time_ns = time_ns, .kib = member->kib, .pid = member->pid};

		if (member->gone || !member->introduced || member->kib < 0)
			continue;
		usage.figures = figures(consumption, member);
		if (usage.figures)
			report_usage(consumption->plan.report, &usage);
	}
}

/* A reading may be much later than the tick: a rate needs the reading's own
 * time. end_ns: the time of the last one; NULL: it is another. */
static void consumption_report_usage(
    struct consumption *consumption, int64_t now_ns, const int64_t *end_ns)
{
	const struct report *report = consumption->plan.report;
	struct sink_tick *tick = consumption->plan.tick;
	int64_t began_ns = report_now_ns(report);
	struct sink_usage usage = {.kib = tick->total_kib,
	    .figures = usage_tracker_read(
		&consumption->usage, consumption->plan.members, now_ns)};

	usage.time_ns = end_ns
			    ? *end_ns
			    : began_ns + (report_now_ns(report) - began_ns) / 2;
	memcpy(consumption->latest, usage.figures,
	    FIGURE_GPU * sizeof(consumption->latest[0]));
	tick->usage = consumption->latest;
	tick->usage_ns = usage.time_ns;
	report_usage(report, &usage);
	consumption_report_members(
	    consumption, usage.time_ns, consumption_usage_of);
}

static void consumption_set_latest_gpu(
    struct consumption *consumption, const double *figures)
{
	for (size_t i = FIGURE_GPU; i < FIGURES; i++)
		consumption->latest[i] = figures ? figures[i] : NAN;
}

/* Reports a reading of GPUs, once it is there, at its own time. */
static void consumption_report_gpu(struct consumption *consumption)
{
	const struct report *report = consumption->plan.report;
	struct sink_tick *tick = consumption->plan.tick;
	struct sink_usage usage = {
	    .kib = tick->total_kib, .figures = consumption->of_gpu};

	if (!consumption->gpu || !gpu_collect(consumption->gpu))
		return;
	usage.time_ns = report->epoch_ns + gpu_boot_ns(consumption->gpu);
	gpu_figures(consumption->gpu, 0, consumption->of_gpu);
	report_usage(report, &usage);
	consumption_set_latest_gpu(consumption, consumption->of_gpu);
	tick->gpu_ns = usage.time_ns;
	consumption_report_members(
	    consumption, usage.time_ns, consumption_gpu_of);
}

/* Until a driver answers, its figures are unknown. */
void consumption_step(struct consumption *consumption, int64_t now_ns)
{
	const struct consumption_plan *plan = &consumption->plan;

	consumption_report_gpu(consumption);
	if (!plan->tick->sampled ||
	    !usage_tracker_is_due(&consumption->usage, now_ns))
		return;
	consumption_report_usage(consumption, now_ns, NULL);
	if (consumption->gpu &&
	    !gpu_ask(consumption->gpu, plan->members, plan->alone))
		consumption_set_latest_gpu(consumption, NULL);
}

void consumption_finish(struct consumption *consumption)
{
	consumption_report_gpu(consumption);
	consumption_report_usage(
	    consumption, clock_mono_ns(), &consumption->plan.tick->time_ns);
}

void consumption_add_waited(struct consumption *consumption,
    struct member *member, const struct launch_event *event)
{
	usage_tracker_add_waited(&consumption->usage, member, event);
}

void consumption_close(struct consumption *consumption, struct members *members)
{
	usage_tracker_close(&consumption->usage, members);
}

const char *consumption_missing_gpu(const struct consumption *consumption)
{
	return consumption->gpu_missing.text[0] ? consumption->gpu_missing.text
						: NULL;
}

const char *consumption_gpu_problem(const struct consumption *consumption)
{
	return consumption->gpu ? gpu_problem(consumption->gpu) : NULL;
}
