/* SPDX-License-Identifier: MIT
 *
 * The executable memory of this process, as the kernel maps it: tells return
 * addresses from other words. Nothing is allocated, and the loader is not
 * asked.
 */
#ifndef MPROF_ALLOCATION_EXECUTABLE_H
#define MPROF_ALLOCATION_EXECUTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXECUTABLE_RANGES 1024

struct executable_range {
	uint64_t begin, end;
};

/* Zeroed it is empty. */
struct executable {
	uint32_t lock;
	uint32_t len;
	uint32_t pointers; /* enum executable_pointers */
	int64_t next_ns;   /* mappings are not read again before that */
	int64_t wait_ns;
	struct executable_range
	    ranges[EXECUTABLE_RANGES]; /* ascending, not adjacent */
	char text[4096];
};

/* Whether the address is in executable memory. Mappings are read again where it
 * is in none that is known; seldom, where that doesn't help. */
bool executable_has(struct executable *code, uint64_t address);

/* The number of the words that are addresses in executable memory as it is
 * known; they are moved to the beginning. */
size_t executable_select(
    struct executable *code, uint64_t *words, size_t count);

/* Whether these bytes of machine code end with an instruction that calls. */
#define EXECUTABLE_CALL_BYTES 8
bool executable_ends_with_call(
    const uint8_t bytes[static EXECUTABLE_CALL_BYTES]);

enum executable_pointers {
	EXECUTABLE_POINTERS_UNKNOWN,
	/* The JVM's compilers use the register for something else, unless
	 * -XX:+PreserveFramePointer is among the program's words or in its
	 * environment. */
	EXECUTABLE_POINTERS_NONE,
	EXECUTABLE_POINTERS_KEPT,
};

/* Whether the code that this program generates keeps frame pointers. */
enum executable_pointers executable_find_pointers(
    const struct executable *code);

#endif
