// SPDX-License-Identifier: MIT
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

enum {
	LINKS_MAX = 40,      /* the kernel's limit */
	PROC_MAGIC = 0x9fa0, /* linux/magic.h, which musl's headers lack */
};

const char *path_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

void path_clean(char *path)
{
	char *to = path;

	if (*path != '/')
		return;
	for (const char *at = path; *at;) {
		if (strncmp(at, "//", 2) == 0) {
			at++;
		} else if (strncmp(at, "/./", 3) == 0) {
			at += 2;
		} else {
			*to++ = *at++;
		}
	}
	*to = 0;
}

bool path_has_ending(const char *path, const char *ending)
{
	size_t len = strlen(path), end = strlen(ending);

	return len > end && strcmp(path + len - end, ending) == 0;
}

size_t path_undeleted(const char *path)
{
	static const char ending[] = " (deleted)";

	return strlen(path) -
	       (path_has_ending(path, ending) ? sizeof(ending) - 1 : 0);
}

char *path_of_program(const char *name)
{
	const char *at = getenv("PATH");
	struct stat about;

	while (at && *at) {
		size_t len = strcspn(at, ":");
		char *file = mem_format("%.*s/%s", (int)len, at, name);

		if (len > 0 && access(file, X_OK) == 0 &&
		    stat(file, &about) == 0 && S_ISREG(about.st_mode))
			return file;
		free(file);
		at += len + (at[len] == ':');
	}
	return NULL;
}

bool named_file_exists(const struct named_file *file)
{
	return file->object >= 0;
}

bool named_file_is(const struct named_file *file, const struct stat *about)
{
	return about->st_ino == file->about.st_ino &&
	       about->st_dev == file->about.st_dev;
}

/* Enters the directory of path, relative to the present one, and sets name to
 * the last component. -1 with errno. */
static int named_file_enter(struct named_file *file, const char *path)
{
	const char *name = path_name(path);
	char *directory = name > path ? mem_copy_n(path, (size_t)(name - path))
				      : mem_copy(".");
	int fd = openat(
	    file->directory, directory, O_PATH | O_DIRECTORY | O_CLOEXEC);

	free(file->name);
	file->name = mem_copy(name);
	free(directory);
	if (fd < 0)
		return -1;
	if (file->directory >= 0)
		close(file->directory);
	file->directory = fd;
	return 0;
}

/* Looks the name up once. A path that ends with a slash names the directory. */
static int named_file_lookup(struct named_file *file)
{
	const char *name = file->name[0] ? file->name : ".";

	file->about = (struct stat){0};
	file->object =
	    openat(file->directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (file->object >= 0)
		return fstat(file->object, &file->about);
	return errno == ENOENT ? 0 : -1;
}

/* Whether another user put the object into a directory that everyone may write.
 * -1 with errno where that can't be found out. */
static int named_file_is_planted(const struct named_file *file, bool *planted)
{
	uid_t owner = file->about.st_uid;
	struct stat directory;

	*planted = false;
	if (!named_file_exists(file) || owner == geteuid())
		return 0;
	if (fstatat(file->directory, "", &directory, AT_EMPTY_PATH) != 0)
		return -1;
	*planted = (directory.st_mode & S_IWOTH) && owner != directory.st_uid;
	return 0;
}

/* Opens the target of a link of /proc/PID/fd that has no path, such as a pipe
 * behind /dev/stdout; -1 where it is no such link. */
static int named_file_open_magic(const struct named_file *file)
{
	struct statfs fs;
	struct stat about;
	int fd;

	if (fstatfs(file->object, &fs) != 0 || fs.f_type != PROC_MAGIC)
		return -1;
	fd = openat(file->directory, file->name, O_PATH | O_CLOEXEC);
	if (fd < 0 || (fstat(fd, &about) == 0 && !S_ISREG(about.st_mode)))
		return fd;
	close(fd);
	return -1;
}

/* Continues at the link's target. */
static int named_file_follow(struct named_file *file)
{
	char text[PATH_MAX];
	int magic = named_file_open_magic(file);
	ssize_t len = readlinkat(file->object, "", text, sizeof(text) - 1);

	close(file->object);
	file->object = magic;
	if (magic >= 0)
		return fstat(magic, &file->about);
	if (len < 0)
		return -1;
	text[len] = 0;
	return named_file_enter(file, text) != 0 ? -1 : named_file_lookup(file);
}

int named_file_init(struct named_file *file, const char *path, struct err *e)
{
	bool planted = false;
	int failed;

	*file = (struct named_file){.directory = AT_FDCWD, .object = -1};
	failed =
	    named_file_enter(file, path) != 0 || named_file_lookup(file) != 0;
	for (int links = 0; !failed; links++) {
		failed = named_file_is_planted(file, &planted) != 0;
		if (failed || planted || !named_file_exists(file) ||
		    !S_ISLNK(file->about.st_mode))
			break;
		errno = ELOOP;
		failed = links == LINKS_MAX || named_file_follow(file) != 0;
	}
	if (failed)
		return err_errno(e, "%s: can't be written", path);
	if (planted)
		return err_set(e,
		    "%s: belongs to another user, in a directory that "
		    "everybody can write to; name another file",
		    path);
	return 0;
}

void named_file_finish(struct named_file *file)
{
	if (file->object >= 0)
		close(file->object);
	if (file->directory >= 0)
		close(file->directory);
	free(file->name);
	*file = NAMED_FILE_NONE;
}

int named_file_reopen(const struct named_file *file, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file->object);
	return open(path, flags | O_CLOEXEC);
}

char *named_file_random_name(const struct named_file *file, const char *word)
{
	uint64_t random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = (uint64_t)clock_mono_ns();
	return mem_format("%s%s%0*x", file->name, word, NAMED_FILE_DIGITS,
	    (unsigned)(random & 0xffffff));
}
