// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "python/refs/chains_merge.h"

/* The types of made-up objects. */
enum { MODULE, DICT, LIST, LESSON, OWNER, FRAME };

struct reference {
	uint32_t from, to;
	enum reference_kind kind;
	uint32_t detail;
};

struct heap {
	struct references references;
	struct chains chains;
	uint32_t *types;
	uint8_t *roots;
	ARRAY(uint32_t) wanted;
};

/* One letter an object: the type, of those above. */
static void fill(struct heap *heap, const char *letters,
    const struct reference *references, size_t len)
{
	size_t count = strlen(letters);

	*heap = (struct heap){0};
	heap->types = mem_zero(count + 1, sizeof(uint32_t));
	heap->roots = mem_zero(count + 1, 1);
	references_init(&heap->references, count);
	for (uint32_t i = 0; i < count; i++) {
		heap->types[i] =
		    (uint32_t)(strchr("MDLXOF", letters[i]) - "MDLXOF");
		if (letters[i] == 'M')
			heap->roots[i] = CHAIN_MODULE;
		if (letters[i] == 'F')
			heap->roots[i] = CHAIN_FRAME;
		if (letters[i] == 'X')
			*array_push(&heap->wanted) = i;
		for (size_t k = 0; k < len; k++)
			if (references[k].from == i)
				assert_true(references_add(&heap->references,
				    references[k].to, references[k].kind,
				    references[k].detail));
		references_next(&heap->references);
	}
	references_index(&heap->references);
}

static struct chains_request request_of(const struct heap *heap, uint32_t depth)
{
	return (struct chains_request){.references = &heap->references,
	    .types = heap->types,
	    .roots = heap->roots,
	    .wanted = heap->wanted.items,
	    .wanted_len = heap->wanted.len,
	    .depth = depth};
}

static void find(struct heap *heap, uint32_t depth)
{
	struct chains_request request = request_of(heap, depth);

	chains_find(&heap->chains, &request);
}

static void finish(struct heap *heap)
{
	chains_finish(&heap->chains);
	references_finish(&heap->references);
	array_free(&heap->wanted);
	free(heap->types);
	free(heap->roots);
}

/* "XLDM": the types of a chain, with * behind what is repeated. */
static const char *text_of(const struct heap *heap, size_t at)
{
	static char text[64];
	uint32_t link = heap->chains.items.items[at].link;
	size_t len = 0;

	for (; link != CHAIN_NONE && len + 2 < sizeof(text);
	     link = heap->chains.links.items[link].parent) {
		const struct chain_link *l = &heap->chains.links.items[link];

		text[len++] = "MDLXOF"[l->type];
		if (l->repeated)
			text[len++] = '*';
	}
	text[len] = 0;
	return text;
}

static const struct chain_link *link_at(
    const struct heap *heap, size_t chain, int up)
{
	const struct chain_link *links = heap->chains.links.items;
	uint32_t link = heap->chains.items.items[chain].link;

	while (up-- > 0)
		link = links[link].parent;
	return &links[link];
}

static size_t held(const struct heap *heap, size_t at)
{
	return heap->chains.items.items[at].objects;
}

/* A module's list holds three, another's dict one of them. */
static void what_holds_most_comes_first(void **state)
{
	static const struct reference references[] = {
	    {0, 1, REFERENCE_DICT, 0},
	    {1, 2, REFERENCE_VALUE, 70},
	    {2, 6, REFERENCE_ITEM, 0},
	    {2, 7, REFERENCE_ITEM, 1},
	    {2, 8, REFERENCE_ITEM, 2},
	    {3, 4, REFERENCE_DICT, 0},
	    {4, 5, REFERENCE_VALUE, 71},
	    {5, 7, REFERENCE_VALUE, 72},
	};
	struct heap heap;

	(void)state;
	fill(&heap, "MDLMDDXXX", references, 8);
	find(&heap, 9);
	assert_int_equal(heap.chains.items.len, 2);
	assert_string_equal(text_of(&heap, 0), "XLDM");
	assert_int_equal(held(&heap, 0), 3);
	assert_true(link_at(&heap, 0, 0)->varies);
	assert_int_equal(link_at(&heap, 0, 1)->kind, REFERENCE_VALUE);
	assert_int_equal(link_at(&heap, 0, 1)->detail, 70);
	assert_int_equal(link_at(&heap, 0, 3)->object, 0);
	assert_string_equal(text_of(&heap, 1), "XDDM");
	assert_int_equal(held(&heap, 1), 1);
	assert_int_equal(link_at(&heap, 1, 3)->object, 3);
	finish(&heap);
}

