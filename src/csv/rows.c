// SPDX-License-Identifier: MIT
#include "csv/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "csv/cells.h"
#include "csv/export.h"
#include "profile/process.h"

#define DAY_S 86400

static bool rows_is_empty(const char *cell)
{
	return cell[strspn(cell, " \t")] == 0;
}

/* Reads a cell with its own unit, "1.5 GiB", in a column of such cells. */
static int rows_read_memory(struct rows *rows, double *mib, struct err *e)
{
	const char *cell = rows->cells[COLUMN_MEMORY], *rest;
	double unit = rows->columns.unit_mib;
	int units = -1;

	if (!cell_number(cell, rows->comma, mib, &rest))
		return err_set(e, "%s: is not an amount of memory", cell);
	rest += strspn(rest, " \t");
	if (*rest) {
		units = 1;
		unit = cell_unit(rest);
		if (unit == 0)
			return err_set(
			    e, "%s: is not an amount of memory", cell);
	}
	if (rows->units && rows->units != units)
		return err_set(e,
		    "%s: mixed units: some amounts have a unit, some don't",
		    cell);
	rows->units = units;
	*mib *= unit;
	return 0;
}

static int rows_read_time(struct rows *rows, double *time_s, struct err *e)
{
	const char *cell = rows->cells[COLUMN_TIME], *rest;

	if (rows->columns.time_scale > 0 &&
	    cell_number(cell, rows->comma, time_s, &rest) &&
	    rows_is_empty(rest)) {
		*time_s *= rows->columns.time_scale;
		return 0;
	}
	if (!cell_time(cell, rows->comma, time_s))
		return err_set(e, "%s: is not a time", cell);
	/* A clock time without a date starts again at midnight. */
	if (strchr(cell, ':') && *time_s < DAY_S) {
		while (*time_s < rows->last_clock_s - DAY_S / 2)
			*time_s += DAY_S;
		rows->last_clock_s = *time_s;
	}
	return 0;
}

static void rows_begin_run(struct rows *rows)
{
	rows->run = profile_add_run(rows->profile);
	rows->run->info.is_table = true;
	if (rows->columns.metric)
		rows->run->info.backend = mem_copy(rows->columns.metric);
	else if (rows->metric[0]) /* all runs of a table have one metric */
		rows->run->info.backend = mem_copy(rows->metric);
	rows->last_elapsed_s = -INFINITY;
}

/* In mprof's own export, seconds since a run's first sample show where the next
 * run begins. */
static void rows_notice_next_run(struct rows *rows)
{
	const char *cell = rows->cells[COLUMN_ELAPSED], *rest;
	double elapsed_s;

	if (!cell_number(cell, rows->comma, &elapsed_s, &rest))
		return;
	if (elapsed_s < rows->last_elapsed_s ||
	    (elapsed_s == 0 && rows->run->total.len > 0))
		rows_begin_run(rows);
	rows->last_elapsed_s = elapsed_s;
}

/* Whether the row has the first one's metric: a table may contain several
 * measures of the same thing. */
static bool rows_is_of_metric(struct rows *rows)
{
	const char *cell = rows->cells[COLUMN_METRIC];

	if (rows_is_empty(cell))
		return true;
	if (!rows->metric[0]) {
		strcpy(rows->metric, cell);
		if (!rows->run->info.backend)
			rows->run->info.backend = mem_copy(cell);
	}
	return strcmp(rows->metric, cell) == 0;
}

/* Clock ticks since boot in mprof's own export; 0 for other text. */
static uint64_t rows_read_start(const char *cell)
{
	uint64_t ticks = 0;
	const char *at = cell;

	while (*at >= '0' && *at <= '9' && at - cell < 19)
		ticks = ticks * 10 + (uint64_t)(*at++ - '0');
	return rows_is_empty(at) ? ticks : 0;
}

