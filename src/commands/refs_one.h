/* SPDX-License-Identifier: MIT
 *
 * One object of a live Python program and its neighbourhood: referrers and
 * referents, some steps far, object by object.
 */
#ifndef MPROF_COMMANDS_REFS_ONE_H
#define MPROF_COMMANDS_REFS_ONE_H

#include "commands/refs.h"

/* Chooses an object among those of refs_find() by word: its number in their
 * order, from 0, or its address. -1 with e. */
int refs_one_choose(struct refs *refs, const char *word, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* Both show the object refs->chosen and its neighbourhood, refs->depth steps
 * far, with the first refs->count references of each object. */
void refs_one_print(const struct refs *refs) __attribute__((nonnull));
void refs_one_write_json(const struct refs *refs) __attribute__((nonnull));

/* Fills a zeroed graph. */
void refs_one_draw(const struct refs *refs, struct graph *graph)
    __attribute__((nonnull));

#endif
