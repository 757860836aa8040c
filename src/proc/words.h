/* SPDX-License-Identifier: MIT
 *
 * Command lines, read by threads. A process's words lie in its memory, and who
 * reads them waits for its mmap_lock: seconds where it changes its mappings on
 * a loaded machine, and without an end where its memory lies on a server that
 * does not answer. The caller has patience for so long, and goes on.
 */
#ifndef MPROF_PROC_WORDS_H
#define MPROF_PROC_WORDS_H

#include "proc/procfs.h"

struct words;

/* Reads command lines of up to size - 1 bytes. It starts threads when there is
 * something to read. The caller destroys; a thread that still waits then frees
 * what it has when it is done. */
struct words *words_create(const struct procfs *fs, size_t size)
    __attribute__((nonnull));
void words_destroy(struct words *words);

/* Reads a process's command line into text, with a NUL behind it. Returns its
 * length, 0 where it is empty; -1 with errno, EAGAIN where it takes longer than
 * patience_ns or too many others are waited for. A later call for the same
 * process gets the answer when it is there. started tells one use of a pid from
 * the next, as in struct proc_stat. */
ssize_t words_read(struct words *words, pid_t pid, uint64_t started,
    int64_t patience_ns, char *text) __attribute__((nonnull));

#endif
