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
#include "dat/reader.h"
#include "dat/record.h"
#include "profile/run.h"

enum { FIRST_PIECE = 4096, PIECE = 64 << 10, MOST_BEHIND = 16 << 20 };

/* A part of a file, with the padding that parsing numbers needs. */
struct begin_piece {
	char *bytes;
	size_t len;
};

static void begin_piece_init(struct begin_piece *piece)
{
	piece->bytes = mem_resize(NULL, PIECE + 1 + NUMBER_PADDING, 1);
	piece->len = 0;
}

/* Reads up to most bytes, at most PIECE. Returns as pread(). */
static ssize_t begin_piece_read(
    struct begin_piece *piece, int fd, off_t at, size_t most)
{
	ssize_t got = pread(fd, piece->bytes, most, at);

	piece->len = got > 0 ? (size_t)got : 0;
	memset(piece->bytes + piece->len, '\n', 1 + NUMBER_PADDING);
	return got;
}

/* Parses "2026-11-22T14:33:21+0100" as seconds since 1970; NAN for other
 * text. */
static double begin_start_seconds(const char *text)
{
	struct tm when = {0};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &when);
	int sign = rest && *rest == '-' ? -1 : 1, hours = 0, minutes = 0;

	if (!rest)
		return NAN;
	if (*rest)
		(void)sscanf(rest + 1, "%2d%2d", &hours, &minutes);
	return (double)(timegm(&when) - sign * (hours * 3600 + minutes * 60));
}

/* The start of the run. Its first sample is exact to 0.1 ms, INFO to a
 * second. */
static double begin_of(const struct run *run)
{
	double first_s = run_first_s(run);

	if (first_s > 0 || !run->info.start)
		return first_s;
	return begin_start_seconds(run->info.start);
}

/* Reads lines up to the first sample; torn: the piece may cut off the last
 * line. */
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

/* Searches backwards from the end of the file; pieces overlap, so that no
 * keyword is cut in two. */
static void begin_find_last(
    struct dat_begin *begin, struct begin_piece *piece, int fd, off_t size)
{
	off_t least = size > MOST_BEHIND ? size - MOST_BEHIND : 0;

	for (off_t at = size; at > least;) {
		const char *command;

		at = at > PIECE ? at - PIECE + 16 : 0;
		begin_piece_read(piece, fd, at, PIECE);
		command = begin_find_command(piece);
		if (command) {
			struct profile profile = {0};

			begin_piece_read(
			    piece, fd, at + (command - piece->bytes), PIECE);
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

/* Whether the piece contains the first run's first sample; a line that it may
 * cut off doesn't count. */
static bool begin_try_first(
    struct profile *profile, const struct begin_piece *piece)
{
	const char *end = piece->bytes + piece->len;

	while (
	    piece->len == FIRST_PIECE && end > piece->bytes && end[-1] != '\n')
		end--;
	begin_read_lines(profile, piece->bytes, end);
	return profile->runs.len > 0 && profile->runs.items[0].total.len > 0 &&
	       begin_of(&profile->runs.items[0]) > 0;
}

/* Reads the beginning of the file. */
static bool begin_find_first(
    struct dat_begin *begin, struct begin_piece *piece, int fd)
{
	struct profile profile = {0};
	const struct run *run;
	bool found = begin_try_first(&profile, piece);

	for (off_t at = 0; !found && at < MOST_BEHIND; at += PIECE) {
		if (begin_piece_read(piece, fd, at, PIECE) <= 0)
			break;
		profile_finish(&profile);
		profile = (struct profile){0};
		begin_read_lines(
		    &profile, piece->bytes, piece->bytes + piece->len);
		found = profile.runs.len > 0 &&
			begin_of(&profile.runs.items[0]) > 0;
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
	begin_piece_init(&piece);
	found = begin_piece_read(&piece, fd, 0, FIRST_PIECE) > 0 &&
		dat_begins_with_record(piece.bytes, piece.len) &&
		begin_find_first(begin, &piece, fd);
	if (found && last && fstat(fd, &about) == 0)
		begin_find_last(begin, &piece, fd, about.st_size);
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
	struct profile profile = {0};
	struct begin_piece piece;
	const char *command = NULL;

	begin_piece_init(&piece);
	if (fd >= 0) {
		begin_piece_read(&piece, fd, 0, PIECE);
		close(fd);
	}
	begin_read_lines(&profile, piece.bytes, piece.bytes + piece.len);
	if (profile.runs.len > 0)
		command = profile.runs.items[0].command;
	utf8_clean(out, size, command ? command : "");
	profile_finish(&profile);
	free(piece.bytes);
}
