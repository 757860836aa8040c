// SPDX-License-Identifier: MIT
#include "profile/allocations.h"

#include <math.h>
#include <stdlib.h>

#include "base/io.h"

/* More frames than a recorder writes. */
enum { CODES_MAX = 256, FRAMES_MAX = 1024 };

bool allocations_add(
    struct allocation_list *list, const struct allocation *allocation)
{
	size_t len = list->len;
	struct allocation *added;

	if (len > 0 && allocation->id <= list->items[len - 1].id)
		return false;
	added = array_push(list);
	*added = *allocation;
	added->freed_s = added->read_s = INFINITY;
	added->next = len;
	return true;
}

/* The first living allocation from there on, by a disjoint-set forest with path
 * halving (Tarjan and van Leeuwen, 1984): a hostile file may free the same ones
 * again and again. */
static size_t allocations_living(struct allocation_list *list, size_t at)
{
	struct allocation *items = list->items;
	size_t len = list->len;

	while (at < len && items[at].next != at) {
		size_t next = items[at].next;

		if (next < len)
			items[at].next = items[next].next;
		at = next;
	}
	return at;
}

/* Gives the living allocations with these ids the end of that one. */
static void allocations_set_end(struct allocation_list *list, uint64_t first,
    uint64_t last, const struct allocation *end)
{
	size_t at =
	    allocations_living(list, array_lower_bound(list, id, first));

	while (at < list->len && list->items[at].id <= last) {
		list->items[at].freed_s = end->freed_s;
		list->items[at].read_s = end->read_s;
		list->items[at].ended = end->ended;
		list->items[at].next = at + 1;
		at = allocations_living(list, at + 1);
	}
}

void allocations_end(struct allocation_list *list, uint64_t first,
    uint64_t last, double time_s, bool ended)
{
	allocations_set_end(list, first, last,
	    &(struct allocation){
		.freed_s = time_s, .read_s = time_s, .ended = ended});
}

void allocations_end_before(struct allocation_list *list, uint64_t first,
    uint64_t last, double time_s, double read_s)
{
	allocations_set_end(list, first, last,
	    &(struct allocation){
		.freed_s = time_s, .read_s = read_s, .ended = true});
}

static bool allocations_code_is(
    const void *items, size_t at, const void *number)
{
	return ((const struct site_frame *)items)[at].number ==
	       *(const uint64_t *)number;
}

size_t run_code(struct run *run, uint64_t number)
{
	size_t at = index_place(&run->code_index, index_hash_number(number),
	    allocations_code_is, run->code.items, &number, run->code.len);

	if (at == run->code.len)
		*array_push(&run->code) = (struct site_frame){.number = number};
	return at;
}

static bool allocations_site_is(
    const void *items, size_t at, const void *number)
{
	return ((const struct site *)items)[at].number ==
	       *(const uint64_t *)number;
}

size_t run_site(struct run *run, uint64_t number)
{
	size_t at = index_place(&run->site_index, index_hash_number(number),
	    allocations_site_is, run->sites.items, &number, run->sites.len);

	if (at == run->sites.len)
		*array_push(&run->sites) = (struct site){
		    .number = number, .first = run->site_codes.len};
	return at;
}

void run_add_site_frame(struct run *run, size_t code)
{
	struct site *site = &run->sites.items[run->sites.len - 1];

	if (site->count == CODES_MAX)
		return;
	site->count++;
	*array_push(&run->site_codes) = code;
}

/* Processes of one container have the same code: a file is named as they do. */
static void allocations_add_frame(
    struct stack *stack, const struct frame *frame)
{
	struct frame *added = &stack->frames[stack->len];
	int pid;

	if (stack->len == FRAMES_MAX)
		return;
	*added = *frame;
	added->file += path_root_len(frame->file, &pid);
	if (frame->module)
		added->module += path_root_len(frame->module, &pid);
	stack->len++;
}

/* An address outside all files means nothing once the program has ended. */
static void allocations_add_code(struct stack *stack, const struct frame *code)
{
	static char unnamed[] = "unnamed code";
	struct frame frame = *code;

	if (frame.module && !*frame.module)
		frame.function = unnamed;
	allocations_add_frame(stack, &frame);
}

void run_settle_sites(struct run *run)
{
	for (size_t i = 0; i < run->sites.len; i++) {
		struct site *site = &run->sites.items[i];
		const size_t *codes = run->site_codes.items + site->first;
		size_t len = 0;

		for (size_t j = 0; j < site->count; j++) {
			size_t names = run->code.items[codes[j]].names.len;

			len += names > 0 ? names : 1;
		}
		free(site->stack.frames);
		site->stack = (struct stack){.id = (int)i};
		len = len < FRAMES_MAX ? len : FRAMES_MAX;
		site->stack.frames =
		    mem_zero(len + 1, sizeof(*site->stack.frames));
		for (size_t j = 0; j < site->count; j++) {
			const struct site_frame *code =
			    &run->code.items[codes[j]];

			for (size_t k = 0; k < code->names.len; k++)
				allocations_add_frame(
				    &site->stack, &code->names.items[k]);
			if (code->names.len == 0 && code->own.file)
				allocations_add_code(&site->stack, &code->own);
		}
	}
}
