// SPDX-License-Identifier: MIT
#include "proc/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "profile/resource.h"

static bool cgroup_mount_has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (; list; list = strchr(list, ',')) {
		list += *list == ',';
		if (strncmp(list, word, len) == 0 &&
		    (list[len] == 0 || list[len] == ',' || list[len] == ':'))
			return true;
		if (*list == 0)
			break;
	}
	return false;
}

/* A line of mountinfo:
 * ID PARENT DEV ROOT MOUNT OPTIONS [TAGS] - TYPE SOURCE SUPER */
static bool cgroup_mount_parse(char *line, struct cgroup_mount *mount)
{
	char *words[6], *rest = strstr(line, " - "), *type, *super;
	char *save = NULL;

	if (!rest)
		return false;
	*rest = 0;
	for (size_t i = 0; i < 5; i++) {
		words[i] = strtok_r(i == 0 ? line : NULL, " ", &save);
		if (!words[i])
			return false;
	}
	type = strtok_r(rest + 3, " ", &save);
	strtok_r(NULL, " ", &save);
	super = strtok_r(NULL, " \n", &save);
	if (!type || !super)
		return false;
	*mount = (struct cgroup_mount){.root = words[3],
	    .point = words[4],
	    .v2 = strcmp(type, "cgroup2") == 0,
	    .memory = cgroup_mount_has_word(super, "memory")};
	return mount->v2 || strcmp(type, "cgroup") == 0;
}

static void cgroup_mounts_add(struct cgroup_mounts *mounts, char *text)
{
	char *save = NULL;
	struct cgroup_mount mount;

	for (char *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (!cgroup_mount_parse(line, &mount))
			continue;
		mount.root = mem_copy(mount.root);
		mount.point = mem_copy(mount.point);
		*array_push(&mounts->list) = mount;
	}
}

static int cgroup_mount_compare(const void *a, const void *b)
{
	const struct cgroup_mount *one = a, *other = b;
	int rank = (other->v2 || other->memory) - (one->v2 || one->memory);

	return rank ? rank : strcmp(one->point, other->point);
}

/* Reads the whole file; false on an error. */
static bool cgroup_mounts_read(int root, const char *name, struct strbuf *text)
{
	enum { STEP = 4096 };
	int fd = openat(root, name, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	strbuf_cut(text, 0);
	if (fd < 0)
		return false;
	do {
		got = read(fd, strbuf_reserve(text, STEP), STEP);
		strbuf_cut(text, text->len + (size_t)(got > 0 ? got : 0));
	} while (got > 0);
	close(fd);
	return got == 0;
}

int cgroup_mounts_init(
    struct cgroup_mounts *mounts, const struct procfs *fs, struct err *e)
{
	struct strbuf text = {0};
	bool read = cgroup_mounts_read(fs->root, "self/mountinfo", &text);

	*mounts = (struct cgroup_mounts){0};
	if (read) {
		cgroup_mounts_add(mounts, text.text);
		if (mounts->list.len > 0)
			qsort(mounts->list.items, mounts->list.len,
			    sizeof(*mounts->list.items), cgroup_mount_compare);
	}
	strbuf_finish(&text);
	return read ? 0 : err_set(e, "control groups: mounts can't be read");
}

void cgroup_mounts_finish(struct cgroup_mounts *mounts)
{
	for (size_t i = 0; i < mounts->list.len; i++) {
		free(mounts->list.items[i].root);
		free(mounts->list.items[i].point);
	}
	array_free(&mounts->list);
}

/* The rest of path after the directory: "" or "/name"; NULL where path is not
 * below it. */
static const char *cgroup_mount_below(const char *directory, const char *path)
{
	size_t len = strlen(directory);

	while (len > 0 && directory[len - 1] == '/')
		len--;
	if (strncmp(path, directory, len) != 0 ||
	    (path[len] != 0 && path[len] != '/'))
		return NULL;
	return strcmp(path + len, "/") == 0 ? "" : path + len;
}

char *cgroup_mount_directory(const struct cgroup_mount *mount, const char *path)
{
	const char *below = cgroup_mount_below(mount->root, path);

	return below ? mem_format("%s%s", mount->point, below) : NULL;
}

char *cgroup_mount_path(const struct cgroup_mount *mount, const char *directory)
{
	const char *below = cgroup_mount_below(mount->point, directory);
	const char *root = strcmp(mount->root, "/") == 0 ? "" : mount->root;

	if (!below)
		return NULL;
	return mem_format("%s%s", root, *root || *below ? below : "/");
}

char *cgroup_mount_find_own(const struct cgroup_mount *mount, char *text)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *list = strchr(line, ':');
		char *path = list ? strchr(list + 1, ':') : NULL;

		if (!path)
			continue;
		*path++ = 0;
		list++;
		if (mount->v2 ? *list == 0
			      : cgroup_mount_has_word(list, "memory"))
			return path;
	}
	return NULL;
}

bool cgroup_each_directory(const char *directory,
    bool (*each)(void *context, const char *directory), void *context)
{
	DIR *all;
	struct dirent *entry;
	bool go_on = each(context, directory);

	all = go_on ? opendir(directory) : NULL;
	while (all && go_on && (entry = readdir(all))) {
		char *below;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		below = mem_format("%s/%s", directory, entry->d_name);
		go_on = cgroup_each_directory(below, each, context);
		free(below);
	}
	if (all)
		closedir(all);
	return go_on;
}

bool cgroup_read_pids(const char *directory, struct strbuf *text)
{
	char *file = mem_format("%s/cgroup.procs", directory);
	bool read = cgroup_mounts_read(AT_FDCWD, file, text);

	free(file);
	return read;
}

static bool cgroup_is_empty(void *context, const char *directory)
{
	struct strbuf *text = context;

	return !cgroup_read_pids(directory, text) || text->len == 0;
}

bool cgroup_is_populated(const char *directory)
{
	struct strbuf text = {0};
	bool is_empty =
	    cgroup_each_directory(directory, cgroup_is_empty, &text);

	strbuf_finish(&text);
	return !is_empty;
}

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
