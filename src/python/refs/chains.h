/* SPDX-License-Identifier: MIT
 *
 * The reference chains that keep objects alive: from an object back to the
 * roots, which are the program's modules and running frames.
 * A link of a chain is an object in it, with the reference by which the link
 * above holds it.
 *
 * A breadth-first search from all roots at once (Moore, 1959) gives every
 * object a shortest path. Each reference to a wanted object begins a chain, to
 * its referrer and along the referrer's path, unless that leads through the
 * object itself. If a referrer on that path is data (a list, an instance) and
 * has others itself, each of these begins a chain as well, a few steps up.
 * Chains of the same types and names are one: equal links are numbered from the
 * root on (hash-consing).
 *
 * List indices and dict keys don't distinguish chains, but names do: of
 * attributes, of a module's and a frame's variables. The __dict__ of anything
 * but a module is folded into its owner. A link that repeats a third time (a
 * linked list, a tree) represents all that follow.
 */
#ifndef MPROF_PYTHON_REFS_CHAINS_H
#define MPROF_PYTHON_REFS_CHAINS_H

#include "python/refs/dominators.h"
#include "python/refs/references.h"

enum chain_root {
	CHAIN_INSIDE, /* no root: held by other such objects, if at all */
	CHAIN_MODULE,
	CHAIN_FRAME,   /* a running function */
	CHAIN_TYPE,    /* a static type, which is never freed */
	CHAIN_OUTSIDE, /* no object holds it, but C code */
	CHAIN_THREAD,
	CHAIN_GREENLET,
	CHAIN_TASK, /* asyncio's */
	CHAIN_CYCLE /* held by its own kind only: left to the collector */
};

#define CHAIN_NONE UINT32_MAX

/* A position in chains, from the root down: links 0 to the wanted object's. */
struct chain_link {
	uint32_t parent; /* link above; CHAIN_NONE: it is a root */
	uint32_t type;
	uint32_t kind;     /* enum reference_kind; of a root, enum chain_root */
	uint32_t label;    /* of a reference that has a name; else 0 */
	uint32_t object;   /* an object at this link */
	uint32_t detail;   /* of the reference to that object */
	uint32_t depth;    /* number of links above */
	bool varies;       /* other objects' detail differs */
	bool repeated;     /* stands for further links of its kind */
	bool many;         /* other objects are at this link, too */
	size_t objects;    /* objects whose shortest way ends here */
	uint64_t retained; /* by these objects; needs dominators */
	size_t again;  /* of objects, those that are nearer elsewhere; referents
			  only */
	uint32_t same; /* link of all those; CHAIN_NONE: several */
};

struct chain {
	/* The wanted object's link, at the end of depth + 1 links. */
	uint32_t link;
	size_t objects;    /* wanted objects that it holds */
	size_t shared;     /* number of these that another chain holds, too */
	uint64_t retained; /* memory that its root's variable retains:
			      chains_retained() */
	bool is_cache;     /* it ends in a cache of the interpreter or of a
			      library */
	size_t named;      /* of a chain that begins at no name: number of its
			      objects that one with a name holds, too */
	size_t rank;       /* the chains are in order of this */
	uint32_t number;   /* members refer to the chain by it, in any order */
};

/* A wanted object that a chain holds. */
struct chain_member {
	uint32_t number, object;
};

struct chains_request {
	const struct references *references; /* indexed */
	const uint32_t *types;               /* number of each object's type */
	/* Kind of each object's root: MODULE, FRAME, TYPE or INSIDE. */
	const uint8_t *roots;
	/* Root that stands for each object's; NULL: none. */
	const uint32_t *alike;
	const uint32_t *wanted;
	size_t wanted_len;
	uint32_t depth;     /* chains that agree for this many links are one; at
			       least 1 */
	const bool *splits; /* types of data, which several objects may hold;
			       NULL: none */
	const uint64_t *sizes; /* size of each object, for chains_places() */
	/* NULL: retained memory is not computed. */
	const struct dominators *dominators;
	bool with_members;
};

struct chains {
	ARRAY(struct chain_link) links;
	/* The chain that holds most is first, but behind chains with names that
	 * hold all its objects. */
	ARRAY(struct chain) items;
	/* Only with_members; those of an object are neighbours. */
	ARRAY(struct chain_member) members;
};

/* Fills chains, which the caller finishes. */
void chains_find(struct chains *chains, const struct chains_request *request)
    __attribute__((nonnull));

/* The link that stands for a chain's root: the variable of a module or of a
 * running function, or the objects that nothing holds. */
const struct chain_link *chains_variable(
    const struct chains *chains, uint32_t at) __attribute__((nonnull));

/* Size retained by that. Needs dominators. */
uint64_t chains_retained(const struct chains *chains,
    const struct dominators *dominators, uint32_t at) __attribute__((nonnull));

/* The other direction: links are objects that the wanted ones refer to, with
 * their number, down to depth. An object counts once at each position where it
 * is held, and is followed at the nearest; modules and types are not followed.
 * items stays empty. */
void chains_referents(struct chains *chains,
    const struct chains_request *request) __attribute__((nonnull));

/* Fills the links alone: each object is at the link of its shortest way, and
 * retained is the size of the objects there. wanted, splits and depth are not
 * used. */
void chains_places(struct chains *chains, const struct chains_request *request)
    __attribute__((nonnull));

void chains_finish(struct chains *chains) __attribute__((nonnull));

#endif
