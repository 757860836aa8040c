/* SPDX-License-Identifier: MIT
 *
 * Memory over time: samples in the order they were recorded, 16 bytes each.
 */
#ifndef MPROF_PROFILE_SERIES_H
#define MPROF_PROFILE_SERIES_H

#include <stdbool.h>
#include <stddef.h>

struct sample {
	double time_s; /* seconds since the epoch; always finite */
	double mib;    /* a measurement, or derived from some; see below */
};

struct series {
	struct sample *items;
	size_t len, cap;
	double stretch_s; /* length of the stretches of which thinning kept two
			     samples; 0: not thinned */
	bool unsorted;    /* some sample is earlier than the one before it */
};

/* A part of the time, both ends included. */
struct window {
	double from_s, to_s;
};

void series_finish(struct series *series) __attribute__((nonnull));

/* Whether it can be an amount of memory: from 0 to below 2^63 bytes. */
bool series_is_measurement(double mib) __attribute__((const));

/* Appends a sample; ignores one whose time is not finite or whose memory is no
 * measurement. */
void series_add(struct series *series, double time_s, double mib)
    __attribute__((nonnull));

/* The same for several. */
void series_add_all(struct series *series, const struct sample *samples,
    size_t count) __attribute__((nonnull));

/* The same for a value derived from measurements, such as a difference or a
 * point of a trend: it may be negative. */
void series_add_derived(struct series *series, double time_s, double mib)
    __attribute__((nonnull));

/* Reserves room for that many samples; what stays unused takes addresses, but
 * no memory where it is much. */
void series_reserve(struct series *series, size_t count)
    __attribute__((nonnull));

/* Sorts the samples by time where needed; equal times keep their order. */
void series_sort(struct series *series) __attribute__((nonnull));

/* For a reader at the end of a file: removes the last samples, in the file's
 * order, that are 0 MiB: a recorder that reads a program as it ends writes a
 * row of zeros (often at time 0), which is no measurement and no drop. One
 * sample stays. Then sorts by time. */
void series_settle(struct series *series) __attribute__((nonnull));

/* Keeps at most that many samples of a sorted series: the highest of each group
 * of neighbours, and the first and the last. */
void series_thin(struct series *series, size_t most) __attribute__((nonnull));

/* The first sample with the highest memory; NULL without samples. */
const struct sample *series_peak(const struct series *series)
    __attribute__((nonnull));

/* The last sample at or before time_s in a sorted series that is not empty; the
 * first where all are later. */
const struct sample *series_at(const struct series *series, double time_s)
    __attribute__((nonnull, pure));

/* The index of the first sample at or after time_s in a sorted series; len if
 * there is none. */
size_t series_find(const struct series *series, double time_s)
    __attribute__((nonnull));

/* The samples from from_s to to_s, both included, of a sorted series:
 * read-only, and valid as long as series. */
struct series series_part(const struct series *series, double from_s,
    double to_s) __attribute__((nonnull));

#endif
