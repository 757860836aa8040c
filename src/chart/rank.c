// SPDX-License-Identifier: MIT
#include "chart/rank.h"

#include <stdlib.h>

#include "base/mem.h"

static int compare_peaks(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->peak_mib != y->peak_mib)
		return x->peak_mib < y->peak_mib ? 1 : -1;
	return (x->place > y->place) - (x->place < y->place);
}

struct ranking ranking_of(const struct run *run, const struct window *window)
{
	struct ranking ranking = {
	    mem_zero(run->processes.len + 1, sizeof(struct ranked)), 0};

	for (size_t i = 0; i < run->processes.len; i++) {
		const struct process *process = &run->processes.items[i];
		const struct sample *peak =
		    build_highest(&process->memory, window);

		if (peak)
			ranking.items[ranking.len++] =
			    (struct ranked){process, peak->mib, i};
	}
	qsort(ranking.items, ranking.len, sizeof(ranking.items[0]),
	    compare_peaks);
	return ranking;
}

void ranking_finish(struct ranking *ranking)
{
	free(ranking->items);
	*ranking = (struct ranking){0};
}
