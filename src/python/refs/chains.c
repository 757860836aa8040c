// SPDX-License-Identifier: MIT
#include "python/refs/chains.h"

#include <assert.h>
#include <string.h>

#include "base/index.h"

/* Links are equal where the fields before this one are. */
#define KEY_SIZE offsetof(struct chain_link, object)
/* A loop of up to this many links is recognised when it repeats. */
#define PERIOD_MAX 3
/* Added to a root's kind, so that it never equals a reference's kind where
 * links are compared from the wanted object's end. */
#define ROOT_KIND 16

/* Bounds of the search for other ways to data: links up, ways of an object,
 * referrers tried for each, and steps in all. */
#define SPLIT_DEPTH 4
#define WAYS_MAX 16
#define HOLDERS_MAX 64
#define SPLIT_STEPS_MAX 4000000

/* A way to an object: its link, and the objects on the way that were chosen
 * among several. */
struct chain_way {
	uint32_t link;
	uint32_t through[SPLIT_DEPTH];
	size_t len;
};

struct chain_ways {
	struct chain_way items[WAYS_MAX];
	size_t len;
};

/* An object that is at the link by another path than its shortest. */
struct chain_place {
	uint32_t link, object;
};

/* Intern table of links. */
struct chains_table {
	ARRAY(struct chain_link) links;
	struct index index;
};

struct finder {
	const struct chains_request *request;
	const struct references *references;
	struct chains_table table;
	/* BFS tree, for each object: parent reference, parent, the chain's
	 * link, subtree size (0: not reached), and preorder number. */
	uint32_t *via, *parent, *link, *size, *place;
	uint32_t *order; /* objects in the order in which they were reached */
	size_t reached, scanned;
	bool referents;
	bool *wanted; /* for each object; NULL with referents */
	ARRAY(struct chain_place) places; /* with referents */
	struct index places_index;
	size_t steps;     /* steps taken on other ways */
	uint32_t ways_of; /* object that `ways` belongs to, + 1 */
	struct chain_ways ways;
};

static bool chains_same_link(const void *items, size_t at, const void *key)
{
	return !memcmp((const struct chain_link *)items + at, key, KEY_SIZE);
}

/* Returns the index of an equal link, and adds it where there is none. */
static uint32_t chains_intern(
    struct chains_table *table, const struct chain_link *link)
{
	uint32_t hash = index_hash(link, KEY_SIZE);
	size_t at = index_place(&table->index, hash, chains_same_link,
	    table->links.items, link, table->links.len);
	struct chain_link *there;

	if (at == table->links.len)
		*array_push(&table->links) = *link;
	there = &table->links.items[at];
	there->varies |= there->detail != link->detail;
	there->many |= there->object != link->object;
	return (uint32_t)at;
}

static void chains_table_finish(struct chains_table *table)
{
	array_free(&table->links);
	index_finish(&table->index);
}

static const struct chain_link *chains_above(
    const struct chains_table *table, const struct chain_link *link)
{
	return link->parent == CHAIN_NONE ? NULL
					  : &table->links.items[link->parent];
}

static bool chains_is_like(
    const struct chain_link *a, const struct chain_link *b)
{
	return b->parent != CHAIN_NONE && a->type == b->type &&
	       a->kind == b->kind;
}

/* Returns the link one round ago, where the last `period` links, including this
 * one, have already come twice. */
static const struct chain_link *chains_one_round_ago(
    const struct chains_table *table, const struct chain_link *link, int period)
{
	const struct chain_link *ahead = link, *behind = link, *found;

	for (int i = 0; i < period && behind; i++)
		behind = chains_above(table, behind);
	found = behind;
	for (int i = 0; i < 2 * period; i++) {
		if (!behind || !chains_is_like(ahead, behind))
			return NULL;
		ahead = chains_above(table, ahead);
		behind = chains_above(table, behind);
	}
	return found;
}

static uint32_t chains_intern_loop(
    struct chains_table *table, const struct chain_link *link)
{
	for (int period = 1; period <= PERIOD_MAX; period++) {
		const struct chain_link *ago =
		    chains_one_round_ago(table, link, period);
		struct chain_link *there;

		if (!ago)
			continue;
		there = &table->links.items[ago - table->links.items];
		there->repeated = true;
		there->many = true;
		there->varies |= there->label != link->label ||
				 there->detail != link->detail;
		return (uint32_t)(ago - table->links.items);
	}
	return chains_intern(table, link);
}

