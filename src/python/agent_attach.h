/* SPDX-License-Identifier: MIT
 *
 * The agent in a program that runs already: it is loaded by the program itself,
 * on request (python/remote/remote_exec.h), follows the functions that are
 * named, and stops on another request. Requests are scripts in the folder of
 * agent_tables.h, and so are the answers.
 */
#ifndef MPROF_PYTHON_AGENT_ATTACH_H
#define MPROF_PYTHON_AGENT_ATTACH_H

#include <stdbool.h>

#include "base/err.h"
#include "python/remote/remote_exec.h"

struct agent_attach_wish {
	pid_t pid;
	const char *recording; /* to append calls to */
	const char *tables;    /* the folder of agent_tables.h */
	const char *names;     /* of functions, with commas between them; NULL:
				* all of the main program's */
	bool lines;            /* line tables of them */
};

enum agent_attach_state {
	AGENT_ATTACH_OFF,
	AGENT_ATTACH_ASKED, /* no answer yet */
	AGENT_ATTACH_ON,
	AGENT_ATTACH_REFUSED
};

struct agent_attach {
	struct remote_exec exec;
	char *folder; /* as the process sees it */
	enum agent_attach_state state;
};

/* Asks the process to load the agent, which it does when its main thread next
 * executes Python code. -1 with e where it can't. The caller ends it. */
int agent_attach_begin(struct agent_attach *attach,
    const struct agent_attach_wish *wish, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* Looks for an answer, for up to wait_ms, while there is none. True where it
 * has come just now: text is then the names of the functions that are followed
 * (ON), or why there are none (REFUSED); the caller frees it. */
bool agent_attach_look(struct agent_attach *attach, int wait_ms, char **text)
    __attribute__((nonnull));

/* Asks the process to be as it was, and waits some seconds for it; harmless on
 * zeroes. -1 with e where it has not come to it yet: it does by itself. */
int agent_attach_end(struct agent_attach *attach, struct err *e)
    __attribute__((nonnull));

/* Removes from a folder what was written there. */
void agent_attach_remove_files(int folder);

#endif
