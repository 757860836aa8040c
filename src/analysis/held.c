// SPDX-License-Identifier: MIT
#include "analysis/held.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/origin.h"
#include "base/index.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "base/utf8.h"
#include "profile/process.h"
#include "profile/run.h"

static const struct allocation_list *held_list(
    const struct run *run, enum memory_source source)
{
	return source == SOURCE_TOUCHED ? &run->touches : &run->allocations;
}

/* Whether it may have been freed by at_s, as the next reading no longer had
 * it. */
static bool held_is_unsure(
    const struct allocation *allocation, const struct held_part *part)
{
	return !allocation->ended && allocation->freed_s <= part->read_s;
}

static double held_begun_s(const struct allocation *allocation)
{
	return fmax(allocation->time_s, allocation->begun_s);
}

/* An allocation counts if it had begun by this time. What is left of another
 * sample begins at the reading that no longer had that one: if that one is not
 * counted because of this reading, what is left of it is. */
static double held_shown_s(
    const struct allocation *allocation, const struct held_part *part)
{
	return allocation->begun_s > 0 && allocation->time_s <= part->at_s
		   ? fmax(part->at_s, part->read_s)
		   : part->at_s;
}

static bool held_counts(
    const struct allocation *allocation, const struct held_part *part)
{
	return allocation->time_s >= part->from_s &&
	       allocation->time_s <= part->to_s &&
	       held_begun_s(allocation) <= held_shown_s(allocation, part) &&
	       ((allocation->freed_s > part->at_s &&
		    !held_is_unsure(allocation, part)) ||
		   (part->until_end && allocation->ended &&
		       allocation->freed_s == part->at_s));
}

struct held_event {
	double time_s;
	double mib, sure_mib; /* that it adds, and for sure */
	/* At one moment, events happen in this order. */
	enum { HELD_MADE, HELD_READ, HELD_UNSURE, HELD_ENDED, HELD_GONE } what;
};

static int held_event_order(const void *x, const void *y)
{
	const struct held_event *a = x, *b = y;

	if (a->time_s != b->time_s)
		return a->time_s < b->time_s ? -1 : 1;
	return (a->what > b->what) - (a->what < b->what);
}

typedef ARRAY(struct held_event) held_events;

struct held_reading {
	double time_s;
};

typedef ARRAY(struct held_reading) held_readings; /* ascending */

static int held_reading_order(const void *x, const void *y)
{
	const struct held_reading *a = x, *b = y;

	return (a->time_s > b->time_s) - (a->time_s < b->time_s);
}

static void held_add_readings(
    held_readings *readings, const struct allocation_list *list)
{
	for (size_t i = 0; i < list->len; i++)
		if (isfinite(list->items[i].read_s))
			*array_push(readings) =
			    (struct held_reading){list->items[i].read_s};
	if (readings->len > 0)
		qsort(readings->items, readings->len, sizeof(*readings->items),
		    held_reading_order);
}

/* From when on it is not known whether it was freed already: the last reading
 * that had it, or when it was made. */
static double held_sure_until_s(
    const held_readings *readings, const struct allocation *one)
{
	size_t before = array_lower_bound(readings, time_s, one->freed_s);

	return before > 0
		   ? fmax(held_begun_s(one), readings->items[before - 1].time_s)
		   : held_begun_s(one);
}

static void held_add_events(held_events *events, const held_readings *readings,
    const struct allocation *one)
{
	double mib = one->mib;

	*array_push(events) =
	    (struct held_event){held_begun_s(one), mib, mib, HELD_MADE};
	if (!isfinite(one->freed_s))
		return;
	if (!one->ended) {
		*array_push(events) = (struct held_event){
		    held_sure_until_s(readings, one), 0, -mib, HELD_UNSURE};
		*array_push(events) =
		    (struct held_event){one->freed_s, -mib, 0, HELD_READ};
	} else if (one->read_s > one->freed_s) {
		*array_push(events) =
		    (struct held_event){one->freed_s, -mib, -mib, HELD_GONE};
		*array_push(events) =
		    (struct held_event){one->read_s, 0, 0, HELD_READ};
	} else {
		*array_push(events) =
		    (struct held_event){one->freed_s, -mib, -mib, HELD_ENDED};
	}
}

