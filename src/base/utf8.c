// SPDX-License-Identifier: MIT
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct utf8_range {
	int32_t first, last;
};

static const struct utf8_range unsafe_ranges[] = {{0x0001, 0x001f},
    {0x007f, 0x009f}, {0x00ad, 0x00ad}, {0x061c, 0x061c}, {0x180e, 0x180e},
    {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff},
    {0xfff9, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe007f}};

/* Unicode 15: general category Mn and Me, in the blocks that names use. */
static const struct utf8_range combining_ranges[] = {{0x0300, 0x036f},
    {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x05bf, 0x05bf}, {0x05c1, 0x05c2},
    {0x05c4, 0x05c5}, {0x0610, 0x061a}, {0x064b, 0x065f}, {0x0670, 0x0670},
    {0x06d6, 0x06dc}, {0x06df, 0x06e4}, {0x06e7, 0x06e8}, {0x06ea, 0x06ed},
    {0x0900, 0x0902}, {0x093a, 0x093a}, {0x093c, 0x093c}, {0x0941, 0x0948},
    {0x094d, 0x094d}, {0x0951, 0x0957}, {0x0e31, 0x0e31}, {0x0e34, 0x0e3a},
    {0x0e47, 0x0e4e}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20f0},
    {0x302a, 0x302d}, {0x3099, 0x309a}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
    {0x1f3fb, 0x1f3ff}, {0xe0100, 0xe01ef}};

/* Unicode 15: East_Asian_Width W and F. */
static const struct utf8_range wide_ranges[] = {{0x1100, 0x115f},
    {0x231a, 0x231b}, {0x2329, 0x232a}, {0x23e9, 0x23ec}, {0x23f0, 0x23f0},
    {0x23f3, 0x23f3}, {0x25fd, 0x25fe}, {0x2614, 0x2615}, {0x2648, 0x2653},
    {0x267f, 0x267f}, {0x2693, 0x2693}, {0x26a1, 0x26a1}, {0x26aa, 0x26ab},
    {0x26bd, 0x26be}, {0x26c4, 0x26c5}, {0x26ce, 0x26ce}, {0x26d4, 0x26d4},
    {0x26ea, 0x26ea}, {0x26f2, 0x26f3}, {0x26f5, 0x26f5}, {0x26fa, 0x26fa},
    {0x26fd, 0x26fd}, {0x2705, 0x2705}, {0x270a, 0x270b}, {0x2728, 0x2728},
    {0x274c, 0x274c}, {0x274e, 0x274e}, {0x2753, 0x2755}, {0x2757, 0x2757},
    {0x2795, 0x2797}, {0x27b0, 0x27b0}, {0x27bf, 0x27bf}, {0x2b1b, 0x2b1c},
    {0x2b50, 0x2b50}, {0x2b55, 0x2b55}, {0x2e80, 0x303e}, {0x3041, 0x33ff},
    {0x3400, 0x4dbf}, {0x4e00, 0x9fff}, {0xa000, 0xa4cf}, {0xa960, 0xa97f},
    {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xff01, 0xff60},
    {0xffe0, 0xffe6}, {0x16fe0, 0x18cff}, {0x1b000, 0x1b2ff},
    {0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f18e},
    {0x1f191, 0x1f19a}, {0x1f200, 0x1f320}, {0x1f32d, 0x1f335},
    {0x1f337, 0x1f37c}, {0x1f37e, 0x1f393}, {0x1f3a0, 0x1f3ca},
    {0x1f3cf, 0x1f3d3}, {0x1f3e0, 0x1f3f0}, {0x1f3f4, 0x1f3f4},
    {0x1f3f8, 0x1f43e}, {0x1f440, 0x1f440}, {0x1f442, 0x1f4fc},
    {0x1f4ff, 0x1f53d}, {0x1f54b, 0x1f54e}, {0x1f550, 0x1f567},
    {0x1f57a, 0x1f57a}, {0x1f595, 0x1f596}, {0x1f5a4, 0x1f5a4},
    {0x1f5fb, 0x1f64f}, {0x1f680, 0x1f6c5}, {0x1f6cc, 0x1f6cc},
    {0x1f6d0, 0x1f6d2}, {0x1f6d5, 0x1f6d7}, {0x1f6dc, 0x1f6df},
    {0x1f6eb, 0x1f6ec}, {0x1f6f4, 0x1f6fc}, {0x1f7e0, 0x1f7eb},
    {0x1f7f0, 0x1f7f0}, {0x1f90c, 0x1f93a}, {0x1f93c, 0x1f945},
    {0x1f947, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd}};

#define IN(code, ranges) \
	utf8_in_ranges(code, ranges, sizeof(ranges) / sizeof((ranges)[0]))

static bool utf8_in_ranges(
    int32_t code, const struct utf8_range *ranges, size_t count)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (code > ranges[mid].last)
			low = mid + 1;
		else if (code < ranges[mid].first)
			high = mid;
		else
			return true;
	}
	return false;
}

