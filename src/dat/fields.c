// SPDX-License-Identifier: MIT
#include "dat/fields.h"

#include <ctype.h>
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

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte of two hexadecimal digits; 0 for other text, and for 00, which no
 * string can contain. */
static unsigned char hex_byte(const char *text)
{
	int high = hex_digit(text[0]), low = hex_digit(text[1]);

	return high < 0 || low < 0 ? 0 : (unsigned char)(high << 4 | low);
}

char *field_decode(const struct field *field)
{
	char *out = mem_zero(field->len + 1, 1);
	size_t used = 0;

	for (size_t i = 0; i < field->len; i++) {
		unsigned char byte = 0;

		if (field->text[i] == '%' && field->len - i > 2)
			byte = hex_byte(field->text + i + 1);
		if (byte)
			i += 2;
		out[used++] = byte ? (char)byte : field->text[i];
	}
	return out;
}

/* The byte of an escape at text; 0 for one that mprof never writes: a program's
 * argument may contain \d or \x41. */
static unsigned char escaped_byte(const char *text, size_t len, size_t *taken)
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
	byte = hex_byte(text + 2);
	return byte < 0x20 || byte >= 0x7f ? byte : 0;
}

char *field_unescape(const char *text, size_t len)
{
	char *out = mem_zero(len + 1, 4), *at = out;
	size_t taken;

	for (size_t i = 0; i < len; i += taken) {
		unsigned char byte = 0;

		if (text[i] == '\\')
			byte = escaped_byte(text + i, len - i, &taken);
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