/* The time when most sampled memory was held. Frees are seen at the next
 * reading of a table, so the sum is exact only at readings: when a free was
 * seen, and at the end. Where a process ended between two of them, what was
 * held for sure before that counts, at the last moment when something was
 * added. */
static struct sample held_most_of(const held_events *events)
{
	const struct held_event *items = events->items;
	struct sample most = {.time_s = -INFINITY};
	double mib = 0, sure_mib = 0, made_s = -INFINITY;

	for (size_t i = 0, next; i < events->len; i = next) {
		double time_s = items[i].time_s;
		bool is_read = false, is_gone = false;
		size_t at = i;

		for (next = i; next < events->len; next++) {
			if (items[next].time_s != time_s)
				break;
			is_read |= items[next].what == HELD_READ ||
				   items[next].what == HELD_ENDED;
			is_gone |= items[next].what == HELD_GONE;
		}
		for (; at < next && items[at].what <= HELD_READ; at++) {
			mib += items[at].mib;
			sure_mib += items[at].sure_mib;
		}
		if (items[i].what == HELD_MADE)
			made_s = time_s;
		is_read |= at == events->len;
		if (is_read && mib > most.mib)
			most = (struct sample){time_s, mib};
		else if (is_gone && sure_mib > most.mib)
			most = (struct sample){made_s, sure_mib};
		for (; at < next; at++) {
			mib += items[at].mib;
			sure_mib += items[at].sure_mib;
		}
	}
	return most;
}

static struct sample held_most(const struct allocation_list *list)
{
	held_readings readings = {0};
	held_events events = {0};
	struct sample most;

	held_add_readings(&readings, list);
	for (size_t i = 0; i < list->len; i++)
		held_add_events(&events, &readings, &list->items[i]);
	if (events.len > 0)
		qsort(events.items, events.len, sizeof(*events.items),
		    held_event_order);
	most = held_most_of(&events);
	array_free(&events);
	array_free(&readings);
	return most;
}

/* The first reading from that time on; 0: there was none. */
static double held_reading_from(
    const struct allocation_list *list, double time_s)
{
	double read_s = INFINITY;

	for (size_t i = 0; i < list->len; i++)
		if (list->items[i].read_s >= time_s)
			read_s = fmin(read_s, list->items[i].read_s);
	return isfinite(read_s) ? read_s : 0;
}

static double held_sum_mib(const struct run *run, const struct held_part *part)
{
	const struct allocation_list *list = held_list(run, part->source);
	double mib = 0;

	for (size_t i = 0; i < list->len; i++) {
		if (held_counts(&list->items[i], part))
			mib += list->items[i].mib;
	}
	return mib;
}

/* The share of touched memory below which held memory is ignored: a small
 * program of the tree holds that much. */
static const double held_beside_share = 0.02;

/* Whether next to nothing was held at the highest sample, and page faults
 * explain it far better than what was held at any moment: the program has an
 * allocator of its own, and a small one was sampled beside it. */
static bool held_is_beside(const struct run *run)
{
	const struct sample *peak = series_peak(&run->total);
	struct held_part part = {-INFINITY, INFINITY,
	    peak ? peak->time_s : INFINITY, false, SOURCE_HELD, 0};
	double held_mib, touched_mib;

	if (!peak || run->touches.len == 0)
		return false;
	held_mib = held_sum_mib(run, &part);
	part.source = SOURCE_TOUCHED;
	touched_mib = held_sum_mib(run, &part);
	return held_mib <= held_beside_share * touched_mib &&
	       touched_mib > 2 * held_most(&run->allocations).mib;
}

static double held_growth_on_the_clock_mib(const struct run *run)
{
	struct stack_growths growths = {0};
	double mib;

	stack_growths_add(&growths, run);
	mib = growths.grown_mib;
	stack_growths_finish(&growths);
	return mib;
}

