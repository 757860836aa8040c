// SPDX-License-Identifier: MIT
#include "export/formats.h"

#include <math.h>

#include "analysis/figures.h"
#include "base/json.h"
#include "profile/run.h"
#include "profile/share.h"

enum { SCHEMA = 1 };

/* Writes a count or an id; 0 and less are unknown. */
static void export_id_member(struct json *json, const char *key, int id)
{
	json_key(json, key);
	if (id > 0)
		json_whole(json, id);
	else
		json_text(json, NULL);
}

static void json_put_series(
    struct json *json, const char *key, const struct series *series)
{
	json_member_open(json, key, '[');
	for (size_t i = 0; i < series->len; i++)
		json_pair(json, series->items[i].time_s, series->items[i].mib);
	json_close(json, ']');
}

static void json_put_exit(struct json *json, const struct exit_status *exit)
{
	json_key(json, "exit");
	if (!exit->known) {
		json_text(json, NULL);
		return;
	}
	json_open(json, '{');
	json_key(json, "status");
	if (exit->signal)
		json_text(json, NULL);
	else
		json_whole(json, exit->code);
	export_id_member(json, "signal", exit->signal);
	json_member_bool(json, "oom", exit->oom);
	json_member_number(json, "time_s", exit->time_s);
	json_member_number(json, "mib", exit->mib);
	json_close(json, '}');
}

/* Tells what is missing in a run whose older part was thinned. */
static void json_put_thinned(struct json *json, const struct run_info *info)
{
	const struct thinned *left = &info->left;

	json_member_open(json, "thinned", '{');
	json_member_number(json, "until_s", info->until_s);
	json_member_number(json, "stretch_s", info->stretch_s);
	json_member_whole(json, "processes", (int64_t)left->processes);
	json_member_number(json, "highest_mib", left->highest_mib);
	json_member_whole(json, "marks", (int64_t)left->marks);
	json_member_whole(json, "snapshots", (int64_t)left->snapshots);
	json_member_whole(json, "runs", (int64_t)left->runs);
	json_close(json, '}');
}

static void json_put_info(struct json *json, const struct run_info *info)
{
	json_member_open(json, "info", '{');
	json_member_text(json, "backend", info->backend);
	json_member_text(json, "host", info->host);
	json_member_text(json, "version", info->version);
	json_member_text(json, "start", info->start);
	json_key(json, "interval_s");
	if (info->interval_s > 0)
		json_number(json, info->interval_s);
	else
		json_text(json, NULL);
	if (info->stretch_s > 0)
		json_put_thinned(json, info);
	json_close(json, '}');
}

/* Writes the resources beside memory; nothing if usage is NULL. */
static void json_put_usage(struct json *json, const struct usage_series *usage)
{
	json_key(json, "usage");
	if (!usage) {
		json_text(json, NULL);
		return;
	}
	json_open(json, '{');
	for (size_t i = 0; i < FIGURES; i++) {
		struct series shown;

		if (usage->figures[i].len == 0)
			continue;
		usage_shown(usage, (enum resource_figure_id)i, &shown);
		json_put_series(json, resource_figures[i].name, &shown);
		series_finish(&shown);
	}
	json_close(json, '}');
}

