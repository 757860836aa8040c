// SPDX-License-Identifier: MIT
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

static void err_fill(
    struct err *e, size_t size, const char *format, va_list args)
{
	char raw[sizeof(e->text)];

	vsnprintf(raw, sizeof(raw), format, args);
	utf8_clean(e->text, size, raw);
}

int err_set(struct err *e, const char *format, ...)
{
	va_list args;

	if (e) {
		va_start(args, format);
		err_fill(e, sizeof(e->text), format, args);
		va_end(args);
	}
	return -1;
}

/* A long subject is cut, never the cause. */
int err_errno(struct err *e, const char *format, ...)
{
	int cause = errno;
	char *reason;
	va_list args;

	if (e) {
		reason = mem_format(": %s", strerror(cause));
		va_start(args, format);
		err_fill(e, sizeof(e->text) - strlen(reason), format, args);
		va_end(args);
		strcat(e->text, reason);
		free(reason);
	}
	errno = cause;
	return -1;
}
