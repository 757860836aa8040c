// SPDX-License-Identifier: MIT
//
// What no line of a file alone can know: record_finish().
#include "dat/record.h"

#include <stdlib.h>
#include <string.h>

#include "profile/ending.h"
#include "profile/process.h"

/* Names as FUNC writes them: a blank is an underscore there. */
static int finish_compare_names(const char *a, const char *b)
{
	while (*a && (*a == ' ' ? '_' : *a) == (*b == ' ' ? '_' : *b)) {
		a++;
		b++;
	}
	return (*a == ' ' ? '_' : *a) - (*b == ' ' ? '_' : *b);
}

static int finish_compare_calls(const void *left, const void *right)
{
	const struct call *a = *(struct call *const *)left;
	const struct call *b = *(struct call *const *)right;

	if (a->enter_s != b->enter_s)
		return a->enter_s < b->enter_s ? -1 : 1;
	if (a->leave_s != b->leave_s)
		return a->leave_s < b->leave_s ? -1 : 1;
	return finish_compare_names(a->name, b->name);
}

static void finish_drop_call(struct call *call)
{
	free(call->name);
	call->name = NULL;
}

/* In a group of equal calls each CALL makes one FUNC superfluous. */
static void drop_told_twice(struct call **group, size_t len)
{
	size_t ours = 0;

	for (size_t i = 0; i < len; i++)
		ours += group[i]->pid != 0;
	for (size_t i = 0; i < len && ours > 0; i++) {
		if (group[i]->pid != 0)
			continue;
		finish_drop_call(group[i]);
		ours--;
	}
}

static void compact_calls(struct run *run)
{
	size_t kept = 0;

	for (size_t i = 0; i < run->calls.len; i++) {
		if (run->calls.items[i].name)
			run->calls.items[kept++] = run->calls.items[i];
	}
	run->calls.len = kept;
}

/* A call is told by FUNC for every reader and again by CALL, which knows
 * more; only the latter stays. */
static void merge_calls(struct run *run)
{
	size_t len = run->calls.len, first = 0;
	struct call **sorted;
	bool ours = false;

	for (size_t i = 0; i < len; i++)
		ours = ours || run->calls.items[i].pid != 0;
	if (!ours)
		return;
	sorted = mem_zero(len, sizeof(sorted[0]));
	for (size_t i = 0; i < len; i++)
		sorted[i] = &run->calls.items[i];
	qsort(sorted, len, sizeof(sorted[0]), finish_compare_calls);
	for (size_t i = 1; i <= len; i++) {
		if (i < len &&
		    finish_compare_calls(&sorted[first], &sorted[i]) == 0)
			continue;
		drop_told_twice(sorted + first, i - first);
		first = i;
	}
	free(sorted);
	compact_calls(run);
}

static bool finish_covers(const struct run *run, const struct call *call)
{
	const struct series *total = &run->total;

	return total->len > 0 && call->leave_s >= total->items[0].time_s &&
	       call->enter_s <= total->items[total->len - 1].time_s;
}

/* In a file of several runs a call often stands before the command line of
 * its own run: the samples' times tell whose it is. */
static void hand_on_calls(struct run *run, struct run *next)
{
	for (size_t i = 0; i < run->calls.len; i++) {
		struct call *call = &run->calls.items[i];

		if (finish_covers(run, call) || !finish_covers(next, call))
			continue;
		*array_push(&next->calls) = *call;
		call->name = NULL;
	}
	compact_calls(run);
}

void record_judge_endings(struct profile *profile)
{
	size_t len = profile->runs.len;

	for (size_t i = 0; i < len; i++) {
		struct run *run = &profile->runs.items[i];

		run->ending =
		    run_ending_judge(run, profile->locked && i + 1 == len);
	}
}

void record_finish(struct record_reader *reader)
{
	struct run *runs = reader->profile->runs.items;
	size_t len = reader->profile->runs.len;

	for (size_t i = 0; i < len; i++)
		run_settle(&runs[i]);
	for (size_t i = 0; i < len; i++) {
		if (i + 1 < len)
			hand_on_calls(&runs[i], &runs[i + 1]);
		merge_calls(&runs[i]);
		run_assign(&runs[i]);
	}
	record_judge_endings(reader->profile);
}
