/* SPDX-License-Identifier: MIT
 *
 * An error message for the person at the terminal. Core functions
 * return 0 or -1 and fill a struct err; only commands/ and main print it.
 * A message has the shape "subject: what, cause", in lower case, without the
 * program's name and without a newline.
 */
#ifndef MPROF_BASE_ERR_H
#define MPROF_BASE_ERR_H

#include <stdarg.h>

struct err {
	char text[512]; /* always NUL-terminated and valid UTF-8 */
};

/* Fills e (NULL is allowed) and returns -1, for "return err_set(...)". */
int err_set(struct err *e, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same, with ": " and strerror(errno) appended. */
int err_errno(struct err *e, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
