// SPDX-License-Identifier: MIT
#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digits.h"
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

size_t path_root_len(const char *path, int *pid)
{
	static const char proc[] = "/proc/", root[] = "/root";
	char *end;
	long number;

	if (strncmp(path, proc, strlen(proc)) != 0)
		return 0;
	number = strtol(path + strlen(proc), &end, 10);
	if (number <= 0 || (int)number != number ||
	    strncmp(end, root, strlen(root)) != 0 || end[strlen(root)] != '/')
		return 0;
	*pid = (int)number;
	return (size_t)(end - path) + strlen(root);
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

/* The number of this process's descriptor that the name in /proc/self/fd stands
 * for; -1 where it is another name. */
static int named_file_descriptor(const struct named_file *file)
{
	static const char *const own[] = {
	    "/proc/self/fd", "/proc/thread-self/fd"};
	struct stat directory, about;

	if (fstat(file->directory, &directory) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (stat(own[i], &about) == 0 &&
		    about.st_dev == directory.st_dev &&
		    about.st_ino == directory.st_ino)
			return (int)digits_at(file->name);
	return -1;
}

/* Opens what a link of /proc stands for, such as the open file behind
 * /dev/stdout: it may have no path, or a path that is not to be replaced. -1
 * where it is no such link. */
static int named_file_open_magic(struct named_file *file)
{
	struct statfs fs;
	int fd;

	if (fstatfs(file->object, &fs) != 0 || fs.f_type != PROC_MAGIC)
		return -1;
	fd = openat(file->directory, file->name, O_PATH | O_CLOEXEC);
	file->is_open_file = fd >= 0;
	if (fd >= 0)
		file->descriptor = named_file_descriptor(file);
	return fd;
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

	*file = (struct named_file){
	    .directory = AT_FDCWD, .object = -1, .descriptor = -1};
	if (!*path)
		return err_set(e, "the output's name is empty; name a file");
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

bool named_file_is_stream(const struct named_file *file)
{
	return named_file_exists(file) && !S_ISDIR(file->about.st_mode) &&
	       (file->is_open_file || !S_ISREG(file->about.st_mode));
}

int named_file_copy(const struct named_file *file)
{
	int flags = fcntl(file->descriptor, F_GETFL);

	if (flags < 0)
		return -1;
	if (flags & O_PATH || (flags & O_ACCMODE) == O_RDONLY) {
		errno = EBADF;
		return -1;
	}
	return fcntl(file->descriptor, F_DUPFD_CLOEXEC, 0);
}

bool path_is_stream(const char *path)
{
	struct named_file file;
	bool is_stream = named_file_init(&file, path, NULL) == 0 &&
			 named_file_is_stream(&file);

	named_file_finish(&file);
	return is_stream;
}

char *named_file_random_name(const struct named_file *file, const char *word)
{
	uint64_t random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = (uint64_t)clock_mono_ns();
	return mem_format("%s%s%0*x", file->name, word, NAMED_FILE_DIGITS,
	    (unsigned)(random & 0xffffff));
}

enum { PARTIAL_TRIES = 100 };

void io_guard_streams(void)
{
	int fd;

	do {
		fd = open("/", O_PATH | O_CLOEXEC);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

void io_silence_streams(void)
{
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (nowhere < 0)
		return;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		dup2(nowhere, fd);
	if (nowhere > STDERR_FILENO)
		close(nowhere);
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

/* NULL where it is another user's, a link or can't be read. */
static DIR *io_open_own_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat about;
	DIR *dir = NULL;

	if (fd >= 0 && fstat(fd, &about) == 0 && about.st_uid == geteuid())
		dir = fdopendir(fd);
	if (fd >= 0 && !dir)
		close(fd);
	return dir;
}

void io_remove_own_directory(const char *path, io_is_removed *is_removed)
{
	DIR *dir = io_open_own_directory(path);
	int fd = dir ? dirfd(dir) : -1;
	const struct dirent *entry;

	if (fd < 0)
		return;
	while ((entry = readdir(dir)) != NULL) {
		if (is_removed(entry->d_name))
			unlinkat(fd, entry->d_name, 0);
	}
	closedir(dir);
	rmdir(path);
}

/* Opening a FIFO without a writer must not block. */
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
		    S_ISDIR(about.st_mode) ? "directory" : "device");
	}
	close(fd);
	return -1;
}

/* Whether this process's own descriptor is a pipe or a device that refuses what
 * it has no room for: others may need that, and a copy of it does so, too. */
static bool io_refuses_when_full(const struct named_file *target)
{
	int flags = fcntl(target->descriptor, F_GETFL);

	return flags >= 0 && flags & O_NONBLOCK &&
	       (flags & O_ACCMODE) != O_RDONLY &&
	       (S_ISFIFO(target->about.st_mode) ||
		   S_ISCHR(target->about.st_mode));
}

/* A copy of this process's own descriptor goes on where others that have it
 * wrote last. A FIFO without a reader would block forever. */
static int io_open_descriptor(const struct named_file *target)
{
	int flags = O_WRONLY | O_NOCTTY | O_NONBLOCK, fd;

	if (target->descriptor >= 0 && !io_refuses_when_full(target))
		return named_file_copy(target);
	if (S_ISREG(target->about.st_mode))
		flags |= O_TRUNC;
	fd = named_file_reopen(target, flags);
	if (fd >= 0)
		fcntl(fd, F_SETFL, O_WRONLY);
	return fd;
}

static int io_open_straight(struct io_output *out, struct err *e)
{
	int fd = io_open_descriptor(&out->target);

	if (fd >= 0)
		out->stream = fdopen(fd, "w");
	if (out->stream)
		return 0;
	err_errno(e, "%s: can't be written%s", out->path,
	    errno == ENXIO && S_ISFIFO(out->target.about.st_mode)
		? ", nobody reads it"
		: "");
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Permissions of a new file: those of the old one, or by umask. */
static mode_t io_output_mode(const struct named_file *target)
{
	mode_t mask;

	if (named_file_exists(target))
		return target->about.st_mode & 0777;
	mask = umask(0);
	umask(mask);
	return 0666 & ~mask;
}

/* Creates a file with a random name beside the target. */
static int io_open_partial(struct io_output *out, struct err *e)
{
	int fd = -1;

	for (int tries = 0; fd < 0 && tries < PARTIAL_TRIES; tries++) {
		free(out->partial);
		out->partial = named_file_random_name(&out->target, ".");
		fd = openat(out->target.directory, out->partial,
		    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	if (fd >= 0 && fchmod(fd, io_output_mode(&out->target)) == 0)
		out->stream = fdopen(fd, "w");
	if (out->stream)
		return 0;
	err_errno(e, "%s: can't be written", out->path);
	if (fd >= 0) {
		close(fd);
		return -1;
	}
	free(out->partial);
	out->partial = NULL;
	return -1;
}

static int io_open_target(struct io_output *out, struct err *e)
{
	const struct named_file *target = &out->target;
	char self[64];

	if (!named_file_exists(target))
		return io_open_partial(out, e);
	if (S_ISDIR(target->about.st_mode))
		return err_set(
		    e, "%s: is a directory; name a file in it", out->path);
	if (named_file_is_stream(target))
		return io_open_straight(out, e);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", target->object);
	if (access(self, W_OK) != 0)
		return err_errno(e, "%s: can't be written", out->path);
	return io_open_partial(out, e);
}

int io_output_open(struct io_output *out, const char *path, struct err *e)
{
	*out = (struct io_output){
	    .path = mem_copy(path), .target = NAMED_FILE_NONE};
	if (strcmp(path, "-") == 0) {
		out->stream = stdout;
		return 0;
	}
	if (named_file_init(&out->target, path, e) == 0 &&
	    io_open_target(out, e) == 0)
		return 0;
	io_output_discard(out);
	return -1;
}

/* The failure was reported. Otherwise it would be reported a second time when
 * standard output is closed. */
static void io_forget_failure(void)
{
	__fpurge(stdout);
	clearerr(stdout);
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
		failed = renameat(out->target.directory, out->partial,
			     out->target.directory, out->target.name) != 0;
	if (failed) {
		err_errno(e, "%s: not written",
		    stream == stdout ? "standard output" : out->path);
		if (stream == stdout)
			io_forget_failure();
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
	else if (out->stream && ferror(stdout))
		io_forget_failure();
	if (out->partial)
		unlinkat(out->target.directory, out->partial, 0);
	free(out->partial);
	free(out->path);
	named_file_finish(&out->target);
	*out = (struct io_output){.target = NAMED_FILE_NONE};
}

/* Open file description locks, Linux 3.15. An flock() can't be queried without
 * being taken, and a classic POSIX lock goes when the process closes any of its
 * descriptors of the file. Over NFS they are the server's locks. */
static const struct flock whole_file = {
    .l_type = F_WRLCK, .l_whence = SEEK_SET};

enum file_lock file_lock_take(int fd)
{
	struct flock lock = whole_file;

	while (fcntl(fd, F_OFD_SETLK, &lock) != 0) {
		if (errno == EAGAIN || errno == EACCES)
			return FILE_LOCK_HELD;
		if (errno != EINTR)
			return FILE_LOCK_NONE;
	}
	return FILE_LOCK_TAKEN;
}

void file_lock_drop(int fd)
{
	struct flock lock = whole_file;

	lock.l_type = F_UNLCK;
	fcntl(fd, F_OFD_SETLK, &lock);
}

bool file_lock_is_held(int fd)
{
	struct flock lock = whole_file;

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

bool file_lock_is_free(int fd)
{
	struct flock lock = whole_file;

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type == F_UNLCK;
}

/* The kernel refuses a lease for reading while anybody may write. Without
 * F_SETSIG, who opens the file within the lease would cause a SIGIO here, which
 * ends a process. */
int file_lock_has_writer(int fd)
{
	if (fcntl(fd, F_SETSIG, SIGURG) != 0)
		return -1;
	if (fcntl(fd, F_SETLEASE, F_RDLCK) != 0)
		return errno == EAGAIN ? 1 : -1;
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return 0;
}

/* Opens the same file for reading alone. */
static int file_lock_reopen(int fd)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_CLOEXEC);
}

bool file_lock_finds_mappings(int directory)
{
	int fd = openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	int reader = fd < 0 ? -1 : file_lock_reopen(fd);
	void *map = MAP_FAILED;
	bool finds = false;

	if (reader >= 0 && ftruncate(fd, 1) == 0)
		map = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	if (map != MAP_FAILED) {
		finds = file_lock_has_writer(reader) == 1;
		munmap(map, 1);
		finds = finds && file_lock_has_writer(reader) == 0;
	}
	if (reader >= 0)
		close(reader);
	return finds;
}
