// SPDX-License-Identifier: MIT
#include "recorder/allocation_report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"

enum {
	BUDGET = 512 << 10, /* bytes that records may take at once, and again in
			       each minute */
	RECORD = 96,        /* bytes that the records of a sample take */
	COST_OF = 64,       /* samples that their mean size is taken of */
	EVERY_MAX = 1 << 20
};

#define MINUTE_NS (60 * NS_PER_S)
/* Least time between two records about a table, from the second one on. */
#define REPORT_NS (10 * NS_PER_S)

void allocation_report_init(struct allocation_report *report,
    const struct allocation_tables *tables, struct sites *sites)
{
	*report = (struct allocation_report){.tables = tables,
	    .sites = sites,
	    .budget = BUDGET,
	    .cost = RECORD,
	    .random = (uint64_t)clock_mono_ns()};
}

void allocation_report_finish(struct allocation_report *report)
{
	allocation_room_finish(&report->room);
	array_free(&report->freed);
}

void allocation_report_begin(struct allocation_report *report,
    const struct sink_tick *tick, const struct sink *sink)
{
	int64_t now_ns = tick->time_ns;

	report->sink = sink;
	if (report->budget_ns)
		report->budget +=
		    (double)(now_ns - report->budget_ns) / MINUTE_NS * BUDGET;
	report->budget = fmin(report->budget, BUDGET);
	report->budget_ns = now_ns;
	for (size_t i = 0; i < tick->count && !report->root; i++)
		if (tick->processes[i].is_root)
			report->root = tick->processes[i].pid;
}

static bool allocation_report_same_stack(
    const void *stacks, size_t at, const void *key)
{
	return ((const struct allocation_known_stack *)stacks)[at].offset ==
	       *(const uint32_t *)key;
}

/* Returns the number of the stack's site; 0: none. Where the site is new,
 * frames are set and *bytes is the size that they take in the recording. */
static uint32_t allocation_report_site(struct allocation_report *report,
    const struct allocation_reading *reading, uint32_t stack, size_t *bytes)
{
	struct allocation_reader *reader = &reading->table->reader;
	uint32_t hash = index_hash_number(stack), site = 0;
	size_t at = index_find(&reader->stack_index, hash,
	    allocation_report_same_stack, reader->stacks.items, &stack);

	*bytes = 0;
	if (at != INDEX_NONE)
		return reader->stacks.items[at].site;
	if (stack != UINT32_MAX &&
	    allocation_reader_frames(
		reader, reading->fd, stack, &report->room) &&
	    report->room.count > 0)
		site = sites_number(report->sites, report->room.frames,
		    report->room.count, report->numbers, bytes);
	index_add(&reader->stack_index, hash, reader->stacks.len);
	*array_push(&reader->stacks) =
	    (struct allocation_known_stack){stack, site};
	return site;
}

/* The process's number in the recording. */
static pid_t allocation_report_pid(const struct allocation_report *report,
    const struct allocation_table *table)
{
	if (table->pid && table->pid == report->root)
		return 0;
	return allocation_table_pid(table);
}

/* One sample in this many is to be reported now, where unread ones are still to
 * come in this reading. It doubles each time that half of the budget is used,
 * and until the unread samples take at most half of what there is. */
static uint64_t allocation_report_every(
    const struct allocation_report *report, size_t unread)
{
	double wanted = (double)unread * report->cost, part = BUDGET / 2;
	uint64_t every = 1;

	while (every < EVERY_MAX &&
	       (report->budget < part ||
		   wanted / (double)every > report->budget / 2)) {
		every *= 2;
		part /= 2;
	}
	return every;
}

/* Whether to report this sample, and with which weight: those are reported that
 * a period `every` times as long would have taken too, so large allocations are
 * never left to chance. */
static bool allocation_report_thin(struct allocation_report *report,
    struct allocation_table *table, uint64_t every,
    const struct allocation_slot *slot, double *weight)
{
	double size = slot->size > 0 ? (double)slot->size : 1;
	double period = (double)table->reader.header.period * (double)every;
	double taken = 1 - exp(-size / fmax(period, 1));

	if (table->every < every)
		table->every = every;
	*weight = (double)slot->weight;
	if (every == 1 || size / taken <= *weight)
		return true;
	if (random_unit(&report->random) >= taken * *weight / size)
		return false;
	*weight = size / taken;
	return true;
}

