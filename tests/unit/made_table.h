/* SPDX-License-Identifier: MIT
 *
 * A table of sampled allocations in a file, as a recorded process writes it.
 */
#ifndef MPROF_TESTS_UNIT_MADE_TABLE_H
#define MPROF_TESTS_UNIT_MADE_TABLE_H

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/allocation_table.h"

struct made_table {
	int fd;
	struct allocation_header header;
};

static inline void made_put(
    const struct made_table *table, const void *bytes, size_t len, uint64_t at)
{
	if (pwrite(table->fd, bytes, len, (off_t)at) != (ssize_t)len)
		abort();
}

static inline void made_header(const struct made_table *table)
{
	made_put(table, &table->header, sizeof(table->header), 0);
}

static inline void made_open(struct made_table *table, const char *path)
{
	struct stat mounts, root, pids;

	*table = (struct made_table){
	    .fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600),
	    .header = {.magic = ALLOCATION_MAGIC,
		.version = ALLOCATION_VERSION,
		.flags = ALLOCATION_MALLOC | ALLOCATION_PYTHON,
		.period = ALLOCATION_PERIOD}};
	if (table->fd < 0 || ftruncate(table->fd, ALLOCATION_FILE) != 0 ||
	    stat("/proc/self/ns/mnt", &mounts) != 0 || stat("/", &root) != 0 ||
	    stat("/proc/self/ns/pid", &pids) != 0)
		abort();
	table->header.pids = pids.st_ino;
	table->header.mounts = mounts.st_ino;
	table->header.root_device = root.st_dev;
	table->header.root_inode = root.st_ino;
	made_header(table);
}

/* Appends a record to the log; its offset. */
static inline uint32_t made_entry(struct made_table *table, uint32_t kind,
    const void *fixed, size_t fixed_len, const void *rest, size_t rest_len)
{
	struct allocation_entry entry = {
	    kind, (uint32_t)(fixed_len + rest_len)};
	uint64_t at = table->header.log_used;
	char bytes[20 << 10] = {0};

	memcpy(bytes, fixed, fixed_len);
	memcpy(bytes, &entry, sizeof(entry));
	memcpy(bytes + fixed_len, rest, rest_len);
	made_put(
	    table, bytes, fixed_len + rest_len + 7, ALLOCATION_LOG_AT + at);
	table->header.log_used = (at + fixed_len + rest_len + 7) & ~7ull;
	made_header(table);
	return (uint32_t)at;
}

/* text: "file\0function". */
static inline uint64_t made_frame(
    struct made_table *table, uint64_t line, const char *text, size_t len)
{
	struct allocation_frame frame = {.line = line};

	return ALLOCATION_IS_FRAME | made_entry(table, ALLOCATION_FRAME, &frame,
					 sizeof(frame), text, len);
}

static inline void made_module(struct made_table *table, uint64_t begin,
    uint64_t end, uint64_t bias, const char *path)
{
	struct allocation_module module = {
	    .begin = begin, .end = end, .bias = bias};

	made_entry(table, ALLOCATION_MODULE, &module, sizeof(module), path,
	    strlen(path) + 1);
}

static inline uint32_t made_stack(
    struct made_table *table, const uint64_t *frames, uint64_t count)
{
	struct allocation_stack stack = {.count = count};

	return made_entry(table, ALLOCATION_STACK, &stack, sizeof(stack),
	    frames, count * sizeof(frames[0]));
}

/* Fills a slot, or empties it where size is 0. */
static inline void made_slot(struct made_table *table, uint64_t at,
    uint64_t size, uint32_t stack, uint64_t time_ns)
{
	struct allocation_slot slot = {.size = size,
	    .weight = size < ALLOCATION_PERIOD ? ALLOCATION_PERIOD : size,
	    .stack = stack,
	    .time_ns = time_ns};

	if (size > 0)
		slot.serial = ++table->header.taken;
	else
		table->header.dropped++;
	made_put(table, &slot, sizeof(slot),
	    ALLOCATION_SLOTS_AT + at * sizeof(slot));
	if (table->header.used <= at)
		table->header.used = at + 1;
	made_header(table);
}

#endif
