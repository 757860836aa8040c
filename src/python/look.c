// SPDX-License-Identifier: MIT
#include "python/look.h"

#include <time.h>

#include "base/clock.h"

#define PATIENCE_NS (3 * NS_PER_S)
#define TRIES_MAX 8
#define NAP_NS 20000000

static enum python_result look_try(struct look *look, pid_t pid,
    const struct progress *progress, struct err *e)
{
	enum python_result result = python_open(&look->target, pid, e);
	int64_t start;

	if (result == PYTHON_OK)
		result = image_take(&look->image, &look->target, e);
	if (result != PYTHON_OK)
		return result;
	look->image.progress = progress;
	start = clock_mono_ns();
	if (objects_find(&look->objects, &look->target, &look->image, e) < 0)
		result = look->image.gone ? PYTHON_GONE : PYTHON_EARLY;
	look->analysis_ns = clock_mono_ns() - start;
	if (result != PYTHON_OK)
		look_finish(look);
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
	objects_finish(&look->objects);
	image_finish(&look->image);
}
