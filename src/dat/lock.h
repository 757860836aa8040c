/* SPDX-License-Identifier: MIT
 *
 * A recording is locked while it is written: two recorders that append to one
 * file would mix their samples, and a reader learns that a run without an end
 * is going on. The lock belongs to the open file, so it goes with the recorder
 * however that ends, and no program that it starts has it: their descriptors
 * close when they are executed.
 */
#ifndef MPROF_DAT_LOCK_H
#define MPROF_DAT_LOCK_H

#include <stdbool.h>

/* Takes the lock for the file that fd is open for writing to; -1 where a
 * recorder holds it. A file system without locks is no failure: nothing is
 * locked there. */
int dat_lock_take(int fd) __attribute__((warn_unused_result));

/* Whether a recorder holds it; nothing is taken, so nobody is kept out. */
bool dat_lock_is_held(int fd);

#endif
