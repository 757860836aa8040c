/* SPDX-License-Identifier: MIT
 *
 * The stack of C code that allocates, as addresses.
 */
#ifndef MPROF_ALLOCATION_STACK_H
#define MPROF_ALLOCATION_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/allocation_table.h"

/* To be called once, where dlopen() is allowed, before any other. False where
 * this libc takes no stacks: what is taken is the caller's address alone. */
bool stack_prepare(void);

/* An object file that is loaded; zeroed it has no address. */
struct stack_module {
	uintptr_t start, end;
	const char *path; /* the loader's; "" of the program, or NULL */
};

/* The one that the address is in. False: it is in none. */
bool stack_find_module(const void *address, struct stack_module *module);

static inline bool stack_module_has(
    const struct stack_module *module, const void *address)
{
	return (uintptr_t)address - module->start < module->end - module->start;
}

#define STACK_KNOWN 256 /* a power of two */
#define STACK_CHECKS (2 * (ALLOCATION_DEPTH + 8))

/* A stack that was taken before, and words of it that make it that one. */
struct stack_known {
	uint64_t caller, stack; /* caller 0: none */
	uint32_t count, checks;
	uint64_t frames[ALLOCATION_DEPTH];
	uint64_t words[STACK_CHECKS];
	uint32_t at[STACK_CHECKS]; /* in words, from stack on */
};

/* Zeroed it is empty. To find a known stack again takes a hundredth of what it
 * takes to walk one. */
struct stack_cache {
	uint32_t lock;
	struct stack_known list[STACK_KNOWN];
};

/* Fills in the addresses, innermost first, from the code that called this
 * library on; each is a return address less one. Where no stack can be taken
 * that is caller alone, which may be NULL. stack is the address of a frame of
 * this library, the same one in each stack. How many. */
size_t stack_take(struct stack_cache *cache,
    uint64_t frames[static ALLOCATION_DEPTH], const void *caller,
    const void *stack);

#endif
