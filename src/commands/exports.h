/* SPDX-License-Identifier: MIT
 *
 * The formats of mprof export. Each writes a whole profile; what goes wrong
 * while writing shows in the stream.
 */
#ifndef MPROF_COMMANDS_EXPORTS_H
#define MPROF_COMMANDS_EXPORTS_H

#include <stdio.h>

#include "base/err.h"
#include "profile/profile.h"

/* -1 with e where the profile holds nothing that the format can tell. */
typedef int export_write(
    const struct profile *profile, FILE *out, struct err *e);

export_write export_csv, export_json, export_openmetrics, export_folded;

#endif
