// SPDX-License-Identifier: MIT
#include "recorder/textfile.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/prometheus.h"
#include "profile/resource.h"

enum { LABEL = 256 }; /* a longer one is cut */

/* The processes of one name. */
struct group {
	char name[2 * LABEL]; /* as a label's value */
	int64_t kib, peak_kib;
};

struct textfile {
	char *path;
	char labels[2 * LABEL +
		    /* Identifies the recording: two may have the same
		     * command. */
		    64];
	int64_t next_ns, peak_kib;
	ARRAY(struct group) groups;
};

static struct group *textfile_group_of(struct textfile *t, const char *name)
{
	struct group *group;
	char label[2 * LABEL];

	prometheus_label(label, LABEL, name);
	for (size_t i = 0; i < t->groups.len; i++) {
		if (strcmp(t->groups.items[i].name, label) == 0)
			return &t->groups.items[i];
	}
	group = array_push(&t->groups);
	*group = (struct group){0};
	strcpy(group->name, label);
	return group;
}

/* A name's peak is the highest of its sums and of its processes' own marks: the
 * most that is proved. */
static void textfile_add_up(struct textfile *t, const struct sink_tick *tick)
{
	for (size_t i = 0; i < t->groups.len; i++)
		t->groups.items[i].kib = 0;
	for (size_t i = 0; i < tick->count; i++) {
		const struct sink_process *p = &tick->processes[i];
		struct group *group = textfile_group_of(t, p->name);

		group->kib += p->kib > 0 ? p->kib : 0;
		if (p->peak_kib > group->peak_kib)
			group->peak_kib = p->peak_kib;
	}
	for (size_t i = 0; i < t->groups.len; i++) {
		struct group *group = &t->groups.items[i];

		if (group->kib > group->peak_kib)
			group->peak_kib = group->kib;
		if (group->peak_kib > t->peak_kib)
			t->peak_kib = group->peak_kib;
	}
	if (tick->total_kib > t->peak_kib)
		t->peak_kib = tick->total_kib;
}

static void textfile_print_head(FILE *out, const char *name, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void textfile_print_groups(
    FILE *out, const struct textfile *t, bool peak)
{
	const char *name = peak ? "mprof_process_memory_peak_bytes"
				: "mprof_process_memory_bytes";

	textfile_print_head(out, name,
	    peak ? "Highest memory of the processes of one name."
		 : "Memory of the processes of one name.");
	for (size_t i = 0; i < t->groups.len; i++) {
		const struct group *g = &t->groups.items[i];

		fprintf(out, "%s{%s,process=\"%s\"} %lld\n", name, t->labels,
		    g->name, (long long)(peak ? g->peak_kib : g->kib) * 1024);
	}
}

/* The figures from first on that belong to one metric. */
static void textfile_print_metric(FILE *out, const struct textfile *t,
    const double *usage, size_t first, size_t end)
{
	const struct resource_figure *row = &resource_figures[first];
	const char *total = row->counts ? "_total" : "";
	bool begun = false;

	for (size_t i = first; i < end; i++) {
		const char *gpu = resource_figures[i].gpu;

		if (isnan(usage[i]))
			continue;
		if (!begun)
			fprintf(out,
			    "# HELP mprof_%s%s %s\n# TYPE mprof_%s%s %s\n",
			    row->metric, total, row->metric_help, row->metric,
			    total, row->counts ? "counter" : "gauge");
		begun = true;
		fprintf(out, "mprof_%s%s{%s%s%s%s} %.*f\n", row->metric, total,
		    t->labels, gpu ? ",gpu=\"" : "", gpu ? gpu : "",
		    gpu ? "\"" : "", row->metric_scale > 1 ? 0 : row->decimals,
		    usage[i] * row->metric_scale);
	}
}

static void textfile_print_all(
    FILE *out, const struct textfile *t, const struct sink_tick *tick)
{
	textfile_print_head(out, "mprof_memory_bytes",
	    "Memory of a recorded program and its descendants.");
	fprintf(out, "mprof_memory_bytes{%s} %lld\n", t->labels,
	    (long long)tick->total_kib * 1024);
	textfile_print_head(out, "mprof_memory_peak_bytes",
	    "Highest memory of a recorded program and its descendants.");
	fprintf(out, "mprof_memory_peak_bytes{%s} %lld\n", t->labels,
	    (long long)t->peak_kib * 1024);
	textfile_print_head(
	    out, "mprof_processes", "Recorded processes alive.");
	fprintf(out, "mprof_processes{%s} %zu\n", t->labels, tick->count);
	for (size_t first = 0, end; tick->usage && first < FIGURES;
	     first = end) {
		end = resource_metric_end(first);
		textfile_print_metric(out, t, tick->usage, first, end);
	}
	textfile_print_groups(out, t, false);
	textfile_print_groups(out, t, true);
}

/* Readable by this user alone: the figures are of the user's programs. */
static int textfile_open(
    const struct textfile *t, struct io_output *out, struct err *e)
{
	if (io_output_open(out, t->path, e) != 0)
		return -1;
	if (out->partial && fchmod(fileno(out->stream), 0600) == 0)
		return 0;
	io_output_discard(out);
	return err_set(e, "%s: is not a regular file", t->path);
}

/* On any error the old file stays, and the next second tries again: the
 * recording must not suffer. */
static void textfile_on_tick(
    void *context, const struct sink_tick *tick, const struct sink *sink)
{
	struct textfile *t = context;
	struct io_output out;

	(void)sink;
	if (tick->time_ns < t->next_ns)
		return;
	t->next_ns = tick->time_ns + NS_PER_S;
	textfile_add_up(t, tick);
	if (textfile_open(t, &out, NULL) != 0)
		return;
	textfile_print_all(out.stream, t, tick);
	(void)!io_output_commit(&out, NULL);
}

struct textfile *textfile_create(
    const char *directory, pid_t pid, const char *command, struct err *e)
{
	struct textfile *t = mem_zero(1, sizeof(*t));
	char label[2 * LABEL];
	struct io_output out;
	struct err cause;

	t->path = mem_format("%s/mprof-%d.prom", directory, (int)pid);
	prometheus_label(label, LABEL, command);
	snprintf(t->labels, sizeof(t->labels), "command=\"%s\",pid=\"%d\"",
	    label, (int)pid);
	if (textfile_open(t, &out, &cause) == 0) {
		io_output_discard(&out);
		return t;
	}
	err_set(e, "option --textfile: %s", cause.text);
	free(t->path);
	free(t);
	return NULL;
}

void textfile_destroy(struct textfile *t)
{
	if (!t)
		return;
	unlink(t->path);
	array_free(&t->groups);
	free(t->path);
	free(t);
}

struct sampler_hook textfile_hook(struct textfile *t)
{
	return (struct sampler_hook){.context = t, .tick = textfile_on_tick};
}
