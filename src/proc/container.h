/* SPDX-License-Identifier: MIT
 *
 * Containers as their runtimes record them on a machine: an id in the name of
 * the control group, and names in files.
 */
#ifndef MPROF_PROC_CONTAINER_H
#define MPROF_PROC_CONTAINER_H

#include <stdbool.h>
#include <sys/types.h>

enum { CONTAINER_ID_LEN = 64, CONTAINER_ID = CONTAINER_ID_LEN + 1 };

/* The id in a group's name, such as "docker-ID.scope"; false where there is
 * none, or the group is of the process that watches a container. */
bool container_id_of(const char *group, char id[CONTAINER_ID])
    __attribute__((nonnull));

/* All names of a container, separated by blanks, from files below state; NULL
 * where none can be read. The caller frees. */
char *container_names(const char *state, const char *id)
    __attribute__((nonnull, warn_unused_result));

/* The first process of containerd's container with that id; 0: there is
 * none. */
pid_t container_pid_of(const char *state, const char *id)
    __attribute__((nonnull));

#endif
