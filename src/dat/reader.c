// SPDX-License-Identifier: MIT
#include "dat/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/file_lock.h"
#include "dat/number.h"
#include "dat/record.h"

enum { BLOCK = 256 << 10 };

/* What a sample takes at least in the files that are written, and how many of
 * them are worth preparing for. */
enum { SHORTEST_SAMPLE = 28, MOST_EXPECTED = 64 << 20 };

/* A longer line is no record; it is passed over without being held. */
#define LONGEST_LINE ((size_t)64 << 20)

struct block_reader {
	int fd;
	char *bytes;          /* cap of them, a newline and padding */
	size_t len, cap;      /* what is there but not consumed begins at 0 */
	uint64_t done, whole; /* bytes; a pipe has no whole */
	const struct progress *progress;
	bool passing; /* inside a line that is too long */
	struct record_reader records;
};

static void note_skipped(struct profile *profile, size_t line)
{
	if (profile->skipped++ == 0)
		profile->first_skipped = line;
}

static void reader_take_line(
    struct block_reader *in, const char *at, const char *end, bool torn)
{
	struct profile *profile = in->records.profile;

	profile->lines++;
	if (in->passing || (size_t)(end - at) > LONGEST_LINE) {
		in->passing = false;
		note_skipped(profile, profile->lines);
		return;
	}
	switch (record_read(&in->records, at, end, torn)) {
	case RECORD_TAKEN:
		break;
	case RECORD_UNKNOWN:
		profile->unknown++;
		break;
	case RECORD_BAD:
		note_skipped(profile, profile->lines);
		break;
	}
}

/* Takes the whole lines of the block and moves the rest to its start. The
 * newline behind the block lets a number's end be found without counting. */
static void reader_take_lines(struct block_reader *in)
{
	const char *at = in->bytes, *end = in->bytes + in->len;

	memset(in->bytes + in->len, '\n', 1 + NUMBER_PADDING);
	while (at < end) {
		const char *stop;

		if (!in->passing)
			at = record_take_plain(&in->records, at, end);
		stop = memchr(at, '\n', (size_t)(end - at));
		if (!stop)
			break;
		reader_take_line(in, at, stop, false);
		at = stop + 1;
	}
	record_measure_time(&in->records);
	in->len = (size_t)(end - at);
	memmove(in->bytes, at, in->len);
}

/* Room for at least half a block behind what is there. */
static void reader_make_room(struct block_reader *in)
{
	if (in->passing || in->len >= LONGEST_LINE) {
		in->passing = true;
		in->len = 0;
	}
	if (in->cap - in->len >= BLOCK / 2)
		return;
	in->cap = 2 * in->cap + BLOCK;
	if (in->cap > LONGEST_LINE + BLOCK)
		in->cap = LONGEST_LINE + BLOCK;
	in->bytes = mem_resize(in->bytes, in->cap + 1 + NUMBER_PADDING, 1);
}

static int read_blocks(struct block_reader *in, const char *path, struct err *e)
{
	for (;;) {
		ssize_t got;

		reader_make_room(in);
		got = read(in->fd, in->bytes + in->len, in->cap - in->len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(e, "%s: can't be read", path);
		if (got == 0)
			break;
		in->len += (size_t)got;
		in->done += (size_t)got;
		reader_take_lines(in);
		progress_step(in->progress, in->done, in->whole);
	}
	if (in->len > 0 || in->passing) {
		memset(in->bytes + in->len, '\n', 1 + NUMBER_PADDING);
		reader_take_line(in, in->bytes, in->bytes + in->len, true);
	}
	return 0;
}

static size_t reader_size_of(int fd)
{
	struct stat about;

	return fstat(fd, &about) == 0 ? (size_t)about.st_size : 0;
}

static size_t expected_samples(size_t size)
{
	size_t count = size < BLOCK ? 0 : size / SHORTEST_SAMPLE;

	return count < MOST_EXPECTED ? count : MOST_EXPECTED;
}

int dat_read(struct profile *profile, const char *path, struct err *e)
{
	return dat_read_telling(profile, path, NULL, e);
}

int dat_read_telling(struct profile *profile, const char *path,
    const struct progress *progress, struct err *e)
{
	struct block_reader in = {
	    .records.profile = profile, .progress = progress};
	int got;

	profile_init(profile, path);
	in.fd = io_open_input(path, e);
	if (in.fd < 0)
		return -1;
	/* Before the first byte: a run that ends meanwhile has its end read. */
	profile->locked = file_lock_is_held(in.fd);
	in.whole = reader_size_of(in.fd);
	in.records.expected = expected_samples(in.whole);
	got = read_blocks(&in, path, e);
	record_finish(&in.records);
	free(in.bytes);
	close(in.fd);
	return got;
}

/* Only its first line is asked; of a long one, a command's, its beginning. */
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
