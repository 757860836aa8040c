// SPDX-License-Identifier: MIT
#include "proc/cgroup_mounts.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