static void an_object_held_twice_by_one_list_counts_once(void **state)
{
	static const struct reference references[] = {{0, 1, REFERENCE_DICT, 0},
	    {1, 2, REFERENCE_VALUE, 70}, {2, 3, REFERENCE_ITEM, 0},
	    {2, 3, REFERENCE_ITEM, 1}};
	struct heap heap;

	(void)state;
	fill(&heap, "MDLX", references, 4);
	find(&heap, 9);
	assert_int_equal(heap.chains.items.len, 1);
	assert_int_equal(held(&heap, 0), 1);
	finish(&heap);
}

/* Two owners' lists are one chain, the names of their attributes two. */
static void a_dict_of_an_instance_is_folded(void **state)
{
	static const struct reference references[] = {
	    {0, 1, REFERENCE_DICT, 0},
	    {1, 2, REFERENCE_VALUE, 70},
	    {2, 3, REFERENCE_DICT, 0},
	    {3, 4, REFERENCE_VALUE, 80},
	    {4, 6, REFERENCE_ITEM, 0},
	    {3, 5, REFERENCE_VALUE, 81},
	    {5, 7, REFERENCE_ITEM, 0},
	};
	struct heap heap;

	(void)state;
	fill(&heap, "MDODLLXX", references, 7);
	find(&heap, 9);
	assert_int_equal(heap.chains.items.len, 2);
	assert_string_equal(text_of(&heap, 0), "XLODM");
	assert_int_equal(link_at(&heap, 0, 1)->kind, REFERENCE_ATTRIBUTE);
	assert_int_equal(link_at(&heap, 0, 1)->detail, 80);
	assert_int_equal(link_at(&heap, 1, 1)->detail, 81);
	finish(&heap);
}

/* Keys of a plain dict tell no chains apart. */
static void keys_of_a_cache_are_one_chain(void **state)
{
	static const struct reference references[] = {{0, 1, REFERENCE_DICT, 0},
	    {1, 2, REFERENCE_VALUE, 70}, {2, 3, REFERENCE_VALUE, 1},
	    {2, 4, REFERENCE_VALUE, 2}};
	struct heap heap;

	(void)state;
	fill(&heap, "MDDXX", references, 4);
	find(&heap, 9);
	assert_int_equal(heap.chains.items.len, 1);
	assert_int_equal(held(&heap, 0), 2);
	assert_true(link_at(&heap, 0, 0)->varies);
	assert_false(link_at(&heap, 0, 1)->varies);
	finish(&heap);
}

/* An object is not kept by objects that it holds: its own list that leads back,
 * and the object itself. */
static void what_is_held_by_the_object_begins_no_chain(void **state)
{
	static const struct reference references[] = {{0, 1, REFERENCE_DICT, 0},
	    {1, 2, REFERENCE_VALUE, 70}, {2, 3, REFERENCE_ITEM, 0},
	    {3, 3, REFERENCE_ATTRIBUTE, 90}, {3, 4, REFERENCE_ATTRIBUTE, 91},
	    {4, 3, REFERENCE_ITEM, 0}};
	struct heap heap;

	(void)state;
	fill(&heap, "MDLXL", references, 6);
	find(&heap, 9);
	assert_int_equal(heap.chains.items.len, 1);
	assert_string_equal(text_of(&heap, 0), "XLDM");
	finish(&heap);
}

