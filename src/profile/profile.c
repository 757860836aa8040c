// SPDX-License-Identifier: MIT
#include "profile/profile.h"

#include <stdlib.h>
#include <string.h>

void profile_init(struct profile *profile, const char *path)
{
	*profile = (struct profile){.path = mem_copy(path)};
}

static void process_finish(struct process *process)
{
	free(process->key);
	free(process->name);
	free(process->command);
	series_finish(&process->memory);
}

static void stack_finish(struct stack *stack)
{
	for (size_t i = 0; i < stack->len; i++) {
		free(stack->frames[i].file);
		free(stack->frames[i].function);
	}
	free(stack->frames);
}

static void run_finish(struct run *run)
{
	free(run->command);
	series_finish(&run->total);
	series_finish(&run->peaks);
	for (size_t i = 0; i < run->processes.len; i++)
		process_finish(&run->processes.items[i]);
	array_free(&run->processes);
	for (size_t i = 0; i < run->calls.len; i++)
		free(run->calls.items[i].name);
	array_free(&run->calls);
	for (size_t i = 0; i < run->marks.len; i++)
		free(run->marks.items[i].label);
	array_free(&run->marks);
	for (size_t i = 0; i < run->stacks.len; i++)
		stack_finish(&run->stacks.items[i]);
	array_free(&run->stacks);
	array_free(&run->stack_samples);
	free(run->info.backend);
	free(run->info.host);
	free(run->info.version);
	free(run->info.start);
}

void profile_finish(struct profile *profile)
{
	for (size_t i = 0; i < profile->runs.len; i++)
		run_finish(&profile->runs.items[i]);
	array_free(&profile->runs);
	free(profile->path);
	*profile = (struct profile){0};
}

struct run *profile_add_run(struct profile *profile)
{
	struct run *run = array_push(&profile->runs);

	*run = (struct run){0};
	return run;
}

static bool process_is(
    const struct process *process, const char *key, size_t key_len)
{
	return strncmp(process->key, key, key_len) == 0 &&
	       process->key[key_len] == 0;
}

static int key_number(const char *key)
{
	char *end;
	long number = strtol(key, &end, 10);

	return *key && !*end && number >= 0 && number <= 0x7fffffff
		   ? (int)number
		   : -1;
}

/* Rows come tick after tick in the same order: the next one is the best
 * guess, a search through all the exception. */
struct process *run_process(struct run *run, const char *key, size_t key_len)
{
	size_t count = run->processes.len;
	struct process *process;

	for (size_t i = 0; i < count; i++) {
		size_t at = (run->next_process + i) % count;

		process = &run->processes.items[at];
		if (process_is(process, key, key_len)) {
			run->next_process = at + 1;
			return process;
		}
	}
	process = array_push(&run->processes);
	*process = (struct process){.key = mem_copy_n(key, key_len)};
	process->pid = key_number(process->key);
	run->next_process = run->processes.len;
	return process;
}
