// SPDX-License-Identifier: MIT
#include "recorder/allocation_reader.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"

enum {
	CHUNK = 64 << 10,    /* bytes of the log that one read takes */
	TEXT_MAX = 16 << 10, /* longest record of the log that holds text */
	MODULES_MAX = 4096,
	SIZE_BITS = 47, /* no allocation is larger than the address space */
};

void allocation_reader_finish(struct allocation_reader *reader)
{
	for (size_t i = 0; i < reader->modules.len; i++)
		free(reader->modules.items[i].path);
	array_free(&reader->modules);
	array_free(&reader->stacks);
	index_finish(&reader->stack_index);
	free(reader->known);
	*reader = (struct allocation_reader){0};
}

void allocation_room_finish(struct allocation_room *room)
{
	free(room->slots);
	free(room->bytes);
	strbuf_finish(&room->texts);
	*room = (struct allocation_room){0};
}

static bool reader_pread(int fd, void *to, size_t len, uint64_t at)
{
	return pread(fd, to, len, (off_t)at) == (ssize_t)len;
}

/* Reads a record of the log, cut where the room ends. Returns 0 where no record
 * can begin at that offset. */
static size_t reader_entry(const struct allocation_reader *reader, int fd,
    uint64_t at, struct allocation_room *room)
{
	struct allocation_entry entry;
	uint64_t end = reader->header.log_used;

	if (at % 8 != 0 || at > end || end - at < sizeof(entry) ||
	    !reader_pread(fd, &entry, sizeof(entry), ALLOCATION_LOG_AT + at) ||
	    entry.bytes < sizeof(entry) || entry.bytes > end - at ||
	    entry.bytes > TEXT_MAX ||
	    !reader_pread(fd, room->bytes, entry.bytes, ALLOCATION_LOG_AT + at))
		return 0;
	return entry.bytes;
}

static void reader_add_module(struct allocation_reader *reader, uint64_t at,
    const char *bytes, size_t len)
{
	struct allocation_module module;
	size_t head = sizeof(module);

	if (len <= head || reader->modules.len == MODULES_MAX)
		return;
	memcpy(&module, bytes, head);
	if (module.begin >= module.end)
		return;
	*array_push(&reader->modules) = (struct allocation_mapped){
	    .begin = module.begin,
	    .end = module.end,
	    .bias = module.bias,
	    .at = at,
	    .path = mem_copy_n(bytes + head, strnlen(bytes + head, len - head)),
	};
}

/* Walks what is new in the log for modules. A record that can't be one ends
 * the walk for good. */
static void reader_walk(
    struct allocation_reader *reader, int fd, struct allocation_room *room)
{
	uint64_t end = reader->header.log_used, in = reader->walked, until = in;

	while (reader->walked + sizeof(struct allocation_entry) <= end) {
		struct allocation_entry entry;
		uint64_t at = reader->walked, left = end - at;

		if (at + sizeof(entry) > until) {
			in = at;
			until = at + (left < CHUNK ? left : CHUNK);
			if (!reader_pread(fd, room->bytes, until - in,
				ALLOCATION_LOG_AT + in))
				return;
		}
		memcpy(&entry, room->bytes + (at - in), sizeof(entry));
		if (entry.bytes < sizeof(entry) || entry.bytes > left) {
			reader->walked = ALLOCATION_LOG;
			return;
		}
		if (entry.kind == ALLOCATION_MODULE &&
		    entry.bytes <= TEXT_MAX) {
			if (at + entry.bytes > until) {
				if (!reader_pread(fd, room->bytes, entry.bytes,
					ALLOCATION_LOG_AT + at))
					return;
				in = at;
				until = at + entry.bytes;
			}
			reader_add_module(
			    reader, at, room->bytes + (at - in), entry.bytes);
		}
		reader->walked = at + ((entry.bytes + 7) & ~(uint64_t)7);
	}
}

static bool reader_header(
    struct allocation_reader *reader, int fd, bool *changed)
{
	struct allocation_header header;

	if (!reader_pread(fd, &header, sizeof(header), 0) ||
	    header.magic != ALLOCATION_MAGIC ||
	    header.version != ALLOCATION_VERSION)
		return false;
	if (header.used > ALLOCATION_SLOTS)
		header.used = ALLOCATION_SLOTS;
	if (header.log_used > ALLOCATION_LOG)
		header.log_used = ALLOCATION_LOG;
	*changed = memcmp(&header, &reader->header, sizeof(header)) != 0;
	reader->header = header;
	reader->again = *changed || reader->again;
	return true;
}

/* A program writes a stack before the slot that refers to it: a log that is
 * read after the slots holds the stacks of all of them. */
static bool reader_log(
    struct allocation_reader *reader, int fd, struct allocation_room *room)
{
	uint64_t used;

	if (!reader_pread(fd, &used, sizeof(used),
		offsetof(struct allocation_header, log_used)))
		return false;
	reader->header.log_used = used < ALLOCATION_LOG ? used : ALLOCATION_LOG;
	reader_walk(reader, fd, room);
	return true;
}

size_t allocation_reader_read(struct allocation_reader *reader, int fd,
    struct allocation_room *room, bool *changed)
{
	size_t used;

