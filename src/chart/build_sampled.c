// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "analysis/stack_intervals.h"
#include "base/mem.h"
#include "chart/build.h"

/* Runs as they are, with their sampled stacks in place of calls. */
struct sampled {
	struct run *runs;
	struct chart_run *charted;
	struct stack_intervals *intervals;
};

static void sampled_init(
    struct sampled *sampled, const struct chart_request *request)
{
	sampled->runs = mem_zero(request->len, sizeof(*sampled->runs));
	sampled->charted = mem_zero(request->len, sizeof(*sampled->charted));
	sampled->intervals =
	    mem_zero(request->len, sizeof(*sampled->intervals));
	for (size_t i = 0; i < request->len; i++) {
		struct stack_intervals *intervals = &sampled->intervals[i];

		stack_intervals_find(intervals, request->runs[i].run);
		sampled->runs[i] = *request->runs[i].run;
		sampled->runs[i].calls.items = intervals->calls.items;
		sampled->runs[i].calls.len = intervals->calls.len;
		sampled->charted[i] = (struct chart_run){
		    &sampled->runs[i], request->runs[i].name};
	}
}

static void sampled_finish(struct sampled *sampled, size_t len)
{
	for (size_t i = 0; i < len; i++)
		stack_intervals_finish(&sampled->intervals[i]);
	free(sampled->runs);
	free(sampled->charted);
	free(sampled->intervals);
}

void build_stacks(
    struct scene_panel *panel, const struct chart_request *request)
{
	struct chart_request of_stacks = *request;
	struct sampled sampled;

	sampled_init(&sampled, request);
	of_stacks.runs = sampled.charted;
	build_calls(panel, &of_stacks);
	sampled_finish(&sampled, request->len);
}
