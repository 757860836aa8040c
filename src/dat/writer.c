// SPDX-License-Identifier: MIT
//
// First the records, whose numbers are written by hand: printf() would cost
// more than the sample itself. Then the file: opening, flushing, closing.
#include "dat/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "base/utf8.h"
#include "dat/reader.h"
#include "dat/thin.h"

enum {
	KEEP_MAX = 256 * 1024, /* bytes that wait for free disk space */
	NAMES_MAX = 3600, /* seconds by which a default name may be later */
	/* Tries where others create and remove the same name. */
	OPEN_TRIES = 100,
	BESIDE_MAX = 10000, /* recordings of one name at the same time */
	PATIENCE_MS = 1000, /* wait for a slow reader of a FIFO at the end */
	NUMBER = 24         /* bytes of a 64-bit number with its sign */
};

static char *writer_put_digits(char *out, uint64_t number, size_t least)
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

/* Writes KiB as MiB, rounded like "%.6f": half to even. */
static char *writer_put_mib(char *out, int64_t kib)
{
	uint64_t size = (uint64_t)(kib > 0 ? kib : 0);
	uint64_t rest = size % 1024 * 1000000;
	uint64_t parts = rest / 1024, over = rest % 1024;

	if (over > 512 || (over == 512 && parts % 2 == 1))
		parts++;
	out = writer_put_digits(out, size / 1024, 1);
	*out++ = '.';
	return writer_put_digits(out, parts, 6);
}

static char *writer_put_time(char *out, int64_t time_ns, bool precise)
{
	uint64_t unit = precise ? 1000 : 100000;
	uint64_t per_s = precise ? 1000000 : 10000;
	uint64_t count = ((uint64_t)time_ns + unit / 2) / unit;

	out = writer_put_digits(out, count / per_s, 1);
	*out++ = '.';
	return writer_put_digits(out, count % per_s, precise ? 6 : 4);
}

static void writer_put_point(
    struct dat_writer *writer, int64_t kib, int64_t time_ns)
{
	char *out = strbuf_reserve(&writer->buffer, 4 * NUMBER);

	out = writer_put_mib(out, kib);
	*out++ = ' ';
	out = writer_put_time(out, time_ns, writer->precise);
	*out++ = '\n';
	writer->buffer.len = (size_t)(out - writer->buffer.text);
}

void dat_write_memory(struct dat_writer *writer, int64_t kib, int64_t time_ns)
{
	strbuf_add_bytes(&writer->buffer, "MEM ", 4);
	writer_put_point(writer, kib, time_ns);
}

void dat_write_child(
    struct dat_writer *writer, pid_t pid, int64_t kib, int64_t time_ns)
{
	char *out;

	strbuf_add_bytes(&writer->buffer, "CHLD ", 5);
	out = strbuf_reserve(&writer->buffer, NUMBER);
	out = writer_put_digits(out, (uint64_t)pid, 1);
	*out++ = ' ';
	writer->buffer.len = (size_t)(out - writer->buffer.text);
	writer_put_point(writer, kib, time_ns);
}

void dat_write_raw(struct dat_writer *writer, const char *text)
{
	strbuf_add(&writer->buffer, text);
}

static void writer_put_hex(
    struct dat_writer *writer, const char *before, unsigned char byte)
{
	static const char hex[] = "0123456789abcdef";

	strbuf_add(&writer->buffer, before);
	strbuf_add_bytes(&writer->buffer, &hex[byte >> 4], 1);
	strbuf_add_bytes(&writer->buffer, &hex[byte & 15], 1);
}

/* Escapes control characters as \n, \t or \xNN, and also invalid UTF-8, on
 * which memory_profiler's reader would fail. */
static void writer_put_word(struct dat_writer *writer, const char *word)
{
	while (*word) {
		const char *at = word;
		int32_t code = utf8_next(&word);

		if (code == '\n')
			strbuf_add(&writer->buffer, "\\n");
		else if (code == '\t')
			strbuf_add(&writer->buffer, "\\t");
		else if (code < ' ' || code == 0x7f)
			writer_put_hex(writer, "\\x", (unsigned char)*at);
		else
			strbuf_add_bytes(
			    &writer->buffer, at, (size_t)(word - at));
	}
}

