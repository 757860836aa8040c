// SPDX-License-Identifier: MIT
#include "commands/refs_sum.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/index.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/units.h"
#include "base/utf8.h"
#include "cli/terminal.h"
#include "profile/heap.h"
#include "python/refs/chains_merge.h"

#define SCHEMA 1

struct refs_sum_row {
	struct refs_row row;
	char *key; /* by refs_sum_key() */
	const char *root;
	/* Number of processes; the last of them, from 1. */
	size_t processes, last;
};

struct refs_sum {
	ARRAY(struct refs_sum_row) rows;
	struct index index; /* finds rows by their keys */
	struct heap types;
	/* Including the process that is being added. */
	size_t objects, processes;
	int64_t pause_ns; /* the longest pause */
};

static bool refs_sum_is_same(const void *items, size_t at, const void *key)
{
	return !strcmp(((const struct refs_sum_row *)items)[at].key, key);
}

/* Indices, keys and values differ between processes as between objects of
 * one. */
static void refs_sum_generalize(struct refs *refs)
{
	for (size_t i = 0; i < refs->chains.links.len; i++) {
		struct chain_link *link = &refs->chains.links.items[i];
		bool has_place = link->parent != CHAIN_NONE &&
				 (link->kind == REFERENCE_ITEM ||
				     link->kind == REFERENCE_VALUE);

		link->varies = link->varies || (has_place && !link->label);
		link->many = link->many || !refs_is_generator(refs, link);
	}
}

/* The path, and the types from the object to the root, one on each line. */
static char *refs_sum_key(const struct refs *refs, const struct chain *chain)
{
	const struct chain_link *links = refs->chains.links.items;
	char *path = refs_path(refs, chain->link), *key = NULL;
	size_t size = 0;
	FILE *out = mem_stream(&key, &size);

	fputs(path, out);
	for (uint32_t at = chain->link; at != CHAIN_NONE;
	     at = links[at].parent) {
		char *type = utf8_clean_copy(
		    referrers_type(&refs->referrers, links[at].type));

		fprintf(out, "\n%s", type);
		free(type);
	}
	fclose(out);
	free(path);
	return key;
}

static void refs_sum_add_row(struct refs_sum *sum, const struct refs *refs,
    const struct chain *chain, char *key)
{
	struct refs_sum_row *row = array_push(&sum->rows);

	*row = (struct refs_sum_row){
	    .key = key, .root = refs_root_kind(refs_root(refs, chain->link))};
	refs_row_init(&row->row, refs, chain);
	row->row.figures = (struct chain){.is_cache = chain->is_cache};
}

/* The row that a chain adds to. */
static size_t refs_sum_place(
    struct refs_sum *sum, const struct refs *refs, const struct chain *chain)
{
	struct refs_sum_row *row;
	char *key = refs_sum_key(refs, chain);
	uint32_t hash = index_hash(key, strlen(key));
	size_t at = index_place(&sum->index, hash, refs_sum_is_same,
	    sum->rows.items, key, sum->rows.len);

	if (at == sum->rows.len)
		refs_sum_add_row(sum, refs, chain, key);
	else
		free(key);
	row = &sum->rows.items[at];
	row->processes += row->last != sum->processes;
	row->last = sum->processes;
	return at;
}

/* Several chains of a process may read the same, as those from the frames of a
 * recursion do. */
static void refs_sum_add_chains(struct refs_sum *sum, const struct refs *refs)
{
	size_t len = refs->chains.items.len;
	uint32_t *places = mem_zero(len + 1, sizeof(*places));
	struct chain *added;

	for (size_t i = 0; i < len; i++)
		places[i] = (uint32_t)refs_sum_place(
		    sum, refs, &refs->chains.items.items[i]);
	added = mem_zero(sum->rows.len + 1, sizeof(*added));
	chains_merge(
	    &refs->chains, &refs->dominators, places, added, sum->rows.len);
	for (size_t i = 0; i < sum->rows.len; i++) {
		struct chain *figures = &sum->rows.items[i].row.figures;

		figures->objects += added[i].objects;
		figures->shared += added[i].shared;
		figures->retained += added[i].retained;
	}
	free(added);
	free(places);
}

static void refs_sum_add(struct refs_sum *sum, struct refs *refs)
{
	refs_sum_generalize(refs);
	sum->processes++;
	for (size_t i = 0; i < refs->types.len; i++) {
		const struct object_type *type = refs->types.items[i];
		char *name = utf8_clean_copy(type->name);

		heap_add(&sum->types, name, (int64_t)type->count,
		    (int64_t)type->size);
		free(name);
	}
	refs_sum_add_chains(sum, refs);
	sum->objects += refs->wanted.len;
}

/* Adds the next process. False with e where it can't be read. */
static bool refs_sum_read(struct refs_sum *sum, pid_t pid,
    const struct refs_sum_request *request, const struct progress *progress,
    struct err *e)
{
	struct refs refs = {.count = request->count,
	    .depth = request->depth,
	    .with_members = true};
	enum python_result result = scan_process(&refs.scan, pid, progress, e);
	bool added;

