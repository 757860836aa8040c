// SPDX-License-Identifier: MIT
#include "dat/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "dat/fields.h"
#include "dat/record.h"
#include "profile/allocations.h"
#include "profile/process.h"
#include "profile/run.h"

enum { BLOCK = 256 << 10, FIRST_PIECE = 4096 };

/* Bytes of mprof's shortest sample; most samples to reserve memory for. */
enum { SHORTEST_SAMPLE = 28, MOST_EXPECTED = 64 << 20 };

/* A longer line is no record; it is skipped without being kept. */
#define LONGEST_LINE ((size_t)64 << 20)

/* Parses the first line; of a long one only the beginning. */
bool dat_begins_with_record(char *bytes, size_t len)
{
	char *at = bytes, *end = bytes + len;
	struct profile profile = {0};
	struct record_reader records = {.profile = &profile};
	enum record_result result;

	while (at < end && *at && strchr(" \t\r\n", *at))
		at++;
	if (at == end)
		return false;
	end = memchr(at, '\n', (size_t)(end - at) + 1);
	result = record_read(&records, at, end, false);
	profile_finish(&profile);
	return result == RECORD_TAKEN;
}

enum dat_content dat_content(int fd)
{
	char bytes[FIRST_PIECE + 1 + NUMBER_PADDING];
	ssize_t got = pread(fd, bytes, FIRST_PIECE, 0);

	if (got < 0)
		return DAT_CONTENT_UNREADABLE;
	memset(bytes + got, '\n', 1 + NUMBER_PADDING);
	return dat_begins_with_record(bytes, (size_t)got) ? DAT_CONTENT_RECORD
							  : DAT_CONTENT_OTHER;
}

char *dat_companion(const char *path)
{
	const char *name = path_name(path);
	const char *dot = strrchr(name, '.');
	struct stat about;
	char *companion;

	if (!dot || dot == name)
		dot = name + strlen(name);
	companion = mem_format("%.*s_ts%s", (int)(dot - path), path, dot);
	if (stat(companion, &about) == 0 && S_ISREG(about.st_mode))
		return companion;
	free(companion);
	return NULL;
}

struct block_reader {
	int fd;
	char *bytes;          /* cap of them, a newline and padding */
	size_t len, cap;      /* unconsumed bytes begin at 0 */
	uint64_t done, whole; /* bytes; whole is 0 for a pipe */
	const struct progress *progress;
	bool passing; /* inside a line that is too long */
	struct record_reader records;
};

static void reader_note_skipped(struct profile *profile, size_t line)
{
	if (profile->skipped++ == 0)
		profile->first_skipped = line;
}

static void reader_read_line(
    struct block_reader *in, const char *at, const char *end, bool torn)
{
	struct profile *profile = in->records.profile;

	profile->lines++;
	if (in->passing || (size_t)(end - at) > LONGEST_LINE) {
		in->passing = false;
		reader_note_skipped(profile, profile->lines);
		return;
	}
	switch (record_read(&in->records, at, end, torn)) {
	case RECORD_TAKEN:
		break;
	case RECORD_UNKNOWN:
		profile->unknown++;
		break;
	case RECORD_BAD:
		reader_note_skipped(profile, profile->lines);
		break;
	}
}

/* Takes the whole lines of the block and moves the rest to its start. The
 * newline after the block ends a number without counting. */
static void reader_read_lines(struct block_reader *in)
{
	const char *at = in->bytes, *end = in->bytes + in->len;

	memset(in->bytes + in->len, '\n', 1 + NUMBER_PADDING);
	while (at < end) {
		const char *stop;

		if (!in->passing)
			at = record_read_plain(&in->records, at, end);
		stop = memchr(at, '\n', (size_t)(end - at));
		if (!stop)
			break;
		reader_read_line(in, at, stop, false);
		at = stop + 1;
	}
	record_measure_time(&in->records);
	in->len = (size_t)(end - at);
	memmove(in->bytes, at, in->len);
}

/* Makes room for at least half a block. */
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

/* Reads up to the file's present end; *news: there was something. What follows
 * the last newline stays in the buffer. */
