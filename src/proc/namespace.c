// SPDX-License-Identifier: MIT
#include "proc/namespace.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc/procfs.h"

/* The pid or tid in the innermost namespace; 0 where it is unknown. */
static pid_t namespace_read_inner(const char *path)
{
	char text[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	pid_t id = 0;

	if (fd < 0)
		return 0;
	if (procfs_pread(fd, text, sizeof(text)) > 0)
		procfs_nested_pids(text, -1, &id);
	close(fd);
	return id;
}

bool namespace_has_proc(void)
{
	char text[32];
	ssize_t len = readlink("/proc/self", text, sizeof(text) - 1);

	if (len <= 0)
		return false;
	text[len] = '\0';
	return atoi(text) == getpid();
}

pid_t namespace_inner_pid(pid_t pid)
{
	char path[64];
	pid_t inner;

	procfs_path(path, sizeof(path), pid, "status");
	inner = namespace_read_inner(path);
	return inner > 0 ? inner : pid;
}

uint64_t namespace_of_pids(pid_t pid)
{
	char path[64];
	struct stat about;

	procfs_path(path, sizeof(path), pid, "ns/pid");
	return stat(path, &about) == 0 ? about.st_ino : 0;
}

pid_t namespace_outer_tid(pid_t pid, pid_t inner)
{
	char path[64];
	struct dirent *entry;
	pid_t found = 0;
	DIR *directory;

	procfs_path(path, sizeof(path), pid, "task");
	directory = opendir(path);
	if (!directory)
		return 0;
	while (!found && (entry = readdir(directory))) {
		int tid = atoi(entry->d_name);

		if (tid <= 0)
			continue;
		procfs_path(path, sizeof(path), pid, "task/%d/status", tid);
		if (namespace_read_inner(path) == inner)
			found = tid;
	}
	closedir(directory);
	return found;
}

bool namespace_find_files(pid_t pid, struct namespace_files *files)
{
	struct stat mounts, root;
	char path[64];

	procfs_path(path, sizeof(path), pid, "ns/mnt");
	if (stat(path, &mounts) != 0)
		return false;
	procfs_path(path, sizeof(path), pid, "root");
	if (stat(path, &root) != 0)
		return false;
	*files =
	    (struct namespace_files){mounts.st_ino, root.st_dev, root.st_ino};
	return true;
}

bool namespace_shares_files(
    uint64_t mounts, uint64_t root_device, uint64_t root_inode)
{
	struct stat own_mounts, own_root;

	return stat("/proc/self/ns/mnt", &own_mounts) == 0 &&
	       stat("/", &own_root) == 0 && own_mounts.st_ino == mounts &&
	       own_root.st_dev == root_device && own_root.st_ino == root_inode;
}
