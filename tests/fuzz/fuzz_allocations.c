// SPDX-License-Identifier: MIT
/* A table of sampled allocations, as the recorded process may have written it:
 * a header, four slots, the rest is its log. */
#include "fuzz.h"
#include "input.h"

#include <string.h>

#include "recorder/allocation_reader.h"

static size_t take_part(
    int fd, const uint8_t *data, size_t size, size_t len, off_t at)
{
	size_t part = size < len ? size : len;

	if (pwrite(fd, data, part, at) != (ssize_t)part)
		abort();
	return part;
}

static void read_table(
    struct allocation_reader *reader, struct allocation_room *room, int fd)
{
	bool changed;
	size_t count = allocation_reader_read(reader, fd, room, &changed);

	if (count > reader->slots || count > room->cap)
		abort();
	for (size_t i = 0; i < count && i < 4; i++) {
		allocation_reader_confirm(fd, i, &room->slots[i]);
		if (!allocation_reader_frames(
			reader, fd, room->slots[i].stack, room))
			continue;
		for (size_t j = 0; j < room->count; j++)
			if (strlen(room->frames[j].file) +
				strlen(room->frames[j].function) ==
			    SIZE_MAX)
				abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = input_file(data, 0);
	struct allocation_reader reader = {0};
	struct allocation_room room = {0};
	size_t used;

	if (ftruncate(fd, ALLOCATION_FILE) != 0)
		abort();
	used = take_part(fd, data, size, sizeof(struct allocation_header), 0);
	used += take_part(fd, data + used, size - used,
	    4 * sizeof(struct allocation_slot), ALLOCATION_SLOTS_AT);
	take_part(fd, data + used, size - used, size, ALLOCATION_LOG_AT);
	read_table(&reader, &room, fd);
	read_table(&reader, &room, fd);
	allocation_reader_finish(&reader);
	allocation_room_finish(&room);
	return 0;
}
