/* SPDX-License-Identifier: MIT
 *
 * The resident memory of this process, as statm has it: the same figure that
 * the recorder samples. A read on a kept descriptor costs between half a
 * microsecond and more than one, and sees memory that was given back, which
 * the count of page faults does not.
 */
#ifndef MPROF_PYTHON_AGENT_RSS_H
#define MPROF_PYTHON_AGENT_RSS_H

#include <stdint.h>

/* Pages; 0 where /proc is out of reach. */
int64_t rss_pages(void);

/* The last reading, its time, and the time of the last look at the clock. */
struct rss_reading {
	int64_t pages;
	int64_t read_ns, looked_ns;
};

/* Reads now, whatever was read before. */
void rss_begin(struct rss_reading *reading);

/* Pages, read anew unless so little time has passed since the last look that
 * this thread can't have entered the kernel to get a page or to give one back.
 * What other threads and the kernel itself do is seen some microseconds later
 * at the latest. */
int64_t rss_pages_since(struct rss_reading *reading);

/* MiB of so many pages (which may be a difference, so less than none). */
double rss_mib(int64_t pages);

/* Closes what is kept open, which the next look opens anew: in a child after
 * fork it shows the parent. */
void rss_close(void);

#endif
