// SPDX-License-Identifier: MIT
#include "python/stack/stack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "python/stack/stack_reader.h"

#define TRIES 3               /* readings before the thread is stopped */
#define CHECKS 2              /* of each reading; all must agree */
#define STOP_LIMIT_NS 5000000 /* longest wait for a thread to stop */
#define CODE_SPAN_MAX (1 << 24)

static void stack_parse_frame(struct python_frame *frame, const char *bytes,
    const struct python_offsets *o)
{
	frame->previous = field_u64(bytes, o->frame_previous);
	frame->code = python_untagged(o, field_u64(bytes, o->frame_code));
	frame->shim = false;
	if (o->frame_instruction == OFFSET_ABSENT) {
		frame->instruction = field_u32(bytes, o->frame_lasti);
		return;
	}
	frame->instruction = field_u64(bytes, o->frame_instruction);
	frame->copy = 0;
	if (o->free_threaded && o->frame_copy != OFFSET_ABSENT)
		frame->copy = field_u32(bytes, o->frame_copy);
	frame->shim = o->shim_owner != OFFSET_ABSENT &&
		      (unsigned char)bytes[o->frame_owner] >= o->shim_owner;
}

static void stack_parse_code(struct python_frame *frame, const char *bytes,
    const struct python_offsets *o)
{
	int name =
	    o->code_qualname == OFFSET_ABSENT ? o->code_name : o->code_qualname;

	frame->type = field_u64(bytes, o->object_type);
	frame->filename = field_u64(bytes, o->code_filename);
	frame->name = field_u64(bytes, name);
	frame->line_table = field_u64(bytes, o->code_line_table);
	frame->first_line = (int)field_u32(bytes, o->code_first_line);
}

/* Takes a frame from the bytes read before, or reads a new one from the
 * process. */
static bool stack_load(struct python_frame *frame,
    const struct stack_source *source, const struct stack_reader *reader,
    size_t *from)
{
	const struct python_target *target = &source->target;
	const char *known =
	    stack_reader_frame(reader, source, frame->address, from);
	char bytes[FRAME_BYTES], code[CODE_BYTES];

	if (!known) {
		if (memory_read(&target->memory, frame->address, bytes,
			FRAME_BYTES) < 0)
			return false;
		known = bytes;
	}
	stack_parse_frame(frame, known, &target->offsets);
	if (frame->shim)
		return true;
	known = stack_reader_code(reader, source, frame->code);
	if (!known) {
		if (memory_read(
			&target->memory, frame->code, code, CODE_BYTES) < 0)
			return false;
		known = code;
	}
	stack_parse_code(frame, known, &target->offsets);
	return !target->code_type || frame->type == target->code_type;
}

/* Walks from the innermost frame outwards, up to STACK_DEPTH frames of Python
 * code; a loop ends there or at STACK_FRAMES. */
static bool stack_walk_frames(const struct stack_source *source,
    const struct stack_reader *reader, struct python_stack *stack)
{
	uint64_t address;
	size_t from = 0, python = 0;

	stack->len = 0;
	stack->cut = false;
	if (!stack_reader_innermost(reader, source, &address))
		return false;
	while (address) {
		struct python_frame *frame = &stack->frames[stack->len];

		frame->address = address;
		if (!stack_load(frame, source, reader, &from))
			return false;
		python += stack_frame_is_python(frame);
		if (python > STACK_DEPTH || stack->len == STACK_FRAMES - 1) {
			stack->cut = true;
			break;
		}
		stack->len++;
		address = frame->previous;
	}
	return stack->len > 0;
}

static bool stack_same_code(
    const struct python_frame *a, const struct python_frame *b)
{
	return a->type == b->type && a->filename == b->filename &&
	       a->name == b->name && a->line_table == b->line_table &&
	       a->first_line == b->first_line;
}

/* Whether another reading of the frame agrees; the innermost one may have gone
 * on to another instruction. */
static bool stack_frame_agrees(const struct python_frame *frame,
    bool is_innermost, const char *bytes, const char *code,
    const struct python_offsets *o)
{
	struct python_frame again = {0};

	if (!bytes)
		return false;
	stack_parse_frame(&again, bytes, o);
	if (again.previous != frame->previous || again.code != frame->code ||
	    again.shim != frame->shim || again.copy != frame->copy ||
	    (again.instruction != frame->instruction && !is_innermost))
		return false;
	if (frame->shim)
		return true;
	if (!code)
		return false;
	stack_parse_code(&again, code, o);
	return stack_same_code(&again, frame);
}

