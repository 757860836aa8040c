/* SPDX-License-Identifier: MIT
 *
 * Chains of one process that are one to the reader, such as those of several
 * keys, added up: whatever two of them share counts once.
 */
#ifndef MPROF_PYTHON_REFS_CHAINS_MERGE_H
#define MPROF_PYTHON_REFS_CHAINS_MERGE_H

#include "python/refs/chains.h"

/* Adds to the figures of each row, of which there are len, the objects of its
 * chains, those of them that another row has too, and what the variables retain
 * that the chains begin at. chains have members; rows has the row of each of
 * their items, as these stand now. */
void chains_merge(const struct chains *chains,
    const struct dominators *dominators, const uint32_t *rows,
    struct chain *figures, size_t len) __attribute__((nonnull));

#endif
