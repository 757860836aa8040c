// SPDX-License-Identifier: MIT
#include <string.h>

#include "base/mem.h"
#include "commands/doctor.h"
#include "commands/refs.h"
#include "commands/refs_grown.h"

#define DOCTOR_DEPTH 10
/* A place that grew by less than this part of another's growth explains none of
 * it. */
#define DOCTOR_PART 100

/* The path in a row of heap's paths; NULL where the row is of another type. */
static const char *doctor_path_of(
    const struct heap_row *row, const struct doctor_type *type)
{
	size_t len = strlen(type->name);

	return !strncmp(row->name, type->name, len) && row->name[len] == '\t'
		   ? row->name + len + 1
		   : NULL;
}

/* The place that grew most from reading to reading, by bytes, as one large
 * object does among many that come and go. What a running function or no object
 * holds comes after all others, but for those that explain nothing. NULL: none
 * grew.
 */
static const char *doctor_find_grown(const struct doctor_type *type,
    const struct heap *before, const struct heap *after)
{
	const char *found[] = {NULL, NULL}; /* that stay, that pass */
	int64_t most[] = {0, 0};

	for (size_t i = 0; i < after->rows.len; i++) {
		const struct heap_row *row = &after->rows.items[i];
		const char *path = doctor_path_of(row, type);
		const struct heap_row *old;
		int64_t grown;

		if (!path)
			continue;
		old = heap_find(before, row->name);
		grown = row->bytes - (old ? old->bytes : 0);
		if (grown <= most[row->passing])
			continue;
		found[row->passing] = path;
		most[row->passing] = grown;
	}
	return most[false] > most[true] / DOCTOR_PART ? found[false]
						      : found[true];
}

/* Finds, in one more copy of the process, the chain that holds most objects of
 * each type without a place. A type that is gone has none, nor has one that
 * grew by its bytes alone: where most of its objects are says nothing of these.
 */
static void doctor_find_most(struct doctor *doctor)
{
	struct refs refs = {.count = 1, .depth = DOCTOR_DEPTH};
	struct err ignored;

	if (refs_scan(&refs, doctor->pid, NULL, &ignored) != 0)
		return;
	for (size_t i = 0; i < doctor->len; i++)
		if (!doctor->types[i].held_by && doctor->types[i].count > 0 &&
		    refs_find(&refs, doctor->types[i].name, &ignored) == 0 &&
		    refs.chains.items.len > 0)
			doctor->types[i].held_by =
			    refs_path(&refs, refs.chains.items.items[0].link);
	refs_finish(&refs);
}

/* Types that come and go hide one that is kept; its place does not. */
static void doctor_find_places(
    struct doctor *doctor, const struct heap *before, const struct heap *after)
{
	struct refs_grown_row rows[DOCTOR_TYPES];

	doctor->len = refs_grown_most(before, after, rows, DOCTOR_TYPES);
	doctor->by_place = doctor->len > 0;
	for (size_t i = 0; i < doctor->len; i++)
		doctor->types[i] = (struct doctor_type){
		    .name = mem_format("%.*s", rows[i].type_len, rows[i].type),
		    .held_by = mem_copy(rows[i].path),
		    .count = rows[i].objects,
		    .bytes = rows[i].bytes};
}

void doctor_find_referrers(
    struct doctor *doctor, const struct heap *before, const struct heap *after)
{
	bool all = true;

	if (!doctor->len) {
		doctor_find_places(doctor, before, after);
		return;
	}
	for (size_t i = 0; i < doctor->len; i++) {
		struct doctor_type *type = &doctor->types[i];
		const char *path =
		    doctor_find_grown(type, before->paths, after->paths);

		if (path)
			type->held_by = mem_copy(path);
		all = all && path;
	}
	if (!all)
		doctor_find_most(doctor);
}
