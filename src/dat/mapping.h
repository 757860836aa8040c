/* SPDX-License-Identifier: MIT
 *
 * A part of a file, mapped: its bytes without a copy of them. Where they can't
 * be had, since the file was cut or its disk failed, zeros stand in their
 * place instead of the SIGBUS that would end the program.
 */
#ifndef MPROF_DAT_MAPPING_H
#define MPROF_DAT_MAPPING_H

#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

struct mapping {
	const char *bytes; /* from the asked offset on */
	size_t len;
	void *pages; /* what munmap() needs */
	size_t size;
};

/* Maps len > 0 bytes of the file from offset on, anywhere in it; -1 where it
 * can't be mapped. One mapping at a time is guarded. */
int mapping_open(struct mapping *mapping, int fd, off_t offset, size_t len)
    __attribute__((nonnull, warn_unused_result));
void mapping_close(struct mapping *mapping) __attribute__((nonnull));

/* The guard stands from begin to end, which puts back what was there. */
void mapping_guard_begin(struct sigaction *before) __attribute__((nonnull));
void mapping_guard_end(const struct sigaction *before) __attribute__((nonnull));

#endif
