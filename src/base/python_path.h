/* SPDX-License-Identifier: MIT
 *
 * The directories where a Python keeps code that is not the user's own,
 * recognised by the path of a file alone.
 */
#ifndef MPROF_BASE_PYTHON_PATH_H
#define MPROF_BASE_PYTHON_PATH_H

/* The path after the last .../site-packages/ or .../dist-packages/, which hold
 * installed packages; NULL for other paths. Points into path. */
const char *python_path_in_package(const char *path) __attribute__((nonnull));

/* The path after .../lib/python3.11/, which holds the standard library, also
 * for packages in it; NULL for other paths. Points into path. */
const char *python_path_in_standard(const char *path) __attribute__((nonnull));

#endif
