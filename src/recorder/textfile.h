/* SPDX-License-Identifier: MIT
 *
 * Present and peak memory by process name, for an exporter that reads text
 * files (the Prometheus text format): one file a recording, replaced by rename
 * once a second, gone when the recording ends.
 */
#ifndef MPROF_RECORDER_TEXTFILE_H
#define MPROF_RECORDER_TEXTFILE_H

#include "base/err.h"
#include "recorder/sampler.h"

struct textfile;

/* In folder, as mprof-PID.prom with the recorder's pid; command is the label
 * by which recordings are distinguished. NULL with e where nothing can be
 * written there. The caller destroys it, which removes the file. */
struct textfile *textfile_create(const char *folder, pid_t pid,
    const char *command, struct err *e) __attribute__((nonnull));
void textfile_destroy(struct textfile *textfile);

/* A hook for the sampler. */
struct sampler_hook textfile_hook(struct textfile *textfile)
    __attribute__((nonnull));

#endif
