/* SPDX-License-Identifier: MIT
 *
 * A chain of frame pointers on the stack of this thread: each is the address of
 * the next one and, right above that, of the return address. The kernel copies
 * the words, so a pointer that is none does no harm.
 */
#ifndef MPROF_ALLOCATION_BACKCHAIN_H
#define MPROF_ALLOCATION_BACKCHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BACKCHAIN_WORDS 128

struct backchain_link {
	uint64_t next; /* the caller's frame pointer */
	uint64_t back; /* the return address */
	/* The words of the frame below these two: the last ones if it is large,
	 * all of them if is_whole. */
	uint64_t *words;
	size_t count;
	bool is_whole;
};

/* Words of the stack that were copied: none if it is all zeros. */
struct backchain {
	uint64_t at;
	size_t count;
	uint64_t words[BACKCHAIN_WORDS];
};

/* Follows the frame pointer of a frame that begins there; the link's words are
 * valid until the next call, and not needed for it. False: it can't be one. */
bool backchain_follow(struct backchain *chain, uint64_t begin, uint64_t pointer,
    struct backchain_link *link);

/* Finds the word at that address, a multiple of its size. False: it can't be
 * read. */
bool backchain_find(struct backchain *chain, uint64_t at, uint64_t *word);

/* Copies memory of this process. False: not all of it can be read. */
bool backchain_copy(void *to, uint64_t from, size_t bytes);

#endif
