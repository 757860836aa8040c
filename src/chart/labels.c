// SPDX-License-Identifier: MIT
#include "chart/labels.h"

#include <stdlib.h>
#include <string.h>

/* Order by the names read from their ends: names that share a tail become
 * neighbours, and only neighbours need to be compared. */
static int compare_tails(const void *a, const void *b)
{
	const char *x = ((const struct label *)a)->name;
	const char *y = ((const struct label *)b)->name;
	size_t i = strlen(x), k = strlen(y);

	while (i > 0 && k > 0 && x[i - 1] == y[k - 1]) {
		i--;
		k--;
	}
	if (i == 0 || k == 0)
		return (i > 0) - (k > 0);
	return (unsigned char)x[i - 1] < (unsigned char)y[k - 1] ? -1 : 1;
}

static int labels_compare_names(const void *a, const void *b)
{
	return strcmp(
	    ((const struct label *)a)->name, ((const struct label *)b)->name);
}

/* How many whole parts, from the end, two different names share. */
static size_t shared_parts(const char *x, const char *y)
{
	size_t i = strlen(x), k = strlen(y), parts = 0;

	while (i > 0 && k > 0 && x[i - 1] == y[k - 1]) {
		i--;
		k--;
		if (x[i] == '.')
			parts++;
	}
	/* a part ends where a dot or the name's start is, on both sides */
	if ((i == 0 || x[i - 1] == '.') && (k == 0 || y[k - 1] == '.') &&
	    x[i] != '.')
		parts++;
	return parts;
}

static const char *last_parts(const char *name, size_t parts)
{
	const char *at = name + strlen(name);

	while (at > name) {
		if (at[-1] == '.' && --parts == 0)
			break;
		at--;
	}
	return at;
}

static size_t max_size(size_t a, size_t b)
{
	return a > b ? a : b;
}

void labels_choose(struct label *labels, size_t count)
{
	size_t shared = 0;

	if (count == 0)
		return;
	qsort(labels, count, sizeof(labels[0]), compare_tails);
	for (size_t i = 0, next; i < count; i = next) {
		size_t before = shared;

		next = i + 1;
		while (next < count &&
		       strcmp(labels[i].name, labels[next].name) == 0)
			next++;
		shared = next < count
			     ? shared_parts(labels[i].name, labels[next].name)
			     : 0;
		for (size_t k = i; k < next; k++)
			labels[k].label = last_parts(
			    labels[k].name, max_size(before, shared) + 1);
	}
	qsort(labels, count, sizeof(labels[0]), labels_compare_names);
}

const char *labels_find(
    const struct label *labels, size_t count, const char *name)
{
	struct label key = {.name = name};
	const struct label *found = bsearch(
	    &key, labels, count, sizeof(labels[0]), labels_compare_names);

	return found ? found->label : name;
}
