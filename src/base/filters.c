// SPDX-License-Identifier: MIT
#include "base/filters.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/digits.h"

static const char filters_mode[] = "Seccomp:\t";
static const char filters_number[] = "Seccomp_filters:\t";

struct filters {
	bool is_confined;
	uint64_t count;
};

/* Takes the whole lines of text. Returns the rest. */
static char *filters_take_lines(
    struct filters *filters, char *text, bool *is_within)
{
	size_t mode = strlen(filters_mode), number = strlen(filters_number);
	char *end;

	while ((end = strchr(text, '\n')) != NULL) {
		*end = '\0';
		if (!*is_within && strncmp(text, filters_mode, mode) == 0)
			filters->is_confined = text[mode] != '0';
		if (!*is_within && strncmp(text, filters_number, number) == 0)
			filters->count = digits_at(text + number);
		*is_within = false;
		text = end + 1;
	}
	return text;
}

/* A process in many groups has a line that is longer than any buffer. */
int filters_read(int fd)
{
	struct filters filters = {0};
	bool is_within = false; /* text begins within a line */
	char text[4096];
	size_t len = 0;
	ssize_t got;

	while ((got = read(fd, text + len, sizeof(text) - 1 - len)) > 0) {
		char *rest;

		text[len + (size_t)got] = '\0';
		rest = filters_take_lines(&filters, text, &is_within);
		len = strlen(rest);
		memmove(text, rest, len);
		if (len >= sizeof(text) - 1) {
			is_within = true;
			len = 0;
		}
	}
	if (!filters.is_confined)
		return 0;
	return filters.count > 0 ? (int)filters.count : 1;
}