/* Adds a root: objects with a name have a root each, or one for all that are
 * alike. */
static uint32_t chains_intern_root(
    struct finder *f, uint32_t object, enum chain_root root)
{
	struct chain_link link = {.parent = CHAIN_NONE,
	    .type = f->request->types[object],
	    .kind = root,
	    .label = root == CHAIN_INSIDE || root == CHAIN_OUTSIDE ||
			     root == CHAIN_CYCLE
			 ? 0
		     : f->request->alike ? f->request->alike[object] + 1
					 : object + 1,
	    .object = object};

	return chains_intern(&f->table, &link);
}

/* Whether the object is a __dict__ that is shown as its owner. */
static bool chains_is_folded(const struct finder *f, uint32_t object)
{
	uint32_t via = f->via[object];

	return f->size[object] && via != REFERENCES_NONE &&
	       f->references->kind.items[via] == REFERENCE_DICT &&
	       f->request->roots[f->parent[object]] != CHAIN_MODULE;
}

static bool chains_has_label(
    const struct finder *f, uint32_t from, enum reference_kind kind)
{
	uint32_t via = f->via[from];

	if (kind == REFERENCE_VALUE)
		return f->size[from] && via != REFERENCES_NONE &&
		       f->references->kind.items[via] == REFERENCE_DICT;
	return kind == REFERENCE_ATTRIBUTE || kind == REFERENCE_LOCAL;
}

/* The link for a reference of object `from`, below the link parent. */
static struct chain_link chains_link_below(
    const struct finder *f, uint32_t parent, uint32_t from, uint32_t reference)
{
	const struct references *references = f->references;
	uint32_t object = references->to.items[reference];
	uint32_t detail = references->detail.items[reference];
	enum reference_kind kind = references->kind.items[reference];
	bool labelled = chains_has_label(f, from, kind);
	const struct chain_link *links = f->table.links.items;

	if (kind == REFERENCE_VALUE && chains_is_folded(f, from))
		kind = REFERENCE_ATTRIBUTE;
	return (struct chain_link){.parent = parent,
	    .type = f->request->types[object],
	    .kind = kind,
	    .label = labelled ? detail + 1 : 0,
	    .object = object,
	    .detail = detail,
	    .depth = links ? links[parent].depth + 1 : 1};
}

static struct chain_link chains_link_of(
    const struct finder *f, uint32_t from, uint32_t reference)
{
	return chains_link_below(f, f->link[from], from, reference);
}

static void chains_put(struct finder *f, uint32_t object, uint32_t via,
    uint32_t parent, uint32_t link)
{
	f->via[object] = via;
	f->parent[object] = parent;
	f->link[object] = link;
	f->size[object] = 1;
	f->order[f->reached++] = object;
}

static void chains_reach_root(
    struct finder *f, uint32_t object, enum chain_root root)
{
	if (!f->size[object])
		chains_put(f, object, REFERENCES_NONE, REFERENCES_NONE,
		    chains_intern_root(f, object, root));
}

static bool chains_is_same_place(const void *items, size_t at, const void *key)
{
	return !memcmp((const struct chain_place *)items + at, key,
	    sizeof(struct chain_place));
}

/* Counts another reference to an object that was reached before: two attributes
 * may hold the same number. */
static void chains_count_again(
    struct finder *f, uint32_t from, uint32_t reference)
{
	uint32_t object = f->references->to.items[reference];
	struct chain_link link = chains_link_of(f, from, reference);
	struct chain_place place = {.object = object};
	struct chain_link *there;
	uint32_t hash;

	if (link.kind == REFERENCE_DICT &&
	    f->request->roots[from] != CHAIN_MODULE)
		return;
	place.link = chains_intern_loop(&f->table, &link);
	hash = index_hash(&place, sizeof(place));
	if (place.link == f->link[object] ||
	    index_find(&f->places_index, hash, chains_is_same_place,
		f->places.items, &place) != INDEX_NONE)
		return;
	index_add(&f->places_index, hash, f->places.len);
	*array_push(&f->places) = place;
	there = &f->table.links.items[place.link];
	there->objects++;
	if (there->again++ == 0)
		there->same = f->link[object];
	else if (there->same != f->link[object])
		there->same = CHAIN_NONE;
}

