/* SPDX-License-Identifier: MIT
 *
 * A session is the outermost call of a decorated function whose lines are
 * wanted, with all that joins it: calls of the same function while it runs
 * share its table. It holds a stack of the lines that its frames are at. A
 * generator's or coroutine's session runs on a thread only between a resume
 * and the next pause, so that tasks of one thread don't mix.
 */
#ifndef MPROF_PYTHON_AGENT_SESSION_H
#define MPROF_PYTHON_AGENT_SESSION_H

#include "python/agent/spots.h"

struct session;

/* The session that a call of spot belongs to on this thread: the running one,
 * or a new one. NULL where there is no memory. */
struct session *session_join(struct spot *spot);

/* A session of no thread's, for session_begin() and the two behind it; NULL
 * where there is no memory. */
struct session *session_create(struct spot *spot);

/* One call of it ended. True where that was the last one. */
bool session_leave(struct session *session);

/* Its table; good until session_destroy(), or for the run where it keeps. */
const struct line_table *session_table(const struct session *session);

void session_destroy(struct session *session);

/* Puts it among those that run on this thread; false where it was there
 * already, or too many are: then it must not be paused either. */
bool session_resume(struct session *session);

/* Takes it out again. Frames that an exception unwound unseen end here. */
void session_pause(struct session *session);

/* The number that runs on this thread. */
unsigned session_running(void);

/* Between the two every profiled function of this thread is followed, called
 * through its decorator or not. They nest. */
void session_follow_all(void);
void session_follow_less(void);

/* A frame of code begins at line, goes on to line, or ends. */
void session_begin(struct session *session, const void *code, long line);
void session_step(struct session *session, const void *code, long line);
void session_end(struct session *session, const void *code);
void session_end_frames(struct session *session);

/* Events of profiled code on this thread. A session that is not running
 * hears nothing. */
void session_frame(const struct spot_code *code, long line);
void session_line(const struct spot_code *code, long line);
void session_return(const struct spot_code *code);

#endif
