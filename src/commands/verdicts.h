/* SPDX-License-Identifier: MIT
 *
 * Conditions and how they came out: as text, as JSON, as a JUnit file.
 */
#ifndef MPROF_COMMANDS_VERDICTS_H
#define MPROF_COMMANDS_VERDICTS_H

#include <stdbool.h>
#include <stdio.h>

#include "base/array.h"
#include "base/err.h"
#include "base/units.h"
#include "input/recording_set.h"

/* One condition and how it came out, for one run or for all. */
struct verdict {
	const char *name;                    /* the option without its dashes */
	const struct recording_set_run *run; /* NULL: all of them together */
	char figure[2 * UNITS_TEXT];         /* what was found */
	char limit[2 * UNITS_TEXT];          /* what was asked */
	char note[256]; /* how it was judged; may be empty */
	double value, bound;
	const char *unit;
	bool met;
	bool doubtful; /* met, as far as is known: --strict would fail */
};

struct verdicts {
	ARRAY(struct verdict) items;
	bool several; /* runs: each verdict says of which it is */
};

/* A new one at the end, good until the next. */
struct verdict *verdicts_add(struct verdicts *verdicts, const char *name,
    const char *unit, const struct recording_set_run *run)
    __attribute__((nonnull(1)));

bool verdicts_met(const struct verdicts *verdicts) __attribute__((nonnull));

/* A line each. */
void verdicts_print(const struct verdicts *verdicts, FILE *out)
    __attribute__((nonnull));

void verdicts_write_json(const struct verdicts *verdicts, FILE *out)
    __attribute__((nonnull));

/* -1 with e where the file can't be written. */
int verdicts_write_junit(const struct verdicts *verdicts, const char *path,
    struct err *e) __attribute__((nonnull, warn_unused_result));

#endif
