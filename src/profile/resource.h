/* SPDX-License-Identifier: MIT
 *
 * Resources beside memory in a recording, of a process and of the whole:
 * processor time, threads, input and output, page faults, swap, open files,
 * the control group's memory, GPU memory. A resource has one or several
 * figures, a row each, with the names that people see. proc/usage.h reads
 * them.
 */
#ifndef MPROF_PROFILE_RESOURCE_H
#define MPROF_PROFILE_RESOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "profile/series.h"

enum resource_id {
	RESOURCE_CPU,
	RESOURCE_THREADS,
	RESOURCE_IO,
	RESOURCE_FAULTS,
	RESOURCE_SWAP,
	RESOURCE_FILES,
	/* Recorded of the whole alone: they are the control group's. */
	RESOURCE_CGROUP,
	RESOURCE_EVENTS,
	RESOURCE_PRESSURE,
	RESOURCE_THROTTLING,
	RESOURCE_GPU,
	RESOURCE_GPU_BUSY,
	RESOURCES
};

enum { GPUS = 16 }; /* GPUs with figures of their own, at most */

/* A count starts at 0 with the recording and only rises; other figures are of
 * the moment. */
enum resource_figure_id {
	FIGURE_CPU, /* seconds of all threads */
	FIGURE_THREADS,
	FIGURE_READ, /* MiB by system calls, from any source */
	FIGURE_WRITTEN,
	FIGURE_DISK_READ, /* MiB that had to be read from a disk */
	FIGURE_DISK_WRITTEN,
	FIGURE_MINOR_FAULTS,
	FIGURE_MAJOR_FAULTS, /* faults that needed a disk */
	FIGURE_SWAP,         /* MiB */
	FIGURE_FILES,
	FIGURES_OF_PROCESS,
	FIGURE_GROUP_ANON = FIGURES_OF_PROCESS, /* MiB, from memory.stat */
	FIGURE_GROUP_FILE, /* page cache, including shmem */
	FIGURE_GROUP_SHMEM,
	FIGURE_GROUP_KERNEL, /* including slab */
	FIGURE_GROUP_SLAB,
	FIGURE_GROUP_SOCK,
	FIGURE_GROUP_MAX, /* lowest limit on the group and its parents */
	FIGURE_GROUP_HIGH,
	FIGURE_EVENTS_HIGH, /* from memory.events */
	FIGURE_EVENTS_MAX,
	FIGURE_EVENTS_OOM,
	FIGURE_EVENTS_OOM_KILL,
	FIGURE_PRESSURE_SOME, /* seconds in which some task waited for memory */
	FIGURE_PRESSURE_FULL, /* seconds in which all tasks did */
	FIGURE_THROTTLED, /* seconds without a processor because of cpu.max */
	/* MiB on all GPUs, also by process; followed by one figure for each
	 * GPU. */
	FIGURE_GPU,
	FIGURE_GPU_MEMORY, /* MiB on this GPU */
	/* MiB used by all programs. */
	FIGURE_GPU_USED = FIGURE_GPU_MEMORY + GPUS,
	/* Percent of time, by all programs. */
	FIGURE_GPU_BUSY = FIGURE_GPU_USED + GPUS,
	FIGURES = FIGURE_GPU_BUSY + GPUS
};

struct resource {
	const char
	    *name; /* "cpu": name for --with; several rows may share it */
	const char *help;  /* half a sentence; NULL in later rows of a name */
	const char *title; /* title of its axis: "CPU", followed by the unit */
	const char *unit;  /* unit in a chart; NULL: a plain number */
	enum resource_figure_id first;
	size_t count; /* number of figures, from first on */
};

struct resource_figure {
	const char *key;   /* key in a USAGE record */
	const char *words; /* label in a chart: "CPU", "read" */
	const char *name;  /* name in exports: "cpu_percent" */
	bool counts;
	/* Factor from its rate per second to the displayed value: 100 for
	 * seconds of processor time as % of a processor. */
	double scale;
	int decimals; /* decimals in a record */
	/* Name in Prometheus formats, after "mprof_" or "mprof_process_";
	 * counts get a "_total". */
	const char *metric, *metric_unit; /* unit NULL: none */
	double metric_scale;              /* factor from the recorded value */
	const char *metric_help;
	/* Value of the label "gpu"; NULL: no label. Rows that differ only in it
	 * are consecutive. */
	const char *gpu;
};

/* Indexed by resource_id and by resource_figure_id. */
extern const struct resource resources[RESOURCES];
extern const struct resource_figure resource_figures[FIGURES];

/* The index after the figures that share a metric with this one. */
size_t resource_metric_end(size_t figure);

/* Series of each figure of a process or of the whole: recorded values, in the
 * place of mib. */
struct usage_series {
	struct series figures[FIGURES];
};

void usage_finish(struct usage_series *usage) __attribute__((nonnull));

/* Sorts all series by time. */
void usage_sort(struct usage_series *usage) __attribute__((nonnull));

/* Whether any figure of the resource was recorded. */
bool usage_has(const struct usage_series *usage, enum resource_id resource)
    __attribute__((nonnull));

/* The figure as displayed: for a count, the rate between two readings, at the
 * time of the second. There is none where a count decreased or no time passed,
 * as it is unknown what happened in between. */
void usage_shown(const struct usage_series *usage,
    enum resource_figure_id figure, struct series *shown)
    __attribute__((nonnull));

/* Whether a chart shows the figure: it was recorded, and is not of a GPU on
 * which the program never had memory while it had some on another. */
bool usage_is_shown(const struct usage_series *usage,
    enum resource_figure_id figure) __attribute__((nonnull));

/* The last value of usage_shown(), if any. */
bool usage_last(const struct usage_series *usage,
    enum resource_figure_id figure, double *value) __attribute__((nonnull));

/* The mean over time, and the highest value, of usage_shown(); for a count, the
 * mean is its known increase over the time in which it is known. -1 where it is
 * unknown: a single reading of a count tells nothing. */
int usage_mean(const struct usage_series *usage, enum resource_figure_id figure,
    double *mean) __attribute__((nonnull));
int usage_most(const struct usage_series *usage, enum resource_figure_id figure,
    double *most) __attribute__((nonnull));

#endif
