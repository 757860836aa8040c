/* SPDX-License-Identifier: MIT
 *
 * The resident memory of this process, as statm has it: the same figure that
 * the recorder samples. A read on a kept descriptor costs half a microsecond,
 * and sees memory that was given back, which the count of page faults does
 * not: so there is no cache that could be wrong.
 */
#ifndef MPROF_PYTHON_AGENT_RSS_H
#define MPROF_PYTHON_AGENT_RSS_H

#include <stdint.h>

/* Pages; 0 where /proc is out of reach. */
int64_t rss_pages(void);

/* MiB of so many pages (which may be a difference, so less than none). */
double rss_mib(int64_t pages);

/* Closes what is kept open, which the next look opens anew: in a child after
 * fork it shows the parent. */
void rss_close(void);

#endif
