// SPDX-License-Identifier: MIT
#include "commands/heap_take.h"

#include <stdio.h>

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
	if (result == 0)
		return PYTHON_OK;
	return image->gone ? PYTHON_GONE : PYTHON_UNSUPPORTED;
}

enum python_result heap_take(struct heap *heap, pid_t pid,
    const struct progress *progress, int64_t *analysis_ns, struct err *e)
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
	image.progress = progress;
	start = clock_mono_ns();
	result = count_image(heap, &target, &image, e);
	*analysis_ns = clock_mono_ns() - start;
	image_finish(&image);
	return result;
}
