// SPDX-License-Identifier: MIT
#include "python/stack/linetable.h"

#include <stdbool.h>

#define CODE_UNIT 2 /* bytes of an instruction */

/* Kinds of entries in 3.11, in the four bits behind the highest. */
enum location {
	LOCATION_ONE_LINE_0 = 10, /* up to 12: that many lines further */
	LOCATION_ONE_LINE_2 = 12,
	LOCATION_NO_COLUMNS = 13,
	LOCATION_LONG = 14,
	LOCATION_NONE = 15
};

/* Adds without overflow: the lines of a hostile table don't matter. */
static int linetable_add(int line, int delta)
{
	int sum;

	return __builtin_add_overflow(line, delta, &sum) ? line : sum;
}

/* Pairs of (bytes, lines), each relative to the previous one. */
static int linetable_lnotab(const uint8_t *table, size_t len, int first, int at)
{
	int line = first, place = 0;

	for (size_t i = 0; i + 1 < len; i += 2) {
		place = linetable_add(place, table[i]);
		if (place > at)
			break;
		line = linetable_add(line, (int8_t)table[i + 1]);
	}
	return line;
}

/* Pairs of (bytes, lines): the line applies to these bytes; -128: no line. */
static int linetable_310(const uint8_t *table, size_t len, int first, int at)
{
	int line = first, place = 0;

	for (size_t i = 0; i + 1 < len; i += 2) {
		int delta = (int8_t)table[i + 1];

		place = linetable_add(place, table[i]);
		if (delta != -128)
			line = linetable_add(line, delta);
		if (at < place)
			return delta == -128 ? first : line;
	}
	return first;
}

/* A number in groups of six bits, the lowest first, with its sign in bit 0. */
static int linetable_signed_varint(const uint8_t *table, size_t len, size_t i)
{
	unsigned value = 0;

	for (unsigned shift = 0; i < len && shift < 30; shift += 6, i++) {
		value |= (unsigned)(table[i] & 63) << shift;
		if (!(table[i] & 64))
			break;
	}
	return value & 1 ? -(int)(value >> 1) : (int)(value >> 1);
}

static int linetable_311(const uint8_t *table, size_t len, int first, int at)
{
	int line = first, place = 0;

	for (size_t i = 0; i < len;) {
		int kind = table[i] >> 3 & 15;

		place = linetable_add(place, ((table[i] & 7) + 1) * CODE_UNIT);
		if (kind == LOCATION_NO_COLUMNS || kind == LOCATION_LONG)
			line = linetable_add(
			    line, linetable_signed_varint(table, len, i + 1));
		else if (kind >= LOCATION_ONE_LINE_0 &&
			 kind <= LOCATION_ONE_LINE_2)
			line = linetable_add(line, kind - LOCATION_ONE_LINE_0);
		if (at < place)
			return kind == LOCATION_NONE ? first : line;
		/* Only the first byte of an entry has the highest bit. */
		do
			i++;
		while (i < len && !(table[i] & 128));
	}
	return first;
}

int linetable_line(enum line_table_form form, const uint8_t *table, size_t len,
    int first, int at)
{
	static int (*const lines[])(
	    const uint8_t *table, size_t len, int first, int at) = {
	    [LINE_TABLE_STEPS] = linetable_lnotab,
	    [LINE_TABLE_RANGES] = linetable_310,
	    [LINE_TABLE_LOCATIONS] = linetable_311,
	};

	return at < 0 ? first : lines[form](table, len, first, at);
}
