/* SPDX-License-Identifier: MIT
 *
 * Reading /proc. All paths are relative to a root descriptor, so that a test
 * can use a directory of its own. A process that vanished is no error: the
 * read returns -1. Text is always NUL-terminated.
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
	int loadavg;          /* kept open; -1: not trustworthy */
	int64_t page_kib;     /* the machine's page size */
	pid_t self;           /* this process's pid in this /proc */
	bool other_namespace; /* it belongs to another pid namespace than this
				 process */
	int depth; /* how far this process's namespace is below it; 0: it
		      isn't */
	long pid_max;
};

enum { PROCFS_NAME = 64 }; /* a thread's name, the kernel's own included */

/* /proc/PID/stat */
struct proc_stat {
	pid_t pid, ppid;
	char state;
	bool is_thread; /* PID is not a process but a thread in one */
	bool is_kernel; /* a kernel thread: it has no memory */
	bool is_forked; /* it has executed no program since the fork: it may
			   share any memory with its parent */
	bool is_ending; /* ending, or a zombie */
	long threads;   /* number of its threads */
	int64_t faults; /* page faults without a disk since its start, including
			   copies of pages shared since a fork */
	int64_t major_faults; /* page faults that needed a disk */
	int64_t cpu_ticks;    /* processor time of all its threads */
	/* The same three for reaped children, with theirs. */
	int64_t waited_faults, waited_major_faults, waited_cpu_ticks;
	uint64_t started; /* ticks since boot: tells one use of a pid from the
			     next */
	int64_t vms_kib, rss_kib;
	int exit_status; /* as of wait(); valid in state Z only, and 0 where
			    this process may not know */
	char name[PROCFS_NAME]; /* hostile bytes */
};

/* Opens a /proc, "/proc" except in tests; -1 with e where there is none. */
int procfs_init(struct procfs *fs, const char *root, struct err *e)
    __attribute__((nonnull(1, 2), warn_unused_result));
void procfs_finish(struct procfs *fs) __attribute__((nonnull));

/* A copy for another thread, with its own root descriptor and without loadavg.
 * -1 where no descriptor is left; there is nothing to finish then. */
int procfs_copy(struct procfs *copy, const struct procfs *fs)
    __attribute__((nonnull, warn_unused_result));

/* The newest pid and the number of threads; false where this /proc can't tell,
 * so that every scan has to be a full one. */
bool procfs_newest(const struct procfs *fs, pid_t *newest, long *threads);

/* Processes and threads ever started on this machine; -1 where this /proc
 * doesn't tell. The read takes long: for scans that are far apart. */
int64_t procfs_forks(const struct procfs *fs);

/* The path of a file of a process, for calls that need one: /proc/PID/ and the
 * rest as printf() has it, cut to size. "." is the directory itself. */
void procfs_path(char *path, size_t size, pid_t pid, const char *format, ...)
    __attribute__((nonnull, format(printf, 4, 5)));

/* Opens /proc/PID/NAME for reading; -1 with errno. */
int procfs_open(const struct procfs *fs, pid_t pid, const char *name);

/* Reads an open file from its start; returns the length, -1 with errno and
 * empty text. */
ssize_t procfs_pread(int fd, char *text, size_t size);

/* Opens, reads and closes a file, relative to the directory root or AT_FDCWD;
 * returns the length, -1 with errno and empty text. */
ssize_t procfs_read_at(int root, const char *path, char *text, size_t size)
    __attribute__((nonnull));

/* The same for /proc/PID/NAME. */
ssize_t procfs_read(const struct procfs *fs, pid_t pid, const char *name,
    char *text, size_t size);

/* The same for a file of the machine. */
ssize_t procfs_machine(
    const struct procfs *fs, const char *name, char *text, size_t size);

/* False where the process is gone. */
bool procfs_stat(const struct procfs *fs, pid_t pid, struct proc_stat *stat);

/* The same of the process that started then: ESRCH where another one has its
 * pid. */
bool procfs_stat_of(const struct procfs *fs, pid_t pid, uint64_t started,
    struct proc_stat *stat);

/* The same with the machine's /proc, opened for this read: 0, ESRCH where there
 * is no such process, EIO where there is no /proc, or the read's error. */
int procfs_stat_once(pid_t pid, struct proc_stat *stat)
    __attribute__((nonnull));

/* The same of procfs_open(). */
int procfs_open_once(pid_t pid, const char *name) __attribute__((nonnull));

/* The present time, as proc_stat.started. */
uint64_t procfs_ticks(void);

/* The number in a line "KEY: 123", as in io; -1: there is none. */
int64_t procfs_number(const char *text, const char *key);

/* The figure of "KEY:   123 kB" in status or smaps_rollup; -1: there is
 * none. */
int64_t procfs_kib(const char *text, const char *key);

/* status lists a process's pids from this /proc's namespace down to its own
 * (NSpid, Linux 4.1). Returns their number; *found is the one at depth,
 * negative: the last. */
int procfs_nested_pids(const char *status, int depth, pid_t *found)
    __attribute__((nonnull));

/* The pid in this /proc of a child of this process; -1 where it is gone. */
pid_t procfs_child(const struct procfs *fs, pid_t pid);

/* The reverse: the pid that system calls of this process use; -1 where it is
 * gone, or in another namespace. */
pid_t procfs_namespace_pid(const struct procfs *fs, pid_t pid);

/* Calls each with every pid, until it returns false. -1 where /proc can't be
 * listed. Starts at *position (0: the first pid), and sets it to where to go
 * on; 0: all were listed. position may be NULL. */
int procfs_each(const struct procfs *fs, int64_t *position,
    bool (*each)(void *context, pid_t pid), void *context);

/* The same for the threads of a process. */
int procfs_each_thread(const struct procfs *fs, pid_t pid,
    bool (*each)(void *context, pid_t thread), void *context);
int procfs_each_thread_once(
    pid_t pid, bool (*each)(void *context, pid_t thread), void *context);

#endif
