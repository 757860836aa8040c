/* SPDX-License-Identifier: MIT
 *
 * Loads mprof's libraries into a running program, which loads them itself on
 * request (python/remote/remote_exec.h), and stops them on another request.
 * The agent follows named functions; the library of src/allocation samples
 * allocations. Requests are scripts in the directory of agent_tables.h, and so
 * are the answers.
 */
#ifndef MPROF_PYTHON_AGENT_ATTACH_H
#define MPROF_PYTHON_AGENT_ATTACH_H

#include <stdbool.h>

#include "base/err.h"
#include "python/remote/remote_exec.h"

struct agent_attach_wish {
	pid_t pid;
	const char *recording; /* to append calls to; NULL: no agent */
	const char *tables;    /* the directory of agent_tables.h */
	const char *names; /* of functions, separated by commas; NULL: all of
			      the main program's */
	bool lines;        /* line tables of them */
	const char *allocations; /* directory for the table of sampled
				    allocations; NULL: none */
};

enum agent_attach_state {
	AGENT_ATTACH_OFF,
	AGENT_ATTACH_ASKED, /* no answer yet */
	AGENT_ATTACH_ON,
	AGENT_ATTACH_REFUSED
};

/* The parts are loaded and answer separately. */
enum agent_attach_part {
	AGENT_ATTACH_CALLS,       /* the agent */
	AGENT_ATTACH_ALLOCATIONS, /* the sampling of allocations */
	AGENT_ATTACH_PARTS
};

struct agent_attach {
	struct remote_exec exec;
	/* Paths as the process sees them: of requests, and of the table. */
	char *directory, *allocations;
	enum agent_attach_state states[AGENT_ATTACH_PARTS];
};

/* Asks the process to load the parts that are wanted; it does so when its main
 * thread next executes Python code. -1 with e where that is not possible. The
 * caller ends it by agent_attach_end(). */
int agent_attach_begin(struct agent_attach *attach,
    const struct agent_attach_wish *wish, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* Waits up to wait_ms for a part's answer while there is none. True where it
 * has just come: text is the reason why the part is not there (REFUSED), or the
 * names of the functions that are followed (ON); the caller frees it. */
bool agent_attach_poll(struct agent_attach *attach, enum agent_attach_part part,
    int wait_ms, char **text) __attribute__((nonnull));

/* Asks the process to undo it, and waits some seconds; harmless on zeroes. -1
 * with e where it has not done so yet: it will by itself. */
int agent_attach_end(struct agent_attach *attach, struct err *e)
    __attribute__((nonnull));

/* Whether a file of that name is written into the directory. */
bool agent_attach_wrote(const char *name) __attribute__((nonnull));

#endif
