// SPDX-License-Identifier: MIT
/* Strings and names out of an interpreter whose memory is the input. */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "base/utf8.h"
#include "python/text.h"

struct image {
	const uint8_t *data;
	size_t size;
};

enum { IMAGE_START = 0x10000 };

static int read_image(
    const struct python_memory *memory, uint64_t address, void *to, size_t len)
{
	const struct image *image = memory->image;

	if (address < IMAGE_START || address - IMAGE_START > image->size ||
	    len > image->size - (address - IMAGE_START)) {
		errno = EFAULT;
		return -1;
	}
	memcpy(to, image->data + (address - IMAGE_START), len);
	return 0;
}

/* What comes out is valid UTF-8 and ends within its room. */
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
	struct image image = {data + 1, size ? size - 1 : 0};
	struct python_target target = {
	    .memory = {.read = read_image, .image = &image}};
	const struct python_offsets *row;
	char out[40];

	if (size == 0)
		return 0;
	row = python_offsets_row(data[0] % 6);
	if (!row)
		return 0;
	target.offsets = *row;
	target.minor = row->minor;
	if (python_text(&target, IMAGE_START, out, sizeof(out)) == 0)
		check(out, sizeof(out));
	if (python_c_string(&target, IMAGE_START, out, sizeof(out)) == 0)
		check(out, sizeof(out));
	if (python_type_name(&target, IMAGE_START, out, sizeof(out)) == 0)
		check(out, sizeof(out));
	return 0;
}