static void chains_reach(struct finder *f, uint32_t from, uint32_t reference)
{
	uint32_t object = f->references->to.items[reference];
	struct chain_link link;

	if (f->size[object]) {
		if (f->referents)
			chains_count_again(f, from, reference);
		return;
	}
	/* Numbers and text refer to nothing: they are on no chain. */
	if (f->wanted && !f->wanted[object] &&
	    f->references->first[object] == f->references->first[object + 1])
		return;
	link = chains_link_of(f, from, reference);
	chains_put(f, object, reference, from, CHAIN_NONE);
	f->link[object] = chains_is_folded(f, object)
			      ? link.parent
			      : chains_intern_loop(&f->table, &link);
}

static void chains_scan_object(struct finder *f, uint32_t from)
{
	const uint32_t *first = f->references->first;

	/* The keys of a folded dict are attribute names. */
	for (uint32_t i = first[from]; i < first[from + 1]; i++)
		if (!f->referents || !chains_is_folded(f, from) ||
		    f->references->kind.items[i] != REFERENCE_KEY)
			chains_reach(f, from, i);
}

static void chains_scan(struct finder *f)
{
	while (f->scanned < f->reached)
		chains_scan_object(f, f->order[f->scanned++]);
}

/* Searches breadth-first from the objects that a program holds by name, and
 * then from those that exist without being held by any object. */
static void chains_search(struct finder *f)
{
	const struct references *references = f->references;
	const uint32_t *first = references->first_referrer;

	for (uint32_t i = 0; i < references->count; i++)
		if (f->request->roots[i] != CHAIN_INSIDE)
			chains_reach_root(f, i, f->request->roots[i]);
	chains_scan(f);
	for (uint32_t i = 0; i < references->count; i++)
		if (first[i] == first[i + 1])
			chains_reach_root(f, i, CHAIN_OUTSIDE);
	chains_scan(f);
}

/* Computes subtree sizes in reverse order of the search, then preorder numbers
 * in its order. */
static void chains_number_places(struct finder *f)
{
	uint32_t *next = mem_zero(f->references->count + 1, sizeof(*next));
	uint32_t roots = 0;

	for (size_t i = f->reached; i-- > 0;) {
		uint32_t object = f->order[i];

		if (f->parent[object] != REFERENCES_NONE)
			f->size[f->parent[object]] += f->size[object];
	}
	for (size_t i = 0; i < f->reached; i++) {
		uint32_t object = f->order[i];
		uint32_t *at = f->parent[object] == REFERENCES_NONE
				   ? &roots
				   : &next[f->parent[object]];

		f->place[object] = *at;
		next[object] = *at + 1;
		*at += f->size[object];
	}
	free(next);
}

/* Whether other is object or an ancestor of it in the BFS tree. */
static bool chains_is_through(
    const struct finder *f, uint32_t object, uint32_t other)
{
	return object == other ||
	       (f->size[object] && f->size[other] &&
		   f->place[object] - f->place[other] < f->size[other]);
}

/* A chain without a name at its root, and one with a name that holds an object
 * of it, too. */
struct chain_pair {
	uint32_t nameless, named;
};

/* Groups of chains that are equal down to the requested depth. */
struct chain_groups {
	struct chains_table table; /* links from the wanted object's end */
	/* Number of a link's group, + 1; 0: not known yet. */
	ARRAY(uint32_t) of_link;
	ARRAY(uint32_t) item; /* index of the group's chain, + 1 */
	ARRAY(uint32_t) seen; /* wanted object that the group counted last */
	ARRAY(uint32_t) here; /* chains of the present object */
	ARRAY(struct chain_pair) pairs;
};

static uint32_t chains_group_of(
    struct chain_groups *groups, const struct finder *f, uint32_t link)
{
	const struct chain_link *at = &f->table.links.items[link];
	uint32_t group = CHAIN_NONE;

