// SPDX-License-Identifier: MIT
/* The stack of an interpreter whose memory is this program's own: that of a
 * CPython that runs f(), called by f(), and over it what the input says. Its
 * first byte chooses the CPython; then come changes of 5 or 11 bytes: a place,
 * what kind of value, the value. Half of them come between two samples. */
#include "fuzz.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "python/stack/code.h"
#include "python/stack/stack.h"
#include "python/stack/threads.h"

enum {
	IMAGE = 1 << 15,
	RUNTIME = 0,
	INTERPRETER = 2048,
	GIL = 12288,
	THREAD = 12352,
	CFRAME = 12736,
	CODE = 12800,
	TABLE = 13312,
	NAME = 13376,
	FILENAME = 13472,
	CHUNK = 13568,
	FRAME = 256, /* room for one */
};

static char image[IMAGE] __attribute__((aligned(64)));

static uint64_t address(int at)
{
	return (uint64_t)(uintptr_t)image + (uint64_t)at;
}

static int read_image(
    const struct python_memory *memory, uint64_t from, void *to, size_t len)
{
	(void)memory;
	if (from < address(0) || from - address(0) > IMAGE ||
	    len > IMAGE - (from - address(0))) {
		errno = EFAULT;
		return -1;
	}
	memcpy(to, image + (from - address(0)), len);
	return 0;
}

static void put(int at, int offset, uint64_t value)
{
	if (offset != OFFSET_ABSENT && at + offset <= IMAGE - 8)
		memcpy(image + at + offset, &value, sizeof(value));
}

static void put_text(const struct python_offsets *o, int at)
{
	put(at, o->str_length, 1);
	put(at, o->str_state, 1 << 2 | 1 << 5 | 1 << 6);
	put(at, o->str_ascii_size, 'f');
}

static void put_code(const struct python_offsets *o)
{
	put(CODE, o->code_filename, address(FILENAME));
	put(CODE, o->code_name, address(NAME));
	put(CODE, o->code_qualname, address(NAME));
	put(CODE, o->code_line_table, address(TABLE));
	put(CODE, o->code_first_line, 7);
	put(TABLE, o->object_size, 4);
	put(TABLE, o->bytes_data, 0x5bdbdbdb);
	put_text(o, NAME);
	put_text(o, FILENAME);
}

static void put_frame(const struct python_offsets *o, int at, uint64_t previous)
{
	uint64_t behind = (uint64_t)o->code_instructions + 2;

	put(at, o->frame_previous, previous);
	put(at, o->frame_code, address(CODE));
	put(at, o->frame_instruction, address(CODE) + behind);
}

static void put_all(const struct python_offsets *o)
{
	const int inner = CHUNK + 64, outer = inner + FRAME;
	const int shim = outer + FRAME; /* no code: what the interpreter runs */

	memset(image, 0, sizeof(image));
	put(RUNTIME, o->runtime_interpreters, address(INTERPRETER));
	put(INTERPRETER, o->interpreter_threads, address(THREAD));
	put(INTERPRETER, o->interpreter_gil, address(GIL));
	put(o->runtime_gil == OFFSET_ABSENT ? GIL : RUNTIME + o->runtime_gil,
	    o->gil_last_holder, address(THREAD));
	put(THREAD, o->thread_interpreter, address(INTERPRETER));
	put(THREAD, o->thread_frame, address(inner));
	put(THREAD, o->thread_cframe, address(CFRAME));
	put(THREAD, o->thread_datastack, address(CHUNK));
	put(CFRAME, o->cframe_current, address(inner));
	put(CHUNK, 8, IMAGE - CHUNK);
	put_frame(o, inner, address(outer));
	put_frame(o, outer, 0);
	if (o->shim_owner != OFFSET_ABSENT) {
		put(outer, o->frame_previous, address(shim));
		image[shim + o->frame_owner] = (char)o->shim_owner;
	}
	put_code(o);
}

/* The changes from *at on, as many as there are up to end. */
static void change(const uint8_t **at, const uint8_t *end)
{
	uint64_t value;
	uint16_t small;
	int place;

	while (end - *at >= 5) {
		memcpy(&small, *at, 2);
		place = small % IMAGE;
		switch ((*at)[2] % 4) {
		case 0: /* a pointer into the image */
			memcpy(&small, *at + 3, 2);
			put(place, 0, address(small % IMAGE));
			break;
		case 1: /* a byte */
			image[place] = (char)(*at)[3];
			break;
		case 2: /* a small number */
			memcpy(&small, *at + 3, 2);
			put(place, 0, small);
			break;
		default:
			if (end - *at < 11)
				return;
			memcpy(&value, *at + 3, 8);
			put(place, 0, value);
			*at += 6;
		}
		*at += 5;
	}
}

static void check_text(const char *text)
{
	while (*text) {
		if (utf8_next(&text) == -1)
			abort();
	}
}

static void check(const struct stack_source *source,
    const struct python_stack *stack, struct codes *codes)
{
	const struct python_offsets *o = &source->target.offsets;

	if (stack->len == 0 || stack->len > STACK_FRAMES)
		abort();
	if (o->shim_owner != OFFSET_ABSENT && !source->base && !stack->cut &&
	    !stack->frames[stack->len - 1].shim)
		abort(); /* it hangs in the air */
	for (size_t i = 0; i < stack->len; i++) {
		const struct python_frame *frame = &stack->frames[i];
		const struct code *code;

		if (!stack_frame_is_python(frame))
			continue;
		code = codes_find(codes, &source->target, frame);
		if (!code)
			continue;
		check_text(code->file);
		check_text(code->function);
		code_line(code, &source->target, frame);
	}
}

static void sample(const uint8_t *at, const uint8_t *end,
    struct stack_source *source, struct stack_reader *reader)
{
	const uint8_t *half = at + (end - at) / 2;
	struct codes *codes = codes_create();
	struct python_stack stack;

	change(&at, half);
	threads_prepare(source);
	for (int i = 0; i < 4; i++) {
		if (i == 2)
			change(&at, end);
		if (stack_read(source, reader, &stack) == STACK_READ)
			check(source, &stack, codes);
	}
	codes_destroy(codes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct stack_source source;
	struct stack_reader *reader;
	const struct python_offsets *row;

	if (size == 0)
		return 0;
	row = python_offsets_row(data[0]);
	if (!row)
		return 0;
	put_all(row);
	source = (struct stack_source){
	    .target = {.pid = getpid(),
		.thread = getpid(),
		.minor = row->minor,
		.offsets = *row,
		.memory = {.read = read_image, .pid = getpid()},
		.runtime = address(RUNTIME)},
	    .interpreter = address(INTERPRETER)};
	reader = stack_reader_create();
	sample(data + 1, data + size, &source, reader);
	stack_reader_destroy(reader);
	return 0;
}
