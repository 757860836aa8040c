/* SPDX-License-Identifier: MIT
 *
 * The findings of mprof doctor, one for each step of a hunt for a leak. Each is
 * the verdict of another room; nothing is judged here.
 */
#ifndef MPROF_COMMANDS_DOCTOR_H
#define MPROF_COMMANDS_DOCTOR_H

#include <stdbool.h>

#include "analysis/heap_growth.h"
#include "analysis/leak.h"
#include "analysis/lines.h"
#include "profile/profile.h"

enum { DOCTOR_TYPES = 3, DOCTOR_PLACES = 3 };

struct doctor_type {
	char *name, *held_by; /* held_by NULL: unknown */
	int64_t count, bytes; /* since the first reading */
};

struct doctor {
	/* From the recording: */
	char *path; /* NULL: no recording */
	bool has_leak;
	struct leak leak;
	char *leaking; /* process that leaks; NULL: none, or the total */
	char *places[DOCTOR_PLACES]; /* places that held most at the peak */
	enum memory_source source;   /* source of places; SOURCE_CLOCK: none */
	/* From the process that was read, or whose snapshots were read: */
	int pid, asked; /* 0: none */
	char *command;  /* NULL: unknown */
	bool is_python;
	char *trouble; /* why it could not be read; NULL: it could */
	struct heap_growth growth;
	struct doctor_type types[DOCTOR_TYPES];
	size_t len;     /* number of types */
	bool by_place;  /* no type grew in each step: types of the places that
			   grew from the first reading to the last */
	bool is_native; /* no object explains the growth */
	int64_t rss_kib, unexplained_kib; /* since the first reading */
};

/* Names, for each type, the place that grew most between two readings that both
 * have paths, or else the place that holds most. If no type grew in each step,
 * types are those of the places that grew most. */
void doctor_find_referrers(struct doctor *doctor, const struct heap *before,
    const struct heap *after) __attribute__((nonnull));

void doctor_print(const struct doctor *doctor) __attribute__((nonnull));
void doctor_write_json(const struct doctor *doctor) __attribute__((nonnull));

#endif
