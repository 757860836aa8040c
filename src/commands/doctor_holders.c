// SPDX-License-Identifier: MIT
#include <string.h>

#include "base/mem.h"
#include "commands/doctor.h"
#include "commands/refs.h"

#define DOCTOR_DEPTH 10

/* The path in a row of heap's paths; NULL where the row is of another type. */
static const char *doctor_path_of(
    const struct heap_row *row, const struct doctor_type *type)
{
	size_t len = strlen(type->name);

	return !strncmp(row->name, type->name, len) && row->name[len] == '\t'
		   ? row->name + len + 1
		   : NULL;
}

/* The place that gained most objects of the type from look to look. Objects
 * held by a running function or by no object come last. NULL: no place gained
 * any. */
static const char *doctor_find_grown(const struct doctor_type *type,
    const struct heap *before, const struct heap *after)
{
	const char *found = NULL;
	bool passing = true;
	int64_t most = 0;

	for (size_t i = 0; i < after->rows.len; i++) {
		const struct heap_row *row = &after->rows.items[i], *old;
		const char *path = doctor_path_of(row, type);
		int64_t grown;

		if (!path || (row->passing && !passing))
			continue;
		old = heap_find(before, row->name);
		grown = row->count - (old ? old->count : 0);
		if (grown <= 0 || (row->passing == passing && grown <= most))
			continue;
		found = path;
		most = grown;
		passing = row->passing;
	}
	return found;
}

/* Finds, in one more copy of the process, the chain that holds most objects of
 * each type without a place. A type that is gone has none. */
static void doctor_find_most(struct doctor *doctor)
{
	struct refs refs = {.count = 1, .depth = DOCTOR_DEPTH};
	struct err ignored;

	if (refs_look(&refs, doctor->pid, NULL, &ignored) != 0)
		return;
	for (size_t i = 0; i < doctor->len; i++)
		if (!doctor->types[i].held_by &&
		    refs_find(&refs, doctor->types[i].name, &ignored) == 0 &&
		    refs.chains.items.len > 0)
			doctor->types[i].held_by =
			    refs_path(&refs, refs.chains.items.items[0].link);
	refs_finish(&refs);
}

void doctor_find_holders(
    struct doctor *doctor, const struct heap *before, const struct heap *after)
{
	bool all = true;

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