static void no_root_is_named_by_kind(void **state)
{
	static const struct reference references[] = {
	    {1, 0, REFERENCE_ITEM, 0}, /* a list that only C code holds */
	    {2, 3, REFERENCE_PLAIN, 0},
	    {3, 2, REFERENCE_PLAIN, 0}, /* a cycle */
	};
	struct heap heap;

	(void)state;
	fill(&heap, "XLXOX", references, 3);
	find(&heap, 9);
	assert_int_equal(heap.chains.items.len, 3);
	assert_string_equal(text_of(&heap, 0), "X");
	assert_int_equal(link_at(&heap, 0, 0)->kind, CHAIN_OUTSIDE);
	assert_string_equal(text_of(&heap, 1), "XL");
	assert_int_equal(link_at(&heap, 1, 1)->kind, CHAIN_OUTSIDE);
	assert_string_equal(text_of(&heap, 2), "XO");
	assert_int_equal(link_at(&heap, 2, 1)->kind, CHAIN_CYCLE);
	finish(&heap);
}

/* Two objects in a module's dict are in a list of C code too. */
static void by_name_comes_before_by_nobody(void **state)
{
	static const struct reference references[] = {
	    {0, 1, REFERENCE_DICT, 0},
	    {1, 2, REFERENCE_VALUE, 70},
	    {1, 3, REFERENCE_VALUE, 71},
	    {2, 4, REFERENCE_ITEM, 0},
	    {3, 5, REFERENCE_ITEM, 0},
	    {6, 4, REFERENCE_ITEM, 0},
	    {6, 5, REFERENCE_ITEM, 1},
	    {7, 8, REFERENCE_ITEM, 0}, /* nobody's alone */
	    {7, 9, REFERENCE_ITEM, 0},
	    {7, 10, REFERENCE_ITEM, 0},
	};
	struct heap heap;

	(void)state;
	fill(&heap, "MDLLXXLOXXX", references, 10);
	find(&heap, 9);
	assert_int_equal(heap.chains.items.len, 4);
	assert_string_equal(text_of(&heap, 0), "XO");
	assert_string_equal(text_of(&heap, 1), "XLDM");
	assert_string_equal(text_of(&heap, 2), "XLDM");
	assert_string_equal(text_of(&heap, 3), "XL");
	assert_int_equal(held(&heap, 3), 2);
	finish(&heap);
	/* The second object of the list has no name. */
	fill(&heap, "MDLLXXL",
	    (const struct reference[]){{0, 1, REFERENCE_DICT, 0},
		{1, 2, REFERENCE_VALUE, 70}, {2, 4, REFERENCE_ITEM, 0},
		{6, 4, REFERENCE_ITEM, 0}, {6, 5, REFERENCE_ITEM, 1}},
	    5);
	find(&heap, 9);
	assert_string_equal(text_of(&heap, 0), "XL");
	finish(&heap);
}

static void of_equals_what_retains_most_comes_first(void **state)
{
	static const struct reference references[] = {
	    {0, 1, REFERENCE_DICT, 0},
	    {1, 2, REFERENCE_VALUE, 70},
	    {1, 3, REFERENCE_VALUE, 71},
	    {3, 4, REFERENCE_ITEM, 0},
	};
	static const uint64_t sizes[] = {1, 1, 10, 1, 80};
	struct chains_request request;
	struct dominators dominators;
	struct heap heap;

	(void)state;
	fill(&heap, "MDXLX", references, 4);
	dominators_find(&dominators, &heap.references, heap.roots, sizes);
	request = request_of(&heap, 9);
	request.dominators = &dominators;
	chains_find(&heap.chains, &request);
	assert_int_equal(heap.chains.items.len, 2);
	assert_string_equal(text_of(&heap, 0), "XLDM");
	assert_int_equal(heap.chains.items.items[0].retained, 81);
	assert_int_equal(heap.chains.items.items[1].retained, 10);
	dominators_finish(&dominators);
	finish(&heap);
}

static void chains_that_agree_to_the_depth_are_one(void **state)
{
	static const struct reference references[] = {{0, 1, REFERENCE_DICT, 0},
	    {1, 2, REFERENCE_VALUE, 70}, {1, 3, REFERENCE_VALUE, 71},
	    {2, 4, REFERENCE_ITEM, 0}, {3, 5, REFERENCE_ITEM, 0}};
	struct heap heap;

	(void)state;
	fill(&heap, "MDLLXX", references, 5);
	find(&heap, 2);
	assert_int_equal(heap.chains.items.len, 2);
	chains_finish(&heap.chains);
	find(&heap, 1);
	assert_int_equal(heap.chains.items.len, 1);
	assert_int_equal(held(&heap, 0), 2);
	finish(&heap);
}

