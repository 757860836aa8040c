/* SPDX-License-Identifier: MIT
 *
 * The end of a command: its exit status, and the message of a failure.
 */
#ifndef MPROF_CLI_COMMAND_STATUS_H
#define MPROF_CLI_COMMAND_STATUS_H

#include "base/err.h"

/* mprof's own statuses; a recorded program's status is passed on. */
enum command_status {
	COMMAND_OK = 0,
	COMMAND_FAILED = 1,    /* a message is on stderr */
	COMMAND_MISUSED = 2,   /* a bad option */
	COMMAND_LIMIT = 124,   /* --limit was reached */
	COMMAND_TROUBLE = 125, /* failure of the recorder */
	COMMAND_NOT_EXECUTABLE = 126,
	COMMAND_NOT_FOUND = 127,
	COMMAND_NO_PROFILE = 255
};

/* Prints "mprof: " and the message on stderr; returns status. */
int command_fail(enum command_status status, const struct err *e)
    __attribute__((nonnull));

#endif
