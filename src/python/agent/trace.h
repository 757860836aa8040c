/* SPDX-License-Identifier: MIT
 *
 * How CPython tells of lines. Before 3.12 by a trace function, which the
 * thread has while a session runs on it and which sees all of its Python
 * code; from 3.12 on by sys.monitoring, for profiled code objects alone. The
 * events are the same, and go to session.h, and those of a trace function to
 * tally.h.
 */
#ifndef MPROF_PYTHON_AGENT_TRACE_H
#define MPROF_PYTHON_AGENT_TRACE_H

#include "python/agent/api.h"

/* shown is the callable that sys.gettrace() returns while the agent traces; it
 * traces as well. gettrace is sys.gettrace itself. Both are kept. */
int trace_init(struct pyobj *shown, struct pyobj *gettrace);

/* From 3.12 on: sys.monitoring.DISABLE, which is kept. */
void trace_init_monitoring(struct pyobj *disable);

/* Has the thread's lines told from now on; false, and nothing is done, where
 * somebody else's trace function stands there. Always true from 3.12 on. */
bool trace_start(void);

/* The opposite; false where somebody else's stands there by now, which is
 * left alone. */
bool trace_stop(void);

/* The same for a tally, which has a trace function on every CPython: what it
 * counts may be any code. False before trace_init(). */
bool trace_start_tally(void);
void trace_stop_tally(void);

/* To be called from Python. trace(frame, event, arg) returns itself; the others
 * are callbacks of sys.monitoring, whose arguments they take. on_resume is that
 * of PY_THROW too, on_return that of PY_UNWIND. */
struct pyobj *trace_call(struct pyobj *, struct pyobj *const *args, ssize_t n);
struct pyobj *trace_on_start(
    struct pyobj *, struct pyobj *const *args, ssize_t n);
struct pyobj *trace_on_resume(
    struct pyobj *, struct pyobj *const *args, ssize_t n);
struct pyobj *trace_on_line(
    struct pyobj *, struct pyobj *const *args, ssize_t n);
struct pyobj *trace_on_return(
    struct pyobj *, struct pyobj *const *args, ssize_t n);
struct pyobj *trace_on_jump(
    struct pyobj *, struct pyobj *const *args, ssize_t n);
struct pyobj *trace_on_yield(
    struct pyobj *, struct pyobj *const *args, ssize_t n);

#endif
