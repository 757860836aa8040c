// SPDX-License-Identifier: MIT
#include "export/stacks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/held.h"
#include "base/utf8.h"

static bool export_frame_is(const void *items, size_t at, const void *key)
{
	const struct export_frame *item =
	    (const struct export_frame *)items + at;
	const struct export_frame *wanted = key;

	return item->line == wanted->line &&
	       strcmp(item->function, wanted->function) == 0 &&
	       strcmp(item->file, wanted->file) == 0;
}

size_t export_frames_place(
    struct export_frames *frames, const struct frame *frame)
{
	struct export_frame clean = {
	    .function = utf8_clean_copy(frame->function),
	    .file = utf8_clean_copy(frame->file),
	    .line = frame->line};
	uint32_t hash = index_hash(clean.function, strlen(clean.function)) ^
			index_hash(clean.file, strlen(clean.file)) * 31 ^
			index_hash_number((uint64_t)clean.line);
	size_t at = index_place(&frames->index, hash, export_frame_is,
	    frames->items.items, &clean, frames->items.len);

	if (at == frames->items.len) {
		*array_push(&frames->items) = clean;
	} else {
		free(clean.function);
		free(clean.file);
	}
	return at;
}

void export_frames_finish(struct export_frames *frames)
{
	for (size_t i = 0; i < frames->items.len; i++) {
		free(frames->items.items[i].function);
		free(frames->items.items[i].file);
	}
	array_free(&frames->items);
	index_finish(&frames->index);
}

void export_stacks_init(struct stack_growths *growths, const struct run *run)
{
	struct held_part part;
	struct held held;

	*growths = (struct stack_growths){0};
	if (held_source(run) == SOURCE_CLOCK) {
		stack_growths_add(growths, run);
		return;
	}
	part = held_at_peak(run);
	held_init(&held, run, &part);
	held_growths(growths, &held, false);
	held_finish(&held);
}

int64_t export_stack_bytes(const struct stack_growth *growth)
{
	return growth->mib > 0 ? llround(growth->mib * (1 << 20)) : 0;
}

const struct run *export_stacks_last(
    const struct profile *profile, struct err *e)
{
	for (size_t i = profile->runs.len; i-- > 0;) {
		const struct run *run = &profile->runs.items[i];

		if (run->stack_samples.len > 0 ||
		    held_source(run) != SOURCE_CLOCK)
			return run;
	}
	err_set(e, "%s: holds no stacks; record with --stacks", profile->path);
	return NULL;
}
