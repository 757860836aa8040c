/* SPDX-License-Identifier: MIT
 *
 * Space for a table of sampled allocations, as the library in the program and
 * the recorder, which tells why there is none, both judge it.
 */
#ifndef MPROF_BASE_ALLOCATION_SPACE_H
#define MPROF_BASE_ALLOCATION_SPACE_H

#include <stdbool.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Bytes that a new table takes at least. */
#define ALLOCATION_LEAST (3 * 4096)

/* Whether a table has space in a directory; true where that is unknown, and for
 * a file system without a limit, which has no blocks. Some file systems keep
 * blocks for root: f_bavail leaves those out, f_bfree has them. Root uses them,
 * any other user gets ENOSPC. (Who has CAP_SYS_RESOURCE without being root
 * could use them, too, and gets no table then.) */
static inline bool allocation_has_space(const char *directory)
{
	struct statvfs space;

	if (statvfs(directory, &space) != 0 || space.f_blocks == 0 ||
	    space.f_bavail * space.f_frsize >= ALLOCATION_LEAST)
		return true;
	return space.f_bfree * space.f_frsize >= ALLOCATION_LEAST &&
	       geteuid() == 0;
}

#endif
