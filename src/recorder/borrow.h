/* SPDX-License-Identifier: MIT
 *
 * Memory that two processes use as one: between vfork() and exec a child has
 * its parent's, and what clone(CLONE_VM) made has it for good. It counts once,
 * with the process that had it first. A process that has executed a program
 * has memory of its own, so the others alone are asked about, and each of them
 * only until its memory is known to be its own.
 */
#ifndef MPROF_RECORDER_BORROW_H
#define MPROF_RECORDER_BORROW_H

#include "recorder/members.h"

struct borrow {
	const struct procfs *fs;
	bool asks; /* kcmp() can be asked */
};

/* Without asks the kernel is not asked, as for a /proc that is a test's. */
void borrow_init(struct borrow *borrow, const struct procfs *fs, bool asks)
    __attribute__((nonnull));

/* Whether the process at that position has no memory of its own now. To be
 * called right before it is measured: where the answer is no, what is read
 * from then on is its own. Otherwise its kib becomes -1. parted is set to the
 * position of a lender that has ended, or executed a program, since it was
 * measured: its figure may be of what this process has alone now. */
bool borrow_check(struct borrow *borrow, struct members *members, size_t at,
    size_t *parted) __attribute__((nonnull));

#endif
