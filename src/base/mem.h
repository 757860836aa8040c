/* SPDX-License-Identifier: MIT
 *
 * Allocation that never returns NULL: out of memory ends the program with a
 * message, here and nowhere else. The memory is freed with free().
 */
#ifndef MPROF_BASE_MEM_H
#define MPROF_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

/* count elements of size bytes, zeroed; overflow is treated as out of
 * memory. */
void *mem_zero(size_t count, size_t size)
    __attribute__((malloc, warn_unused_result));

/* Like realloc for count elements of size bytes; new bytes are not zeroed. */
void *mem_resize(void *old, size_t count, size_t size)
    __attribute__((warn_unused_result));

char *mem_copy(const char *text) __attribute__((malloc, nonnull));

/* A copy of the first len bytes of text, NUL-terminated. */
char *mem_copy_n(const char *text, size_t len) __attribute__((malloc, nonnull));

/* The words of a NULL-terminated list, joined by blanks. */
char *mem_join(char *const *words) __attribute__((malloc, nonnull));

/* A stream that writes to *text and *len, which are set when it is closed. */
FILE *mem_stream(char **text, size_t *len)
    __attribute__((nonnull, warn_unused_result));

char *mem_format(const char *format, ...)
    __attribute__((malloc, format(printf, 1, 2)));
char *mem_format_list(const char *format, va_list args)
    __attribute__((malloc, format(printf, 1, 0)));

#endif
