// SPDX-License-Identifier: MIT
#include "python/agent/observed.h"

#include <stdlib.h>

#include "python/agent/api.h"
#include "python/agent/calls.h"

#define BUCKETS 256

struct observed {
	struct agent_call *call;
	const void *code;
	const void *frame; /* NULL: a function that can't be suspended */
	unsigned round;
	struct observed *next; /* next one of the stack, or of the bucket */
};

static _Thread_local struct observed *top;

/* Hash table by frame. A frame that was dropped while it was suspended leaves
 * its call here until another frame gets its address. */
static struct observed *suspended[BUCKETS];

/* Calls of an earlier round were forgotten, but are still on their stacks. */
static unsigned this_round;

static struct observed **observed_bucket(const void *frame)
{
	return &suspended[((uintptr_t)frame >> 5) % BUCKETS];
}

static void observed_destroy(struct observed *observed)
{
	call_destroy(observed->call);
	free(observed);
}

static struct observed *observed_take_suspended(const void *frame)
{
	struct observed **at = observed_bucket(frame), *found;

	while (*at && (*at)->frame != frame)
		at = &(*at)->next;
	found = *at;
	if (found)
		*at = found->next;
	return found;
}

static void observed_push(struct observed *observed)
{
	observed->next = top;
	top = observed;
}

/* Pops the innermost call of code on this thread. Calls above it have ended
 * without an event. */
static struct observed *observed_pop(const void *code)
{
	struct observed *found = top, *above;

	while (found && (found->code != code || found->round != this_round))
		found = found->next;
	while (found && top != found) {
		above = top;
		top = above->next;
		observed_destroy(above);
	}
	if (found)
		top = found->next;
	return found;
}

static void observed_drop_old(void)
{
	struct observed *old;

	while (top && top->round != this_round) {
		old = top;
		top = old->next;
		observed_destroy(old);
	}
}

void observed_start(const struct spot_code *code)
{
	struct observed *observed, *old;

	if (!code->observed)
		return;
	observed_drop_old();
	observed = calloc(1, sizeof(*observed));
	if (!observed)
		return;
	observed->code = code->code;
	observed->round = this_round;
	if (code->suspends) {
		observed->frame = py.PyEval_GetFrame();
		old = observed_take_suspended(observed->frame);
		if (old)
			observed_destroy(old);
	}
	observed->call = call_enter(code->spot);
	if (observed->call)
		observed_push(observed);
	else
		free(observed);
}

void observed_yield(const struct spot_code *code)
{
	struct observed *observed =
	    code->observed ? observed_pop(code->code) : NULL;
	struct observed **bucket;

	if (!observed)
		return;
	call_pause(observed->call);
	bucket = observed_bucket(observed->frame);
	observed->next = *bucket;
	*bucket = observed;
}

void observed_resume(const struct spot_code *code)
{
	struct observed *observed =
	    code->observed ? observed_take_suspended(py.PyEval_GetFrame())
			   : NULL;

	if (!observed)
		return;
	call_resume(observed->call);
	observed_push(observed);
}

void observed_end(const struct spot_code *code)
{
	struct observed *observed =
	    code->observed ? observed_pop(code->code) : NULL;

	if (!observed)
		return;
	call_leave(observed->call);
	observed_destroy(observed);
}

void observed_forget(void)
{
	struct observed *observed;

	this_round++;
	for (size_t i = 0; i < BUCKETS; i++) {
		while ((observed = suspended[i]) != NULL) {
			suspended[i] = observed->next;
			observed_destroy(observed);
		}
	}
	observed_drop_old();
}
