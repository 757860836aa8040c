// SPDX-License-Identifier: MIT
#include "dat/output_name.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/strbuf.h"

enum { PART = 256 };

static void make_host(char out[static PART])
{
	if (gethostname(out, PART - 1) != 0)
		out[0] = 0;
	out[PART - 1] = 0;
	for (char *c = out; *c; c++) {
		if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_' &&
		    (*c != '.' || c == out))
			*c = '_';
	}
	if (!out[0])
		strcpy(out, "localhost");
}

/* Expands one letter; false where it means nothing. */
static bool output_name_expand(
    char letter, pid_t pid, int64_t start_s, char out[static PART])
{
	time_t second = (time_t)start_s;
	struct tm local;

	switch (letter) {
	case 'h':
		make_host(out);
		return true;
	case 'p':
		snprintf(out, PART, "%d", (int)pid);
		return true;
	case 't':
		localtime_r(&second, &local);
		strftime(out, PART, "%Y%m%d%H%M%S", &local);
		return true;
	case '%':
		strcpy(out, "%");
		return true;
	default:
		return false;
	}
}

char *output_name(const char *pattern, pid_t pid, int64_t start_s)
{
	struct strbuf name = {0};
	char part[PART];

	while (*pattern) {
		size_t len = strcspn(pattern + 1, "%") + 1;

		if (*pattern == '%' &&
		    output_name_expand(pattern[1], pid, start_s, part)) {
			strbuf_add(&name, part);
			pattern += 2;
		} else {
			strbuf_add_bytes(&name, pattern, len);
			pattern += len;
		}
	}
	return strbuf_take(&name);
}
