// SPDX-License-Identifier: MIT
#define _XOPEN_SOURCE 700 /* strptime() */
#define _DEFAULT_SOURCE
#include "dat/begin.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "dat/record.h"
#include "profile/ending.h"

enum { PIECE = 64 << 10, MOST_BEHIND = 16 << 20 };

/* Only the first line is read, and of a long one only its beginning. */
enum dat_content dat_content(int fd)
{
	char bytes[4096 + 1 + NUMBER_PADDING];
	ssize_t got = pread(fd, bytes, 4096, 0);
	struct profile profile = {0};
	struct record_reader records = {.profile = &profile};
	enum record_result result;
	char *at = bytes, *end;

	if (got < 0)
		return DAT_CONTENT_UNREADABLE;
	if (got == 0)
		return DAT_CONTENT_OTHER;
	memset(bytes + got, '\n', 1 + NUMBER_PADDING);
	end = bytes + got;
	while (at < end && strchr(" \t\r\n", *at))
		at++;
	if (at == end || *at == 0)
		return DAT_CONTENT_OTHER;
	end = memchr(at, '\n', (size_t)(end - at) + 1);
	result = record_read(&records, at, end, false);
	profile_finish(&profile);
	return result == RECORD_TAKEN ? DAT_CONTENT_RECORD : DAT_CONTENT_OTHER;
}

/* A part of a file, with room for the padding that numbers need. */
struct begin_piece {
	char *bytes;
	size_t len;
};

static void piece_read(struct begin_piece *piece, int fd, off_t at)
{
	ssize_t got = pread(fd, piece->bytes, PIECE, at);

	piece->len = got > 0 ? (size_t)got : 0;
	memset(piece->bytes + piece->len, '\n', 1 + NUMBER_PADDING);
}

/* "2026-11-22T14:33:21+0100" as seconds since 1970; NAN where it is none. */
static double start_seconds(const char *text)
{
	struct tm when = {0};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &when);
	int sign = rest && *rest == '-' ? -1 : 1, hours = 0, minutes = 0;

	if (!rest)
		return NAN;
	if (*rest && sscanf(rest + 1, "%2d%2d", &hours, &minutes) < 1)
		hours = minutes = 0;
	return (double)(timegm(&when) - sign * (hours * 3600 + minutes * 60));
}

/* The start of the run. Its first sample is exact to a tenth of a millisecond,
 * INFO to a second. */
static double begin_of(const struct run *run)
{
	double first_s = run_first_s(run);

	if (first_s > 0 || !run->info.start)
		return first_s;
	return start_seconds(run->info.start);
}

/* Reads lines up to the first sample; torn is what the piece cuts off. */
static void begin_read_lines(
    struct profile *profile, const char *at, const char *end)
{
	struct record_reader records = {.profile = profile};

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at) + 1);

		if (record_read(&records, at, stop, stop == end) ==
			RECORD_TAKEN &&
		    records.run && records.run->total.len > 0)
			break;
		at = stop + 1;
	}
}

/* The last CMDLINE record in the piece; NULL without one. */
static const char *begin_find_command(const struct begin_piece *piece)
{
	static const char keyword[] = "\nCMDLINE ";
	const char *found = NULL, *at = piece->bytes;
	const char *end = piece->bytes + piece->len;

	while (
	    (at = memmem(at, (size_t)(end - at), keyword, sizeof(keyword) - 1)))
		found = ++at;
	return found;
}

/* Searches from the end of the file backwards; each piece overlaps the one
 * behind it, so that no keyword is cut in two. */
static void find_last(
    struct dat_begin *begin, struct begin_piece *piece, int fd, off_t size)
{
	off_t least = size > MOST_BEHIND ? size - MOST_BEHIND : 0;

	for (off_t at = size; at > least;) {
		const char *command;

		at = at > PIECE ? at - PIECE + 16 : 0;
		piece_read(piece, fd, at);
		command = begin_find_command(piece);
		if (command) {
			struct profile profile = {0};

			piece_read(piece, fd, at + (command - piece->bytes));
			begin_read_lines(
			    &profile, piece->bytes, piece->bytes + piece->len);
			if (profile.runs.len > 0 &&
			    begin_of(&profile.runs.items[0]) > begin->last_s)
				begin->last_s =
				    begin_of(&profile.runs.items[0]);
			profile_finish(&profile);
			return;
		}
	}
}

static bool find_first(
    struct dat_begin *begin, struct begin_piece *piece, int fd, off_t size)
{
	struct profile profile = {0};
	const struct run *run;

	for (off_t at = 0; at < size && at < MOST_BEHIND; at += PIECE) {
		profile_finish(&profile);
		profile = (struct profile){0};
		piece_read(piece, fd, at);
		begin_read_lines(
		    &profile, piece->bytes, piece->bytes + piece->len);
		if (profile.runs.len > 0 &&
		    begin_of(&profile.runs.items[0]) > 0)
			break;
	}
	run = profile.runs.len > 0 ? &profile.runs.items[0] : NULL;
	if (run) {
		begin->last_s = begin_of(run);
		snprintf(begin->start, sizeof(begin->start), "%s",
		    run->info.start ? run->info.start : "");
	}
	profile_finish(&profile);
	return run && begin->last_s > 0;
}

static bool begin_read(struct dat_begin *begin, int fd, bool last)
{
	struct begin_piece piece;
	struct stat about;
	bool found;

	*begin = (struct dat_begin){0};
	if (fstat(fd, &about) != 0 || dat_content(fd) != DAT_CONTENT_RECORD)
		return false;
	piece.bytes = mem_zero(PIECE + 1 + NUMBER_PADDING, 1);
	found = find_first(begin, &piece, fd, about.st_size);
	if (found && last)
		find_last(begin, &piece, fd, about.st_size);
	free(piece.bytes);
	return found;
}

bool dat_begin_read(struct dat_begin *begin, int fd)
{
	return begin_read(begin, fd, true);
}

bool dat_begin_first(struct dat_begin *begin, int fd)
{
	return begin_read(begin, fd, false);
}

void dat_command_line(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct begin_piece piece = {mem_zero(PIECE + 1 + NUMBER_PADDING, 1), 0};
	struct profile profile = {0};
	const char *command = NULL;

	if (fd >= 0) {
		piece_read(&piece, fd, 0);
		close(fd);
	}
	begin_read_lines(&profile, piece.bytes, piece.bytes + piece.len);
	if (profile.runs.len > 0)
		command = profile.runs.items[0].command;
	utf8_clean(out, size, command ? command : "");
	profile_finish(&profile);
	free(piece.bytes);
}
