/* SPDX-License-Identifier: MIT
 *
 * Short names for functions: the last part of a dotted name, with as many
 * parents as it takes to tell it from every other name.
 */
#ifndef MPROF_CHART_LABELS_H
#define MPROF_CHART_LABELS_H

#include <stddef.h>

struct label {
	const char *name;  /* the full name, borrowed */
	const char *label; /* a tail of it */
};

/* Fills in the labels of count names, which may be equal to each other, and
 * sorts the rows by strcmp() of their names. */
void labels_choose(struct label *labels, size_t count);

/* The label of a name that is among rows of labels_choose(). */
const char *labels_find(
    const struct label *labels, size_t count, const char *name);

#endif
