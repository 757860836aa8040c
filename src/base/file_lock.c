// SPDX-License-Identifier: MIT
//
// Open file description locks, Linux 3.15. An flock() can't be
// queried without being taken, and a classic POSIX lock goes when the process
// closes any of its descriptors of the file. Over NFS they are the server's
// locks.
#include "base/file_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct flock whole_file = {
    .l_type = F_WRLCK, .l_whence = SEEK_SET};

enum file_lock file_lock_take(int fd)
{
	struct flock lock = whole_file;

	while (fcntl(fd, F_OFD_SETLK, &lock) != 0) {
		if (errno == EAGAIN || errno == EACCES)
			return FILE_LOCK_HELD;
		if (errno != EINTR)
			return FILE_LOCK_NONE;
	}
	return FILE_LOCK_TAKEN;
}

bool file_lock_is_held(int fd)
{
	struct flock lock = whole_file;

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

bool file_lock_is_free(int fd)
{
	struct flock lock = whole_file;

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type == F_UNLCK;
}

/* The kernel refuses a lease for reading while anybody may write. Without
 * F_SETSIG, who opens the file within the lease would cause a SIGIO here, which
 * ends a process. */
int file_lock_has_writer(int fd)
{
	if (fcntl(fd, F_SETSIG, SIGURG) != 0)
		return -1;
	if (fcntl(fd, F_SETLEASE, F_RDLCK) != 0)
		return errno == EAGAIN ? 1 : -1;
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return 0;
}

/* Opens the same file for reading alone. */
static int file_lock_reopen(int fd)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_CLOEXEC);
}

bool file_lock_finds_mappings(int directory)
{
	int fd = openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	int reader = fd < 0 ? -1 : file_lock_reopen(fd);
	void *map = MAP_FAILED;
	bool finds = false;

	if (reader >= 0 && ftruncate(fd, 1) == 0)
		map = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	if (map != MAP_FAILED) {
		finds = file_lock_has_writer(reader) == 1;
		munmap(map, 1);
		finds = finds && file_lock_has_writer(reader) == 0;
	}
	if (reader >= 0)
		close(reader);
	return finds;
}
