// SPDX-License-Identifier: MIT
#include "analysis/lines.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/index.h"

/* A process's memory at its previous sample. */
struct before {
	int pid;
	size_t process;
	double mib;
};

struct befores {
	ARRAY(struct before) items;
	struct index index;
};

static bool lines_before_is(const void *items, size_t at, const void *key)
{
	const struct before *before = (const struct before *)items + at;
	const struct stack_sample *sample = key;

	return before->pid == sample->pid && before->process == sample->process;
}

/* How much the process grew since its previous sample; 0 at the first. */
static double analysis_lines_step(
    struct befores *befores, const struct stack_sample *sample)
{
	uint32_t hash = index_hash(&sample->pid, sizeof(sample->pid));
	size_t at = index_find(&befores->index, hash, lines_before_is,
	    befores->items.items, sample);
	double grown;

	if (at == INDEX_NONE) {
		*array_push(&befores->items) =
		    (struct before){sample->pid, sample->process, sample->mib};
		index_add(&befores->index, hash, befores->items.len - 1);
		return 0;
	}
	grown = sample->mib - befores->items.items[at].mib;
	befores->items.items[at].mib = sample->mib;
	return grown;
}

void stack_growths_add(struct stack_growths *growths, const struct run *run)
{
	struct befores befores = {0};
	size_t first = growths->items.len, kept = first;

	for (size_t i = 0; i < run->stacks.len; i++)
		*array_push(&growths->items) =
		    (struct stack_growth){.stack = &run->stacks.items[i]};
	for (size_t i = 0; i < run->stack_samples.len; i++) {
		const struct stack_sample *sample =
		    &run->stack_samples.items[i];
		struct stack_growth *growth =
		    &growths->items.items[first + sample->stack];

		if (sample->thread)
			continue;
		growth->mib += analysis_lines_step(&befores, sample);
		growth->samples++;
	}
	for (size_t i = first; i < growths->items.len; i++) {
		struct stack_growth growth = growths->items.items[i];

		if (!growth.samples || !growth.stack->len)
			continue;
		growths->samples += growth.samples;
		if (growth.mib > 0)
			growths->grown_mib += growth.mib;
		else
			growths->given_mib -= growth.mib;
		growths->items.items[kept++] = growth;
	}
	growths->items.len = kept;
	array_free(&befores.items);
	index_finish(&befores.index);
}

void stack_growths_finish(struct stack_growths *growths)
{
	array_free(&growths->items);
}

static bool lines_row_is(const void *rows, size_t at, const void *key)
{
	const struct lines_row *row = (const struct lines_row *)rows + at;
	const struct lines_row *wanted = key;

	return row->line == wanted->line && !strcmp(row->file, wanted->file) &&
	       !strcmp(row->function, wanted->function);
}

static uint32_t lines_row_hash(const struct lines_row *row)
{
	return index_hash(row->file, strlen(row->file)) ^
	       index_hash(row->function, strlen(row->function)) * 31 ^
	       (uint32_t)row->line * 2654435761u;
}

static void analysis_lines_add(struct lines *lines, struct index *index,
    const struct lines_row *key, const struct stack_growth *growth)
{
	uint32_t hash = lines_row_hash(key);
	size_t at = index_place(
	    index, hash, lines_row_is, lines->rows.items, key, lines->rows.len);

	if (at == lines->rows.len)
		*array_push(&lines->rows) = *key;
	assert(at < lines->rows.len);
	lines->rows.items[at].mib += growth->mib;
	lines->rows.items[at].samples += growth->samples;
}

static struct lines_row lines_key_of(
    const struct frame *frame, enum lines_by by)
{
	return (struct lines_row){.file = frame->file,
	    .function = by == LINES_BY_FILE ? "" : frame->function,
	    .line = by == LINES_BY_LINE ? frame->line : 0};
}

static int lines_order_text(
    const struct lines_row *a, const struct lines_row *b)
{
	int order = strcmp(a->file, b->file);

	if (order == 0)
		order = (a->line > b->line) - (a->line < b->line);
	return order ? order : strcmp(a->function, b->function);
}

static int lines_order_growth(const void *x, const void *y)
{
	const struct lines_row *a = x, *b = y;

	if (a->mib != b->mib)
		return a->mib < b->mib ? 1 : -1;
	if (a->samples != b->samples)
		return a->samples < b->samples ? 1 : -1;
	return lines_order_text(a, b);
}

static int lines_order_place(const void *x, const void *y)
{
	return lines_order_text(x, y);
}

static struct lines lines_open(const struct stack_growths *growths)
{
	return (struct lines){.samples = growths->samples,
	    .grown_mib = growths->grown_mib,
	    .given_mib = growths->given_mib};
}

static void lines_sort_rows(
    struct lines *lines, int (*order)(const void *, const void *))
{
	if (lines->rows.len)
		qsort(lines->rows.items, lines->rows.len,
		    sizeof(*lines->rows.items), order);
}

void lines_sum(
    struct lines *lines, const struct stack_growths *growths, enum lines_by by)
{
	struct index index = {0};

	*lines = lines_open(growths);
	for (size_t i = 0; i < growths->items.len; i++) {
		const struct stack_growth *growth = &growths->items.items[i];
		struct lines_row key =
		    lines_key_of(&growth->stack->frames[0], by);

		analysis_lines_add(lines, &index, &key, growth);
	}
	index_finish(&index);
	lines_sort_rows(lines, lines_order_growth);
}

/* Whether file is the end of path, from a directory on: "views.py" is, "ews.py"
 * is not, for "/srv/app/views.py". */
static bool lines_names_file(const char *path, const char *file)
{
	size_t path_len = strlen(path), len;

	while (strncmp(file, "./", 2) == 0)
		file += 2;
	len = strlen(file);
	if (len == 0 || len > path_len ||
	    strcmp(path + path_len - len, file) != 0)
		return false;
	return len == path_len || *file == '/' ||
	       path[path_len - len - 1] == '/';
}

/* Whether an inner frame has the same line: recursion. */
static bool analysis_lines_counted(const struct stack *stack, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (stack->frames[i].line == stack->frames[at].line &&
		    !strcmp(stack->frames[i].file, stack->frames[at].file))
			return true;
	return false;
}

void lines_of_file(
    struct lines *lines, const struct stack_growths *growths, const char *file)
{
	struct index index = {0};

	*lines = lines_open(growths);
	for (size_t i = 0; i < growths->items.len; i++) {
		const struct stack_growth *growth = &growths->items.items[i];
		const struct stack *stack = growth->stack;

		for (size_t k = 0; k < stack->len; k++) {
			struct lines_row key =
			    lines_key_of(&stack->frames[k], LINES_BY_LINE);

			if (lines_names_file(key.file, file) &&
			    !analysis_lines_counted(stack, k))
				analysis_lines_add(lines, &index, &key, growth);
		}
	}
	index_finish(&index);
	lines_sort_rows(lines, lines_order_place);
}

void lines_finish(struct lines *lines)
{
	array_free(&lines->rows);
}
