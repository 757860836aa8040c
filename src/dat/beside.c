// SPDX-License-Identifier: MIT
#include "dat/beside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "dat/reader.h"

#define BESIDE_WORD ".thinning."
enum { BESIDE_TRIES = 100 };

/* Another random name each time. */
static void beside_choose_name(struct beside *beside)
{
	free(beside->name);
	beside->name = named_file_random_name(&beside->target, BESIDE_WORD);
}

static void beside_forget_name(struct beside *beside)
{
	free(beside->name);
	beside->name = NULL;
}

/* Creates the file with a name. -1 with errno. */
static int beside_create_named(struct beside *beside)
{
	for (int tries = 0; tries < BESIDE_TRIES; tries++) {
		int fd;

		beside_choose_name(beside);
		fd = openat(beside->target.directory, beside->name,
		    O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd >= 0)
			return fd;
		if (errno != EEXIST)
			break;
	}
	beside_forget_name(beside);
	return -1;
}

/* The recording may belong to another user, where root records into it. */
static int beside_create(struct beside *beside, struct err *e)
{
	const struct stat *about = &beside->target.about;
	mode_t mode = about->st_mode & 0777;
	struct stat made;

	beside->fd = openat(beside->target.directory, ".",
	    O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
	if (beside->fd < 0)
		beside->fd = beside_create_named(beside);
	if (beside->fd < 0)
		return err_errno(e, "no file can be made beside it");
	if (file_lock_take(beside->fd) == FILE_LOCK_HELD)
		return err_errno(e, "can't be locked");
	if (fstat(beside->fd, &made) != 0 ||
	    (made.st_uid != about->st_uid &&
		fchown(beside->fd, about->st_uid, about->st_gid) != 0))
		return err_errno(e, "can't be given to its owner");
	/* Another group must not get the rights of the recording's. */
	if (made.st_uid == about->st_uid && made.st_gid != about->st_gid &&
	    fchown(beside->fd, (uid_t)-1, about->st_gid) != 0)
		mode &= ~(mode_t)S_IRWXG;
	if (fchmod(beside->fd, mode) != 0)
		return err_errno(e, "can't be given to its owner");
	return 0;
}

int beside_open(struct beside *beside, const char *path, int fd, struct err *e)
{
	struct stat about;

	*beside = (struct beside){.fd = -1};
	if (named_file_init(&beside->target, path, e) == 0) {
		if (fstat(fd, &about) != 0 ||
		    !named_file_is(&beside->target, &about))
			err_set(e, "it was renamed or removed");
		else if (beside_create(beside, e) == 0)
			return 0;
	}
	beside_finish(beside);
	return -1;
}

/* Gives it a name for the moment until it is renamed, as a link can't replace a
 * file. -1 with errno. */
static int beside_link(struct beside *beside)
{
	char self[64];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", beside->fd);
	for (int tries = 0; tries < BESIDE_TRIES; tries++) {
		beside_choose_name(beside);
		if (linkat(AT_FDCWD, self, beside->target.directory,
			beside->name, AT_SYMLINK_FOLLOW) == 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	beside_forget_name(beside);
	return -1;
}

int beside_commit(struct beside *beside, struct err *e)
{
	const struct named_file *target = &beside->target;
	struct stat now;

	if (fstatat(target->directory, target->name, &now,
		AT_SYMLINK_NOFOLLOW) != 0 ||
	    !named_file_is(target, &now))
		return err_set(e, "it was renamed or removed");
	if (!beside->name && beside_link(beside) != 0)
		return err_errno(e, "can't be named");
	if (renameat(target->directory, beside->name, target->directory,
		target->name) != 0)
		return err_errno(e, "can't be renamed");
	beside_forget_name(beside);
	return 0;
}

void beside_finish(struct beside *beside)
{
	if (beside->name)
		unlinkat(beside->target.directory, beside->name, 0);
	beside_forget_name(beside);
	if (beside->fd >= 0)
		close(beside->fd);
	named_file_finish(&beside->target);
	*beside = (struct beside){.target = NAMED_FILE_NONE, .fd = -1};
}

/* The length of the recording's name in the name of a file beside it; 0: it is
 * another name. */
static size_t beside_recording_len(const char *name)
{
	size_t word = strlen(BESIDE_WORD), len = strlen(name);
	const char *at;

	if (len <= word + NAMED_FILE_DIGITS)
		return 0;
	len -= word + NAMED_FILE_DIGITS;
	at = name + len;
	return at[-1] != '/' && strncmp(at, BESIDE_WORD, word) == 0 &&
		       strspn(at + word, "0123456789abcdef") ==
			   NAMED_FILE_DIGITS
		   ? len
		   : 0;
}

char *beside_recording(const char *name)
{
	size_t len = beside_recording_len(name);

	return len > 0 ? mem_format("%.*s", (int)len, name) : NULL;
}

/* Another user may own it, where root recorded into that one's file. */
static bool beside_is_left(int fd, uid_t other)
{
	struct stat about;

	return fstat(fd, &about) == 0 && S_ISREG(about.st_mode) &&
	       about.st_nlink == 1 &&
	       (about.st_uid == geteuid() || about.st_uid == other) &&
	       (about.st_size == 0 || dat_content(fd) == DAT_CONTENT_RECORD) &&
	       file_lock_is_free(fd);
}

/* Opens one to examine it; -1 with errno. */
static int beside_examine(int directory, const char *name)
{
	return openat(directory, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* Whether the recording is gone or nobody writes it; then *owner has its
 * owner's number. */
static bool beside_is_free(const char *recording, uid_t *owner)
{
	int fd = beside_examine(AT_FDCWD, recording);
	struct stat about;
	bool is_free;

	*owner = geteuid();
	if (fd < 0)
		return errno == ENOENT;
	is_free = fstat(fd, &about) == 0 && S_ISREG(about.st_mode) &&
		  file_lock_is_free(fd);
	close(fd);
	if (is_free)
		*owner = about.st_uid;
	return is_free;
}

bool beside_was_left(const char *path)
{
	char *recording = beside_recording(path);
	bool left = false;
	uid_t owner;
	int fd = -1;

	if (recording && beside_is_free(recording, &owner))
		fd = beside_examine(AT_FDCWD, path);
	if (fd >= 0) {
		left = beside_is_left(fd, owner);
		close(fd);
	}
	free(recording);
	return left;
}

static void beside_clean_one(const struct named_file *target, const char *name)
{
	int fd = beside_examine(target->directory, name);

	if (fd < 0)
		return;
	if (beside_is_left(fd, target->about.st_uid))
		unlinkat(target->directory, name, 0);
	close(fd);
}

/* Whether it is the name of a file beside that one. */
static bool beside_is_name(const char *name, const char *of)
{
	size_t len = beside_recording_len(name);

	return len == strlen(of) && strncmp(name, of, len) == 0;
}

void beside_clean(const char *path)
{
	struct named_file target;
	const struct dirent *entry;
	struct err e;
	DIR *dir = NULL;
	int fd = -1;

	if (named_file_init(&target, path, &e) == 0 &&
	    named_file_exists(&target))
		fd = openat(
		    target.directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		dir = fdopendir(fd);
	while (dir && (entry = readdir(dir))) {
		if (beside_is_name(entry->d_name, target.name))
			beside_clean_one(&target, entry->d_name);
	}
	if (dir)
		closedir(dir);
	named_file_finish(&target);
}