void dat_write_command(struct dat_writer *writer, char *const *words)
{
	strbuf_add(&writer->buffer, "CMDLINE");
	for (; *words; words++) {
		const char *quote = strpbrk(*words, " \t") ? "'" : "";

		strbuf_add(&writer->buffer, " ");
		strbuf_add(&writer->buffer, quote);
		writer_put_word(writer, *words);
		strbuf_add(&writer->buffer, quote);
	}
	strbuf_add(&writer->buffer, "\n");
}

void dat_write_begin(struct dat_writer *writer, const char *keyword)
{
	strbuf_add(&writer->buffer, keyword);
}

static void writer_put_key(struct dat_writer *writer, const char *key)
{
	strbuf_add(&writer->buffer, ";");
	strbuf_add(&writer->buffer, key);
	strbuf_add(&writer->buffer, "=");
}

void dat_write_whole(struct dat_writer *writer, const char *key, int64_t number)
{
	uint64_t size = (uint64_t)number;
	char *out;

	writer_put_key(writer, key);
	if (number < 0) {
		strbuf_add(&writer->buffer, "-");
		size = -size;
	}
	out = strbuf_reserve(&writer->buffer, NUMBER);
	out = writer_put_digits(out, size, 1);
	writer->buffer.len = (size_t)(out - writer->buffer.text);
}

void dat_write_mib(struct dat_writer *writer, const char *key, int64_t kib)
{
	char *out;

	writer_put_key(writer, key);
	out = writer_put_mib(strbuf_reserve(&writer->buffer, 2 * NUMBER), kib);
	writer->buffer.len = (size_t)(out - writer->buffer.text);
}

void dat_write_time(struct dat_writer *writer, const char *key, int64_t time_ns)
{
	char *out;

	writer_put_key(writer, key);
	out = writer_put_time(strbuf_reserve(&writer->buffer, 2 * NUMBER),
	    time_ns, writer->precise);
	writer->buffer.len = (size_t)(out - writer->buffer.text);
}

/* Encodes the bytes in special, control characters, invalid UTF-8, and the
 * first letter of MEM, which scripts take for a sample anywhere in a line. */
static void writer_put_encoded(
    struct dat_writer *writer, const char *text, const char *special)
{
	while (*text) {
		const char *at = text;
		int32_t code = utf8_next(&text);

		if (code < ' ' || code == 0x7f || strchr(special, *at))
			writer_put_hex(writer, "%", (unsigned char)*at);
		else if (strncmp(at, "MEM", 3) == 0)
			strbuf_add(&writer->buffer, "%4D");
		else
			strbuf_add_bytes(
			    &writer->buffer, at, (size_t)(text - at));
	}
}

void dat_write_part(struct dat_writer *writer, const char *text)
{
	writer_put_encoded(writer, text, " %=;,");
}

void dat_write_text(
    struct dat_writer *writer, const char *key, const char *text)
{
	writer_put_key(writer, key);
	writer_put_encoded(writer, text, " %=;");
}

void dat_write_end(struct dat_writer *writer, int64_t kib, int64_t time_ns)
{
	strbuf_add(&writer->buffer, " ");
	writer_put_point(writer, kib, time_ns);
}

/* A copy of a descriptor shares its lock with it. */
static int writer_close_file(const struct dat_writer *writer)
{
	file_lock_drop(writer->fd);
	return close(writer->fd);
}

/* Frees without reporting errors, and returns -1. */
static int writer_drop(struct dat_writer *writer)
{
	if (writer->thin)
		thin_abandon(writer->thin);
	free(writer->thin);
	if (writer->fd >= 0)
		writer_close_file(writer);
	strbuf_finish(&writer->buffer);
	free(writer->path);
	*writer = (struct dat_writer){.fd = -1};
	return -1;
}

