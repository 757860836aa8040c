// SPDX-License-Identifier: MIT
#include "python/frames.h"

/* Interpreters, threads, frames and chunks in all: lists may never end. */
#define LOOKS_MAX 1000000
#define WORDS_MAX 65536
#define CHUNK_MAX (64 << 20)
#define CHUNK_HEADER 24 /* previous, size, top */

/* One way through all threads. */
struct frames_walk {
	const struct python_target *target;
	const struct python_offsets *o;
	struct image *image;
	size_t looks; /* that are left */
	void (*visit)(void *context, uint64_t frame);
	void (*visit_chunk)(void *context, uint64_t start, uint64_t end);
	void *context;
};

static uint64_t frames_word(
    const struct frames_walk *walk, uint64_t address, int offset)
{
	return image_u64(walk->image, address + (uint64_t)offset);
}

static void walk_frames(struct frames_walk *walk, uint64_t thread)
{
	const struct python_offsets *o = walk->o;
	uint64_t frame;

	if (o->thread_cframe >= 0)
		frame = frames_word(walk,
		    frames_word(walk, thread, o->thread_cframe),
		    o->cframe_current);
	else
		frame = frames_word(walk, thread, o->thread_frame);
	for (; frame && walk->looks; walk->looks--) {
		walk->visit(walk->context, frame);
		frame = frames_word(walk, frame, o->frame_previous);
	}
}

static void walk_chunks(struct frames_walk *walk, uint64_t thread)
{
	uint64_t chunk = 0;

	if (walk->o->thread_datastack >= 0)
		chunk = frames_word(walk, thread, walk->o->thread_datastack);
	for (; chunk && walk->looks; walk->looks--) {
		uint64_t size = frames_word(walk, chunk, 8);

		if (size >= CHUNK_HEADER && size <= CHUNK_MAX)
			walk->visit_chunk(walk->context, chunk, chunk + size);
		chunk = frames_word(walk, chunk, 0);
	}
}

static void walk_threads(struct frames_walk *walk)
{
	const struct python_offsets *o = walk->o;
	uint64_t interpreter =
	    frames_word(walk, walk->target->runtime, o->runtime_interpreters);

	while (interpreter && walk->looks) {
		uint64_t thread =
		    frames_word(walk, interpreter, o->interpreter_threads);

		for (; thread && walk->looks; walk->looks--) {
			if (walk->visit)
				walk_frames(walk, thread);
			else
				walk_chunks(walk, thread);
			thread = frames_word(walk, thread, o->thread_next);
			if (!walk->looks)
				return;
		}
		interpreter =
		    frames_word(walk, interpreter, o->interpreter_next);
		walk->looks -= walk->looks > 0;
	}
}

void frames_each(const struct python_target *target, struct image *image,
    void (*visit)(void *context, uint64_t frame), void *context)
{
	struct frames_walk walk = {.target = target,
	    .o = &target->offsets,
	    .image = image,
	    .looks = LOOKS_MAX,
	    .visit = visit,
	    .context = context};

	walk_threads(&walk);
}

void frames_each_chunk(const struct python_target *target, struct image *image,
    void (*visit)(void *context, uint64_t start, uint64_t end), void *context)
{
	struct frames_walk walk = {.target = target,
	    .o = &target->offsets,
	    .image = image,
	    .looks = LOOKS_MAX,
	    .visit_chunk = visit,
	    .context = context};

	walk_threads(&walk);
}

/* To 3.10: where what it computes with begins is told, and where that ends
 * while it is not running: an address, in 3.10 a number of words. */
static struct frame_words words_of_object(
    const struct python_offsets *o, struct image *image, uint64_t frame)
{
	struct frame_words words = {.start = frame + (uint64_t)o->frame_locals};
	uint64_t count = image_u64(image, frame + (uint64_t)o->object_size);
	uint64_t stack = image_u64(image, frame + (uint64_t)o->frame_stack);
	uint64_t top = image_u64(image, frame + (uint64_t)o->frame_top);
	uint64_t end = words.start + 8 * count;

	if (count > WORDS_MAX || stack < words.start || stack > end)
		return (struct frame_words){0};
	if (o->minor == 10)
		top = (int32_t)top < 0 ? 0 : stack + 8 * (uint32_t)top;
	if (top >= stack && top <= end) {
		words.used = (top - words.start) / 8;
	} else {
		words.used = (stack - words.start) / 8;
		words.doubtful = (end - stack) / 8;
	}
	return words;
}

/* From 3.11 on: the top is a number of words, below 0 while the frame runs and
 * 0 when it has ended. */
struct frame_words frame_words(
    const struct python_target *target, struct image *image, uint64_t frame)
{
	const struct python_offsets *o = &target->offsets;
	struct frame_words words = {.start = frame + (uint64_t)o->frame_locals};
	uint32_t locals, stack;
	const char *code;
	int32_t top;

	if (target->minor < 11)
		return words_of_object(o, image, frame);
	code =
	    image_at(image, image_u64(image, frame + (uint64_t)o->frame_code),
		(uint64_t)o->code_size);
	if (!code)
		return (struct frame_words){0};
	locals = field_u32(code, o->code_locals);
	stack = field_u32(code, o->code_stack_size);
	if (locals > WORDS_MAX || stack > WORDS_MAX)
		return (struct frame_words){0};
	top = (int32_t)image_u64(image, frame + (uint64_t)o->frame_top);
	words.used = locals;
	if (top >= 0 && top <= (int32_t)(locals + stack))
		words.used = (uint64_t)top;
	else
		words.doubtful = stack;
	return words;
}
