// SPDX-License-Identifier: MIT
#include "commands/heap_every.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "analysis/heap_growth.h"
#include "base/clock.h"
#include "base/units.h"
#include "cli/command_status.h"
#include "commands/heap_show.h"
#include "input/workers.h"
#include "proc/procfs.h"

enum heap_step {
	HEAP_STEP_SHOWN,
	HEAP_STEP_FAILED, /* the next one may succeed */
	HEAP_STEP_ENDED
};

struct heap_following {
	const struct heap_every *every;
	const struct heap_processes *processes;
	uint64_t began; /* start of a single process, which tells one use of its
			   pid from the next; 0: unknown */
	struct heap before, first;
	struct heap_growth growth;
};

static uint64_t heap_every_began(const struct heap_processes *processes)
{
	struct proc_stat stat;

	return procfs_stat_once(processes->pids[0], &stat) == 0 ? stat.started
								: 0;
}

static void heap_every_print(
    struct heap_following *following, const struct heap *after)
{
	const struct heap_show how = {.top = (size_t)following->every->top,
	    .difference = true,
	    .one_line = true,
	    .growth = &following->growth};
	struct heap difference = {0};

	heap_difference(&following->before, after, &difference);
	for (size_t i = 0; i < following->growth.rows.len; i++) {
		const struct heap_growth_row *row =
		    &following->growth.rows.items[i];

		/* The type has grown, but not in this step. */
		if ((row->count != row->first_count ||
			row->bytes != row->first_bytes) &&
		    !heap_find(&difference, row->name))
			heap_add(&difference, row->name, 0, 0);
	}
	heap_growth_rank(&following->growth, &difference);
	if (following->every->json) {
		heap_show_json(&difference, &how, -1);
	} else {
		heap_show_when(&following->before, after);
		heap_show_table(&difference, &how);
	}
	fflush(stdout);
	heap_finish(&difference);
}

/* Explains why there is nothing to show. Only the end of the process or of its
 * Python is final: the next reading may succeed. */
static enum heap_step heap_every_explain(const struct heap_following *following,
    enum python_result result, const struct err *e)
{
	const struct heap_processes *processes = following->processes;
	int pid = (int)(processes->sum ? processes->asked : processes->pids[0]);
	char every[UNITS_TEXT];

	if (result == PYTHON_GONE) {
		fprintf(stderr, "mprof: process %d: has ended\n", pid);
		return HEAP_STEP_ENDED;
	}
	if (result == PYTHON_NONE) {
		fprintf(stderr,
		    "mprof: process %d: has replaced its program, and no "
		    "longer runs Python\n",
		    pid);
		return HEAP_STEP_ENDED;
	}
	fprintf(stderr,
	    "mprof: %s; this reading failed, the next follows in %s\n", e->text,
	    units_duration(every, following->every->every_s));
	return HEAP_STEP_FAILED;
}

/* A server's workers come and go: they are listed at each reading. */
static enum python_result heap_every_read_sum(
    const struct heap_processes *processes, struct heap *heap, struct err *e)
{
	struct workers workers;
	struct heap_processes now = *processes;
	enum python_result result = PYTHON_GONE;
	int64_t ignored = 0;

	if (workers_find(&workers, processes->asked, e) == 0) {
		now.pids = workers.pids.items;
		now.len = workers.pids.len;
		result = heap_read_all(heap, &now, NULL, &ignored, e);
	}
	workers_finish(&workers);
	return result;
}

static enum python_result heap_every_read(
    const struct heap_following *following, struct heap *heap, struct err *e)
{
	const struct heap_processes *processes = following->processes;
	enum python_result result;
	int64_t ignored = 0;
	uint64_t now;

	if (processes->sum)
		return heap_every_read_sum(processes, heap, e);
	result = heap_read_all(heap, processes, NULL, &ignored, e);
	now = heap_every_began(processes);
	/* Another process has the pid. The start of one that has just ended is
	 * 0. */
	return now && now != following->began ? PYTHON_GONE : result;
}

/* Reads the heap, and shows what was added since the one before. */
static enum heap_step heap_every_step(struct heap_following *following)
{
	struct heap heap = {0};
	struct err e;
	enum python_result result = heap_every_read(following, &heap, &e);

	if (result != PYTHON_OK) {
		heap_finish(&heap);
		return heap_every_explain(following, result, &e);
	}
	heap_growth_add(&following->growth, &heap);
	heap_every_print(following, &heap);
	if (following->growth.steps > 1) /* not at the first step */
		heap_finish(&following->before);
	following->before = heap;
	return ferror(stdout) ? HEAP_STEP_ENDED : HEAP_STEP_SHOWN;
}

/* Waits until the deadline or for Ctrl-C, which never interrupts a reading. */
static bool heap_every_wait(int64_t deadline_ns, const sigset_t *interrupt)
{
	int64_t rest_ns;

	do {
		struct timespec rest;

		rest_ns = deadline_ns - clock_mono_ns();
		if (rest_ns < 0)
			rest_ns = 0;
		rest =
		    (struct timespec){rest_ns / NS_PER_S, rest_ns % NS_PER_S};
		if (sigtimedwait(interrupt, NULL, &rest) > 0)
			return false;
	} while (errno == EINTR);
	return true;
}

static void heap_every_repeat(
    struct heap_following *following, const sigset_t *interrupt)
{
	const struct heap_every *every = following->every;
	int64_t every_ns = (int64_t)(every->every_s * NS_PER_S);
	int64_t deadline = clock_mono_ns();
	enum heap_step step = HEAP_STEP_SHOWN;
	long shown = 0;

	while (step != HEAP_STEP_ENDED &&
	       (!every->count || shown < every->count)) {
		deadline += every_ns;
		if (deadline < clock_mono_ns())
			deadline = clock_mono_ns();
		if (!heap_every_wait(deadline, interrupt))
			break;
		step = heap_every_step(following);
		shown += step == HEAP_STEP_SHOWN;
	}
}

static void heap_every_summarize(struct heap_following *following)
{
	const struct heap_show how = {.difference = true};
	struct heap difference = {0};

	heap_show_summary(&following->growth, (size_t)following->every->top);
	heap_difference(&following->first, &following->before, &difference);
	heap_show_parts(&difference, &how);
	heap_finish(&difference);
}

int heap_every_show(
    const struct heap_every *every, const struct heap_processes *processes)
{
	struct heap_following following = {.every = every,
	    .processes = processes,
	    .began = heap_every_began(processes)};
	int status = COMMAND_OK;
	sigset_t interrupt, old;
	struct err e;

	sigemptyset(&interrupt);
	sigaddset(&interrupt, SIGINT);
	pthread_sigmask(SIG_BLOCK, &interrupt, &old);
	if (heap_every_read(&following, &following.before, &e) != PYTHON_OK) {
		status = command_fail(COMMAND_FAILED, &e);
	} else {
		heap_growth_add(&following.growth, &following.before);
		following.first = following.before;
		heap_every_repeat(&following, &interrupt);
		if (!every->json && following.growth.steps)
			heap_every_summarize(&following);
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	heap_finish(&following.before);
	if (following.growth.steps)
		heap_finish(&following.first);
	heap_growth_finish(&following.growth);
	return status;
}
