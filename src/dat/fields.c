// SPDX-License-Identifier: MIT
#include "dat/fields.h"

#include <ctype.h>
#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static bool fields_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool field_next(const char **at, const char *end, struct field *field)
{
	const char *start = *at;

	while (start < end && fields_is_blank(*start))
		start++;
	*at = start;
	while (*at < end && !fields_is_blank(**at))
		*at += 1;
	*field = (struct field){start, (size_t)(*at - start)};
	return field->len > 0;
}

bool field_last(const char *start, const char **end, struct field *field)
{
	const char *stop = *end;

	while (stop > start && fields_is_blank(stop[-1]))
		stop--;
	*end = stop;
	while (*end > start && !fields_is_blank((*end)[-1]))
		*end -= 1;
	*field = (struct field){*end, (size_t)(stop - *end)};
	return field->len > 0;
}

bool field_split(
    const char **at, const char *end, char separator, struct field *field)
{
	const char *start = *at, *stop;

	if (start > end)
		return false;
	stop = start < end ? memchr(start, separator, (size_t)(end - start))
			   : NULL;
	if (!stop)
		stop = end;
	*field = (struct field){start, (size_t)(stop - start)};
	*at = stop + 1;
	return true;
}

bool field_value(
    const struct field *field, const char *key, struct field *value)
{
	size_t len = strlen(key);

	if (field->len <= len || memcmp(field->text, key, len) != 0 ||
	    field->text[len] != '=')
		return false;
	*value = (struct field){field->text + len + 1, field->len - len - 1};
	return true;
}

bool field_int(const struct field *field, int *number)
{
	bool minus = field->len > 1 && field->text[0] == '-';
	int value = 0;

	if (field->len == 0)
		return false;
	for (size_t i = minus; i < field->len; i++) {
		int digit = field->text[i] - '0';

		if (digit < 0 || digit > 9 ||
		    __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return false;
	}
	*number = minus ? -value : value;
	return true;
}

bool field_count(const struct field *field, uint64_t *number)
{
	uint64_t value = 0;

	if (field->len == 0)
		return false;
	for (size_t i = 0; i < field->len; i++) {
		int digit = field->text[i] - '0';

		if (digit < 0 || digit > 9 ||
		    __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)digit, &value))
			return false;
	}
	*number = value;
	return true;
}

static int fields_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte of two hexadecimal digits; 0 for other text, and for 00, which no
 * string can contain. */
static unsigned char fields_hex_byte(const char *text)
{
	int high = fields_hex_digit(text[0]), low = fields_hex_digit(text[1]);

	return high < 0 || low < 0 ? 0 : (unsigned char)(high << 4 | low);
}

char *field_decode(const struct field *field)
{
	char *out = mem_zero(field->len + 1, 1);
	size_t used = 0;

	for (size_t i = 0; i < field->len; i++) {
		unsigned char byte = 0;

		if (field->text[i] == '%' && field->len - i > 2)
			byte = fields_hex_byte(field->text + i + 1);
		if (byte)
			i += 2;
		out[used++] = byte ? (char)byte : field->text[i];
	}
	return out;
}

/* The byte of an escape at text; 0 for one that mprof never writes: a program's
 * argument may contain \d or \x41. */
static unsigned char fields_escaped_byte(
    const char *text, size_t len, size_t *taken)
{
	static const char letters[] = "ntr", meant[] = "\n\t\r";
	const char *letter = len > 1 ? strchr(letters, text[1]) : NULL;
	unsigned char byte;

	*taken = 2;
	if (letter && *letter)
		return (unsigned char)meant[letter - letters];
	*taken = 4;
	if (len < 4 || text[1] != 'x')
		return 0;
	byte = fields_hex_byte(text + 2);
	return byte < 0x20 || byte >= 0x7f ? byte : 0;
}

char *field_unescape(const char *text, size_t len)
{
	char *out = mem_zero(len + 1, 4), *at = out;
	size_t taken;

	for (size_t i = 0; i < len; i += taken) {
		unsigned char byte = 0;

		if (text[i] == '\\')
			byte = fields_escaped_byte(text + i, len - i, &taken);
		if (!byte)
			taken = 1;
		if (!byte && text[i] == 0)
			at = stpcpy(at, "\\x00");
		else
			*at++ = byte ? (char)byte : text[i];
	}
	*at = 0;
	return mem_resize(out, (size_t)(at - out) + 1, 1);
}

enum {
	MOST_DIGITS = 19, /* more may overflow 64 bits */
	/* 10^22 is the last power of ten that is an exact double. */
	MOST_DECIMALS = 22,
	LONGEST = 1024 /* a longer field is no number */
};

/* Up to here every whole number is an exact double. */
#define EXACT (UINT64_C(1) << 53)

static const double powers[MOST_DECIMALS + 1] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5,
    1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22};

