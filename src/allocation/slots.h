/* SPDX-License-Identifier: MIT
 *
 * The slots of a table: samples that are held. Where all are in use the
 * period doubles, and of the samples those go that it would not have taken.
 * Whoever calls holds the lock of samples.c.
 */
#ifndef MPROF_ALLOCATION_SLOTS_H
#define MPROF_ALLOCATION_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "allocation/file.h"
#include "allocation/addresses.h"
#include "allocation/callers.h"
#include "allocation/rate.h"

/* Zeroed, but for file, rate and seed (any number but 0), it is empty. */
struct slots {
	struct file file;
	struct rate rate;
	uint64_t serial, seed;
	uint64_t held; /* bytes that the samples stand for */
	struct callers callers;
	uint16_t caller_of[ALLOCATION_SLOTS];
};

/* Adds a sample of a place (of callers); its serial is given here. Where the
 * disk is full it is left out. */
void slots_put(struct slots *slots, struct addresses *addresses,
    const struct allocation_slot *slot, uint32_t caller);

/* Takes the sample of an address out, into *kept. False: there was none. */
bool slots_remove(struct slots *slots, struct addresses *addresses,
    void *address, struct allocation_slot *kept);

#endif
