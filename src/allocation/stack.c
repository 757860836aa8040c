// SPDX-License-Identifier: MIT
#include "allocation/stack.h"

#include <dlfcn.h>
#include <link.h>

/* Frames of this library below the hook's caller. */
#define STACK_OWN 8

/* This library. */
static struct stack_module stack_own;

/* glibc's; other libcs have none. */
static int (*stack_backtrace)(void **frames, int len);

struct stack_search {
	uintptr_t address;
	struct stack_module *module;
};

static int stack_on_module(struct dl_phdr_info *info, size_t size, void *data)
{
	const struct stack_search *search = data;
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
	if (start > end || search->address - start >= end - start)
		return 0;
	*search->module = (struct stack_module){start, end, info->dlpi_name};
	return 1;
}

bool stack_find_module(const void *address, struct stack_module *module)
{
	struct stack_search search = {(uintptr_t)address, module};

	return dl_iterate_phdr(stack_on_module, &search) != 0;
}

bool stack_prepare(void)
{
	void *frames[2];

	stack_find_module((void *)(uintptr_t)stack_prepare, &stack_own);
	*(void **)&stack_backtrace = dlsym(RTLD_DEFAULT, "backtrace");
	/* The first call loads libgcc_s. */
	if (stack_backtrace && stack_backtrace(frames, 2) < 1)
		stack_backtrace = NULL;
	return stack_backtrace != NULL;
}

static bool stack_is_own(const void *address)
{
	return stack_module_has(&stack_own, address);
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
