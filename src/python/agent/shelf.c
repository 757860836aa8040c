// SPDX-License-Identifier: MIT
#include "python/agent/shelf.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "python/agent/table.h"

#define ROWS_AT_FIRST 32
#define NAMES_MAX 100000 /* files of one process at most */

struct shelf {
	struct shelf_head head;
	char *name, *text;
	char *path; /* NULL: no file */
	char *map;  /* the whole file */
	size_t size;
	int lock; /* its descriptor while this process prints; -1 otherwise */
	sigset_t unblocked; /* signal mask to restore after that */
};

static char *shelf_directory; /* NULL: tables end with the process */

void shelf_init(void)
{
	const char *directory = getenv("MPROF_AGENT_TABLES");

	if (!shelf_directory && directory && directory[0] == '/')
		shelf_directory = strdup(directory);
}

void shelf_set_directory(const char *directory)
{
	free(shelf_directory);
	shelf_directory = directory ? strdup(directory) : NULL;
}

void shelf_report_loaded(void)
{
	size_t size = shelf_directory ? strlen(shelf_directory) + 16 : 0;
	char *path = size ? malloc(size) : NULL;
	int fd = -1;

	if (path) {
		snprintf(path, size, "%s/" SHELF_LOADED, shelf_directory);
		fd = open(
		    path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	}
	if (fd >= 0)
		close(fd);
	free(path);
}

struct shelf *shelf_create(const struct shelf_label *label)
{
	struct shelf *shelf =
	    shelf_directory ? calloc(1, sizeof(*shelf)) : NULL;
	size_t text_len = strlen(label->text);

	if (!shelf)
		return NULL;
	shelf->lock = -1;
	shelf->name = strndup(label->file, SHELF_NAME_MAX);
	shelf->text = strndup(label->text, SHELF_TEXT_MAX);
	if (!shelf->name || !shelf->text) {
		free(shelf->name);
		free(shelf->text);
		free(shelf);
		return NULL;
	}
	if (text_len > SHELF_TEXT_MAX)
		text_len = SHELF_TEXT_MAX;
	shelf->head = (struct shelf_head){.magic = SHELF_MAGIC,
	    .first_line = label->first_line,
	    .digits = (uint32_t)label->digits,
	    .name_len = (uint32_t)strlen(shelf->name),
	    .text_len = (uint32_t)text_len,
	    .row_size = sizeof(struct table_row)};
	shelf->head.rows_at =
	    (sizeof(shelf->head) + shelf->head.name_len + text_len + 63) &
	    ~(uint64_t)63;
	return shelf;
}

bool shelf_is_used(const struct shelf *shelf)
{
	return shelf->map != NULL;
}

static void shelf_say_once(const char *path)
{
	static bool said;

	/* Its directory is gone: the recording has ended. */
	if (errno == ENOENT)
		return;
	if (!said)
		dprintf(STDERR_FILENO,
		    "mprof: %s: %s: a line table is lost if its process is "
		    "killed\n",
		    path, strerror(errno));
	said = true;
}

/* Creates a new file and sets shelf->path; returns its descriptor. */
static int shelf_open_new(struct shelf *shelf)
{
	static unsigned number;
	size_t size = strlen(shelf_directory) + 64;
	int fd = -1;

	shelf->path = malloc(size);
	errno = EEXIST;
	/* A process in another pid namespace may have the same pid. */
	while (shelf->path && fd < 0 && errno == EEXIST && number < NAMES_MAX) {
		snprintf(shelf->path, size, "%s/%d-%u" SHELF_SUFFIX,
		    shelf_directory, (int)getpid(), number++);
		fd = open(shelf->path,
		    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	}
	return fd;
}

static int shelf_write(int fd, const void *bytes, size_t len, size_t at)
{
	const char *from = bytes;

	while (len > 0) {
		ssize_t wrote = pwrite(fd, from, len, (off_t)at);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return -1;
		from += wrote;
		at += (size_t)wrote;
		len -= (size_t)wrote;
	}
	return 0;
}

/* Writes zeros, as ftruncate() is not enough: a page without room on the disk
 * would end the program by SIGBUS. A write beyond the limit of file sizes would
 * end it by SIGXFSZ. */
static int shelf_write_zeros(int fd, size_t at, size_t end)
{
	static const char zeros[4096];
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
	    limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < end) {
		errno = EFBIG;
		return -1;
	}
	for (size_t len; at < end; at += len) {
		len = end - at < sizeof(zeros) ? end - at : sizeof(zeros);
		if (shelf_write(fd, zeros, len, at) != 0)
			return -1;
	}
	return 0;
}

static int shelf_write_head(struct shelf *shelf, int fd)
{
	const struct shelf_head *head = &shelf->head;
	size_t at = sizeof(*head);

	if (shelf_write(fd, shelf->name, head->name_len, at) != 0)
		return -1;
	at += head->name_len;
	return shelf_write(fd, shelf->text, head->text_len, at);
}

/* Maps the file with room for len rows. The head is written last: a file
 * without one has no table. */
static int shelf_extend(struct shelf *shelf, int fd, size_t len)
{
	struct shelf_head *head = &shelf->head;
	size_t size = head->rows_at + len * head->row_size;
	char *map;

	if (shelf_write_zeros(fd, shelf->size, size) != 0 ||
	    (!shelf->map && shelf_write_head(shelf, fd) != 0))
		return -1;
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -1;
	/* Touch the pages now, so that they count for no line of the
	 * program. */
	for (size_t at = head->rows_at; at < size; at += 4096)
		((volatile char *)map)[at] = map[at];
	head->rows_len = len;
	memcpy(map, head, sizeof(*head));
	if (shelf->map)
		munmap(shelf->map, shelf->size);
	shelf->map = map;
	shelf->size = size;
	return 0;
}

static int shelf_make_room(struct shelf *shelf, size_t len)
{
	int fd = shelf->path
		     ? open(shelf->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
		     : shelf_open_new(shelf);
	int failed = fd < 0 || shelf_extend(shelf, fd, len) != 0;

	if (failed)
		shelf_say_once(shelf->path ? shelf->path : shelf_directory);
	if (fd >= 0)
		close(fd);
	return failed ? -1 : 0;
}

struct table_row *shelf_rows(struct shelf *shelf, size_t *len)
{
	size_t room = shelf->head.rows_len;
	int saved = errno, failed;

	if (room < ROWS_AT_FIRST)
		room = ROWS_AT_FIRST;
	while (room < *len)
		room *= 2;
	failed = shelf_make_room(shelf, room);
	if (failed && !shelf->map)
		shelf_drop(shelf);
	errno = saved;
	if (failed)
		return NULL;
	*len = room;
	return (struct table_row *)(void *)(shelf->map + shelf->head.rows_at);
}

static void shelf_clear(struct shelf *shelf)
{
	if (shelf->map)
		munmap(shelf->map, shelf->size);
	free(shelf->path);
	shelf->path = NULL;
	shelf->map = NULL;
	shelf->size = 0;
	shelf->head.rows_len = 0;
}

void shelf_drop(struct shelf *shelf)
{
	if (shelf->path)
		unlink(shelf->path);
	shelf_clear(shelf);
}

void shelf_forked(struct shelf *shelf)
{
	if (shelf->lock >= 0)
		close(shelf->lock);
	shelf->lock = -1;
	shelf_clear(shelf);
}

/* Whether the recorder has taken the table: it clears the head. A file that was
 * removed by someone else keeps its head. */
static bool shelf_is_collected(const struct shelf *shelf)
{
	const volatile char *magic = shelf->map;

	return !magic || magic[0] == 0;
}

/* Blocks the signals that end a process by default. If one arrived between the
 * output and shelf_release(), the recorder would print the table once more, as
 * when a pool ends its workers. */
static void shelf_hold_signals(struct shelf *shelf)
{
	static const int ends[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
	sigset_t blocked;

	sigemptyset(&blocked);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		sigaddset(&blocked, ends[i]);
	pthread_sigmask(SIG_BLOCK, &blocked, &shelf->unblocked);
}

static bool shelf_lock(struct shelf *shelf)
{
	struct stat file;

	if (!shelf->path)
		return true;
	shelf->lock = open(shelf->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (shelf->lock < 0)
		return errno != ENOENT || !shelf_is_collected(shelf);
	while (flock(shelf->lock, LOCK_EX) != 0 && errno == EINTR)
		;
	if ((fstat(shelf->lock, &file) == 0 && file.st_nlink > 0) ||
	    !shelf_is_collected(shelf))
		return true;
	close(shelf->lock);
	shelf->lock = -1;
	return false;
}

bool shelf_claim(struct shelf *shelf)
{
	bool claimed;

	shelf_hold_signals(shelf);
	claimed = shelf_lock(shelf);
	if (!claimed)
		pthread_sigmask(SIG_SETMASK, &shelf->unblocked, NULL);
	return claimed;
}

bool shelf_release(struct shelf *shelf, bool printed)
{
	bool held = shelf->lock >= 0;

	/* The directory may be out of reach by now: chroot(), setuid(). */
	if (printed && shelf->map)
		memset(shelf->map, 0, sizeof(shelf->head.magic));
	if (printed && shelf->path)
		unlink(shelf->path);
	if (held)
		close(shelf->lock);
	shelf->lock = -1;
	pthread_sigmask(SIG_SETMASK, &shelf->unblocked, NULL);
	return printed || held;
}
