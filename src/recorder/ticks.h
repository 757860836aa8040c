/* SPDX-License-Identifier: MIT
 *
 * Computes when the next sample is due: absolute deadlines at a fixed
 * interval. Pure arithmetic on nanoseconds of a monotonic clock.
 */
#ifndef MPROF_RECORDER_TICKS_H
#define MPROF_RECORDER_TICKS_H

#include <stdint.h>

struct ticks {
	int64_t asked_ns;    /* the interval that was asked for */
	int64_t interval_ns; /* present interval: asked_ns, or longer */
	int64_t due_ns;
	int64_t cost_ns;     /* smoothed cost of a sample */
	double max_overhead; /* 0: none */
	uint64_t missed;
};

/* The first sample is due at once. */
void ticks_init(struct ticks *ticks, int64_t now_ns, int64_t interval_ns,
    double max_overhead);

/* A sample was taken from begun_ns to now_ns: the next is due an interval
 * later. Of deadlines that have passed by now_ns, the last one is still served,
 * late, and those before it are missed. Where several had passed before the
 * sample began, it stands for the last of them. */
void ticks_advance(struct ticks *ticks, int64_t begun_ns, int64_t now_ns);

/* Starts anew from now_ns: this process was stopped, no deadline was missed. */
void ticks_resume(struct ticks *ticks, int64_t now_ns);

/* cost_ns is the processor time of the last sample. Lengthens the interval so
 * that samples cost at most max_overhead, or shortens it again. */
void ticks_pace(struct ticks *ticks, int64_t cost_ns);

#endif
