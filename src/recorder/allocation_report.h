/* SPDX-License-Identifier: MIT
 *
 * Reports to the sink what readings of tables bring: new samples, those that
 * were freed, and the state of a process's sampling. At most a MiB of records
 * is reported in any minute: beyond that only some samples are, which represent
 * more each. Times are wall-clock nanoseconds, sizes in bytes unless they have
 * another unit in their name.
 */
#ifndef MPROF_RECORDER_ALLOCATION_REPORT_H
#define MPROF_RECORDER_ALLOCATION_REPORT_H

#include "recorder/allocation_tables.h"
#include "recorder/sites.h"

struct allocation_report {
	const struct allocation_tables *tables; /* borrowed */
	struct sites *sites;                    /* borrowed */
	const struct sink *sink;                /* borrowed for one tick */
	pid_t root; /* the program's pid; 0: not known yet */
	struct allocation_room room;
	uint32_t numbers[ALLOCATION_DEPTH];
	/* Samples that were reported; also the last one's id. */
	uint32_t samples;
	ARRAY(uint32_t) freed;
	double budget; /* bytes that may be reported now */
	double cost;   /* mean size of a sample's records, of late */
	int64_t budget_ns;
	uint64_t random;
};

/* One reading of a table. */
struct allocation_reading {
	struct allocation_table *table;
	const struct sink_tick *tick;
	bool is_last; /* the table is not read again */
	int fd;
};

void allocation_report_init(struct allocation_report *report,
    const struct allocation_tables *tables, struct sites *sites)
    __attribute__((nonnull));
void allocation_report_finish(struct allocation_report *report)
    __attribute__((nonnull));

/* Begins a tick: adds to the budget for the time that passed. */
void allocation_report_begin(struct allocation_report *report,
    const struct sink_tick *tick, const struct sink *sink)
    __attribute__((nonnull));

/* Reports what was freed and what is new in the first count slots, which were
 * read into report->room. */
void allocation_report_changes(struct allocation_report *report,
    const struct allocation_reading *reading, size_t count)
    __attribute__((nonnull));

/* Reports all samples of the table as held until end_ns, and freed then. */
void allocation_report_end(struct allocation_report *report,
    struct allocation_table *table, int64_t end_ns, int64_t now_ns)
    __attribute__((nonnull));

/* Reports the state of this table's sampling, if it has changed. */
void allocation_report_state(struct allocation_report *report,
    const struct allocation_reading *reading) __attribute__((nonnull));

#endif
