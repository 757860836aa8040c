// SPDX-License-Identifier: MIT
#include "dat/follow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/file_lock.h"
#include "dat/number.h"
#include "dat/record.h"
#include "profile/process.h"

enum { BLOCK = 64 << 10, LONGEST_LINE = 64 << 20 };

struct dat_follow {
	int fd;
	off_t offset;
	char *bytes; /* cap of them, a newline and padding */
	size_t len, cap;
	struct profile profile;
	struct record_reader records;
};

struct dat_follow *dat_follow_open(const char *path, struct err *e)
{
	struct dat_follow *follow;
	int fd = io_open_input(path, e);

	if (fd < 0)
		return NULL;
	follow = mem_zero(1, sizeof(*follow));
	follow->fd = fd;
	follow->records.profile = &follow->profile;
	profile_init(&follow->profile, path);
	return follow;
}

void dat_follow_close(struct dat_follow *follow)
{
	if (!follow)
		return;
	profile_finish(&follow->profile);
	close(follow->fd);
	free(follow->bytes);
	free(follow);
}

static void begin_anew(struct dat_follow *follow)
{
	char *path = mem_copy(follow->profile.path);

	profile_finish(&follow->profile);
	profile_init(&follow->profile, path);
	follow->records = (struct record_reader){.profile = &follow->profile};
	follow->offset = 0;
	follow->len = 0;
	free(path);
}

static void follow_take_lines(struct dat_follow *follow)
{
	const char *at = follow->bytes, *end = at + follow->len, *stop;

	memset(follow->bytes + follow->len, '\n', 1 + NUMBER_PADDING);
	while (at < end && (stop = memchr(at, '\n', (size_t)(end - at)))) {
		record_read(&follow->records, at, stop, false);
		at = stop + 1;
	}
	record_measure_time(&follow->records);
	follow->len = (size_t)(end - at);
	memmove(follow->bytes, at, follow->len);
	/* no record is that long: the rest of it will be none, too */
	if (follow->len >= LONGEST_LINE)
		follow->len = 0;
}

/* What was taken, in bytes; 0 at the end of what is there. */
static ssize_t take_block(struct dat_follow *follow)
{
	ssize_t got;

	if (follow->cap - follow->len < BLOCK) {
		follow->cap = 2 * follow->cap + BLOCK;
		follow->bytes = mem_resize(
		    follow->bytes, follow->cap + 1 + NUMBER_PADDING, 1);
	}
	do
		got = pread(follow->fd, follow->bytes + follow->len,
		    follow->cap - follow->len, follow->offset);
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return got;
	follow->offset += got;
	follow->len += (size_t)got;
	follow_take_lines(follow);
	return got;
}

int dat_follow_read(struct dat_follow *follow, bool *news, struct err *e)
{
	struct stat about;
	ssize_t got;

	*news = false;
	follow->profile.locked = file_lock_is_held(follow->fd);
	if (fstat(follow->fd, &about) == 0 && about.st_size < follow->offset)
		begin_anew(follow);
	while ((got = take_block(follow)) > 0)
		*news = true;
	if (got < 0)
		return err_errno(e, "%s: can't be read", follow->profile.path);
	return 0;
}

const struct profile *dat_follow_profile(struct dat_follow *follow)
{
	struct profile *profile = &follow->profile;

	record_judge_endings(profile);
	if (profile->runs.len > 0)
		run_sort(&profile->runs.items[profile->runs.len - 1]);
	return profile;
}
