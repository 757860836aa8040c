// SPDX-License-Identifier: MIT
#include "proc/cgroup_find.h"

#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "proc/cgroup.h"
#include "proc/container.h"

static void cgroup_found_finish(struct cgroup_found *found)
{
	free(found->path);
	free(found->directory);
	free(found->id);
	free(found->names);
	*found = (struct cgroup_found){0};
}

void cgroup_find_finish(struct cgroup_find *find)
{
	for (size_t i = 0; i < find->list.len; i++)
		cgroup_found_finish(&find->list.items[i]);
	array_free(&find->list);
}

/* Adds a group. In version 1 each hierarchy may have it: the one with its
 * processes counts. A container is one group, including the groups below. */
static void cgroup_find_add(struct cgroup_find *find,
    const struct cgroup_mount *mount, const char *directory, const char *id)
{
	struct cgroup_found found = {
	    .path = cgroup_mount_path(mount, directory),
	    .directory = mem_copy(directory),
	    .populated = cgroup_is_populated(directory),
	    .id = id ? mem_copy(id) : NULL};

	for (size_t i = 0; i < find->list.len; i++) {
		struct cgroup_found *other = &find->list.items[i];

		if (id ? strcmp(other->id, id) != 0
		       : strcmp(other->path, found.path) != 0)
			continue;
		if (found.populated && !other->populated) {
			cgroup_found_finish(other);
			*other = found;
		} else {
			cgroup_found_finish(&found);
		}
		return;
	}
	*array_push(&find->list) = found;
}

/* Drops the groups that keep() refuses. */
static void cgroup_find_keep(struct cgroup_find *find,
    bool (*keep)(const struct cgroup_found *found, const void *context),
    const void *context)
{
	size_t kept = 0;

	for (size_t i = 0; i < find->list.len; i++) {
		struct cgroup_found *found = &find->list.items[i];

		if (keep(found, context))
			find->list.items[kept++] = *found;
		else
			cgroup_found_finish(found);
	}
	find->list.len = kept;
}

static bool cgroup_found_is_populated(
    const struct cgroup_found *found, const void *context)
{
	(void)context;
	return found->populated;
}

static void cgroup_find_prefer_populated(struct cgroup_find *find)
{
	bool any = false;

	for (size_t i = 0; i < find->list.len; i++)
		any |= find->list.items[i].populated;
	if (any)
		cgroup_find_keep(find, cgroup_found_is_populated, NULL);
}

/* A search through all directories of a mount. */
struct cgroup_search {
	struct cgroup_find *find;
	const struct cgroup_mount *mount;
	const char *word;
	void (*check)(
	    const struct cgroup_search *search, const char *directory);
};

static bool cgroup_search_directory(void *context, const char *directory)
{
	const struct cgroup_search *search = context;

	search->check(search, directory);
	return true;
}

static int cgroup_find_search(
    struct cgroup_find *find, struct cgroup_search search, struct err *e)
{
	struct cgroup_mounts mounts;

	if (cgroup_mounts_init(&mounts, find->fs, e) != 0)
		return -1;
	search.find = find;
	for (size_t i = 0; i < mounts.list.len; i++) {
		search.mount = &mounts.list.items[i];
		cgroup_each_directory(
		    search.mount->point, cgroup_search_directory, &search);
	}
	cgroup_mounts_finish(&mounts);
	return 0;
}

/* A path may be one of the file system or of the hierarchy. */
static void cgroup_find_try_path(struct cgroup_find *find,
    const struct cgroup_mount *mount, const char *path)
{
	char *own = cgroup_mount_path(mount, path);
	char *directory =
	    own ? mem_copy(path) : cgroup_mount_directory(mount, path);
	struct strbuf pids = {0};

	if (directory && cgroup_read_pids(directory, &pids))
		cgroup_find_add(find, mount, directory, NULL);
	strbuf_finish(&pids);
	free(directory);
	free(own);
}

