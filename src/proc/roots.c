// SPDX-License-Identifier: MIT
#include "proc/roots.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "proc/kept_files.h"
#include "proc/procfs.h"

enum { KEPT_MAX = 8, PROCESSES_MAX = 1 << 14 };

/* The last entry of the process. */
static const struct root_process *roots_of(const struct roots *roots, pid_t pid)
{
	for (size_t i = roots->processes.len; i-- > 0;)
		if (roots->processes.items[i].pid == pid)
			return &roots->processes.items[i];
	return NULL;
}

static int roots_open(pid_t pid, const char *name, int flags)
{
	char path[64];

	procfs_path(path, sizeof(path), pid, "%s", name);
	return open(path, flags | O_CLOEXEC);
}

static void roots_close(struct root_kept *kept)
{
	if (kept->mounts_fd >= 0)
		close(kept->mounts_fd);
	if (kept->root_fd >= 0)
		close(kept->root_fd);
	free(kept->path);
}

static bool roots_are_one(
    const struct namespace_files *a, const struct namespace_files *b)
{
	return a->mounts == b->mounts && a->root_device == b->root_device &&
	       a->root_inode == b->root_inode;
}

/* After chroot(2) alone. */
static bool roots_have_our_mounts(const struct root_kept *kept)
{
	struct stat mounts;

	return stat("/proc/self/ns/mnt", &mounts) == 0 &&
	       mounts.st_ino == kept->files.mounts;
}

/* An open root alone would lose what is mounted below it with the namespace's
 * last process. With our mounts it has a path here, and stays closed: it could
 * not be unmounted otherwise. */
static bool roots_open_both(struct root_kept *kept, pid_t pid)
{
	char link[64], path[PATH_MAX];
	ssize_t len;

	if (!namespace_find_files(pid, &kept->files))
		return false;
	if (!roots_have_our_mounts(kept)) {
		kept->mounts_fd = roots_open(pid, "ns/mnt", O_RDONLY);
		kept->root_fd = roots_open(pid, "root", O_PATH | O_DIRECTORY);
		kept->path = mem_format("/proc/self/fd/%d", kept->root_fd);
		return kept->mounts_fd >= 0 && kept->root_fd >= 0 &&
		       kept_files_has_room(kept->mounts_fd) &&
		       kept_files_has_room(kept->root_fd);
	}
	procfs_path(link, sizeof(link), pid, "root");
	len = readlink(link, path, sizeof(path));
	if (len <= 0 || (size_t)len == sizeof(path))
		return false;
	kept->path = mem_format("%.*s", (int)len, path);
	return true;
}

/* Returns the index + 1; 0: it can't be kept. */
static size_t roots_keep(struct roots *roots, pid_t pid)
{
	struct root_kept new = {.mounts_fd = -1, .root_fd = -1};

	if (!roots_open_both(&new, pid)) {
		roots_close(&new);
		return 0;
	}
	for (size_t i = 0; i < roots->kept.len; i++) {
		if (roots_are_one(&roots->kept.items[i].files, &new.files)) {
			roots_close(&new);
			return i + 1;
		}
	}
	if (roots->kept.len == KEPT_MAX) {
		roots_close(&new);
		return 0;
	}
	*array_push(&roots->kept) = new;
	return roots->kept.len;
}

/* Whether the process is still where it was, or has ended. What starts a
 * container changes its root before it executes the program. */
static bool roots_are_same(
    const struct roots *roots, const struct root_process *process)
{
	struct namespace_files now;

	return process->kept == 0 ||
	       !namespace_find_files(process->pid, &now) ||
	       roots_are_one(&roots->kept.items[process->kept - 1].files, &now);
}

void roots_note(struct roots *roots, const char *path)
{
	const struct root_process *process;
	pid_t pid;

	if (path_root_len(path, &pid) == 0 ||
	    roots->processes.len == PROCESSES_MAX)
		return;
	process = roots_of(roots, pid);
	if (process && roots_are_same(roots, process))
		return;
	*array_push(&roots->processes) = (struct root_process){
	    pid, namespace_inner_pid(pid), roots_keep(roots, pid)};
}

/* The path of a file below the last root of the process that has it; below its
 * first one where none has. */
static char *roots_path(
    const struct roots *roots, pid_t pid, const char *inside)
{
	char *path = NULL;

	for (size_t i = roots->processes.len; i-- > 0;) {
		const struct root_process *process = &roots->processes.items[i];

		if (process->pid != pid || process->kept == 0)
			continue;
		free(path);
		path = mem_format(
		    "%s%s", roots->kept.items[process->kept - 1].path, inside);
		if (access(path, F_OK) == 0)
			break;
	}
	return path;
}

char *roots_reach(const struct roots *roots, const char *path)
{
	pid_t pid;
	size_t root = path_root_len(path, &pid);

	return root > 0 ? roots_path(roots, pid, path + root) : NULL;
}

char *roots_perf_map(const struct roots *roots, pid_t pid)
{
	const struct root_process *process = roots_of(roots, pid);
	char inside[64];

	if (!process)
		return NULL;
	snprintf(
	    inside, sizeof(inside), "/tmp/perf-%d.map", (int)process->inner);
	return roots_path(roots, pid, inside);
}

void roots_finish(struct roots *roots)
{
	for (size_t i = 0; i < roots->kept.len; i++)
		roots_close(&roots->kept.items[i]);
	array_free(&roots->kept);
	array_free(&roots->processes);
}