	while (groups->of_link.len <= link)
		*array_push(&groups->of_link) = 0;
	if (groups->of_link.items[link])
		return groups->of_link.items[link] - 1;
	for (uint32_t i = 0; at && i < f->request->depth; i++) {
		struct chain_link key = *at;

		key.parent = group;
		key.kind += at->parent == CHAIN_NONE ? ROOT_KIND : 0;
		group = chains_intern(&groups->table, &key);
		at = chains_above(&f->table, at);
	}
	groups->of_link.items[link] = group + 1;
	return group;
}

static void chains_count(struct chains *chains, struct chain_groups *groups,
    const struct finder *f, uint32_t link, uint32_t wanted)
{
	uint32_t group = chains_group_of(groups, f, link);

	while (groups->item.len <= group) {
		*array_push(&groups->item) = 0;
		*array_push(&groups->seen) = REFERENCES_NONE;
	}
	if (groups->seen.items[group] == wanted)
		return;
	groups->seen.items[group] = wanted;
	if (!groups->item.items[group]) {
		struct chain made = {
		    .link = link, .number = (uint32_t)chains->items.len};

		*array_push(&chains->items) = made;
		groups->item.items[group] = (uint32_t)chains->items.len;
	}
	chains->items.items[groups->item.items[group] - 1].objects++;
	*array_push(&groups->here) = groups->item.items[group] - 1;
}

static bool chains_may_split(const struct finder *f, uint32_t object)
{
	uint32_t via = f->via[object];

	if (!f->request->splits ||
	    !f->request->splits[f->request->types[object]] ||
	    !f->size[object] || via == REFERENCES_NONE)
		return false;
	/* A module's functions refer to its dict, too. */
	return f->references->kind.items[via] != REFERENCE_DICT;
}

static enum chain_root chains_root_kind_of(
    const struct finder *f, uint32_t link)
{
	const struct chain_link *links = f->table.links.items;

	while (links[link].parent != CHAIN_NONE)
		link = links[link].parent;
	return links[link].kind;
}

/* Whether the shortest way to object begins at a named object. */
static bool chains_is_from_name(const struct finder *f, uint32_t object)
{
	enum chain_root kind = chains_root_kind_of(f, f->link[object]);

	return kind != CHAIN_OUTSIDE && kind != CHAIN_CYCLE;
}

/* Adds the way, unless there is one with the same link. */
static void chains_add_way(struct chain_ways *ways, const struct chain_way *way)
{
	for (size_t i = 0; i < ways->len; i++)
		if (ways->items[i].link == way->link)
			return;
	if (ways->len < WAYS_MAX)
		ways->items[ways->len++] = *way;
}

static void chains_find_ways(struct finder *f, uint32_t object,
    const struct chain_way *path, struct chain_ways *ways);

/* Adds the ways over one more referrer of the object. */
static void chains_add_ways_over(struct finder *f, uint32_t reference,
    const struct chain_way *path, struct chain_ways *ways)
{
	uint32_t from = references_from(f->references, reference);
	struct chain_ways above = {.len = 0};

	if (!f->size[from] || !chains_is_from_name(f, from))
		return;
	for (size_t i = 0; i < path->len; i++)
		if (chains_is_through(f, from, path->through[i]))
			return;
	chains_find_ways(f, from, path, &above);
	for (size_t i = 0; i < above.len; i++) {
		struct chain_way way = above.items[i];
		struct chain_link link =
		    chains_link_below(f, way.link, from, reference);

		way.link = chains_intern_loop(&f->table, &link);
		if (way.len < SPLIT_DEPTH)
			way.through[way.len++] = from;
		chains_add_way(ways, &way);
	}
}

/* Finds all links of the object, that of its shortest way first. Objects on the
 * path are not visited again. */
static void chains_find_ways(struct finder *f, uint32_t object,
    const struct chain_way *path, struct chain_ways *ways)
{
	const uint32_t *first = f->references->first_referrer;
	struct chain_way further = *path;
	size_t referrers = 0;

	while (chains_is_folded(f, object))
		object = f->parent[object];
	chains_add_way(ways, &(struct chain_way){.link = f->link[object]});
	if (path->len == SPLIT_DEPTH || !chains_may_split(f, object))
		return;
	further.through[further.len++] = object;
	for (uint32_t i = first[object];
	     i < first[object + 1] && referrers < HOLDERS_MAX &&
	     f->steps < SPLIT_STEPS_MAX;
	     i++, referrers++) {
		f->steps++;
		if (f->references->referrers[i] != f->via[object])
			chains_add_ways_over(
			    f, f->references->referrers[i], &further, ways);
	}
}

