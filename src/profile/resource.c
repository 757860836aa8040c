// SPDX-License-Identifier: MIT
#include "profile/resource.h"

#include <math.h>
#include <string.h>

const struct resource resources[RESOURCES] = {
    [RESOURCE_CPU] = {"cpu",
	"CPU time in % of one processor, including descendants that have "
	"exited",
	"CPU", "%", FIGURE_CPU, 1},
    [RESOURCE_THREADS] = {"threads", "number of threads", "threads", NULL,
	FIGURE_THREADS, 1},
    [RESOURCE_IO] = {"io", "bytes read and written, in total and on disks",
	"input and output", "MiB/s", FIGURE_READ, 4},
    [RESOURCE_FAULTS] = {"faults", "page faults, minor and major (from disk)",
	"page faults", "per s", FIGURE_MINOR_FAULTS, 2},
    [RESOURCE_SWAP] = {"swap", "what was moved out of memory", "swap", "MiB",
	FIGURE_SWAP, 1},
    [RESOURCE_FILES] = {"files", "open files, sockets and pipes", "open files",
	NULL, FIGURE_FILES, 1},
    [RESOURCE_CGROUP] = {"cgroup",
	"what the kernel charges to the control group, by kind; its events, "
	"memory pressure and throttling",
	"control group", "MiB", FIGURE_GROUP_ANON, 8},
    [RESOURCE_EVENTS] = {"cgroup", NULL, "events", "per s", FIGURE_EVENTS_HIGH,
	4},
    [RESOURCE_PRESSURE] = {"cgroup", NULL, "memory pressure", "% of the time",
	FIGURE_PRESSURE_SOME, 2},
    [RESOURCE_THROTTLING] = {"cgroup", NULL, "CPU throttled", "% of the time",
	FIGURE_THROTTLED, 1},
    [RESOURCE_GPU] = {"gpu", "memory on GPUs, and how busy these are",
	"GPU memory", "MiB", FIGURE_GPU_MEMORY, (size_t)2 * GPUS},
    [RESOURCE_GPU_BUSY] = {"gpu", NULL, "GPU busy", "% of the time",
	FIGURE_GPU_BUSY, GPUS},
};

/* Bytes in a MiB. */
#define MIB 1048576.0

