// SPDX-License-Identifier: MIT
#include "python/stack/stack_reader.h"

#include <stdlib.h>

#include "base/mem.h"
#include "python/remote/remote.h"

#define CHUNK_FIRST 2048
#define CHUNK_SLACK 1024
#define CHUNK_SIZE_OFFSET 8 /* behind the pointer to the previous one */

struct stack_reader *stack_reader_create(void)
{
	return mem_zero(1, sizeof(struct stack_reader));
}

void stack_reader_destroy(struct stack_reader *reader)
{
	free(reader);
}

static void reader_add_part(
    struct stack_reader *reader, uint64_t from, void *to, size_t len)
{
	size_t i = reader->parts;

	if (!from)
		return;
	reader->to[i] = (struct iovec){to, len};
	reader->from[i] = (struct iovec){(void *)(uintptr_t)from, len};
	reader->parts++;
}

static void reader_list_lock(
    struct stack_reader *reader, const struct stack_source *source)
{
	reader_add_part(
	    reader, source->lock, reader->lock.gil, sizeof(reader->lock.gil));
	reader_add_part(reader, source->current, &reader->lock.current,
	    sizeof(reader->lock.current));
}

static void reader_list_codes(
    struct stack_reader *reader, const struct stack_source *source)
{
	for (size_t i = 0; i < source->codes_len; i++)
		reader_add_part(
		    reader, source->codes[i], reader->codes[i], CODE_BYTES);
	reader->codes_len = source->codes_len;
}

/* Code objects are read first, so that those of a check were read between the
 * two readings of the frames; the thread is read last again, as it may run on
 * meanwhile. */
bool stack_reader_fill(struct stack_reader *reader,
    const struct stack_source *source, unsigned with)
{
	reader->parts = 0;
	if (with & STACK_READER_CODES)
		reader_list_codes(reader, source);
	if (with & STACK_READER_LOCK)
		reader_list_lock(reader, source);
	reader_add_part(reader, source->thread, reader->thread, THREAD_BYTES);
	reader_add_part(reader, source->cframe, reader->cframe, CFRAME_BYTES);
	reader_add_part(
	    reader, source->chunk, reader->chunk, source->chunk_len);
	for (size_t i = 0; i < source->frames_len; i++)
		reader_add_part(
		    reader, source->frames[i], reader->frames[i], FRAME_BYTES);
	reader_add_part(
	    reader, source->thread, reader->thread_after, THREAD_BYTES);
	reader_add_part(
	    reader, source->cframe, reader->cframe_after, CFRAME_BYTES);
	reader->filled = remote_read_many(source->target.thread, reader->to,
			     reader->from, reader->parts) == 0;
	return reader->filled;
}

static uint64_t reader_field(const char *bytes, int offset)
{
	return offset == OFFSET_ABSENT ? 0 : field_u64(bytes, offset);
}

bool stack_reader_fill_anew(
    struct stack_reader *reader, struct stack_source *source)
{
	const struct python_offsets *o = &source->target.offsets;
	uint64_t size;

	source->codes_len = source->frames_len = source->chunk_len = 0;
	source->cframe = source->chunk = source->base = 0;
	reader->codes_len = 0;
	if (!stack_reader_fill(reader, source, 0))
		return false;
	source->cframe = reader_field(reader->thread, o->thread_cframe);
	source->chunk = reader_field(reader->thread, o->thread_datastack);
	source->base = reader_field(reader->thread, o->thread_base_frame);
	if (!source->cframe && !source->chunk)
		return true;
	if (source->chunk) {
		if (memory_u64(&source->target.memory,
			source->chunk + CHUNK_SIZE_OFFSET, &size) < 0)
			size = 0;
		source->chunk_len = size < CHUNK_FIRST ? size : CHUNK_FIRST;
	}
	return stack_reader_fill(reader, source, 0);
}

static uint64_t stack_reader_top(
    const struct python_offsets *o, const char *thread, const char *cframe)
{
	return o->thread_cframe == OFFSET_ABSENT
		   ? field_u64(thread, o->thread_frame)
		   : field_u64(cframe, o->cframe_current);
}

bool stack_reader_innermost(const struct stack_reader *reader,
    const struct stack_source *source, uint64_t *frame)
{
	const struct python_offsets *o = &source->target.offsets;

	*frame = stack_reader_top(o, reader->thread, reader->cframe);
	return *frame == stack_reader_top(
			     o, reader->thread_after, reader->cframe_after) &&
	       field_u64(reader->thread, o->thread_interpreter) ==
		   source->interpreter &&
	       reader_field(reader->thread, o->thread_cframe) ==
		   source->cframe &&
	       reader_field(reader->thread, o->thread_datastack) ==
		   source->chunk;
}

static bool reader_in_chunk(
    const struct stack_source *source, uint64_t address, size_t len)
{
	return address >= source->chunk &&
	       address - source->chunk + FRAME_BYTES <= len;
}

const char *stack_reader_frame(const struct stack_reader *reader,
    const struct stack_source *source, uint64_t address, size_t *from)
{
	if (reader_in_chunk(source, address, source->chunk_len))
		return reader->chunk + (address - source->chunk);
	for (size_t i = *from; i < source->frames_len; i++) {
		if (source->frames[i] != address)
			continue;
		*from = i + 1;
		return reader->frames[i];
	}
	return NULL;
}

const char *stack_reader_code(const struct stack_reader *reader,
    const struct stack_source *source, uint64_t address)
{
	for (size_t i = 0; i < reader->codes_len; i++)
		if (source->codes[i] == address)
			return reader->codes[i];
	return NULL;
}

void stack_reader_list(struct stack_reader *reader, struct stack_source *source,
    const struct python_stack *stack)
{
	source->frames_len = source->codes_len = reader->codes_len = 0;
	for (size_t i = 0; i < stack->len; i++) {
		uint64_t address = stack->frames[i].address;
		size_t end = address - source->chunk + FRAME_BYTES;
		size_t k = 0;

		if (!source->chunk || !reader_in_chunk(source, address,
					  STACK_CHUNK_BYTES - CHUNK_SLACK))
			source->frames[source->frames_len++] = address;
		else if (end > source->chunk_len)
			source->chunk_len = end + CHUNK_SLACK;
		while (k < source->codes_len &&
		       source->codes[k] != stack->frames[i].code)
			k++;
		if (k == source->codes_len && k < STACK_CODES &&
		    !stack->frames[i].shim)
			source->codes[source->codes_len++] =
			    stack->frames[i].code;
	}
}
