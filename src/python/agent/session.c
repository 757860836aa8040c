// SPDX-License-Identifier: MIT
#include "python/agent/session.h"

#include <stdlib.h>
#include <unistd.h>

#include "python/agent/reader.h"
#include "python/agent/rss.h"

/* Few: thread-local memory of a library that is loaded late is limited. */
#define RUNNING_MAX 24

struct session_frame {
	const void *code;
	long line; /* line that is running */
};

struct session {
	struct spot *spot;
	struct line_table own;
	struct line_table *table; /* own, or that of a spot that keeps one */
	unsigned calls;
	struct session_frame *frames;
	size_t depth, cap;
	int64_t last;               /* memory at the end of the previous line */
	struct rss_reading reading; /* used where memory is the resident set */
	struct session *next;       /* next of the thread's followed sessions */
};

static _Thread_local struct {
	struct session *running[RUNNING_MAX]; /* innermost last */
	unsigned len;
	unsigned follow;
	struct session *followed; /* started by events, not by a call */
} here;

static struct session *session_running_of(const struct spot *spot)
{
	for (unsigned i = here.len; i > 0; i--) {
		if (here.running[i - 1]->spot == spot)
			return here.running[i - 1];
	}
	return NULL;
}

struct session *session_create(struct spot *spot)
{
	struct session *session = calloc(1, sizeof(*session));

	if (!session)
		return NULL;
	session->spot = spot;
	session->own.first = spot->table.first;
	session->table = spot->keeps ? &spot->table : &session->own;
	/* Before memory is read: the table's own memory must count for no
	 * line. */
	table_prepare(session->table);
	return session;
}

struct session *session_join(struct spot *spot)
{
	struct session *session = session_running_of(spot);

	if (!session)
		session = session_create(spot);
	if (session)
		session->calls++;
	return session;
}

bool session_leave(struct session *session)
{
	return --session->calls == 0;
}

const struct line_table *session_table(const struct session *session)
{
	return session->table;
}

void session_destroy(struct session *session)
{
	table_clear(&session->own);
	free(session->frames);
	free(session);
}

bool session_resume(struct session *session)
{
	if (here.len == RUNNING_MAX ||
	    session_running_of(session->spot) == session)
		return false;
	here.running[here.len++] = session;
	return true;
}

/* The first and the last reading of a call are always taken, so that the steps
 * of its lines add up to what the whole call took. */
static int64_t session_bytes(struct session *session, bool reads_anew)
{
	if (session->spot->reader)
		return reader_bytes(session->spot->reader);
	if (reads_anew)
		rss_begin(&session->reading);
	else
		rss_pages_since(&session->reading);
	return session->reading.pages * sysconf(_SC_PAGESIZE);
}

static void session_note_line(
    struct session *session, long line, bool reads_anew)
{
	int64_t bytes = session_bytes(session, reads_anew);

	table_note(session->table, line, bytes, bytes - session->last);
	session->last = bytes;
}

static void session_end_frame(struct session *session)
{
	long line = session->frames[--session->depth].line;

	session_note_line(session, line, session->depth == 0);
}

void session_end_frames(struct session *session)
{
	while (session->depth > 0)
		session_end_frame(session);
}

void session_pause(struct session *session)
{
	unsigned i = here.len;

	session_end_frames(session);
	while (i > 0 && here.running[i - 1] != session)
		i--;
	if (i == 0)
		return;
	for (here.len--; i <= here.len; i++)
		here.running[i - 1] = here.running[i];
}

unsigned session_running(void)
{
	return here.len + here.follow;
}

void session_follow_all(void)
{
	here.follow++;
}

void session_follow_less(void)
{
	struct session *session, *next;

	if (here.follow == 0 || --here.follow > 0)
		return;
	for (session = here.followed; session; session = next) {
		next = session->next;
		session_destroy(session);
	}
	here.followed = NULL;
}

/* Only kept tables are followed: a call's table would never be printed. */
static struct session *session_followed_of(struct spot *spot)
{
	struct session *session = here.followed;

	while (session && session->spot != spot)
		session = session->next;
	if (session || !spot->keeps)
		return session;
	session = session_create(spot);
	if (!session)
		return NULL;
	session->next = here.followed;
	here.followed = session;
	return session;
}

static struct session *session_of(const struct spot_code *code)
{
	struct session *session = session_running_of(code->spot);

	if (!session && here.follow > 0)
		return session_followed_of(code->spot);
	return session;
}

/* The innermost frame of code. Frames above it have ended, with or without an
 * event. */
static struct session_frame *session_frame_of(
    struct session *session, const void *code)
{
	size_t at = session->depth;

	while (at > 0 && session->frames[at - 1].code != code)
		at--;
	if (at == 0)
		return NULL;
	while (session->depth > at)
		session_end_frame(session);
	return &session->frames[at - 1];
}

/* Memory that changed after the outermost frame had ended, between two calls or
 * while a generator was paused, counts for no line. */
void session_begin(struct session *session, const void *code, long line)
{
	if (session->depth == 0)
		session->last = session_bytes(session, true);
	if (session->depth == session->cap) {
		size_t cap = session->cap ? 2 * session->cap : 16;
		struct session_frame *frames =
		    realloc(session->frames, cap * sizeof(*frames));

		if (!frames)
			return;
		session->frames = frames;
		session->cap = cap;
	}
	session->frames[session->depth++] = (struct session_frame){code, line};
}

void session_step(struct session *session, const void *code, long line)
{
	struct session_frame *top = session_frame_of(session, code);

	if (!top)
		return;
	session_note_line(session, top->line, false);
	top->line = line;
}

void session_end(struct session *session, const void *code)
{
	if (session_frame_of(session, code))
		session_end_frame(session);
}

void session_frame(const struct spot_code *code, long line)
{
	struct session *session = session_of(code);

	if (session)
		session_begin(session, code->code, line);
}

void session_line(const struct spot_code *code, long line)
{
	struct session *session = session_of(code);

	if (session)
		session_step(session, code->code, line);
}

void session_return(const struct spot_code *code)
{
	struct session *session = session_of(code);

	if (session)
		session_end(session, code->code);
}
