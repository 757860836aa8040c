/* SPDX-License-Identifier: MIT
 *
 * Calls of decorated functions, as FUNC records at the end of the recording:
 * each in one append of whole lines, so that what the recorder appends at the
 * same time stays whole too. A CALL record stands behind where the reader
 * must tell processes or threads apart. The file is opened for each record:
 * a descriptor that was kept would be the program's to close, and its number
 * somebody else's file by then.
 */
#ifndef MPROF_PYTHON_AGENT_MARKS_H
#define MPROF_PYTHON_AGENT_MARKS_H

#include <stdbool.h>
#include <stdint.h>

struct marks_moment {
	int64_t ns; /* since the epoch */
	int64_t pages;
};

/* Takes the recording's path and the recorder's pid from the environment,
 * before the program can change it. Harmless when repeated. */
void marks_init(void);

/* The same for a process that runs already: whether path is taken, which needs
 * that there is none. And no longer. */
bool marks_begin(const char *path);
void marks_end(void);

struct marks_moment marks_now(void);

struct marks_call {
	const char *name; /* any text: it is made one word */
	int level;        /* depth of nesting from 0 */
	struct marks_moment enter, leave;
};

/* A call ended. Without a recording, or where it can't be written, nothing
 * happens: the program is not to suffer. Where neither the environment nor
 * marks_begin() named a recording, one that mprof attach makes of this process
 * is found (attached.h). */
void agent_marks_write(const struct marks_call *call);

/* After fork: both processes may have calls from now on. */
void marks_forked(void);

#endif