static void json_put_processes(struct json *json, const struct run *run)
{
	json_member_open(json, "processes", '[');
	for (size_t i = 0; i < run->processes.len; i++) {
		const struct process *process = &run->processes.items[i];

		json_open(json, '{');
		json_member_text(json, "key", process->key);
		export_id_member(json, "pid", process->pid);
		json_key(json, "start_ticks");
		if (process->start_ticks)
			json_whole(json, (int64_t)process->start_ticks);
		else
			json_text(json, NULL);
		export_id_member(json, "ppid", process->ppid);
		json_member_text(json, "name", process->name);
		json_member_text(json, "command", process->command);
		json_put_exit(json, &process->exit);
		json_put_series(json, "samples", &process->memory);
		json_put_usage(json, process->usage);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void json_put_calls(struct json *json, const struct run *run)
{
	json_member_open(json, "calls", '[');
	for (size_t i = 0; i < run->calls.len; i++) {
		const struct call *call = &run->calls.items[i];

		json_open(json, '{');
		json_member_text(json, "name", call->name);
		json_member_number(json, "enter_s", call->enter_s);
		json_member_number(json, "leave_s", call->leave_s);
		json_member_number(json, "enter_mib", call->enter_mib);
		json_member_number(json, "leave_mib", call->leave_mib);
		json_key(json, "level");
		if (call->level >= 0)
			json_whole(json, call->level);
		else
			json_text(json, NULL);
		export_id_member(json, "pid", call->pid);
		export_id_member(json, "tid", call->tid);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void json_put_marks(struct json *json, const struct run *run)
{
	json_member_open(json, "marks", '[');
	for (size_t i = 0; i < run->marks.len; i++) {
		json_open(json, '{');
		json_member_number(json, "time_s", run->marks.items[i].time_s);
		json_member_number(json, "mib", run->marks.items[i].mib);
		json_member_text(json, "label", run->marks.items[i].label);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void json_put_frames(struct json *json, const struct stack *stack)
{
	json_member_open(json, "frames", '[');
	for (size_t i = 0; i < stack->len; i++) {
		json_open(json, '{');
		json_member_text(json, "file", stack->frames[i].file);
		json_member_whole(json, "line", stack->frames[i].line);
		json_member_text(json, "function", stack->frames[i].function);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void json_put_stacks(struct json *json, const struct run *run)
{
	json_member_open(json, "stacks", '[');
	for (size_t i = 0; i < run->stacks.len; i++) {
		json_open(json, '{');
		json_member_whole(json, "id", run->stacks.items[i].id);
		json_put_frames(json, &run->stacks.items[i]);
		json_close(json, '}');
	}
	json_close(json, ']');
	json_member_open(json, "stack_samples", '[');
	for (size_t i = 0; i < run->stack_samples.len; i++) {
		const struct stack_sample *sample =
		    &run->stack_samples.items[i];

		json_open(json, '{');
		json_member_number(json, "time_s", sample->time_s);
		json_member_number(json, "mib", sample->mib);
		json_member_whole(
		    json, "stack", run->stacks.items[sample->stack].id);
		json_member_whole(json, "pid", sample->pid);
		json_member_whole(json, "thread", sample->thread);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void json_put_shares(struct json *json, const struct run *run)
{
	json_member_open(json, "shares", '[');
	for (size_t i = 0; i < run->shares.len; i++)
		share_write(json, &run->shares.items[i]);
	json_close(json, ']');
}

static void json_put_run(struct json *json, const struct run *run)
{
	struct figures figures;
	bool sampled = figures_of_run(run, &figures) == 0;

	json_open(json, '{');
	json_member_text(json, "command", run->command);
	json_member_number(json, "start_s", run_first_s(run));
	json_member_number(
	    json, "duration_s", run_last_s(run) - run_first_s(run));
	json_member_number(json, "peak_mib", sampled ? figures.peak_mib : NAN);
	json_member_number(json, "mean_mib", sampled ? figures.mean_mib : NAN);
	json_put_info(json, &run->info);
	json_member_text(json, "ending", run_ending_word(run->ending));
	json_put_exit(json, &run->exit);
	json_put_series(json, "samples", &run->total);
	json_put_series(json, "peaks", &run->peaks);
	json_put_shares(json, run);
	json_put_usage(json, run->usage);
	json_put_processes(json, run);
	json_put_calls(json, run);
	json_put_marks(json, run);
	json_put_stacks(json, run);
	json_close(json, '}');
}

int export_json(const struct profile *profile, FILE *out, struct err *e)
{
	struct json json;

	(void)e;
	json_init(&json, out);
	json_open_document(&json, SCHEMA);
	json_member_text(&json, "path", profile->path);
	json_member_open(&json, "runs", '[');
	for (size_t i = 0; i < profile->runs.len; i++)
		json_put_run(&json, &profile->runs.items[i]);
	json_close(&json, ']');
	json_close(&json, '}');
	return 0;
}
