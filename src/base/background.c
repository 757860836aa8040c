// SPDX-License-Identifier: MIT
#include "base/background.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"

struct background_rounds {
	void (*round)(void *context);
	void (*discard)(void *context);
	void *context;
	sem_t wake;
	atomic_bool busy, left;
};

int background_start(
    void *(*work)(void *context), void *context, size_t stack_bytes)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	pthread_t id;
	int result;

	if (pthread_attr_init(&attributes) != 0)
		return -1;
	pthread_attr_setstacksize(&attributes, stack_bytes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	result = pthread_create(&id, &attributes, work, context);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return result == 0 ? 0 : -1;
}

static void *background_rounds_work(void *argument)
{
	struct background_rounds *rounds = argument;

	for (;;) {
		while (sem_wait(&rounds->wake) != 0)
			;
		/* background_rounds_leave() posted it, and its caller does
		 * not use rounds any more. */
		if (!atomic_load(&rounds->busy))
			break;
		if (!atomic_load(&rounds->left))
			rounds->round(rounds->context);
		atomic_store(&rounds->busy, false);
	}
	rounds->discard(rounds->context);
	sem_destroy(&rounds->wake);
	free(rounds);
	return NULL;
}

struct background_rounds *background_rounds_create(void (*round)(void *context),
    void (*discard)(void *context), void *context, size_t stack_bytes)
{
	struct background_rounds *rounds = mem_zero(1, sizeof(*rounds));

	rounds->round = round;
	rounds->discard = discard;
	rounds->context = context;
	sem_init(&rounds->wake, 0, 0);
	if (background_start(background_rounds_work, rounds, stack_bytes) == 0)
		return rounds;
	sem_destroy(&rounds->wake);
	free(rounds);
	return NULL;
}

bool background_rounds_busy(const struct background_rounds *rounds)
{
	return atomic_load(&rounds->busy);
}

void background_rounds_begin(struct background_rounds *rounds)
{
	atomic_store(&rounds->busy, true);
	sem_post(&rounds->wake);
}

void background_rounds_leave(struct background_rounds *rounds)
{
	atomic_store(&rounds->left, true);
	sem_post(&rounds->wake);
}
