// SPDX-License-Identifier: MIT
#include "proc/argv.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/background.h"
#include "base/clock.h"
#include "base/mem.h"
#include "proc/procfs.h"

/* Processes that can be waited for at once, each by a thread. */
enum { THREADS = 4, STACK_BYTES = 64 * 1024 };

/* The longest wait for an exec that goes on, whose process may not get a
 * processor. Some processes have no command line at all. */
#define EXEC_NS (NS_PER_S / 5)

/* A thread and its buffer; the buffer is the caller's while idle or done. */
enum state { STATE_IDLE, STATE_BUSY, STATE_DONE };

struct argv_thread {
	struct procfs fs; /* has its own root descriptor */
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

struct argv_reader {
	const struct procfs *fs;
	size_t size;
	struct argv_thread *threads[THREADS]; /* NULL: not started yet */
};

static void argv_discard(struct argv_thread *thread)
{
	if (thread->fs.root >= 0)
		close(thread->fs.root);
	if (thread->done >= 0)
		close(thread->done);
	sem_destroy(&thread->wake);
	free(thread);
}

static void *argv_work(void *context)
{
	struct argv_thread *thread = context;

	for (;;) {
		while (sem_wait(&thread->wake) != 0)
			;
		if (atomic_load(&thread->left))
			break;
		thread->len = procfs_read(&thread->fs, thread->pid, "cmdline",
		    thread->text, thread->size);
		thread->cause = errno;
		atomic_store(&thread->state, STATE_DONE);
		(void)eventfd_write(thread->done, 1);
	}
	argv_discard(thread);
	return NULL;
}

static struct argv_thread *argv_create_thread(const struct argv_reader *reader)
{
	struct argv_thread *thread =
	    mem_zero(1, sizeof(*thread) + reader->size);

	thread->fs = *reader->fs;
	thread->fs.loadavg = -1;
	thread->fs.root = fcntl(reader->fs->root, F_DUPFD_CLOEXEC, 0);
	thread->size = reader->size;
	thread->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	sem_init(&thread->wake, 0, 0);
	if (thread->fs.root >= 0 && thread->done >= 0 &&
	    background_start(argv_work, thread, STACK_BYTES) == 0)
		return thread;
	argv_discard(thread);
	return NULL;
}

struct argv_reader *argv_reader_create(const struct procfs *fs, size_t size)
{
	struct argv_reader *reader = mem_zero(1, sizeof(*reader));

	reader->fs = fs;
	reader->size = size;
	return reader;
}

void argv_reader_destroy(struct argv_reader *reader)
{
	if (!reader)
		return;
	for (size_t i = 0; i < THREADS; i++) {
		if (!reader->threads[i])
			continue;
		atomic_store(&reader->threads[i]->left, true);
		sem_post(&reader->threads[i]->wake);
	}
	free(reader);
}

static bool argv_is_asked(
    const struct argv_thread *thread, pid_t pid, uint64_t started)
{
	return atomic_load(&thread->state) != STATE_IDLE &&
	       thread->pid == pid && thread->started == started;
}

/* The thread that was asked for this process, or an idle one; NULL where all
 * are waiting. */
static struct argv_thread *argv_find_thread(
    struct argv_reader *reader, pid_t pid, uint64_t started)
{
	struct argv_thread *free_one = NULL;
	size_t unused = THREADS;

	for (size_t i = 0; i < THREADS; i++) {
		struct argv_thread *thread = reader->threads[i];

		if (!thread)
			unused = unused == THREADS ? i : unused;
		else if (argv_is_asked(thread, pid, started))
			return thread;
		else if (atomic_load(&thread->state) != STATE_BUSY)
			free_one = thread;
	}
	if (free_one || unused == THREADS)
		return free_one;
	reader->threads[unused] = argv_create_thread(reader);
	return reader->threads[unused];
}

static void argv_ask(struct argv_thread *thread, pid_t pid, uint64_t started)
{
	eventfd_t before;

	(void)eventfd_read(thread->done, &before);
	thread->pid = pid;
	thread->started = started;
	atomic_store(&thread->state, STATE_BUSY);
	sem_post(&thread->wake);
}

static bool argv_await(const struct argv_thread *thread, int64_t patience_ns)
{
	struct timespec left = {patience_ns / NS_PER_S, patience_ns % NS_PER_S};
	struct pollfd fd = {.fd = thread->done, .events = POLLIN};

	return atomic_load(&thread->state) == STATE_DONE ||
	       ppoll(&fd, 1, &left, NULL) > 0;
}

ssize_t argv_read(struct argv_reader *reader, pid_t pid, uint64_t started,
    int64_t patience_ns, char *text)
{
	struct argv_thread *thread = argv_find_thread(reader, pid, started);

	if (thread && !argv_is_asked(thread, pid, started))
		argv_ask(thread, pid, started);
	if (!thread || !argv_await(thread, patience_ns)) {
		errno = EAGAIN;
		return -1;
	}
	atomic_store(&thread->state, STATE_IDLE);
	errno = thread->cause;
	if (thread->len >= 0)
		memcpy(text, thread->text, (size_t)thread->len + 1);
	else
		text[0] = 0;
	return thread->len;
}

/* Pauses, and returns whether the process, of which nothing could be read, may
 * be in an exec. until_ns is 0 at the first call. */
static bool argv_await_exec(
    const struct procfs *fs, pid_t pid, uint64_t started, int64_t *until_ns)
{
	const struct timespec pause = {.tv_nsec = NS_PER_S / 1000};
	struct proc_stat stat;

	if (*until_ns == 0)
		*until_ns = clock_mono_ns() + EXEC_NS;
	if (clock_mono_ns() >= *until_ns ||
	    !procfs_stat_of(fs, pid, started, &stat) || stat.is_ending ||
	    stat.is_kernel)
		return false;
	nanosleep(&pause, NULL);
	return true;
}

ssize_t argv_read_settled(struct argv_reader *reader, pid_t pid,
    uint64_t started, int64_t patience_ns, char *text)
{
	int64_t until_ns = 0;
	ssize_t len;

	do {
		len = argv_read(reader, pid, started, patience_ns, text);
	} while (
	    len == 0 && argv_await_exec(reader->fs, pid, started, &until_ns));
	return len;
}

bool argv_join(char *text, ssize_t len)
{
	while (len > 0 && (text[len - 1] == 0 || text[len - 1] == ' '))
		len--;
	text[len > 0 ? len : 0] = 0;
	for (ssize_t i = 0; i < len; i++) {
		if (text[i] == 0)
			text[i] = ' ';
	}
	return len > 0;
}

/* False where the environment is empty. */
static bool argv_read_variable(
    const struct procfs *fs, pid_t pid, const char *name, char **value)
{
	int fd = procfs_open(fs, pid, "environ");
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
	char *text = NULL;
	size_t size = 0, len = strlen(name);
	bool any = false;

	if (!file) {
		if (fd >= 0)
			close(fd);
		return true;
	}
	while (!*value && getdelim(&text, &size, 0, file) > 0) {
		any = true;
		if (strncmp(text, name, len) == 0 && text[len] == '=')
			*value = mem_copy(text + len + 1);
	}
	any |= ferror(file) != 0;
	free(text);
	fclose(file);
	return any;
}

char *argv_variable(const struct procfs *fs, pid_t pid, const char *name)
{
	struct proc_stat stat;
	int64_t until_ns = 0;
	char *value = NULL;

	if (!procfs_stat(fs, pid, &stat))
		return NULL;
	while (!argv_read_variable(fs, pid, name, &value) &&
	       argv_await_exec(fs, pid, stat.started, &until_ns))
		;
	return value;
}
