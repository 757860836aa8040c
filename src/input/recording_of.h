/* SPDX-License-Identifier: MIT
 *
 * The recording that a process is being recorded into.
 */
#ifndef MPROF_INPUT_RECORDING_OF_H
#define MPROF_INPUT_RECORDING_OF_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* The path of its recording, by the pid of the recorded process or of the
 * recorder; NULL with e where this user has none. The caller frees. */
char *recording_of(pid_t pid, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* Whether a word for a process or a recording is the path of a file that is no
 * program, so neither executable nor a Python script. */
bool recording_is_path(const char *word) __attribute__((nonnull));

#endif
