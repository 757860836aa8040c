/* SPDX-License-Identifier: MIT
 *
 * Resources beside memory, of a process and of the whole, in a recording:
 * processor time, threads, input and output, page faults, swap, open files, the
 * control group's memory, that of GPUs. A resource has one figure or several, a
 * row each, with the names that people see. How they are read is
 * proc/usage.h's.
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
	/* The control group's, and so of the whole alone. */
	RESOURCE_CGROUP,
	RESOURCE_EVENTS,
	RESOURCE_PRESSURE,
	RESOURCE_THROTTLING,
	RESOURCE_GPU,
	RESOURCE_GPU_BUSY,
	RESOURCES
};

enum { GPUS = 16 }; /* the most that have figures of their own */

/* A figure that counts begins at 0 with the recording and only rises; any other
 * is of its moment. */
enum resource_figure_id {
	FIGURE_CPU, /* seconds, of all threads */
	FIGURE_THREADS,
	FIGURE_READ, /* MiB, by system calls, from wherever */
	FIGURE_WRITTEN,
	FIGURE_DISK_READ, /* MiB, of what had to come from a disk */
	FIGURE_DISK_WRITTEN,
	FIGURE_MINOR_FAULTS,
	FIGURE_MAJOR_FAULTS, /* that needed a disk */
	FIGURE_SWAP,         /* MiB */
	FIGURE_FILES,
	FIGURES_OF_PROCESS,
	FIGURE_GROUP_ANON = FIGURES_OF_PROCESS, /* MiB, of memory.stat */
	FIGURE_GROUP_FILE,                      /* page cache, with shmem */
	FIGURE_GROUP_SHMEM,
	FIGURE_GROUP_KERNEL, /* with slab */
	FIGURE_GROUP_SLAB,
	FIGURE_GROUP_SOCK,
	FIGURE_GROUP_MAX, /* the least limit on the group and those above it */
	FIGURE_GROUP_HIGH,
	FIGURE_EVENTS_HIGH, /* of memory.events */
	FIGURE_EVENTS_MAX,
	FIGURE_EVENTS_OOM,
	FIGURE_EVENTS_OOM_KILL,
	FIGURE_PRESSURE_SOME, /* seconds in which a task waited for memory */
	FIGURE_PRESSURE_FULL, /* and in which all did */
	FIGURE_THROTTLED,     /* seconds without a processor, for cpu.max */
	/* MiB on all GPUs, also of a process; then one figure for each GPU. */
	FIGURE_GPU,
	FIGURE_GPU_MEMORY,                          /* the same on this one */
	FIGURE_GPU_USED = FIGURE_GPU_MEMORY + GPUS, /* MiB, by all programs */
	FIGURE_GPU_BUSY = FIGURE_GPU_USED + GPUS,   /* % of time, for all */
	FIGURES = FIGURE_GPU_BUSY + GPUS
};

struct resource {
	const char *name;  /* "cpu": --with; several may have one */
	const char *help;  /* half a sentence; NULL where not the first */
	const char *title; /* of its axis: "CPU", with unit behind it */
	const char *unit;  /* of what a chart shows; NULL: a plain number */
	enum resource_figure_id first;
	size_t count; /* of figures, from first on */
};

struct resource_figure {
	const char *key;   /* in a USAGE record */
	const char *words; /* "CPU", "read": on a chart */
	const char *name;  /* of what is exported: "cpu_percent" */
	bool counts;
	double scale; /* from its rate a second to what is shown: 100 for
		       * seconds of processor time as % of a processor */
	int decimals; /* in a record */
	/* The same in a Prometheus format, behind "mprof_" or
	 * "mprof_process_": of a count, "_total" follows. */
	const char *metric, *metric_unit; /* unit NULL: none */
	double metric_scale;              /* from what is recorded */
	const char *metric_help;
	/* The value of its label "gpu", NULL: it has none. Rows that differ in
	 * that alone follow each other. */
	const char *gpu;
};

/* By resource_id and by resource_figure_id. */
extern const struct resource resources[RESOURCES];
extern const struct resource_figure resource_figures[FIGURES];

/* The figure behind those that have one metric with this one. */
size_t resource_metric_end(size_t figure);

/* The series of each figure of a process, or of the whole: values as recorded,
 * in the place of mib. */
struct usage_series {
	struct series figures[FIGURES];
};

void usage_finish(struct usage_series *usage) __attribute__((nonnull));

/* Puts all series in order of time. */
void usage_sort(struct usage_series *usage) __attribute__((nonnull));

/* Whether any figure of the resource was recorded. */
bool usage_has(const struct usage_series *usage, enum resource_id resource)
    __attribute__((nonnull));

/* The figure as it is shown: of one that counts the rate between two readings,
 * at the second's time. Where a count steps back, or no time passed, there is
 * none: nobody knows what lies between. */
void usage_shown(const struct usage_series *usage,
    enum resource_figure_id figure, struct series *shown)
    __attribute__((nonnull));

/* Whether a chart shows the figure: it was recorded, and is not that of a GPU
 * on which the program never had memory while it had some on another. */
bool usage_is_shown(const struct usage_series *usage,
    enum resource_figure_id figure) __attribute__((nonnull));

/* The last that usage_shown() gives, if any. */
bool usage_last(const struct usage_series *usage,
    enum resource_figure_id figure, double *value) __attribute__((nonnull));

/* The mean over time, and the highest, of what usage_shown() gives; of a count
 * the mean is what it rose by over the time in which that is known. -1 where
 * it can't be known: of a count one reading says nothing. */
int usage_mean(const struct usage_series *usage, enum resource_figure_id figure,
    double *mean) __attribute__((nonnull));
int usage_most(const struct usage_series *usage, enum resource_figure_id figure,
    double *most) __attribute__((nonnull));

#endif