static int writer_check_existing(
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
		return err_set(e,
		    "%s: is not a regular file, a pipe or a device; name "
		    "another file with -o",
		    writer->path);
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
			    "%s: is not a recording, so nothing is added to "
			    "it; name another file",
			    writer->path);
		close(fd);
		return -1;
	}
	if (pread(fd, &last, 1, about.st_size - 1) == 1 && last != '\n')
		dat_write_raw(writer, "\n");
	close(fd);
	return 0;
}

enum open_result {
	OPEN_DONE,
	OPEN_MOVED, /* the name was created or removed meanwhile: retry */
	OPEN_TAKEN, /* another recorder is writing the file */
	OPEN_FAILED
};

/* The file may have been removed by a recorder that had nothing to record. */
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

/* A FIFO that nobody reads must not block, now or later. */
static int writer_open_file(const struct named_file *file)
{
	int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY;

	if (!named_file_exists(file))
		return openat(file->directory, file->name,
		    flags | O_CREAT | O_EXCL, 0666);
	if (file->descriptor >= 0 && S_ISREG(file->about.st_mode))
		return named_file_copy(file);
	return named_file_reopen(file, flags | O_NONBLOCK);
}

/* By the errno of a file that can't be opened. */
static enum open_result writer_refuse(const char *path, struct err *e)
{
	if (errno == EEXIST || errno == ENOENT) {
		err_errno(e, "%s: can't be written", path);
		return OPEN_MOVED;
	}
	if (errno == EISDIR)
		err_set(e, "%s: is a directory; name a file in it", path);
	else
		err_errno(e, "%s: can't be written%s", path,
		    errno == ENXIO ? ", nobody reads it" : "");
	return OPEN_FAILED;
}

/* Opens or creates the file. */
static enum open_result writer_open_and_lock(
    struct dat_writer *writer, const struct named_file *file, struct err *e)
{
	enum open_result result;

	writer->created = !named_file_exists(file);
	writer->fd = writer_open_file(file);
	if (writer->fd < 0)
		return writer_refuse(writer->path, e);
	result = writer_lock(writer);
	if (result == OPEN_MOVED)
		err_set(e, "%s: is removed again and again by another program",
		    writer->path);
	if (result == OPEN_DONE && !writer->created &&
	    writer_check_existing(writer, file, e) != 0)
		return OPEN_FAILED;
	return result;
}

static enum open_result writer_open_path(
    struct dat_writer *writer, struct err *e)
{
	enum open_result result = OPEN_MOVED;

	for (int i = 0; result == OPEN_MOVED && i < OPEN_TRIES; i++) {
		struct named_file file;

		result = named_file_init(&file, writer->path, e) == 0
			     ? writer_open_and_lock(writer, &file, e)
			     : OPEN_FAILED;
		named_file_finish(&file);
		if (result == OPEN_DONE)
			break;
		if (writer->fd >= 0)
			close(writer->fd);
		writer->fd = -1;
		writer->created = false;
	}
	return result;
}

/* Finds a free name beside the one that is taken: "run.2.dat" beside "run.dat".
 * Skips names of other content, as the user did not choose them. */
static int writer_open_beside(
    struct dat_writer *writer, const char *path, struct err *e)
{
	bool dat = path_has_ending(path, ".dat");
	int len = (int)strlen(path) - (dat ? 4 : 0);