int cgroup_find_path(struct cgroup_find *find, const char *path, struct err *e)
{
	char *whole = mem_format("%s%s", *path == '/' ? "" : "/", path);
	size_t len = strlen(whole);
	struct cgroup_mounts mounts;
	int got = cgroup_mounts_init(&mounts, find->fs, e);

	while (len > 1 && whole[len - 1] == '/')
		whole[--len] = 0;
	for (size_t i = 0; got == 0 && i < mounts.list.len; i++)
		cgroup_find_try_path(find, &mounts.list.items[i], whole);
	if (got == 0)
		cgroup_mounts_finish(&mounts);
	free(whole);
	cgroup_find_prefer_populated(find);
	return got;
}

static void cgroup_search_unit(
    const struct cgroup_search *search, const char *directory)
{
	if (strcmp(path_name(directory), search->word) == 0)
		cgroup_find_add(search->find, search->mount, directory, NULL);
}

/* Like systemctl, a name without a unit type means a service. */
int cgroup_find_unit(struct cgroup_find *find, const char *name, struct err *e)
{
	char *unit =
	    mem_format("%s%s", name, strchr(name, '.') ? "" : ".service");
	int got = cgroup_find_search(find,
	    (struct cgroup_search){.word = unit, .check = cgroup_search_unit},
	    e);

	free(unit);
	cgroup_find_prefer_populated(find);
	return got;
}

static void cgroup_search_container(
    const struct cgroup_search *search, const char *directory)
{
	char id[CONTAINER_ID];

	if (container_id_of(path_name(directory), id))
		cgroup_find_add(search->find, search->mount, directory, id);
}

static bool cgroup_found_has_name(
    const struct cgroup_found *found, const void *word)
{
	const char *at = found->names;
	size_t len = strlen(word);

	for (; at && *at; at += strcspn(at, " ")) {
		at += *at == ' ';
		if (strncmp(at, word, len) == 0 &&
		    (at[len] == ' ' || at[len] == 0))
			return true;
	}
	return false;
}

static bool cgroup_found_has_id(
    const struct cgroup_found *found, const void *word)
{
	return found->id && strncmp(found->id, word, strlen(word)) == 0;
}

/* Finds a group without an id in its path: ctr gives containers any names, and
 * containerd keeps the pid of their first process. */
static void cgroup_find_by_state(struct cgroup_find *find, const char *word)
{
	pid_t pid = container_pid_of(find->state, word);
	struct cgroup_mounts mounts;
	char text[4096];

	if (pid <= 0 || cgroup_mounts_init(&mounts, find->fs, NULL) != 0)
		return;
	for (size_t i = 0; i < mounts.list.len && find->list.len == 0; i++) {
		const struct cgroup_mount *mount = &mounts.list.items[i];
		char *path = NULL;

		if (procfs_read(find->fs, pid, "cgroup", text, sizeof(text)) >
		    0)
			path = cgroup_mount_find_own(mount, text);
		if (path && strcmp(path, "/") != 0)
			cgroup_find_try_path(find, mount, path);
	}
	cgroup_mounts_finish(&mounts);
}

int cgroup_find_container(
    struct cgroup_find *find, const char *word, struct err *e)
{
	bool named = false;
	const struct cgroup_search search = {.check = cgroup_search_container};

	if (cgroup_find_search(find, search, e) != 0)
		return -1;
	cgroup_find_prefer_populated(find);
	for (size_t i = 0; i < find->list.len; i++) {
		struct cgroup_found *found = &find->list.items[i];

		/* It was kept. NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		found->names = container_names(find->state, found->id);
		find->unnamed += !found->names;
		named |= cgroup_found_has_name(found, word);
	}
	cgroup_find_keep(
	    find, named ? cgroup_found_has_name : cgroup_found_has_id, word);
	if (find->list.len == 0)
		cgroup_find_by_state(find, word);
	return 0;
}
