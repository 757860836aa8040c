// SPDX-License-Identifier: MIT
//
// OpenMetrics 1.0 text with timestamps, as promtool needs it to fill a
// database: the samples of one series are contiguous and in order of time.
#include "export/formats.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/prometheus.h"
#include "base/strbuf.h"
#include "profile/share.h"

enum { LONGEST_LABEL = 1024 };

struct labels {
	const char *recording, *command;
	size_t run;
	const char *pid, *name; /* NULL for the total */
	uint64_t start_ticks;   /* 0: unknown */
	const char *gpu;        /* NULL: not of a GPU */
};

static void openmetrics_add_label(
    struct strbuf *out, const char *key, const char *text)
{
	char label[2 * LONGEST_LABEL];

	strbuf_add_format(out, "%s=\"%s\"", key,
	    prometheus_label(label, LONGEST_LABEL, text ? text : ""));
}

/* The caller frees. */
static char *openmetrics_labels(const struct labels *labels)
{
	struct strbuf out = {0};

	strbuf_add(&out, "{");
	openmetrics_add_label(&out, "recording", labels->recording);
	strbuf_add_format(&out, ",run=\"%zu\",", labels->run);
	openmetrics_add_label(&out, "command", labels->command);
	if (labels->pid) {
		strbuf_add(&out, ",");
		openmetrics_add_label(&out, "pid", labels->pid);
		strbuf_add(&out, ",");
		openmetrics_add_label(&out, "name", labels->name);
	}
	if (labels->start_ticks)
		strbuf_add_format(
		    &out, ",start=\"%" PRIu64 "\"", labels->start_ticks);
	if (labels->gpu)
		strbuf_add_format(&out, ",gpu=\"%s\"", labels->gpu);
	strbuf_add(&out, "}");
	return strbuf_take(&out);
}

/* Prometheus' times are whole milliseconds: of several samples in one, the
 * highest is written. */
static void export_openmetrics_put_series(FILE *out, const char *metric,
    const struct labels *labels, const struct series *series)
{
	char *text = openmetrics_labels(labels);

	for (size_t i = 0; i < series->len;) {
		double ms = floor(series->items[i].time_s * 1e3 + 0.5);
		double mib = series->items[i].mib;

		for (i++; i < series->len &&
			  floor(series->items[i].time_s * 1e3 + 0.5) == ms;
		     i++)
			mib = fmax(mib, series->items[i].mib);
		fprintf(out, "%s%s %.0f %.3f\n", metric, text, mib * 1048576,
		    ms / 1e3);
	}
	free(text);
}

struct family {
	const char *metric, *help;
	void (*put)(FILE *out, const struct family *family,
	    const struct run *run, struct labels *labels);
	bool (*is_in)(const struct run *run); /* NULL: in every run */
};

static void openmetrics_put_total(FILE *out, const struct family *family,
    const struct run *run, struct labels *labels)
{
	export_openmetrics_put_series(out, family->metric, labels, &run->total);
}

static void openmetrics_put_peaks(FILE *out, const struct family *family,
    const struct run *run, struct labels *labels)
{
	export_openmetrics_put_series(out, family->metric, labels, &run->peaks);
}

static bool openmetrics_has_shares(const struct run *run)
{
	return run->shares.len > 0;
}

static void openmetrics_put_shares(FILE *out, const struct family *family,
    const struct run *run, struct labels *labels)
{
	struct series read = {0};

	share_series(run->shares.items, run->shares.len, &read);
	export_openmetrics_put_series(out, family->metric, labels, &read);
	series_finish(&read);
}

static void openmetrics_put_processes(FILE *out, const struct family *family,
    const struct run *run, struct labels *labels)
{
	for (size_t p = 0; p < run->processes.len; p++) {
		const struct process *process = &run->processes.items[p];

		labels->pid = process->key;
		labels->name = process->name;
		labels->start_ticks = process->start_ticks;
		export_openmetrics_put_series(
		    out, family->metric, labels, &process->memory);
	}
}

/* All samples of a family are consecutive. */
static const struct family families[] = {
    {"mprof_memory_bytes", "Memory of the program and its descendants.",
	openmetrics_put_total, NULL},
    {"mprof_memory_peak_bytes", "High-water marks between the samples.",
	openmetrics_put_peaks, NULL},
    {"mprof_memory_pss_bytes", "PSS of the same, where it was read beside RSS.",
	openmetrics_put_shares, openmetrics_has_shares},
    {"mprof_process_memory_bytes", "Memory of one descendant.",
	openmetrics_put_processes, NULL},
};

