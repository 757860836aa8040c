// SPDX-License-Identifier: MIT
//
// What a record looks like: the dat_write_...() of writer.h. The numbers are
// written by hand: printf() would cost more than the sample itself.
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "dat/writer.h"

enum { NUMBER = 24 }; /* digits of any 64-bit number, and its sign */

/* Room for len more bytes, to be counted by the caller. */
static char *dat_lines_reserve(struct dat_writer *writer, size_t len)
{
	if (writer->cap - writer->len < len) {
		writer->cap = 2 * (writer->cap + len);
		writer->buffer = mem_resize(writer->buffer, writer->cap, 1);
	}
	return writer->buffer + writer->len;
}

static void dat_lines_put(
    struct dat_writer *writer, const char *text, size_t len)
{
	memcpy(dat_lines_reserve(writer, len), text, len);
	writer->len += len;
}

static char *put_digits(char *out, uint64_t number, size_t least)
{
	char digits[NUMBER];
	size_t count = 0;

	do
		digits[count++] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	while (count < least)
		digits[count++] = '0';
	while (count > 0)
		*out++ = digits[--count];
	return out;
}

/* KiB as MiB, rounded as "%.6f" would: a tie goes to the even digit. */
static char *dat_lines_put_mib(char *out, int64_t kib)
{
	uint64_t whole = kib > 0 ? (uint64_t)kib / 1024 : 0;
	uint64_t rest = kib > 0 ? (uint64_t)kib % 1024 * 1000000 : 0;
	uint64_t parts = rest / 1024, over = rest % 1024;

	if (over > 512 || (over == 512 && parts % 2 == 1))
		parts++;
	out = put_digits(out, whole, 1);
	*out++ = '.';
	return put_digits(out, parts, 6);
}

static char *dat_lines_put_time(char *out, int64_t time_ns, bool precise)
{
	uint64_t unit = precise ? 1000 : 100000;
	uint64_t per_s = precise ? 1000000 : 10000;
	uint64_t count = ((uint64_t)time_ns + unit / 2) / unit;

	out = put_digits(out, count / per_s, 1);
	*out++ = '.';
	return put_digits(out, count % per_s, precise ? 6 : 4);
}

static void dat_lines_put_point(
    struct dat_writer *writer, int64_t kib, int64_t time_ns)
{
	char *out = dat_lines_reserve(writer, 4 * NUMBER);

	out = dat_lines_put_mib(out, kib);
	*out++ = ' ';
	out = dat_lines_put_time(out, time_ns, writer->precise);
	*out++ = '\n';
	writer->len = (size_t)(out - writer->buffer);
}

void dat_write_memory(struct dat_writer *writer, int64_t kib, int64_t time_ns)
{
	dat_lines_put(writer, "MEM ", 4);
	dat_lines_put_point(writer, kib, time_ns);
}

void dat_write_child(
    struct dat_writer *writer, pid_t pid, int64_t kib, int64_t time_ns)
{
	char *out;

	dat_lines_put(writer, "CHLD ", 5);
	out = dat_lines_reserve(writer, NUMBER);
	out = put_digits(out, (uint64_t)pid, 1);
	*out++ = ' ';
	writer->len = (size_t)(out - writer->buffer);
	dat_lines_put_point(writer, kib, time_ns);
}

void dat_write_raw(struct dat_writer *writer, const char *text)
{
	dat_lines_put(writer, text, strlen(text));
}

static void put_hex(
    struct dat_writer *writer, const char *before, unsigned char byte)
{
	static const char hex[] = "0123456789abcdef";

	dat_write_raw(writer, before);
	dat_lines_put(writer, &hex[byte >> 4], 1);
	dat_lines_put(writer, &hex[byte & 15], 1);
}

/* Control characters as \n, \t or \xNN, and so too bytes that are no UTF-8,
 * on which memory_profiler's reader would die. */
static void dat_lines_put_word(struct dat_writer *writer, const char *word)
{
	while (*word) {
		const char *at = word;
		int32_t code = utf8_next(&word);

		if (code == '\n')
			dat_write_raw(writer, "\\n");
		else if (code == '\t')
			dat_write_raw(writer, "\\t");
		else if (code < ' ' || code == 0x7f)
			put_hex(writer, "\\x", (unsigned char)*at);
		else
			dat_lines_put(writer, at, (size_t)(word - at));
	}
}

void dat_write_command(struct dat_writer *writer, char *const *words)
{
	dat_write_raw(writer, "CMDLINE");
	for (; *words; words++) {
		const char *quote = strpbrk(*words, " \t") ? "'" : "";

		dat_write_raw(writer, " ");
		dat_write_raw(writer, quote);
		dat_lines_put_word(writer, *words);
		dat_write_raw(writer, quote);
	}
	dat_write_raw(writer, "\n");
}

void dat_write_begin(struct dat_writer *writer, const char *keyword)
{
	dat_write_raw(writer, keyword);
}

static void put_key(struct dat_writer *writer, const char *key)
{
	dat_write_raw(writer, ";");
	dat_write_raw(writer, key);
	dat_write_raw(writer, "=");
}

void dat_write_whole(struct dat_writer *writer, const char *key, int64_t number)
{
	char *out;

	put_key(writer, key);
	if (number < 0)
		dat_write_raw(writer, "-");
	out = dat_lines_reserve(writer, NUMBER);
	out = put_digits(
	    out, number < 0 ? -(uint64_t)number : (uint64_t)number, 1);
	writer->len = (size_t)(out - writer->buffer);
}

void dat_write_mib(struct dat_writer *writer, const char *key, int64_t kib)
{
	char *out;

	put_key(writer, key);
	out = dat_lines_put_mib(dat_lines_reserve(writer, 2 * NUMBER), kib);
	writer->len = (size_t)(out - writer->buffer);
}

void dat_write_time(struct dat_writer *writer, const char *key, int64_t time_ns)
{
	char *out;

	put_key(writer, key);
	out = dat_lines_put_time(
	    dat_lines_reserve(writer, 2 * NUMBER), time_ns, writer->precise);
	writer->len = (size_t)(out - writer->buffer);
}

/* The bytes of special are encoded, and so are control characters, bytes that
 * are no UTF-8, and the first letter of MEM, which scripts take for a sample
 * wherever it stands in a line. */
static void dat_lines_put_encoded(
    struct dat_writer *writer, const char *text, const char *special)
{
	while (*text) {
		const char *at = text;
		int32_t code = utf8_next(&text);

		if (code < ' ' || code == 0x7f || strchr(special, *at))
			put_hex(writer, "%", (unsigned char)*at);
		else if (strncmp(at, "MEM", 3) == 0)
			dat_write_raw(writer, "%4D");
		else
			dat_lines_put(writer, at, (size_t)(text - at));
	}
}

void dat_write_part(struct dat_writer *writer, const char *text)
{
	dat_lines_put_encoded(writer, text, " %=;,");
}

void dat_write_text(
    struct dat_writer *writer, const char *key, const char *text)
{
	put_key(writer, key);
	dat_lines_put_encoded(writer, text, " %=;");
}

void dat_write_end(struct dat_writer *writer, int64_t kib, int64_t time_ns)
{
	dat_write_raw(writer, " ");
	dat_lines_put_point(writer, kib, time_ns);
}
