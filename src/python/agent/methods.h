/* SPDX-License-Identifier: MIT
 *
 * To be called from measure.py and line_profiler.py: readers, usages and
 * tallies, each in a capsule. The arguments are taken as they should be, and
 * what is not ends in an exception there.
 */
#ifndef MPROF_PYTHON_AGENT_METHODS_H
#define MPROF_PYTHON_AGENT_METHODS_H

#include "python/agent/api.h"

struct line_table;
struct reader;

/* A list of (line, MiB, increment in MiB, occurrences). */
struct pyobj *methods_rows(const struct line_table *table);

/* The reader of a capsule, which no longer has it; one that asks a callable for
 * bytes; NULL for None. */
struct reader *methods_take_reader(struct pyobj *given);

/* _reader(pid, backend, children): a reader. Pid 0 is this process. */
struct pyobj *methods_reader(
    struct pyobj *, struct pyobj *const *args, ssize_t n);

/* _read(reader): MiB; errno as an int where that failed. */
struct pyobj *methods_read(
    struct pyobj *, struct pyobj *const *args, ssize_t n);

/* _peak(reader): the same of the highest since the first call. */
struct pyobj *methods_peak(
    struct pyobj *, struct pyobj *const *args, ssize_t n);

/* _children(reader): a list of (pid, MiB). */
struct pyobj *methods_children(
    struct pyobj *, struct pyobj *const *args, ssize_t n);

/* _usage_start(reader, interval, peak only): a usage, to which the reader
 * belongs now. */
struct pyobj *methods_usage_start(
    struct pyobj *, struct pyobj *const *args, ssize_t n);

/* _usage_stop(usage): (slots of an interval, [(MiB, time, slot)]). */
struct pyobj *methods_usage_stop(
    struct pyobj *, struct pyobj *const *args, ssize_t n);

/* _usages_hold() and _usages_go_on(), around a fork. */
struct pyobj *methods_usages_hold(
    struct pyobj *, struct pyobj *const *args, ssize_t n);
struct pyobj *methods_usages_go_on(
    struct pyobj *, struct pyobj *const *args, ssize_t n);

/* _tally() */
struct pyobj *methods_tally(
    struct pyobj *, struct pyobj *const *args, ssize_t n);

/* _tally_add(tally, codes, reader): the number of the function whose codes
 * these are, its own first. */
struct pyobj *methods_tally_add(
    struct pyobj *, struct pyobj *const *args, ssize_t n);

/* _tally_event(tally, code, event, line): what a trace function is told. */
struct pyobj *methods_tally_event(
    struct pyobj *, struct pyobj *const *args, ssize_t n);

/* _tally_rows(tally, number) */
struct pyobj *methods_tally_rows(
    struct pyobj *, struct pyobj *const *args, ssize_t n);

/* _tally_enable(tally): whether it counts; not where another trace function is
 * in the way. _tally_disable(tally): whether it no longer does; not from
 * another thread. */
struct pyobj *methods_tally_enable(
    struct pyobj *, struct pyobj *const *args, ssize_t n);
struct pyobj *methods_tally_disable(
    struct pyobj *, struct pyobj *const *args, ssize_t n);

#endif