static bool fields_ends_field(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Copies the field without underscores between digits, which float() allows;
 * NULL where one is elsewhere or the field is too long. */
static const char *fields_copy_field(const char *text, char *copy)
{
	size_t used = 0;

	for (; !fields_ends_field(*text); text++) {
		if (*text == '_') {
			if (used == 0 || !isdigit((unsigned char)text[-1]) ||
			    !isdigit((unsigned char)text[1]))
				return NULL;
			continue;
		}
		if (used + 1 == LONGEST || *text == 0)
			return NULL;
		copy[used++] = *text;
	}
	copy[used] = 0;
	return used ? text : NULL;
}

/* Parses with strtod(), except for hexadecimal and "nan(...)", which float()
 * refuses. */
static const char *fields_read_slowly(const char *text, double *value)
{
	char copy[LONGEST];
	const char *end = fields_copy_field(text, copy);
	char *rest;

	if (!end || isspace((unsigned char)copy[0]) || strpbrk(copy, "xXpP("))
		return NULL;
	*value = strtod(copy, &rest);
	return *rest == 0 ? end : NULL;
}

static uint64_t fields_load_eight(const char *text)
{
	uint64_t bytes;

	memcpy(&bytes, text, sizeof(bytes));
	return le64toh(bytes);
}

/* The top bit of each byte that is above 9; after the first such byte it may be
 * a carry. */
static uint64_t fields_mark_strange(uint64_t bytes)
{
	return ((bytes + UINT64_C(0x7676767676767676)) | bytes) &
	       UINT64_C(0x8080808080808080);
}

/* Combines eight digits: bytes to pairs, to fours, to one number. */
static uint64_t fields_join_eight(uint64_t bytes)
{
	bytes = (bytes * (10 << 8 | 1)) >> 8 & UINT64_C(0x00ff00ff00ff00ff);
	bytes = (bytes * (100 << 16 | 1)) >> 16 & UINT64_C(0x0000ffff0000ffff);
	return (bytes * (UINT64_C(10000) << 32 | 1)) >> 32;
}

/* The value of up to eight digits at text, in one step. */
static inline uint64_t fields_read_eight(const char *text, size_t *count)
{
	uint64_t bytes = fields_load_eight(text) ^ UINT64_C(0x3030303030303030);
	uint64_t strange = fields_mark_strange(bytes);

	*count = strange ? (size_t)__builtin_ctzll(strange) / 8 : 8;
	if (*count == 0)
		return 0;
	return fields_join_eight(bytes << (64 - 8 * *count));
}

/* Appends the digits at text to *whole; returns their end. */
static inline const char *fields_read_digits(const char *text, uint64_t *whole)
{
	static const uint32_t shift[] = {
	    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
	size_t count;
	uint64_t eight = fields_read_eight(text, &count);

	*whole = *whole * shift[count] + eight;
	text += count;
	while (count == 8 && (unsigned char)(*text - '0') < 10)
		*whole = *whole * 10 + (uint64_t)(*text++ - '0');
	return text;
}

/* The digits as a whole number and the power of ten are exact doubles, so the
 * one division rounds like strtod(). */
const char *number_read(const char *text, double *value)
{
	uint64_t whole = 0;
	const char *at = fields_read_digits(text, &whole);
	size_t digits = (size_t)(at - text), decimals = 0;

	if (*at == '.') {
		const char *point = at + 1;

		at = fields_read_digits(point, &whole);
		decimals = (size_t)(at - point);
		digits += decimals;
	}
	if (digits == 0 || digits > MOST_DIGITS || whole > EXACT ||
	    !fields_ends_field(*at))
		return fields_read_slowly(text, value);
	/* The analyzer doesn't see that decimals <= digits. */
	*value = (double)whole / powers[decimals]; // NOLINT(clang-analyzer-*)
	return at;
}

/* Parses "123.456789 ": checks the six decimals and the blank together. */
static inline const char *fields_read_mib(const char *text, double *mib)
{
	size_t count;
	uint64_t whole = fields_read_eight(text, &count), bytes;
	const char *at = text + count;

	if (*at != '.' || count == 0)
		return NULL;
	bytes = fields_load_eight(at + 1) ^ UINT64_C(0x0020303030303030);
	if ((fields_mark_strange(bytes) & UINT64_C(0x0000808080808080)) ||
	    (bytes & UINT64_C(0x00ff000000000000)))
		return NULL;
	whole = whole * 1000000 + fields_join_eight(bytes << 16);
	*mib = (double)(int64_t)whole / 1e6;
	return at + 8;
}

/* Parses "89.0123\n", with the eight digits before it. */
static inline const char *fields_read_seconds(
    const struct number_seconds *seconds, const char *text, double *time_s)
{
	uint64_t bytes = fields_load_eight(text) ^ UINT64_C(0x0a303030302e3030);

	if (fields_mark_strange(bytes) ||
	    (bytes & UINT64_C(0xff00000000ff0000)))
		return NULL;
	bytes = (bytes & 0xffff) << 16 |
		(bytes << 8 & UINT64_C(0xffffffff00000000));
	bytes = seconds->value * 1000000 + fields_join_eight(bytes);
	*time_s = (double)(int64_t)bytes / 1e4;
	return text + 8;
}

const char *number_read_sample(struct number_seconds *seconds, const char *text,
    double *mib, double *time_s)
{
	uint64_t bytes;

	text = fields_read_mib(text, mib);
	if (!text)
		return NULL;
	bytes = fields_load_eight(text);
	if (bytes != seconds->text) {
		uint64_t digits = bytes ^ UINT64_C(0x3030303030303030);

		if (fields_mark_strange(digits))
			return NULL;
		*seconds =
		    (struct number_seconds){bytes, fields_join_eight(digits)};
	}
	return fields_read_seconds(seconds, text + 8, time_s);
}
