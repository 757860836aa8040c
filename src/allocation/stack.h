/* SPDX-License-Identifier: MIT
 *
 * The stack of C code that allocates, as addresses.
 */
#ifndef MPROF_ALLOCATION_STACK_H
#define MPROF_ALLOCATION_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "allocation/executable.h"
#include "base/allocation_table.h"

/* Call it once, where dlopen() is allowed, before the others. False where this
 * libc can't walk stacks: only the caller's address is recorded then. */
bool stack_prepare(void);

/* A loaded object file; zeroed it has no address. */
struct stack_module {
	uintptr_t start, end;
	const char *path; /* by the loader; "" for the program, or NULL */
	uintptr_t bias;   /* what its own addresses are moved by */
};

/* Finds the object file that contains the address. False: there is none. */
bool stack_find_module(const void *address, struct stack_module *module);

/* Whether stack_find_module() waits for no lock of the loader's. */
bool stack_finds_at_once(void);

static inline bool stack_module_has(
    const struct stack_module *module, const void *address)
{
	return (uintptr_t)address - module->start < module->end - module->start;
}

#define STACK_KNOWN 256 /* a power of two */
#define STACK_CHECKS (2 * (ALLOCATION_DEPTH + 8))

/* A stack taken before, and words in it by which it is recognised. */
struct stack_known {
	uint64_t caller, stack; /* caller 0: none */
	uint64_t until;         /* address at whose frame it ended; 0: none */
	uint32_t count, checks;
	uint32_t direct; /* checks that are read without the kernel's help */
	uint64_t frames[ALLOCATION_DEPTH];
	uint32_t begins[ALLOCATION_DEPTH]; /* as in struct stack_captured */
	uint64_t words[STACK_CHECKS];
	uint32_t at[STACK_CHECKS]; /* offsets in words from stack on */
};

/* Zeroed it is empty. Recognising a known stack takes a hundredth of the time
 * of walking one. */
struct stack_cache {
	uint32_t lock;
	uint16_t len;
	uint16_t at[STACK_KNOWN]; /* a number in the list, by hash; 0: none */
	struct stack_known list[STACK_KNOWN + 1];
	struct executable code;
};

#define STACK_NOWHERE UINT32_MAX

struct stack_captured {
	size_t count;
	/* Innermost first, beginning with the code that called this library;
	 * each is a return address minus one. */
	uint64_t frames[ALLOCATION_DEPTH];
	/* The lowest word of each frame, counted from stack on, which is the
	 * address of a frame of this library; STACK_NOWHERE: unknown. */
	uint32_t begins[ALLOCATION_DEPTH];
	const void *stack;
	/* The frame with a variable at this address, and the next one, are the
	 * last; 0: the stack is walked to its end. */
	uint64_t until;
};

/* Fills in what is on the stack; taken->stack is set, to the address of the
 * same frame of this library each time, and taken->until. Where stacks can't be
 * walked it is caller alone, which may be NULL. */
void stack_capture(struct stack_cache *cache, struct stack_captured *taken,
    const void *caller);

/* The number of the frame that has a variable at that address; count where none
 * is known to. */
size_t stack_frame_of(const struct stack_captured *taken, uint64_t address);

#endif
