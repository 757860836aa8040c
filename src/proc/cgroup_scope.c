// SPDX-License-Identifier: MIT
#include "proc/cgroup_scope.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "proc/cgroup.h"

/* A process leaves its group a moment after it ended. */
enum { LEAVE_TRIES = 100 };
#define LEAVE_STEP_NS (NS_PER_S / 100)

static bool cgroup_scope_write(
    const char *directory, const char *name, const char *text)
{
	char *path = mem_format("%s/%s", directory, name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written =
	    fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	int cause = errno;

	if (fd >= 0)
		close(fd);
	free(path);
	errno = cause;
	return written;
}

/* Whether a file of version 2 that lists controllers contains memory. */
static bool cgroup_scope_lists_memory(const char *directory, const char *name)
{
	char *path = mem_format("%s/%s", directory, name), text[512];

	procfs_read_at(AT_FDCWD, path, text, sizeof(text));
	free(path);
	return strstr(text, "memory") != NULL;
}

/* In version 2, a group has the controllers that its parent enables, and that
 * parent, unless it is the root, can then have no processes itself. */
static bool cgroup_scope_open(struct cgroup_scope *scope, const char *above)
{
	if (cgroup_scope_lists_memory(above, "cgroup.subtree_control"))
		return true;
	errno = ENOENT;
	if (!cgroup_scope_lists_memory(above, "cgroup.controllers") ||
	    !cgroup_scope_write(above, "cgroup.subtree_control", "+memory"))
		return false;
	scope->opened = mem_copy(above);
	return true;
}

static void cgroup_scope_forget(struct cgroup_scope *scope)
{
	if (scope->opened)
		cgroup_scope_write(
		    scope->opened, "cgroup.subtree_control", "-memory");
	free(scope->directory);
	free(scope->path);
	free(scope->opened);
	scope->directory = scope->path = scope->opened = NULL;
}

static bool cgroup_scope_make(struct cgroup_scope *scope,
    const struct cgroup_mount *mount, const char *above)
{
	char *procs;
	int cause;

	if (mount->v2 && !cgroup_scope_open(scope, above))
		return false;
	scope->directory =
	    mem_format("%s/mprof-%d.scope", above, (int)getpid());
	if (mkdir(scope->directory, 0755) == 0) {
		procs = mem_format("%s/cgroup.procs", scope->directory);
		scope->procs = open(procs, O_WRONLY | O_CLOEXEC);
		free(procs);
		scope->path = cgroup_mount_path(mount, scope->directory);
		if (scope->procs >= 0 && scope->path)
			return true;
		cause = errno;
		rmdir(scope->directory);
		errno = cause;
	}
	cause = errno;
	cgroup_scope_forget(scope);
	errno = cause;
	return false;
}

/* Creates the group: in version 2 beside this process's group or below the
 * root, in version 1 below this process's group. */
static bool cgroup_scope_try(struct cgroup_scope *scope,
    const struct procfs *fs, const struct cgroup_mount *mount)
{
	char text[4096], *path = NULL, *above;
	bool made;

	if (procfs_read(fs, fs->self, "cgroup", text, sizeof(text)) > 0)
		path = cgroup_mount_find_own(mount, text);
	scope->home = path ? cgroup_mount_directory(mount, path) : NULL;
	if (!scope->home)
		return false;
	above = mem_copy(scope->home);
	if (mount->v2 && strcmp(above, mount->point) != 0)
		*strrchr(above, '/') = 0;
	made = cgroup_scope_make(scope, mount, above);
	free(above);
	if (!made) {
		int cause = errno;

		free(scope->home);
		scope->home = NULL;
		errno = cause;
	}
	return made;
}

int cgroup_scope_init(
    struct cgroup_scope *scope, const struct procfs *fs, struct err *e)
{
	struct cgroup_mounts mounts;
	bool made = false, any = false;
	int cause = 0;

	*scope = (struct cgroup_scope){.procs = -1};
	if (cgroup_mounts_init(&mounts, fs, e) != 0)
		return -1;
	for (size_t i = 0; i < mounts.list.len && !made; i++) {
		const struct cgroup_mount *mount = &mounts.list.items[i];

		if (mount->v2 ? !cgroup_scope_lists_memory(
				    mount->point, "cgroup.controllers")
			      : !mount->memory)
			continue;
		any = true;
		made = cgroup_scope_try(scope, fs, mount);
		cause = errno;
	}
	cgroup_mounts_finish(&mounts);
	if (made)
		return 0;
	if (!any)
		return err_set(e, "option --scope: no control groups with a "
				  "memory controller are mounted here");
	errno = cause;
	return err_errno(e,
	    "option --scope: no control group can be made beside that of "
	    "this process; it needs root or a delegated subtree "
	    "(systemd-run --user --scope -p Delegate=yes)");
}

static bool cgroup_scope_empty(void *context, const char *directory)
{
	const struct cgroup_scope *scope = context;
	struct strbuf pids = {0};
	char *save = NULL;

	if (cgroup_read_pids(directory, &pids) && pids.len > 0) {
		for (char *pid = strtok_r(pids.text, "\n", &save); pid;
		     pid = strtok_r(NULL, "\n", &save))
			cgroup_scope_write(scope->home, "cgroup.procs", pid);
	}
	strbuf_finish(&pids);
	return true;
}

struct cgroup_directories {
	ARRAY(char *) list;
};

static bool cgroup_scope_list(void *context, const char *directory)
{
	struct cgroup_directories *directories = context;

	*array_push(&directories->list) = mem_copy(directory);
	return true;
}

/* Also removes groups that the program has created below. */
static bool cgroup_scope_remove(struct cgroup_scope *scope)
{
	struct cgroup_directories directories = {0};
	bool removed = false;
	int cause = 0;

	cgroup_each_directory(scope->directory, cgroup_scope_empty, scope);
	cgroup_each_directory(
	    scope->directory, cgroup_scope_list, &directories);
	for (size_t i = directories.list.len; i-- > 0;) {
		removed =
		    rmdir(directories.list.items[i]) == 0 || errno == ENOENT;
		cause = errno;
		free(directories.list.items[i]);
	}
	array_free(&directories.list);
	errno = cause;
	return removed;
}

int cgroup_scope_finish(struct cgroup_scope *scope, struct err *e)
{
	const struct timespec step = {.tv_nsec = LEAVE_STEP_NS};
	bool removed;
	int got = 0;

	if (!scope->directory)
		return 0;
	close(scope->procs);
	removed = cgroup_scope_remove(scope);
	for (int i = 0; i < LEAVE_TRIES && !removed; i++) {
		nanosleep(&step, NULL);
		removed = cgroup_scope_remove(scope);
	}
	if (!removed)
		got = err_errno(
		    e, "control group %s: can't be removed", scope->directory);
	cgroup_scope_forget(scope);
	free(scope->home);
	scope->home = NULL;
	return got;
}
