/* SPDX-License-Identifier: MIT
 *
 * The recording that a process is being recorded into.
 */
#ifndef MPROF_INPUT_RECORDING_OF_H
#define MPROF_INPUT_RECORDING_OF_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* Its path, for the recorded process's pid or the recorder's; NULL with e where
 * there is none of this user's. The caller frees. */
char *recording_of(pid_t pid, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* Whether the word of one who may mean a process or a recording is the path of
 * a file, and not of a program: that is executable, or a Python script. */
bool recording_is_path(const char *word) __attribute__((nonnull));

#endif
