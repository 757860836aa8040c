// SPDX-License-Identifier: MIT
#include "recorder/allocation_end.h"

#include <errno.h>
#include <signal.h>

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

int64_t allocation_end_ns(const struct allocation_tables *tables,
    const struct allocation_table *table, int64_t now_ns)
{
	int64_t end_ns = now_ns;

	if (!table->unmapped_event || table->is_filtered)
		return now_ns;
	for (size_t i = 0; i < tables->list.len; i++) {
		const struct allocation_table *next = tables->list.items[i];
		int64_t start_ns;

		if (next->created_event < table->unmapped_event ||
		    !next->reader.header.magic)
			continue;
		start_ns = allocation_tables_time(
		    tables, next->reader.header.start_ns, now_ns);
		if (end_ns > start_ns - MOMENT_NS)
			end_ns = start_ns - MOMENT_NS;
	}
	if (table->alive_ns && end_ns <= table->alive_ns)
		end_ns = table->alive_ns + MOMENT_NS;
	if (end_ns < table->last_ns)
		end_ns = table->last_ns;
	return end_ns < now_ns ? end_ns : now_ns;
}