#define GPU_ROWS(n)                                                            \
	[FIGURE_GPU_MEMORY +                                                   \
	    (n)] = {"gpu" #n, "GPU " #n, "gpu" #n "_mib", false, 1, 6,         \
	    "gpu_device_memory_bytes", "bytes", MIB,                           \
	    "Memory of the program on a GPU.", #n},                            \
	    [FIGURE_GPU_USED + (n)] = {"gpu" #n "_used", "GPU " #n " by all",  \
		"gpu" #n "_used_mib", false, 1, 6, "gpu_used_bytes", "bytes",  \
		MIB, "Memory of a GPU in use by any program.", #n},            \
	    [FIGURE_GPU_BUSY + (n)] = {"gpu" #n "_busy", "GPU " #n " busy",    \
		"gpu" #n "_busy_percent", false, 1, 0, "gpu_busy_percent",     \
		"percent", 1, "Time in which a GPU was busy for any program.", \
		#n}

const struct resource_figure resource_figures[FIGURES] = {
    [FIGURE_CPU] = {"cpu", "CPU", "cpu_percent", true, 100, 3, "cpu_seconds",
	"seconds", 1, "CPU time used since the recording began.", NULL},
    [FIGURE_THREADS] = {"threads", "threads", "threads", false, 1, 0, "threads",
	NULL, 1, "Threads.", NULL},
    [FIGURE_READ] = {"read", "read", "read_mib_per_s", true, 1, 6, "read_bytes",
	"bytes", MIB, "Bytes read by system calls.", NULL},
    [FIGURE_WRITTEN] = {"written", "written", "written_mib_per_s", true, 1, 6,
	"written_bytes", "bytes", MIB, "Bytes written by system calls.", NULL},
    [FIGURE_DISK_READ] = {"disk_read", "read from disk", "disk_read_mib_per_s",
	true, 1, 6, "disk_read_bytes", "bytes", MIB,
	"Bytes that were fetched from disks.", NULL},
    [FIGURE_DISK_WRITTEN] = {"disk_written", "written to disk",
	"disk_written_mib_per_s", true, 1, 6, "disk_written_bytes", "bytes",
	MIB, "Bytes that were sent to disks.", NULL},
    [FIGURE_MINOR_FAULTS] = {"minor", "minor faults", "minor_faults_per_s",
	true, 1, 0, "minor_faults", NULL, 1, "Page faults that needed no disk.",
	NULL},
    [FIGURE_MAJOR_FAULTS] = {"major", "major faults", "major_faults_per_s",
	true, 1, 0, "major_faults", NULL, 1, "Page faults that needed a disk.",
	NULL},
    [FIGURE_SWAP] = {"swap", "swap", "swap_mib", false, 1, 6, "swap_bytes",
	"bytes", MIB, "Memory that was moved out to swap.", NULL},
    [FIGURE_FILES] = {"files", "open files", "open_files", false, 1, 0,
	"open_files", NULL, 1, "Open files, sockets and pipes.", NULL},
    [FIGURE_GROUP_ANON] = {"group_anon", "anonymous", "cgroup_anon_mib", false,
	1, 6, "cgroup_anon_bytes", "bytes", MIB,
	"Memory of the control group: anonymous.", NULL},
    [FIGURE_GROUP_FILE] = {"group_file", "page cache", "cgroup_file_mib", false,
	1, 6, "cgroup_file_bytes", "bytes", MIB,
	"Memory of the control group: page cache.", NULL},
    [FIGURE_GROUP_SHMEM] = {"group_shmem", "shared memory", "cgroup_shmem_mib",
	false, 1, 6, "cgroup_shmem_bytes", "bytes", MIB,
	"Memory of the control group: shared memory.", NULL},
    [FIGURE_GROUP_KERNEL] = {"group_kernel", "kernel", "cgroup_kernel_mib",
	false, 1, 6, "cgroup_kernel_bytes", "bytes", MIB,
	"Memory of the control group: kernel.", NULL},
    [FIGURE_GROUP_SLAB] = {"group_slab", "slab", "cgroup_slab_mib", false, 1, 6,
	"cgroup_slab_bytes", "bytes", MIB, "Memory of the control group: slab.",
	NULL},
    [FIGURE_GROUP_SOCK] = {"group_sock", "sockets", "cgroup_sock_mib", false, 1,
	6, "cgroup_sock_bytes", "bytes", MIB,
	"Memory of the control group: sockets.", NULL},
    [FIGURE_GROUP_MAX] = {"group_max", "memory.max", "cgroup_max_mib", false, 1,
	6, "cgroup_max_bytes", "bytes", MIB, "The limit of the control group.",
	NULL},
    [FIGURE_GROUP_HIGH] = {"group_high", "memory.high", "cgroup_high_mib",
	false, 1, 6, "cgroup_high_bytes", "bytes", MIB,
	"The threshold of the control group.", NULL},
    [FIGURE_EVENTS_HIGH] = {"events_high", "events: high",
	"cgroup_events_high_per_s", true, 1, 0, "cgroup_events_high", NULL, 1,
	"Events of the control group: high.", NULL},
    [FIGURE_EVENTS_MAX] = {"events_max", "events: max",
	"cgroup_events_max_per_s", true, 1, 0, "cgroup_events_max", NULL, 1,
	"Events of the control group: max.", NULL},
    [FIGURE_EVENTS_OOM] = {"events_oom", "events: oom",
	"cgroup_events_oom_per_s", true, 1, 0, "cgroup_events_oom", NULL, 1,
	"Events of the control group: oom.", NULL},
    [FIGURE_EVENTS_OOM_KILL] = {"events_oom_kill", "events: oom_kill",
	"cgroup_events_oom_kill_per_s", true, 1, 0, "cgroup_events_oom_kill",
	NULL, 1, "Events of the control group: oom_kill.", NULL},
    [FIGURE_PRESSURE_SOME] = {"pressure_some", "some",
	"memory_pressure_some_percent", true, 100, 6,
	"memory_pressure_some_seconds", "seconds", 1,
	"Time in which a task waited for memory.", NULL},
    [FIGURE_PRESSURE_FULL] = {"pressure_full", "full",
	"memory_pressure_full_percent", true, 100, 6,
	"memory_pressure_full_seconds", "seconds", 1,
	"Time in which all tasks waited for memory.", NULL},
    [FIGURE_THROTTLED] = {"throttled", "throttled", "cpu_throttled_percent",
	true, 100, 6, "cpu_throttled_seconds", "seconds", 1,
	"Time in which the control group was throttled.", NULL},
    [FIGURE_GPU] = {"gpu", "GPU memory", "gpu_mib", false, 1, 6,
	"gpu_memory_bytes", "bytes", MIB, "Memory of the program on all GPUs.",
	NULL},
    GPU_ROWS(0),
    GPU_ROWS(1),
    GPU_ROWS(2),
    GPU_ROWS(3),
    GPU_ROWS(4),
    GPU_ROWS(5),
    GPU_ROWS(6),
    GPU_ROWS(7),
    GPU_ROWS(8),
    GPU_ROWS(9),
    GPU_ROWS(10),
    GPU_ROWS(11),
    GPU_ROWS(12),
    GPU_ROWS(13),
    GPU_ROWS(14),
    GPU_ROWS(15),
};
_Static_assert(GPUS == 16, "each GPU has its rows");

size_t resource_metric_end(size_t figure)
{
	size_t end = figure + 1;

	while (end < FIGURES && strcmp(resource_figures[end].metric,
				    resource_figures[figure].metric) == 0)
		end++;
	return end;
}

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

static bool usage_is_above_0(const struct series *series)
{
	const struct sample *peak = series_peak(series);

	return peak && peak->mib > 0;
}

/* Whether the program never had memory on that GPU, while it had some on
 * another. */
static bool usage_is_idle_gpu(const struct usage_series *usage, size_t gpu)
{
	const struct series *memory = &usage->figures[FIGURE_GPU_MEMORY];
	bool other = false;

	for (size_t i = 0; i < GPUS; i++)
		other = other || usage_is_above_0(&memory[i]);
	return other && memory[gpu].len > 0 && !usage_is_above_0(&memory[gpu]);
}

bool usage_is_shown(
    const struct usage_series *usage, enum resource_figure_id figure)
{
	if (usage->figures[figure].len == 0)
		return false;
	return figure < FIGURE_GPU_MEMORY ||
	       !usage_is_idle_gpu(usage, (figure - FIGURE_GPU_MEMORY) % GPUS);
}

/* The increase of a count before that reading; false where it is unknown. */
static bool usage_step(
    const struct series *readings, size_t at, double *rise, double *seconds)
{
	if (at == 0)
		return false;
	*rise = readings->items[at].mib - readings->items[at - 1].mib;
	*seconds = readings->items[at].time_s - readings->items[at - 1].time_s;
	return *rise >= 0 && *seconds > 0;
}

/* The value of a reading; false where it is not shown. */
static bool usage_value(const struct usage_series *usage,
    enum resource_figure_id figure, size_t at, double *value)
{
	const struct series *readings = &usage->figures[figure];
	const struct resource_figure *row = &resource_figures[figure];
	double rise, seconds;

	if (!row->counts) {
		*value = readings->items[at].mib;
		return true;
	}
	if (!usage_step(readings, at, &rise, &seconds))
		return false;
	*value = row->scale * rise / seconds;
	/* Allows for readings that are a little early or late. */
	if (figure == FIGURE_PRESSURE_SOME || figure == FIGURE_PRESSURE_FULL)
		*value = fmin(*value, row->scale);
	return true;
}

void usage_shown(const struct usage_series *usage,
    enum resource_figure_id figure, struct series *shown)
{
	const struct series *readings = &usage->figures[figure];
	double value;

	*shown = (struct series){0};
	for (size_t i = 0; i < readings->len; i++) {
		if (usage_value(usage, figure, i, &value))
			series_add(shown, readings->items[i].time_s, value);
	}
}

bool usage_last(const struct usage_series *usage,
    enum resource_figure_id figure, double *value)
{
	for (size_t i = usage->figures[figure].len; i-- > 0;) {
		if (usage_value(usage, figure, i, value))
			return true;
	}
	return false;
}

/* A reading of a figure that is no count holds until the next. */
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
