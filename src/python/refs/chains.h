/* SPDX-License-Identifier: MIT
 *
 * What keeps objects alive: the chains of references from them back to where
 * a program begins to hold things, its modules and running frames.
 *
 * One search in breadth from all of those at once (Moore's, 1959) gives every
 * object a shortest way back. Each reference to a wanted object begins a
 * chain, on to its holder and along the holder's way, unless that leads
 * through the object itself. Where a holder on that way is data (a list, an
 * instance) and held by others too, each of those begins a chain as well, a
 * few steps up. Chains of the same types and names are one: they
 * are found by numbering equal links from the root on (hash-consing).
 *
 * Indices of lists and keys of dicts tell no chains apart, names do: those of
 * attributes, of a module's variables, of a frame's. The __dict__ of anything
 * but a module is folded into its owner. A link that comes round a third time
 * (a linked list, a tree) stands for all that follow.
 */
#ifndef MPROF_PYTHON_REFS_CHAINS_H
#define MPROF_PYTHON_REFS_CHAINS_H

#include "python/refs/dominators.h"
#include "python/refs/references.h"

enum chain_root {
	CHAIN_INSIDE, /* none: held by others, if at all */
	CHAIN_MODULE,
	CHAIN_FRAME,   /* a function that runs */
	CHAIN_TYPE,    /* a type of C's, which is never freed */
	CHAIN_OUTSIDE, /* no object holds it: C code does */
	CHAIN_THREAD,
	CHAIN_GREENLET,
	CHAIN_TASK, /* of asyncio */
	CHAIN_CYCLE /* only its own kind does: left to the collector */
};

#define CHAIN_NONE UINT32_MAX

/* A place in chains, seen from the root: link 0 up to the wanted object's. */
struct chain_link {
	uint32_t parent; /* the link that holds it; CHAIN_NONE: it is a root */
	uint32_t type;
	uint32_t kind;   /* enum reference_kind, or enum chain_root of a root */
	uint32_t label;  /* of references that have names; else 0 */
	uint32_t object; /* one that stands there */
	uint32_t detail; /* of the reference to that one */
	uint32_t depth;  /* links above */
	bool varies;     /* another one's differs */
	bool repeated;   /* stands for further ones of its kind */
	bool many;       /* other objects stand there too */
	size_t objects;  /* whose nearest way ends there */
	uint64_t retained; /* by these, with dominators alone */
	size_t again;  /* referents alone: of the objects, stand nearer too, */
	uint32_t same; /* all of them at this link; CHAIN_NONE: at several */
};

struct chain {
	uint32_t link;     /* the wanted object's, last of depth + 1 */
	size_t objects;    /* wanted ones that it holds */
	size_t shared;     /* of them are held by another chain too */
	uint64_t retained; /* by its root's variable: chains_retained() */
	bool is_cache;     /* of the interpreter or of a library */
	uint32_t number;   /* by which members name it, in whatever order */
};

/* A wanted object that a chain holds. */
struct chain_member {
	uint32_t number, object;
};

struct chains_request {
	const struct references *references; /* indexed */
	const uint32_t *types;               /* of each object: a number */
	const uint8_t *roots;  /* of each object: MODULE, FRAME, TYPE, INSIDE */
	const uint32_t *alike; /* the root that stands for each; NULL: none */
	const uint32_t *wanted;
	size_t wanted_len;
	uint32_t depth;     /* chains that agree so far are one; at least 1 */
	const bool *splits; /* of each type: it is data, which several may
			     * hold; NULL: none is */
	const uint64_t *sizes; /* of each object: for chains_places() */
	const struct dominators *dominators; /* NULL: nothing is known of what
					      * objects retain */
	bool with_members;
};

struct chains {
	ARRAY(struct chain_link) links;
	ARRAY(struct chain) items; /* that which holds most comes first */
	ARRAY(struct chain_member)
	members; /* with_members alone: those of an
		  * object are neighbours */
};

/* Fills chains, which the caller finishes. */
void chains_find(struct chains *chains, const struct chains_request *request)
    __attribute__((nonnull));

/* The link that goes with the root of a chain: the variable of a module or of a
 * function that runs, or the objects that nothing holds. */
const struct chain_link *chains_variable(
    const struct chains *chains, uint32_t at) __attribute__((nonnull));

/* The size that goes with that. With dominators alone. */
uint64_t chains_retained(const struct chains *chains,
    const struct dominators *dominators, uint32_t at) __attribute__((nonnull));

/* The other way: links are what the wanted objects hold, with how many there
 * are of each, down to depth. An object counts once at each place where it is
 * held, and is looked into where it is nearest; modules and types are not
 * looked into. items stays empty. */
void chains_referents(struct chains *chains,
    const struct chains_request *request) __attribute__((nonnull));

/* Fills the links alone: each object stands at that of its nearest way, and
 * retained are the sizes of those that stand there. wanted, splits and depth
 * are not looked at. */
void chains_places(struct chains *chains, const struct chains_request *request)
    __attribute__((nonnull));

void chains_finish(struct chains *chains) __attribute__((nonnull));

#endif
