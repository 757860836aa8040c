// SPDX-License-Identifier: MIT
#include "chart/build.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/stack_intervals.h"
#include "base/mem.h"
#include "base/units.h"
#include "base/utf8.h"
#include "profile/process.h"

/* Orders names by their reverse: names with a common end become adjacent, and
 * only adjacent ones need comparing. */
static int labels_compare_tails(const void *a, const void *b)
{
	const char *x = ((const struct label *)a)->name;
	const char *y = ((const struct label *)b)->name;
	size_t i = strlen(x), k = strlen(y);

	while (i > 0 && k > 0 && x[i - 1] == y[k - 1]) {
		i--;
		k--;
	}
	if (i == 0 || k == 0)
		return (i > 0) - (k > 0);
	return (unsigned char)x[i - 1] < (unsigned char)y[k - 1] ? -1 : 1;
}

static int labels_compare_names(const void *a, const void *b)
{
	return strcmp(
	    ((const struct label *)a)->name, ((const struct label *)b)->name);
}

/* Counts the whole parts, from the end, that two different names have in
 * common. */
static size_t labels_shared_parts(const char *x, const char *y)
{
	size_t i = strlen(x), k = strlen(y), parts = 0;

	while (i > 0 && k > 0 && x[i - 1] == y[k - 1]) {
		i--;
		k--;
		if (x[i] == '.')
			parts++;
	}
	/* A part counts if it is whole in both names. */
	if ((i == 0 || x[i - 1] == '.') && (k == 0 || y[k - 1] == '.') &&
	    x[i] != '.')
		parts++;
	return parts;
}

static const char *labels_last_parts(const char *name, size_t parts)
{
	const char *at = name + strlen(name);

	while (at > name) {
		if (at[-1] == '.' && --parts == 0)
			break;
		at--;
	}
	return at;
}

void labels_choose(struct label *labels, size_t count)
{
	size_t shared = 0;

	if (count == 0)
		return;
	qsort(labels, count, sizeof(labels[0]), labels_compare_tails);
	for (size_t i = 0, next; i < count; i = next) {
		size_t before = shared;

		next = i + 1;
		while (next < count &&
		       strcmp(labels[i].name, labels[next].name) == 0)
			next++;
		shared = next < count ? labels_shared_parts(
					    labels[i].name, labels[next].name)
				      : 0;
		for (size_t k = i; k < next; k++)
			labels[k].label = labels_last_parts(labels[k].name,
			    (before > shared ? before : shared) + 1);
	}
	qsort(labels, count, sizeof(labels[0]), labels_compare_names);
}

/* Labels of all different names of the runs. */
struct call_labels {
	struct label *labels;
	size_t len;
	double *total_s; /* by label: time during which a call of it was open */
	size_t *calls;
	size_t *first_call; /* in order of time: determines the colour */
	size_t taken;       /* colours that lines use */
};

static bool call_in_window(const struct window *window, const struct call *call)
{
	return call->leave_s >= window->from_s && call->enter_s <= window->to_s;
}

static void labels_keep_distinct(struct call_labels *named)
{
	size_t kept = 0;

	qsort(named->labels, named->len, sizeof(named->labels[0]),
	    labels_compare_names);
	for (size_t i = 0; i < named->len; i++) {
		if (kept == 0 || strcmp(named->labels[kept - 1].name,
				     named->labels[i].name) != 0)
			named->labels[kept++] = named->labels[i];
	}
	named->len = kept;
}

static void call_labels_init(
    struct call_labels *named, const struct chart_request *request)
{
	size_t count = 0;

	*named = (struct call_labels){0};
	for (size_t i = 0; i < request->len; i++)
		count += request->runs[i].run->calls.len;
	named->labels = mem_zero(count + 1, sizeof(named->labels[0]));
	for (size_t i = 0; i < request->len; i++) {
		const struct run *run = request->runs[i].run;
		struct window window = build_window(request, i);

		for (size_t k = 0; k < run->calls.len; k++) {
			const struct call *call = &run->calls.items[k];

			if (call_in_window(&window, call))
				named->labels[named->len++].name = call->name;
		}
	}
	labels_keep_distinct(named);
	labels_choose(named->labels, named->len);
	named->total_s = mem_zero(named->len + 1, sizeof(double));
	named->calls = mem_zero(named->len + 1, sizeof(size_t));
	named->first_call = mem_zero(named->len + 1, sizeof(size_t));
}

static void call_labels_finish(struct call_labels *named)
{
	free(named->labels);
	free(named->total_s);
	free(named->calls);
	free(named->first_call);
}

