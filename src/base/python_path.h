/* SPDX-License-Identifier: MIT
 *
 * The places where a Python keeps code that is not the user's own, known by
 * the path of a file alone.
 */
#ifndef MPROF_BASE_PYTHON_PATH_H
#define MPROF_BASE_PYTHON_PATH_H

/* The path behind the last .../site-packages/ or .../dist-packages/, where
 * installed packages are; NULL where it is elsewhere. Points into path. */
const char *python_path_in_package(const char *path) __attribute__((nonnull));

/* The path behind .../lib/python3.11/, where the standard library is, and for
 * such packages, too; NULL where it is elsewhere. Points into path. */
const char *python_path_in_standard(const char *path) __attribute__((nonnull));

#endif
