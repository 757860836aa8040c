/* SPDX-License-Identifier: MIT
 *
 * The dominators of a graph of references: an object's is the last one that
 * every way to it from the roots goes through. All that an object dominates
 * goes when it goes, and the sum of its sizes is what it retains.
 *
 * Found by the algorithm of Lengauer and Tarjan, in its simple form with path
 * compression ("A fast algorithm for finding dominators in a flowgraph", ACM
 * TOPLAS 1(1), 1979): of the order of references times the logarithm of
 * objects, whatever the graph is.
 */
#ifndef MPROF_PYTHON_REFS_DOMINATORS_H
#define MPROF_PYTHON_REFS_DOMINATORS_H

#include "python/refs/references.h"

struct dominators {
	uint32_t *of; /* immediate dominator of each object; REFERENCES_NONE: no
			 single one */
	/* Memory retained by each object, including itself. */
	uint64_t *retained;
};

/* references must be indexed. Roots are the objects whose entry in roots is not
 * zero, those without referrers, and the first of each group that is not
 * reached from there. sizes are in bytes. The caller finishes. */
void dominators_find(struct dominators *dominators,
    const struct references *references, const uint8_t *roots,
    const uint64_t *sizes) __attribute__((nonnull));
void dominators_finish(struct dominators *dominators) __attribute__((nonnull));

#endif
