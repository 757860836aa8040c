/* SPDX-License-Identifier: MIT
 *
 * Reads the table of sampled allocations of one process
 * (base/allocation_table.h). The process may have written anything into the
 * file: every offset and length is checked against the file's layout, and a
 * sample with an impossible figure is ignored.
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

/* A slot as last read, and how its sample was recorded. */
struct allocation_known {
	uint64_t serial;
	uint32_t id;  /* sample's id in the recording; 0: not recorded */
	uint32_t kib; /* figure that was recorded for it */
};

struct allocation_mapped {
	uint64_t begin, end, bias;
	uint64_t at; /* offset of its record in the log */
	char *path;
};

struct allocation_known_stack {
	uint32_t offset;
	uint32_t site;
};

struct allocation_reader {
	struct allocation_header header; /* as last read */
	bool again; /* the header was new at the last reading: slots may have
		       been filled since it was read */
	uint64_t walked; /* bytes of the log whose modules are known */
	char root[32];   /* prefix of object files' paths; the caller sets it */
	size_t slots;    /* number of entries in known */
	struct allocation_known *known; /* state of each slot as last read */
	ARRAY(struct allocation_mapped) modules;
	ARRAY(struct allocation_known_stack) stacks;
	struct index stack_index; /* finds stacks by offset */
};

/* Memory that the readings of all tables share, so that it grows once. */
struct allocation_room {
	struct allocation_slot *slots;
	size_t cap;
	char *bytes;         /* a record of the log */
	struct strbuf texts; /* texts that frames point to */
	struct sink_frame frames[ALLOCATION_DEPTH];
	size_t count;
};

void allocation_reader_finish(struct allocation_reader *reader)
    __attribute__((nonnull));
void allocation_room_finish(struct allocation_room *room)
    __attribute__((nonnull));

/* Reads the header, the modules in the log and the slots into room->slots.
 * Returns the number of slots; 0 where the file is no table, or where nothing
 * has changed since the last reading: *changed is false then. */
size_t allocation_reader_read(struct allocation_reader *reader, int fd,
    struct allocation_room *room, bool *changed)
    __attribute__((nonnull, warn_unused_result));

/* Whether the slot still holds the sample that was read. Only then was it read
 * whole, so that its figures can be true. */
bool allocation_reader_confirm(int fd, size_t at,
    const struct allocation_slot *slot) __attribute__((nonnull));

/* Fills room->frames with a stack's frames, innermost first; code of an object
 * file is its path, line 0, and "+0x" with the address in it. False where the
 * log holds no stack there. */
bool allocation_reader_frames(const struct allocation_reader *reader, int fd,
    uint32_t stack, struct allocation_room *room) __attribute__((nonnull));

#endif