static int reader_read_blocks(
    struct block_reader *in, bool *news, const char *path, struct err *e)
{
	*news = false;
	for (;;) {
		ssize_t got;

		reader_make_room(in);
		got = read(in->fd, in->bytes + in->len, in->cap - in->len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(e, "%s: can't be read", path);
		if (got == 0)
			return 0;
		*news = true;
		in->len += (size_t)got;
		in->done += (size_t)got;
		reader_read_lines(in);
		if (in->done != in->whole) /* more is to come */
			progress_step(in->progress, in->done, in->whole);
	}
}

/* Takes what follows the last newline. */
static void reader_read_rest(struct block_reader *in)
{
	if (in->len == 0 && !in->passing)
		return;
	memset(in->bytes + in->len, '\n', 1 + NUMBER_PADDING);
	reader_read_line(in, in->bytes, in->bytes + in->len, true);
}

/* Compares names as FUNC writes them, with an underscore for a blank. */
static int reader_compare_names(const char *a, const char *b)
{
	while (*a && (*a == ' ' ? '_' : *a) == (*b == ' ' ? '_' : *b)) {
		a++;
		b++;
	}
	return (*a == ' ' ? '_' : *a) - (*b == ' ' ? '_' : *b);
}

static int reader_compare_calls(const void *left, const void *right)
{
	const struct call *a = *(struct call *const *)left;
	const struct call *b = *(struct call *const *)right;

	if (a->enter_s != b->enter_s)
		return a->enter_s < b->enter_s ? -1 : 1;
	if (a->leave_s != b->leave_s)
		return a->leave_s < b->leave_s ? -1 : 1;
	return reader_compare_names(a->name, b->name);
}

/* In a group of equal calls, drops one FUNC for each CALL. */
static void reader_drop_recorded_twice(struct call **group, size_t len)
{
	size_t known = 0;

	for (size_t i = 0; i < len; i++)
		known += group[i]->pid != 0;
	for (size_t i = 0; i < len && known > 0; i++) {
		if (group[i]->pid != 0)
			continue;
		free(group[i]->name);
		group[i]->name = NULL;
		known--;
	}
}

static void reader_compact_calls(struct run *run)
{
	size_t kept = 0;

	for (size_t i = 0; i < run->calls.len; i++) {
		if (run->calls.items[i].name)
			run->calls.items[kept++] = run->calls.items[i];
	}
	run->calls.len = kept;
}

/* A call is recorded by FUNC, for every reader, and again by CALL, which tells
 * more; only the latter is kept. */
static void reader_merge_calls(struct run *run)
{
	size_t len = run->calls.len, first = 0;
	struct call **sorted;
	bool known = false;

	for (size_t i = 0; i < len; i++)
		known = known || run->calls.items[i].pid != 0;
	if (!known)
		return;
	sorted = mem_zero(len, sizeof(sorted[0]));
	for (size_t i = 0; i < len; i++)
		sorted[i] = &run->calls.items[i];
	qsort(sorted, len, sizeof(sorted[0]), reader_compare_calls);
	for (size_t i = 1; i <= len; i++) {
		if (i < len &&
		    reader_compare_calls(&sorted[first], &sorted[i]) == 0)
			continue;
		reader_drop_recorded_twice(sorted + first, i - first);
		first = i;
	}
	free(sorted);
	reader_compact_calls(run);
}

static bool reader_covers(const struct run *run, const struct call *call)
{
	const struct series *total = &run->total;

	return total->len > 0 && call->leave_s >= total->items[0].time_s &&
	       call->enter_s <= total->items[total->len - 1].time_s;
}

/* In a file of several runs, a call often comes before its run's command line:
 * the samples' times tell its run. */
static void reader_hand_on_calls(struct run *run, struct run *next)
{
	for (size_t i = 0; i < run->calls.len; i++) {
		struct call *call = &run->calls.items[i];

		if (reader_covers(run, call) || !reader_covers(next, call))
			continue;
		*array_push(&next->calls) = *call;
		call->name = NULL;
	}
	reader_compact_calls(run);
}

static void reader_note_thinning(struct run *run)
{
	run->total.stretch_s = run->info.stretch_s;
	for (size_t i = 0; i < run->processes.len; i++)
		run->processes.items[i].memory.stretch_s = run->info.stretch_s;
}

/* Finishes when all is read: sorts series, merges calls that were recorded
 * twice, assigns them to processes, judges how runs ended. */
static void reader_settle(struct profile *profile)
{
	struct run *runs = profile->runs.items;
	size_t len = profile->runs.len;

	for (size_t i = 0; i < len; i++)
		run_settle(&runs[i]);
	for (size_t i = 0; i < len; i++) {
		if (i + 1 < len)
			reader_hand_on_calls(&runs[i], &runs[i + 1]);
		reader_merge_calls(&runs[i]);
		run_assign(&runs[i]);
		if (runs[i].sites.len > 0)
			run_settle_sites(&runs[i]);
		reader_note_thinning(&runs[i]);
	}
	profile_judge_endings(profile);
}

int dat_read(struct profile *profile, const char *path, struct err *e)
{
	return dat_read_progress(profile, path, NULL, e);
}

int dat_read_progress(struct profile *profile, const char *path,
    const struct progress *progress, struct err *e)
{
	struct block_reader in = {
	    .records.profile = profile, .progress = progress};
	struct stat about;
	size_t samples;
	bool news;
	int got;

	profile_init(profile, path);
	in.fd = io_open_input(path, e);
	if (in.fd < 0)
		return -1;
	/* Before the first byte, so that the end of a run that ends meanwhile
	 * is read. */
	profile->locked = file_lock_is_held(in.fd);
	in.whole = fstat(in.fd, &about) == 0 ? (size_t)about.st_size : 0;
	samples = in.whole < BLOCK ? 0 : in.whole / SHORTEST_SAMPLE;
	in.records.expected = samples < MOST_EXPECTED ? samples : MOST_EXPECTED;
	got = reader_read_blocks(&in, &news, path, e);
	if (got == 0)
		reader_read_rest(&in);
	reader_settle(profile);
	free(in.bytes);
	close(in.fd);
	return got;
}

void dat_add_records(struct profile *profile, const char *text, size_t len)
{
	struct block_reader in = {.records.profile = profile,
	    .bytes = mem_zero(len + 1 + NUMBER_PADDING, 1),
	    .len = len,
	    .cap = len};

	if (profile->runs.len > 0)
		in.records.run = &profile->runs.items[profile->runs.len - 1];
	memcpy(in.bytes, text, len);
	reader_read_lines(&in);
	if (in.records.run)
		run_settle_sites(in.records.run);
	free(in.bytes);
}

struct dat_follow {
	struct block_reader in;
	struct profile profile;
};

struct dat_follow *dat_follow_open(const char *path, struct err *e)
{
	struct dat_follow *follow;
	int fd = io_open_input(path, e);

