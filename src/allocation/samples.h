/* SPDX-License-Identifier: MIT
 *
 * The sampled allocations of this process. hooks.c calls this when a sample is
 * due, and when an address that may be sampled is freed. Nothing waits long:
 * if the lock is not free soon, the sample is lost, and counted. A forked child
 * starts with an empty table, at its first sample.
 */
#ifndef MPROF_ALLOCATION_SAMPLES_H
#define MPROF_ALLOCATION_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "allocation/addresses.h"
#include "allocation/thread.h"

/* The only part that hooks.c reads directly. */
extern struct addresses samples_addresses __attribute__((visibility("hidden")));

/* Starts sampling into the directory in the environment; does nothing without
 * it. flags: see the table's header. */
void samples_start(uint32_t flags);

/* The same in a running program, into that directory, with an empty table.
 * False: the table can't be created. Until samples_stop(), no thread may be in
 * this file's functions. */
bool samples_start_late(const char *directory, uint32_t flags);
void samples_stop(void);

/* Whether sampling was started late, into that directory; NULL: into any. */
bool samples_are_late(const char *directory);

/* Whether nobody reads the table any more: the recorder, which keeps a lock on
 * the directory, has ended. True without a recorder. Keeps errno. */
bool samples_are_unread(void);

/* The same, checked only in some of its calls. */
bool samples_check_unread(void);

/* Whether samples are wanted at all. */
bool samples_are_wanted(void);

/* The program is about to set a filter of system calls: from here on nothing is
 * sampled, and no system call is made. False: that was so already, or is not to
 * be. */
bool samples_step_aside(void);

/* The program's filter was refused: sampling goes on. */
void samples_step_back(void);

/* The program is about to lock all of its memory: the table is created now, as
 * all of a later one would be made resident. */
void samples_before_locking(void);

/* Locking failed for want of memory: nothing is sampled from here on, and the
 * table's memory is returned. False: there was none. */
bool samples_give_way(void);

/* Memory that was not used becomes so again. */
void samples_after_locking(void);

/* Sets further flags of the header. */
void samples_add_flags(uint32_t flags);

/* The sampling's next point is in this allocation; address may be NULL if it
 * failed. caller called the hook; NULL: Python did, and this thread has the
 * interpreter's lock. */
void samples_take(void *address, size_t size, void *caller);

/* The facts by which an allocation was chosen to be sampled. */
struct samples_choice {
	uint64_t period; /* of its place */
	uint64_t python; /* state of a thread with Python frames; 0: none */
	uint32_t key;    /* of its place; 0: none */
};

/* The same for an allocation that Python is about to make, in two steps. True:
 * it is counted, and not sampled. False: it is to be given to
 * samples_take_chosen() then. */
bool samples_refuse(size_t size, struct samples_choice *choice);
void samples_take_chosen(
    void *address, size_t size, const struct samples_choice *choice);

/* Counts the program's own mapping; address is not NULL. */
void samples_map(void *address, size_t size, void *caller);

/* Mapped memory is about to be unmapped or replaced. True, with the sample as
 * it was, if the address was its first. */
bool samples_unmap(
    const void *address, size_t size, struct allocation_slot *first);

/* The mapping of the sample `first` has moved to address, or changed its
 * size. */
void samples_remap(const struct allocation_slot *first, void *address,
    size_t size, void *caller);

/* The address is about to be freed. True, with its slot, if it was sampled:
 * samples_restore() undoes it where it is not freed after all. */
bool samples_drop(void *address, struct allocation_slot *kept);
void samples_restore(const struct allocation_slot *kept);

/* The same where it is certain to be freed. */
void samples_forget(void *address);

static inline bool samples_may_have(const void *address)
{
	return __builtin_expect(
	    addresses_may_have(&samples_addresses, address), 0);
}

/* Counts size bytes that are about to be allocated. False, without counting, if
 * the sampling's next point is in them: samples_take() is to be called after
 * the allocation. */
static inline __attribute__((always_inline)) bool samples_pass(size_t size)
{
	if (__builtin_expect(size >= thread_self.left, 0))
		return false;
	thread_self.left -= size;
	return true;
}

/* The same for an allocation that was made. */
static inline __attribute__((always_inline)) void samples_count(
    void *address, size_t size)
{
	if (!samples_pass(size))
		samples_take(address, size, __builtin_return_address(0));
}

#endif