/* The ways of object, kept for the next object that it refers to. */
static const struct chain_ways *chains_ways_of(
    struct finder *f, uint32_t object)
{
	if (f->ways_of != object + 1) {
		f->ways.len = 0;
		chains_find_ways(f, object, &(struct chain_way){0}, &f->ways);
		f->ways_of = object + 1;
	}
	return &f->ways;
}

static bool chains_leads_through(
    const struct finder *f, const struct chain_way *way, uint32_t object)
{
	for (size_t i = 0; i < way->len; i++)
		if (chains_is_through(f, way->through[i], object))
			return true;
	return false;
}

static void chains_count_ways(struct chains *chains,
    struct chain_groups *groups, struct finder *f, uint32_t wanted)
{
	const struct references *references = f->references;
	size_t found = 0;

	for (uint32_t i = references->first_referrer[wanted];
	     i < references->first_referrer[wanted + 1]; i++) {
		uint32_t reference = references->referrers[i];
		uint32_t from = references_from(references, reference);
		const struct chain_ways *ways;

		if (chains_is_through(f, from, wanted))
			continue;
		if (f->link[from] == CHAIN_NONE)
			f->link[from] =
			    chains_intern_root(f, from, CHAIN_CYCLE);
		ways = chains_ways_of(f, from);
		for (size_t k = 0; k < ways->len; k++) {
			struct chain_link link = chains_link_below(
			    f, ways->items[k].link, from, reference);

			if (!chains_leads_through(f, &ways->items[k], wanted))
				chains_count(chains, groups, f,
				    chains_intern(&f->table, &link), wanted);
		}
		found++;
	}
	if (found)
		return;
	if (f->link[wanted] == CHAIN_NONE)
		f->link[wanted] = chains_intern_root(f, wanted, CHAIN_CYCLE);
	chains_count(chains, groups, f, f->link[wanted], wanted);
}

static bool chains_is_nameless(
    const struct finder *f, const struct chain *chain)
{
	enum chain_root kind = chains_root_kind_of(f, chain->link);

	return kind == CHAIN_OUTSIDE || kind == CHAIN_CYCLE;
}

/* Pairs each nameless chain of the present object with the one of a name that
 * holds most so far. */
static void chains_pair(
    struct chains *chains, struct chain_groups *groups, const struct finder *f)
{
	const uint32_t *here = groups->here.items;
	struct chain *items = chains->items.items;
	uint32_t named = CHAIN_NONE;

	assert(items || groups->here.len == 0);
	for (size_t i = 0; i < groups->here.len; i++)
		if (!chains_is_nameless(f, &items[here[i]]) &&
		    (named == CHAIN_NONE ||
			items[here[i]].objects > items[named].objects))
			named = here[i];
	if (named == CHAIN_NONE)
		return;
	for (size_t i = 0; i < groups->here.len; i++) {
		if (!chains_is_nameless(f, &items[here[i]]))
			continue;
		items[here[i]].named++;
		*array_push(&groups->pairs) =
		    (struct chain_pair){here[i], named};
	}
}

/* A nameless chain whose objects all have a chain with a name, too, ranks right
 * behind the largest of those. */
static void chains_rank(
    struct chains *chains, const struct chain_groups *groups)
{
	struct chain *items = chains->items.items;

	assert(items || groups->pairs.len == 0);
	for (size_t i = 0; i < chains->items.len; i++)
		items[i].rank =
		    items[i].named == items[i].objects ? 0 : items[i].objects;
	for (size_t i = 0; i < groups->pairs.len; i++) {
		struct chain_pair pair = groups->pairs.items[i];
		struct chain *nameless = &items[pair.nameless];
		size_t objects = items[pair.named].objects;

		if (nameless->named < nameless->objects)
			continue;
		if (objects > nameless->objects)
			objects = nameless->objects;
		if (objects > nameless->rank)
			nameless->rank = objects;
	}
}

