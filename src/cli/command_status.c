// SPDX-License-Identifier: MIT
#include "cli/command_status.h"

#include <stdio.h>

int command_fail(enum command_status status, const struct err *e)
{
	fprintf(stderr, "mprof: %s\n", e->text);
	return status;
}
