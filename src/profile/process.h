/* SPDX-License-Identifier: MIT
 *
 * The processes of a run. One is its pid and its start: a pid that is used
 * again is another process. A record of a pid belongs to the process
 * that had it then: a PROC with another start, an EXIT, or ticks without the
 * pid in a file without starts, end its life.
 */
#ifndef MPROF_PROFILE_PROCESS_H
#define MPROF_PROFILE_PROCESS_H

#include "profile/profile.h"

/* run_process() where it is introduced, with its start or 0 where not recorded:
 * what had the pid with another start has ended. */
struct process *run_introduce(struct run *run, const char *text, size_t len,
    uint64_t start_ticks) __attribute__((nonnull));

/* A MEM record: it begins a tick, to which the processes' memory belongs that
 * is read before the next one. */
void run_add_total(struct run *run, double time_s, double mib)
    __attribute__((nonnull));
void run_add_memory(const struct run *run, struct process *process,
    double time_s, double mib) __attribute__((nonnull));

/* The recorder lost its processes in this tick: that one is missing proves
 * nothing. */
void run_note_loss(struct run *run) __attribute__((nonnull));

/* Puts all series in order of time. */
void run_sort(struct run *run) __attribute__((nonnull));

/* The run as if its total and its processes had been sampled from from_s to
 * to_s alone, both included, and it had not ended later. Ticks are still the
 * whole run's. All is borrowed but processes.items, which the caller frees. */
struct run run_part(const struct run *run, double from_s, double to_s)
    __attribute__((nonnull));

/* Calls series_settle() for all of them once everything was read. */
void run_settle(struct run *run) __attribute__((nonnull));

/* Tells each call and each stack sample the process that had its pid then: one
 * more than its index in processes; 0 where none is known. */
void run_assign(struct run *run) __attribute__((nonnull));

/* Orders calls by process and thread; 0 where both are of one thread. */
int call_compare_threads(const struct call *a, const struct call *b)
    __attribute__((nonnull));

/* For samples that did not come tick by tick: times alone say to which tick a
 * sample belongs. */
void run_place_by_time(struct run *run) __attribute__((nonnull));

/* Goes through a process's memory from tick to tick; zeroed to begin with. */
struct tick_cursor {
	size_t stretch;
};

/* Gives what the process held at that tick of total, no earlier than the one
 * asked for before; false where it was not recorded. */
bool process_at_tick(const struct process *process, struct tick_cursor *cursor,
    size_t tick, double *mib) __attribute__((nonnull));

/* Adds to sums what a process, or all descendants, held at each of those ticks,
 * which ascend; NULL for the first count ticks of the run. */
void process_add_at(const struct process *process, const size_t *ticks,
    size_t count, double *sums) __attribute__((nonnull(1, 4)));
void run_sum_at(const struct run *run, const size_t *ticks, size_t count,
    double *sums) __attribute__((nonnull));

/* MEM is the memory of one or of all. Our recorder introduces each process, and
 * sums them up unless it is asked not to. memory_profiler does either, and
 * doesn't say which: where MEM is the sum it rises and falls with the
 * descendants. */
enum run_total {
	RUN_TOTAL_UNKNOWN,
	RUN_TOTAL_ALL,    /* of the program and its descendants: their sum */
	RUN_TOTAL_PROGRAM /* of the program alone */
};

enum run_total run_total_of(const struct run *run) __attribute__((nonnull));

#endif
