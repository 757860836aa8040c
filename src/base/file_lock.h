/* SPDX-License-Identifier: MIT
 *
 * Who has a file open. A lock on a whole file, which shows others that the
 * process writing it exists. A recording is locked while it is written: two
 * recorders that append to one file would mix their samples, and a reader can
 * tell that a run without an end still goes on. The lock belongs to the open
 * file: it goes with the process however that ends, and programs that it starts
 * don't have it, as their descriptors are closed on exec.
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

/* Whether anybody has the file, which is open here for reading alone, open for
 * writing, or maps it so (MAP_SHARED) without a descriptor: 1 or 0; -1 where
 * that is not known. */
int file_lock_has_writer(int fd);

/* Whether file_lock_has_writer() finds mappings of files in this directory. A
 * file system over another one keeps them with the file below. */
bool file_lock_finds_mappings(int directory);

#endif