static size_t call_labels_find(
    const struct call_labels *named, const char *name)
{
	struct label key = {.name = name};
	const struct label *found = bsearch(
	    &key, named->labels, named->len, sizeof(key), labels_compare_names);

	return (size_t)(found - named->labels);
}

/* By start; a caller before its callee if both start at one time. */
static int calls_compare_starts(const void *a, const void *b)
{
	const struct call *x = *(const struct call *const *)a;
	const struct call *y = *(const struct call *const *)b;

	int threads = call_compare_threads(x, y);

	if (threads != 0)
		return threads;
	if (x->enter_s != y->enter_s)
		return x->enter_s < y->enter_s ? -1 : 1;
	if (x->level != y->level)
		return x->level < y->level ? -1 : 1;
	if (x->leave_s != y->leave_s)
		return x->leave_s > y->leave_s ? -1 : 1;
	return x < y ? -1 : x > y;
}

static const struct call **sort_calls(
    const struct chart_request *request, size_t nth, size_t *len)
{
	const struct run *run = request->runs[nth].run;
	const struct call **sorted =
	    mem_zero(run->calls.len + 1, sizeof(*sorted));
	struct window window = build_window(request, nth);

	*len = 0;
	for (size_t i = 0; i < run->calls.len; i++) {
		if (call_in_window(&window, &run->calls.items[i]))
			sorted[(*len)++] = &run->calls.items[i];
	}
	qsort(sorted, *len, sizeof(*sorted), calls_compare_starts);
	return sorted;
}

/* A call gets the first lane below all calls that are still open. This is
 * decided by times, not by recorded levels: calls of several threads without a
 * tid would overlap. */
struct open_calls {
	ARRAY(double) leaves; /* by lane; -INFINITY: free */
};

static size_t call_choose_lane(struct open_calls *open, const struct call *call)
{
	size_t lane = 0;

	for (size_t i = 0; i < open->leaves.len; i++) {
		if (open->leaves.items[i] > call->enter_s)
			lane = i + 1;
	}
	while (open->leaves.len <= lane)
		*array_push(&open->leaves) = -INFINITY;
	open->leaves.items[lane] = call->leave_s;
	return lane;
}

/* The pid of a call, with the process's name where several processes had that
 * pid. */
static char *call_process_text(const struct run *run, const struct call *call)
{
	const struct process *process =
	    call->process ? &run->processes.items[call->process - 1] : NULL;

	if (call->pid == 0)
		return mem_copy("program");
	if (process && (process->again || process->followed))
		return build_process_name(process);
	return mem_format("%d", call->pid);
}

/* The calls of one thread; threads of a process that don't overlap in time
 * share lanes. */
struct call_thread {
	const struct call *first;
	double from_s, to_s;
	size_t lanes, slot; /* group of lanes */
	size_t first_span;
};

/* Lanes of one or more consecutive threads of a process. */
struct lane_slot {
	const struct call_thread *first, *last;
	size_t lanes, threads;
};

struct lane_slots {
	ARRAY(struct call_thread) threads;
	ARRAY(struct lane_slot) slots;
};

static int call_thread_compare(const void *a, const void *b)
{
	const struct call_thread *x = *(const struct call_thread *const *)a;
	const struct call_thread *y = *(const struct call_thread *const *)b;

	if (x->first->pid != y->first->pid ||
	    x->first->process != y->first->process)
		return call_compare_threads(x->first, y->first);
	if (x->from_s != y->from_s)
		return x->from_s < y->from_s ? -1 : 1;
	return (x > y) - (x < y);
}

/* Gives the thread the first lanes that are free in its process. */
static void calls_assign_lanes(
    struct lane_slots *slots, struct call_thread *thread)
{
	struct lane_slot *slot;
	size_t i = 0;

	for (; i < slots->slots.len; i++) {
		const struct call_thread *last = slots->slots.items[i].last;

		if (last->first->pid == thread->first->pid &&
		    last->first->process == thread->first->process &&
		    last->to_s <= thread->from_s)
			break;
	}
	if (i == slots->slots.len)
		*array_push(&slots->slots) =
		    (struct lane_slot){.first = thread};
	slot = &slots->slots.items[i];
	slot->last = thread;
	slot->threads++;
	if (thread->lanes > slot->lanes)
		slot->lanes = thread->lanes;
	thread->slot = i;
}