static bool stack_agrees(const struct stack_source *source,
    const struct stack_reader *reader, const struct python_stack *stack)
{
	uint64_t address;
	size_t from = 0;

	if (!stack_reader_innermost(reader, source, &address) ||
	    address != stack->frames[0].address)
		return false;
	for (size_t i = 0; i < stack->len; i++) {
		const struct python_frame *frame = &stack->frames[i];
		const char *bytes =
		    stack_reader_frame(reader, source, frame->address, &from);
		const char *code =
		    stack_reader_code(reader, source, frame->code);

		if (!stack_frame_agrees(
			frame, i == 0, bytes, code, &source->target.offsets))
			return false;
	}
	return true;
}

/* Starts with the bytes that the reader holds: the last check of one try is the
 * start of the next. A thread that ran a whole loop between two readings can
 * look the same in both and be torn in both (1 of 214,000 in a program that
 * does nothing but call), so a third must agree (0 of 216,000). */
static bool stack_attempt(struct stack_source *source,
    struct stack_reader *reader, struct python_stack *stack)
{
	bool stands = !stack->held && !stack->other;

	if (!stack_walk_frames(source, reader, stack)) {
		stack_reader_fill_anew(reader, source);
		return false;
	}
	stack_reader_list(reader, source, stack);
	for (int i = stands ? 1 : 0; i < CHECKS; i++) {
		if (!stack_reader_fill(reader, source,
			reader->codes_len ? 0 : STACK_READER_CODES)) {
			stack_reader_fill_anew(reader, source);
			return false;
		}
		if (!stack_agrees(source, reader, stack))
			return false;
	}
	return true;
}

static struct stack_root *stack_root_place(
    struct stack_source *source, uint64_t thread)
{
	return &source->roots[(thread >> 4) * 0x9e3779b97f4a7c15u >> 60];
}

/* Whether the outermost frame is known; it hardly ever changes in a thread. An
 * unknown one may be unconnected: a generator's between two calls, or one that
 * a stopped thread was about to overwrite. It is accepted when a later sample
 * sees it again while the thread is stopped or without the GIL (learn). */
static bool stack_root_fits(
    struct stack_source *source, const struct python_stack *stack, bool learn)
{
	const struct python_frame *outer = &stack->frames[stack->len - 1];
	struct stack_root *root = stack_root_place(source, stack->thread);

	if (stack->cut)
		return true;
	if (source->base)
		return outer->address == source->base;
	/* Since 3.12 the interpreter's own frame is the outermost. A thread
	 * that was interrupted between entering a frame and linking it to its
	 * caller has none, however often it is seen while it waits for a
	 * processor. */
	if (source->target.offsets.shim_owner != OFFSET_ABSENT && !outer->shim)
		return false;
	if (root->thread == stack->thread && root->frame == outer->address &&
	    root->code == outer->code) {
		root->known |= learn;
		return root->known;
	}
	if (learn)
		*root = (struct stack_root){
		    stack->thread, outer->address, outer->code, false};
	return false;
}

static bool stack_read_stopped(struct stack_source *source,
    struct stack_reader *reader, struct python_stack *stack)
{
	pid_t tid = threads_kernel_id(source, source->thread);
	bool whole;

	if (tid <= 0 || remote_stop(&source->stopped, tid, STOP_LIMIT_NS) < 0)
		return false;
	/* The thread is stopped: one reading is enough. */
	whole = (stack_reader_fill(reader, source, STACK_READER_CODES) &&
		    stack_walk_frames(source, reader, stack)) ||
		(stack_reader_fill_anew(reader, source) &&
		    stack_walk_frames(source, reader, stack));
	remote_resume(&source->stopped);
	stack->paused = true;
	if (!whole)
		return false;
	stack_reader_list(reader, source, stack);
	return stack_root_fits(source, stack, true);
}

/* Finds the thread and what is known of its stack. The lock is read together
 * with the frames of last time, as its holder is mostly the same. */
static bool stack_begin(struct stack_source *source,
    struct stack_reader *reader, struct python_stack *stack)
{
	bool known = reader->source == source && reader->codes_len;
	unsigned with =
	    known ? STACK_READER_LOCK : STACK_READER_LOCK | STACK_READER_CODES;
	bool filled = source->thread && stack_reader_fill(reader, source, with);

	reader->source = source;
	stack->held =
	    filled && threads_holder(source, &reader->lock) == source->thread;
	stack->thread = source->thread;
	if (stack->held)
		return true;
	stack->thread = threads_running(source, &stack->held);
	if (!stack->thread)
		return false;
	/* If it has the GIL, it took it after its frames were read. */
	if (filled && stack->thread == source->thread &&
	    (!stack->held || source->target.offsets.free_threaded))
		return true;
	source->thread = stack->thread;
	return stack_reader_fill_anew(reader, source);
}

