// SPDX-License-Identifier: MIT
#include "base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { FIRST_ROOM = 64 };

char *strbuf_reserve(struct strbuf *buffer, size_t len)
{
	size_t wanted = buffer->len + len + 1;

	if (wanted > buffer->cap) {
		buffer->cap = buffer->cap ? 2 * buffer->cap : FIRST_ROOM;
		if (buffer->cap < wanted)
			buffer->cap = wanted;
		buffer->text = mem_resize(buffer->text, buffer->cap, 1);
	}
	return buffer->text + buffer->len;
}

void strbuf_add_bytes(struct strbuf *buffer, const void *bytes, size_t len)
{
	char *end = strbuf_reserve(buffer, len);

	if (len > 0)
		memcpy(end, bytes, len);
	end[len] = 0;
	buffer->len += len;
}

void strbuf_add(struct strbuf *buffer, const char *text)
{
	strbuf_add_bytes(buffer, text, strlen(text));
}

/* Prints into the existing room, and again where that was too small. */
void strbuf_add_format(struct strbuf *buffer, const char *format, ...)
{
	va_list args;
	int len;

	strbuf_reserve(buffer, 0);
	va_start(args, format);
	len = vsnprintf(buffer->text + buffer->len, buffer->cap - buffer->len,
	    format, args);
	va_end(args);
	if (len > 0 && (size_t)len >= buffer->cap - buffer->len) {
		strbuf_reserve(buffer, (size_t)len);
		va_start(args, format);
		vsnprintf(
		    buffer->text + buffer->len, (size_t)len + 1, format, args);
		va_end(args);
	}
	buffer->len += len > 0 ? (size_t)len : 0;
}

void strbuf_separate(struct strbuf *buffer, const char *between)
{
	if (buffer->len > 0)
		strbuf_add(buffer, between);
}

void strbuf_cut(struct strbuf *buffer, size_t len)
{
	buffer->len = len;
	if (buffer->text)
		buffer->text[len] = 0;
}

char *strbuf_take(struct strbuf *buffer)
{
	char *text;

	strbuf_add_bytes(buffer, NULL, 0);
	text = buffer->text;
	*buffer = (struct strbuf){0};
	return text;
}

void strbuf_finish(struct strbuf *buffer)
{
	free(buffer->text);
	*buffer = (struct strbuf){0};
}
