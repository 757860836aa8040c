/* SPDX-License-Identifier: MIT
 *
 * The places where memory grew, by stacks sampled on the clock: between two
 * samples of a process, its growth is attributed to what ran at the second
 * one. So the memory of a quick line is attributed to a slow one that runs
 * after it, whatever the number of samples, and growth that is given back
 * between two samples is not seen. Only sampled allocations tell who holds
 * memory (held.h).
 */
#ifndef MPROF_ANALYSIS_LINES_H
#define MPROF_ANALYSIS_LINES_H

#include "profile/profile.h"

/* Source of figures. */
enum memory_source {
	SOURCE_CLOCK,  /* stacks read when a sample was due */
	SOURCE_HELD,   /* sampled allocations */
	SOURCE_TOUCHED /* sampled page faults */
};

/* The growth of one distinct stack of a run. */
struct stack_growth {
	const struct stack *stack;
	double mib; /* net of what was given back */
	size_t samples;
	/* As in struct held_stack; of held and touched memory alone. */
	size_t process;
	int pid;
};

struct stack_growths {
	ARRAY(struct stack_growth) items;
	size_t samples; /* of all stacks */
	/* Totals of every view: growth of the stacks that grew, and what the
	 * others gave back, not negative. Lines and functions are sums of
	 * stacks. */
	double grown_mib, given_mib;
	enum memory_source source;
	size_t touched; /* this many, at the beginning, are from page faults */
};

/* Sentences that tell users how to read a source's figures. */
#define LINES_TOUCHED                                                    \
	"Touched: resident memory is credited to the code that used it " \
	"first; code that reuses freed memory is not seen."
#define LINES_HELD "Sampled allocations that were not freed."

/* Holds for all growth on the clock. */
#define LINES_ON_THE_CLOCK                                                     \
	"On the clock: growth is credited to the code that ran when a sample " \
	"was taken, so a slow line gets that of a quick one before it."

/* Adds the sampled stacks of a run, except those without frames. Stacks are
 * borrowed from the profile. */
void stack_growths_add(struct stack_growths *growths, const struct run *run)
    __attribute__((nonnull));
void stack_growths_finish(struct stack_growths *growths)
    __attribute__((nonnull));

enum lines_by { LINES_BY_LINE, LINES_BY_FUNCTION, LINES_BY_FILE };

struct lines_row {
	const char *file, *function; /* borrowed; function "" by file */
	int line;                    /* 0 by function and by file */
	double mib;
	size_t samples;
};

struct lines {
	ARRAY(struct lines_row) rows;
	double grown_mib, given_mib; /* as in stack_growths */
	size_t samples;
};

/* Sums by innermost frame, sorted by growth. The caller finishes lines, whose
 * rows borrow from the profile. */
void lines_sum(struct lines *lines, const struct stack_growths *growths,
    enum lines_by by) __attribute__((nonnull));

/* The lines of one file (given by the end of its path: "views.py") in order,
 * each with its calls: once for every stack that it is in. */
void lines_of_file(struct lines *lines, const struct stack_growths *growths,
    const char *file) __attribute__((nonnull));

void lines_finish(struct lines *lines) __attribute__((nonnull));

#endif
