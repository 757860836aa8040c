/* SPDX-License-Identifier: MIT
 *
 * Snapshots of a Python program's heap that marks ask for: a line of the mark
 * file that is
 *
 *	@heap[;pid=PID][;answer=WORD] [LABEL]
 *
 * A process aside (mprof snapshot) takes them, one after the other, and writes
 * the records of each into a file beside the mark file; what is in that goes to
 * the sink. pid= names another process than the one that does the program's
 * work; answer= a file, MARKFILE without its ending and ".answer-WORD", which
 * gets a line when the snapshot is taken or won't be: "ok", or the cause.
 */
#ifndef MPROF_RECORDER_SNAPSHOTS_H
#define MPROF_RECORDER_SNAPSHOTS_H

#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "recorder/launch.h"
#include "recorder/sink.h"

#define SNAPSHOTS_WORD "@heap"
#define SNAPSHOTS_ANSWER ".answer-"

enum {
	SNAPSHOTS_WAITING = 10, /* further requests are left out */
	SNAPSHOTS_MAX = 1000,   /* of one recording */
	SNAPSHOTS_NOTICES = 5,  /* causes that are reported singly */
	SNAPSHOTS_ANSWER_MAX = 32
};

struct snapshots_request {
	char *label;
	int64_t asked_ns;
	pid_t pid; /* 0: the program's */
	char answer[SNAPSHOTS_ANSWER_MAX + 1];
};

struct snapshots {
	struct aside aside;
	const char *mark_path; /* borrowed */
	bool precise;          /* the recording has precise times */
	bool busy;        /* the process aside works at the first request */
	int errors;       /* its standard error, while busy */
	int64_t began_ns; /* of clock_mono_ns() */
	struct snapshots_request waiting[SNAPSHOTS_WAITING];
	size_t len;
	uint64_t taken, left_out; /* left_out: failed or refused */
	struct err notices[SNAPSHOTS_NOTICES];
	size_t noticed, reported; /* of those left out */
	struct strbuf records;
};

/* mark_path is borrowed. precise: the recording has precise times. The caller
 * finishes. */
void snapshots_init(struct snapshots *snapshots, const char *mark_path,
    bool precise) __attribute__((nonnull));
void snapshots_finish(struct snapshots *snapshots) __attribute__((nonnull));

/* Takes a line of the mark file. Returns the label of its mark: the line where
 * that asks for no snapshot. */
const char *snapshots_read_line(struct snapshots *snapshots, const char *line,
    int64_t asked_ns) __attribute__((nonnull, returns_nonnull));

/* Whether snapshots_step() has something to do. */
bool snapshots_is_due(const struct snapshots *snapshots)
    __attribute__((nonnull));

/* Starts requests that wait, and hands finished snapshots to the sink. Never
 * waits. */
void snapshots_step(struct snapshots *snapshots, const struct sink_tick *tick,
    const struct sink *sink) __attribute__((nonnull));

/* The recording ends: waits some seconds for a running snapshot, and answers
 * the other requests. */
void snapshots_end(struct snapshots *snapshots, const struct sink *sink)
    __attribute__((nonnull));

/* The next cause of a snapshot that was left out; false where none is left. */
bool snapshots_notice(struct snapshots *snapshots, struct err *e)
    __attribute__((nonnull));

/* Removes files that a killed recorder's snapshot has left beside its mark
 * file. */
void snapshots_remove_left(const char *mark_path) __attribute__((nonnull));

#endif
