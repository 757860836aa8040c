// SPDX-License-Identifier: MIT
#include "commands/refs_grown.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/units.h"
#include "base/utf8.h"
#include "cli/terminal.h"
#include "commands/heap_read.h"
#include "commands/refs.h"
#include "dat/heap_file.h"

#define SCHEMA 1
#define PATH_DEPTH 10
#define LEAST_OBJECTS 2
#define LEAST_BYTES (64 << 10) /* of a single object */
#define ROWS_MAX 20000

struct refs_grown_rows {
	ARRAY(struct refs_grown_row) items;
};

/* Whether objects are held by a running function, by variables of a suspended
 * one (a task's, a greenlet's), or by no object. */
static bool refs_grown_is_passing(const struct chains *chains, uint32_t at)
{
	const struct chain_link *links = chains->links.items;
	bool local = false;

	for (; links[at].parent != CHAIN_NONE; at = links[at].parent)
		local = local || links[at].kind == REFERENCE_LOCAL;
	switch ((enum chain_root)links[at].kind) {
	case CHAIN_FRAME:
	case CHAIN_OUTSIDE:
		return true;
	case CHAIN_THREAD:
	case CHAIN_GREENLET:
	case CHAIN_TASK:
		return local;
	default:
		return false;
	}
}

int refs_paths(struct heap *paths, struct scan *scan, struct err *e)
{
	const struct referrers_request request = {.referents = false};
	struct refs refs = {.depth = PATH_DEPTH};
	struct chains_request chains;

	if (referrers_find(&refs.referrers, &scan->objects, &request, e) < 0) {
		referrers_finish(&refs.referrers);
		return -1;
	}
	refs.sizes = referrers_sizes(&refs.referrers);
	chains =
	    (struct chains_request){.references = &refs.referrers.references,
		.types = refs.referrers.types,
		.roots = refs.referrers.roots,
		.alike = refs.referrers.alike,
		.sizes = refs.sizes,
		.depth = PATH_DEPTH};
	chains_places(&refs.chains, &chains);
	for (uint32_t i = 0; i < refs.chains.links.len; i++) {
		const struct chain_link *link = &refs.chains.links.items[i];
		char *path, *type, *name;

		if (link->objects < LEAST_OBJECTS &&
		    link->retained < LEAST_BYTES)
			continue;
		refs_forget_number(&refs, i);
		path = refs_path(&refs, i);
		type = utf8_clean_copy(
		    referrers_type(&refs.referrers, link->type));
		name = mem_format("%s\t%s", type, path);
		heap_add(paths, name, (int64_t)link->objects,
		    (int64_t)link->retained)
		    ->passing = refs_grown_is_passing(&refs.chains, i);
		free(path);
		free(type);
		free(name);
	}
	chains_finish(&refs.chains);
	referrers_finish(&refs.referrers);
	free(refs.sizes);
	return 0;
}

static int refs_grown_read_one(
    struct heap *heap, const char *path, struct err *e)
{
	if (heap_file_read(heap, path, e) < 0)
		return -1;
	if (!heap->paths || !heap->started)
		return err_set(e,
		    "%s: has only counts, not what holds the objects: it is a "
		    "sum of several processes, is from an older mprof, or was "
		    "saved with --no-paths; save one with mprof heap PID "
		    "--save FILE",
		    path);
	return 0;
}

int refs_grown_read(struct refs_grown *grown, char **paths, struct err *e)
{
	struct heap swap;

	if (refs_grown_read_one(&grown->before, paths[0], e) < 0 ||
	    refs_grown_read_one(&grown->after, paths[1], e) < 0)
		return -1;
	if (grown->before.pid != grown->after.pid ||
	    grown->before.started != grown->after.started)
		return err_set(e,
		    "%s, %s: are from two programs, process %" PRId64
		    " and %" PRId64 "%s",
		    paths[0], paths[1], grown->before.pid, grown->after.pid,
		    grown->before.pid == grown->after.pid
			? " with another start"
			: "");
	if (grown->before.wall_ns > grown->after.wall_ns) {
		swap = grown->before;
		grown->before = grown->after;
		grown->after = swap;
	}
	return 0;
}

void refs_grown_finish(struct refs_grown *grown)
{
	heap_finish(&grown->before);
	heap_finish(&grown->after);
}

