/* SPDX-License-Identifier: MIT
 *
 * Readings of shared memory (profile/share.h) as JSON.
 */
#ifndef MPROF_COMMANDS_SHARED_H
#define MPROF_COMMANDS_SHARED_H

#include "cli/json.h"
#include "profile/share.h"

/* An object; null where there is none. */
void shared_write(struct json *json, const struct share *share);

#endif
