// SPDX-License-Identifier: MIT
#include "analysis/stack_intervals.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* After so many intervals without a sample, calls are unknown. */
#define GAP 20

struct stack visible_frames(const struct stack *stack)
{
	struct stack visible = {.id = stack->id,
	    .frames = mem_zero(stack->len + 1, sizeof(*visible.frames))};

	for (size_t i = 0; i < stack->len; i++)
		if (strncmp(stack->frames[i].file, "<frozen importlib", 17) !=
		    0)
			visible.frames[visible.len++] = stack->frames[i];
	for (size_t i = 0; visible.len == 0 && i < stack->len; i++)
		visible.frames[i] = stack->frames[i];
	if (visible.len == 0)
		visible.len = stack->len;
	return visible;
}

/* Open calls in a process, or in one of its waiting threads: the frames of its
 * last sample. */
struct open_process {
	int pid, thread;
	size_t process;
	struct sample last;
	const struct stack *stack;
	/* Sample in which each frame was entered, outermost first. */
	ARRAY(struct sample) enters;
};

struct state {
	struct stack_intervals *intervals;
	const struct run *run;
	struct stack *stacks; /* visible frames of the run's stacks */
	ARRAY(struct open_process) processes;
};

static const struct frame *stack_intervals_frame_at(
    const struct stack *stack, size_t depth)
{
	return &stack->frames[stack->len - 1 - depth];
}

/* Counts the common frames of two stacks, from the outermost; lines may
 * differ. */
static size_t stack_intervals_shared(
    const struct stack *a, const struct stack *b)
{
	size_t depth = 0;

	if (a == b)
		return a->len;
	while (depth < a->len && depth < b->len) {
		const struct frame *one = stack_intervals_frame_at(a, depth);
		const struct frame *other = stack_intervals_frame_at(b, depth);

		if (strcmp(one->function, other->function) != 0 ||
		    strcmp(one->file, other->file) != 0)
			break;
		depth++;
	}
	return depth;
}

static void stack_intervals_leave(struct state *state,
    struct open_process *process, size_t depth, struct sample at)
{
	while (process->enters.len > depth) {
		size_t level = --process->enters.len;
		struct sample enter = process->enters.items[level];

		*array_push(&state->intervals->calls) = (struct call){
		    .name = stack_intervals_frame_at(process->stack, level)
				->function,
		    .enter_s = enter.time_s,
		    .enter_mib = enter.mib,
		    .leave_s = at.time_s,
		    .leave_mib = at.mib,
		    .level = (int)level,
		    .pid = process->pid,
		    .tid = process->thread,
		    .process = process->process};
	}
}

static struct open_process *stack_intervals_find_open(
    struct state *state, const struct stack_sample *sample)
{
	struct open_process *process;

	for (size_t i = 0; i < state->processes.len; i++) {
		process = &state->processes.items[i];
		if (process->pid == sample->pid &&
		    process->process == sample->process &&
		    process->thread == sample->thread)
			return process;
	}
	process = array_push(&state->processes);
	*process = (struct open_process){.pid = sample->pid,
	    .thread = sample->thread,
	    .process = sample->process};
	return process;
}

static void stack_intervals_add(
    struct state *state, const struct stack_sample *sample)
{
	struct open_process *process = stack_intervals_find_open(state, sample);
	const struct stack *stack = &state->stacks[sample->stack];
	struct sample at = {sample->time_s, sample->mib};
	double gap = GAP * state->run->info.interval_s;

	if (stack->len == 0)
		return;
	/* Waiting threads are sampled seldom, so a gap proves nothing. */
	if (gap > 0 && !sample->thread &&
	    at.time_s - process->last.time_s > gap)
		stack_intervals_leave(state, process, 0, process->last);
	if (process->enters.len)
		stack_intervals_leave(state, process,
		    stack_intervals_shared(process->stack, stack), at);
	while (process->enters.len < stack->len)
		*array_push(&process->enters) = at;
	process->stack = stack;
	process->last = at;
}

void stack_intervals_find(
    struct stack_intervals *intervals, const struct run *run)
{
	struct state state = {.intervals = intervals,
	    .run = run,
	    .stacks = mem_zero(run->stacks.len + 1, sizeof(*state.stacks))};

	for (size_t i = 0; i < run->stacks.len; i++)
		state.stacks[i] = visible_frames(&run->stacks.items[i]);
	for (size_t i = 0; i < run->stack_samples.len; i++)
		stack_intervals_add(&state, &run->stack_samples.items[i]);
	for (size_t i = 0; i < state.processes.len; i++) {
		struct open_process *process = &state.processes.items[i];

		stack_intervals_leave(&state, process, 0, process->last);
		array_free(&process->enters);
	}
	array_free(&state.processes);
	for (size_t i = 0; i < run->stacks.len; i++)
		free(state.stacks[i].frames);
	free(state.stacks);
}

void stack_intervals_finish(struct stack_intervals *intervals)
{
	array_free(&intervals->calls);
}