/* One that nothing holds is not like one that a dict does. */
static void a_root_is_no_reference(void **state)
{
	static const struct reference references[] = {
	    {0, 1, REFERENCE_VALUE, 0}};
	struct heap heap;

	(void)state;
	fill(&heap, "DXX", references, 1);
	find(&heap, 1);
	assert_int_equal(heap.chains.items.len, 2);
	finish(&heap);
}

/* One after another, a million of them; the last refers back to all. */
static void a_line_of_a_million_is_short(void **state)
{
	enum { COUNT = 1000000 };
	struct heap heap = {0};

	(void)state;
	heap.types = mem_zero(COUNT, sizeof(uint32_t));
	heap.roots = mem_zero(COUNT, 1);
	heap.roots[0] = CHAIN_MODULE;
	references_init(&heap.references, COUNT);
	for (uint32_t i = 0; i + 1 < COUNT; i++) {
		if (i > 0)
			heap.types[i] = LESSON;
		references_add(
		    &heap.references, i + 1, REFERENCE_ATTRIBUTE, 90);
		references_next(&heap.references);
		*array_push(&heap.wanted) = i + 1;
	}
	heap.types[COUNT - 1] = LESSON;
	for (uint32_t i = 1; i + 1 < COUNT; i++)
		references_add(&heap.references, i, REFERENCE_ITEM, i);
	references_index(&heap.references);
	find(&heap, 9);
	assert_int_equal(heap.chains.items.len, 3);
	assert_string_equal(text_of(&heap, 0), "XX*XM");
	assert_int_equal(held(&heap, 0), COUNT - 3);
	finish(&heap);
}

/* A list of two kinds in turn. */
static void a_loop_of_two_is_seen(void **state)
{
	struct reference references[40];
	char letters[42] = "M";
	struct heap heap;

	(void)state;
	for (uint32_t i = 0; i < 40; i++) {
		letters[i + 1] = i % 2 ? 'L' : 'O';
		references[i] = (struct reference){
		    i, i + 1, i % 2 ? REFERENCE_ATTRIBUTE : REFERENCE_ITEM, 0};
	}
	letters[40] = 'X';
	fill(&heap, letters, references, 40);
	find(&heap, 20);
	assert_int_equal(heap.chains.items.len, 1);
	assert_true(strlen(text_of(&heap, 0)) < 12);
	assert_non_null(strchr(text_of(&heap, 0), '*'));
	finish(&heap);
}

/* A function's list, and what a deque of its thread has no name for. */
static void frames_hold_by_the_name_of_a_variable(void **state)
{
	static const struct reference references[] = {
	    {0, 1, REFERENCE_LOCAL, 33}, {1, 2, REFERENCE_ITEM, 0},
	    {0, 3, REFERENCE_LOCAL, 34}};
	struct heap heap;

	(void)state;
	fill(&heap, "FLXX", references, 3);
	find(&heap, 9);
	assert_int_equal(heap.chains.items.len, 2);
	assert_string_equal(text_of(&heap, 0), "XF");
	assert_int_equal(link_at(&heap, 0, 0)->detail, 34);
	assert_string_equal(text_of(&heap, 1), "XLF");
	finish(&heap);
}

static const struct chain_link *find_link(
    const struct heap *heap, uint32_t type, uint32_t depth)
{
	for (size_t i = 0; i < heap->chains.links.len; i++)
		if (heap->chains.links.items[i].type == type &&
		    heap->chains.links.items[i].depth == depth)
			return &heap->chains.links.items[i];
	return NULL;
}