	*changed = false;
	if (!reader_header(reader, fd, changed) || !reader->again)
		return 0;
	reader->again = *changed;
	*changed = true;
	if (!room->bytes)
		room->bytes = mem_zero(CHUNK, 1);
	used = reader->header.used > reader->slots ? reader->header.used
						   : reader->slots;
	if (used > room->cap) {
		room->slots =
		    mem_resize(room->slots, used, sizeof(*room->slots));
		room->cap = used;
	}
	if (used > reader->slots) {
		reader->known =
		    mem_resize(reader->known, used, sizeof(*reader->known));
		memset(reader->known + reader->slots, 0,
		    (used - reader->slots) * sizeof(*reader->known));
		reader->slots = used;
	}
	if ((used > 0 &&
		!reader_pread(fd, room->slots, used * sizeof(*room->slots),
		    ALLOCATION_SLOTS_AT)) ||
	    !reader_log(reader, fd, room))
		*changed = false;
	return *changed ? used : 0;
}

bool allocation_reader_confirm(
    int fd, size_t at, const struct allocation_slot *slot)
{
	struct allocation_slot again;

	return slot->weight >= slot->size && slot->weight > 0 &&
	       slot->weight >> SIZE_BITS == 0 &&
	       reader_pread(fd, &again, sizeof(again),
		   ALLOCATION_SLOTS_AT + at * sizeof(again)) &&
	       memcmp(&again, slot, sizeof(again)) == 0;
}

/* Returns the module that was the last to be mapped there before the stack was
 * written. */
static const struct allocation_mapped *reader_module_of(
    const struct allocation_reader *reader, uint64_t address, uint64_t stack)
{
	for (size_t i = reader->modules.len; i-- > 0;) {
		const struct allocation_mapped *module =
		    &reader->modules.items[i];

		if (module->at < stack && address >= module->begin &&
		    address < module->end)
			return module;
	}
	return NULL;
}

/* The frames' texts follow each other in room->texts, which may move as it
 * grows: pointers to them are set when all are there. */
static void reader_push(struct allocation_room *room, const char *file,
    int line, const char *function)
{
	room->frames[room->count++].line = line;
	strbuf_add_bytes(&room->texts, file, strlen(file) + 1);
	strbuf_add_bytes(&room->texts, function, strlen(function) + 1);
}

static void reader_add_code(const struct allocation_reader *reader,
    uint64_t address, uint64_t stack, struct allocation_room *room)
{
	const struct allocation_mapped *module =
	    reader_module_of(reader, address, stack);
	char text[32], *path;

	path = mem_format("%s%.*s", module ? reader->root : "",
	    module ? (int)path_undeleted(module->path) : 0,
	    module ? module->path : "");
	snprintf(text, sizeof(text), "+0x%llx",
	    (unsigned long long)(address - (module ? module->bias : 0)));
	reader_push(room, path, 0, text);
	free(path);
}

/* The record holds the file's name and behind it the function's, in len
 * bytes. */
static void reader_add_frame(const struct allocation_reader *reader, int fd,
    uint64_t at, struct allocation_room *room)
{
	size_t len = reader_entry(reader, fd, at, room), file_len;
	struct allocation_frame frame;
	const char *text = room->bytes + sizeof(frame);

	if (len <= sizeof(frame))
		return;
	memcpy(&frame, room->bytes, sizeof(frame));
	if (frame.entry.kind != ALLOCATION_FRAME)
		return;
	len -= sizeof(frame);
	file_len = strnlen(text, len);
	if (file_len + 1 >= len ||
	    memchr(text + file_len + 1, 0, len - file_len - 1) == NULL)
		return;
	reader_push(room, text, frame.line <= INT32_MAX ? (int)frame.line : 0,
	    text + file_len + 1);
}

bool allocation_reader_frames(const struct allocation_reader *reader, int fd,
    uint32_t stack, struct allocation_room *room)
{
	uint64_t frames[ALLOCATION_DEPTH];
	struct allocation_stack head;
	size_t len = reader_entry(reader, fd, stack, room);
	const char *text;

	room->count = 0;
	room->texts.len = 0;
	if (len < sizeof(head))
		return false;
	memcpy(&head, room->bytes, sizeof(head));
	if (head.entry.kind != ALLOCATION_STACK ||
	    head.count > ALLOCATION_DEPTH ||
	    head.count * sizeof(frames[0]) > len - sizeof(head))
		return false;
	memcpy(
	    frames, room->bytes + sizeof(head), head.count * sizeof(frames[0]));
	for (size_t i = 0; i < head.count; i++) {
		if (frames[i] & ALLOCATION_IS_FRAME)
			reader_add_frame(
			    reader, fd, frames[i] & ~ALLOCATION_IS_FRAME, room);
		else
			reader_add_code(reader, frames[i], stack, room);
	}
	text = room->texts.text; /* it moves while it grows */
	for (size_t i = 0; i < room->count; i++) {
		room->frames[i].file = text;
		text += strlen(text) + 1;
		room->frames[i].function = text;
		text += strlen(text) + 1;
	}
	return true;
}
