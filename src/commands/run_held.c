// SPDX-License-Identifier: MIT
#include "commands/run_held.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "analysis/held.h"
#include "analysis/leak.h"
#include "dat/reader.h"

static bool held_leaks(const struct run *run)
{
	struct leak_run leak;
	bool leaks;

	leak_judge_run(run, &leak);
	leaks = leak.worst.verdict == LEAK_LEAKING;
	leak_run_finish(&leak);
	return leaks;
}

void run_held_judge(struct run_held *held, const struct run *run)
{
	enum memory_source source = held_source(run);

	held->leaks = held_leaks(run);
	held->is_touched = source == SOURCE_TOUCHED;
	if (source != SOURCE_CLOCK)
		held_places(run, held->places, RUN_HELD_PLACES);
}

/* Reads the recording so far and adds names to it. */
static void held_complete(struct run_held *held)
{
	struct dat_writer *writer = held->writer;
	struct strbuf records = {0};
	struct profile profile;
	struct err ignored;

	dat_writer_flush(writer);
	if (dat_read(&profile, writer->path, &ignored) == 0 &&
	    profile.runs.len > 0) {
		struct run *run = &profile.runs.items[profile.runs.len - 1];

		naming_find(run, &held->means, &records);
		if (records.len > 0) {
			strbuf_add_bytes(
			    &writer->buffer, records.text, records.len);
			dat_add_records(&profile, records.text, records.len);
		}
		run_held_judge(held, run);
	}
	strbuf_finish(&records);
	profile_finish(&profile);
}

static void held_on_tick(
    void *context, const struct sink_tick *tick, const struct sink *sink)
{
	struct run_held *held = context;

	(void)sink;
	for (size_t i = 0; i < tick->count && !held->means.root; i++)
		if (tick->processes[i].is_root)
			held->means.root = tick->processes[i].pid;
}

static bool held_has_samples(const struct run_held *held)
{
	return (held->allocations &&
		   allocations_processes(held->allocations) > 0) ||
	       (held->touched && touched_count(held->touched).samples > 0);
}

/* Called before the records that end a run are written. */
static void held_on_end(
    void *context, const struct sink_tick *tick, const struct sink *sink)
{
	struct run_held *held = context;
	struct stat about;

	(void)tick;
	(void)sink;
	if (held->writer && held_has_samples(held) &&
	    fstat(held->writer->fd, &about) == 0 && S_ISREG(about.st_mode))
		held_complete(held);
}

struct sampler_hook run_held_hook(struct run_held *held)
{
	return (struct sampler_hook){
	    .context = held, .tick = held_on_tick, .end = held_on_end};
}

void run_held_print(
    const struct run_held *held, const struct sampler_result *result)
{
	if (!held->leaks && !result->exit_cause.oom && !result->limit.reached)
		return;
	for (size_t i = 0; i < RUN_HELD_PLACES && held->places[i]; i++)
		fprintf(stderr, "mprof: %s at the peak: %s\n",
		    held->is_touched ? "touched" : "held", held->places[i]);
}

void run_held_finish(struct run_held *held)
{
	for (size_t i = 0; i < RUN_HELD_PLACES; i++)
		free(held->places[i]);
	*held = (struct run_held){0};
}
