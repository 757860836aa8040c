/* SPDX-License-Identifier: MIT
 *
 * Reading /proc. All paths are below a root descriptor, so that a test can
 * point it at a folder of its own. A process that vanished is no error but a
 * read that gives -1. Text always comes with a NUL behind it.
 */
#ifndef MPROF_PROC_PROCFS_H
#define MPROF_PROC_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct procfs {
	int root;
	int loadavg;          /* kept open; -1 where it can't be trusted */
	int64_t page_kib;     /* the machine's page size */
	pid_t self;           /* this process, as this /proc counts it */
	bool other_namespace; /* it is of another pid namespace than ours */
	int depth;            /* and ours this far below that; 0: it is not */
	long pid_max;
};

enum { PROCFS_NAME = 64 }; /* a thread's name, the kernel's own included */

/* /proc/PID/stat */
struct proc_stat {
	pid_t pid, ppid;
	char state;
	bool is_thread; /* PID is not a process but a thread in one */
	bool is_kernel; /* a kernel thread: it has no memory */
	bool is_forked; /* and has executed nothing since: it may share
			 * any memory with its parent */
	bool is_ending; /* it is on its way out, or a zombie already */
	long threads;   /* how many it has */
	int64_t faults; /* pages that it got without a disk, since it began:
			 * copies of what a fork left in common among them */
	int64_t major_faults; /* that needed a disk */
	int64_t cpu_ticks;    /* of processor time, of all its threads */
	/* The same three of children that it waited for, and of theirs. */
	int64_t waited_faults, waited_major_faults, waited_cpu_ticks;
	uint64_t started; /* ticks since boot: distinguishes one use of a pid
			   * from the next */
	int64_t vms_kib, rss_kib;
	int exit_status; /* as wait() gives it; good in state Z only, and 0
			  * where we may not know */
	char name[PROCFS_NAME]; /* hostile bytes */
};

/* Opens a /proc, "/proc" but for tests; -1 with e where there is none. */
int procfs_init(struct procfs *fs, const char *root, struct err *e)
    __attribute__((nonnull(1, 2), warn_unused_result));
void procfs_finish(struct procfs *fs) __attribute__((nonnull));

/* A copy for another thread: with a root descriptor of its own, without
 * loadavg. -1 where no descriptor can be had, and nothing is to be finished. */
int procfs_copy(struct procfs *copy, const struct procfs *fs)
    __attribute__((nonnull, warn_unused_result));

/* The newest pid and how many threads there are; false where this /proc can't
 * tell, so that every scan has to be a full one. */
bool procfs_newest(const struct procfs *fs, pid_t *newest, long *threads);

/* Processes and threads that were ever started on this machine; -1 where this
 * /proc has no such figure. A long read: for scans that are far apart. */
int64_t procfs_forks(const struct procfs *fs);

/* Opens /proc/PID/NAME for reading; -1 with errno. */
int procfs_open(const struct procfs *fs, pid_t pid, const char *name);

/* Reads from the start of an open file; the length, -1 with errno. */
ssize_t procfs_pread(int fd, char *text, size_t size);

/* Opens, reads and closes a file whose path begins at the open folder root, or
 * at AT_FDCWD; the length, -1 with errno and an empty text. */
ssize_t procfs_read_at(int root, const char *path, char *text, size_t size)
    __attribute__((nonnull));

/* The same of /proc/PID/NAME. */
ssize_t procfs_read(const struct procfs *fs, pid_t pid, const char *name,
    char *text, size_t size);

/* The same of a file of the whole machine. */
ssize_t procfs_machine(
    const struct procfs *fs, const char *name, char *text, size_t size);

/* False where the process is not there. */
bool procfs_stat(const struct procfs *fs, pid_t pid, struct proc_stat *stat);

/* The same of the machine's /proc, opened for this one read: 0, ESRCH where
 * there is no such process, EIO where there is no /proc, or read's error. */
int procfs_stat_once(pid_t pid, struct proc_stat *stat)
    __attribute__((nonnull));

/* Now, as proc_stat.started counts. */
uint64_t procfs_ticks(void);

/* The number of a line "KEY: 123", as in io; -1: there is none. */
int64_t procfs_number(const char *text, const char *key);

/* "KEY:   123 kB" in the text of status or smaps_rollup; -1: not there. */
int64_t procfs_kib(const char *text, const char *key);

/* The text of status lists a process's pids from this /proc's namespace down to
 * its own (NSpid, Linux 4.1): the count of them, and the one at depth; below 0:
 * the last. */
int procfs_nested_pids(const char *status, int depth, pid_t *found)
    __attribute__((nonnull));

/* Our child's pid as this /proc counts it; -1 where it is not there. */
pid_t procfs_child(const struct procfs *fs, pid_t pid);

/* And back: by which number the system calls of this process know it; -1
 * where it is not there, or not in our namespace. */
pid_t procfs_namespace_pid(const struct procfs *fs, pid_t pid);

/* Calls each with every pid that there is, until it returns false. -1 where
 * /proc can't be listed. Begins at *position, 0: with the first pid, and leaves
 * there where to go on: behind the last pid that each was called with; 0: all
 * were listed. position may be NULL. */
int procfs_each(const struct procfs *fs, int64_t *position,
    bool (*each)(void *context, pid_t pid), void *context);

/* The same with the threads of a process. */
int procfs_each_thread(const struct procfs *fs, pid_t pid,
    bool (*each)(void *context, pid_t thread), void *context);

#endif
