/* SPDX-License-Identifier: MIT
 *
 * Functions for measure.py and line_profiler.py: readers, usages and tallies,
 * each in a capsule. Arguments are expected to be right; wrong ones end in an
 * exception there.
 */
#ifndef MPROF_PYTHON_AGENT_METHODS_H
#define MPROF_PYTHON_AGENT_METHODS_H

#include "python/agent/api.h"

struct line_table;
struct reader;

/* Builds a list of (line, MiB, increment in MiB, occurrences). */
struct pyobj *methods_rows(const struct line_table *table);

/* Takes the reader out of a capsule; for a callable, makes a reader that asks
 * it for bytes; NULL for None. */
struct reader *methods_take_reader(struct pyobj *given);

/* _reader(pid, backend, children) returns a reader. Pid 0 is this process. */
struct pyobj *methods_reader(
    struct pyobj *, struct pyobj *const *args, ssize_t n);

/* _read(reader) returns MiB; an errno as an int where that failed. */
struct pyobj *methods_read(
    struct pyobj *, struct pyobj *const *args, ssize_t n);

/* _peak(reader) returns the highest since the first call, likewise. */
struct pyobj *methods_peak(
    struct pyobj *, struct pyobj *const *args, ssize_t n);

/* _children(reader) returns a list of (pid, MiB). */
struct pyobj *methods_children(
    struct pyobj *, struct pyobj *const *args, ssize_t n);

/* _usage_start(reader, interval, peak only) returns a usage, which owns the
 * reader from then on. */
struct pyobj *methods_usage_start(
    struct pyobj *, struct pyobj *const *args, ssize_t n);

/* _usage_stop(usage) returns (slots of an interval, [(MiB, time, slot)]). */
struct pyobj *methods_usage_stop(
    struct pyobj *, struct pyobj *const *args, ssize_t n);

/* _usages_hold() and _usages_go_on(): before and after a fork. */
struct pyobj *methods_usages_hold(
    struct pyobj *, struct pyobj *const *args, ssize_t n);
struct pyobj *methods_usages_go_on(
    struct pyobj *, struct pyobj *const *args, ssize_t n);

/* _tally() */
struct pyobj *methods_tally(
    struct pyobj *, struct pyobj *const *args, ssize_t n);

/* _tally_add(tally, codes, reader) returns the number of a function; its own
 * code comes first in codes. */
struct pyobj *methods_tally_add(
    struct pyobj *, struct pyobj *const *args, ssize_t n);

/* _tally_event(tally, code, event, line): an event of a trace function. */
struct pyobj *methods_tally_event(
    struct pyobj *, struct pyobj *const *args, ssize_t n);

/* _tally_rows(tally, number). */
struct pyobj *methods_tally_rows(
    struct pyobj *, struct pyobj *const *args, ssize_t n);

/* _tally_enable(tally) returns whether it counts; it doesn't where another
 * trace function is set. _tally_disable(tally) returns whether it no longer
 * counts; it still does where the thread is another one. */
struct pyobj *methods_tally_enable(
    struct pyobj *, struct pyobj *const *args, ssize_t n);
struct pyobj *methods_tally_disable(
    struct pyobj *, struct pyobj *const *args, ssize_t n);

#endif
