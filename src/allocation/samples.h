/* SPDX-License-Identifier: MIT
 *
 * The sampled allocations of this process. hooks.c asks here when a sample is
 * due, and when an address is freed that may be sampled. Nothing waits here
 * for long: where the lock is not free soon, the sample is left out. A forked
 * child begins anew with an empty table, at its first sample.
 */
#ifndef MPROF_ALLOCATION_SAMPLES_H
#define MPROF_ALLOCATION_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "allocation/addresses.h"
#include "allocation/thread.h"

/* The only part that hooks.c reads by itself. */
extern struct addresses samples_addresses __attribute__((visibility("hidden")));

/* From here on samples are taken; into the folder of the environment. Without
 * it: never. flags are those of the header. */
void samples_start(uint32_t flags);

/* The same in a program that runs already, into that folder, with an empty
 * table from now on. False: it can't be made. Until samples_stop() no thread
 * may be in here. */
bool samples_start_late(const char *folder, uint32_t flags);
void samples_stop(void);

/* Whether they were started late, into that folder; NULL: into any. */
bool samples_are_late(const char *folder);

/* Whether nobody reads the table any more: the recorder, which keeps a lock on
 * the folder, has ended. True where there is none. Keeps errno. */
bool samples_are_unread(void);

/* The same, looked for at few of its calls. */
bool samples_look_unread(void);

/* Whether samples are wanted at all. */
bool samples_are_wanted(void);

/* More of the header's flags. */
void samples_add_flags(uint32_t flags);

/* The next point of the sampling lies in this allocation, which may be NULL:
 * it failed. caller called the hook; NULL: it was Python's, and this
 * thread has the interpreter's lock. */
void samples_take(void *address, size_t size, void *caller);

/* Counts a mapping of the program's own; the address is never NULL. */
void samples_map(void *address, size_t size, void *caller);

/* Mapped memory is about to be given back, or replaced. True, with the sample
 * as it was: the address was the first of it. */
bool samples_unmap(
    const void *address, size_t size, struct allocation_slot *first);

/* The mapping that first was the sample of has moved to address, or has another
 * size now. */
void samples_remap(const struct allocation_slot *first, void *address,
    size_t size, void *caller);

/* The address is about to be freed. True, with the slot where it was sampled:
 * samples_restore() puts it back where it is not freed after all. */
bool samples_drop(void *address, struct allocation_slot *kept);
void samples_restore(const struct allocation_slot *kept);

/* The same where it is freed for certain. */
void samples_forget(void *address);

static inline bool samples_may_have(const void *address)
{
	return __builtin_expect(
	    addresses_may_have(&samples_addresses, address), 0);
}

/* Counts size bytes that are about to be allocated. False, and nothing is
 * counted: the next point of the sampling lies in them, and samples_take() is
 * to be called when they are there. */
static inline __attribute__((always_inline)) bool samples_pass(size_t size)
{
	if (__builtin_expect(size >= thread_self.left, 0))
		return false;
	thread_self.left -= size;
	return true;
}

/* The same of an allocation that is there. */
static inline __attribute__((always_inline)) void samples_count(
    void *address, size_t size)
{
	if (!samples_pass(size))
		samples_take(address, size, __builtin_return_address(0));
}

#endif
