// SPDX-License-Identifier: MIT
#include "recorder/marks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "proc/argv.h"
#include "proc/procfs.h"

/* Bytes read at one tick at most: a program that marks without end must not
 * delay the next deadline. */
enum { READ_AT_MOST = 16 << 10, READS_AT_END = 4096 };

/* Resolution of a recording's times. */
#define BEHIND_NS (NS_PER_S / 10000)

static const char name_pattern[] = "mprof-*" MARKS_SUFFIX;

/* No other user may be able to remove or exchange a file in the directory: sudo
 * -E leaves TMPDIR as another user's. */
const char *marks_directory(void)
{
	static const char *const variables[] = {"XDG_RUNTIME_DIR", "TMPDIR"};

	for (size_t i = 0; i < 2; i++) {
		const char *directory = getenv(variables[i]);
		struct stat about;

		if (directory && directory[0] == '/' &&
		    stat(directory, &about) == 0 && S_ISDIR(about.st_mode) &&
		    access(directory, W_OK | X_OK) == 0 &&
		    (about.st_uid == geteuid() || (about.st_mode & S_ISVTX)))
			return directory;
	}
	return "/tmp";
}

/* Returns a descriptor that is readable when the file was written; -1 without
 * inotify: a mark is then found at the next tick. */
static int recorder_marks_watch_file(const char *path)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd >= 0 && inotify_add_watch(fd, path, IN_MODIFY) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The file is locked before it gets its name: a file of that name without a
 * lock is taken for one of a killed recorder. */
static int marks_make(struct marks *marks, struct err *e)
{
	struct io_output made;

	if (io_output_open(&made, marks->path, e) != 0)
		return -1;
	marks->fd = fcntl(fileno(made.stream), F_DUPFD_CLOEXEC, 0);
	if (marks->fd >= 0 && fchmod(marks->fd, 0600) == 0 &&
	    file_lock_take(marks->fd) != FILE_LOCK_HELD)
		return io_output_commit(&made, e);
	err_errno(e, "%s: marks can't be read", marks->path);
	io_output_discard(&made);
	return -1;
}

/* Six random letters and digits. */
static void marks_fill_random(char text[static 7])
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz012345";
	unsigned char random[6];

	if (getrandom(random, sizeof(random), GRND_NONBLOCK) < 0)
		memcpy(random, &(int64_t){clock_mono_ns()}, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++)
		text[i] = digits[random[i] % (sizeof(digits) - 1)];
	text[sizeof(random)] = 0;
}

/* mprof-UID-RECORDER-WATCHED-XXXXXX.mark: the random part, since in a shared
 * directory another user may have taken any name that can be guessed. */
int marks_open(struct marks *marks, pid_t pid, pid_t watched, struct err *e)
{
	char random[7];

	marks_fill_random(random);
	*marks = (struct marks){
	    .path = mem_format("%s/mprof-%u-%d-%d-%s" MARKS_SUFFIX,
		marks_directory(), (unsigned)geteuid(), (int)pid, (int)watched,
		random),
	    .fd = -1,
	    .news = -1};
	if (marks_make(marks, e) == 0) {
		marks->news = recorder_marks_watch_file(marks->path);
		return 0;
	}
	if (marks->fd >= 0)
		close(marks->fd);
	free(marks->path);
	*marks = (struct marks){.fd = -1, .news = -1};
	return -1;
}

void marks_close(struct marks *marks)
{
	if (marks->fd < 0)
		return;
	if (marks->asks)
		snapshots_finish(&marks->snapshots);
	unlink(marks->path);
	close(marks->fd);
	if (marks->news >= 0)
		close(marks->news);
	free(marks->path);
	*marks = (struct marks){.fd = -1, .news = -1};
}

/* The label of the mark in the line, which may ask for a snapshot. */
static const char *recorder_marks_label(struct marks *marks)
{
	if (marks->label[0] != SNAPSHOTS_WORD[0])
		return marks->label;
	if (!marks->asks)
		snapshots_init(&marks->snapshots, marks->path, marks->precise);
	marks->asks = true;
	return snapshots_read_line(
	    &marks->snapshots, marks->label, marks->last_ns);
}

static void recorder_marks_end_line(
    struct marks *marks, const struct sink_tick *tick, const struct sink *sink)
{
	const char *label;

	marks->label[marks->used] = 0;
	if (marks->used > 0) {
		label = recorder_marks_label(marks);
		if (sink->mark)
			sink->mark(sink->context, marks->last_ns,
			    tick->total_kib, label);
	}
	marks->used = 0;
	marks->cut = false;
}

static void recorder_marks_add_bytes(struct marks *marks, const char *bytes,
    size_t len, const struct sink_tick *tick, const struct sink *sink)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n')
			recorder_marks_end_line(marks, tick, sink);
		else if (marks->used == MARKS_LABEL - 1)
			marks->cut = true;
		else if (bytes[i] != 0 && bytes[i] != '\r')
			marks->label[marks->used++] = bytes[i];
	}
}

