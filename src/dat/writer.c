// SPDX-License-Identifier: MIT
//
// The file: opening, flushing, closing. What is put into it is in lines.c.
#include "dat/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/named_file.h"
#include "base/units.h"
#include "base/file_lock.h"
#include "dat/reader.h"

enum {
	KEEP_MAX = 256 * 1024, /* bytes that wait for room on the disk */
	NAMES_MAX = 3600,      /* seconds that a default name may move */
	OPEN_TRIES = 100,      /* where others make and remove the same name */
	BESIDE_MAX = 10000,    /* recordings of one name at the same time */
	PATIENCE_MS = 1000     /* for a slow reader of a fifo, at the end */
};

static void writer_init(struct dat_writer *writer, const char *path)
{
	*writer = (struct dat_writer){.fd = -1, .path = mem_copy(path)};
}

/* Closes without a word: a failure was told of, or there is none. */
static int writer_drop(struct dat_writer *writer)
{
	if (writer->fd >= 0)
		close(writer->fd);
	free(writer->buffer);
	free(writer->path);
	*writer = (struct dat_writer){.fd = -1};
	return -1;
}

static int check_existing(
    struct dat_writer *writer, const struct named_file *file, struct err *e)
{
	struct stat about;
	enum dat_content content;
	char last = '\n';
	int fd;

	if (fstat(writer->fd, &about) != 0)
		return err_errno(e, "%s: can't be written", writer->path);
	if (S_ISFIFO(about.st_mode) || S_ISCHR(about.st_mode))
		return 0;
	if (!S_ISREG(about.st_mode))
		return err_set(
		    e, "%s: is no file to record into", writer->path);
	fd = named_file_reopen(file, O_RDONLY);
	if (about.st_size == 0 || fd < 0) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	content = dat_content(fd);
	if (content != DAT_CONTENT_RECORD) {
		if (content == DAT_CONTENT_UNREADABLE)
			err_errno(e, "%s: can't be read", writer->path);
		else
			err_set(e,
			    "%s: holds something else than a recording; "
			    "nothing is added to it, name another file",
			    writer->path);
		close(fd);
		return -1;
	}
	if (pread(fd, &last, 1, about.st_size - 1) == 1 && last != '\n')
		dat_write_raw(writer, "\n");
	close(fd);
	return 0;
}

/* Opens what has the name, or makes it. A fifo that nobody reads must not hold
 * us up, now or later. -1 with errno, EEXIST where somebody else has just made
 * the name. */
static int open_named(struct dat_writer *writer, const struct named_file *file)
{
	int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY;

	writer->created = !named_file_exists(file);
	if (writer->created)
		return openat(
		    file->folder, file->name, flags | O_CREAT | O_EXCL, 0666);
	return named_file_reopen(file, flags | O_NONBLOCK);
}

enum open_result {
	OPEN_DONE,
	OPEN_MOVED, /* the name was made or removed meanwhile: look again */
	OPEN_TAKEN, /* another recorder writes the file */
	OPEN_FAILED
};

/* A file that its recorder removed, since it had nothing to record after all,
 * may be open here by then. */
static enum open_result writer_lock(struct dat_writer *writer)
{
	struct stat about;

	if (fstat(writer->fd, &about) != 0 || !S_ISREG(about.st_mode))
		return OPEN_DONE;
	if (file_lock_take(writer->fd) == FILE_LOCK_HELD)
		return OPEN_TAKEN;
	return fstat(writer->fd, &about) == 0 && about.st_nlink == 0
		   ? OPEN_MOVED
		   : OPEN_DONE;
}

static enum open_result open_and_lock(
    struct dat_writer *writer, const struct named_file *file, struct err *e)
{
	enum open_result result;

	writer->fd = open_named(writer, file);
	if (writer->fd < 0) {
		result = errno == EEXIST || errno == ENOENT ? OPEN_MOVED
							    : OPEN_FAILED;
		err_errno(e, "%s: can't be written%s", writer->path,
		    errno == ENXIO ? ", nobody reads it" : "");
		return result;
	}
	result = writer_lock(writer);
	if (result == OPEN_DONE && !writer->created &&
	    check_existing(writer, file, e) != 0)
		return OPEN_FAILED;
	return result;
}

/* Looks at the name, opens and locks it. */
static enum open_result open_once(struct dat_writer *writer, struct err *e)
{
	enum open_result result = OPEN_FAILED;
	struct named_file file;

	if (named_file_init(&file, writer->path, e) == 0)
		result = open_and_lock(writer, &file, e);
	named_file_finish(&file);
	if (result == OPEN_DONE)
		return result;
	if (writer->fd >= 0)
		close(writer->fd);
	writer->fd = -1;
	writer->created = false;
	return result;
}

static enum open_result open_path(struct dat_writer *writer, struct err *e)
{
	enum open_result result = OPEN_MOVED;

	for (int i = 0; result == OPEN_MOVED && i < OPEN_TRIES; i++)
		result = open_once(writer, e);
	return result;
}

