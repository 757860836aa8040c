/* SPDX-License-Identifier: MIT
 *
 * The memory that is held: sampled allocations that existed at a moment, by
 * the stacks under which they were made. An allocation of s bytes was sampled
 * with probability p and represents s / p = w bytes, so the variance of a sum
 * is that of Horvitz and Thompson (1952), the sum of w (w - s).
 */
#ifndef MPROF_ANALYSIS_HELD_H
#define MPROF_ANALYSIS_HELD_H

#include "analysis/lines.h"
#include "profile/profile.h"

/* Counts allocations that were made between from_s and to_s and still held at
 * at_s. */
struct held_part {
	double from_s, to_s, at_s;
	/* Also counts what a process that ended at at_s held until then. */
	bool until_end;
	enum memory_source source; /* held; or touched and resident */
	/* Only readings are exact. The first one from at_s on: what it no
	 * longer had, though its process went on, is not counted. 0: all is. */
	double read_s;
};

/* One stack in one process. */
struct held_stack {
	const struct stack *stack;
	size_t process; /* see run_assign() */
	int pid;        /* 0: the launched program */
	double mib, variance;
	size_t samples;
};

struct held {
	const struct run *run;
	struct held_part part;
	ARRAY(struct held_stack) items;
	double mib, variance;
	size_t samples;
};

/* Sampled allocations, if the run has any; otherwise page faults or the clock,
 * whichever accounts for more memory. */
enum memory_source held_source(const struct run *run) __attribute__((nonnull));

/* Everything that was held, by its source, when the run's total was highest;
 * where no sample was near the peak, when the most was held. */
struct held_part held_at_peak(const struct run *run) __attribute__((nonnull));

/* When most was held, by that source, and how much; 0 MiB where nothing was. */
struct sample held_at_most(const struct run *run, enum memory_source source)
    __attribute__((nonnull));

/* Moves the part to the sample of the total at which most was held of what was
 * made from its from_s on, if anything was. */
void held_part_to_most(struct held_part *part, const struct run *run)
    __attribute__((nonnull));

/* The caller finishes; stacks are borrowed from the run. */
void held_init(struct held *held, const struct run *run,
    const struct held_part *part) __attribute__((nonnull));
void held_finish(struct held *held) __attribute__((nonnull));

/* The sampling error: one standard deviation. */
double held_error(double variance);

/* Converts to stack growths, for charts and lists of these; if is_all, also
 * what has no frames. The caller finishes. */
void held_growths(struct stack_growths *growths, const struct held *held,
    bool is_all) __attribute__((nonnull));

enum held_by {
	HELD_BY_LINE,
	HELD_BY_FUNCTION,
	HELD_BY_FILE,
	HELD_BY_MODULE,
	HELD_BY_PROCESS
};

struct held_wish {
	enum held_by by;
	bool leaf;    /* the innermost frame leads, instead of the user's own */
	bool imports; /* count imports by line, not as one */
	bool native;  /* the Python line leads, and the calls below it follow */
};

struct held_row {
	char *file, *function; /* "" where not part of the key */
	int line;              /* 0: none */
	char *below;           /* with native, by origin_below(); else "" */
	char *in;              /* library that allocated most of it; "" */
	double in_mib;
	double mib, variance;
	size_t samples;
	double touched_mib; /* from the growths shown beside it; NAN: unknown */
};

struct held_rows {
	ARRAY(struct held_row) items; /* sorted, the largest first */
};

/* growths are shown beside the rows: touched, or on the clock; NULL: none. */
void held_rows_init(struct held_rows *rows, const struct held *held,
    const struct stack_growths *growths, const struct held_wish *wish)
    __attribute__((nonnull(1, 2, 4)));
/* Up to count places that held most when the total was highest, the largest
 * first: "39 MiB of 47 MiB by churn.c:6 view"; NULL after the last. The caller
 * frees each. */
void held_places(const struct run *run, char **places, size_t count)
    __attribute__((nonnull));
void held_rows_finish(struct held_rows *rows) __attribute__((nonnull));

#endif
