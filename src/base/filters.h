/* SPDX-License-Identifier: MIT
 *
 * Filters of system calls (seccomp). Also for the library in the program, which
 * may make no call that such a filter could forbid.
 */
#ifndef MPROF_BASE_FILTERS_H
#define MPROF_BASE_FILTERS_H

#include <string.h>

#include "base/digits.h"

/* The number of filters that a process has, by the text of its
 * /proc/PID/status. Kernels before 5.9 tell only whether there is one: 1. */
static inline int filters_in(const char *status)
{
	const char *mode = strstr(status, "\nSeccomp:\t");
	const char *count = strstr(status, "\nSeccomp_filters:\t");
	uint64_t filters =
	    count ? digits_at(count + strlen("\nSeccomp_filters:\t")) : 0;

	if (!mode || mode[strlen("\nSeccomp:\t")] == '0')
		return 0;
	return filters > 0 ? (int)filters : 1;
}

#endif
