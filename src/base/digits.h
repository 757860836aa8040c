/* SPDX-License-Identifier: MIT
 *
 * Parsing decimal digits, for libraries that are preloaded into other
 * programs. strtol(), and so atoi(), becomes __isoc23_strtol when built
 * against glibc 2.38 or later, which musl and older glibc lack: a program
 * would not start.
 */
#ifndef MPROF_BASE_DIGITS_H
#define MPROF_BASE_DIGITS_H

#include <stdint.h>

/* Parses the number at *text, 0 where there is none; *text then points after
 * it. A number that is too large becomes some other large one. */
static inline uint64_t digits_read(const char **text)
{
	uint64_t number = 0;

	for (; **text >= '0' && **text <= '9'; (*text)++) {
		if (number < UINT64_MAX / 100)
			number = number * 10 + (uint64_t)(**text - '0');
	}
	return number;
}

static inline uint64_t digits_at(const char *text)
{
	return digits_read(&text);
}

#endif
