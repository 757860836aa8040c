// SPDX-License-Identifier: MIT
#include "python/agent/calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "python/agent/marks.h"
#include "python/agent/session.h"
#include "python/agent/trace.h"

struct agent_call {
	struct spot *spot;
	struct session *session; /* NULL: lines are not counted */
	struct marks_call mark;
	bool running, left;
	bool owns_session; /* it added the session to the running ones */
};

/* Decorated calls that run on this thread. */
static _Thread_local int level;

static void call_say_once(const char *what)
{
	static bool said;

	if (said)
		return;
	said = true;
	dprintf(STDERR_FILENO,
	    "mprof: sys.settrace: %s by another tool (a debugger, coverage?): "
	    "calls are recorded, but their lines are not\n",
	    what);
}

static void call_trace_first(void)
{
	if (session_running() == 1 && !trace_start())
		call_say_once("in use");
}

static void call_trace_last(void)
{
	if (session_running() == 0 && !trace_stop())
		call_say_once("taken over");
}

struct agent_call *call_enter(struct spot *spot)
{
	struct agent_call *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;
	call->spot = spot;
	call->mark.name = spot->name;
	call->mark.level = level;
	call->mark.enter = marks_now();
	if (spot->has_lines)
		call->session = session_join(spot);
	call_resume(call);
	return call;
}

void call_resume(struct agent_call *call)
{
	if (call->running || call->left)
		return;
	call->running = true;
	level++;
	if (!call->session)
		return;
	call->owns_session = session_resume(call->session);
	if (call->owns_session)
		call_trace_first();
}

void call_pause(struct agent_call *call)
{
	if (!call->running)
		return;
	call->running = false;
	level--;
	if (!call->owns_session)
		return;
	session_pause(call->session);
	call->owns_session = false;
	call_trace_last();
}

const struct line_table *call_leave(struct agent_call *call)
{
	if (call->left)
		return NULL;
	call_pause(call);
	call->left = true;
	call->mark.leave = marks_now();
	agent_marks_write(&call->mark);
	if (!call->session)
		return NULL;
	if (!session_leave(call->session)) {
		call->session = NULL; /* other calls still use it */
		return NULL;
	}
	return call->spot->keeps ? NULL : session_table(call->session);
}

void call_destroy(struct agent_call *call)
{
	call_pause(call);
	if (call->session && (call->left || session_leave(call->session)))
		session_destroy(call->session);
	free(call);
}

void calls_follow_all(void)
{
	session_follow_all();
	call_trace_first();
}

void calls_follow_less(void)
{
	unsigned running = session_running();

	session_follow_less();
	if (running > 0)
		call_trace_last();
}
