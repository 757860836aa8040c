/* SPDX-License-Identifier: MIT
 *
 * This process's table of sampled allocations, as base/allocation_table.h
 * lays it out, in memory that is shared with its file. Whoever calls holds the
 * lock of samples.c.
 */
#ifndef MPROF_ALLOCATION_FILE_H
#define MPROF_ALLOCATION_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/allocation_table.h"

/* A mapped table; zeroes where there is none. */
struct file {
	struct allocation_header *header; /* NULL: none */
	struct allocation_slot *slots;
	char *log;
	uint64_t slots_backed, log_backed; /* bytes that have a page */
	bool is_private;                   /* there is no file yet */
};

/* A new file PID.N in the folder. -1: there is none, and none will be. */
int file_create(
    struct file *file, const char *folder, uint32_t pid, uint32_t flags);

/* A table without a file; file_publish() makes that, with all that is in it.
 * -1: it can't be had, or a limit of the program's would count it. */
int file_create_private(struct file *file, uint32_t pid, uint32_t flags);
int file_publish(struct file *file, const char *folder);

/* Unmaps it. Harmless on zeroes. */
void file_close(struct file *file);

/* Whether slots up to this one have pages behind them: a disk or a
 * quota that is full would end the program with SIGBUS. */
bool file_back_slot(struct file *file, uint32_t slot);

/* The place of the next entry of the log, with room for bytes (a multiple of
 * 8); NULL where it is full. file_log_add() makes it part of the log. */
void *file_log_room(struct file *file, size_t bytes);
uint32_t file_log_add(struct file *file, size_t bytes);

#endif
