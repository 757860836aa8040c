/* SPDX-License-Identifier: MIT
 *
 * Receives line events from CPython: before 3.12 by a trace function, which a
 * thread has while a session runs on it and which sees all of its Python code;
 * since 3.12 by sys.monitoring, for profiled code objects alone. The events
 * are the same, and are passed to session.h; those of a trace function to
 * tally.h, too.
 */
#ifndef MPROF_PYTHON_AGENT_TRACE_H
#define MPROF_PYTHON_AGENT_TRACE_H

#include "python/agent/api.h"

/* shown is the callable that sys.gettrace() returns while the agent traces; it
 * also traces itself. gettrace is sys.gettrace. References to both are kept. */
int trace_init(struct pyobj *shown, struct pyobj *gettrace);

/* Since 3.12: keeps a reference to sys.monitoring.DISABLE. */
void trace_init_monitoring(struct pyobj *disable);

/* Starts line events on this thread; false, without effect, where another trace
 * function is set. Always true since 3.12. */
bool trace_start(void);

/* Stops them; false where another trace function was set meanwhile, which is
 * left alone. */
bool trace_stop(void);

/* The same for a tally, which needs a trace function in every CPython: it may
 * count any code. False before trace_init(). */
bool trace_start_tally(void);
void trace_stop_tally(void);

/* Called from Python. trace(frame, event, arg) returns itself; the others are
 * callbacks of sys.monitoring with its arguments. on_resume is also used for
 * PY_THROW, on_return for PY_UNWIND. */
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