int32_t utf8_next(const char **text)
{
	static const int32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *s = (const unsigned char *)*text;
	int32_t code;
	int len;

	if (s[0] == 0)
		return 0;
	*text += 1;
	if (s[0] < 0x80)
		return s[0];
	len = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return -1;
	code = s[0] & (0x7f >> len);
	for (int i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return -1;
		code = code << 6 | (s[i] & 0x3f);
	}
	if (code < smallest[len] || code > 0x10ffff ||
	    (code >= 0xd800 && code <= 0xdfff))
		return -1;
	*text += len - 1;
	return code;
}

size_t utf8_put(char *out, uint32_t code)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

bool utf8_is_unsafe(int32_t code)
{
	return IN(code, unsafe_ranges);
}

char *utf8_clean(char *out, size_t size, const char *text)
{
	char piece[16];
	size_t used = 0;

	while (*text) {
		unsigned char byte = (unsigned char)*text;
		const char *start = text;
		int32_t code = utf8_next(&text);
		int len;

		if (code == '\n' || code == '\t')
			len = snprintf(piece, sizeof(piece), "\\%c",
			    code == '\n' ? 'n' : 't');
		else if (code < 0x20 || code == 0x7f) /* invalid: -1 */
			len = snprintf(piece, sizeof(piece), "\\x%02x", byte);
		else if (utf8_is_unsafe(code))
			len = snprintf(
			    piece, sizeof(piece), "\\u{%x}", (unsigned)code);
		else
			len = (int)(text - start);
		if (used + (size_t)len + 1 > size)
			break;
		memcpy(out + used,
		    code > 0 && !utf8_is_unsafe(code) ? start : piece,
		    (size_t)len);
		used += (size_t)len;
	}
	if (size)
		out[used] = 0;
	return out;
}

char *utf8_clean_copy(const char *text)
{
	size_t size = strlen(text) * 4 + 1;
	char *out = mem_zero(size, 1);

	return utf8_clean(out, size, text);
}

int utf8_code_width(int32_t code)
{
	if (code < 0x300)
		return 1;
	if (IN(code, combining_ranges))
		return 0;
	return IN(code, wide_ranges) ? 2 : 1;
}

size_t utf8_width_n(const char *text, size_t len)
{
	const char *end = text + len;
	size_t columns = 0;

	while (text < end)
		columns += (size_t)utf8_code_width(utf8_next(&text));
	return columns;
}

size_t utf8_width(const char *text)
{
	return utf8_width_n(text, strlen(text));
}

/* The byte length of the longest prefix that takes at most that many
 * columns. */
static size_t utf8_prefix_len(const char *text, size_t columns)
{
	const char *at = text, *next = text;
	size_t used = 0;

	while (*at) {
		used += (size_t)utf8_code_width(utf8_next(&next));
		if (used > columns)
			break;
		at = next;
	}
	return (size_t)(at - text);
}

/* Copies the first len bytes of text, or as many whole characters as fit. */
static char *utf8_copy_prefix(
    char *out, size_t size, const char *text, size_t len)
{
	if (len >= size)
		len = size ? size - 1 : 0;
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	memcpy(out, text, len);
	if (size)
		out[len] = 0;
	return out;
}

/* The text after that many columns; never begins with a combining mark. */
static const char *utf8_behind_columns(const char *text, size_t columns)
{
	const char *next = text;

	for (size_t used = 0; *text; text = next) {
		int width = utf8_code_width(utf8_next(&next));

		if (used >= columns && width > 0)
			break;
		used += (size_t)width;
	}
	return text;
}

char *utf8_shorten(char *out, size_t size, const char *text, size_t columns)
{
	static const char ellipsis[] = "\xe2\x80\xa6";
	size_t width = utf8_width(text), head, tail;
	const char *rest;

	if (width <= columns || columns == 0)
		return utf8_copy_prefix(
		    out, size, text, utf8_prefix_len(text, columns));
	tail = (columns - 1) / 3;
	head = utf8_prefix_len(text, columns - 1 - tail);
	rest = utf8_behind_columns(text, width - tail);
	utf8_copy_prefix(out, size, text, head);
	if (head + strlen(ellipsis) + strlen(rest) < size)
		sprintf(out + head, "%s%s", ellipsis, rest);
	return out;
}

char utf8_ascii(int32_t code)
{
	static const struct {
		int32_t code;
		char ascii;
	} near[] = {
	    {0xb7, '-'},   /* middle dot */
	    {0xd7, 'x'},   /* multiplication sign */
	    {0x2026, '~'}, /* ellipsis */
	    {0x2190, '<'}, /* arrow to the left */
	};

	for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
		if (near[i].code == code)
			return near[i].ascii;
	}
	return code >= ' ' && code < 127 ? (char)code : '?';
}
