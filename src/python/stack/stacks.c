// SPDX-License-Identifier: MIT
#include "python/stack/stacks.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/mem.h"
#include "python/stack/code.h"
#include "python/stack/intern.h"
#include "python/stack/stack.h"
#include "python/stack/threads.h"

/* Time until a process that had no Python, or none that was initialised, is
 * read again; doubled each time. */
#define RETRY_FIRST_NS 2000000
#define NOTICE_NS 64000000 /* wait before the reason is reported */
#define OTHERS_NS 10000000 /* between two samples of other threads */
#define RETRY_LAST_NS (30 * NS_PER_S)
/* Looks at the end at a thread that has yet to stop, and the time between two:
 * the kernel releases one that stops after this process. */
#define LAST_TRIES 1000
#define LAST_NAP_NS 1000000
/* In a row; then another program may have been executed. */
#define FAILURES_MAX 20

struct stacks_process {
	pid_t pid;
	struct stack_source *source; /* NULL: closed */
	int64_t wait_ns, retry_ns, others_ns;
	unsigned failures;
	bool counted;
	bool asked; /* sampled since the last sweep */
};

struct stacks {
	struct stack_reader *reader;
	struct codes *codes;
	ARRAY(struct stacks_process) processes; /* sorted by pid */
	struct python_stack stack;
	struct intern_table raw;   /* by addresses: found without a read */
	struct intern_table texts; /* by their texts */
	int last_id;
	struct frame frames[STACK_DEPTH + 1];
	size_t frames_len;
	struct stacks_count count;
	unsigned noticed; /* one bit for each enum python_result */
	bool has_notice;
	struct err notice;
};

struct stacks *stacks_create(void)
{
	struct stacks *stacks = mem_zero(1, sizeof(*stacks));

	stacks->reader = stack_reader_create();
	stacks->codes = codes_create();
	return stacks;
}

static void stacks_clear_frames(struct stacks *stacks)
{
	for (size_t i = 0; i < stacks->frames_len; i++) {
		free(stacks->frames[i].file);
		free(stacks->frames[i].function);
	}
	stacks->frames_len = 0;
}

/* Closes it where possible: a thread that is still to stop has to be waited
 * for, or it would stay stopped. */
static bool stacks_close_process(struct stacks_process *process)
{
	if (process->source && !stack_source_settle(process->source))
		return false;
	free(process->source);
	process->source = NULL;
	return true;
}

void stacks_destroy(struct stacks *stacks)
{
	if (!stacks)
		return;
	for (size_t i = 0; i < stacks->processes.len; i++) {
		struct stacks_process *process = &stacks->processes.items[i];

		for (int k = 0;
		     k < LAST_TRIES && !stacks_close_process(process); k++)
			nanosleep(&(struct timespec){0, LAST_NAP_NS}, NULL);
		free(process->source);
	}
	array_free(&stacks->processes);
	stacks_clear_frames(stacks);
	intern_finish(&stacks->raw);
	intern_finish(&stacks->texts);
	codes_destroy(stacks->codes);
	stack_reader_destroy(stacks->reader);
	free(stacks);
}

static struct stacks_process *stacks_find_process(
    struct stacks *stacks, pid_t pid)
{
	size_t at = array_lower_bound(&stacks->processes, pid, pid),
	       behind = stacks->processes.len - at;
	struct stacks_process *process;

	if (behind && stacks->processes.items[at].pid == pid)
		return &stacks->processes.items[at];
	array_push(&stacks->processes);
	process = &stacks->processes.items[at];
	memmove(process + 1, process, behind * sizeof(*process));
	*process =
	    (struct stacks_process){.pid = pid, .wait_ns = RETRY_FIRST_NS};
	return process;
}

size_t stacks_sweep(struct stacks *stacks)
{
	size_t left = 0;

	for (size_t i = 0; i < stacks->processes.len; i++) {
		struct stacks_process *process = &stacks->processes.items[i];

		if (!process->asked && stacks_close_process(process))
			continue;
		process->asked = false;
		stacks->processes.items[left++] = *process;
	}
	stacks->processes.len = left;
	return left;
}

static void stacks_note(
    struct stacks *stacks, enum python_result result, const struct err *e)
{
	if (result != PYTHON_UNSUPPORTED && result != PYTHON_DENIED)
		return;
	if (stacks->noticed & 1u << result)
		return;
	stacks->noticed |= 1u << result;
	stacks->has_notice = true;
	stacks->notice = *e;
}

bool stacks_notice(struct stacks *stacks, struct err *e)
{
	if (!stacks->has_notice)
		return false;
	*e = stacks->notice;
	stacks->has_notice = false;
	return true;
}

static bool stacks_open_source(
    struct stacks *stacks, struct stacks_process *process)
{
	int64_t now = clock_mono_ns();
	struct stack_source *source;
	enum python_result result;
	struct err e;

	if (now < process->retry_ns)
		return false;
	source = mem_zero(1, sizeof(*source));
	result = stack_source_open(source, process->pid, &e);
	if (result == PYTHON_OK) {
		process->source = source;
		process->failures = 0;
		stacks->count.processes += !process->counted;
		process->counted = true;
		return true;
	}
	free(source);
	/* Before its libraries are loaded a Python can't be recognised. */
	if (process->wait_ns >= NOTICE_NS)
		stacks_note(stacks, result, &e);
	process->retry_ns = now + process->wait_ns;
	process->wait_ns *= 2;
	if (process->wait_ns > RETRY_LAST_NS)
		process->wait_ns = RETRY_LAST_NS;
	return false;
}