static void referents_count_what_is_held(void **state)
{
	static const struct reference references[] = {{0, 1, REFERENCE_DICT, 0},
	    {1, 2, REFERENCE_VALUE, 90}, {2, 3, REFERENCE_ITEM, 0},
	    {2, 4, REFERENCE_ITEM, 1}, {4, 5, REFERENCE_ATTRIBUTE, 91},
	    {5, 6, REFERENCE_ATTRIBUTE, 91}, {0, 7, REFERENCE_ATTRIBUTE, 92},
	    {7, 6, REFERENCE_DICT, 0}};
	struct chains_request request;
	struct heap heap;

	(void)state;
	fill(&heap, "XDLOOFLM", references, 8);
	request = request_of(&heap, 3);
	chains_referents(&heap.chains, &request);
	assert_int_equal(find_link(&heap, LIST, 1)->objects, 1);
	assert_int_equal(find_link(&heap, LIST, 1)->kind, REFERENCE_ATTRIBUTE);
	assert_int_equal(find_link(&heap, OWNER, 2)->objects, 2);
	assert_int_equal(find_link(&heap, FRAME, 3)->objects, 1);
	assert_int_equal(find_link(&heap, MODULE, 1)->objects, 1);
	assert_null(find_link(&heap, LIST, 2)); /* beyond the module */
	assert_null(find_link(&heap, LIST, 4)); /* beyond the depth */
	assert_null(find_link(&heap, DICT, 1)); /* folded */
	finish(&heap);
}

/* Types of data that several may hold: lists and owners. */
static const bool splits[] = {[LIST] = true, [OWNER] = true, [FRAME] = false};

/* A list of two items is held by a variable of the module, by an attribute of
 * an owner that is a variable too, and by one of its items, which does not
 * count. */
static void what_holds_it_may_be_held_in_several_ways(void **state)
{
	static const struct reference references[] = {{0, 1, REFERENCE_DICT, 0},
	    {1, 2, REFERENCE_VALUE, 90}, {1, 3, REFERENCE_VALUE, 91},
	    {3, 2, REFERENCE_ATTRIBUTE, 92}, {2, 4, REFERENCE_ITEM, 0},
	    {2, 5, REFERENCE_ITEM, 1}, {4, 2, REFERENCE_ATTRIBUTE, 93}};
	struct chains_request request;
	struct heap heap;

	(void)state;
	fill(&heap, "MDLOXX", references, 7);
	request = request_of(&heap, 10);
	chains_find(&heap.chains, &request);
	assert_int_equal(heap.chains.items.len, 1);
	chains_finish(&heap.chains);
	request.splits = splits;
	chains_find(&heap.chains, &request);
	assert_int_equal(heap.chains.items.len, 2);
	assert_string_equal(text_of(&heap, 0), "XLDM");
	assert_string_equal(text_of(&heap, 1), "XLODM");
	assert_int_equal(held(&heap, 0), 2);
	assert_int_equal(held(&heap, 1), 2);
	finish(&heap);
}

/* All objects refer to one another: the search ends all the same. */
static void a_thicket_ends(void **state)
{
	enum { COUNT = 60 };
	static char letters[COUNT + 1];
	struct chains_request request;
	ARRAY(struct reference) references = {0};
	struct heap heap;

	(void)state;
	for (uint32_t i = 0; i < COUNT; i++) {
		letters[i] = i ? i % 2 ? 'L' : 'O' : 'M';
		for (uint32_t k = 1; k < COUNT; k++)
			*array_push(&references) = (struct reference){
			    i, k, REFERENCE_ATTRIBUTE, i * COUNT + k};
	}
	letters[COUNT - 1] = 'X';
	fill(&heap, letters, references.items, references.len);
	request = request_of(&heap, 10);
	request.splits = splits;
	chains_find(&heap.chains, &request);
	assert_true(heap.chains.items.len >= COUNT - 2);
	assert_true(heap.chains.items.len <= COUNT * 16);
	finish(&heap);
	array_free(&references);
}

