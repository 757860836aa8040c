// SPDX-License-Identifier: MIT
#include "csv/export.h"

#include <csv.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "profile/measure.h"
#include "profile/run.h"
#include "profile/share.h"

/* Characters that begin a formula in common spreadsheets; and the apostrophe
 * itself, so that it can be removed again. */
static const char formula[] = "=+-@|%'";

struct export_table {
	FILE *out;
	double start_s;
	bool starts; /* has a column for starts of processes */
};

struct rows_of {
	const char *pid, *name, *metric;
	const struct series *series;
	uint64_t start_ticks; /* 0: unknown */
};

char *csv_guard(const char *text)
{
	char *clean = utf8_clean_copy(text);
	char *guarded;

	if (!*clean || !strchr(formula, *clean))
		return clean;
	guarded = mem_format("'%s", clean);
	free(clean);
	return guarded;
}

char *csv_unguard(const char *text)
{
	return mem_copy(
	    text + (text[0] == '\'' && text[1] && strchr(formula, text[1])));
}

void csv_write_quoted(const char *text, FILE *out)
{
	char *guarded = csv_guard(text);

	csv_fwrite(out, guarded, strlen(guarded));
	free(guarded);
}

/* Quotes a field only where needed, as is usual for tables. */
static void csv_write_text(FILE *out, const char *text)
{
	char *guarded = csv_guard(text);

	if (strpbrk(guarded, ",\"\r\n"))
		csv_fwrite(out, guarded, strlen(guarded));
	else
		fputs(guarded, out);
	free(guarded);
}

static void csv_export_write_rows(
    const struct export_table *table, const struct rows_of *rows)
{
	for (size_t i = 0; i < rows->series->len; i++) {
		const struct sample *sample = &rows->series->items[i];

		fprintf(table->out, "%.6f,%.6f,", sample->time_s,
		    sample->time_s - table->start_s);
		csv_write_text(table->out, rows->pid);
		fputc(',', table->out);
		csv_write_text(table->out, rows->name);
		fputc(',', table->out);
		csv_write_text(table->out, rows->metric);
		fprintf(table->out, ",%.6f", sample->mib);
		if (table->starts && rows->start_ticks)
			fprintf(table->out, ",%" PRIu64, rows->start_ticks);
		else if (table->starts)
			fputc(',', table->out);
		fputs("\r\n", table->out);
	}
}

/* Writes the resources beside memory: the column mib contains the value, in the
 * unit that the metric's name tells. */
static void csv_export_write_usage(const struct export_table *table,
    const struct usage_series *usage, const struct rows_of *of)
{
	struct rows_of rows = *of;

	for (size_t i = 0; usage && i < FIGURES; i++) {
		struct series shown;

		usage_shown(usage, (enum resource_figure_id)i, &shown);
		rows.metric = resource_figures[i].name;
		rows.series = &shown;
		csv_export_write_rows(table, &rows);
		series_finish(&shown);
	}
}

static void csv_export_write_run(const struct run *run, FILE *out, bool starts)
{
	const char *known = measure_of(run), *metric = known ? known : "";
	struct export_table table = {out, run_first_s(run), starts};
	struct series read = {0};

	csv_export_write_rows(
	    &table, &(struct rows_of){"", "total", metric, &run->total, 0});
	csv_export_write_rows(
	    &table, &(struct rows_of){"", "total", "peak", &run->peaks, 0});
	share_series(run->shares.items, run->shares.len, &read);
	csv_export_write_rows(
	    &table, &(struct rows_of){"", "total", "pss", &read, 0});
	series_finish(&read);
	csv_export_write_usage(
	    &table, run->usage, &(struct rows_of){.pid = "", .name = "total"});
	for (size_t i = 0; i < run->processes.len; i++) {
		const struct process *process = &run->processes.items[i];

		const struct rows_of rows = {process->key,
		    process->name ? process->name : "", metric,
		    &process->memory, process->start_ticks};

		csv_export_write_rows(&table, &rows);
		csv_export_write_usage(&table, process->usage, &rows);
	}
}

static bool csv_has_starts(const struct profile *profile)
{
	for (size_t r = 0; r < profile->runs.len; r++) {
		const struct run *run = &profile->runs.items[r];

		for (size_t i = 0; i < run->processes.len; i++) {
			if (run->processes.items[i].start_ticks)
				return true;
		}
	}
	return false;
}

void csv_export(const struct profile *profile, FILE *out)
{
	bool starts = csv_has_starts(profile);

	fprintf(out, "time,elapsed,pid,name,metric,mib%s\r\n",
	    starts ? ",start" : "");
	for (size_t i = 0; i < profile->runs.len; i++)
		csv_export_write_run(&profile->runs.items[i], out, starts);
}