static void calls_fill_slots(struct lane_slots *slots)
{
	size_t len = slots->threads.len;
	struct call_thread **order = mem_zero(len + 1, sizeof(order[0]));

	for (size_t i = 0; i < len; i++)
		order[i] = &slots->threads.items[i];
	qsort(order, len, sizeof(order[0]), call_thread_compare);
	for (size_t i = 0; i < len; i++)
		calls_assign_lanes(slots, order[i]);
	free(order);
}

static char *calls_slot_name(
    const struct run *run, const struct lane_slot *slot)
{
	const struct call *call = slot->first->first;
	char *process = call_process_text(run, call), *name;

	if (slot->threads > 1)
		name = mem_format("%s, %zu threads", process, slot->threads);
	else if (call->tid != call->pid && call->tid > 0)
		name = mem_format("%s, thread %d", process, call->tid);
	else
		name = mem_copy(process);
	free(process);
	return name;
}

/* "a.dat: 4711, thread 4712": with the recording's name if there are
 * several. */
static char *calls_slot_group_name(const struct chart_request *request,
    size_t nth, const struct lane_slots *slots, const struct lane_slot *slot)
{
	const struct chart_run *charted = &request->runs[nth];
	char *thread =
	    slots->threads.len > 1 ? calls_slot_name(charted->run, slot) : NULL;
	char *raw, *clean;

	if (request->len == 1)
		return thread;
	raw = mem_format(
	    "%s%s%s", charted->name, thread ? ": " : "", thread ? thread : "");
	clean = utf8_clean_copy(raw);
	free(raw);
	free(thread);
	return clean;
}

/* Adds a group for each slot, and moves spans to its lanes. */
static void calls_add_slots(struct scene_panel *panel,
    const struct lane_slots *slots, const struct chart_request *request,
    size_t nth, size_t spans)
{
	size_t first_group = panel->groups.len;

	for (size_t i = 0; i < slots->slots.len; i++) {
		const struct lane_slot *slot = &slots->slots.items[i];

		*array_push(&panel->groups) = (struct scene_group){
		    .first_lane = panel->lanes, .lanes = slot->lanes};
		panel->lanes += slot->lanes;
		panel->groups.items[first_group + i].name =
		    calls_slot_group_name(request, nth, slots, slot);
	}
	for (size_t i = 0, k = 0; i < spans; i++) {
		const struct call_thread *thread;
		size_t at = panel->spans.len - spans + i;

		while (k + 1 < slots->threads.len &&
		       slots->threads.items[k + 1].first_span <= at)
			k++;
		thread = &slots->threads.items[k];
		panel->spans.items[at].lane +=
		    panel->groups.items[first_group + thread->slot].first_lane;
	}
}

/* Number of colours used by lines in this panel. */
static size_t calls_count_colours(const struct scene_panel *panel)
{
	size_t count = 0;

	for (size_t i = 0; i < panel->lines.len; i++)
		count += panel->lines.items[i].role >= ROLE_SERIES;
	return count;
}

/* The time of a call of a function. */
struct call_time {
	size_t function;
	double from_s, to_s;
};

static int call_time_compare(const void *a, const void *b)
{
	const struct call_time *x = a, *y = b;

	if (x->function != y->function)
		return x->function < y->function ? -1 : 1;
	return (x->from_s > y->from_s) - (x->from_s < y->from_s);
}

/* Adds, for each function, the time in the window during which a call of it was
 * open: overlapping calls, by recursion or in several threads, count once. */
static void calls_add_times(struct call_labels *named,
    const struct call **calls, size_t count, const struct window *window)
{
	struct call_time *times = mem_zero(count + 1, sizeof(times[0]));
	double until_s = -INFINITY;

	for (size_t i = 0; i < count; i++)
		times[i] =
		    (struct call_time){call_labels_find(named, calls[i]->name),
			fmax(calls[i]->enter_s, window->from_s),
			fmin(calls[i]->leave_s, window->to_s)};
	qsort(times, count, sizeof(times[0]), call_time_compare);
	for (size_t i = 0; i < count; i++) {
		const struct call_time *at = &times[i];
		double from_s;

		if (i == 0 || at->function != at[-1].function)
			until_s = -INFINITY;
		from_s = fmax(at->from_s, until_s);
		named->total_s[at->function] += fmax(0, at->to_s - from_s);
		until_s = fmax(until_s, at->to_s);
	}
	free(times);
}

