/* SPDX-License-Identifier: MIT
 *
 * Present and peak memory by process name, for an exporter that reads text
 * files (the Prometheus text format): one file for each recording, replaced by
 * rename once a second, removed when the recording ends.
 */
#ifndef MPROF_RECORDER_TEXTFILE_H
#define MPROF_RECORDER_TEXTFILE_H

#include "base/err.h"
#include "recorder/sampler.h"

struct textfile;

/* Writes mprof-PID.prom (the recorder's pid) in directory; command is the label
 * that tells recordings apart. NULL with e where the file can't be written
 * there. The caller destroys, which removes the file. */
struct textfile *textfile_create(const char *directory, pid_t pid,
    const char *command, struct err *e) __attribute__((nonnull));
void textfile_destroy(struct textfile *textfile);

/* A hook for the sampler. */
struct sampler_hook textfile_hook(struct textfile *textfile)
    __attribute__((nonnull));

#endif
