/* SPDX-License-Identifier: MIT
 *
 * This process's table of sampled allocations, in the layout of
 * base/allocation_table.h, in memory shared with its file. Calls need the lock
 * of samples.c.
 */
#ifndef MPROF_ALLOCATION_FILE_H
#define MPROF_ALLOCATION_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/allocation_table.h"

/* A mapped table; zeroed: none. */
struct file {
	struct allocation_header *header; /* NULL: none */
	struct allocation_slot *slots;
	char *log;
	uint64_t slots_backed, log_backed; /* bytes with disk space */
	bool is_private;                   /* there is no file yet */
	bool is_frozen; /* no more disk space may be asked for */
};

/* open(), where O_CREAT is with mode 0600, and close(). Neither is a point
 * where the thread can be cancelled, as malloc() is none. */
int file_descriptor_open(const char *path, int flags);
void file_descriptor_close(int fd);

/* Creates a file PID.N in the directory. -1: that failed, and will again. */
int file_create(
    struct file *file, const char *directory, uint32_t pid, uint32_t flags);

/* Creates a table without a file; file_publish() writes it to one. -1: that
 * failed, or would count for a limit of the program's. */
int file_create_private(struct file *file, uint32_t pid, uint32_t flags);
int file_publish(struct file *file, const char *directory);

/* After the program has locked all of its memory: the table is not to be
 * resident, and has no more disk space than before. */
void file_unlock(struct file *file);

/* Removes all samples. */
void file_empty(struct file *file);

/* Makes forked children inherit the mapping, or not; at first they don't. In a
 * child that did, file_replace() replaces it by memory that nobody reads. */
void file_inherit(struct file *file, bool is_inherited);
void file_replace(struct file *file);

/* Unmaps it. Harmless on zeroes. */
void file_close(struct file *file);

/* Makes sure that slots up to this one have disk space: a full disk or quota
 * would end the program by SIGBUS. */
bool file_back_slot(struct file *file, uint32_t slot);

/* The address of the log's next entry, with room for bytes (a multiple of 8);
 * NULL where the log is full. file_log_add() adds the entry. */
void *file_log_room(struct file *file, size_t bytes);
uint32_t file_log_add(struct file *file, size_t bytes);

#endif