static void chains_count_wanted(struct chains *chains,
    struct chain_groups *groups, struct finder *f, uint32_t wanted)
{
	groups->here.len = 0;
	chains_count_ways(chains, groups, f, wanted);
	for (size_t i = 0; groups->here.len > 1 && i < groups->here.len; i++) {
		assert(groups->here.items[i] < chains->items.len);
		chains->items.items[groups->here.items[i]].shared++;
	}
	if (groups->here.len > 1)
		chains_pair(chains, groups, f);
	for (size_t i = 0; f->request->with_members && i < groups->here.len;
	     i++)
		*array_push(&chains->members) = (struct chain_member){
		    .number = groups->here.items[i], .object = wanted};
}

/* Counts the objects of each link, and the memory that they retain, without
 * counting it twice where one dominates another. */
static void chains_count_links(struct finder *f)
{
	const struct dominators *dominators = f->request->dominators;

	for (uint32_t i = 0; i < f->references->count; i++) {
		struct chain_link *link;
		uint32_t above;

		if (f->link[i] == CHAIN_NONE)
			continue;
		link = &f->table.links.items[f->link[i]];
		link->objects++;
		if (!dominators)
			continue;
		above = dominators->of[i];
		if (above == REFERENCES_NONE || f->link[above] != f->link[i])
			link->retained += dominators->retained[i];
	}
}

const struct chain_link *chains_variable(
    const struct chains *chains, uint32_t at)
{
	const struct chain_link *links = chains->links.items;
	const struct chain_link *link = &links[at], *below = link;

	for (; link->parent != CHAIN_NONE; link = &links[link->parent])
		if (link->kind != REFERENCE_DICT)
			below = link;
	if (link->kind == CHAIN_OUTSIDE || link->kind == CHAIN_CYCLE)
		return link;
	return below;
}

uint64_t chains_retained(const struct chains *chains,
    const struct dominators *dominators, uint32_t at)
{
	const struct chain_link *variable = chains_variable(chains, at);

	return variable->objects > 1 ? variable->retained
				     : dominators->retained[variable->object];
}

/* A chain that begins at no name comes last among those of equal rank. Chains
 * that hold their objects alone come first, since what they retain includes
 * these. */
static int chains_compare_ranks(const void *a, const void *b, void *links)
{
	const struct chain *x = a, *y = b;
	const struct chain_link *all = links;
	bool x_nameless = x->named == x->objects;
	bool y_nameless = y->named == y->objects;

	if (x->rank != y->rank)
		return x->rank < y->rank ? 1 : -1;
	if (x_nameless != y_nameless)
		return x_nameless ? 1 : -1;
	if (!x->shared != !y->shared)
		return x->shared ? 1 : -1;
	if (!x->shared && x->retained != y->retained)
		return x->retained < y->retained ? 1 : -1;
	if (all[x->link].depth != all[y->link].depth)
		return all[x->link].depth > all[y->link].depth ? 1 : -1;
	return (x->link > y->link) - (x->link < y->link);
}

static void chains_sort(
    struct chains *chains, const struct dominators *dominators)
{
	for (size_t i = 0; dominators && i < chains->items.len; i++)
		chains->items.items[i].retained = chains_retained(
		    chains, dominators, chains->items.items[i].link);
	if (chains->items.len)
		qsort_r(chains->items.items, chains->items.len,
		    sizeof(struct chain), chains_compare_ranks,
		    chains->links.items);
}

static void chains_init_finder(
    struct finder *f, const struct chains_request *request)
{
	size_t count = request->references->count;

	*f = (struct finder){
	    .request = request, .references = request->references};
	f->via = mem_zero(count + 1, sizeof(uint32_t));
	f->parent = mem_zero(count + 1, sizeof(uint32_t));
	f->link = mem_resize(NULL, count + 1, sizeof(uint32_t));
	memset(f->link, 0xff, (count + 1) * sizeof(uint32_t));
	f->size = mem_zero(count + 1, sizeof(uint32_t));
	f->place = mem_zero(count + 1, sizeof(uint32_t));
	f->order = mem_zero(count + 1, sizeof(uint32_t));
}

