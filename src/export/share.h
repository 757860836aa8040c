/* SPDX-License-Identifier: MIT
 *
 * Readings of shared memory (profile/share.h) as JSON.
 */
#ifndef MPROF_EXPORT_SHARE_H
#define MPROF_EXPORT_SHARE_H

#include "base/json.h"
#include "profile/share.h"

/* An object; null where there is none. */
void share_write(struct json *json, const struct share *share);

#endif
