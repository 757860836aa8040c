// SPDX-License-Identifier: MIT
#include "proc/cgroup.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "proc/cgroup_mounts.h"
#include "profile/resource.h"

/* File names by cgroup version. */
static const struct {
	const char *current, *peak, *limit, *events;
} files[] = {
    {"memory.usage_in_bytes", "memory.max_usage_in_bytes",
	"memory.limit_in_bytes", "memory.oom_control"},
    {"memory.current", "memory.peak", "memory.max", "memory.events"},
};

/* Version 1 writes "no limit" as the largest number of pages. */
#define NO_LIMIT_KIB (INT64_MAX / 1024 - 1024 * 1024)

/* Whether the directory has the files of a memory controller; keeps the
 * descriptor then. */
static bool cgroup_open(
    struct cgroup *cgroup, const struct cgroup_mount *mount, char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || faccessat(fd, files[mount->v2].events, R_OK, 0) != 0) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	*cgroup = (struct cgroup){.directory = fd,
	    .current =
		openat(fd, files[mount->v2].current, O_RDONLY | O_CLOEXEC),
	    .v2 = mount->v2,
	    .path = directory,
	    .mount = mem_copy(mount->point)};
	return true;
}

/* Whether the mount is of the right hierarchy and contains the group: the
 * process's, or that of the path. A mount may show only part of the hierarchy
 * (a container's): a process outside of it counts for that part. */
static bool cgroup_try_mount(struct cgroup *cgroup, const struct procfs *fs,
    pid_t pid, const char *path, const struct cgroup_mount *mount)
{
	char text[4096], *directory;
	bool by_pid = !path;

	if (!mount->v2 && !mount->memory)
		return false;
	if (by_pid) {
		if (procfs_read(fs, pid, "cgroup", text, sizeof(text)) <= 0)
			return false;
		path = cgroup_mount_find_own(mount, text);
	}
	if (!path)
		return false;
	directory = cgroup_mount_directory(mount, path);
	if (!directory && by_pid)
		directory = mem_copy(mount->point);
	if (!directory)
		return false;
	if (cgroup_open(cgroup, mount, directory))
		return true;
	free(directory);
	return false;
}

static int cgroup_find(struct cgroup *cgroup, const struct procfs *fs,
    pid_t pid, const char *path, struct err *e)
{
	struct cgroup_mounts mounts;
	bool found = false;

	*cgroup = (struct cgroup){.directory = -1, .current = -1};
	if (cgroup_mounts_init(&mounts, fs, e) != 0)
		return -1;
	for (size_t i = 0; i < mounts.list.len && !found; i++)
		found = cgroup_try_mount(
		    cgroup, fs, pid, path, &mounts.list.items[i]);
	cgroup_mounts_finish(&mounts);
	if (found)
		return 0;
	return path ? err_set(e, "control groups: no memory controller has %s",
			  path)
		    : err_set(e,
			  "control groups: none with a memory controller holds "
			  "this process");
}

int cgroup_init(
    struct cgroup *cgroup, const struct procfs *fs, pid_t pid, struct err *e)
{
	return cgroup_find(cgroup, fs, pid, NULL, e);
}

int cgroup_init_path(struct cgroup *cgroup, const struct procfs *fs,
    const char *path, struct err *e)
{
	return cgroup_find(cgroup, fs, 0, path, e);
}

void cgroup_finish(struct cgroup *cgroup)
{
	if (cgroup->directory >= 0)
		close(cgroup->directory);
	if (cgroup->current >= 0)
		close(cgroup->current);
	free(cgroup->path);
	free(cgroup->mount);
	*cgroup = (struct cgroup){.directory = -1, .current = -1};
}

/* A number of bytes, as KiB; -1 for "max" and other text. */
static int64_t cgroup_kib_of(const char *text)
{
	char *end;
	unsigned long long bytes = strtoull(text, &end, 10);

	return end == text ? -1 : (int64_t)(bytes / 1024);
}

/* Reads a file of the group; empty text where there is none. */
static void cgroup_read(
    const struct cgroup *cgroup, const char *name, char *text, size_t size)
{
	text[0] = 0;
	if (cgroup->directory >= 0)
		procfs_read_at(cgroup->directory, name, text, size);
}

int64_t cgroup_current_kib(const struct cgroup *cgroup)
{
	char text[64] = "";

	if (cgroup->current >= 0)
		procfs_pread(cgroup->current, text, sizeof(text));
	return cgroup_kib_of(text);
}

int64_t cgroup_peak_kib(const struct cgroup *cgroup)
{
	char text[64];

	cgroup_read(cgroup, files[cgroup->v2].peak, text, sizeof(text));
	return cgroup_kib_of(text);
}