static void rows_add_process(struct rows *rows, double time_s, double mib)
{
	const char *pid = rows->cells[COLUMN_PID];
	const char *name = rows->cells[COLUMN_NAME];
	uint64_t start = rows_read_start(rows->cells[COLUMN_START]);
	struct process *process =
	    run_process_of(rows->run, pid, strlen(pid), start);

	series_add(&process->memory, time_s, mib);
	if (!process->name && !rows_is_empty(name))
		process->name = csv_unguard(name);
}

/* After a second header time may start again. Concatenated tables of several
 * processes also begin at one time, but have different processes. */
static void rows_notice_joined(struct rows *rows, double time_s)
{
	const char *pid = rows->cells[COLUMN_PID];
	bool again = rows_is_empty(pid);

	for (size_t i = 0; !again && i < rows->run->processes.len; i++)
		again = strcmp(rows->run->processes.items[i].key, pid) == 0;
	if (rows->joined && again && time_s < rows->last_s)
		rows_begin_run(rows);
	rows->joined = false;
	rows->last_s = time_s;
}

static void rows_put_sample(struct rows *rows, double time_s, double mib)
{
	bool total = rows_is_empty(rows->cells[COLUMN_PID]);
	bool peak = strcmp(rows->cells[COLUMN_METRIC], "peak") == 0;

	if (!rows->run)
		rows_begin_run(rows);
	rows_notice_joined(rows, time_s);
	if (total && !peak)
		rows_notice_next_run(rows);
	if (peak && total)
		series_add(&rows->run->peaks, time_s, mib);
	else if (!rows_is_of_metric(rows))
		return;
	else if (total)
		series_add(&rows->run->total, time_s, mib);
	else
		rows_add_process(rows, time_s, mib);
	rows->taken++;
}

enum row_result rows_add(struct rows *rows, struct err *e)
{
	double time_s, mib;

	if (rows_is_empty(rows->cells[COLUMN_MEMORY]) ||
	    rows_is_empty(rows->cells[COLUMN_TIME]))
		return ROW_ADDED;
	if (rows_read_time(rows, &time_s, e) != 0)
		return ROW_TEXT;
	if (rows_read_memory(rows, &mib, e) != 0)
		return ROW_BAD;
	if (isfinite(mib) && !series_is_measurement(mib)) {
		err_set(e, "%s: can't be an amount of memory",
		    rows->cells[COLUMN_MEMORY]);
		return ROW_TEXT;
	}
	rows_put_sample(rows, time_s, mib);
	return ROW_ADDED;
}

void rows_joined(struct rows *rows)
{
	rows->joined = true;
}

void rows_next_run(struct rows *rows)
{
	rows->run = NULL;
	rows->last_clock_s = 0;
}

/* Sums over processes at each time. */
static void rows_sum_up(struct run *run)
{
	struct series all = {0};

	for (size_t p = 0; p < run->processes.len; p++) {
		const struct series *one = &run->processes.items[p].memory;

		for (size_t i = 0; i < one->len; i++)
			series_add(
			    &all, one->items[i].time_s, one->items[i].mib);
	}
	series_sort(&all);
	for (size_t i = 0; i < all.len;) {
		double time_s = all.items[i].time_s, sum = 0;

		for (; i < all.len && all.items[i].time_s == time_s; i++)
			sum += all.items[i].mib;
		series_add(&run->total, time_s, sum);
	}
	series_finish(&all);
}

void rows_finish(struct rows *rows)
{
	for (size_t i = 0; i < rows->profile->runs.len; i++) {
		struct run *run = &rows->profile->runs.items[i];

		for (size_t p = 0; p < run->processes.len; p++)
			series_settle(&run->processes.items[p].memory);
		if (run->total.len == 0 && run->processes.len == 1) {
			/* a table of one process is that program's recording */
			run->total = run->processes.items[0].memory;
			run->processes.items[0].memory = (struct series){0};
		} else if (run->total.len == 0) {
			rows_sum_up(run);
		}
		series_settle(&run->total);
		series_sort(&run->peaks);
		run_place_by_time(run);
	}
}
