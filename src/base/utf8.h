/* SPDX-License-Identifier: MIT
 *
 * Foreign text (command lines, process names, function names, file names) is
 * hostile until it was cleaned here: it may contain invalid UTF-8, escape
 * sequences and characters that reorder the display.
 */
#ifndef MPROF_BASE_UTF8_H
#define MPROF_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The code point at *text, which then points after it; -1 for a byte that
 * begins no valid sequence, which is skipped. At the NUL: 0, and *text
 * stays. */
int32_t utf8_next(const char **text);

/* Writes code to out (room for 4 bytes); returns the number of bytes. */
size_t utf8_put(char *out, uint32_t code);

/* Whether the code point must not be printed as it is: C0 and C1 controls, DEL,
 * and bidirectional and invisible formatting characters. */
bool utf8_is_unsafe(int32_t code);

/* Copies text into out (size bytes, cut at a character's end) with unsafe
 * characters escaped: \n, \t, \xNN for bytes, \u{NNNN} for code points. The
 * result is valid UTF-8 and safe for a terminal; returns out. */
char *utf8_clean(char *out, size_t size, const char *text)
    __attribute__((nonnull));

/* The same on the heap, of any length; the caller frees. */
char *utf8_clean_copy(const char *text) __attribute__((nonnull, malloc));

/* Terminal columns of one code point: 0 for combining marks, 2 for wide ones
 * (East Asian Wide and Fullwidth, emoji), 1 for the rest. */
int utf8_code_width(int32_t code);

/* Terminal columns of text from utf8_clean(). */
size_t utf8_width(const char *text) __attribute__((nonnull));

/* The same of its first len bytes, whole characters. */
size_t utf8_width_n(const char *text, size_t len) __attribute__((nonnull));

/* The ASCII character to display for a code point where nothing else is
 * possible: itself, a similar one for signs that mprof writes ('~' for an
 * ellipsis), else '?'. */
char utf8_ascii(int32_t code);

/* Copies text into out (size bytes) so that it takes at most that many columns,
 * with an ellipsis in the middle where it was shortened; returns out. */
char *utf8_shorten(char *out, size_t size, const char *text, size_t columns)
    __attribute__((nonnull));

#endif