static void openmetrics_put_family(
    FILE *out, const struct family *family, const struct profile *profile)
{
	bool begun = false;

	for (size_t r = 0; r < profile->runs.len; r++) {
		const struct run *run = &profile->runs.items[r];
		struct labels labels = {.recording = profile->path,
		    .command = run->command,
		    .run = r + 1};

		if (family->is_in && !family->is_in(run))
			continue;
		if (!begun)
			fprintf(out,
			    "# HELP %s %s\n"
			    "# TYPE %s gauge\n"
			    "# UNIT %s bytes\n",
			    family->metric, family->help, family->metric,
			    family->metric);
		begun = true;
		family->put(out, family, run, &labels);
	}
}

static void openmetrics_put_figure(FILE *out,
    const struct resource_figure *figure, struct labels *labels,
    const struct series *readings)
{
	char *text = openmetrics_labels(labels);
	double before_ms = -INFINITY;

	for (size_t i = 0; i < readings->len; i++) {
		double ms = floor(readings->items[i].time_s * 1e3 + 0.5);

		if (ms <= before_ms)
			continue;
		before_ms = ms;
		fprintf(out, "mprof_%s%s%s%s %.*f %.3f\n",
		    labels->pid ? "process_" : "", figure->metric,
		    figure->counts ? "_total" : "", text,
		    figure->metric_scale > 1 ? 0 : figure->decimals,
		    readings->items[i].mib * figure->metric_scale, ms / 1e3);
	}
	free(text);
}

/* Writes the readings of one run, or of its processes. */
static size_t openmetrics_put_readings(FILE *out,
    enum resource_figure_id figure, const struct profile *profile,
    bool processes)
{
	const struct resource_figure *row = &resource_figures[figure];
	size_t put = 0;

	for (size_t r = 0; r < profile->runs.len; r++) {
		const struct run *run = &profile->runs.items[r];
		struct labels labels = {.recording = profile->path,
		    .command = run->command,
		    .run = r + 1,
		    .gpu = row->gpu};
		size_t count = processes ? run->processes.len : 1;

		for (size_t i = 0; i < count; i++) {
			const struct process *process =
			    processes ? &run->processes.items[i] : NULL;
			const struct usage_series *usage =
			    process ? process->usage : run->usage;

			if (!usage || usage->figures[figure].len == 0)
				continue;
			put++;
			if (!out)
				continue;
			labels.pid = process ? process->key : NULL;
			labels.name = process ? process->name : NULL;
			labels.start_ticks = process ? process->start_ticks : 0;
			openmetrics_put_figure(
			    out, row, &labels, &usage->figures[figure]);
		}
	}
	return put;
}

/* Writes the figures from first on that share a metric, of the whole or of the
 * processes. */
static void openmetrics_put_usage(FILE *out, size_t first, size_t end,
    const struct profile *profile, bool processes)
{
	const struct resource_figure *row = &resource_figures[first];
	const char *of = processes ? "process_" : "";
	bool begun = false;

	for (size_t i = first; i < end; i++) {
		enum resource_figure_id figure = (enum resource_figure_id)i;

		if (openmetrics_put_readings(
			NULL, figure, profile, processes) == 0)
			continue;
		if (!begun)
			fprintf(out,
			    "# HELP mprof_%s%s %s\n# TYPE mprof_%s%s %s\n", of,
			    row->metric, row->metric_help, of, row->metric,
			    row->counts ? "counter" : "gauge");
		if (!begun && row->metric_unit)
			fprintf(out, "# UNIT mprof_%s%s %s\n", of, row->metric,
			    row->metric_unit);
		begun = true;
		openmetrics_put_readings(out, figure, profile, processes);
	}
}

int export_openmetrics(const struct profile *profile, FILE *out, struct err *e)
{
	(void)e;
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		openmetrics_put_family(out, &families[i], profile);
	for (size_t first = 0, end; first < FIGURES; first = end) {
		end = resource_metric_end(first);
		openmetrics_put_usage(out, first, end, profile, false);
		openmetrics_put_usage(out, first, end, profile, true);
	}
	fputs("# EOF\n", out);
	return 0;
}
