/* SPDX-License-Identifier: MIT
 *
 * The agent's Python, kept in files of its own beside this one and carried in
 * the shared object as text.
 */
#ifndef MPROF_PYTHON_AGENT_SOURCE_H
#define MPROF_PYTHON_AGENT_SOURCE_H

extern const char source_lines[];   /* lines.py: what is imported, */
extern const char source_profile[]; /* profile.py: and the rest of it */
extern const char source_inert[];   /* inert/sitecustomize.py: what records
				     * nothing */
extern const char source_observe[]; /* observe.py: in place of profile.py */
extern const char source_builtin[]; /* builtin.py: the name that is there */

/* Modules that programs seldom import; each runs when it is imported. */
extern const char source_measure[];       /* measure.py: memory_usage() */
extern const char source_line_profiler[]; /* line_profiler.py */
extern const char source_magics[];        /* magics.py: IPython's */
extern const char source_main[];          /* main.py: python -m */
extern const char source_timer[];         /* timer.py: MemTimer */
extern const char source_heap[];          /* heap.py: profile.heap() */

extern const char source_aside[]; /* aside.py: a name that may be another's */
extern const char source_mprof[]; /* mprof.py: the module of that name */

#endif