/* The links are handed over to chains. */
static void chains_finish_finder(struct finder *f, struct chains *chains)
{
	chains->links.items = f->table.links.items;
	chains->links.len = f->table.links.len;
	chains->links.cap = f->table.links.cap;
	index_finish(&f->table.index);
	index_finish(&f->places_index);
	array_free(&f->places);
	free(f->wanted);
	free(f->via);
	free(f->parent);
	free(f->link);
	free(f->size);
	free(f->place);
	free(f->order);
}

void chains_find(struct chains *chains, const struct chains_request *request)
{
	struct chain_groups groups = {0};
	struct finder f;

	*chains = (struct chains){0};
	chains_init_finder(&f, request);
	f.wanted = mem_zero(f.references->count + 1, sizeof(bool));
	for (size_t i = 0; i < request->wanted_len; i++)
		f.wanted[request->wanted[i]] = true;
	chains_search(&f);
	chains_number_places(&f);
	for (size_t i = 0; i < request->wanted_len; i++)
		chains_count_wanted(chains, &groups, &f, request->wanted[i]);
	chains_count_links(&f);
	chains_rank(chains, &groups);
	chains_table_finish(&groups.table);
	array_free(&groups.of_link);
	array_free(&groups.item);
	array_free(&groups.seen);
	array_free(&groups.here);
	array_free(&groups.pairs);
	chains_finish_finder(&f, chains);
	chains_sort(chains, request->dominators);
}

void chains_referents(
    struct chains *chains, const struct chains_request *request)
{
	struct finder f;

	*chains = (struct chains){0};
	chains_init_finder(&f, request);
	f.referents = true;
	for (size_t i = 0; i < request->wanted_len; i++)
		chains_reach_root(&f, request->wanted[i], CHAIN_INSIDE);
	while (f.scanned < f.reached) {
		uint32_t object = f.order[f.scanned++];
		struct chain_link *link = &f.table.links.items[f.link[object]];
		bool folded = chains_is_folded(&f, object);

		if (!folded)
			link->objects++;
		if (folded || (link->depth < request->depth &&
				  (f.request->roots[object] == CHAIN_INSIDE ||
				      link->depth == 0)))
			chains_scan_object(&f, object);
	}
	chains_finish_finder(&f, chains);
}

/* The link at which an object is counted. A greenlet or a task is a root, but
 * is counted at the nearest link where a module holds it, if there is one.
 * (That the module threading holds each thread tells nothing.) */
static uint32_t chains_place_of(struct finder *f, uint32_t object)
{
	const struct references *references = f->references;
	const uint32_t *first = references->first_referrer;
	uint32_t at = CHAIN_NONE, depth = UINT32_MAX;
	struct chain_link link;

	if (f->request->roots[object] != CHAIN_GREENLET &&
	    f->request->roots[object] != CHAIN_TASK)
		return f->link[object];
	for (uint32_t i = first[object]; i < first[object + 1]; i++) {
		uint32_t from =
		    references_from(references, references->referrers[i]);
		uint32_t above = f->link[from];

		if (!f->size[from] ||
		    chains_root_kind_of(f, above) != CHAIN_MODULE ||
		    f->table.links.items[above].depth >= depth)
			continue;
		depth = f->table.links.items[above].depth;
		at = references->referrers[i];
	}
	if (at == CHAIN_NONE)
		return f->link[object];
	link = chains_link_of(f, references_from(references, at), at);
	return chains_intern_loop(&f->table, &link);
}

void chains_places(struct chains *chains, const struct chains_request *request)
{
	struct finder f;

	*chains = (struct chains){0};
	chains_init_finder(&f, request);
	chains_search(&f);
	for (uint32_t i = 0; i < f.references->count; i++)
		if (f.link[i] == CHAIN_NONE)
			f.link[i] = chains_intern_root(&f, i, CHAIN_CYCLE);
	for (uint32_t i = 0; f.table.links.items && i < f.references->count;
	     i++) {
		uint32_t at = chains_place_of(&f, i);
		struct chain_link *link = &f.table.links.items[at];

		link->objects++;
		link->retained += request->sizes[i];
	}
	chains_finish_finder(&f, chains);
}

void chains_finish(struct chains *chains)
{
	array_free(&chains->links);
	array_free(&chains->items);
	array_free(&chains->members);
}
