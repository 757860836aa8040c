/* SPDX-License-Identifier: MIT
 *
 * Memory over time: samples in the order they were recorded, 16 bytes each.
 */
#ifndef MPROF_PROFILE_SERIES_H
#define MPROF_PROFILE_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sample {
	double time_s; /* seconds since the epoch; always finite */
	double mib;    /* a measurement, see below, or made of some */
};

/* Whether it can be an amount of memory: from 0 to below 2^63 bytes. */
static inline bool is_measurement(double mib)
{
	return mib >= 0 && mib < (double)(UINT64_C(1) << 43);
}

struct series {
	struct sample *items;
	size_t len, cap;
	double stretch_s; /* of thinning: two samples stay for each stretch of
			   * that length; 0: none was thinned out */
	bool unsorted;    /* some time is before the one that precedes it */
};

void series_finish(struct series *series) __attribute__((nonnull));

/* Appends; a sample whose time is not finite or whose memory is no measurement
 * is left out. */
void series_add(struct series *series, double time_s, double mib)
    __attribute__((nonnull));

/* The same for a value that was made of measurements, as a difference or a
 * point of a trend: it may lie below 0. */
void series_add_derived(struct series *series, double time_s, double mib)
    __attribute__((nonnull));

/* Makes room for so many samples at once; what stays unused costs no memory
 * where it is much, only addresses. */
void series_reserve(struct series *series, size_t count)
    __attribute__((nonnull));

/* Puts the samples in order of time where they are not; equal times keep
 * their order. */
void series_sort(struct series *series) __attribute__((nonnull));

/* For a reader that has seen all of a file: drops the samples of 0 MiB that
 * stand last, in the file's order, since a recorder that reads a program as it
 * ends writes a row of zeros (often at time 0): no measurement, no drop. One
 * sample stays. Then puts the rest in order of time. */
void series_settle(struct series *series) __attribute__((nonnull));

/* Keeps at most so many samples of a sorted series: of each group of neighbours
 * the highest, and the first and the last of all. */
void series_thin(struct series *series, size_t most) __attribute__((nonnull));

/* The first sample with the highest memory; NULL where there is none. */
const struct sample *series_peak(const struct series *series)
    __attribute__((nonnull));

/* The index of the first sample at or after time_s in a sorted series; len
 * where there is none. */
size_t series_find(const struct series *series, double time_s)
    __attribute__((nonnull));

/* The samples from from_s to to_s, both included, of a sorted series: only to
 * be read, and no longer than the series is there. */
struct series series_part(const struct series *series, double from_s,
    double to_s) __attribute__((nonnull));

#endif
