/* SPDX-License-Identifier: MIT
 *
 * The agent's Python code, from separate files in this directory, as text in
 * the shared object.
 */
#ifndef MPROF_PYTHON_AGENT_SOURCE_H
#define MPROF_PYTHON_AGENT_SOURCE_H

/* lines.py: the part that is always imported. */
extern const char source_lines[];
extern const char source_profile[]; /* profile.py: the rest of it */
extern const char source_inert[]; /* inert/sitecustomize.py: records nothing */
/* observe.py: used in place of profile.py. */
extern const char source_observe[];
extern const char source_builtin[]; /* builtin.py: the name in builtins */

/* Modules that programs seldom import; each runs when it is imported. */
extern const char source_measure[];       /* measure.py: memory_usage() */
extern const char source_line_profiler[]; /* line_profiler.py */
extern const char source_magics[];        /* magics.py: IPython's */
extern const char source_main[];          /* main.py: python -m */
extern const char source_timer[];         /* timer.py: MemTimer */
extern const char source_heap[];          /* heap.py: profile.heap() */

/* aside.py: makes way for another module of that name. */
extern const char source_aside[];
extern const char source_mprof[]; /* mprof.py: the module of that name */

#endif