/* Stacks of an attached Python program are read on the clock, and page faults
 * are sampled in its descendants that are not Python: a helper command, or most
 * of the work. The larger one is the run's source. */
enum memory_source held_source(const struct run *run)
{
	if (run->allocations.len > 0 && !held_is_beside(run))
		return SOURCE_HELD;
	if (run->touches.len == 0)
		return SOURCE_CLOCK;
	return held_most(&run->touches).mib < held_growth_on_the_clock_mib(run)
		   ? SOURCE_CLOCK
		   : SOURCE_TOUCHED;
}

struct sample held_at_most(const struct run *run, enum memory_source source)
{
	return held_most(held_list(run, source));
}

/* Whether the highest sample of the total doesn't show the peak: the total was
 * higher at another moment, most was held after the last sample, or nothing was
 * held at that sample. */
static bool held_peak_is_unsampled(const struct run *run,
    const struct held_part *at_sample, const struct sample *most)
{
	const struct series *total = &run->total;
	double mib = held_sum_mib(run, at_sample);

	return !run_peak_is_sampled(run) || mib == 0 ||
	       (most->time_s > total->items[total->len - 1].time_s &&
		   2 * mib < most->mib);
}

/* Moves the part to a moment that held_most() found. */
static void held_part_set(
    struct held_part *part, const struct run *run, double at_s)
{
	part->at_s = at_s;
	part->until_end = true;
	part->read_s = held_reading_from(held_list(run, part->source), at_s);
}

struct held_part held_at_peak(const struct run *run)
{
	const struct sample *peak = series_peak(&run->total);
	struct held_part part = {-INFINITY, INFINITY,
	    peak ? peak->time_s : INFINITY, false, held_source(run), 0};
	struct sample most = held_at_most(run, part.source);

	if (most.mib > 0 &&
	    (!peak || held_peak_is_unsampled(run, &part, &most)))
		held_part_set(&part, run, most.time_s);
	return part;
}

/* Adds when each allocation that was made from from_s on began to count, and
 * when it was freed. */
static void held_add_changes(
    held_events *changes, const struct allocation_list *list, double from_s)
{
	for (size_t i = 0; i < list->len; i++) {
		const struct allocation *one = &list->items[i];

		if (one->time_s < from_s)
			continue;
		*array_push(changes) = (struct held_event){
		    .time_s = held_begun_s(one), .mib = one->mib};
		*array_push(changes) = (struct held_event){
		    .time_s = one->freed_s, .mib = -one->mib};
	}
	if (changes->len > 0)
		qsort(changes->items, changes->len, sizeof(*changes->items),
		    held_event_order);
}

void held_part_to_most(struct held_part *part, const struct run *run)
{
	held_events changes = {0};
	double mib = 0, most_mib = 0;
	size_t at = 0;

	held_add_changes(&changes, held_list(run, part->source), part->from_s);
	for (size_t i = 0; i < run->total.len; i++) {
		double time_s = run->total.items[i].time_s;

		while (at < changes.len && changes.items[at].time_s <= time_s)
			mib += changes.items[at++].mib;
		if (mib <= most_mib)
			continue;
		most_mib = mib;
		part->at_s = time_s;
		part->until_end = false;
	}
	array_free(&changes);
}

static bool held_is(const void *items, size_t at, const void *key)
{
	const struct held_stack *item = (const struct held_stack *)items + at;
	const struct held_stack *wanted = key;

	return item->stack == wanted->stack &&
	       item->process == wanted->process && item->pid == wanted->pid;
}

static void held_add(
    struct held *held, const struct allocation *one, struct index *index)
{
	struct held_stack key = {
	    .stack = &held->run->sites.items[one->site].stack,
	    .process = one->process,
	    .pid = one->pid};
	double variance = one->mib * fmax(one->mib - one->size_mib, 0);
	size_t at = index_place(index,
	    index_hash_number(one->site * 31 + (size_t)one->pid), held_is,
	    held->items.items, &key, held->items.len);

	if (at >= held->items.len)
		*array_push(&held->items) = key;
	held->items.items[at].mib += one->mib;
	held->items.items[at].variance += variance;
	held->items.items[at].samples++;
	held->mib += one->mib;
	held->variance += variance;
	held->samples++;
}

