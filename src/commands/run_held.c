// SPDX-License-Identifier: MIT
#include "commands/run_held.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/held.h"
#include "analysis/leak.h"
#include "base/path.h"
#include "base/units.h"
#include "base/utf8.h"
#include "dat/reader.h"
#include "symbols/naming.h"

/* A row that holds less than this share explains nothing. */
static const double least_share = 0.02;

static bool held_leaks(const struct run *run)
{
	struct leak_run leak;
	bool leaks;

	leak_judge_run(run, &leak);
	leaks = leak.worst.verdict == LEAK_LEAKING;
	leak_run_finish(&leak);
	return leaks;
}

static char *held_describe(const struct held_row *row, const struct held *held)
{
	char size[UNITS_TEXT], whole[UNITS_TEXT];
	char *raw, *clean, *place;

	if (row->line)
		place = mem_format(
		    "%s:%d %s", path_name(row->file), row->line, row->function);
	else
		place = mem_copy(*row->function ? row->function : row->file);
	raw = mem_format("%s of %s held by %s%s%s", units_size(size, row->mib),
	    units_size(whole, held->mib), place, *row->in ? ", in " : "",
	    row->in);
	clean = utf8_clean_copy(raw);
	free(place);
	free(raw);
	return clean;
}

/* The first three places that hold much, at the peak. */
static void held_explain(struct run_held *explained, const struct run *run)
{
	const struct held_part part = held_at_peak(run);
	const struct held_wish wish = {.by = HELD_BY_LINE};
	struct held_rows rows;
	struct held held;

	held_init(&held, run, &part);
	held_rows_init(&rows, &held, NULL, &wish);
	for (size_t i = 0; i < rows.items.len && i < RUN_HELD_PLACES; i++) {
		const struct held_row *row = &rows.items.items[i];

		if (row->mib >= least_share * held.mib)
			explained->places[i] = held_describe(row, &held);
	}
	held_rows_finish(&rows);
	held_finish(&held);
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

		naming_find(run, &records);
		if (records.len > 0) {
			strbuf_add_bytes(
			    &writer->buffer, records.text, records.len);
			dat_add_records(&profile, records.text, records.len);
		}
		held->leaks = held_leaks(run);
		held_explain(held, run);
	}
	strbuf_finish(&records);
	profile_finish(&profile);
}

static void held_on_tick(
    void *context, const struct sink_tick *tick, const struct sink *sink)
{
	(void)context;
	(void)tick;
	(void)sink;
}

/* Before the records that end a run. */
static void held_on_end(
    void *context, const struct sink_tick *tick, const struct sink *sink)
{
	struct run_held *held = context;
	struct stat about;

	(void)tick;
	(void)sink;
	if (held->writer && allocations_processes(held->allocations) > 0 &&
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
		fprintf(stderr, "mprof: %s\n", held->places[i]);
}

void run_held_finish(struct run_held *held)
{
	for (size_t i = 0; i < RUN_HELD_PLACES; i++)
		free(held->places[i]);
	*held = (struct run_held){0};
}