int64_t cgroup_limit_kib(const struct cgroup *cgroup)
{
	const char *name = files[cgroup->v2].limit;
	int64_t least = -1;
	char *path;

	if (!cgroup->path)
		return -1;
	path = mem_copy(cgroup->path);
	while (strlen(path) >= strlen(cgroup->mount)) {
		char *file = mem_format("%s/%s", path, name), text[64];
		char *slash = strrchr(path, '/');
		int64_t kib;

		procfs_read_at(AT_FDCWD, file, text, sizeof(text));
		kib = cgroup_kib_of(text);
		free(file);
		if (kib >= 0 && kib < NO_LIMIT_KIB &&
		    (least < 0 || kib < least))
			least = kib;
		if (!slash)
			break;
		*slash = 0;
	}
	free(path);
	return least;
}

/* File and key (the word before the figure) of each figure, by version; without
 * a key, the figure is the whole file. In version 1 the others are in other
 * hierarchies or missing. */
static const struct {
	enum resource_figure_id figure;
	struct {
		const char *file, *key;
	} at[2];
	double unit; /* unit of the file, in that of resource.h */
} group_figures[] = {
#define MIB (1 / 1048576.0)
#define STAT "memory.stat"
#define PRESSURE "memory.pressure"
    {FIGURE_GROUP_ANON, {{STAT, "total_rss "}, {STAT, "anon "}}, MIB},
    {FIGURE_GROUP_FILE, {{STAT, "total_cache "}, {STAT, "file "}}, MIB},
    {FIGURE_GROUP_SHMEM, {{STAT, "total_shmem "}, {STAT, "shmem "}}, MIB},
    {FIGURE_GROUP_KERNEL,
	{{"memory.kmem.usage_in_bytes", NULL}, {STAT, "kernel "}}, MIB},
    {FIGURE_GROUP_SLAB, {{NULL, NULL}, {STAT, "slab "}}, MIB},
    {FIGURE_GROUP_SOCK,
	{{"memory.kmem.tcp.usage_in_bytes", NULL}, {STAT, "sock "}}, MIB},
    {FIGURE_GROUP_HIGH, {{NULL, NULL}, {"memory.high", NULL}}, MIB},
    {FIGURE_EVENTS_HIGH, {{NULL, NULL}, {"memory.events", "high "}}, 1},
    {FIGURE_EVENTS_MAX, {{NULL, NULL}, {"memory.events", "max "}}, 1},
    {FIGURE_EVENTS_OOM, {{NULL, NULL}, {"memory.events", "oom "}}, 1},
    {FIGURE_EVENTS_OOM_KILL,
	{{"memory.oom_control", "oom_kill "}, {"memory.events", "oom_kill "}},
	1},
    {FIGURE_PRESSURE_SOME, {{NULL, NULL}, {PRESSURE, "some "}}, 1e-6},
    {FIGURE_PRESSURE_FULL, {{NULL, NULL}, {PRESSURE, "full "}}, 1e-6},
    {FIGURE_THROTTLED, {{NULL, NULL}, {"cpu.stat", "throttled_usec "}}, 1e-6},
#undef MIB
#undef STAT
#undef PRESSURE
};

/* The number after key at the start of a line, or after "total=" in that line;
 * without a key, the number that is the text. NAN where there is none. */
static double cgroup_number_of(const char *text, const char *key)
{
	size_t len = key ? strlen(key) : 0;
	const char *end, *total;
	double number;

	while (text && key && strncmp(text, key, len) != 0) {
		text = strchr(text, '\n');
		text += text != NULL;
	}
	if (!text)
		return NAN;
	text += len;
	end = strchr(text, '\n');
	total = strstr(text, "total=");
	if (total && (!end || total < end))
		text = total + strlen("total=");
	if (*text < '0' || *text > '9')
		return NAN;
	number = strtod(text, NULL);
	return number < 9e18 ? number : NAN;
}

int64_t cgroup_oom_kills(const struct cgroup *cgroup)
{
	char text[512];
	double kills;

	cgroup_read(cgroup, files[cgroup->v2].events, text, sizeof(text));
	kills = cgroup_number_of(text, "oom_kill ");
	return isnan(kills) ? -1 : (int64_t)kills;
}

void cgroup_read_usage(const struct cgroup *cgroup, double *figures)
{
	int64_t limit_kib = cgroup_limit_kib(cgroup);
	const char *read = NULL;
	char text[8192] = "";

	figures[FIGURE_GROUP_MAX] =
	    limit_kib < 0 ? NAN : (double)limit_kib / 1024;
	for (size_t i = 0; i < sizeof(group_figures) / sizeof(*group_figures);
	     i++) {
		const char *file = group_figures[i].at[cgroup->v2].file;

		figures[group_figures[i].figure] = NAN;
		if (!file)
			continue;
		if (!read || strcmp(read, file) != 0)
			cgroup_read(cgroup, file, text, sizeof(text));
		read = file;
		figures[group_figures[i].figure] =
		    group_figures[i].unit *
		    cgroup_number_of(text, group_figures[i].at[cgroup->v2].key);
	}
}
