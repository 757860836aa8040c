// SPDX-License-Identifier: MIT
#include "recorder/shares_thread.h"

#include <fcntl.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/background.h"
#include "base/mem.h"

/* A table of segments and two pages of text are the most that is on it. */
enum { STACK_BYTES = 128 * 1024 };

struct shares_thread {
	struct procfs fs; /* with a root descriptor of its own */
	sem_t wake;
	atomic_bool busy, left;
	struct shares_round round;
};

static void shares_thread_discard(struct shares_thread *thread)
{
	array_free(&thread->round.list);
	close(thread->fs.root);
	sem_destroy(&thread->wake);
	free(thread);
}

/* Not below the recorder's priority: while it holds a process's mmap_lock it
 * must not be the one that waits for a processor. */
static void *shares_thread_work(void *context)
{
	struct shares_thread *thread = context;

	for (;;) {
		while (sem_wait(&thread->wake) != 0)
			;
		if (atomic_load(&thread->left))
			break;
		shares_round_take(&thread->round, &thread->fs);
		atomic_store(&thread->busy, false);
	}
	shares_thread_discard(thread);
	return NULL;
}

struct shares_thread *shares_thread_create(const struct procfs *fs)
{
	struct shares_thread *thread = mem_zero(1, sizeof(*thread));

	thread->fs = *fs;
	thread->fs.loadavg = -1;
	thread->fs.root = fcntl(fs->root, F_DUPFD_CLOEXEC, 0);
	sem_init(&thread->wake, 0, 0);
	if (thread->fs.root >= 0 &&
	    background_start(shares_thread_work, thread, STACK_BYTES) == 0)
		return thread;
	shares_thread_discard(thread);
	return NULL;
}

struct shares_round *shares_thread_round(struct shares_thread *thread)
{
	return atomic_load(&thread->busy) ? NULL : &thread->round;
}

void shares_thread_begin(struct shares_thread *thread)
{
	atomic_store(&thread->busy, true);
	sem_post(&thread->wake);
}

void shares_thread_leave(struct shares_thread *thread)
{
	if (!thread)
		return;
	atomic_store(&thread->left, true);
	sem_post(&thread->wake);
}
