// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "cli/options.h"
#include "commands/refs_one.h"
#include "python/refs/caches.h"

#define NEAREST 3 /* types to suggest where no type has the name */

const char *refs_short(const char *type)
{
	const char *dot = strrchr(type, '.');

	return dot && dot[1] ? dot + 1 : type;
}

/* Whether the word is the type's name, or its end after a dot: "Lesson" for
 * "courses.models.Lesson". */
static bool refs_scan_is_called(const char *type, const char *word)
{
	size_t len = strlen(type), tail = strlen(word);

	if (!strncmp(word, "builtins.", 9) && !strcmp(word + 9, type))
		return true;
	return tail > 0 && len >= tail && !strcmp(type + len - tail, word) &&
	       (len == tail || type[len - tail - 1] == '.');
}

/* Whether the word is the type's name as mprof prints it. */
static bool refs_is_shown_as(const char *type, const char *word)
{
	char *shown = utf8_clean_copy(type);
	bool is = refs_scan_is_called(shown, word);

	free(shown);
	return is;
}

static bool refs_has_part(const char *type, const char *word)
{
	size_t len = strlen(word);

	for (; len && *type; type++)
		if (!strncasecmp(type, word, len))
			return true;
	return false;
}

/* Suggests types that contain the word, or the one with the nearest
 * spelling. */
static void refs_name_nearest(
    const struct objects *objects, const char *word, char *out, size_t size)
{
	const char **names =
	    mem_zero(objects->types.items.len + 1, sizeof(*names));
	const char *nearest, *dot = strrchr(word, '.');
	size_t len = 0, found = 0, used = 0;

	out[0] = 0;
	for (size_t i = 0; i < objects->types.items.len; i++) {
		const struct object_type *type = objects->types.items.items[i];

		if (type->count)
			names[len++] = type->name;
	}
	for (size_t i = 0; i < len && found < NEAREST && used < size; i++)
		if (refs_has_part(names[i], word))
			used += (size_t)snprintf(out + used, size - used,
			    "%s%s", found++ ? ", " : "", names[i]);
	for (size_t i = 0; i < len && !found; i++)
		names[i] = refs_short(names[i]);
	nearest =
	    found ? NULL : options_nearest(dot ? dot + 1 : word, names, len);
	if (nearest)
		snprintf(out, size, "%s", nearest);
	free(names);
}

static int refs_choose_types(struct refs *refs, const char *word, struct err *e)
{
	const struct objects *objects = &refs->scan.objects;
	char nearest[400];

	refs->is_wanted = mem_zero(objects->types.items.len + 1, sizeof(bool));
	for (size_t i = 0; i < objects->types.items.len; i++) {
		const struct object_type *type = objects->types.items.items[i];

		if (!type->count || !(refs_scan_is_called(type->name, word) ||
					refs_is_shown_as(type->name, word)))
			continue;
		*array_push(&refs->types) = type;
		refs->is_wanted[i] = true;
	}
	if (refs->types.len)
		return 0;
	refs_name_nearest(objects, word, nearest, sizeof(nearest));
	if (*nearest)
		return err_set(e,
		    "process %d: no object of type %s; there are of type %s",
		    (int)refs->scan.target.pid, word, nearest);
	return err_set(e,
	    "process %d: no object of type %s; mprof heap %d names the types",
	    (int)refs->scan.target.pid, word, (int)refs->scan.target.pid);
}

static void refs_choose_objects(struct refs *refs)
{
	const struct referrers *referrers = &refs->referrers;

	for (size_t i = 0; i < refs->scan.objects.found.len; i++)
		if (refs->is_wanted[referrers->types[i]])
			*array_push(&refs->wanted) = (uint32_t)i;
}

/* Whether objects of the type are data, which several variables may hold:
 * lists, dicts and the like, and instances of classes. Others (a class, a
 * function) have one place by which they are known. */
static bool refs_is_data(const struct object_type *type)
{
	switch (type->kind) {
	case OBJECT_LIST:
	case OBJECT_TUPLE:
	case OBJECT_DICT:
	case OBJECT_ORDERED_DICT:
	case OBJECT_SET:
	case OBJECT_DEQUE:
	case OBJECT_NUMPY_ARRAY:
		return true;
	case OBJECT_OTHER:
		return type->on_heap;
	default:
		return false;
	}
}

static bool *refs_data_types(const struct objects *objects)
{
	bool *data = mem_zero(objects->types.items.len + 1, sizeof(bool));

	for (size_t i = 0; i < objects->types.items.len; i++)
		data[i] = refs_is_data(objects->types.items.items[i]);
	return data;
}

/* Finds the references among all objects, once. */
static int refs_scan_references(struct refs *refs, struct err *e)
{
	const struct referrers_request request = {refs->referents};

	if (refs->has_references)
		return 0;
	if (referrers_find(&refs->referrers, &refs->scan.objects, &request, e) <
	    0) {
		referrers_finish(&refs->referrers);
		return -1;
	}
	refs->has_references = true;
	if (refs->referents)
		return 0;
	refs->sizes = referrers_sizes(&refs->referrers);
	dominators_find(&refs->dominators, &refs->referrers.references,
	    refs->referrers.roots, refs->sizes);
	return 0;
}

static void refs_scan_chains(struct refs *refs, struct chains_request *request)
{
	bool *data = refs_data_types(&refs->scan.objects);

	request->splits = data;
	request->dominators = &refs->dominators;
	chains_find(&refs->chains, request);
	free(data);
	caches_sort(&refs->chains, &refs->referrers);
}

/* Forgets the type found before. */
static void refs_scan_reset(struct refs *refs)
{
	chains_finish(&refs->chains);
	refs->chains = (struct chains){.items = {0}};
	array_free(&refs->types);
	array_free(&refs->wanted);
	free(refs->is_wanted);
	free(refs->below);
	refs->below = NULL;
	refs->is_wanted = NULL;
}

int refs_find(struct refs *refs, const char *word, struct err *e)
{
	struct chains_request chains;

	refs_scan_reset(refs);
	if (refs_choose_types(refs, word, e) < 0 ||
	    refs_scan_references(refs, e) < 0)
		return -1;
	refs_choose_objects(refs);
	chains =
	    (struct chains_request){.references = &refs->referrers.references,
		.types = refs->referrers.types,
		.roots = refs->referrers.roots,
		.alike = refs->referrers.alike,
		.wanted = refs->wanted.items,
		.wanted_len = refs->wanted.len,
		.depth = refs->depth,
		.with_members = refs->with_members};
	if (refs->referents) {
		chains_referents(&refs->chains, &chains);
		refs_sort_below(refs);
	} else if (refs->one) {
		if (refs_one_choose(refs, refs->one, e) != 0)
			return -1;
	} else {
		refs_scan_chains(refs, &chains);
	}
	return scan_check(&refs->scan, e);
}

int refs_scan(struct refs *refs, pid_t pid, const struct progress *progress,
    struct err *e)
{
	return scan_process(&refs->scan, pid, progress, e) == PYTHON_OK ? 0
									: -1;
}

void refs_finish(struct refs *refs)
{
	refs_scan_reset(refs);
	dominators_finish(&refs->dominators);
	referrers_finish(&refs->referrers);
	scan_finish(&refs->scan);
	free(refs->sizes);
	refs->sizes = NULL;
}
