// SPDX-License-Identifier: MIT
#include "commands/stacks_hook.h"

#include <stdio.h>

#include "base/units.h"
#include "commands/command.h"

void stacks_hook_init(struct stacks_hook *hook)
{
	*hook = (struct stacks_hook){.stacks = stacks_create()};
}

void stacks_hook_finish(struct stacks_hook *hook)
{
	stacks_destroy(hook->stacks);
	array_free(&hook->frames);
}

static void stacks_hook_tell(struct stacks_hook *hook,
    const struct sink_tick *tick, const struct sink_process *process,
    const struct stacks_sample *sample, const struct sink *sink)
{
	struct sink_stack stack = {.time_ns = tick->time_ns,
	    .kib = process->kib,
	    .pid = process->is_root ? 0 : process->pid,
	    .thread = sample->thread,
	    .id = sample->id,
	    .count = sample->len};

	hook->frames.len = 0;
	for (size_t i = 0; i < sample->len; i++)
		*array_push(&hook->frames) =
		    (struct sink_frame){.file = sample->frames[i].file,
			.function = sample->frames[i].function,
			.line = sample->frames[i].line};
	if (sample->len)
		stack.frames = hook->frames.items;
	sink->stack(sink->context, &stack);
}

static void tick_stacks(
    void *context, const struct sink_tick *tick, const struct sink *sink)
{
	struct stacks_hook *hook = context;
	struct stacks_sample sample;
	struct err e;

	if (!tick->sampled || !sink->stack)
		return;
	for (size_t i = 0; i < tick->count; i++) {
		const struct sink_process *process = &tick->processes[i];

		if (process->kib < 0)
			continue;
		if (stacks_sample(hook->stacks, process->pid, &sample))
			stacks_hook_tell(hook, tick, process, &sample, sink);
		if (stacks_sample_other(hook->stacks, process->pid, &sample))
			stacks_hook_tell(hook, tick, process, &sample, sink);
	}
	while (stacks_notice(hook->stacks, &e))
		command_fail(COMMAND_FAILED, &e);
}

struct sampler_hook stacks_hook_of(struct stacks_hook *hook)
{
	return (struct sampler_hook){.context = hook, .tick = tick_stacks};
}

void stacks_hook_summary(const struct stacks_hook *hook)
{
	struct stacks_count count = stacks_count(hook->stacks);
	char in[UNITS_COUNT], times[UNITS_COUNT];

	if (!count.processes) {
		fputs("mprof: stacks: none, no process ran a Python that can "
		      "be read\n",
		    stderr);
		return;
	}
	fprintf(stderr,
	    "mprof: stacks: %lu sampled in %s, %lu of them with the thread "
	    "stopped; %s nothing was certain\n",
	    count.taken,
	    units_count(in, count.processes, "process", "processes"),
	    count.paused, units_count(times, count.missing, "time", "times"));
}
