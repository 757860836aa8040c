// SPDX-License-Identifier: MIT
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static void fill(struct err *e, const char *format, va_list args)
{
	char raw[sizeof(e->text)];

	vsnprintf(raw, sizeof(raw), format, args);
	utf8_clean(e->text, sizeof(e->text), raw);
}

int err_set(struct err *e, const char *format, ...)
{
	va_list args;

	if (e) {
		va_start(args, format);
		fill(e, format, args);
		va_end(args);
	}
	return -1;
}

int err_errno(struct err *e, const char *format, ...)
{
	int cause = errno;
	va_list args;
	size_t used;

	if (e) {
		va_start(args, format);
		fill(e, format, args);
		va_end(args);
		used = strlen(e->text);
		snprintf(e->text + used, sizeof(e->text) - used, ": %s",
		    strerror(cause));
	}
	errno = cause;
	return -1;
}