/* Reports the sample that stands for weight bytes. */
static void allocation_report_sample(struct allocation_report *report,
    const struct allocation_reading *reading, size_t at, double weight)
{
	struct allocation_table *table = reading->table;
	const struct allocation_slot *slot = &report->room.slots[at];
	struct allocation_known *known = &table->reader.known[at];
	struct sink_allocation taken = {.size = slot->size};
	size_t bytes;

	taken.site =
	    allocation_report_site(report, reading, slot->stack, &bytes);
	if (bytes > 0) {
		taken.frames = report->room.frames;
		taken.numbers = report->numbers;
		taken.count = report->room.count;
	}
	report->budget -= RECORD + (double)bytes;
	report->cost += (RECORD + (double)bytes - report->cost) / COST_OF;
	taken.id = known->id = ++report->samples;
	taken.kib = (int64_t)(weight / 1024 + 0.5);
	known->kib = taken.kib < UINT32_MAX ? (uint32_t)taken.kib : UINT32_MAX;
	taken.pid = allocation_report_pid(report, table);
	taken.time_ns = allocation_tables_time(
	    report->tables, slot->time_ns, reading->tick->time_ns);
	if (table->last_ns < taken.time_ns)
		table->last_ns = taken.time_ns;
	report->sink->allocation(report->sink->context, &taken);
}

/* Takes note of a sample that the slot did not hold at the last reading, and
 * reports it within the budget. */
static void allocation_report_slot(struct allocation_report *report,
    const struct allocation_reading *reading, size_t at, size_t unread)
{
	const struct allocation_slot *slot = &report->room.slots[at];
	struct allocation_known *known = &reading->table->reader.known[at];
	double weight;

	*known = (struct allocation_known){.serial = slot->serial};
	if (!allocation_reader_confirm(reading->fd, at, slot)) {
		known->serial = 0; /* read again next time */
		return;
	}
	if (report->budget < RECORD || report->samples == UINT32_MAX ||
	    !allocation_report_thin(report, reading->table,
		allocation_report_every(report, unread), slot, &weight))
		return;
	allocation_report_sample(report, reading, at, weight);
}

static void allocation_report_new(struct allocation_report *report,
    const struct allocation_reading *reading, size_t count)
{
	const struct allocation_slot *slots = report->room.slots;
	const struct allocation_known *known = reading->table->reader.known;
	size_t unread = 0;

	for (size_t i = 0; i < count; i++)
		unread += slots[i].serial != known[i].serial;
	for (size_t i = 0; i < count && unread > 0; i++) {
		if (slots[i].serial == known[i].serial)
			continue;
		allocation_report_slot(report, reading, i, unread);
		unread--;
	}
}

static int allocation_report_order(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return (a > b) - (a < b);
}

/* Takes the samples that slots no longer hold, without slots all of them, into
 * report->freed. Returns the KiB that they stood for. */
static int64_t allocation_report_take_freed(struct allocation_report *report,
    struct allocation_reader *reader, const struct allocation_slot *slots)
{
	int64_t kib = 0;

	report->freed.len = 0;
	for (size_t i = 0; i < reader->slots; i++) {
		struct allocation_known *known = &reader->known[i];

		if (slots && known->serial == slots[i].serial)
			continue;
		if (known->id > 0) {
			*array_push(&report->freed) = known->id;
			kib += known->kib;
		}
		*known = (struct allocation_known){0};
	}
	if (report->freed.len > 1)
		qsort(report->freed.items, report->freed.len,
		    sizeof(report->freed.items[0]), allocation_report_order);
	return kib;
}

/* Reports what was taken into report->freed. */
static void allocation_report_freed(
    struct allocation_report *report, struct sink_freed *freed)
{
	if (report->freed.len == 0)
		return;
	freed->ids = report->freed.items;
	freed->count = report->freed.len;
	report->sink->freed(report->sink->context, freed);
}