static int64_t refs_grown_count(const struct heap *heap, const char *name)
{
	const struct heap_row *row = heap_find(heap, name);

	return row ? row->count : 0;
}

/* Whether it is that type; the word may leave out the module. */
static bool refs_grown_is_wanted(
    const struct refs_grown_row *row, const char *word)
{
	size_t len = word ? strlen(word) : 0, all = (size_t)row->type_len;

	if (!word)
		return true;
	return len <= all && !memcmp(row->type + all - len, word, len) &&
	       (len == all || row->type[all - len - 1] == '.');
}

/* Whether a name continues with that byte: the name "kept" does in "kept2", and
 * ends in "kept.x" and before an ellipsis, whose first byte is 0xe2. */
static bool refs_grown_is_name(unsigned char byte)
{
	return isalnum(byte) || byte == '_' || (byte >= 0x80 && byte != 0xe2);
}

/* Sorts by path: a place comes right before all places below it, and these
 * before places whose names are merely longer. For equal paths, the larger
 * growth comes first. */
static int refs_grown_by_path(const void *a, const void *b)
{
	const struct refs_grown_row *x = a, *y = b;
	const unsigned char *p = (const unsigned char *)x->path;
	const unsigned char *q = (const unsigned char *)y->path;

	while (*p && *p == *q)
		p++, q++;
	if (refs_grown_is_name(*p) != refs_grown_is_name(*q))
		return refs_grown_is_name(*p) ? 1 : -1;
	if (*p != *q)
		return *p < *q ? -1 : 1;
	if (x->objects != y->objects)
		return x->objects < y->objects ? 1 : -1;
	return strcmp(x->type, y->type);
}

static int refs_grown_by_objects(const void *a, const void *b)
{
	const struct refs_grown_row *x = a, *y = b;

	if (x->below != y->below)
		return x->below ? 1 : -1;
	if (x->passing != y->passing)
		return x->passing ? 1 : -1;
	if ((x->since > 0) != (y->since > 0))
		return x->since > 0 ? -1 : 1;
	if (x->objects != y->objects)
		return x->objects < y->objects ? 1 : -1;
	return strcmp(x->path, y->path);
}

/* Adds the growth below a place to it. Sorted by path, the places below
 * follow. */
static void refs_grown_fold(struct refs_grown_rows *rows)
{
	struct refs_grown_row *items = rows->items.items;

	for (size_t i = 0, top = 0; i < rows->items.len; i++) {
		size_t len = strlen(items[top].path);

		if (i == 0 || strncmp(items[i].path, items[top].path, len) ||
		    refs_grown_is_name((unsigned char)items[i].path[len])) {
			top = i;
			continue;
		}
		items[i].below = true;
		items[top].bytes += items[i].bytes;
	}
}

/* Finds the places that grew from reading to reading and since then; passing
 * ones must have grown both times. */
static void refs_grown_find(struct refs_grown_rows *rows,
    const struct heap *before, const struct heap *after, const struct heap *now,
    const char *word)
{
	for (size_t i = 0; i < now->rows.len && rows->items.len < ROWS_MAX;
	     i++) {
		const struct heap_row *row = &now->rows.items[i];
		const struct heap_row *old = heap_find(before, row->name);
		int64_t count = refs_grown_count(after, row->name);
		struct refs_grown_row found = {.type = row->name,
		    .path = strchr(row->name, '\t') + 1,
		    .objects = count - refs_grown_count(before, row->name),
		    .since = row->count - count,
		    .bytes = row->bytes - (old ? old->bytes : 0),
		    .passing = row->passing};

		found.type_len = (int)(found.path - found.type) - 1;
		if (row->count >= LEAST_OBJECTS && found.objects > 0 &&
		    found.since >= (found.passing ? 1 : 0) &&
		    refs_grown_is_wanted(&found, word))
			*array_push(&rows->items) = found;
	}
	if (!rows->items.len)
		return;
	qsort(rows->items.items, rows->items.len, sizeof(*rows->items.items),
	    refs_grown_by_path);
	refs_grown_fold(rows);
	qsort(rows->items.items, rows->items.len, sizeof(*rows->items.items),
	    refs_grown_by_objects);
	while (rows->items.len && rows->items.items[rows->items.len - 1].below)
		rows->items.len--;
}

