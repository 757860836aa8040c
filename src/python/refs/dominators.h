/* SPDX-License-Identifier: MIT
 *
 * The dominators of a reference graph: the immediate dominator of an object is
 * the last one on every path to it from the roots. All objects that an object
 * dominates are freed with it, and the sum of their sizes is what it retains.
 *
 * Found by the algorithm of Lengauer and Tarjan, in its simple form with path
 * compression ("A fast algorithm for finding dominators in a flowgraph", ACM
 * TOPLAS 1(1), 1979): O(references times log objects) for any graph.
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
