/* SPDX-License-Identifier: MIT
 *
 * The end of a table of sampled allocations: whether its process has ended or
 * executed another program, and since when it holds nothing of the table.
 * now_ns is the tick's time. Nothing here fails: what can't be found out is
 * told as not ended, or as ended now.
 */
#ifndef MPROF_RECORDER_ALLOCATION_END_H
#define MPROF_RECORDER_ALLOCATION_END_H

#include "recorder/allocation_tables.h"

/* Whether the table's process has ended. */
bool allocation_end_of_process(const struct allocation_tables *tables,
    const struct allocation_table *table, int64_t now_ns)
    __attribute__((nonnull));

/* Whether the process has executed another program: the table is no longer
 * mapped. False where that can't be found out. Mappings are read only after a
 * second without a change, and seldom after that. */
bool allocation_end_by_exec(struct allocation_table *table, int64_t now_ns)
    __attribute__((nonnull));

/* Whether a table whose process is gone may be ended in this tick: a process
 * whose memory the tick has was there then, with what it held. */
bool allocation_end_may_be_now(struct allocation_table *table,
    const struct sink_tick *tick) __attribute__((nonnull));

/* When the table was no longer mapped, at the latest: before the next one was
 * created. Where there is no next one, or the order isn't known, now_ns. All
 * tables that were found have been read before. */
int64_t allocation_end_ns(struct allocation_tables *tables,
    const struct allocation_table *table, int64_t now_ns)
    __attribute__((nonnull));

#endif
