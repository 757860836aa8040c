/* SPDX-License-Identifier: MIT
 *
 * The resident memory of this process, from statm: the figure that the
 * recorder samples, too. A read on a kept descriptor takes half a microsecond
 * to somewhat more than one, and sees memory that was given back, which the
 * count of page faults does not show.
 */
#ifndef MPROF_PYTHON_AGENT_RSS_H
#define MPROF_PYTHON_AGENT_RSS_H

#include <stdint.h>

/* Pages; 0 where /proc can't be read. */
int64_t rss_pages(void);

/* The last reading, its time, and the time when the clock was last read. */
struct rss_reading {
	int64_t pages;
	int64_t read_ns, asked_ns;
};

/* Reads now, whatever was read before. */
void rss_begin(struct rss_reading *reading);

/* Pages, read again unless so little time has passed that this thread can't
 * have entered the kernel to get a page or to give one back. Changes by other
 * threads and the kernel are seen some microseconds later at most. */
int64_t rss_pages_since(struct rss_reading *reading);

/* MiB of a number of pages, which may be a negative difference. */
double rss_mib(int64_t pages);

/* Closes the descriptor, which the next reading opens again: after a fork it
 * shows the parent's memory. */
void rss_close(void);

#endif
