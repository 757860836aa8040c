// SPDX-License-Identifier: MIT
#include "commands/heap_take.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "python/objects.h"

/* By name: two classes of one name are one row. */
static void count_types(struct heap *heap, const struct objects *objects)
{
	for (size_t i = 0; i < objects->types.items.len; i++) {
		const struct object_type *type = objects->types.items.items[i];
		char name[2048];

		if (type->count)
			heap_add(heap,
			    utf8_clean(name, sizeof(name), type->name),
			    (int64_t)type->count, (int64_t)type->size);
	}
	heap_sort(heap);
}

static void name_version(struct heap *heap, const struct python_target *target)
{
	if (target->micro < 0)
		snprintf(
		    heap->python, sizeof(heap->python), "3.%d", target->minor);
	else
		snprintf(heap->python, sizeof(heap->python), "3.%d.%d",
		    target->minor, target->micro);
}

static enum python_result count_image(struct heap *heap,
    const struct python_target *target, struct image *image, struct err *e)
{
	struct objects objects;
	int result = objects_find(&objects, target, image, e);

	if (result == 0)
		count_types(heap, &objects);
	objects_finish(&objects);
	return result == 0 ? PYTHON_OK : PYTHON_UNSUPPORTED;
}

enum python_result heap_take(
    struct heap *heap, pid_t pid, int64_t *analysis_ns, struct err *e)
{
	struct python_target target;
	struct image image;
	enum python_result result = python_open(&target, pid, e);
	int64_t start;

	if (result != PYTHON_OK)
		return result;
	result = image_take(&image, &target, e);
	if (result != PYTHON_OK)
		return result;
	heap->pid = pid;
	heap->wall_ns = clock_wall_ns();
	heap->pause_ns = image.pause_ns;
	name_version(heap, &target);
	start = clock_mono_ns();
	result = count_image(heap, &target, &image, e);
	*analysis_ns = clock_mono_ns() - start;
	image_finish(&image);
	return result;
}

static void tell(int signal)
{
	static const char text[] = "mprof: copying and counting ...\r";

	(void)signal;
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		return;
}

void heap_take_patience(void)
{
	struct sigaction action = {.sa_handler = tell, .sa_flags = SA_RESTART};

	if (!isatty(STDERR_FILENO))
		return;
	sigaction(SIGALRM, &action, NULL);
	alarm(1);
}

void heap_take_done(void)
{
	if (isatty(STDERR_FILENO) && alarm(0) == 0)
		fputs("\033[K", stderr);
}
