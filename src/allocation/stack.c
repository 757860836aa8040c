// SPDX-License-Identifier: MIT
#include "allocation/stack.h"

#include <dlfcn.h>
#include <link.h>

/* Frames of this library below the hook's caller. */
#define STACK_OWN 8

/* The addresses of this library's code. */
static uintptr_t stack_own_start, stack_own_end;

/* glibc's; other libcs have none. */
static int (*stack_backtrace)(void **frames, int len);

struct stack_module {
	uintptr_t address, start, end;
};

static int stack_on_module(struct dl_phdr_info *info, size_t size, void *data)
{
	struct stack_module *module = data;
	uintptr_t start = UINTPTR_MAX, end = 0;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];
		uintptr_t at = info->dlpi_addr + part->p_vaddr;

		if (part->p_type != PT_LOAD)
			continue;
		start = at < start ? at : start;
		end = at + part->p_memsz > end ? at + part->p_memsz : end;
	}
	if (start > end || module->address - start >= end - start)
		return 0;
	module->start = start;
	module->end = end;
	return 1;
}

bool stack_find_module(const void *address, uintptr_t *start, uintptr_t *end)
{
	struct stack_module module = {.address = (uintptr_t)address};

	if (!dl_iterate_phdr(stack_on_module, &module))
		return false;
	*start = module.start;
	*end = module.end;
	return true;
}

bool stack_prepare(void)
{
	void *frames[2];

	stack_find_module(
	    (void *)(uintptr_t)stack_prepare, &stack_own_start, &stack_own_end);
	*(void **)&stack_backtrace = dlsym(RTLD_DEFAULT, "backtrace");
	/* The first call loads libgcc_s. */
	if (stack_backtrace && stack_backtrace(frames, 2) < 1)
		stack_backtrace = NULL;
	return stack_backtrace != NULL;
}

static bool stack_is_own(const void *address)
{
	return (uintptr_t)address - stack_own_start <
	       stack_own_end - stack_own_start;
}

size_t stack_take(uint64_t frames[static ALLOCATION_DEPTH], const void *caller)
{
	void *all[ALLOCATION_DEPTH + STACK_OWN];
	size_t len = 0;
	int count = 0, at = 0;

	if (stack_backtrace)
		count = stack_backtrace(all, ALLOCATION_DEPTH + STACK_OWN);
	while (at < count && stack_is_own(all[at]))
		at++;
	if (at == count && caller)
		frames[len++] = (uintptr_t)caller - 1;
	for (; at < count && len < ALLOCATION_DEPTH; at++) {
		if (all[at])
			frames[len++] = (uintptr_t)all[at] - 1;
	}
	return len;
}
