// SPDX-License-Identifier: MIT
#include "python/remote/text.h"

#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"

#define REPLACEMENT 0xfffd
#define LENGTH_MAX ((uint64_t)1 << 40)
#define HEADER_MAX 128
#define WINDOW 256

/* Bits of PyASCIIObject.state, the same in all versions behind those that tell
 * whether the text is interned. */
struct text_shape {
	unsigned kind; /* bytes of a character: 1, 2 or 4 */
	bool compact, ascii;
};

struct out {
	char *at, *end; /* end: leaves room for the NUL */
};

static bool text_put(struct out *out, uint32_t code)
{
	char bytes[4];
	size_t len;

	if (!code || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		code = REPLACEMENT;
	len = utf8_put(bytes, code);
	if (len > (size_t)(out->end - out->at))
		return false;
	memcpy(out->at, bytes, len);
	out->at += len;
	return true;
}

static uint32_t text_character(const char *at, unsigned kind)
{
	uint32_t code = 0;

	memcpy(&code, at, kind);
	return code;
}

/* The address of the characters; 0 where the object has no known form. */
static uint64_t text_data_of(const struct python_target *target,
    uint64_t address, const char *header, struct text_shape *shape)
{
	const struct python_offsets *o = &target->offsets;
	uint32_t state = field_u32(header, o->str_state);

	state >>= o->str_kind_bit;
	shape->kind = state & 7;
	shape->compact = state >> 3 & 1;
	shape->ascii = state >> 4 & 1;
	if (shape->kind != 1 && shape->kind != 2 && shape->kind != 4)
		return 0;
	if (!shape->compact)
		return field_u64(header, o->str_data);
	return address +
	       (shape->ascii ? o->str_ascii_size : o->str_compact_size);
}

static int text_copy(const struct python_target *target, uint64_t data,
    uint64_t length, unsigned kind, struct out *out)
{
	char window[WINDOW];

	while (length && out->at < out->end) {
		uint64_t count =
		    WINDOW / kind < length ? WINDOW / kind : length;

		if (memory_read(&target->memory, data, window, count * kind) <
		    0)
			return -1;
		for (uint64_t i = 0; i < count; i++)
			if (!text_put(
				out, text_character(window + i * kind, kind)))
				return 0;
		data += count * kind;
		length -= count;
	}
	return 0;
}

int python_text(const struct python_target *target, uint64_t address, char *out,
    size_t size)
{
	const struct python_offsets *o = &target->offsets;
	struct out to = {out, out + size - 1};
	char header[HEADER_MAX];
	struct text_shape shape;
	uint64_t length, data;
	int result;

	*out = '\0';
	if (o->str_data + 8 > HEADER_MAX ||
	    memory_read(&target->memory, address, header, o->str_ascii_size) <
		0)
		return -1;
	/* Only forms that are not compact have the pointer at the end. */
	if (!(field_u32(header, o->str_state) >> (o->str_kind_bit + 3) & 1) &&
	    memory_read(&target->memory, address, header, o->str_data + 8) < 0)
		return -1;
	length = field_u64(header, o->str_length);
	data = text_data_of(target, address, header, &shape);
	if (!data || length > LENGTH_MAX)
		return -1;
	result = text_copy(target, data, length, shape.kind, &to);
	*to.at = '\0';
	return result;
}

/* Reads at most up to a page's end at a time: what follows the string may not
 * be mapped. */
static size_t text_read_c_string(
    const struct python_target *target, uint64_t at, char *out, size_t size)
{
	size_t len = 0;

	while (len + 1 < size) {
		size_t step = WINDOW - (at + len) % WINDOW;
		char *end;

		if (step > size - 1 - len)
			step = size - 1 - len;
		if (memory_read(&target->memory, at + len, out + len, step) < 0)
			break;
		end = memchr(out + len, '\0', step);
		if (end)
			return end - out;
		len += step;
	}
	return len;
}

int python_c_string(const struct python_target *target, uint64_t address,
    char *out, size_t size)
{
	char raw[1024];
	struct out to = {out, out + size - 1};
	const char *at = raw;
	size_t len;
	char first;

	*out = '\0';
	if (memory_read(&target->memory, address, &first, 1) < 0)
		return -1;
	len = text_read_c_string(
	    target, address, raw, size < sizeof(raw) ? size : sizeof(raw));
	raw[len] = '\0';
	while (*at) {
		int32_t code = utf8_next(&at);

		if (!text_put(&to, code < 0 ? REPLACEMENT : (uint32_t)code))
			break;
	}
	*to.at = '\0';
	return 0;
}

int python_type_name(const struct python_target *target, uint64_t address,
    char *out, size_t size)
{
	uint64_t name;

	*out = '\0';
	if (memory_u64(&target->memory, address + target->offsets.type_name,
		&name) < 0 ||
	    python_c_string(target, name, out, size) < 0)
		return -1;
	return *out ? 0 : -1;
}
