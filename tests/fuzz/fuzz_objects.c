// SPDX-License-Identifier: MIT
/* The objects of a heap that the input has changed words of. The first byte
 * says which version's layout; then come ten bytes for each word: where (in
 * words), and what. Of what, the two lowest values of the last byte stand for
 * an address in the heap and for a small number. */
#include "fuzz.h"

#include "../unit/fake_heap.h"
#include "python/refs/referrers.h"

enum { CHANGE = 10 };

static bool check_reference(
    const struct object_reference *reference, void *context)
{
	const struct fake_heap *fake = context;

	if (reference->to < FAKE_START ||
	    reference->to >= FAKE_START + FAKE_SIZE || !reference->type)
		__builtin_trap();
	(void)fake;
	return true;
}

/* Every number is in range, of what holds them all or of what they hold. */
static void check_chains(struct objects *objects, bool referents)
{
	bool *all_types = mem_zero(objects->types.items.len + 1, sizeof(bool));
	uint32_t *all = mem_zero(objects->found.len + 1, sizeof(uint32_t));
	struct referrers_request request = {referents};
	struct chains_request chains_request;
	struct referrers referrers;
	struct chains chains;
	char name[64];
	struct err e;

	memset(all_types, 1, objects->types.items.len);
	for (size_t i = 0; i < objects->found.len; i++)
		all[i] = (uint32_t)i;
	if (referrers_find(&referrers, objects, &request, &e) == 0) {
		chains_request =
		    (struct chains_request){.references = &referrers.references,
			.types = referrers.types,
			.roots = referrers.roots,
			.wanted = all,
			.wanted_len = objects->found.len,
			.depth = 3,
			.splits = all_types};
		if (referents)
			chains_referents(&chains, &chains_request);
		else
			chains_find(&chains, &chains_request);
		for (size_t i = 0; i < chains.links.len; i++) {
			const struct chain_link *link = &chains.links.items[i];

			if (link->object >= referrers.references.count ||
			    (link->parent != CHAIN_NONE && link->parent >= i))
				__builtin_trap();
			referrers_label(
			    &referrers, link->detail, name, sizeof(name));
			referrers_name(
			    &referrers, link->object, name, sizeof(name));
			referrers_type(&referrers, link->type);
		}
		chains_finish(&chains);
	}
	referrers_finish(&referrers);
	free(all_types);
	free(all);
}

static void change(struct fake_heap *fake, const uint8_t *bytes)
{
	uint64_t at = (bytes[0] | bytes[1] << 8) % (FAKE_SIZE / 8) * 8;
	uint64_t value = field_u64(bytes, 2);

	switch (bytes[9]) {
	case 0:
		value = FAKE_START + value % FAKE_SIZE / 8 * 8;
		break;
	case 1:
		value = value % 256;
		break;
	}
	fake_put(fake, FAKE_START + at, 0, value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fake_heap fake;
	const struct python_offsets *o;
	struct objects objects;
	struct object_budget budget;
	struct err e;

	if (size == 0)
		return 0;
	o = python_offsets_row(data[0] % 6);
	if (!o)
		return 0;
	fake_heap_init(&fake, o);
	for (size_t i = 1; i + CHANGE <= size; i += CHANGE)
		change(&fake, data + i);
	if (objects_find(&objects, &fake.target, &fake.snapshot, &e) == 0 &&
	    objects.found.len == 0)
		__builtin_trap();
	budget = object_budget(&fake.snapshot);
	for (size_t i = 0; i < objects.found.len; i++) {
		uint64_t address = objects.found.items[i];
		struct object_type *type =
		    object_types_of(&objects.types, address);

		if (objects_index(&objects, address) != i || !type)
			__builtin_trap();
		object_references(&objects.types, address, type, &budget,
		    check_reference, &fake);
	}
	check_chains(&objects, data[0] & 128);
	objects_finish(&objects);
	return 0;
}
