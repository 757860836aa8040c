// SPDX-License-Identifier: MIT
#include "allocation/stack.h"

#include <dlfcn.h>

/* Frames of this library below the hook's caller. */
#define STACK_OWN 8

/* glibc's; other libcs have none. */
static int (*stack_backtrace)(void **frames, int len);

bool stack_prepare(void)
{
	void *frames[2];

	*(void **)&stack_backtrace = dlsym(RTLD_DEFAULT, "backtrace");
	/* The first call loads libgcc_s. */
	if (stack_backtrace && stack_backtrace(frames, 2) < 1)
		stack_backtrace = NULL;
	return stack_backtrace != NULL;
}

size_t stack_take(uint64_t frames[static ALLOCATION_DEPTH], void *caller)
{
	void *all[ALLOCATION_DEPTH + STACK_OWN];
	size_t len = 0;
	int count = 0, at = 0;

	if (stack_backtrace)
		count = stack_backtrace(all, ALLOCATION_DEPTH + STACK_OWN);
	while (at < count && all[at] != caller)
		at++;
	if (at == count) {
		frames[0] = (uintptr_t)caller - 1;
		return 1;
	}
	for (; at < count && len < ALLOCATION_DEPTH; at++) {
		if (all[at])
			frames[len++] = (uintptr_t)all[at] - 1;
	}
	return len;
}
