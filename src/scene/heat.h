/* SPDX-License-Identifier: MIT
 *
 * A heat map: a row a process or a recording, time across, memory as colour.
 */
#ifndef MPROF_SCENE_HEAT_H
#define MPROF_SCENE_HEAT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/array.h"

enum { HEAT_COLUMNS = 480 };

struct scene_heat_row {
	char *name;
	char *detail;        /* "peak 171.8 MiB" */
	bool odd;            /* an outlier or a failure: named first */
	size_t ended_column; /* where it failed or ended before the others;
				HEAT_COLUMNS: nowhere in the window */
	char *ended; /* "killed by SIGTERM", "cut off", "status 1", "early";
			"cut off after 12 s" beside the window; or NULL */
	float cells[HEAT_COLUMNS]; /* highest MiB in that part of the time axis;
				      negative: not measured */
};

struct scene_heat {
	ARRAY(struct scene_heat_row *) rows; /* from top to bottom */
	double high_mib; /* memory of the strongest colour */
};

#endif
