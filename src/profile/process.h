/* SPDX-License-Identifier: MIT
 *
 * The processes of a run, each identified by its pid and its start: a pid that
 * is used again is another process. A record of a pid belongs to the process
 * that had it at the time: its life ends with a PROC with another start, an
 * EXIT, or, in a file without starts, ticks without the pid.
 */
#ifndef MPROF_PROFILE_PROCESS_H
#define MPROF_PROFILE_PROCESS_H

#include "profile/profile.h"

/* Whether a PROC introduces another process than the one that has its pid: with
 * another start, or, where one of them has none recorded (0), because that one
 * was introduced before. */
bool process_is_another(bool introduced, uint64_t known_ticks,
    uint64_t start_ticks) __attribute__((const));

/* Like run_process(), for a PROC record with a start (0: not recorded): a
 * process that had the pid with another start has ended. */
struct process *run_introduce(struct run *run, const char *text, size_t len,
    uint64_t start_ticks) __attribute__((nonnull));

/* As run_process(), but of the process that started then: introduces it where
 * another one has the key. 0: its start is not known. */
struct process *run_process_of(struct run *run, const char *text, size_t len,
    uint64_t start_ticks) __attribute__((nonnull));

/* A MEM record: it begins a tick; processes' memory read before the next MEM
 * belongs to it. */
void run_add_total(struct run *run, double time_s, double mib)
    __attribute__((nonnull));

/* MEM records that follow each other. */
void run_add_totals(struct run *run, const struct sample *samples, size_t count)
    __attribute__((nonnull));
void run_add_memory(const struct run *run, struct process *process,
    double time_s, double mib) __attribute__((nonnull));

/* The recorder lost its processes in this tick: that one is missing proves
 * nothing. */
void run_note_loss(struct run *run) __attribute__((nonnull));

/* Sorts all series by time. */
void run_sort(struct run *run) __attribute__((nonnull));

/* The run as if its total and its processes had been sampled only from from_s
 * to to_s, both included, and it had not ended later. Ticks are those of the
 * whole run. Everything is borrowed except processes.items, which the caller
 * frees. */
struct run run_part(const struct run *run, double from_s, double to_s)
    __attribute__((nonnull));

/* Calls series_settle() for all series, once everything was read. */
void run_settle(struct run *run) __attribute__((nonnull));

/* Sets, for each call, stack sample, allocation and snapshot, the process that
 * had its pid at the time: its index in processes + 1; 0: unknown. */
void run_assign(struct run *run) __attribute__((nonnull));

/* Orders calls by process and thread; 0 for calls of one thread. */
int call_compare_threads(const struct call *a, const struct call *b)
    __attribute__((nonnull));

/* For samples that did not come tick by tick: assigns them to ticks by time
 * alone. */
void run_place_by_time(struct run *run) __attribute__((nonnull));

/* Position in a process's memory, from tick to tick; starts zeroed. */
struct tick_cursor {
	size_t stretch;
};

/* The memory of the process at that tick of total, not before the tick of the
 * previous call; false where it was not recorded. */
bool process_at_tick(const struct process *process, struct tick_cursor *cursor,
    size_t tick, double *mib) __attribute__((nonnull));

/* Adds to sums what a process, or all descendants, held at each of those
 * ascending ticks; NULL: the first count ticks of the run. */
void process_add_at(const struct process *process, const size_t *ticks,
    size_t count, double *sums) __attribute__((nonnull(1, 4)));
void run_sum_at(const struct run *run, const size_t *ticks, size_t count,
    double *sums) __attribute__((nonnull(1, 4)));

/* The same for the launched program: the remainder of a total that is a sum,
 * and otherwise the total, which may hold the descendants' memory where it is
 * RUN_TOTAL_UNKNOWN. own is zeroed; it becomes negative where descendants have
 * more than the total. */
void run_program_at(const struct run *run, const size_t *ticks, size_t count,
    double *own) __attribute__((nonnull(1, 4)));

/* The meaning of MEM. mprof's recorder introduces each process, and sums them
 * up unless told otherwise. memory_profiler does either, and doesn't tell: a
 * sum rises and falls with the descendants. */
enum run_total {
	RUN_TOTAL_UNKNOWN,
	RUN_TOTAL_ALL,    /* sum over the program and its descendants */
	RUN_TOTAL_PROGRAM /* of the program alone */
};

enum run_total run_total_of(const struct run *run) __attribute__((nonnull));

/* Whether descendants have memory, and it is unknown whether the total has
 * it. */
bool run_total_is_unclear(const struct run *run) __attribute__((nonnull));

/* The record of the launched program, which has a name and no memory; NULL
 * where there is none. */
const struct process *run_launched(const struct run *run)
    __attribute__((nonnull));

/* The name of what run_program_at() returns, where no record names the
 * program. */
const char *run_program_name(const struct run *run) __attribute__((nonnull));

#endif