/* Estimates when the mark was written. Of several lines since the last tick,
 * only the newest has a known time: the file's, by a kernel clock that stands
 * still for up to 10 ms. It is not before the newest mark that was reported,
 * not after this tick, and not before a tick at which the file held no new
 * line. */
static void recorder_marks_note_time(
    struct marks *marks, const struct stat *file, const struct sink_tick *tick)
{
	int64_t written =
	    file->st_mtim.tv_sec * NS_PER_S + file->st_mtim.tv_nsec;

	if (written < marks->checked_ns)
		written = marks->checked_ns;
	if (written < marks->last_ns)
		return;
	marks->last_ns = written < tick->time_ns ? written : tick->time_ns;
}

/* Reads one part of the file; false where no more is left. */
static bool recorder_marks_read_some(
    struct marks *marks, const struct sink_tick *tick, const struct sink *sink)
{
	char bytes[READ_AT_MOST];
	struct stat file;
	ssize_t len;

	if (fstat(marks->fd, &file) != 0 || file.st_size == marks->offset)
		return false;
	if (file.st_size < marks->offset)
		marks->offset = 0; /* truncated: written anew */
	len = pread(marks->fd, bytes, sizeof(bytes), marks->offset);
	if (len <= 0)
		return false;
	marks->offset += len;
	recorder_marks_note_time(marks, &file, tick);
	recorder_marks_add_bytes(marks, bytes, (size_t)len, tick, sink);
	return true;
}

/* A mark that is found later was written after this tick. */
static bool recorder_marks_is_due(void *context, const struct sink_tick *tick)
{
	struct marks *marks = context;
	struct stat file;

	if (marks->asks && snapshots_is_due(&marks->snapshots))
		return true;
	if (fstat(marks->fd, &file) == 0 && file.st_size != marks->offset)
		return true;
	marks->checked_ns = tick->time_ns + BEHIND_NS;
	return false;
}

static void recorder_marks_on_tick(
    void *context, const struct sink_tick *tick, const struct sink *sink)
{
	struct marks *marks = context;
	char events[1024];

	while (marks->news > 0 && read(marks->news, events, sizeof(events)) > 0)
		;
	recorder_marks_read_some(marks, tick, sink);
	if (marks->asks)
		snapshots_step(&marks->snapshots, tick, sink);
	recorder_marks_is_due(marks, tick);
}

/* Reads the rest, at most READS_AT_END times, and a last line without a
 * newline. */
static void recorder_marks_on_end(
    void *context, const struct sink_tick *tick, const struct sink *sink)
{
	struct marks *marks = context;

	for (int i = 0;
	     i < READS_AT_END && recorder_marks_read_some(marks, tick, sink);
	     i++)
		;
	recorder_marks_end_line(marks, tick, sink);
	if (marks->asks)
		snapshots_end(&marks->snapshots, sink);
}

struct sampler_hook marks_hook(struct marks *marks)
{
	return (struct sampler_hook){.context = marks,
	    .tick = recorder_marks_on_tick,
	    .end = recorder_marks_on_end,
	    .is_due = recorder_marks_is_due,
	    .wake = marks->news > 0 ? marks->news : 0};
}

pid_t marks_recorder(const char *path)
{
	unsigned uid;
	int pid;

	return sscanf(path_name(path), "mprof-%u-%d-", &uid, &pid) == 2 ? pid
									: 0;
}

/* The file of a recorder that was killed stays, and its pid may be in use
 * again. */
