/* SPDX-License-Identifier: MIT
 *
 * Finds the recording that mprof attach makes of a program that mprof did not
 * start: by a symbolic link to the recording, beside the mark file
 * (recorder/marks.h), which exists while the recorder runs.
 */
#ifndef MPROF_PYTHON_AGENT_ATTACHED_H
#define MPROF_PYTHON_AGENT_ATTACHED_H

#include <stdbool.h>

/* mprof-UID-RECORDER-WATCHED-XXXXXX.recording, in the mark file's directory */
#define ATTACHED_SUFFIX ".recording"

struct attached {
	char *link;
	char *recording; /* NULL: none */
};

/* Looks for a recording of this process, at most once in 0.1 s, as it reads a
 * directory. Returns whether there is one. */
bool attached_find(struct attached *attached);

/* Whether the recording still goes on; forgets it otherwise. */
bool attached_goes_on(struct attached *attached);

void attached_forget(struct attached *attached);

#endif
