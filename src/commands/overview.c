// SPDX-License-Identifier: MIT
#include "commands/overview.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/peak.h"
#include "base/signal_name.h"
#include "export/share.h"
#include "dat/reader.h"
#include "profile/ending.h"

/* Known by its EXIT alone, or the phantom of pid 0. */
static bool overview_is_unseen(const struct process *process)
{
	return process->memory.len == 0 && !process->name &&
	       (process->pid == 0 || process->exit.told);
}

/* The program itself, where no record names it, is one more. */
static size_t count_processes(const struct run *run)
{
	size_t count = 0;
	bool root = false;

	for (size_t i = 0; i < run->processes.len; i++) {
		const struct process *process = &run->processes.items[i];

		if (overview_is_unseen(process))
			continue;
		root = root || process->memory.len == 0;
		count++;
	}
	return count > 0 && !root ? count + 1 : count;
}

/* In recordings of version 0.1.0 a run that succeeds has no EXIT: a PEAK behind
 * its last sample is the last thing that a recorder writes. */
static bool overview_has_ended(const struct run *run, struct exit_status *exit)
{
	const struct series *total = &run->total, *peaks = &run->peaks;

	*exit = run->exit;
	if (exit->told || run->ending != RUN_ENDING_UNTOLD)
		return exit->known;
	return peaks->len > 0 &&
	       (total->len == 0 || peaks->items[peaks->len - 1].time_s >=
				       total->items[total->len - 1].time_s);
}

static void overview_sum_up(
    struct overview *overview, const struct profile *profile)
{
	const struct run *runs = profile->runs.items;
	size_t len = profile->runs.len;
	struct peaks peaks;

	overview->runs = len;
	if (len == 0)
		return;
	peaks_init(&peaks, profile);
	overview->measured = peaks.found;
	overview->peak_mib = peaks.mib;
	if (peaks.share)
		overview->share = *peaks.share;
	peaks_finish(&peaks);
	if (overview->measured)
		overview->start_s = run_first_s(&runs[0]);
	for (size_t i = 0; i < len; i++) {
		overview->duration_s +=
		    run_last_s(&runs[i]) - run_first_s(&runs[i]);
		overview->processes += count_processes(&runs[i]);
	}
	if (runs[0].command)
		overview->command = mem_copy(runs[0].command);
	overview->ended = overview_has_ended(&runs[len - 1], &overview->exit);
	overview->ending = runs[len - 1].ending;
}

void overview_init(struct overview *overview, const char *path)
{
	struct profile profile;
	struct stat about;

	*overview = (struct overview){0};
	if (stat(path, &about) == 0)
		overview->size_bytes = about.st_size;
	overview->read = dat_read(&profile, path, NULL) == 0;
	overview_sum_up(overview, &profile);
	profile_finish(&profile);
}

void overview_finish(struct overview *overview)
{
	free(overview->command);
}

void overview_status(const struct overview *overview, char *out)
{
	const char *name = signal_name(overview->exit.signal);

	if (overview->ending == RUN_CUT_OFF || overview->ending == RUN_GOING_ON)
		strcpy(out, run_ending_word(overview->ending));
	else if (!overview->ended)
		strcpy(out, "-");
	else if (overview->exit.oom)
		strcpy(out, "oom");
	else if (overview->exit.signal && name)
		strcpy(out, name);
	else if (overview->exit.signal)
		snprintf(
		    out, OVERVIEW_STATUS, "signal %d", overview->exit.signal);
	else
		snprintf(out, OVERVIEW_STATUS, "%d", overview->exit.code);
}

static void overview_put_number(
    struct json *json, const char *key, bool known, double number)
{
	json_key(json, key);
	json_number(json, known ? number : NAN);
}

static void put_whole(
    struct json *json, const char *key, bool known, int64_t number)
{
	json_key(json, key);
	if (known)
		json_whole(json, number);
	else
		json_text(json, NULL);
}

void overview_write(const struct overview *overview, struct json *json)
{
	const struct exit_status *exit = &overview->exit;
	bool signalled = exit->signal != 0;

	json_key(json, "command");
	json_text(json, overview->command);
	put_whole(json, "runs", overview->read, (int64_t)overview->runs);
	overview_put_number(
	    json, "start_s", overview->measured, overview->start_s);
	overview_put_number(
	    json, "duration_s", overview->measured, overview->duration_s);
	overview_put_number(
	    json, "peak_mib", overview->measured, overview->peak_mib);
	json_key(json, "shared");
	share_write(json, overview->share.processes ? &overview->share : NULL);
	put_whole(json, "processes", overview->processes > 0,
	    (int64_t)overview->processes);
	put_whole(json, "status", overview->ended && !signalled, exit->code);
	put_whole(json, "signal", overview->ended && signalled, exit->signal);
	json_key(json, "ending");
	json_text(json, run_ending_word(overview->ending));
	json_key(json, "oom");
	json_bool(json, exit->oom);
	put_whole(json, "size_bytes", true, overview->size_bytes);
}