void allocation_report_changes(struct allocation_report *report,
    const struct allocation_reading *reading, size_t count)
{
	struct allocation_table *table = reading->table;
	struct sink_freed freed = {.time_ns = reading->tick->time_ns,
	    .pid = allocation_report_pid(report, table),
	    .kib = allocation_report_take_freed(
		report, &table->reader, report->room.slots)};

	allocation_report_freed(report, &freed);
	allocation_report_new(report, reading, count);
}

void allocation_report_end(struct allocation_report *report,
    struct allocation_table *table, int64_t end_ns, int64_t now_ns)
{
	struct sink_freed freed = {.time_ns = end_ns,
	    .read_ns = end_ns < now_ns ? now_ns : 0,
	    .pid = allocation_report_pid(report, table),
	    .kib = allocation_report_take_freed(report, &table->reader, NULL),
	    .ended = true};

	allocation_report_freed(report, &freed);
}

static int64_t allocation_report_sum(const struct allocation_reader *reader)
{
	int64_t kib = 0;

	for (size_t i = 0; i < reader->slots; i++)
		kib += reader->known[i].kib;
	return kib;
}

/* The tick may have the name of the program before: also where the process had
 * no table then, as between fork and exec. */
static const char *allocation_report_name(
    struct allocation_table *table, const struct sink_tick *tick)
{
	struct proc_stat now;

	if (!table->pid)
		return NULL;
	if (procfs_stat_once(table->pid, &now) == 0 && now.name[0]) {
		strcpy(table->program, now.name);
		return table->program;
	}
	for (size_t i = 0; i < tick->count; i++)
		if (tick->processes[i].pid == table->pid)
			return tick->processes[i].name;
	return NULL;
}

/* Names the hooks that sample, and the reasons that some memory is missing: an
 * allocator of the program's own, a filter of system calls, locked memory. */
static const char *allocation_report_by(const struct allocation_header *header)
{
	static const char *const names[] = {"own", "malloc", "python",
	    "malloc,python", "own", "malloc,own", "python,own",
	    "malloc,python,own", "filter", "malloc,filter", "python,filter",
	    "malloc,python,filter", "own,filter", "malloc,own,filter",
	    "python,own,filter", "malloc,python,own,filter"};
	static const char *const locked[] = {
	    "locked", "malloc,locked", "python,locked", "malloc,python,locked"};
	unsigned own =
	    header->flags & (ALLOCATION_OWN_HEAP | ALLOCATION_OWN_MALLOC);

	if (header->flags & ALLOCATION_LOCKED)
		return locked[header->flags &
			      (ALLOCATION_MALLOC | ALLOCATION_PYTHON)];
	return names[(header->flags & (ALLOCATION_MALLOC | ALLOCATION_PYTHON)) |
		     (own ? 4 : 0) |
		     (header->flags & ALLOCATION_FILTERED ? 8 : 0)];
}

/* Whether the state is to be reported. A new hook is at once: there are few. */
static bool allocation_report_is_due(
    const struct allocation_reading *reading, const struct sink_held *held)
{
	const struct allocation_table *table = reading->table;
	const struct sink_held *before = &table->reported;

	if (!table->reported_ns ||
	    (table->reader.header.flags & ~table->reported_flags) != 0)
		return true;
	if (held->time_ns - table->reported_ns < REPORT_NS && !reading->is_last)
		return false;
	return held->period != before->period || held->every != before->every ||
	       (held->failed > 0) != (before->failed > 0) ||
	       (held->lost > 0) != (before->lost > 0) ||
	       (held->lost != before->lost && reading->is_last);
}

void allocation_report_state(
    struct allocation_report *report, const struct allocation_reading *reading)
{
	struct allocation_table *table = reading->table;
	const struct allocation_header *header = &table->reader.header;
	struct sink_held held = {.time_ns = reading->tick->time_ns,
	    .pid = allocation_report_pid(report, table),
	    .period = header->period,
	    .every = table->every,
	    .failed = header->failed,
	    .lost = header->lost};

	if (!allocation_report_is_due(reading, &held))
		return;
	held.by = allocation_report_by(header);
	held.name = allocation_report_name(table, reading->tick);
	held.kib = allocation_report_sum(&table->reader);
	table->reported = held;
	table->reported_flags |= header->flags;
	table->reported_ns = held.time_ns;
	table->every = 1;
	report->budget -= 2 * RECORD;
	report->sink->held(report->sink->context, &held);
}
