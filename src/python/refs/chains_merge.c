// SPDX-License-Identifier: MIT
#include "python/refs/chains_merge.h"

#include <stdlib.h>

#include "base/mem.h"

/* A row, and the variable that one of its chains begins at: by its link where
 * several objects stand there, otherwise by the object, at which the link of
 * another variable may end too. */
struct merged_variable {
	uint32_t row, link, object;
	uint64_t retained;
};

static struct merged_variable merge_variable_of(const struct chains *chains,
    const struct dominators *dominators, uint32_t at, uint32_t row)
{
	const struct chain_link *link = chains_variable(chains, at);
	bool is_one = link->objects < 2;

	return (struct merged_variable){.row = row,
	    .link =
		is_one ? CHAIN_NONE : (uint32_t)(link - chains->links.items),
	    .object = is_one ? link->object : REFERENCES_NONE,
	    .retained = chains_retained(chains, dominators, at)};
}

static int merge_order_variables(const void *a, const void *b)
{
	const struct merged_variable *x = a, *y = b;

	if (x->row != y->row)
		return x->row > y->row ? 1 : -1;
	if (x->link != y->link)
		return x->link > y->link ? 1 : -1;
	return (x->object > y->object) - (x->object < y->object);
}

static void chains_merge_retained(const struct chains *chains,
    const struct dominators *dominators, const uint32_t *rows,
    struct chain *figures)
{
	size_t len = chains->items.len;
	struct merged_variable *all = mem_zero(len + 1, sizeof(*all));

	for (size_t i = 0; i < len; i++)
		all[i] = merge_variable_of(
		    chains, dominators, chains->items.items[i].link, rows[i]);
	qsort(all, len, sizeof(*all), merge_order_variables);
	for (size_t i = 0; i < len; i++)
		if (!i || merge_order_variables(&all[i - 1], &all[i]) != 0)
			figures[all[i].row].retained += all[i].retained;
	free(all);
}

/* Counts an object in each of the rows that its chains, so many members,
 * become. last has the object that each row was counted for before. */
static void chains_merge_object(const struct chain_member *members, size_t len,
    const uint32_t *row_of, uint32_t *last, struct chain *figures)
{
	uint32_t object = members[0].object;
	size_t found = 0;

	for (size_t i = 0; i < len; i++) {
		uint32_t row = row_of[members[i].number];

		if (last[row] == object)
			continue;
		last[row] = object;
		figures[row].objects++;
		found++;
	}
	if (found < 2)
		return;
	/* Once a row, as above. */
	for (size_t i = 0; i < len; i++) {
		uint32_t row = row_of[members[i].number];

		if (last[row] == object)
			figures[row].shared++;
		last[row] = REFERENCES_NONE;
	}
}

void chains_merge(const struct chains *chains,
    const struct dominators *dominators, const uint32_t *rows,
    struct chain *figures, size_t len)
{
	const struct chain_member *members = chains->members.items;
	uint32_t *row_of = mem_zero(chains->items.len + 1, sizeof(*row_of));
	uint32_t *last = mem_zero(len + 1, sizeof(*last));

	for (size_t i = 0; i < chains->items.len; i++)
		row_of[chains->items.items[i].number] = rows[i];
	for (size_t i = 0; i < len; i++)
		last[i] = REFERENCES_NONE;
	for (size_t i = 0, end; i < chains->members.len; i = end) {
		for (end = i + 1; end < chains->members.len &&
				  members[end].object == members[i].object;
		     end++)
			;
		chains_merge_object(
		    &members[i], end - i, row_of, last, figures);
	}
	chains_merge_retained(chains, dominators, rows, figures);
	free(row_of);
	free(last);
}