static void calls_add_span(struct scene_panel *panel, struct call_labels *named,
    const struct call *call, double zero_s)
{
	size_t function = call_labels_find(named, call->name);
	struct scene_span *span = array_push(&panel->spans);

	*span = (struct scene_span){
	    .name = utf8_clean_copy(named->labels[function].label),
	    .full_name = utf8_clean_copy(call->name),
	    .from = {call->enter_s - zero_s, call->enter_mib},
	    .to = {call->leave_s - zero_s, call->leave_mib},
	    .pid = call->pid,
	    .tid = call->tid};
	if (named->calls[function]++ == 0) {
		enum role role =
		    role_series(named->taken + panel->functions.len);

		named->first_call[function] = panel->functions.len;
		*array_push(&panel->functions) = (struct scene_function){
		    .role = role, .name = mem_copy(span->name)};
	}
	span->role = panel->functions.items[named->first_call[function]].role;
}

/* Adds the call to its thread, a new one where the previous call was in
 * another; its span gets one of the thread's lanes. */
static void calls_add_call(struct scene_panel *panel, struct lane_slots *slots,
    struct open_calls *open, const struct call *call)
{
	struct call_thread *thread =
	    slots->threads.len > 0
		? &slots->threads.items[slots->threads.len - 1]
		: NULL;
	struct scene_span *span = &panel->spans.items[panel->spans.len - 1];

	if (!thread || call_compare_threads(thread->first, call) != 0) {
		open->leaves.len = 0;
		thread = array_push(&slots->threads);
		*thread = (struct call_thread){.first = call,
		    .from_s = call->enter_s,
		    .to_s = call->leave_s,
		    .first_span = panel->spans.len - 1};
	}
	thread->to_s = fmax(thread->to_s, call->leave_s);
	span->lane = call_choose_lane(open, call);
	if (span->lane >= thread->lanes)
		thread->lanes = span->lane + 1;
}

static void calls_add_run(struct scene_panel *panel, struct call_labels *named,
    const struct chart_request *request, size_t nth)
{
	double zero_s = build_zero(request, nth);
	struct window window = build_window(request, nth);
	size_t count;
	const struct call **calls = sort_calls(request, nth, &count);
	struct lane_slots slots = {{0}, {0}};
	struct open_calls open = {{0}};

	for (size_t i = 0; i < count; i++) {
		calls_add_span(panel, named, calls[i], zero_s);
		panel->spans.items[panel->spans.len - 1].run = nth;
		calls_add_call(panel, &slots, &open, calls[i]);
	}
	calls_add_times(named, calls, count, &window);
	calls_fill_slots(&slots);
	calls_add_slots(panel, &slots, request, nth, count);
	array_free(&slots.threads);
	array_free(&slots.slots);
	array_free(&open.leaves);
	free(calls);
}

static void calls_write_details(
    struct scene_panel *panel, struct call_labels *named)
{
	char text[UNITS_TEXT];

	for (size_t i = 0; i < named->len; i++) {
		size_t calls = named->calls[i];

		units_duration(text, fmax(0, named->total_s[i]));
		panel->functions.items[named->first_call[i]].detail =
		    calls > 1 ? mem_format("%zu calls, %s", calls, text)
			      : mem_copy(text);
	}
}

/* Adds the calls to panel, in colours that lines don't use. */
static void calls_add_all(struct scene_panel *panel,
    const struct scene_panel *lines, const struct chart_request *request)
{
	struct call_labels named;

	call_labels_init(&named, request);
	named.taken = calls_count_colours(lines);
	for (size_t i = 0; i < request->len; i++)
		calls_add_run(panel, &named, request, i);
	calls_write_details(panel, &named);
	call_labels_finish(&named);
}

void build_brackets(
    struct scene_panel *panel, const struct chart_request *request)
{
	calls_add_all(panel, panel, request);
}

void build_calls(struct scene *scene, const struct chart_request *request)
{
	struct scene_panel *lanes = build_panel(scene, PANEL_LANES);

	calls_add_all(lanes, &scene->panels.items[0], request);
	if (lanes->spans.len == 0)
		scene_drop_panel(scene);
}

/* Copies of the runs, with the intervals of their sampled stacks as calls. */
struct sampled {
	struct run *runs;
	struct chart_run *charted;
	struct stack_intervals *intervals;
};

static void calls_init_sampled(
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

static void calls_finish_sampled(struct sampled *sampled, size_t len)
{
	for (size_t i = 0; i < len; i++)
		stack_intervals_finish(&sampled->intervals[i]);
	free(sampled->runs);
	free(sampled->charted);
	free(sampled->intervals);
}

void build_stacks(struct scene *scene, const struct chart_request *request)
{
	struct chart_request of_stacks = *request;
	struct sampled sampled;

	calls_init_sampled(&sampled, request);
	of_stacks.runs = sampled.charted;
	build_calls(scene, &of_stacks);
	calls_finish_sampled(&sampled, request->len);
}
