// SPDX-License-Identifier: MIT
#include "python/refs/referrers_alike.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/index.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "python/refs/referrers_owners.h"

/* Up to this many alike roots keep their numbers and stay separate. */
#define APART_MAX 16
#define ALIKE_NAME 512

/* Roots whose names differ only in numbers. */
struct alike_group {
	char *name;
	uint32_t first;
	size_t count;
};

struct alike {
	struct referrers *referrers;
	ARRAY(struct alike_group) groups;
	struct index index;
	uint32_t *of; /* group of each object, + 1 */
};

static bool alike_is_same(const void *items, size_t at, const void *key)
{
	return !strcmp(((const struct alike_group *)items)[at].name, key);
}

char *referrers_without_numbers(const char *name, const char *instead)
{
	struct strbuf made = {0};

	for (; *name; name++) {
		if (*name < '0' || *name > '9')
			strbuf_add_bytes(&made, name, 1);
		else if (name[1] < '0' || name[1] > '9')
			strbuf_add(&made, instead);
	}
	return strbuf_take(&made);
}

/* Roots are alike where their keys are equal. A function's key includes its
 * owner's, a task's includes what it runs. NULL where one of them has no
 * name. */
static char *alike_key(
    const struct referrers *referrers, uint32_t object, uint32_t owner)
{
	char name[ALIKE_NAME], of[ALIKE_NAME] = "", *alike, *key;
	enum chain_root kind = referrers->roots[object];
	uint32_t runs = REFERENCES_NONE;

	if (!referrers_name(referrers, object, name, sizeof(name)) ||
	    (owner != REFERENCES_NONE &&
		!referrers_name(referrers, owner, of, sizeof(of))))
		return NULL;
	alike = referrers_without_numbers(kind == CHAIN_FRAME ? of : name, "0");
	if (kind == CHAIN_TASK)
		runs = referrers_coroutine(referrers, object);
	if (runs != REFERENCES_NONE)
		referrers_value(referrers, runs, of, sizeof(of));
	key = mem_format(
	    "%d %s %s", (int)kind, alike, kind == CHAIN_FRAME ? name : of);
	free(alike);
	return key;
}

static void alike_add(struct alike *alike, uint32_t object, uint32_t owner)
{
	char *key = alike_key(alike->referrers, object, owner);
	uint32_t hash;
	size_t at;

	if (!key)
		return;
	hash = index_hash(key, strlen(key));
	at = index_place(&alike->index, hash, alike_is_same,
	    alike->groups.items, key, alike->groups.len);
	if (at == alike->groups.len)
		*array_push(&alike->groups) =
		    (struct alike_group){.name = key, .first = object};
	else
		free(key);
	alike->groups.items[at].count++;
	alike->of[object] = (uint32_t)at + 1;
}

void referrers_find_alike(struct referrers *referrers)
{
	size_t count = referrers->references.count;
	struct alike alike = {.referrers = referrers,
	    .of = mem_zero(count + 1, sizeof(uint32_t))};

	for (uint32_t i = 0; i < referrers->objects->found.len; i++)
		if (referrers->roots[i] >= CHAIN_THREAD &&
		    referrers->roots[i] <= CHAIN_TASK)
			alike_add(&alike, i, REFERENCES_NONE);
	for (size_t i = 0; i < referrers->frames.len; i++)
		if (referrers->frames.items[i].owner != REFERENCES_NONE)
			alike_add(&alike, referrers->frames.items[i].object,
			    referrers->frames.items[i].owner);
	for (uint32_t i = 0; i < count; i++) {
		const struct alike_group *group =
		    alike.of[i] ? &alike.groups.items[alike.of[i] - 1] : NULL;

		alike.of[i] =
		    group && group->count > APART_MAX ? group->first : i;
	}
	referrers->alike = alike.of;
	for (size_t i = 0; i < alike.groups.len; i++)
		free(alike.groups.items[i].name);
	array_free(&alike.groups);
	index_finish(&alike.index);
}
