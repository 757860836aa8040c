/* SPDX-License-Identifier: MIT
 *
 * The source of the Python program in a command line, found without running
 * Python: whether it uses the name `profile` as a decorator without defining
 * or importing it.
 */
#ifndef MPROF_INPUT_PYTHON_SOURCE_H
#define MPROF_INPUT_PYTHON_SOURCE_H

#include <stdbool.h>

/* The main file of `python3 [options] FILE` and `python3 [options] -m MODULE`,
 * and of an executable script. Modules are searched in the working directory
 * and the directories of PYTHONPATH. NULL for other command lines, and where
 * there is no such file. The caller frees. */
char *python_source_find(char *const *argv) __attribute__((nonnull));

/* Whether a source uses @profile or profile.timestamp, and does not mention the
 * name otherwise, nor import * or builtins: it then raises NameError, unless
 * the builtins have the name. Comments and strings don't count. */
bool python_source_lacks_profile(const char *text) __attribute__((nonnull));

/* The path of argv's main file, if it lacks profile; NULL otherwise. The caller
 * frees. */
char *python_source_without_profile(char *const *argv) __attribute__((nonnull));

#endif
