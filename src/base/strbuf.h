/* SPDX-License-Identifier: MIT
 *
 * A string that grows at its end. Zeroed it is empty and owns nothing; from the
 * first addition on a NUL follows its last byte, so text may be read as a
 * string at any time. It may hold NUL bytes of its own: len counts them. Room
 * is doubled where it is too small and kept by strbuf_cut(), so that a buffer
 * that is filled again and again soon allocates no more.
 *
 * What is added must not lie in the buffer itself: adding may move it.
 */
#ifndef MPROF_BASE_STRBUF_H
#define MPROF_BASE_STRBUF_H

#include <stddef.h>

struct strbuf {
	char *text; /* NULL while nothing was added */
	size_t len; /* bytes, without the final NUL */
	size_t cap; /* bytes allocated */
};

void strbuf_add(struct strbuf *buffer, const char *text)
    __attribute__((nonnull));

void strbuf_add_bytes(struct strbuf *buffer, const void *bytes, size_t len)
    __attribute__((nonnull(1)));

void strbuf_add_format(struct strbuf *buffer, const char *format, ...)
    __attribute__((nonnull(1), format(printf, 2, 3)));

/* Adds a separator between items of a list: nothing where the buffer is
 * empty. */
void strbuf_separate(struct strbuf *buffer, const char *between)
    __attribute__((nonnull));

/* Makes room for len more bytes and returns their address. The caller writes
 * them there and adds their number to buffer->len; they are not
 * NUL-terminated. */
char *strbuf_reserve(struct strbuf *buffer, size_t len)
    __attribute__((nonnull, returns_nonnull));

/* Keeps the first len bytes, which must exist, and the room. */
void strbuf_cut(struct strbuf *buffer, size_t len) __attribute__((nonnull));

/* Returns the string, "" where nothing was added; the caller frees it. The
 * buffer is empty afterwards and owns nothing. */
char *strbuf_take(struct strbuf *buffer)
    __attribute__((nonnull, returns_nonnull, warn_unused_result));

void strbuf_finish(struct strbuf *buffer) __attribute__((nonnull));

#endif
