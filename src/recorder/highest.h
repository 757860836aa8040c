/* SPDX-License-Identifier: MIT
 *
 * The highest sample since a high-water mark was last read: where that is found
 * to have risen, the peak lies between then and now, and this is the best guess
 * at its moment. Of one process, or of a control group.
 */
#ifndef MPROF_RECORDER_HIGHEST_H
#define MPROF_RECORDER_HIGHEST_H

#include <stdint.h>

/* Times are a sink's; zeroed before the first sample. */
struct highest {
	int64_t kib; /* -1: none since */
	int64_t time_ns, since_ns;
};

/* The mark has just been read; kib is a sample of this moment, -1: none was
 * taken. */
static inline void highest_restart(
    struct highest *highest, int64_t kib, int64_t now_ns)
{
	*highest = (struct highest){kib, now_ns, now_ns};
}

static inline void highest_take(
    struct highest *highest, int64_t kib, int64_t now_ns)
{
	if (kib <= highest->kib)
		return;
	highest->kib = kib;
	highest->time_ns = now_ns;
}

/* A high-water mark that was read, -1 KiB where none was, and the highest
 * sample since it was read before. */
struct high_water_mark {
	int64_t kib;
	struct highest high;
};

#endif
