// SPDX-License-Identifier: MIT
#include "python/heap/frames.h"

/* Limit for interpreters, threads, frames and chunks together: lists may never
 * end. */
#define STEPS_MAX 1000000
#define WORDS_MAX 65536
#define CHUNK_MAX (64 << 20)
#define CHUNK_HEADER 24 /* previous, size, top */

/* One walk over all threads. */
struct frames_walk {
	const struct python_target *target;
	const struct python_offsets *o;
	struct snapshot *snapshot;
	size_t steps; /* remaining ones */
	void (*each)(struct frames_walk *walk, uint64_t thread);
	void (*visit)(void *context, uint64_t address);
	void (*visit_chunk)(void *context, uint64_t start, uint64_t end);
	void *context;
};

static uint64_t frames_word(
    const struct frames_walk *walk, uint64_t address, int offset)
{
	return snapshot_u64(walk->snapshot, address + (uint64_t)offset);
}

static void frames_walk_stack(struct frames_walk *walk, uint64_t thread)
{
	const struct python_offsets *o = walk->o;
	uint64_t frame;

	if (o->thread_cframe >= 0)
		frame = frames_word(walk,
		    frames_word(walk, thread, o->thread_cframe),
		    o->cframe_current);
	else
		frame = frames_word(walk, thread, o->thread_frame);
	for (; frame && walk->steps; walk->steps--) {
		walk->visit(walk->context, frame);
		frame = frames_word(walk, frame, o->frame_previous);
	}
}

static void frames_walk_chunks(struct frames_walk *walk, uint64_t thread)
{
	uint64_t chunk = 0;

	if (walk->o->thread_datastack >= 0)
		chunk = frames_word(walk, thread, walk->o->thread_datastack);
	for (; chunk && walk->steps; walk->steps--) {
		uint64_t size = frames_word(walk, chunk, 8);

		if (size >= CHUNK_HEADER && size <= CHUNK_MAX)
			walk->visit_chunk(walk->context, chunk, chunk + size);
		chunk = frames_word(walk, chunk, 0);
	}
}

static void frames_walk_thread(struct frames_walk *walk, uint64_t thread)
{
	walk->visit(walk->context, thread);
}

static void frames_walk_threads(struct frames_walk *walk)
{
	const struct python_offsets *o = walk->o;
	uint64_t interpreter =
	    frames_word(walk, walk->target->runtime, o->runtime_interpreters);

	while (interpreter && walk->steps) {
		uint64_t thread =
		    frames_word(walk, interpreter, o->interpreter_threads);

		for (; thread && walk->steps; walk->steps--) {
			walk->each(walk, thread);
			thread = frames_word(walk, thread, o->thread_next);
			if (!walk->steps)
				return;
		}
		interpreter =
		    frames_word(walk, interpreter, o->interpreter_next);
		walk->steps -= walk->steps > 0;
	}
}

void frames_each(const struct python_target *target, struct snapshot *snapshot,
    void (*visit)(void *context, uint64_t frame), void *context)
{
	struct frames_walk walk = {.target = target,
	    .o = &target->offsets,
	    .snapshot = snapshot,
	    .steps = STEPS_MAX,
	    .each = frames_walk_stack,
	    .visit = visit,
	    .context = context};

	frames_walk_threads(&walk);
}

void frames_each_of(const struct python_target *target,
    struct snapshot *snapshot, uint64_t thread,
    void (*visit)(void *context, uint64_t frame), void *context)
{
	struct frames_walk walk = {.target = target,
	    .o = &target->offsets,
	    .snapshot = snapshot,
	    .steps = STEPS_MAX,
	    .visit = visit,
	    .context = context};

	frames_walk_stack(&walk, thread);
}

void frames_each_thread(const struct python_target *target,
    struct snapshot *snapshot, void (*visit)(void *context, uint64_t thread),
    void *context)
{
	struct frames_walk walk = {.target = target,
	    .o = &target->offsets,
	    .snapshot = snapshot,
	    .steps = STEPS_MAX,
	    .each = frames_walk_thread,
	    .visit = visit,
	    .context = context};

	frames_walk_threads(&walk);
}

void frames_each_chunk(const struct python_target *target,
    struct snapshot *snapshot,
    void (*visit)(void *context, uint64_t start, uint64_t end), void *context)
{
	struct frames_walk walk = {.target = target,
	    .o = &target->offsets,
	    .snapshot = snapshot,
	    .steps = STEPS_MAX,
	    .each = frames_walk_chunks,
	    .visit_chunk = visit,
	    .context = context};

	frames_walk_threads(&walk);
}

/* Returns the number of words in use by the frame's stack pointer, of which
 * those from first on are its evaluation stack; -1 where it does not say, as
 * while the frame runs; 0 for a frame that has ended. */
static int64_t frame_used(const struct python_offsets *o, uint64_t top,
    uint64_t start, uint64_t first)
{
	int32_t number = (int32_t)top;

	switch ((enum frame_top_form)o->frame_top_form) {
	case FRAME_TOP_ADDRESS:
		return top >= start && top < MEMORY_END
			   ? (int64_t)(top - start) / 8
			   : -1;
	case FRAME_TOP_DEPTH:
		return number >= 0 ? (int64_t)first + number : -1;
	case FRAME_TOP_WORDS:
		return number;
	}
	return -1;
}

/* The words of a frame: count at most, of which those before first are
 * variables. */
static struct frame_words frames_words_of(const struct python_offsets *o,
    struct snapshot *snapshot, uint64_t frame, uint64_t first, uint64_t count)
{
	uint64_t start = frame + (uint64_t)o->frame_locals;
	int64_t used = frame_used(o,
	    snapshot_u64(snapshot, frame + (uint64_t)o->frame_top), start,
	    first);

	if (used < 0 || (uint64_t)used > count ||
	    (python_frames_are_objects(o) && (uint64_t)used < first))
		return (struct frame_words){start, first, count - first};
	return (struct frame_words){start, (uint64_t)used, 0};
}

/* Up to 3.10 the frame says where its evaluation stack begins. */
static struct frame_words frames_words_of_object(
    const struct python_offsets *o, struct snapshot *snapshot, uint64_t frame)
{
	uint64_t start = frame + (uint64_t)o->frame_locals;
	uint64_t count =
	    snapshot_u64(snapshot, frame + (uint64_t)o->object_size);
	uint64_t stack =
	    snapshot_u64(snapshot, frame + (uint64_t)o->frame_stack);

	if (count > WORDS_MAX || stack < start || stack > start + 8 * count)
		return (struct frame_words){0};
	return frames_words_of(o, snapshot, frame, (stack - start) / 8, count);
}

/* Since 3.11 the code says that. */
struct frame_words frame_words(const struct python_target *target,
    struct snapshot *snapshot, uint64_t frame)
{
	const struct python_offsets *o = &target->offsets;
	uint32_t locals, stack;
	const char *code;

	if (python_frames_are_objects(o))
		return frames_words_of_object(o, snapshot, frame);
	code = snapshot_at(snapshot,
	    python_untagged(
		o, snapshot_u64(snapshot, frame + (uint64_t)o->frame_code)),
	    (uint64_t)o->code_size);
	if (!code)
		return (struct frame_words){0};
	locals = field_u32(code, o->code_locals);
	stack = field_u32(code, o->code_stack_size);
	if (locals > WORDS_MAX || stack > WORDS_MAX)
		return (struct frame_words){0};
	return frames_words_of(
	    o, snapshot, frame, locals, (uint64_t)locals + stack);
}
