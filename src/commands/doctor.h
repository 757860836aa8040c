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
	char *name, *held_by; /* held_by NULL: not known */
	int64_t count, bytes; /* since the first look */
};

struct doctor {
	/* The recording. */
	char *path; /* NULL: there is none */
	bool has_leak;
	struct leak leak;
	char *leaking; /* the process that leaks; NULL: none, or the total */
	char *places[DOCTOR_PLACES]; /* that held most at the peak */
	enum memory_source source;   /* of the places; SOURCE_CLOCK: none */
	/* The process that was looked at, or is in snapshots. */
	int pid, asked; /* 0: none */
	char *command;  /* NULL: not known */
	bool is_python;
	char *trouble; /* why it could not be looked at; NULL: it could */
	struct heap_growth growth;
	struct doctor_type types[DOCTOR_TYPES];
	size_t len;                       /* of types */
	bool is_native;                   /* no object explains what came */
	int64_t rss_kib, unexplained_kib; /* since the first look */
};

/* Names for each type the place that got most of its objects between two looks,
 * which both have their paths; or else the one that holds most. */
void doctor_find_holders(struct doctor *doctor, const struct heap *before,
    const struct heap *after) __attribute__((nonnull));

void doctor_print(const struct doctor *doctor) __attribute__((nonnull));
void doctor_write_json(const struct doctor *doctor) __attribute__((nonnull));

#endif
