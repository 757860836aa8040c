/* SPDX-License-Identifier: MIT
 *
 * A session is the outermost call of a decorated function whose lines are
 * counted, with all calls that join it: calls of the same function while it
 * runs share its table. It keeps a stack of its frames' current lines. A
 * generator's or coroutine's session runs on a thread only between a resume
 * and the next pause, so that tasks of one thread don't mix.
 */
#ifndef MPROF_PYTHON_AGENT_SESSION_H
#define MPROF_PYTHON_AGENT_SESSION_H

#include "python/agent/spots.h"

struct session;

/* The session of a call of spot on this thread: the running one, or a new one.
 * NULL where there is no memory. */
struct session *session_join(struct spot *spot);

/* A session that belongs to no thread, for session_begin() and the two
 * functions after it; NULL where there is no memory. */
struct session *session_create(struct spot *spot);

/* One of its calls has ended. True where it was the last one. */
bool session_leave(struct session *session);

/* Its line table; valid until session_destroy(), or for the run where the spot
 * keeps it. */
const struct line_table *session_table(const struct session *session);

void session_destroy(struct session *session);

/* Adds it to the sessions that run on this thread; false where it was among
 * them already, or there are too many: it must not be paused then. */
bool session_resume(struct session *session);

/* Removes it from them. Frames that an exception left without an event end
 * here. */
void session_pause(struct session *session);

/* The number of sessions that run on this thread. */
unsigned session_running(void);

/* Starts and ends following every profiled function of this thread, called
 * through its decorator or not. They nest. */
void session_follow_all(void);
void session_follow_less(void);

/* A frame of code begins at line, goes on to line, or ends. */
void session_begin(struct session *session, const void *code, long line);
void session_step(struct session *session, const void *code, long line);
void session_end(struct session *session, const void *code);
void session_end_frames(struct session *session);

/* Events of profiled code on this thread. Sessions that are not running ignore
 * them. */
void session_frame(const struct spot_code *code, long line);
void session_line(const struct spot_code *code, long line);
void session_return(const struct spot_code *code);

#endif