void held_init(
    struct held *held, const struct run *run, const struct held_part *part)
{
	const struct allocation_list *list = held_list(run, part->source);
	struct index index = {0};

	*held = (struct held){.run = run, .part = *part};
	for (size_t i = 0; i < list->len; i++) {
		if (held_counts(&list->items[i], part))
			held_add(held, &list->items[i], &index);
	}
	index_finish(&index);
}

void held_finish(struct held *held)
{
	array_free(&held->items);
}

double held_error(double variance)
{
	return sqrt(variance);
}

void held_growths(
    struct stack_growths *growths, const struct held *held, bool is_all)
{
	*growths = (struct stack_growths){.samples = held->samples,
	    .grown_mib = held->mib,
	    .source = held->part.source};
	for (size_t i = 0; i < held->items.len; i++) {
		const struct held_stack *item = &held->items.items[i];

		if (item->stack->len > 0 || is_all)
			*array_push(&growths->items) =
			    (struct stack_growth){item->stack, item->mib,
				item->samples, item->process, item->pid};
	}
}

/* Key of a row whose texts are borrowed. */
struct held_key {
	const char *file, *function;
	int line;
	char name[4096]; /* text that file or function may point to */
	struct strbuf below;
};

static const char *held_key_below(const struct held_key *key)
{
	return key->below.text ? key->below.text : "";
}

struct held_sum {
	struct held_rows *rows;
	const struct held *held;
	const struct held_wish *wish;
	struct index index;
	struct held_key key; /* key of the stack that is being added */
};

static bool held_row_is(const void *items, size_t at, const void *key)
{
	const struct held_row *row = (const struct held_row *)items + at;
	const struct held_key *wanted = key;

	return row->line == wanted->line && !strcmp(row->file, wanted->file) &&
	       !strcmp(row->function, wanted->function) &&
	       !strcmp(row->below, held_key_below(wanted));
}

static struct held_row *held_row_of(
    struct held_sum *sum, const struct held_key *key)
{
	const char *below = held_key_below(key);
	uint32_t hash = index_hash(key->file, strlen(key->file)) ^
			index_hash(key->function, strlen(key->function)) * 31 ^
			index_hash(below, strlen(below)) * 17 ^
			(uint32_t)key->line * 2654435761u;
	size_t at = index_place(&sum->index, hash, held_row_is,
	    sum->rows->items.items, key, sum->rows->items.len);

	if (at == sum->rows->items.len)
		*array_push(&sum->rows->items) =
		    (struct held_row){.file = mem_copy(key->file),
			.function = mem_copy(key->function),
			.line = key->line,
			.below = mem_copy(below),
			.in = mem_copy(""),
			.touched_mib = NAN};
	return &sum->rows->items.items[at];
}

/* A module is a package, a library, a program, or one of the user's own
 * files. */
static const char *held_module(
    const struct frame *frame, char *name, size_t size)
{
	if (*origin_name(frame, name, size))
		return name;
	if (frame->module && origin_is_generated(frame->module))
		return "generated code";
	return frame->module ? frame->module : frame->file;
}

static void held_key_set(
    struct held_key *key, const char *file, const char *function, int line)
{
	key->file = file;
	key->function = function;
	key->line = line;
}

static void held_key_set_frame(struct held_key *key,
    const struct held_wish *wish, const struct frame *frame)
{
	bool bare = frame->module && frame->line == 0;

	/* Code that is in no file, or whose process was gone already. */
	if (!*frame->file && frame->module && !*frame->module &&
	    (wish->by == HELD_BY_FILE || wish->by == HELD_BY_MODULE)) {
		held_key_set(key, "", "unknown code", 0);
		return;
	}
	switch (wish->by) {
	case HELD_BY_FILE:
		held_key_set(key, frame->file, "", 0);
		break;
	case HELD_BY_MODULE:
		held_key_set(key,
		    held_module(frame, key->name, sizeof(key->name)), "", 0);
		break;
	case HELD_BY_FUNCTION:
		held_key_set(key, frame->file, frame->function, 0);
		break;
	default:
		held_key_set(
		    key, frame->file, frame->function, bare ? 0 : frame->line);
	}
}