	if (fd < 0)
		return NULL;
	if (lseek(fd, 0, SEEK_CUR) != 0) { /* a pipe */
		err_errno(e, "%s: can't be read", path);
		close(fd);
		return NULL;
	}
	follow = mem_zero(1, sizeof(*follow));
	follow->in.fd = fd;
	follow->in.records.profile = &follow->profile;
	profile_init(&follow->profile, path);
	return follow;
}

void dat_follow_close(struct dat_follow *follow)
{
	if (!follow)
		return;
	profile_finish(&follow->profile);
	close(follow->in.fd);
	free(follow->in.bytes);
	free(follow);
}

static int reader_follow_begin_anew(struct dat_follow *follow, struct err *e)
{
	struct block_reader *in = &follow->in;
	char *path = mem_copy(follow->profile.path);
	int got = 0;

	if (lseek(in->fd, 0, SEEK_SET) != 0)
		got = err_errno(e, "%s: can't be read", path);
	profile_finish(&follow->profile);
	profile_init(&follow->profile, path);
	in->records = (struct record_reader){.profile = &follow->profile};
	in->done = in->len = 0;
	in->passing = false;
	free(path);
	return got;
}

/* A recording that is thinned or rotated goes on in a new file of its name; one
 * that was removed is read to its end. Returns whether there is a new file. */
static bool reader_follow_reopen(
    struct dat_follow *follow, const struct stat *old)
{
	const char *path = follow->profile.path;
	struct stat named;
	int fd;

	if (stat(path, &named) != 0 || !S_ISREG(named.st_mode) ||
	    (named.st_ino == old->st_ino && named.st_dev == old->st_dev))
		return false;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	close(follow->in.fd);
	follow->in.fd = fd;
	return true;
}

int dat_follow_read(struct dat_follow *follow, bool *news, struct err *e)
{
	struct block_reader *in = &follow->in;
	struct stat about;
	bool known = fstat(in->fd, &about) == 0;

	*news = false;
	if (known &&
	    (reader_follow_reopen(follow, &about) ||
		(uint64_t)about.st_size < in->done) &&
	    reader_follow_begin_anew(follow, e) != 0)
		return -1;
	follow->profile.locked = file_lock_is_held(in->fd);
	return reader_read_blocks(in, news, follow->profile.path, e);
}

const struct profile *dat_follow_profile(struct dat_follow *follow)
{
	struct profile *profile = &follow->profile;

	profile_judge_endings(profile);
	if (profile->runs.len > 0) {
		run_sort(&profile->runs.items[profile->runs.len - 1]);
		reader_note_thinning(
		    &profile->runs.items[profile->runs.len - 1]);
	}
	return profile;
}
