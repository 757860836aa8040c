// SPDX-License-Identifier: MIT
#include "commands/heap_read.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "commands/refs_grown.h"
#include "python/heap/scan.h"
#include "python/heap/remainder.h"

/* Types are counted by name: two classes of one name are one row. */
static void heap_count_types(struct heap *heap, const struct objects *objects)
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

static void heap_name_version(
    struct heap *heap, const struct python_target *target)
{
	if (target->micro < 0)
		snprintf(
		    heap->python, sizeof(heap->python), "3.%d", target->minor);
	else
		snprintf(heap->python, sizeof(heap->python), "3.%d.%d",
		    target->minor, target->micro);
}

enum python_result heap_read(struct heap *heap, pid_t pid,
    const struct progress *progress, int64_t *analysis_ns, struct err *e)
{
	struct scan scan;
	enum python_result result = scan_process(&scan, pid, progress, e);
	struct remainder remainder;

	if (result != PYTHON_OK)
		return result;
	heap->pid = pid;
	heap->wall_ns = clock_wall_ns() - scan.analysis_ns;
	heap->pause_ns = scan.snapshot.pause_ns;
	heap->has_rss = scan.snapshot.rss_kib >= 0;
	heap->rss_kib = scan.snapshot.rss_kib;
	heap_name_version(heap, &scan.target);
	heap_count_types(heap, &scan.objects);
	heap->started = (int64_t)scan.identity.started;
	if (heap->paths && refs_paths(heap->paths, &scan, e) < 0) {
		scan_finish(&scan);
		return PYTHON_UNSUPPORTED;
	}
	remainder = remainder_find(&scan.objects, pid);
	heap->has_parts = heap->has_rss && remainder.is_known;
	heap->files_kib = remainder.files_kib;
	heap->free_kib = remainder.free_kib;
	*analysis_ns = scan.analysis_ns;
	scan_finish(&scan);
	return PYTHON_OK;
}

enum python_result heap_read_all(struct heap *heap,
    const struct heap_processes *processes, const struct progress *progress,
    int64_t *analysis_ns, struct err *e)
{
	enum python_result result = PYTHON_GONE;
	bool any = false;

	if (processes->len == 1)
		return heap_read(
		    heap, processes->pids[0], progress, analysis_ns, e);
	*analysis_ns = 0;
	for (size_t i = 0; i < processes->len; i++) {
		struct heap one = {0};
		int64_t one_ns = 0;

		result =
		    heap_read(&one, processes->pids[i], progress, &one_ns, e);
		if (result == PYTHON_OK)
			heap_merge(heap, &one);
		any = any || result == PYTHON_OK;
		*analysis_ns += one_ns;
		heap_finish(&one);
		if (result != PYTHON_OK && result != PYTHON_GONE)
			return result;
	}
	heap->pid = processes->asked;
	heap_sort(heap);
	return any ? PYTHON_OK : result;
}
