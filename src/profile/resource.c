// SPDX-License-Identifier: MIT
#include "profile/resource.h"

const struct resource resources[RESOURCES] = {
    [RESOURCE_CPU] = {"cpu",
	"processor time, of ended descendants too, in % of one processor",
	"CPU", "%", FIGURE_CPU, 1},
    [RESOURCE_THREADS] = {"threads", "how many threads there are", "threads",
	NULL, FIGURE_THREADS, 1},
    [RESOURCE_IO] = {"io", "bytes read and written, in all and on disks",
	"input and output", "MiB/s", FIGURE_READ, 4},
    [RESOURCE_FAULTS] = {"faults", "page faults, without and with a disk",
	"page faults", "per s", FIGURE_MINOR_FAULTS, 2},
    [RESOURCE_SWAP] = {"swap", "what was moved out of memory", "swap", "MiB",
	FIGURE_SWAP, 1},
    [RESOURCE_FILES] = {"files", "open files, sockets and pipes", "open files",
	NULL, FIGURE_FILES, 1},
};

/* Bytes in a MiB. */
#define MIB 1048576.0

const struct resource_figure resource_figures[FIGURES] = {
    [FIGURE_CPU] = {"cpu", "CPU", "cpu_percent", true, 100, 3, "cpu_seconds",
	"seconds", 1, "Processor time used since the recording began."},
    [FIGURE_THREADS] = {"threads", "threads", "threads", false, 1, 0, "threads",
	NULL, 1, "Threads."},
    [FIGURE_READ] = {"read", "read", "read_mib_per_s", true, 1, 6, "read_bytes",
	"bytes", MIB, "Bytes read by system calls."},
    [FIGURE_WRITTEN] = {"written", "written", "written_mib_per_s", true, 1, 6,
	"written_bytes", "bytes", MIB, "Bytes written by system calls."},
    [FIGURE_DISK_READ] = {"disk_read", "read from disk", "disk_read_mib_per_s",
	true, 1, 6, "disk_read_bytes", "bytes", MIB,
	"Bytes that were fetched from disks."},
    [FIGURE_DISK_WRITTEN] = {"disk_written", "written to disk",
	"disk_written_mib_per_s", true, 1, 6, "disk_written_bytes", "bytes",
	MIB, "Bytes that were sent to disks."},
    [FIGURE_MINOR_FAULTS] = {"minor", "minor faults", "minor_faults_per_s",
	true, 1, 0, "minor_faults", NULL, 1,
	"Page faults that needed no disk."},
    [FIGURE_MAJOR_FAULTS] = {"major", "major faults", "major_faults_per_s",
	true, 1, 0, "major_faults", NULL, 1, "Page faults that needed a disk."},
    [FIGURE_SWAP] = {"swap", "swap", "swap_mib", false, 1, 6, "swap_bytes",
	"bytes", MIB, "Memory that was moved out to swap."},
    [FIGURE_FILES] = {"files", "open files", "open_files", false, 1, 0,
	"open_files", NULL, 1, "Open files, sockets and pipes."},
};

void usage_finish(struct usage_series *usage)
{
	for (size_t i = 0; i < FIGURES; i++)
		series_finish(&usage->figures[i]);
}

void usage_sort(struct usage_series *usage)
{
	for (size_t i = 0; i < FIGURES; i++)
		series_sort(&usage->figures[i]);
}

bool usage_has(const struct usage_series *usage, enum resource_id resource)
{
	const struct resource *row = &resources[resource];

	for (size_t i = 0; i < row->count; i++) {
		if (usage->figures[row->first + i].len > 0)
			return true;
	}
	return false;
}

/* Whether it is known what the count rose by before that reading. */
static bool usage_step(
    const struct series *readings, size_t at, double *rise, double *seconds)
{
	if (at == 0)
		return false;
	*rise = readings->items[at].mib - readings->items[at - 1].mib;
	*seconds = readings->items[at].time_s - readings->items[at - 1].time_s;
	return *rise >= 0 && *seconds > 0;
}

void usage_shown(const struct usage_series *usage,
    enum resource_figure_id figure, struct series *shown)
{
	const struct series *readings = &usage->figures[figure];
	const struct resource_figure *row = &resource_figures[figure];
	double rise, seconds;

	*shown = (struct series){0};
	for (size_t i = 0; i < readings->len; i++) {
		const struct sample *reading = &readings->items[i];

		if (!row->counts)
			series_add(shown, reading->time_s, reading->mib);
		else if (usage_step(readings, i, &rise, &seconds))
			series_add(shown, reading->time_s,
			    row->scale * rise / seconds);
	}
}

/* Each reading of a figure that doesn't count holds until the next. */
int usage_mean(const struct usage_series *usage, enum resource_figure_id figure,
    double *mean)
{
	const struct series *readings = &usage->figures[figure];
	const struct resource_figure *row = &resource_figures[figure];
	double area = 0, time_s = 0, rise, seconds;

	for (size_t i = 1; i < readings->len; i++) {
		const struct sample *before = &readings->items[i - 1];

		if (!row->counts) {
			seconds = readings->items[i].time_s - before->time_s;
			rise = before->mib * seconds;
		} else if (!usage_step(readings, i, &rise, &seconds)) {
			continue;
		}
		area += rise;
		time_s += seconds;
	}
	*mean = time_s > 0 ? row->scale * area / time_s : 0;
	if (time_s > 0)
		return 0;
	if (row->counts || readings->len == 0)
		return -1;
	*mean = readings->items[0].mib;
	return 0;
}

int usage_most(const struct usage_series *usage, enum resource_figure_id figure,
    double *most)
{
	struct series shown;
	const struct sample *peak;

	usage_shown(usage, figure, &shown);
	peak = series_peak(&shown);
	*most = peak ? peak->mib : 0;
	series_finish(&shown);
	return peak ? 0 : -1;
}
