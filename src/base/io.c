// SPDX-License-Identifier: MIT
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

void io_guard_streams(void)
{
	int fd;

	do {
		fd = open("/", O_PATH | O_CLOEXEC);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int io_write_all(int fd, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len > 0) {
		ssize_t wrote = write(fd, at, len);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return -1;
		at += wrote;
		len -= (size_t)wrote;
	}
	return 0;
}

/* The kernel does the same where fs.protected_symlinks and fs.protected_regular
 * are set, but not for a link that realpath() follows. */
int io_refuse_planted(const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	struct stat entry, folder;
	char *name;
	int got;

	if (lstat(path, &entry) != 0 || entry.st_uid == geteuid())
		return 0;
	name = slash ? mem_format("%.*s", (int)(slash + 1 - path), path)
		     : mem_copy(".");
	got = stat(name, &folder);
	free(name);
	if (got != 0)
		return err_errno(e, "%s: can't be written", path);
	if (!(folder.st_mode & S_IWOTH) || entry.st_uid == folder.st_uid)
		return 0;
	return err_set(e,
	    "%s: was put by another user into a folder that is open to all; "
	    "name another file",
	    path);
}

/* A fifo nobody writes to must not block the open. */
int io_open_input(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat about;

	if (fd < 0)
		return err_errno(e, "%s: can't be read", path);
	if (fstat(fd, &about) != 0) {
		err_errno(e, "%s: can't be read", path);
	} else if (S_ISREG(about.st_mode) || S_ISFIFO(about.st_mode)) {
		fcntl(fd, F_SETFL, O_RDONLY);
		return fd;
	} else {
		err_set(e, "%s: is a %s; name a recording", path,
		    S_ISDIR(about.st_mode) ? "folder" : "device");
	}
	close(fd);
	return -1;
}

/* A fifo that nobody reads would hold us up for ever. */
static int open_straight(struct io_output *out, struct err *e)
{
	int fd = open(out->path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd >= 0 && fcntl(fd, F_SETFL, O_WRONLY) == 0)
		out->stream = fdopen(fd, "w");
	if (out->stream)
		return 0;
	err_errno(e, "%s: can't be written%s", out->path,
	    errno == ENXIO ? ", nobody reads it" : "");
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Permission bits of a new file: the old one's, or what umask leaves. */
static mode_t output_mode(const struct stat *old)
{
	mode_t mask;

	if (old)
		return old->st_mode & 0777;
	mask = umask(0);
	umask(mask);
	return 0666 & ~mask;
}

static int open_partial(
    struct io_output *out, const struct stat *old, struct err *e)
{
	struct stat entry;
	int fd;

	/* What was no link when it was looked at is not followed if it has
	 * become one. */
	if (lstat(out->path, &entry) == 0 && S_ISLNK(entry.st_mode))
		out->target = realpath(out->path, NULL);
	if (!out->target)
		out->target = mem_copy(out->path);
	out->partial = mem_format("%s.XXXXXX", out->target);
	fd = mkostemp(out->partial, O_CLOEXEC);
	if (fd < 0) {
		err_errno(e, "%s: can't be written", out->path);
		free(out->partial);
		out->partial = NULL;
		return -1;
	}
	if (fchmod(fd, output_mode(old)) == 0)
		out->stream = fdopen(fd, "w");
	if (out->stream)
		return 0;
	err_errno(e, "%s: can't be written", out->path);
	close(fd);
	return -1;
}

int io_output_open(struct io_output *out, const char *path, struct err *e)
{
	struct stat old;
	bool exists;
	int got;

	*out = (struct io_output){.path = mem_copy(path)};
	if (strcmp(path, "-") == 0) {
		out->stream = stdout;
		return 0;
	}
	exists = stat(path, &old) == 0;
	if (io_refuse_planted(path, e) != 0)
		got = -1;
	else if (exists && S_ISDIR(old.st_mode))
		got = err_set(e, "%s: is a folder; name a file in it", path);
	else if (exists && !S_ISREG(old.st_mode))
		got = open_straight(out, e);
	else if (exists && access(path, W_OK) != 0)
		got = err_errno(e, "%s: can't be written", path);
	else
		got = open_partial(out, exists ? &old : NULL, e);
	if (got != 0)
		io_output_discard(out);
	return got;
}

int io_output_commit(struct io_output *out, struct err *e)
{
	FILE *stream = out->stream;
	bool failed;

	out->stream = NULL;
	failed = ferror(stream) != 0;
	if (stream == stdout)
		failed = fflush(stream) != 0 || failed;
	else
		failed = fclose(stream) != 0 || failed;
	if (!failed && out->partial)
		failed = rename(out->partial, out->target) != 0;
	if (failed) {
		err_errno(e, "%s: not written", out->path);
	} else {
		free(out->partial);
		out->partial = NULL;
	}
	io_output_discard(out);
	return failed ? -1 : 0;
}

void io_output_discard(struct io_output *out)
{
	if (out->stream && out->stream != stdout)
		fclose(out->stream);
	if (out->partial)
		unlink(out->partial);
	free(out->partial);
	free(out->target);
	free(out->path);
	*out = (struct io_output){0};
}
