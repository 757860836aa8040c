/* SPDX-License-Identifier: MIT
 *
 * The name of a recording, from the pattern that -o gives.
 */
#ifndef MPROF_DAT_OUTPUT_NAME_H
#define MPROF_DAT_OUTPUT_NAME_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* With %h (the host), %p (pid), %t (the start, as in default names) and %%
 * replaced; any other % stays. What a host's name must not put into a file's
 * is an underscore. The caller frees. */
char *output_name(const char *pattern, pid_t pid, int64_t start_s)
    __attribute__((nonnull, malloc));

#endif