/* A thread without frames is starting or ending, which takes some time. */
static bool stack_has_no_frames(
    const struct stack_source *source, const struct stack_reader *reader)
{
	uint64_t address;

	return stack_reader_innermost(reader, source, &address) &&
	       (address == 0 || address == source->base);
}

static bool stack_is_python(const struct python_stack *stack)
{
	for (size_t i = 0; i < stack->len; i++)
		if (stack_frame_is_python(&stack->frames[i]))
			return true;
	return false;
}

static enum stack_result stack_read_begun(struct stack_source *source,
    struct stack_reader *reader, struct python_stack *stack)
{
	for (int i = 0; i < TRIES && reader->filled; i++) {
		if (stack_has_no_frames(source, reader))
			return STACK_NONE;
		if (stack_attempt(source, reader, stack) &&
		    stack_root_fits(source, stack, !stack->held))
			return stack_is_python(stack) ? STACK_READ : STACK_NONE;
	}
	if ((stack->held || stack->other) &&
	    stack_read_stopped(source, reader, stack))
		return stack_is_python(stack) ? STACK_READ : STACK_NONE;
	return STACK_UNCERTAIN;
}

/* Whether the source can be read: no thread is still to be released. */
static bool stack_begin_source(
    struct stack_source *source, struct python_stack *stack, bool other)
{
	stack->pid = source->target.pid;
	stack->paused = stack->held = false;
	stack->other = other;
	return remote_settle(&source->stopped);
}

enum stack_result stack_read(struct stack_source *source,
    struct stack_reader *reader, struct python_stack *stack)
{
	if (!stack_begin_source(source, stack, false) ||
	    !stack_begin(source, reader, stack))
		return STACK_UNCERTAIN;
	source->running = stack->thread;
	return stack_read_begun(source, reader, stack);
}

static enum stack_result stack_read_next(struct stack_source *source,
    struct stack_reader *reader, struct python_stack *stack, bool attached)
{
	enum stack_result result;

	if (!stack_begin_source(source, stack, true))
		return STACK_UNCERTAIN;
	stack->thread = threads_other(
	    source, source->running, source->last_other, attached);
	source->last_other = stack->thread;
	if (!stack->thread)
		return STACK_NONE;
	source->thread = stack->thread;
	result = stack_reader_fill_anew(reader, source)
		     ? stack_read_begun(source, reader, stack)
		     : STACK_UNCERTAIN;
	/* The next read of the running thread can't use the present list. */
	source->thread = 0;
	return result;
}

enum stack_result stack_read_other(struct stack_source *source,
    struct stack_reader *reader, struct python_stack *stack)
{
	return stack_read_next(source, reader, stack, false);
}

bool stack_read_attached(struct stack_source *source,
    struct stack_reader *reader, struct python_stack *stack,
    enum stack_result *result)
{
	if (source->attached <= 0)
		return false;
	source->attached--;
	*result = stack_read_next(source, reader, stack, true);
	return true;
}

bool stack_frame_is_python(const struct python_frame *frame)
{
	/* The code that 3.13 runs after an __init__ names no file. */
	return !frame->shim && frame->filename != frame->name;
}

/* The address of the instructions that a frame executes: the code's own, or
 * (since 3.14, without the GIL) a thread's copy; 0 where it can't be read. A
 * list of copies begins with its length and the code's own. */
static uint64_t stack_frame_first(
    const struct python_target *target, const struct python_frame *frame)
{
	const struct python_offsets *o = &target->offsets;
	uint64_t list = 0, count = 0, first = 0;

	if (!frame->copy)
		return frame->code + (uint64_t)o->code_instructions;
	if (memory_u64(&target->memory, frame->code + (uint64_t)o->code_copies,
		&list) < 0 ||
	    memory_u64(&target->memory, list, &count) < 0 ||
	    frame->copy >= count ||
	    memory_u64(&target->memory, list + 8 + 8 * (uint64_t)frame->copy,
		&first) < 0)
		return 0;
	return first;
}

int stack_frame_place(
    const struct python_target *target, const struct python_frame *frame)
{
	const struct python_offsets *o = &target->offsets;
	int64_t place;

	if (o->frame_instruction == OFFSET_ABSENT) {
		place = (int64_t)(int32_t)frame->instruction * o->lasti_unit;
	} else {
		uint64_t first = stack_frame_first(target, frame);

		if (!first)
			return -1;
		place = (int64_t)(frame->instruction - first);
	}
	return place < 0 || place > CODE_SPAN_MAX ? -1 : (int)place;
}