bool marks_is_left(const char *path)
{
	int fd = open(
	    path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	bool left = fd >= 0 && file_lock_is_free(fd);

	if (fd >= 0)
		close(fd);
	return left;
}

static char *recorder_marks_from_directory(pid_t pid)
{
	static const char *const patterns[] = {
	    "%s/mprof-%u-%d-*" MARKS_SUFFIX, "%s/mprof-%u-*-%d-*" MARKS_SUFFIX};
	char *found = NULL;

	for (size_t i = 0; i < 2 && !found; i++) {
		char pattern[4200];
		glob_t paths;

		snprintf(pattern, sizeof(pattern), patterns[i],
		    marks_directory(), (unsigned)geteuid(), (int)pid);
		if (glob(pattern, 0, NULL, &paths) != 0)
			paths.gl_pathc = 0;
		for (size_t j = 0; j < paths.gl_pathc && !found; j++) {
			if (!marks_is_left(paths.gl_pathv[j]))
				found = mem_copy(paths.gl_pathv[j]);
		}
		globfree(&paths);
	}
	return found;
}

char *marks_find(pid_t pid, struct err *e)
{
	struct procfs fs;
	char *found = NULL;

	if (procfs_init(&fs, "/proc", e) == 0) {
		found = argv_variable(&fs, pid, MARKS_VARIABLE);
		procfs_finish(&fs);
	}
	if (!found)
		found = recorder_marks_from_directory(pid);
	if (!found)
		err_set(e,
		    "pid %d: is not recorded, or not by this user; give the "
		    "pid of the program or of its recorder",
		    (int)pid);
	return found;
}

/* The path comes from another process's environment: make sure that it is a
 * mark file, and no other file is written. */
static int recorder_marks_check_file(int fd, const char *path, struct err *e)
{
	struct stat file;

	if (fstat(fd, &file) != 0)
		return err_errno(e, "%s: can't be examined", path);
	if (!S_ISREG(file.st_mode) || file.st_uid != geteuid() ||
	    file.st_nlink != 1 ||
	    fnmatch(name_pattern, path_name(path), 0) != 0)
		return err_set(e,
		    "%s: is not a mark file of this user; MPROF_MARK names one "
		    "in a program that mprof run records",
		    path);
	if (file_lock_is_free(fd))
		return err_set(e,
		    "%s: its recorder has ended, so nobody reads marks", path);
	return 0;
}

int marks_write(const char *path, const char *label, struct err *e)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK |
				O_CLOEXEC | O_NOCTTY);
	char *line;
	int got;

	if (fd < 0 && errno == ENOENT)
		return err_set(e,
		    "%s: does not exist any more; the recording has ended",
		    path);
	if (fd < 0)
		return err_errno(e, "%s: can't be written", path);
	got = recorder_marks_check_file(fd, path, e);
	line = mem_format("%s\n", label);
	for (char *c = line; c[1]; c++) {
		if (*c == '\n')
			*c = ' ';
	}
	if (got == 0 && io_write_all(fd, line, strlen(line)) != 0)
		got = err_errno(e, "%s: can't be written", path);
	free(line);
	close(fd);
	return got;
}

/* Bounds of the search, as a program waits for its start meanwhile: a few
 * milliseconds at most. */
enum { ENTRIES_MAX = 10000, OPENED_MAX = 500 };

/* A recorder locks and renames a new file at once; one that is older is left
 * over. */
enum { UNNAMED_S = 3600 };

struct left_directory {
	const char *path;
	int fd;
	char named[64], unnamed[64]; /* patterns */
	int opened;
};

static bool recorder_marks_left_is_named(
    const struct left_directory *directory, const char *name)
{
	return fnmatch(directory->named, name, 0) == 0;
}

/* Whether the name still refers to the open file, and this user owns it. */
static bool recorder_marks_left_is_ours(
    const struct left_directory *directory, const char *name, int fd)
{
	struct stat opened, named;

	return fstat(fd, &opened) == 0 && S_ISREG(opened.st_mode) &&
	       opened.st_uid == geteuid() && opened.st_nlink == 1 &&
	       fstatat(directory->fd, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       named.st_ino == opened.st_ino && named.st_dev == opened.st_dev;
}

static void recorder_marks_left_remove_unlocked(
    struct left_directory *directory, const char *name,
    void (*remove_beside)(const char *))
{
	int fd = openat(directory->fd, name,
	    O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return;
	directory->opened++;
	if (recorder_marks_left_is_ours(directory, name, fd) &&
	    file_lock_take(fd) == FILE_LOCK_TAKEN) {
		char *path = mem_format("%s/%s", directory->path, name);

		if (recorder_marks_left_is_named(directory, name))
			remove_beside(path);
		unlinkat(directory->fd, name, 0);
		free(path);
	}
	close(fd);
}

static bool recorder_marks_left_may_be(
    const struct left_directory *directory, const char *name)
{
	bool named = recorder_marks_left_is_named(directory, name);
	struct stat about;

	if (!named && fnmatch(directory->unnamed, name, 0) != 0)
		return false;
	if (fstatat(directory->fd, name, &about, AT_SYMLINK_NOFOLLOW) != 0 ||
	    !S_ISREG(about.st_mode) || about.st_uid != geteuid())
		return false;
	return named || about.st_mtime < time(NULL) - UNNAMED_S;
}

void marks_remove_left(
    const char *directory, void (*remove_beside)(const char *))
{
	DIR *dir = opendir(directory);
	struct left_directory left = {.path = directory};
	const struct dirent *entry;

	if (!dir)
		return;
	left.fd = dirfd(dir);
	snprintf(left.named, sizeof(left.named), "mprof-%u-*" MARKS_SUFFIX,
	    (unsigned)geteuid());
	snprintf(left.unnamed, sizeof(left.unnamed), "mprof-%u-*" MARKS_UNNAMED,
	    (unsigned)geteuid());
	for (int i = 0; i < ENTRIES_MAX && left.opened < OPENED_MAX &&
			(entry = readdir(dir)) != NULL;
	     i++) {
		if (recorder_marks_left_may_be(&left, entry->d_name))
			recorder_marks_left_remove_unlocked(
			    &left, entry->d_name, remove_beside);
	}
	closedir(dir);
}
