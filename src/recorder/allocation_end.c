// SPDX-License-Identifier: MIT
#include "recorder/allocation_end.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "proc/maps.h"
#include "proc/procfs.h"

/* Time without a write after which a table is given up, where it is not known
 * which process it belongs to, nor whether it is mapped. */
#define STRANGE_NS (60 * NS_PER_S)
/* The least difference of two times in a recording. */
#define MOMENT_NS (NS_PER_S / 10000)

/* One that ended between two ticks was never recorded. One that lives may be
 * hidden in /proc; system calls know it by another number if /proc is another
 * namespace's. */
bool allocation_end_of_process(const struct allocation_tables *tables,
    const struct allocation_table *table, int64_t now_ns)
{
	struct proc_stat now;

	if (table->pid && tables->pids)
		return kill(table->pid, 0) != 0 && errno == ESRCH;
	if (table->pid)
		return procfs_stat_once(table->pid, &now) != 0;
	if (table->mapped >= 0)
		return table->mapped == 0;
	return now_ns - table->changed_ns > STRANGE_NS;
}

bool allocation_end_by_exec(struct allocation_table *table, int64_t now_ns)
{
	struct proc_stat now;

	if (!table->pid || table->mapped == 1)
		return false;
	if (table->mapped == 0)
		return procfs_stat_once(table->pid, &now) == 0 &&
		       !now.is_ending;
	if (now_ns - table->changed_ns < NS_PER_S ||
	    now_ns - table->maps_read_ns < 10 * NS_PER_S)
		return false;
	table->maps_read_ns = now_ns;
	return maps_has_file(table->pid, table->name) == 0;
}

bool allocation_end_may_be_now(
    struct allocation_table *table, const struct sink_tick *tick)
{
	if (!table->gone_ns)
		table->gone_ns = tick->time_ns;
	for (size_t i = 0; i < tick->count; i++)
		if (tick->processes[i].pid == table->pid &&
		    tick->processes[i].kib > 0) {
			table->alive_ns = table->gone_ns;
			return table->gone_ns < tick->time_ns;
		}
	return true;
}

static int allocation_end_order(const void *x, const void *y)
{
	const struct allocation_start *a = x, *b = y;

	return (a->event > b->event) - (a->event < b->event);
}

/* Thousands of tables may end in one tick: what is looked for among the others
 * is noted once. */
static void allocation_end_note_starts(struct allocation_tables *tables)
{
	struct allocation_start *items;

	tables->has_starts = true;
	tables->starts.len = 0;
	for (size_t i = 0; i < tables->list.len; i++) {
		const struct allocation_table *table = tables->list.items[i];

		if (table->created_event && table->reader.header.magic)
			*array_push(&tables->starts) =
			    (struct allocation_start){table->created_event,
				table->reader.header.start_ns};
	}
	items = tables->starts.items;
	if (tables->starts.len > 1)
		qsort(items, tables->starts.len, sizeof(items[0]),
		    allocation_end_order);
	for (size_t i = tables->starts.len; i-- > 1;)
		if (items[i - 1].start_ns > items[i].start_ns)
			items[i - 1].start_ns = items[i].start_ns;
}

int64_t allocation_end_ns(struct allocation_tables *tables,
    const struct allocation_table *table, int64_t now_ns)
{
	int64_t end_ns = now_ns;
	size_t next;

	if (!table->unmapped_event || table->is_filtered)
		return now_ns;
	if (!tables->has_starts)
		allocation_end_note_starts(tables);
	next = array_lower_bound(&tables->starts, event, table->unmapped_event);
	if (next < tables->starts.len)
		end_ns = allocation_tables_time(tables,
			     tables->starts.items[next].start_ns, now_ns) -
			 MOMENT_NS;
	if (table->alive_ns && end_ns <= table->alive_ns)
		end_ns = table->alive_ns + MOMENT_NS;
	if (end_ns < table->last_ns)
		end_ns = table->last_ns;
	return end_ns < now_ns ? end_ns : now_ns;
}