static void stacks_note_failure(struct stacks_process *process)
{
	if (++process->failures < FAILURES_MAX ||
	    !stacks_close_process(process))
		return;
	process->wait_ns = RETRY_FIRST_NS;
	process->retry_ns = 0;
}

static struct intern_key stacks_raw_key(const struct stacks *stacks)
{
	const struct python_stack *stack = &stacks->stack;
	struct intern_key key = intern_key_start();

	intern_key_number(&key, (uint64_t)stack->pid);
	for (size_t i = 0; i < stack->len; i++) {
		const struct python_frame *frame = &stack->frames[i];

		if (!stack_frame_is_python(frame))
			continue;
		intern_key_number(&key, frame->code);
		intern_key_number(&key, frame->instruction);
		intern_key_number(&key, frame->filename);
		intern_key_number(&key, frame->line_table);
		intern_key_number(&key, (uint64_t)frame->first_line);
	}
	return key;
}

static void stacks_add_frame(
    struct stacks *stacks, const char *file, int line, const char *function)
{
	stacks->frames[stacks->frames_len++] =
	    (struct frame){.file = mem_copy(file),
		.line = line,
		.function = mem_copy(function)};
}

/* Finds the texts of the stack; false where a code object was gone before it
 * could be read. */
static bool stacks_resolve(
    struct stacks *stacks, const struct python_target *target)
{
	const struct python_stack *stack = &stacks->stack;

	stacks_clear_frames(stacks);
	for (size_t i = 0; i < stack->len; i++) {
		const struct python_frame *frame = &stack->frames[i];
		const struct code *code;

		if (!stack_frame_is_python(frame))
			continue;
		code = codes_find(stacks->codes, target, frame);
		if (!code)
			return false;
		stacks_add_frame(stacks, code->file,
		    code_line(code, target, frame), code->function);
	}
	if (stack->cut)
		stacks_add_frame(stacks, "", 0, "(deeper)");
	return stacks->frames_len > 0;
}

static struct intern_key stacks_text_key(const struct stacks *stacks)
{
	struct intern_key key = intern_key_start();

	for (size_t i = 0; i < stacks->frames_len; i++) {
		intern_key_text(&key, stacks->frames[i].file);
		intern_key_number(&key, (uint64_t)stacks->frames[i].line);
		intern_key_text(&key, stacks->frames[i].function);
	}
	return key;
}

/* Gives the stack its number; false where its texts can't be found. */
static bool stacks_number(struct stacks *stacks,
    const struct python_target *target, struct stacks_sample *sample)
{
	struct intern_key raw = stacks_raw_key(stacks), text;

	sample->thread = 0;
	sample->len = 0;
	sample->frames = stacks->frames;
	sample->id = intern_find(&stacks->raw, raw);
	if (sample->id > 0)
		return true;
	if (!stacks_resolve(stacks, target))
		return false;
	text = stacks_text_key(stacks);
	sample->id = intern_find(&stacks->texts, text);
	if (sample->id < 0) {
		sample->id = ++stacks->last_id;
		sample->len = stacks->frames_len;
		intern_add(&stacks->texts, text, sample->id);
	}
	intern_add(&stacks->raw, raw, sample->id);
	return true;
}

bool stacks_sample(
    struct stacks *stacks, pid_t pid, struct stacks_sample *sample)
{
	struct stacks_process *process = stacks_find_process(stacks, pid);
	enum stack_result result;

	process->asked = true;
	if (!process->source && !stacks_open_source(stacks, process))
		return false;
	result = stack_read(process->source, stacks->reader, &stacks->stack);
	if (result == STACK_NONE)
		return false;
	if (result == STACK_UNCERTAIN ||
	    !stacks_number(stacks, &process->source->target, sample)) {
		stacks->count.missing++;
		stacks_note_failure(process);
		return false;
	}
	process->failures = 0;
	stacks->count.taken++;
	stacks->count.paused += stacks->stack.paused;
	return true;
}

/* Reads the next stack that is due; without a GIL, running threads come
 * first. */
static bool stacks_read_due(
    struct stacks *stacks, struct stacks_process *process)
{
	struct stack_source *source = process->source;
	enum stack_result result;
	int64_t now;

	while (stack_read_attached(
	    source, stacks->reader, &stacks->stack, &result))
		if (result == STACK_READ)
			return true;
	now = clock_mono_ns();
	if (now < process->others_ns)
		return false;
	process->others_ns = now + OTHERS_NS;
	return stack_read_other(source, stacks->reader, &stacks->stack) ==
	       STACK_READ;
}

bool stacks_sample_other(
    struct stacks *stacks, pid_t pid, struct stacks_sample *sample)
{
	struct stacks_process *process = stacks_find_process(stacks, pid);
	pid_t thread;

	if (!process->source || !stacks_read_due(stacks, process))
		return false;
	/* First, as frames are reported only once, with the stack's number. */
	thread = threads_kernel_id(process->source, stacks->stack.thread);
	if (!thread || !stacks_number(stacks, &process->source->target, sample))
		return false;
	sample->thread = thread;
	stacks->count.taken++;
	stacks->count.paused += stacks->stack.paused;
	return true;
}

struct stacks_count stacks_count(const struct stacks *stacks)
{
	return stacks->count;
}
