// SPDX-License-Identifier: MIT
#include "profile/profile.h"

#include <stdbool.h>
#include <stdlib.h>

void profile_init(struct profile *profile, const char *path)
{
	*profile = (struct profile){.path = mem_copy(path)};
}

struct usage_series *usage_at(struct usage_series **place)
{
	if (!*place)
		*place = mem_zero(1, sizeof(**place));
	return *place;
}

static void usage_series_destroy(struct usage_series *usage)
{
	if (usage)
		usage_finish(usage);
	free(usage);
}

static void profile_process_finish(struct process *process)
{
	free(process->key);
	free(process->name);
	free(process->command);
	free(process->high_name);
	free(process->high_command);
	series_finish(&process->memory);
	usage_series_destroy(process->usage);
	array_free(&process->stretches);
}

static void profile_frame_finish(struct frame *frame)
{
	free(frame->file);
	free(frame->function);
}

static void profile_stack_finish(struct stack *stack)
{
	for (size_t i = 0; i < stack->len; i++)
		profile_frame_finish(&stack->frames[i]);
	free(stack->frames);
}

/* The frames of a site's stack are borrowed from the code. */
static void run_finish_sites(struct run *run)
{
	for (size_t i = 0; i < run->code.len; i++) {
		struct site_frame *code = &run->code.items[i];

		for (size_t j = 0; j < code->names.len; j++)
			profile_frame_finish(&code->names.items[j]);
		array_free(&code->names);
		profile_frame_finish(&code->own);
	}
	array_free(&run->code);
	index_finish(&run->code_index);
	for (size_t i = 0; i < run->sites.len; i++)
		free(run->sites.items[i].stack.frames);
	array_free(&run->sites);
	array_free(&run->site_codes);
	index_finish(&run->site_index);
}

/* Sampled allocations, and their sampling's state. */
static void run_finish_allocations(struct run *run)
{
	for (size_t i = 0; i < run->hooked.len; i++) {
		free(run->hooked.items[i].name);
		free(run->hooked.items[i].by);
	}
	array_free(&run->hooked);
	array_free(&run->allocations);
	array_free(&run->touches);
	run_finish_sites(run);
}

static void run_finish(struct run *run)
{
	free(run->command);
	series_finish(&run->total);
	series_finish(&run->peaks);
	array_free(&run->peak_sinces);
	usage_series_destroy(run->usage);
	array_free(&run->shares);
	for (size_t i = 0; i < run->processes.len; i++)
		profile_process_finish(&run->processes.items[i]);
	array_free(&run->processes);
	index_finish(&run->state.index);
	for (size_t i = 0; i < run->calls.len; i++)
		free(run->calls.items[i].name);
	array_free(&run->calls);
	for (size_t i = 0; i < run->marks.len; i++)
		free(run->marks.items[i].label);
	array_free(&run->marks);
	for (size_t i = 0; i < run->stacks.len; i++)
		profile_stack_finish(&run->stacks.items[i]);
	array_free(&run->stacks);
	index_finish(&run->stack_index);
	array_free(&run->stack_samples);
	for (size_t i = 0; i < run->snapshots.len; i++) {
		free(run->snapshots.items[i].label);
		heap_finish(&run->snapshots.items[i].heap);
	}
	array_free(&run->snapshots);
	run_finish_allocations(run);
	free(run->info.backend);
	free(run->info.host);
	free(run->info.job);
	free(run->info.version);
	free(run->info.start);
	free(run->info.oversize);
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

	*run = (struct run){.info = {.rank = -1, .ranks = -1}};
	return run;
}

static bool profile_stack_is(const void *stacks, size_t at, const void *id)
{
	return ((const struct stack *)stacks)[at].id == *(const int *)id;
}

size_t run_stack(struct run *run, int id)
{
	uint32_t hash = index_hash(&id, sizeof(id));
	size_t at = index_place(&run->stack_index, hash, profile_stack_is,
	    run->stacks.items, &id, run->stacks.len);

	if (at == run->stacks.len)
		*array_push(&run->stacks) = (struct stack){.id = id};
	return at;
}