	for (int number = 2; number < BESIDE_MAX; number++) {
		struct err ignored;

		free(writer->path);
		writer->path = mem_format(
		    "%.*s.%d%s", len, path, number, dat ? ".dat" : "");
		if (writer_open_path(writer, &ignored) == OPEN_DONE)
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

	*writer = (struct dat_writer){.fd = -1, .path = mem_copy(path)};
	result = writer_open_path(writer, e);
	if (result == OPEN_DONE ||
	    (result == OPEN_TAKEN && writer_open_beside(writer, path, e) == 0))
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
			*writer = (struct dat_writer){
			    .fd = fd, .path = mem_copy(name), .created = true};
			return 0;
		}
		if (fd >= 0)
			close(fd); /* someone created it first */
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

/* A file is thinned to half of its bound, before it reaches that. */
enum { THIN_BEFORE = 8, THIN_TO = 2 };

/* Sets the next size to thin at, when the file is small enough. */
static void writer_renew_bound(struct dat_writer *writer)
{
	writer->thin_at = writer->most - writer->most / THIN_BEFORE;
	writer->trouble.text[0] = '\0';
}

int dat_writer_bound(struct dat_writer *writer, size_t most, struct err *e)
{
	struct stat about;

	if (fstat(writer->fd, &about) != 0 || !S_ISREG(about.st_mode))
		return err_set(e,
		    "%s: is not a regular file: it can't be thinned",
		    writer->path);
	if (path_is_stream(writer->path))
		return err_set(e,
		    "%s: is an open file without a name of its own: it "
		    "can't be thinned; name a file",
		    writer->path);
	writer->most = most;
	writer_renew_bound(writer);
	beside_clean(writer->path);
	return 0;
}

int dat_writer_bound_files(
    struct dat_writer *writer, size_t most, unsigned keeps, struct err *e)
{
	writer->keeps = keeps;
	return dat_writer_bound(writer, most, e);
}

/* The size of the file; 0 where it is unknown. */
static size_t writer_size(const struct dat_writer *writer)
{
	struct stat about;

	return fstat(writer->fd, &about) == 0 ? (size_t)about.st_size : 0;
}

bool dat_writer_is_full(const struct dat_writer *writer)
{
	return writer->keeps > 0 && writer->buffer.len == 0 &&
	       writer_size(writer) >= writer->thin_at;
}

/* The name of the nth older file. */
static char *writer_name_older(const char *name, unsigned number)
{
	return number == 0 ? mem_copy(name) : mem_format("%s.%u", name, number);
}

/* The first number that no file has, else the oldest file's. */
static unsigned writer_free_number(
    const struct dat_writer *writer, const struct named_file *file)
{
	unsigned number = 1;
	struct stat about;
	bool taken = true;

	while (taken && number < writer->keeps) {
		char *name = writer_name_older(file->name, number);

		taken = fstatat(file->directory, name, &about,
			    AT_SYMLINK_NOFOLLOW) == 0;
		number += taken;
		free(name);
	}
	return number;
}

/* Renames from the oldest on: if this process is killed in between, all files
 * exist except the one to be dropped. Files after a free name stay. */
static int writer_rename_older(
    const struct dat_writer *writer, const struct named_file *file)
{
	int failed = 0;

	for (unsigned i = writer_free_number(writer, file); i > 0 && !failed;
	     i--) {
		char *from = writer_name_older(file->name, i - 1);
		char *to = writer_name_older(file->name, i);

		failed =
		    renameat(file->directory, from, file->directory, to) != 0 &&
		    (i == 1 || errno != ENOENT);
		free(from);
		free(to);
	}
	return failed ? -1 : 0;
}

/* Restores the name of the newest older file. A link, unlike a rename, replaces
 * no file that someone created meanwhile. */
static void writer_undo_rename(const struct named_file *file)
{
	char *older = writer_name_older(file->name, 1);

	if (linkat(file->directory, older, file->directory, file->name, 0) == 0)
		unlinkat(file->directory, older, 0);
	free(older);
}

/* Returns the new file's descriptor, locked; -1 with e. */
static int writer_open_next(
    const struct dat_writer *writer, struct named_file *file, struct err *e)
{
	struct stat about;
	int fd;

	if (named_file_init(file, writer->path, e) != 0)
		return -1;
	if (fstat(writer->fd, &about) != 0 || !named_file_is(file, &about))
		return err_set(e, "it was renamed or removed");
	if (writer_rename_older(writer, file) != 0)
		return err_errno(e, "can't be renamed");
	fd = openat(file->directory, file->name,
	    O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC,
	    about.st_mode & 0777);
	if (fd < 0) {
		err_errno(e, "no new file can be made");
		writer_undo_rename(file);
		return -1;
	}
	if (file_lock_take(fd) != FILE_LOCK_HELD)
		return fd;
	close(fd);
	return err_set(e, "another mprof records into the new file");
}

bool dat_writer_rotate(struct dat_writer *writer)
{
	struct named_file file;
	struct err e;
	int fd = writer_open_next(writer, &file, &e);

	named_file_finish(&file);
	if (fd < 0) {
		writer->trouble = e;
		writer->troubles++;
		writer->thin_at *= 2;
		return false;
	}
	close(writer->fd);
	writer->fd = fd;
	writer_renew_bound(writer);
	return true;
}

/* Retries failed thinning at twice the size. */
static void writer_note_trouble(
    struct dat_writer *writer, const struct err *e, size_t size)
{
	writer->trouble = *e;
	writer->troubles++;
	writer->thin_at = 2 * size;
}

static void writer_begin_thinning(struct dat_writer *writer, size_t size)
{
	const struct thin_wish wish = {.path = writer->path,
	    .fd = writer->fd,
	    .most = writer->most / THIN_TO,
	    .living = writer->living,
	    .living_count = writer->living_count};
	struct err e;

	beside_clean(writer->path);
	writer->thin = mem_zero(1, sizeof(*writer->thin));
	if (thin_begin(writer->thin, &wish, &e) == 0)
		return;
	writer_note_trouble(writer, &e, size);
	free(writer->thin);
	writer->thin = NULL;
}

/* Called when everything recorded is in the file. */
static void writer_thin(struct dat_writer *writer)
{
	struct err e;
	size_t size;

	if (writer->thin && thin_is_done(writer->thin)) {
		if (thin_commit(writer->thin, &writer->fd, &e) != 0)
			writer_note_trouble(writer, &e, writer_size(writer));
		else
			writer_renew_bound(writer);
		free(writer->thin);
		writer->thin = NULL;
	}
	size = writer_size(writer);
	if (!writer->thin && size >= writer->thin_at)
		writer_begin_thinning(writer, size);
}

static bool writer_write_some(struct dat_writer *writer)
{
	ssize_t wrote =
	    write(writer->fd, writer->buffer.text, writer->buffer.len);

	if (wrote < 0 && errno == EINTR)
		return true;
	if (wrote <= 0) {
		writer->cause = errno;
		return false;
	}
	writer->buffer.len -= (size_t)wrote;
	writer->flushed -=
	    writer->flushed < (size_t)wrote ? writer->flushed : (size_t)wrote;
	memmove(writer->buffer.text, writer->buffer.text + wrote,
	    writer->buffer.len);
	return true;
}

/* Counts the samples in the buffer from there on. */
static uint64_t writer_count_samples(
    const struct dat_writer *writer, size_t from)
{
	const char *at = writer->buffer.text + from;
	const char *end = writer->buffer.text + writer->buffer.len;
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
	while (writer->buffer.len > 0 && writer_write_some(writer))
		;
	if (writer->buffer.len > KEEP_MAX && writer->flushed > 0) {
		writer->lost += writer_count_samples(writer, writer->flushed);
		writer->buffer.len = writer->flushed;
	}
	writer->flushed = writer->buffer.len;
	if (writer->most > 0 && writer->keeps == 0 && writer->buffer.len == 0)
		writer_thin(writer);
}

/* Lets a FIFO's reader catch up. */
static void writer_flush_last(struct dat_writer *writer)
{
	struct pollfd pollfd = {.fd = writer->fd, .events = POLLOUT};
	int64_t until_ns = clock_mono_ns() + PATIENCE_MS * (NS_PER_S / 1000);

	dat_writer_flush(writer);
	while (writer->buffer.len > 0 && writer->cause == EAGAIN &&
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

	writer_flush_last(writer);
	if (fstat(writer->fd, &about) == 0 && about.st_nlink == 0)
		result = err_set(
		    e, "%s: was removed during the recording", writer->path);
	if (writer_close_file(writer) != 0 && errno != EINTR)
		result = err_errno(e, "%s: not written", writer->path);
	if (writer->lost > 0 || writer->buffer.len > 0) {
		uint64_t samples =
		    writer->lost + writer_count_samples(writer, 0);

		units_count(lost, samples,
		    "sample is missing, it could not be written",
		    "samples are missing, they could not be written");
		errno = writer->cause;
		result = err_errno(e, "%s: %s", writer->path,
		    samples > 0 ? lost : "some records could not be written");
	}
	writer->fd = -1;
	writer_drop(writer);
	return result;
}
