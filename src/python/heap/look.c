// SPDX-License-Identifier: MIT
#include "python/heap/look.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"

#define PATIENCE_NS (3 * NS_PER_S)
#define TRIES_MAX 8
#define NAP_NS 20000000

static void look_drop(struct look *look)
{
	objects_finish(&look->objects);
	snapshot_finish(&look->snapshot);
}

/* A successful look is checked, too: copy and further reads belong together
 * only if the process has not executed another program in between. One that has
 * ended kept its memory to the end. */
int look_check(struct look *look, struct err *e)
{
	enum python_result now = PYTHON_OK;

	if (look->snapshot.failed)
		now =
		    python_refusal(look->target.pid, look->snapshot.failed, e);
	now = identity_explain(&look->identity, now, e);
	if (now == PYTHON_OK || (now == PYTHON_GONE && !look->snapshot.failed))
		return 0;
	return -1;
}

static enum python_result look_found(int failed)
{
	if (failed == ESRCH)
		return PYTHON_GONE;
	return failed ? PYTHON_UNSUPPORTED : PYTHON_EARLY;
}

static enum python_result look_once(struct look *look, pid_t pid,
    const struct progress *progress, struct err *e)
{
	enum python_result result = python_open(&look->target, pid, e);
	int64_t start;

	if (result == PYTHON_OK)
		result = snapshot_take(&look->snapshot, &look->target, e);
	if (result != PYTHON_OK)
		return result;
	look->snapshot.progress = progress;
	start = clock_mono_ns();
	if (objects_find(&look->objects, &look->target, &look->snapshot, e) < 0)
		result = look_found(look->snapshot.failed);
	look->analysis_ns = clock_mono_ns() - start;
	if (result != PYTHON_OK)
		look_drop(look);
	return result;
}

static enum python_result look_try(struct look *look, pid_t pid,
    const struct progress *progress, struct err *e)
{
	enum python_result result;

	identity_take(&look->identity, pid, identity_living(pid));
	result = look_once(look, pid, progress, e);
	if (result != PYTHON_OK)
		result = identity_explain(&look->identity, result, e);
	if (result == PYTHON_OK && look_check(look, e) < 0) {
		look_drop(look);
		result = PYTHON_EARLY;
	}
	if (result != PYTHON_OK)
		identity_finish(&look->identity);
	return result;
}

enum python_result look_take(struct look *look, pid_t pid,
    const struct progress *progress, struct err *e)
{
	int64_t deadline = clock_mono_ns() + PATIENCE_NS;
	enum python_result result;

	for (int i = 1;; i++) {
		result = look_try(look, pid, progress, e);
		if (result != PYTHON_EARLY || i == TRIES_MAX ||
		    clock_mono_ns() > deadline)
			return result;
		nanosleep(
		    &(struct timespec){0, NAP_NS << (i < 5 ? i : 5)}, NULL);
	}
}

void look_finish(struct look *look)
{
	look_drop(look);
	identity_finish(&look->identity);
}
