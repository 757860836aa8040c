/* SPDX-License-Identifier: MIT
 *
 * What a list says of one recording.
 */
#ifndef MPROF_COMMANDS_OVERVIEW_H
#define MPROF_COMMANDS_OVERVIEW_H

#include <stdbool.h>
#include <sys/types.h>

#include "cli/json.h"
#include "profile/profile.h"

struct overview {
	bool read; /* else nothing but size_bytes is known */
	off_t size_bytes;
	char *command; /* of the first run; NULL where not told */
	size_t runs;
	bool measured;              /* else the next three are zero */
	double start_s, duration_s; /* from the first run's first sample on */
	double peak_mib;
	struct share share; /* what that was in truth, by PSS; no processes:
			     * nothing to say */
	size_t processes;   /* 0 where the file does not tell */
	bool ended;         /* the recording tells how it ended */
	struct exit_status exit; /* of the last run, if ended */
	enum run_ending ending;  /* of the last run */
};

/* Reads the recording; one that can't be read is no error. */
void overview_init(struct overview *overview, const char *path)
    __attribute__((nonnull));
void overview_finish(struct overview *overview) __attribute__((nonnull));

enum { OVERVIEW_STATUS = 32 };

/* "0", "3", "SIGKILL", "oom", "cut off" or "going on", or "-" where it is not
 * known. */
void overview_status(const struct overview *overview, char *out)
    __attribute__((nonnull));

/* The members of an object that is open. */
void overview_write(const struct overview *overview, struct json *json)
    __attribute__((nonnull));

#endif