size_t refs_grown_most(const struct heap *before, const struct heap *after,
    struct refs_grown_row *rows, size_t len)
{
	struct refs_grown_rows grown = {.items = {0}};

	/* No third snapshot tells what has been released since. */
	refs_grown_find(
	    &grown, before->paths, after->paths, after->paths, NULL);
	if (len > grown.items.len)
		len = grown.items.len;
	if (len)
		memcpy(rows, grown.items.items, len * sizeof(*rows));
	array_free(&grown.items);
	return len;
}

static void refs_grown_write(const struct refs_grown_rows *rows,
    const struct refs_grown *grown, const struct refs_grown_show *show)
{
	struct json json;

	json_init(&json, stdout);
	json_open_document(&json, SCHEMA);
	json_member_whole(&json, "pid", grown->after.pid);
	json_member_open(&json, "grown", '[');
	for (size_t i = 0;
	     i < rows->items.len && (!show->count || i < show->count); i++) {
		const struct refs_grown_row *row = &rows->items.items[i];
		char *type = mem_format("%.*s", row->type_len, row->type);

		json_open(&json, '{');
		json_member_whole(&json, "objects", row->objects);
		json_member_whole(&json, "since", row->since);
		json_member_whole(&json, "bytes", row->bytes);
		json_member_text(&json, "type", type);
		json_member_text(&json, "path", row->path);
		json_close(&json, '}');
		free(type);
	}
	json_close(&json, ']');
	json_close(&json, '}');
}

static double refs_grown_mib(const struct refs_grown_row *row)
{
	return row->bytes > 0 ? units_mib((double)row->bytes) : 0;
}

static void refs_grown_write_text(const struct refs_grown_rows *rows,
    const struct refs_grown *grown, const struct refs_grown_show *show)
{
	char span[UNITS_TEXT], size[UNITS_TEXT];
	size_t len = rows->items.len;
	struct units_column unit = {0};

	if (show->count && show->count < len)
		len = show->count;
	printf("Process %" PRId64
	       ": what grew in %s between the two files, and "
	       "has not shrunk since\n",
	    grown->after.pid,
	    units_duration(
		span, (double)(grown->after.wall_ns - grown->before.wall_ns) /
			  (double)NS_PER_S));
	if (!len) {
		puts("\nNothing did.");
		return;
	}
	for (size_t i = 0; i < len; i++)
		units_column_add(&unit, refs_grown_mib(&rows->items.items[i]));
	printf("\n%9s  %9s  %10s  held by\n", "# objects", "since", "size");
	for (size_t i = 0; i < len; i++) {
		const struct refs_grown_row *row = &rows->items.items[i];

		printf("%+9" PRId64 "  %+9" PRId64 "  %10s  %.*s\n%34s%s\n",
		    row->objects, row->since,
		    units_column_size(size, &unit, refs_grown_mib(row)),
		    row->type_len, row->type, "", row->path);
	}
	if (rows->items.len > len)
		printf("(%zu more: --count 0)\n", rows->items.len - len);
}

int refs_grown_print(const struct refs_grown *grown,
    const struct refs_grown_show *show, struct err *e)
{
	struct refs_grown_rows rows = {.items = {0}};
	struct heap now = {.paths = mem_zero(1, sizeof(*now.paths))};
	struct progress progress;
	struct waiting waiting;
	int64_t analysis_ns;
	int result = -1;

	progress = waiting_begin(&waiting, "looking for references");
	if (heap_read(&now, (pid_t)grown->after.pid, &progress, &analysis_ns,
		e) == PYTHON_OK)
		result = 0;
	waiting_end(&waiting);
	if (result == 0 && now.started != grown->after.started)
		result = err_set(e,
		    "process %" PRId64 ": is not the program that these "
		    "files are from; that one has ended",
		    grown->after.pid);
	if (result == 0) {
		refs_grown_find(&rows, grown->before.paths, grown->after.paths,
		    now.paths, show->word);
		if (show->json)
			refs_grown_write(&rows, grown, show);
		else
			refs_grown_write_text(&rows, grown, show);
	}
	array_free(&rows.items);
	heap_finish(&now);
	return result;
}
