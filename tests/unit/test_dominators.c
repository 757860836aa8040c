// SPDX-License-Identifier: MIT
//
// Dominators and retained sizes, held against a definition that is slow: an
// object dominates all that can't be reached without it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "python/refs/dominators.h"

#define COUNT_MAX 24
#define GRAPHS 2000
#define LINE 300000

struct graph_of {
	size_t count;
	uint8_t roots[COUNT_MAX];
	bool refers[COUNT_MAX][COUNT_MAX];
	uint64_t sizes[COUNT_MAX];
};

static void references_of(
    struct references *references, const struct graph_of *graph)
{
	references_init(references, graph->count);
	for (uint32_t i = 0; i < graph->count; i++) {
		for (uint32_t k = 0; k < graph->count; k++)
			if (graph->refers[i][k])
				assert_true(references_add(
				    references, k, REFERENCE_PLAIN, 0));
		references_next(references);
	}
	references_index(references);
}

static void visit(const struct graph_of *graph, bool *reached, size_t at)
{
	if (reached[at])
		return;
	reached[at] = true;
	for (size_t i = 0; i < graph->count; i++)
		if (graph->refers[at][i])
			visit(graph, reached, i);
}

/* Marks what can be reached without an object. */
static void reach_without(
    const struct graph_of *graph, const bool *start, size_t without, bool *out)
{
	memset(out, 0, COUNT_MAX);
	if (without < graph->count)
		out[without] = true;
	for (size_t i = 0; i < graph->count; i++)
		if (start[i])
			visit(graph, out, i);
	if (without < graph->count)
		out[without] = false;
}

/* The roots, what nothing refers to, and the first of each rest. */
static void find_start(const struct graph_of *graph, bool *start)
{
	bool reached[COUNT_MAX];

	memset(start, 0, COUNT_MAX);
	for (size_t i = 0; i < graph->count; i++) {
		bool is_held = false;

		for (size_t k = 0; k < graph->count; k++)
			is_held |= graph->refers[k][i];
		start[i] = graph->roots[i] || !is_held;
	}
	for (size_t i = 0; i < graph->count; i++) {
		reach_without(graph, start, COUNT_MAX, reached);
		start[i] |= !reached[i];
	}
}

static void check(const struct graph_of *graph)
{
	struct references references;
	struct dominators dominators;
	bool start[COUNT_MAX], reached[COUNT_MAX];

	references_of(&references, graph);
	find_start(graph, start);
	dominators_find(&dominators, &references, graph->roots, graph->sizes);
	for (size_t i = 0; i < graph->count; i++) {
		uint64_t retained = 0;

		reach_without(graph, start, i, reached);
		for (size_t k = 0; k < graph->count; k++)
			if (!reached[k])
				retained += graph->sizes[k];
		assert_int_equal(dominators.retained[i], retained);
		if (dominators.of[i] != REFERENCES_NONE)
			assert_int_not_equal(dominators.of[i], i);
	}
	dominators_finish(&dominators);
	references_finish(&references);
}

static void retained_is_what_can_not_be_reached_without_it(void **state)
{
	(void)state;
	srand(11);
	for (int n = 0; n < GRAPHS; n++) {
		struct graph_of graph = {
		    .count = 1 + (size_t)rand() % COUNT_MAX};
		int references = rand() % (3 * (int)graph.count);

		for (size_t i = 0; i < graph.count; i++) {
			graph.roots[i] = rand() % 8 == 0;
			graph.sizes[i] = (uint64_t)rand() % 1000;
		}
		for (int i = 0; i < references; i++)
			graph.refers[(size_t)rand() % graph.count]
				    [(size_t)rand() % graph.count] = true;
		check(&graph);
	}
}

/* A list that is linked both ways, its head held by a root: no recursion, and
 * no time that grows with its square. */
static void a_long_list_is_no_deep_stack(void **state)
{
	struct references references;
	struct dominators dominators;
	uint64_t *sizes = mem_zero(LINE, sizeof(*sizes));
	uint8_t *roots = mem_zero(LINE, 1);

	(void)state;
	roots[0] = 1;
	references_init(&references, LINE);
	for (uint32_t i = 0; i < LINE; i++) {
		sizes[i] = 1;
		if (i + 1 < LINE)
			assert_true(references_add(
			    &references, i + 1, REFERENCE_PLAIN, 0));
		if (i)
			assert_true(references_add(
			    &references, i - 1, REFERENCE_PLAIN, 0));
		references_next(&references);
	}
	references_index(&references);
	dominators_find(&dominators, &references, roots, sizes);
	for (uint32_t i = 0; i < LINE; i++)
		assert_int_equal(dominators.retained[i], LINE - i);
	dominators_finish(&dominators);
	references_finish(&references);
	free(sizes);
	free(roots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(retained_is_what_can_not_be_reached_without_it),
	    cmocka_unit_test(a_long_list_is_no_deep_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
