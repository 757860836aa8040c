// SPDX-License-Identifier: MIT
//
// Preloaded into Python: a hook of its allocators that does nothing but call
// the next one, in front of the calls of malloc() alone. It shows the least
// that a hook costs: CPython's own calls are no longer inlined.
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

struct allocator { /* PyMemAllocatorEx */
	void *context;
	void *(*malloc)(void *context, size_t size);
	void *(*calloc)(void *context, size_t count, size_t size);
	void *(*realloc)(void *context, void *old, size_t size);
	void (*free)(void *context, void *address);
};

struct module { /* struct _inittab */
	const char *name;
	void *(*init)(void);
};

static void *(*next_malloc)(void *context, size_t size);
static void *(*next_init)(void);

static void *pass_malloc(void *context, size_t size)
{
	return next_malloc(context, size);
}

/* Called when the interpreter has chosen its allocators. */
static void *init(void)
{
	void (*get)(int domain, struct allocator *allocator);
	void (*set)(int domain, struct allocator *allocator);
	struct allocator allocator;

	*(void **)&get = dlsym(RTLD_DEFAULT, "PyMem_GetAllocator");
	*(void **)&set = dlsym(RTLD_DEFAULT, "PyMem_SetAllocator");
	for (int domain = 1; domain <= 2; domain++) {
		get(domain, &allocator);
		next_malloc = allocator.malloc; /* pymalloc's in both */
		allocator.malloc = pass_malloc;
		set(domain, &allocator);
	}
	return next_init();
}

__attribute__((constructor)) static void start(void)
{
	struct module **table = dlsym(RTLD_DEFAULT, "PyImport_Inittab");
	struct module *entry = table ? *table : NULL;

	while (entry && entry->name && strcmp(entry->name, "posix") != 0)
		entry++;
	if (!entry || !entry->name)
		return;
	next_init = entry->init;
	entry->init = init;
}
