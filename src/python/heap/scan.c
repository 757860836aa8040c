// SPDX-License-Identifier: MIT
#include "python/heap/scan.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"

#define PATIENCE_NS (3 * NS_PER_S)
#define TRIES_MAX 8
#define NAP_NS 20000000

static void scan_drop(struct scan *scan)
{
	objects_finish(&scan->objects);
	snapshot_finish(&scan->snapshot);
}

/* A successful reading is checked, too: copy and further reads belong together
 * only if the process has not executed another program in between. One that has
 * ended kept its memory to the end. */
int scan_check(struct scan *scan, struct err *e)
{
	enum python_result now = PYTHON_OK;

	if (scan->snapshot.failed)
		now =
		    python_refusal(scan->target.pid, scan->snapshot.failed, e);
	now = identity_explain(&scan->identity, now, e);
	if (now == PYTHON_OK || (now == PYTHON_GONE && !scan->snapshot.failed))
		return 0;
	return -1;
}

static enum python_result scan_found(int failed)
{
	if (failed == ESRCH)
		return PYTHON_GONE;
	return failed ? PYTHON_UNSUPPORTED : PYTHON_EARLY;
}

static enum python_result scan_once(struct scan *scan, pid_t pid,
    const struct progress *progress, struct err *e)
{
	enum python_result result = python_open(&scan->target, pid, e);
	int64_t start;

	if (result == PYTHON_OK)
		result = snapshot_take(&scan->snapshot, &scan->target, e);
	if (result != PYTHON_OK)
		return result;
	scan->snapshot.progress = progress;
	start = clock_mono_ns();
	if (objects_find(&scan->objects, &scan->target, &scan->snapshot, e) < 0)
		result = scan_found(scan->snapshot.failed);
	scan->analysis_ns = clock_mono_ns() - start;
	if (result != PYTHON_OK)
		scan_drop(scan);
	return result;
}

static enum python_result scan_try(struct scan *scan, pid_t pid,
    const struct progress *progress, struct err *e)
{
	enum python_result result;

	identity_read(&scan->identity, pid, identity_living(pid));
	result = scan_once(scan, pid, progress, e);
	if (result != PYTHON_OK)
		result = identity_explain(&scan->identity, result, e);
	if (result == PYTHON_OK && scan_check(scan, e) < 0) {
		scan_drop(scan);
		result = PYTHON_EARLY;
	}
	if (result != PYTHON_OK)
		identity_finish(&scan->identity);
	return result;
}

enum python_result scan_process(struct scan *scan, pid_t pid,
    const struct progress *progress, struct err *e)
{
	int64_t deadline = clock_mono_ns() + PATIENCE_NS;
	enum python_result result;

	for (int i = 1;; i++) {
		result = scan_try(scan, pid, progress, e);
		if (result != PYTHON_EARLY || i == TRIES_MAX ||
		    clock_mono_ns() > deadline)
			return result;
		nanosleep(
		    &(struct timespec){0, NAP_NS << (i < 5 ? i : 5)}, NULL);
	}
}

void scan_finish(struct scan *scan)
{
	scan_drop(scan);
	identity_finish(&scan->identity);
}
