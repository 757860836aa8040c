/* SPDX-License-Identifier: MIT
 *
 * The counts of a LineProfiler: a line table for each of its functions, over
 * everything that runs on the thread where it is enabled. Several may be
 * enabled at once.
 */
#ifndef MPROF_PYTHON_AGENT_TALLY_H
#define MPROF_PYTHON_AGENT_TALLY_H

#include <stdbool.h>

#include "python/agent/table.h"

struct reader;
struct tally;

/* A frame begins at the line, goes on to it, or ends. */
enum tally_event { TALLY_FRAME, TALLY_LINE, TALLY_RETURN };

/* NULL where there is no memory. */
struct tally *tally_create(void);

/* It must be enabled on no thread. */
void tally_destroy(struct tally *tally);

/* Adds a function. Returns its number; -1 where there is no memory. The tally
 * owns the reader (NULL: RSS) from now on. Code objects, which the caller keeps
 * alive, are added one by one. */
long tally_add_function(
    struct tally *tally, long first_line, struct reader *reader);
int tally_add_code(struct tally *tally, long function, const void *code);

/* NULL where there is no function of that number. */
const struct line_table *tally_table(const struct tally *tally, long function);

/* Starts and stops counting on this thread; frames that still run end then.
 * False where it counts on another thread, and goes on. */
void tally_enable(struct tally *tally);
bool tally_disable(struct tally *tally);

/* Whether any tally counts on this thread; whether any counts that code. */
bool tally_any(void);
bool tally_counts(const void *code);

/* Passes an event to those that count on this thread; to one, whether it counts
 * or not. */
void tally_notify_all(enum tally_event event, const void *code, long line);
void tally_notify(
    struct tally *tally, enum tally_event event, const void *code, long line);

#endif
