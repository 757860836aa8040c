/* SPDX-License-Identifier: MIT
 *
 * Calls of decorated functions, as FUNC records at the end of the recording:
 * each in one append of whole lines, so that lines which the recorder appends
 * at the same time stay whole, too. A CALL record follows where the reader
 * must tell processes or threads apart. The file is opened for each record:
 * the program could close a descriptor that was kept, and open another file
 * with its number.
 */
#ifndef MPROF_PYTHON_AGENT_MARKS_H
#define MPROF_PYTHON_AGENT_MARKS_H

#include <stdbool.h>
#include <stdint.h>

struct marks_moment {
	int64_t ns; /* since the epoch */
	int64_t pages;
};

/* Reads the recording's path and the recorder's pid from the environment,
 * before the program can change it. Harmless when repeated. */
void marks_init(void);

/* The same in a process that runs already: returns whether path is used, which
 * needs that there is no recording yet. marks_end() undoes it. */
bool marks_begin(const char *path);
void marks_end(void);

struct marks_moment marks_now(void);

struct marks_call {
	const char *name; /* any text: it is turned into one word */
	int level;        /* depth of nesting from 0 */
	struct marks_moment enter, leave;
};

/* Writes a call that has ended. Without a recording, or where it can't be
 * written, nothing happens: the program must not suffer. Where neither the
 * environment nor marks_begin() named a recording, one that mprof attach makes
 * of this process is looked for (attached.h). */
void agent_marks_write(const struct marks_call *call);

/* After a fork: both processes may write calls from now on. */
void marks_forked(void);

#endif
