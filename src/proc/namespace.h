/* SPDX-License-Identifier: MIT
 *
 * The namespaces of a process in a container: the pids that it and its threads
 * have in their own pid namespace, which differ from those here; and whether
 * it sees the same files.
 */
#ifndef MPROF_PROC_NAMESPACE_H
#define MPROF_PROC_NAMESPACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Whether /proc uses the same pids as this process's system calls. */
bool namespace_has_proc(void);

/* The pid of the process in its own namespace; pid where that is unknown. */
pid_t namespace_inner_pid(pid_t pid);

/* The pid namespace of the process, as the inode of its /proc/PID/ns/pid; 0
 * where it is unknown. */
uint64_t namespace_of_pids(pid_t pid);

/* The thread of pid whose number in its own namespace is inner, as a number of
 * ours; 0 where there is none. */
pid_t namespace_outer_tid(pid_t pid, pid_t inner);

/* By what a process finds files: its mount namespace, as the inode of its
 * /proc/PID/ns/mnt, and its root. */
struct namespace_files {
	uint64_t mounts, root_device, root_inode;
};

/* False where the process is gone, or may not be looked at. */
bool namespace_find_files(pid_t pid, struct namespace_files *files)
    __attribute__((nonnull));

/* Whether a path is the same file for a process as for this one: they share the
 * mount namespace and the root. False where that can't be found out. */
bool namespace_shares_files(
    uint64_t mounts, uint64_t root_device, uint64_t root_inode);

#endif
