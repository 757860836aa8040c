/* SPDX-License-Identifier: MIT
 *
 * Reads command lines in threads. A process's arguments are in its memory, and
 * reading them waits for its mmap_lock: for seconds if it changes its mappings
 * on a loaded machine, or forever if its memory is on a server that doesn't
 * answer. The caller waits for a limited time, and goes on.
 */
#ifndef MPROF_PROC_ARGV_H
#define MPROF_PROC_ARGV_H

#include "proc/procfs.h"

struct argv_reader;

/* Reads command lines of up to size - 1 bytes, with threads that are started
 * when needed. The caller destroys; a thread that still waits then frees its
 * memory itself when it is done. */
struct argv_reader *argv_reader_create(const struct procfs *fs, size_t size)
    __attribute__((nonnull));
void argv_reader_destroy(struct argv_reader *reader);

/* Reads a process's command line into text, NUL-terminated. Returns its length,
 * 0 where it is empty; -1 with errno, EAGAIN where it takes longer than
 * patience_ns or too many others are waited for. A later call for the same
 * process gets the answer once it is there. started tells one use of a pid from
 * the next, as in struct proc_stat. */
ssize_t argv_read(struct argv_reader *reader, pid_t pid, uint64_t started,
    int64_t patience_ns, char *text) __attribute__((nonnull));

/* The same of a process that lives. An empty command line is read again, as
 * during an exec it is empty for a moment: 0 where it stays empty, or the
 * process ends. */
ssize_t argv_read_settled(struct argv_reader *reader, pid_t pid,
    uint64_t started, int64_t patience_ns, char *text) __attribute__((nonnull));

/* Joins the arguments of a command line (len bytes of cmdline and a NUL) by
 * blanks; false where there are none. */
bool argv_join(char *text, ssize_t len) __attribute__((nonnull));

/* The value of a variable in the environment at a process's start, on the heap;
 * NULL where it is not set, or can't be read. An empty environment is read
 * again, as an empty command line is. */
char *argv_variable(const struct procfs *fs, pid_t pid, const char *name)
    __attribute__((nonnull, warn_unused_result));

#endif
