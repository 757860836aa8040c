// SPDX-License-Identifier: MIT
#include "allocation/slots.h"

#include "allocation/poisson.h"

/* Readers may use the slot as soon as it has a serial. */
static void slots_fill(
    struct slots *slots, uint32_t at, const struct allocation_slot *slot)
{
	struct allocation_slot *to = &slots->file.slots[at];

	to->address = slot->address;
	to->size = slot->size;
	to->weight = slot->weight;
	to->time_ns = slot->time_ns;
	to->stack = slot->stack;
	to->thread = slot->thread;
	__atomic_store_n(&to->serial, ++slots->serial, __ATOMIC_RELEASE);
	callers_hold(&slots->callers, slots->caller_of[at], slot->weight);
	slots->held += slot->weight;
}

static void slots_clear(struct slots *slots, uint32_t at)
{
	struct allocation_slot *slot = &slots->file.slots[at];

	callers_release(&slots->callers, slots->caller_of[at], slot->weight);
	slots->held -= slot->weight;
	__atomic_store_n(&slot->serial, 0, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void slots_empty(
    struct slots *slots, struct addresses *addresses, uint32_t at)
{
	addresses_remove(addresses, at);
	slots_clear(slots, at);
}

/* Doubles the period as if from the start: each sample is kept with the
 * probability that it would have had. */
static void slots_thin(struct slots *slots, struct addresses *addresses)
{
	uint64_t period;

	rate_lengthen(&slots->rate);
	period = slots->rate.least;
	for (uint32_t at = 0; at < addresses->used; at++) {
		struct allocation_slot slot = slots->file.slots[at];
		double chance;

		if (slot.serial == 0)
			continue;
		chance = poisson_chance(slot.size, period) *
			 (double)slot.weight / (double)slot.size;
		if (chance >= 1)
			continue;
		if (!poisson_coin(&slots->seed, chance)) {
			slots_empty(slots, addresses, at);
			slots->file.header->thinned++;
			continue;
		}
		slot.weight = poisson_weight(slot.size, period);
		slots_clear(slots, at);
		slots_fill(slots, at, &slot);
	}
}

void slots_put(struct slots *slots, struct addresses *addresses,
    const struct allocation_slot *slot, uint32_t caller)
{
	struct allocation_header *header = slots->file.header;
	void *address = (void *)(uintptr_t)slot->address;
	uint32_t at = addresses_find(addresses, address);

	/* A sample whose free was missed. */
	if (at != ADDRESSES_NONE)
		slots_empty(slots, addresses, at);
	at = addresses_add(addresses, address);
	while (at == ADDRESSES_NONE) {
		slots_thin(slots, addresses);
		at = addresses_add(addresses, address);
	}
	if (!file_back_slot(&slots->file, at)) {
		addresses_remove(addresses, at);
		slots->lost++;
		return;
	}
	slots->caller_of[at] = (uint16_t)caller;
	slots_fill(slots, at, slot);
	if (header->used < addresses->used)
		__atomic_store_n(
		    &header->used, addresses->used, __ATOMIC_RELEASE);
}

bool slots_remove(struct slots *slots, struct addresses *addresses,
    void *address, struct allocation_slot *kept)
{
	uint32_t at = addresses_find(addresses, address);

	if (at == ADDRESSES_NONE)
		return false;
	*kept = slots->file.slots[at];
	slots_empty(slots, addresses, at);
	slots->file.header->dropped++;
	return true;
}
