// SPDX-License-Identifier: MIT
/* Strings and names out of an interpreter whose memory is the input. */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "base/utf8.h"
#include "python/remote/text.h"

struct snapshot {
	const uint8_t *data;
	size_t size;
};

enum { SNAPSHOT_START = 0x10000 };

static int read_snapshot(
    const struct python_memory *memory, uint64_t address, void *to, size_t len)
{
	const struct snapshot *snapshot = memory->snapshot;

	if (address < SNAPSHOT_START ||
	    address - SNAPSHOT_START > snapshot->size ||
	    len > snapshot->size - (address - SNAPSHOT_START)) {
		errno = EFAULT;
		return -1;
	}
	memcpy(to, snapshot->data + (address - SNAPSHOT_START), len);
	return 0;
}

/* The result is valid UTF-8 and ends within its room. */
static void check(const char *text, size_t size)
{
	if (strnlen(text, size) == size)
		__builtin_trap();
	while (*text) {
		if (utf8_next(&text) == -1)
			__builtin_trap();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snapshot snapshot = {data + 1, size ? size - 1 : 0};
	struct python_target target = {
	    .memory = {.read = read_snapshot, .snapshot = &snapshot}};
	const struct python_offsets *row;
	char out[40];

	if (size == 0)
		return 0;
	row = python_offsets_row(data[0] % 6);
	if (!row)
		return 0;
	target.offsets = *row;
	target.minor = row->minor;
	if (python_text(&target, SNAPSHOT_START, out, sizeof(out)) == 0)
		check(out, sizeof(out));
	if (python_c_string(&target, SNAPSHOT_START, out, sizeof(out)) == 0)
		check(out, sizeof(out));
	if (python_type_name(&target, SNAPSHOT_START, out, sizeof(out)) == 0)
		check(out, sizeof(out));
	return 0;
}
