/* SPDX-License-Identifier: MIT
 *
 * A lock on a whole file, which shows others that the process writing it
 * exists. A recording is locked while it is written: two recorders that append
 * to one file would mix their samples, and a reader can tell that a run
 * without an end still goes on. The lock belongs to the open file: it goes
 * with the process however that ends, and programs that it starts don't have
 * it, as their descriptors are closed on exec.
 */
#ifndef MPROF_BASE_FILE_LOCK_H
#define MPROF_BASE_FILE_LOCK_H

#include <stdbool.h>

enum file_lock {
	FILE_LOCK_TAKEN, /* by this call */
	FILE_LOCK_HELD,  /* by another open file */
	FILE_LOCK_NONE   /* the file system has no locks */
};

/* Takes the lock of a file that is open for writing. */
enum file_lock file_lock_take(int fd) __attribute__((warn_unused_result));

/* Whether another open file holds the lock; whether it is known that none does.
 * Both are false where the file system has no locks. Takes no lock. */
bool file_lock_is_held(int fd);
bool file_lock_is_free(int fd);

#endif
