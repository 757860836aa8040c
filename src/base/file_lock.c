// SPDX-License-Identifier: MIT
//
// Open file description locks, Linux 3.15. An flock() can't be
// queried without being taken, and a classic POSIX lock goes when the process
// closes any of its descriptors of the file. Over NFS they are the server's
// locks.
#include "base/file_lock.h"

#include <errno.h>
#include <fcntl.h>
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
