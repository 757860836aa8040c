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
	strbuf_add(&out, "}");
	return strbuf_take(&out);
}

/* Prometheus' times are whole milliseconds: of several samples in one
 * millisecond the highest is written. */
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

static void export_openmetrics_put_head(
    FILE *out, const char *metric, const char *help)
{
	fprintf(out,
	    "# HELP %s %s\n"
	    "# TYPE %s gauge\n"
	    "# UNIT %s bytes\n",
	    metric, help, metric, metric);
}

static struct labels labels_of(const struct profile *profile, size_t run)
{
	return (struct labels){.recording = profile->path,
	    .command = profile->runs.items[run].command,
	    .run = run + 1};
}

static void export_openmetrics_put_processes(
    const struct profile *profile, FILE *out)
{
	static const char metric[] = "mprof_process_memory_bytes";

	export_openmetrics_put_head(out, metric, "Memory of one descendant.");
	for (size_t r = 0; r < profile->runs.len; r++) {
		const struct run *run = &profile->runs.items[r];
		struct labels labels = labels_of(profile, r);

		for (size_t p = 0; p < run->processes.len; p++) {
			labels.pid = run->processes.items[p].key;
			labels.name = run->processes.items[p].name;
			labels.start_ticks =
			    run->processes.items[p].start_ticks;
			export_openmetrics_put_series(out, metric, &labels,
			    &run->processes.items[p].memory);
		}
	}
}

static void export_openmetrics_put_shares(
    const struct profile *profile, FILE *out)
{
	static const char pss[] = "mprof_memory_pss_bytes";
	size_t count = 0;

	for (size_t r = 0; r < profile->runs.len; r++)
		count += profile->runs.items[r].shares.len;
	if (count == 0)
		return;
	export_openmetrics_put_head(
	    out, pss, "PSS of the same, where it was read beside RSS.");
	for (size_t r = 0; r < profile->runs.len; r++) {
		struct labels labels = labels_of(profile, r);
		struct series read = {0};

		share_series(profile->runs.items[r].shares.items,
		    profile->runs.items[r].shares.len, &read);
		export_openmetrics_put_series(out, pss, &labels, &read);
		series_finish(&read);
	}
}

int export_openmetrics(const struct profile *profile, FILE *out, struct err *e)
{
	static const char total[] = "mprof_memory_bytes";
	static const char peak[] = "mprof_memory_peak_bytes";

	(void)e;
	export_openmetrics_put_head(
	    out, total, "Memory of the program and its descendants.");
	for (size_t r = 0; r < profile->runs.len; r++) {
		struct labels labels = labels_of(profile, r);

		export_openmetrics_put_series(
		    out, total, &labels, &profile->runs.items[r].total);
	}
	export_openmetrics_put_head(
	    out, peak, "High-water marks between the samples.");
	for (size_t r = 0; r < profile->runs.len; r++) {
		struct labels labels = labels_of(profile, r);

		export_openmetrics_put_series(
		    out, peak, &labels, &profile->runs.items[r].peaks);
	}
	export_openmetrics_put_shares(profile, out);
	export_openmetrics_put_processes(profile, out);
	fputs("# EOF\n", out);
	return 0;
}
