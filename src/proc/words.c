// SPDX-License-Identifier: MIT
#include "proc/words.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/background.h"
#include "base/clock.h"
#include "base/mem.h"

/* Processes that can be waited for at once, each by a thread. */
enum { READERS = 4, STACK_BYTES = 64 * 1024 };

/* A thread and what it reads: the caller's while idle or done. */
enum state { STATE_IDLE, STATE_BUSY, STATE_DONE };

struct reader {
	struct procfs fs; /* with a root descriptor of its own */
	sem_t wake;
	int done; /* an eventfd */
	_Atomic enum state state;
	atomic_bool left;
	pid_t pid;
	uint64_t started;
	ssize_t len;
	int cause;
	size_t size;
	char text[];
};

struct words {
	const struct procfs *fs;
	size_t size;
	struct reader *readers[READERS]; /* NULL: not needed yet */
};

static void words_discard(struct reader *reader)
{
	if (reader->fs.root >= 0)
		close(reader->fs.root);
	if (reader->done >= 0)
		close(reader->done);
	sem_destroy(&reader->wake);
	free(reader);
}

static void *words_work(void *context)
{
	struct reader *reader = context;

	for (;;) {
		while (sem_wait(&reader->wake) != 0)
			;
		if (atomic_load(&reader->left))
			break;
		reader->len = procfs_read(&reader->fs, reader->pid, "cmdline",
		    reader->text, reader->size);
		reader->cause = errno;
		atomic_store(&reader->state, STATE_DONE);
		(void)eventfd_write(reader->done, 1);
	}
	words_discard(reader);
	return NULL;
}

static struct reader *create_reader(const struct words *words)
{
	struct reader *reader = mem_zero(1, sizeof(*reader) + words->size);

	reader->fs = *words->fs;
	reader->fs.loadavg = -1;
	reader->fs.root = fcntl(words->fs->root, F_DUPFD_CLOEXEC, 0);
	reader->size = words->size;
	reader->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	sem_init(&reader->wake, 0, 0);
	if (reader->fs.root >= 0 && reader->done >= 0 &&
	    background_start(words_work, reader, STACK_BYTES) == 0)
		return reader;
	words_discard(reader);
	return NULL;
}

struct words *words_create(const struct procfs *fs, size_t size)
{
	struct words *words = mem_zero(1, sizeof(*words));

	words->fs = fs;
	words->size = size;
	return words;
}

void words_destroy(struct words *words)
{
	if (!words)
		return;
	for (size_t i = 0; i < READERS; i++) {
		if (!words->readers[i])
			continue;
		atomic_store(&words->readers[i]->left, true);
		sem_post(&words->readers[i]->wake);
	}
	free(words);
}

static bool is_asked(const struct reader *reader, pid_t pid, uint64_t started)
{
	return atomic_load(&reader->state) != STATE_IDLE &&
	       reader->pid == pid && reader->started == started;
}

/* The one that was asked for this process, or one that has nothing to do; NULL
 * where all are waiting. */
static struct reader *find_reader(
    struct words *words, pid_t pid, uint64_t started)
{
	struct reader *free_one = NULL;
	size_t unused = READERS;

	for (size_t i = 0; i < READERS; i++) {
		struct reader *reader = words->readers[i];

		if (!reader)
			unused = unused == READERS ? i : unused;
		else if (is_asked(reader, pid, started))
			return reader;
		else if (atomic_load(&reader->state) != STATE_BUSY)
			free_one = reader;
	}
	if (free_one || unused == READERS)
		return free_one;
	words->readers[unused] = create_reader(words);
	return words->readers[unused];
}

static void words_ask(struct reader *reader, pid_t pid, uint64_t started)
{
	eventfd_t before;

	(void)eventfd_read(reader->done, &before);
	reader->pid = pid;
	reader->started = started;
	atomic_store(&reader->state, STATE_BUSY);
	sem_post(&reader->wake);
}

static bool words_await(const struct reader *reader, int64_t patience_ns)
{
	struct timespec left = {patience_ns / NS_PER_S, patience_ns % NS_PER_S};
	struct pollfd fd = {.fd = reader->done, .events = POLLIN};

	return atomic_load(&reader->state) == STATE_DONE ||
	       ppoll(&fd, 1, &left, NULL) > 0;
}

ssize_t words_read(struct words *words, pid_t pid, uint64_t started,
    int64_t patience_ns, char *text)
{
	struct reader *reader = find_reader(words, pid, started);

	if (reader && !is_asked(reader, pid, started))
		words_ask(reader, pid, started);
	if (!reader || !words_await(reader, patience_ns)) {
		errno = EAGAIN;
		return -1;
	}
	atomic_store(&reader->state, STATE_IDLE);
	errno = reader->cause;
	if (reader->len >= 0)
		memcpy(text, reader->text, (size_t)reader->len + 1);
	else
		text[0] = 0;
	return reader->len;
}
