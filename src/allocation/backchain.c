// SPDX-License-Identifier: MIT
#include "allocation/backchain.h"

#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE 4096
/* No frame of generated code is larger. */
#define FRAME_MOST (64 << 10)

/* Returns the bytes that were copied: whole pieces of two at most, which end at
 * the end of a page. */
static size_t backchain_read(void *to, uint64_t from, size_t bytes)
{
	size_t first = PAGE - from % PAGE;
	struct iovec own = {.iov_base = to, .iov_len = bytes};
	struct iovec parts[2];
	pid_t pid = (pid_t)syscall(SYS_getpid);
	ssize_t got;

	if (first > bytes)
		first = bytes;
	parts[0] = (struct iovec){(void *)(uintptr_t)from, first};
	parts[1] =
	    (struct iovec){(void *)(uintptr_t)(from + first), bytes - first};
	got = process_vm_readv(pid, &own, 1, parts, 2, 0);
	return got > 0 ? (size_t)got : 0;
}

bool backchain_copy(void *to, uint64_t from, size_t bytes)
{
	return backchain_read(to, from, bytes) == bytes;
}

/* Whether the words up to that address were copied. */
static bool backchain_has(
    const struct backchain *chain, uint64_t from, uint64_t to)
{
	return from >= chain->at &&
	       to - chain->at <= chain->count * sizeof(*chain->words);
}

/* Copies the words from that address on, unless those up to the other one were
 * copied. False: they can't be read. */
static bool backchain_load(struct backchain *chain, uint64_t from, uint64_t to)
{
	if (!backchain_has(chain, from, to)) {
		chain->at = from;
		chain->count =
		    backchain_read(chain->words, from, sizeof(chain->words)) /
		    sizeof(*chain->words);
	}
	return backchain_has(chain, from, to);
}

bool backchain_find(struct backchain *chain, uint64_t at, uint64_t *word)
{
	if (!backchain_load(chain, at, at + sizeof(*word)))
		return false;
	*word = chain->words[(at - chain->at) / sizeof(*word)];
	return true;
}

bool backchain_follow(struct backchain *chain, uint64_t begin, uint64_t pointer,
    struct backchain_link *link)
{
	uint64_t end = pointer + 2 * sizeof(*chain->words);

	if ((begin | pointer) % sizeof(*chain->words) != 0 || end < pointer ||
	    pointer < begin || end - begin > FRAME_MOST)
		return false;
	link->is_whole = end - begin <= sizeof(chain->words);
	if (!link->is_whole)
		begin = end - sizeof(chain->words);
	if (!backchain_load(chain, begin, end))
		return false;
	link->words = &chain->words[(begin - chain->at) / sizeof(begin)];
	link->count = (pointer - begin) / sizeof(begin);
	link->next = link->words[link->count];
	link->back = link->words[link->count + 1];
	return true;
}