/* Sets the key from a stack; returns the index of the leading frame. */
static size_t held_key_set_stack(struct held_key *key,
    const struct held_wish *wish, const struct stack *stack)
{
	size_t leader = 0;

	strbuf_cut(&key->below, 0);
	if (stack->len == 0) {
		held_key_set(key, "", "no stack was taken", 0);
		return 0;
	}
	if (!wish->leaf)
		leader = wish->native ? origin_python_leader(stack)
				      : origin_leader(stack);
	if (!wish->leaf && origin_is_recorders(stack)) {
		held_key_set(key, "", "mprof itself", 0);
		return leader;
	}
	if (!wish->leaf && !wish->imports && origin_imports(stack, leader)) {
		held_key_set(key, "", "imports", 0);
		return leader;
	}
	held_key_set_frame(key, wish, &stack->frames[leader]);
	if (wish->native && !stack->frames[leader].module)
		origin_below(stack, leader, &key->below);
	return leader;
}

/* The name in the process's records, or the name when it was hooked. */
static const char *held_process_name(
    const struct run *run, size_t process, int pid)
{
	const struct process *launched = pid == 0 ? run_launched(run) : NULL;
	const char *name = launched ? launched->name : NULL;

	if (process > 0 && run->processes.items[process - 1].name)
		return run->processes.items[process - 1].name;
	for (size_t i = 0; i < run->hooked.len; i++) {
		const struct hooked *hooked = &run->hooked.items[i];

		if (hooked->pid == pid && hooked->name)
			name = hooked->name;
	}
	return name;
}

static void held_key_set_process(
    struct held_key *key, const struct run *run, size_t process, int pid)
{
	const char *text = held_process_name(run, process, pid);

	if (pid == 0)
		snprintf(key->name, sizeof(key->name), "%s%sthe program",
		    text ? text : "", text ? ", " : "");
	else
		snprintf(key->name, sizeof(key->name), "%s%s%d",
		    text ? text : "process", text ? ", process " : " ", pid);
	held_key_set(key, "", key->name, 0);
}

/* Finds the library whose code allocated most of the row. */
static void held_note_library(
    struct held_row *row, const struct stack *stack, size_t leader, double mib)
{
	char name[128] = "", own[128] = "";

	if (leader > 0)
		origin_name(&stack->frames[leader], own, sizeof(own));
	for (size_t i = 0; i < leader && !*name; i++) {
		enum origin origin = origin_of(&stack->frames[i]);

		if (origin == ORIGIN_PACKAGE || origin == ORIGIN_STANDARD ||
		    (origin == ORIGIN_LIBRARY &&
			!strstr(stack->frames[i].module, "/libc.so") &&
			!strstr(stack->frames[i].module, "/libstdc++.so")))
			origin_name(&stack->frames[i], name, sizeof(name));
		/* A library that leads called an allocator of its own. */
		if (strcmp(name, own) == 0)
			name[0] = 0;
	}
	if (mib <= row->in_mib)
		return;
	free(row->in);
	row->in = mem_copy(name);
	row->in_mib = mib;
}

static void held_add_stack(struct held_sum *sum, const struct held_stack *item)
{
	struct held_row *row;
	size_t leader = 0;

	if (sum->wish->by == HELD_BY_PROCESS)
		held_key_set_process(
		    &sum->key, sum->held->run, item->process, item->pid);
	else
		leader = held_key_set_stack(&sum->key, sum->wish, item->stack);
	row = held_row_of(sum, &sum->key);
	row->mib += item->mib;
	row->variance += item->variance;
	row->samples += item->samples;
	if (sum->wish->by != HELD_BY_PROCESS)
		held_note_library(row, item->stack, leader, item->mib);
}

static void held_add_growth(
    struct held_sum *sum, const struct stack_growth *growth)
{
	struct held_row *row;

