// SPDX-License-Identifier: MIT
#include "proc/usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* A larger count has wrapped below 0. Sums of valid counts stay far below. */
#define PROC_USAGE_MOST (INT64_C(1) << 56)

static int64_t proc_usage_count(int64_t count, int64_t unit)
{
	return count < 0 || count > PROC_USAGE_MOST / unit ? -1 : count * unit;
}

static int64_t proc_usage_cpu_us(int64_t ticks)
{
	return proc_usage_count(ticks, 1000000 / sysconf(_SC_CLK_TCK));
}

static void proc_usage_read_stat(
    const struct proc_stat *stat, unsigned set, struct proc_usage *usage)
{
	if (set & 1U << RESOURCE_CPU) {
		usage->own[FIGURE_CPU] = proc_usage_cpu_us(stat->cpu_ticks);
		usage->waited[FIGURE_CPU] =
		    proc_usage_cpu_us(stat->waited_cpu_ticks);
	}
	if (set & 1U << RESOURCE_THREADS)
		usage->own[FIGURE_THREADS] = stat->threads;
	if (set & 1U << RESOURCE_FAULTS) {
		usage->own[FIGURE_MINOR_FAULTS] =
		    proc_usage_count(stat->faults, 1);
		usage->own[FIGURE_MAJOR_FAULTS] =
		    proc_usage_count(stat->major_faults, 1);
		usage->waited[FIGURE_MINOR_FAULTS] =
		    proc_usage_count(stat->waited_faults, 1);
		usage->waited[FIGURE_MAJOR_FAULTS] =
		    proc_usage_count(stat->waited_major_faults, 1);
	}
}

static void proc_usage_read_io(
    const struct procfs *fs, pid_t pid, struct proc_usage *usage)
{
	static const char *const keys[] = {
	    "rchar", "wchar", "read_bytes", "write_bytes"};
	char text[512];

	if (procfs_read(fs, pid, "io", text, sizeof(text)) <= 0)
		return;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		usage->own[FIGURE_READ + i] =
		    proc_usage_count(procfs_number(text, keys[i]), 1);
}

/* Since Linux 6.2 the directory's size is their number. */
static int64_t proc_usage_count_files(const struct procfs *fs, pid_t pid)
{
	int fd = procfs_open(fs, pid, "fd");
	struct dirent *entry;
	struct stat status;
	int64_t count = 0;
	DIR *directory;

	if (fd < 0)
		return -1;
	if (fstat(fd, &status) == 0 && status.st_size > 0 &&
	    status.st_size < INT32_MAX) {
		close(fd);
		return status.st_size;
	}
	directory = fdopendir(fd);
	if (!directory) {
		close(fd);
		return -1;
	}
	while ((entry = readdir(directory)))
		count += entry->d_name[0] != '.';
	closedir(directory);
	return count;
}

bool proc_usage_read(const struct procfs *fs, pid_t pid, uint64_t started,
    unsigned set, struct proc_usage *usage)
{
	struct proc_stat stat;
	char text[4096];

	for (size_t i = 0; i < FIGURES_OF_PROCESS; i++)
		usage->own[i] = usage->waited[i] = -1;
	if (set & 1U << RESOURCE_IO)
		proc_usage_read_io(fs, pid, usage);
	if (set & 1U << RESOURCE_SWAP &&
	    procfs_read(fs, pid, "status", text, sizeof(text)) > 0)
		usage->own[FIGURE_SWAP] = procfs_kib(text, "VmSwap");
	if (set & 1U << RESOURCE_FILES)
		usage->own[FIGURE_FILES] = proc_usage_count_files(fs, pid);
	/* Read last, so that all of it is of the process that has the pid. */
	if (!procfs_stat_of(fs, pid, started, &stat))
		return false;
	proc_usage_read_stat(&stat, set, usage);
	return true;
}

double proc_usage_value(enum resource_figure_id figure, int64_t amount)
{
	switch (figure) {
	case FIGURE_CPU:
		return (double)amount / 1e6;
	case FIGURE_READ:
	case FIGURE_WRITTEN:
	case FIGURE_DISK_READ:
	case FIGURE_DISK_WRITTEN:
		return (double)amount / 1048576;
	case FIGURE_SWAP:
		return (double)amount / 1024;
	default:
		return (double)amount;
	}
}
