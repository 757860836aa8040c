// SPDX-License-Identifier: MIT
#include "layout/stack_times.h"

#include <stdlib.h>

#include "base/mem.h"

bool stack_is_layer(const struct scene_line *line)
{
	return line->kind == SCENE_STACKED &&
	       line->base->len >= line->samples->len;
}

const struct scene_line *stack_top(const struct scene_line *lines, size_t len)
{
	for (size_t i = len; i-- > 0;) {
		if (stack_is_layer(&lines[i]))
			return &lines[i];
	}
	return NULL;
}

static void stack_times_pick(struct stack_times *times, size_t i, bool starts)
{
	times->items[times->len] = i;
	times->starts[times->len++] = starts;
}

struct stack_times stack_times_choose(
    const struct scene_line *top, size_t points, size_t most)
{
	const struct sample *at = top->samples->items;
	size_t len = top->samples->len, column = len;
	size_t columns = points > most ? len * most / points + 1 : len;
	struct stack_times times = {mem_zero(len + 1, sizeof(times.items[0])),
	    mem_zero(len + 1, sizeof(times.starts[0])), 0};
	bool ends = true;

	for (size_t i = 0; i < len; i++) {
		size_t here = i * columns / len;
		bool starts = ends;

		ends = i + 1 == len ||
		       (top->gap_s > 0 &&
			   at[i + 1].time_s - at[i].time_s > top->gap_s);
		if (starts || ends || here != column)
			stack_times_pick(&times, i, starts);
		else if (at[i].mib > at[times.items[times.len - 1]].mib)
			times.items[times.len - 1] = i;
		column = starts || ends ? len : here;
	}
	return times;
}

void stack_times_finish(struct stack_times *times)
{
	free(times->items);
	free(times->starts);
	*times = (struct stack_times){0};
}