	if (sum->wish->by == HELD_BY_PROCESS)
		held_key_set_process(
		    &sum->key, sum->held->run, growth->process, growth->pid);
	else
		held_key_set_stack(&sum->key, sum->wish, growth->stack);
	row = held_row_of(sum, &sum->key);
	row->touched_mib =
	    (isnan(row->touched_mib) ? 0 : row->touched_mib) + growth->mib;
}

static int held_order(const void *x, const void *y)
{
	const struct held_row *a = x, *b = y;
	double touched_a = isnan(a->touched_mib) ? -INFINITY : a->touched_mib;
	double touched_b = isnan(b->touched_mib) ? -INFINITY : b->touched_mib;

	if (a->mib != b->mib)
		return a->mib < b->mib ? 1 : -1;
	if (touched_a != touched_b)
		return touched_a < touched_b ? 1 : -1;
	return strcmp(a->function, b->function);
}

static int held_order_either(const void *x, const void *y)
{
	const struct held_row *a = x, *b = y;
	double most_a = fmax(a->mib, a->touched_mib);
	double most_b = fmax(b->mib, b->touched_mib);

	return most_a != most_b ? (most_a < most_b ? 1 : -1) : held_order(x, y);
}

/* Rows are sorted by held memory, unless the hooks saw less memory than page
 * faults did. */
static bool held_leads(
    const struct held *held, const struct stack_growths *growths)
{
	double mib = 0;

	for (size_t i = 0; growths && i < growths->touched; i++)
		mib += growths->items.items[i].mib;
	return 2 * held->mib >= mib;
}

void held_rows_init(struct held_rows *rows, const struct held *held,
    const struct stack_growths *growths, const struct held_wish *wish)
{
	struct held_sum sum = {.rows = rows, .held = held, .wish = wish};

	*rows = (struct held_rows){0};
	for (size_t i = 0; i < held->items.len; i++)
		held_add_stack(&sum, &held->items.items[i]);
	for (size_t i = 0; growths && i < growths->items.len; i++)
		held_add_growth(&sum, &growths->items.items[i]);
	index_finish(&sum.index);
	strbuf_finish(&sum.key.below);
	if (rows->items.len > 0)
		qsort(rows->items.items, rows->items.len,
		    sizeof(rows->items.items[0]),
		    held_leads(held, growths) ? held_order : held_order_either);
}

void held_rows_finish(struct held_rows *rows)
{
	for (size_t i = 0; i < rows->items.len; i++) {
		free(rows->items.items[i].file);
		free(rows->items.items[i].function);
		free(rows->items.items[i].below);
		free(rows->items.items[i].in);
	}
	array_free(&rows->items);
}

/* A place with a smaller share explains nothing. */
static const double held_least_share = 0.02;

static char *held_place(const struct held_row *row, const struct held *held)
{
	char size[UNITS_TEXT], whole[UNITS_TEXT];
	char *raw, *clean, *place, cell[ORIGIN_CELL];

	if (row->line)
		place = mem_format("%s:%d %s",
		    path_name(origin_file(row->file, cell)), row->line,
		    row->function);
	else
		place = mem_copy(*row->function ? row->function : row->file);
	raw = mem_format("%s of %s by %s%s%s", units_size(size, row->mib),
	    units_size(whole, held->mib), place, *row->in ? ", in " : "",
	    row->in);
	clean = utf8_clean_copy(raw);
	free(place);
	free(raw);
	return clean;
}

void held_places(const struct run *run, char **places, size_t count)
{
	const struct held_part part = held_at_peak(run);
	const struct held_wish wish = {.by = HELD_BY_LINE};
	struct held_rows rows;
	struct held held;

	held_init(&held, run, &part);
	held_rows_init(&rows, &held, NULL, &wish);
	for (size_t i = 0; i < count; i++) {
		const struct held_row *row =
		    i < rows.items.len ? &rows.items.items[i] : NULL;

		places[i] = row && row->mib >= held_least_share * held.mib
				? held_place(row, &held)
				: NULL;
	}
	held_rows_finish(&rows);
	held_finish(&held);
}