/* "run.2.dat" beside "run.dat". */
static char *name_beside(const char *path, int number)
{
	size_t len = strlen(path);
	bool dat = len > 4 && strcmp(path + len - 4, ".dat") == 0;

	return mem_format("%.*s.%d%s", (int)(dat ? len - 4 : len), path, number,
	    dat ? ".dat" : "");
}

/* A name beside the one that is taken. One that holds something else is passed
 * over: it was not asked for. */
static int open_beside(
    struct dat_writer *writer, const char *path, struct err *e)
{
	for (int number = 2; number < BESIDE_MAX; number++) {
		struct err ignored;

		free(writer->path);
		writer->path = name_beside(path, number);
		if (open_path(writer, &ignored) == OPEN_DONE)
			return 0;
	}
	return err_set(e,
	    "%s: another mprof records into it, and no file can be made "
	    "beside it; name another one",
	    path);
}

int dat_writer_open(struct dat_writer *writer, const char *path, struct err *e)
{
	enum open_result result;

	writer_init(writer, path);
	result = open_path(writer, e);
	if (result == OPEN_DONE ||
	    (result == OPEN_TAKEN && open_beside(writer, path, e) == 0))
		return 0;
	return writer_drop(writer);
}

int dat_writer_open_default(
    struct dat_writer *writer, int64_t start_s, struct err *e)
{
	char name[64];
	int fd;

	for (int moved = 0; moved < NAMES_MAX; moved++) {
		time_t second = (time_t)(start_s + moved);
		struct tm local;

		localtime_r(&second, &local);
		strftime(
		    name, sizeof(name), "mprofile_%Y%m%d%H%M%S.dat", &local);
		fd = open(name,
		    O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
		if (fd >= 0 && file_lock_take(fd) != FILE_LOCK_HELD) {
			writer_init(writer, name);
			writer->fd = fd;
			writer->created = true;
			return 0;
		}
		if (fd >= 0)
			close(fd); /* somebody named it, and was faster */
		else if (errno != EEXIST)
			break;
	}
	*writer = (struct dat_writer){.fd = -1};
	return err_errno(e, "%s: can't be made", name);
}

void dat_writer_discard(struct dat_writer *writer)
{
	if (writer->created)
		unlink(writer->path);
	writer_drop(writer);
}

static bool write_some(struct dat_writer *writer)
{
	ssize_t wrote = write(writer->fd, writer->buffer, writer->len);

	if (wrote < 0 && errno == EINTR)
		return true;
	if (wrote <= 0) {
		writer->cause = errno;
		return false;
	}
	writer->len -= (size_t)wrote;
	writer->flushed -=
	    writer->flushed < (size_t)wrote ? writer->flushed : (size_t)wrote;
	memmove(writer->buffer, writer->buffer + wrote, writer->len);
	return true;
}

/* Samples in the buffer from there on. */
static uint64_t count_samples(const struct dat_writer *writer, size_t from)
{
	const char *at = writer->buffer + from;
	const char *end = writer->buffer + writer->len;
	uint64_t count = 0;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		count += end - at > 4 && memcmp(at, "MEM ", 4) == 0;
		at = newline ? newline + 1 : end;
	}
	return count;
}

void dat_writer_flush(struct dat_writer *writer)
{
	while (writer->len > 0 && write_some(writer))
		;
	if (writer->len > KEEP_MAX && writer->flushed > 0) {
		writer->lost += count_samples(writer, writer->flushed);
		writer->len = writer->flushed;
	}
	writer->flushed = writer->len;
}

/* Lets a fifo's reader catch up. */
static void flush_last(struct dat_writer *writer)
{
	struct pollfd pollfd = {.fd = writer->fd, .events = POLLOUT};
	int64_t until_ns = clock_mono_ns() + PATIENCE_MS * (NS_PER_S / 1000);

	dat_writer_flush(writer);
	while (writer->len > 0 && writer->cause == EAGAIN &&
	       clock_mono_ns() < until_ns) {
		poll(&pollfd, 1, PATIENCE_MS / 10);
		dat_writer_flush(writer);
	}
}

int dat_writer_close(struct dat_writer *writer, struct err *e)
{
	char lost[UNITS_COUNT];
	struct stat about;
	int result = 0;

	flush_last(writer);
	if (fstat(writer->fd, &about) == 0 && about.st_nlink == 0)
		result = err_set(e,
		    "%s: was removed while it was recorded into", writer->path);
	if (close(writer->fd) != 0 && errno != EINTR)
		result = err_errno(e, "%s: not written", writer->path);
	if (writer->lost > 0 || writer->len > 0) {
		errno = writer->cause;
		result = err_errno(e, "%s: %s", writer->path,
		    units_count(lost, writer->lost + count_samples(writer, 0),
			"sample is missing, it could not be written",
			"samples are missing, they could not be written"));
	}
	writer->fd = -1;
	writer_drop(writer);
	return result;
}
