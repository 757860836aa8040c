/* SPDX-License-Identifier: MIT
 *
 * The slots of a table, which hold its samples. If all are in use the period
 * doubles, and samples are dropped as if it had been doubled from the start.
 * Calls need the lock of samples.c.
 */
#ifndef MPROF_ALLOCATION_SLOTS_H
#define MPROF_ALLOCATION_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "allocation/file.h"
#include "allocation/addresses.h"
#include "allocation/callers.h"
#include "allocation/rate.h"

/* Empty if zeroed, except for file, rate and seed (not 0). */
struct slots {
	struct file file;
	struct rate rate;
	uint64_t serial, seed;
	uint64_t held; /* bytes that the samples represent */
	uint32_t lost; /* samples for which the disk was full */
	struct callers callers;
	uint16_t caller_of[ALLOCATION_SLOTS];
};

/* Adds a sample of a place (see callers.h), and gives it a serial. Where the
 * disk is full it is dropped and counted. */
void slots_put(struct slots *slots, struct addresses *addresses,
    const struct allocation_slot *slot, uint32_t caller);

/* Removes the sample of an address, into *kept. False: there is none. */
bool slots_remove(struct slots *slots, struct addresses *addresses,
    void *address, struct allocation_slot *kept);

#endif
