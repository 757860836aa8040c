// SPDX-License-Identifier: MIT
#include "recorder/pids.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { FIRST_ROOM = 64 };

void pids_finish(struct pids *pids)
{
	free(pids->slots);
	*pids = (struct pids){0};
}

/* Where it is, or would be: a slot is free always. */
static pid_t *pids_find(const struct pids *pids, pid_t pid)
{
	size_t at = (uint32_t)pid * 2654435761U >> 7;

	for (;; at++) {
		pid_t *slot = &pids->slots[at & (pids->cap - 1)];

		if (*slot == pid || *slot == 0)
			return slot;
	}
}

static void pids_grow(struct pids *pids)
{
	struct pids larger = {.cap = pids->cap ? 2 * pids->cap : FIRST_ROOM};

	larger.slots = mem_zero(larger.cap, sizeof(pid_t));
	for (size_t i = 0; i < pids->cap; i++) {
		if (pids->slots[i])
			pids_add(&larger, pids->slots[i]);
	}
	free(pids->slots);
	*pids = larger;
}

/* At most three quarters of the slots are taken. */
void pids_add(struct pids *pids, pid_t pid)
{
	pid_t *slot;

	if (4 * (pids->count + 1) > 3 * pids->cap)
		pids_grow(pids);
	slot = pids_find(pids, pid);
	pids->count += *slot == 0;
	*slot = pid;
}

bool pids_have(const struct pids *pids, pid_t pid)
{
	return pids->count > 0 && *pids_find(pids, pid) == pid;
}

void pids_clear(struct pids *pids)
{
	if (pids->count > 0)
		memset(pids->slots, 0, pids->cap * sizeof(pid_t));
	pids->count = 0;
}