	if (result != PYTHON_OK)
		return result == PYTHON_GONE;
	if (sum->pause_ns < refs.scan.snapshot.pause_ns)
		sum->pause_ns = refs.scan.snapshot.pause_ns;
	added = refs_find(&refs, request->word, e) == 0;
	if (added)
		refs_sum_add(sum, &refs);
	/* Without the type there is nothing to add. Otherwise nothing was found
	 * out. */
	added = added || !refs.types.len;
	refs_finish(&refs);
	return added;
}

/* Sorts like the chains of a single process; by path where figures are
 * equal. */
static int refs_sum_order(const void *a, const void *b)
{
	const struct refs_sum_row *left = a, *right = b;
	const struct chain *x = &left->row.figures, *y = &right->row.figures;

	if (x->is_cache != y->is_cache)
		return x->is_cache ? 1 : -1;
	if (x->objects != y->objects)
		return x->objects < y->objects ? 1 : -1;
	return strcmp(left->key, right->key);
}

static void refs_sum_print(
    const struct refs_sum *sum, const struct refs_sum_request *request)
{
	char count[UNITS_COUNT], pause[UNITS_TEXT], size[UNITS_TEXT];
	struct units_column retained = {0};
	size_t len = sum->rows.len;

	if (request->count && request->count < len)
		len = request->count;
	printf("Process %d: sum of %s; each was stopped for at most %s\n",
	    (int)request->asked,
	    units_count(count, sum->processes, "process", "processes"),
	    units_duration(pause, (double)sum->pause_ns / (double)NS_PER_S));
	for (size_t i = 0; i < sum->types.rows.len; i++) {
		const struct heap_row *type = &sum->types.rows.items[i];

		printf("%s: %s, %s\n", type->name,
		    units_count(
			count, (size_t)type->count, "object", "objects"),
		    refs_size_text(size, (uint64_t)type->bytes));
	}
	refs_row_print_heading();
	for (size_t i = 0; i < len; i++)
		refs_row_measure(
		    &retained, sum->rows.items[i].row.figures.retained);
	for (size_t i = 0; i < len; i++) {
		const struct refs_sum_row *row = &sum->rows.items[i];

		refs_row_print(&row->row, sum->objects, &retained);
		if (row->processes < sum->processes)
			refs_row_print_note("in %zu of %zu processes",
			    row->processes, sum->processes);
	}
	if (sum->rows.len > len)
		printf("(%zu more: --count 0)\n", sum->rows.len - len);
}

static void refs_sum_write_row(
    struct json *json, const struct refs_sum *sum, struct refs_sum_row *row)
{
	char *rest = row->key;

	json_open(json, '{');
	refs_write_figures(json, &row->row.figures, sum->objects);
	json_member_whole(json, "processes", (int64_t)row->processes);
	json_member_text(json, "root", row->root);
	json_member_text(json, "path", strsep(&rest, "\n"));
	json_member_open(json, "types", '[');
	while (rest)
		json_text(json, strsep(&rest, "\n"));
	json_close(json, ']');
	json_close(json, '}');
}

static void refs_sum_write_types(struct json *json, const struct refs_sum *sum)
{
	json_member_open(json, "types", '[');
	for (size_t i = 0; i < sum->types.rows.len; i++) {
		const struct heap_row *type = &sum->types.rows.items[i];

		refs_write_type(json, type->name, type->count, type->bytes);
	}
	json_close(json, ']');
}

static void refs_sum_write_json(
    struct refs_sum *sum, const struct refs_sum_request *request)
{
	size_t len = sum->rows.len;
	struct json json;

	if (request->count && request->count < len)
		len = request->count;
	json_init(&json, stdout);
	json_open_document(&json, SCHEMA);
	json_member_whole(&json, "pid", request->asked);
	json_member_whole(&json, "processes", (int64_t)sum->processes);
	json_member_rounded(&json, "pause_ms", (double)sum->pause_ns / 1e6, 3);
	refs_sum_write_types(&json, sum);
	json_member_whole(&json, "objects", (int64_t)sum->objects);
	json_member_whole(&json, "chains_found", (int64_t)sum->rows.len);
	json_member_open(&json, "chains", '[');
	for (size_t i = 0; i < len; i++)
		refs_sum_write_row(&json, sum, &sum->rows.items[i]);
	json_close(&json, ']');
	json_close(&json, '}');
}

static void refs_sum_finish(struct refs_sum *sum)
{
	for (size_t i = 0; i < sum->rows.len; i++) {
		refs_row_finish(&sum->rows.items[i].row);
		free(sum->rows.items[i].key);
	}
	array_free(&sum->rows);
	index_finish(&sum->index);
	heap_finish(&sum->types);
}

int refs_sum_show(const struct refs_sum_request *request, struct err *e)
{
	struct refs_sum sum = {.objects = 0};
	bool is_read = true;
	struct progress progress;
	struct waiting waiting;

	progress = waiting_begin(&waiting, "looking for references");
	for (size_t i = 0; i < request->len && is_read; i++)
		is_read = refs_sum_read(
		    &sum, request->pids[i], request, &progress, e);
	waiting_end(&waiting);
	if (is_read && sum.processes) {
		if (sum.rows.len)
			qsort(sum.rows.items, sum.rows.len,
			    sizeof(*sum.rows.items), refs_sum_order);
		if (request->json)
			refs_sum_write_json(&sum, request);
		else
			refs_sum_print(&sum, request);
	}
	is_read = is_read && sum.processes;
	refs_sum_finish(&sum);
	return is_read ? 0 : -1;
}
