/* SPDX-License-Identifier: MIT
 *
 * Reads the table of sampled allocations of one process
 * (base/allocation_table.h). What the file holds is the process's, which may
 * have written anything: every offset and length is held against the file's
 * layout, and a figure that can't be true makes its sample none.
 */
#ifndef MPROF_RECORDER_ALLOCATION_READER_H
#define MPROF_RECORDER_ALLOCATION_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/allocation_table.h"
#include "base/array.h"
#include "base/index.h"
#include "base/strbuf.h"
#include "recorder/sink.h"

/* A slot as it was at the last reading, and what became of its sample. */
struct allocation_known {
	uint64_t serial;
	uint32_t id;  /* that the sample has in the recording; 0: left out */
	uint32_t kib; /* that it was recorded with */
};

struct allocation_mapped {
	uint64_t begin, end, bias;
	uint64_t at; /* of its record in the log */
	char *path;
};

struct allocation_known_stack {
	uint32_t offset;
	uint32_t site;
};

struct allocation_reader {
	struct allocation_header header; /* of the last reading */
	bool again; /* it was new then: a slot may have been filled behind it */
	uint64_t walked; /* bytes of the log */
	char root[32]; /* put before its object files\' paths: the caller\'s */
	size_t slots;  /* that were read */
	struct allocation_known *known; /* as many */
	ARRAY(struct allocation_mapped) modules;
	ARRAY(struct allocation_known_stack) stacks;
	struct index stack_index; /* by offset */
};

/* Memory that the readings of all tables share, so that it grows once. */
struct allocation_room {
	struct allocation_slot *slots;
	size_t cap;
	char *bytes;         /* of the log */
	struct strbuf texts; /* of the frames below */
	struct sink_frame frames[ALLOCATION_DEPTH];
	size_t count;
};

void allocation_reader_finish(struct allocation_reader *reader)
    __attribute__((nonnull));
void allocation_room_finish(struct allocation_room *room)
    __attribute__((nonnull));

/* Reads the header, the modules in the log and the slots into room->slots, and
 * returns the number of the latter; 0 where the file is no table, or holds
 * nothing that was not there at the last reading: *changed is false then. */
size_t allocation_reader_read(struct allocation_reader *reader, int fd,
    struct allocation_room *room, bool *changed)
    __attribute__((nonnull, warn_unused_result));

/* Whether the slot still holds the very sample that was read, so that it was
 * read whole, and its figures can be true. */
bool allocation_reader_confirm(int fd, size_t at,
    const struct allocation_slot *slot) __attribute__((nonnull));

/* Fills room->frames with a stack's frames, innermost first; code of an object
 * file is its path, line 0, and "+0x" with the address in it. False where the
 * log holds no stack there. */
bool allocation_reader_frames(const struct allocation_reader *reader, int fd,
    uint32_t stack, struct allocation_room *room) __attribute__((nonnull));

#endif