/* Two attributes with the same number, and itself: each place counts. */
static void what_is_shared_counts_at_each_place(void **state)
{
	static const struct reference references[] = {
	    {0, 1, REFERENCE_ATTRIBUTE, 90}, {0, 1, REFERENCE_ATTRIBUTE, 91},
	    {0, 0, REFERENCE_ATTRIBUTE, 92}};
	const struct chain_link *links;
	struct chains_request request;
	struct heap heap;

	(void)state;
	fill(&heap, "XO", references, 3);
	request = request_of(&heap, 3);
	chains_referents(&heap.chains, &request);
	links = heap.chains.links.items;
	assert_int_equal(heap.chains.links.len, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(links[i].objects, 1);
	finish(&heap);
}

/* Three functions that run, each with a list in a variable of one name: the
 * first and the third have the same list, an object of which the second's has
 * too. */
static void what_merged_chains_share_counts_once(void **state)
{
	static const struct reference references[] = {
	    {0, 3, REFERENCE_LOCAL, 33}, {1, 4, REFERENCE_LOCAL, 33},
	    {2, 3, REFERENCE_LOCAL, 33}, {3, 5, REFERENCE_ITEM, 0},
	    {3, 6, REFERENCE_ITEM, 1}, {4, 6, REFERENCE_ITEM, 0}};
	static const uint64_t sizes[] = {1, 1, 1, 10, 20, 100, 200};
	uint32_t one_row[] = {0, 0, 0}, rows[3];
	struct chain one[1] = {{0}}, two[2] = {{0}};
	struct dominators dominators;
	struct chains_request request;
	struct heap heap;

	(void)state;
	fill(&heap, "FFFLLXX", references, 6);
	dominators_find(&dominators, &heap.references, heap.roots, sizes);
	request = request_of(&heap, 10);
	request.splits = splits;
	request.dominators = &dominators;
	request.with_members = true;
	chains_find(&heap.chains, &request);
	assert_int_equal(heap.chains.items.len, 3);
	assert_int_equal(heap.chains.members.len, 5);
	chains_merge(&heap.chains, &dominators, one_row, one, 1);
	assert_int_equal(one[0].objects, 2);
	assert_int_equal(one[0].shared, 0);
	assert_int_equal(one[0].retained, 10 + 100 + 20);
	for (size_t i = 0; i < 3; i++)
		rows[i] = link_at(&heap, i, 2)->object == 1;
	chains_merge(&heap.chains, &dominators, rows, two, 2);
	assert_int_equal(two[0].objects, 2);
	assert_int_equal(two[0].shared, 1);
	assert_int_equal(two[0].retained, 10 + 100);
	assert_int_equal(two[1].objects, 1);
	assert_int_equal(two[1].shared, 1);
	assert_int_equal(two[1].retained, 20);
	dominators_finish(&dominators);
	finish(&heap);
}

static void references_out_of_range_are_refused(void **state)
{
	struct references references;

	(void)state;
	references_init(&references, 1);
	assert_false(references_add(&references, 1, REFERENCE_PLAIN, 0));
	assert_true(references_add(&references, 0, REFERENCE_PLAIN, 0));
	references_next(&references);
	assert_false(references_add(&references, 0, REFERENCE_PLAIN, 0));
	references_index(&references);
	assert_int_equal(references.first_referrer[1], 1);
	references_finish(&references);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_holds_most_comes_first),
	    cmocka_unit_test(an_object_held_twice_by_one_list_counts_once),
	    cmocka_unit_test(a_dict_of_an_instance_is_folded),
	    cmocka_unit_test(keys_of_a_cache_are_one_chain),
	    cmocka_unit_test(what_is_held_by_the_object_begins_no_chain),
	    cmocka_unit_test(no_root_is_named_by_kind),
	    cmocka_unit_test(by_name_comes_before_by_nobody),
	    cmocka_unit_test(of_equals_what_retains_most_comes_first),
	    cmocka_unit_test(chains_that_agree_to_the_depth_are_one),
	    cmocka_unit_test(a_root_is_no_reference),
	    cmocka_unit_test(a_line_of_a_million_is_short),
	    cmocka_unit_test(a_loop_of_two_is_seen),
	    cmocka_unit_test(frames_hold_by_the_name_of_a_variable),
	    cmocka_unit_test(referents_count_what_is_held),
	    cmocka_unit_test(what_holds_it_may_be_held_in_several_ways),
	    cmocka_unit_test(a_thicket_ends),
	    cmocka_unit_test(what_is_shared_counts_at_each_place),
	    cmocka_unit_test(what_merged_chains_share_counts_once),
	    cmocka_unit_test(references_out_of_range_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
