/* SPDX-License-Identifier: MIT
 *
 * Reads the files of a set of recordings.
 */
#ifndef MPROF_INPUT_RECORDING_FILES_H
#define MPROF_INPUT_RECORDING_FILES_H

#include "analysis/recording_set.h"
#include "input/profiles.h"

/* Adds the recordings that match the pattern: a file name, possibly with * ? [
 * ], or a number of mprof list. -1 with e where nothing matches, or a recording
 * can't be read. */
int recording_files_add(struct recording_set *set, const char *pattern,
    const struct profiles_options *options, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* The same for one file, whatever characters its name has. */
int recording_files_add_one(struct recording_set *set, const char *path,
    const struct profiles_options *options, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* Says on stderr that totals of different kinds are compared: of the program
 * alone, and sums. */
void recording_files_note_totals(const struct recording_set *a,
    const struct recording_set *b) __attribute__((nonnull));

#endif
