// SPDX-License-Identifier: MIT
#include "python/refs/dominators.h"

#include <stdlib.h>

#include "base/mem.h"

#define START 1 /* virtual vertex above all roots */

/* Vertices are numbered in the order of a depth-first search, beginning with
 * START; 0: none. Names are those of the paper. */
struct dominators_search {
	const struct references *references;
	uint32_t *number; /* by object; 0: not reached yet */
	uint32_t *vertex; /* object, by number */
	uint32_t *parent, *semi, *dominator;
	/* The paper's forest, with path compression. */
	uint32_t *ancestor, *label;
	uint32_t *bucket, *next;  /* lists, by number */
	uint32_t *next_reference; /* next reference to follow, by number */
	uint32_t *path;
	uint8_t *is_root; /* by object: START is its predecessor */
	/* Source of each reference, in the order of referrers. */
	uint32_t *from;
	uint32_t len; /* last number given */
};

static uint32_t *dominators_numbers(size_t count)
{
	return mem_zero(count + 2, sizeof(uint32_t));
}

static void dominators_reach(
    struct dominators_search *s, uint32_t object, uint32_t parent)
{
	uint32_t number = ++s->len;

	s->number[object] = number;
	s->vertex[number] = object;
	s->parent[number] = parent;
	s->semi[number] = s->label[number] = number;
	s->next_reference[number] = s->references->first[object];
}

/* Numbers all objects that can be reached from a root. */
static void dominators_search_from(struct dominators_search *s, uint32_t root)
{
	const struct references *references = s->references;
	uint32_t at;

	s->is_root[root] = 1;
	if (s->number[root])
		return;
	dominators_reach(s, root, START);
	at = s->len;
	while (at != START) {
		uint32_t end = references->first[s->vertex[at] + 1], to;

		if (s->next_reference[at] == end) {
			at = s->parent[at];
			continue;
		}
		to = references->to.items[s->next_reference[at]++];
		if (s->number[to])
			continue;
		dominators_reach(s, to, at);
		at = s->len;
	}
}

static void dominators_search_all(
    struct dominators_search *s, const uint8_t *roots)
{
	const uint32_t *first = s->references->first_referrer;
	size_t count = s->references->count;

	for (uint32_t i = 0; i < count; i++)
		if (roots[i] || first[i] == first[i + 1])
			dominators_search_from(s, i);
	for (uint32_t i = 0; i < count; i++)
		if (!s->number[i])
			dominators_search_from(s, i);
}

/* EVAL of the paper: the vertex with the least semidominator on the path up in
 * the forest, which is compressed. */
static uint32_t dominators_eval(struct dominators_search *s, uint32_t v)
{
	uint32_t len = 0;

	if (!s->ancestor[v])
		return v;
	for (uint32_t u = v; s->ancestor[s->ancestor[u]]; u = s->ancestor[u])
		s->path[len++] = u;
	while (len-- > 0) {
		uint32_t u = s->path[len], above = s->ancestor[u];

		if (s->semi[s->label[above]] < s->semi[s->label[u]])
			s->label[u] = s->label[above];
		s->ancestor[u] = s->ancestor[above];
	}
	return s->label[v];
}

/* Computes the semidominator of w from its predecessors. */
static void dominators_find_semi(struct dominators_search *s, uint32_t w)
{
	const uint32_t *first = s->references->first_referrer;
	uint32_t object = s->vertex[w];

	if (s->is_root[object])
		s->semi[w] = START;
	for (uint32_t i = first[object]; i < first[object + 1]; i++) {
		uint32_t u = dominators_eval(s, s->number[s->from[i]]);

		if (s->semi[u] < s->semi[w])
			s->semi[w] = s->semi[u];
	}
}

/* Gives the vertices whose semidominator is the parent their dominator, or a
 * vertex that has the same one. */
static void dominators_empty_bucket(
    struct dominators_search *s, uint32_t parent)
{
	for (uint32_t v = s->bucket[parent]; v; v = s->next[v]) {
		uint32_t u = dominators_eval(s, v);

		s->dominator[v] = s->semi[u] < s->semi[v] ? u : parent;
	}
	s->bucket[parent] = 0;
}

static void dominators_find_all(struct dominators_search *s)
{
	for (uint32_t w = s->len; w > START; w--) {
		dominators_find_semi(s, w);
		s->next[w] = s->bucket[s->semi[w]];
		s->bucket[s->semi[w]] = w;
		s->ancestor[w] = s->parent[w];
		dominators_empty_bucket(s, s->parent[w]);
	}
	for (uint32_t w = START + 1; w <= s->len; w++)
		if (s->dominator[w] != s->semi[w])
			s->dominator[w] = s->dominator[s->dominator[w]];
}

/* Sums up from the highest number down: an object's number is higher than its
 * dominator's. */
static void dominators_sum(struct dominators *dominators,
    const struct dominators_search *s, const uint64_t *sizes)
{
	for (size_t i = 0; i < s->references->count; i++)
		dominators->retained[i] = sizes[i];
	for (uint32_t w = s->len; w > START; w--) {
		uint32_t object = s->vertex[w], above = s->dominator[w];

		dominators->of[object] =
		    above == START ? REFERENCES_NONE : s->vertex[above];
		if (above != START)
			dominators->retained[s->vertex[above]] +=
			    dominators->retained[object];
	}
}

/* Finds the source of each reference, in one pass. */
static uint32_t *dominators_from(const struct references *references)
{
	uint32_t *from = dominators_numbers(references->to.len);
	uint32_t *at = dominators_numbers(references->count);

	for (uint32_t i = 0; i < references->count; i++)
		for (uint32_t k = references->first[i];
		     k < references->first[i + 1]; k++) {
			uint32_t to = references->to.items[k];

			from[references->first_referrer[to] + at[to]++] = i;
		}
	free(at);
	return from;
}

void dominators_find(struct dominators *dominators,
    const struct references *references, const uint8_t *roots,
    const uint64_t *sizes)
{
	size_t count = references->count;
	struct dominators_search s = {.references = references, .len = START};
	uint32_t **const arrays[] = {&s.number, &s.vertex, &s.parent, &s.semi,
	    &s.dominator, &s.ancestor, &s.label, &s.bucket, &s.next,
	    &s.next_reference, &s.path};

	for (size_t i = 0; i < sizeof(arrays) / sizeof(*arrays); i++)
		*arrays[i] = dominators_numbers(count);
	s.is_root = mem_zero(count + 1, 1);
	s.from = dominators_from(references);
	dominators->of = dominators_numbers(count);
	dominators->retained = mem_zero(count + 1, sizeof(uint64_t));
	dominators_search_all(&s, roots);
	dominators_find_all(&s);
	dominators_sum(dominators, &s, sizes);
	for (size_t i = 0; i < sizeof(arrays) / sizeof(*arrays); i++)
		free(*arrays[i]);
	free(s.is_root);
	free(s.from);
}

void dominators_finish(struct dominators *dominators)
{
	free(dominators->of);
	free(dominators->retained);
	*dominators = (struct dominators){0};
}
