// SPDX-License-Identifier: MIT
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"

static _Noreturn void mem_out_of_memory(void)
{
	static const char message[] = "mprof: out of memory\n";

	(void)!write(STDERR_FILENO, message, sizeof(message) - 1);
	abort();
}

void *mem_zero(size_t count, size_t size)
{
	void *got = calloc(count ? count : 1, size ? size : 1);

	if (!got)
		mem_out_of_memory();
	return got;
}

void *mem_resize(void *old, size_t count, size_t size)
{
	void *got = reallocarray(old, count ? count : 1, size ? size : 1);

	if (!got)
		mem_out_of_memory();
	return got;
}

char *mem_copy_n(const char *text, size_t len)
{
	char *got = mem_zero(len + 1, 1);

	memcpy(got, text, len);
	return got;
}

char *mem_copy(const char *text)
{
	return mem_copy_n(text, strlen(text));
}

char *mem_join(char *const *words)
{
	struct strbuf joined = {0};

	for (char *const *w = words; *w; w++) {
		if (w != words)
			strbuf_add(&joined, " ");
		strbuf_add(&joined, *w);
	}
	return strbuf_take(&joined);
}

char *mem_format(const char *format, ...)
{
	va_list args;
	char *got;

	va_start(args, format);
	got = mem_format_list(format, args);
	va_end(args);
	return got;
}

char *mem_format_list(const char *format, va_list args)
{
	char *got = NULL;

	if (vasprintf(&got, format, args) < 0)
		mem_out_of_memory();
	return got;
}

FILE *mem_stream(char **text, size_t *len)
{
	FILE *stream = open_memstream(text, len);

	if (!stream)
		mem_out_of_memory();
	return stream;
}
