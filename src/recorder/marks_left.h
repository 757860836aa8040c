/* SPDX-License-Identifier: MIT
 *
 * Mark files (recorder/marks.h) of recorders that were killed. Their lock
 * tells: in a folder that containers share a pid that isn't there proves
 * nothing.
 */
#ifndef MPROF_RECORDER_MARKS_LEFT_H
#define MPROF_RECORDER_MARKS_LEFT_H

/* Removes those of this user whose lock is free. remove_beside is called before
 * with the path of each, for what lies beside it. A folder of very many files
 * is looked through in part. */
void marks_left_remove(const char *folder, void (*remove_beside)(const char *))
    __attribute__((nonnull));

#endif
