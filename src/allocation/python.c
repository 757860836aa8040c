// SPDX-License-Identifier: MIT
//
// Memory that these allocators get from malloc() is counted here and hidden
// from its hook: no byte is counted twice, and pymalloc's arenas are none.
#include "allocation/python.h"

#include <dlfcn.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "allocation/python_cells.h"
#include "allocation/python_stack.h"
#include "allocation/samples.h"
#include "allocation/stack.h"
#include "python/agent/api.h"

struct pyallocator { /* PyMemAllocatorEx */
	void *context;
	void *(*malloc)(void *context, size_t size);
	void *(*calloc)(void *context, size_t count, size_t size);
	void *(*realloc)(void *context, void *old, size_t size);
	void (*free)(void *context, void *address);
};

/* PyMemAllocatorDomain: PYMEM_DOMAIN_MEM and PYMEM_DOMAIN_OBJ. */
enum { DOMAIN_FIRST = 1, DOMAIN_LAST = 2 };

/* PyTraceMalloc_Untrack() returns it while tracemalloc is off. */
#define PYTHON_IS_UNTRACED (-2)
#define PYMALLOC_LARGEST 512 /* in each CPython since 3.6 */

static struct {
	void (*get)(int domain, struct pyallocator *allocator);
	void (*set)(int domain, struct pyallocator *allocator);
	struct pyinit *builtins; /* the interpreter's own modules */
	struct pyobj *(*init_posix)(void);
	int (*is_initialized)(void);
	struct pyallocator next[DOMAIN_LAST + 1];
	size_t small; /* allocations up to that size don't call malloc() */
	/* The next ones are pymalloc in both domains, which uses no context.
	 * Its free() is called directly: a small allocation that is sampled is
	 * one of malloc()'s, whose hook sees it freed. */
	bool is_direct;
	void *(*pymalloc)(void *context, size_t size);
	/* Hooked late: other code may have kept the hooks' addresses. */
	bool late[DOMAIN_LAST + 1];
} python_domains;

static inline uint64_t python_hide(void)
{
	uint64_t left = thread_self.left;

	thread_self.left = THREAD_NEVER;
	return left;
}

static inline void python_count(uint64_t left, void *address, size_t size)
{
	if (__builtin_expect(size < left, 1)) {
		thread_self.left = left - size;
		return;
	}
	thread_self.left = left;
	samples_take(address, size, NULL);
	if (samples_check_unread())
		python_detach(NULL);
}

/* Counts an allocation, if it is a small one that malloc() doesn't see. Whether
 * it is counted already. */
static inline bool python_pass(size_t size)
{
	return __builtin_expect(size <= python_domains.small, 1) &&
	       samples_pass(size);
}

/* The size to ask for, so that pymalloc gets it from malloc(). */
static size_t python_apart(size_t size)
{
	return python_domains.is_direct && size <= python_domains.small
		   ? python_domains.small + 1
		   : size;
}

/* Gives back what was asked for besides; pymalloc leaves what malloc() gave
 * with malloc(). */
static void *python_fit(
    const struct pyallocator *next, void *address, size_t size)
{
	void *fit = NULL;

	if (address && python_apart(size) != size)
		fit = next->realloc(next->context, address, size);
	return fit ? fit : address;
}

__attribute__((noinline)) static void *python_malloc_hidden(
    const struct pyallocator *next, size_t size)
{
	uint64_t left = python_hide();
	void *address = next->malloc(next->context, size);

	python_count(left, address, size);
	return address;
}

static void *python_malloc(void *context, size_t size)
{
	const struct pyallocator *next = context;

	return python_pass(size) ? next->malloc(next->context, size)
				 : python_malloc_hidden(next, size);
}

/* A point is due in a small allocation. Most of them are refused, so that is
 * decided before pymalloc is asked for a larger one. */
__attribute__((noinline)) static void *python_malloc_due(
    const struct pyallocator *next, size_t size)
{
	struct samples_choice choice;
	uint64_t left;
	void *address;

	if (samples_refuse(size, &choice))
		return next->malloc(next->context, size);
	left = python_hide();
	address = next->malloc(next->context, python_apart(size));
	address = python_fit(next, address, size);
	thread_self.left = left;
	samples_take_chosen(address, size, &choice);
	return address;
}

/* The same in front of pymalloc: the most frequent call in many programs. */
static void *python_malloc_direct(void *context, size_t size)
{
	if (__builtin_expect(size > PYMALLOC_LARGEST, 0))
		return python_malloc_hidden(context, size);
	return samples_pass(size) ? python_domains.pymalloc(context, size)
				  : python_malloc_due(context, size);
}

__attribute__((noinline)) static void *python_calloc_hidden(
    const struct pyallocator *next, size_t count, size_t size)
{
	uint64_t left = python_hide();
	void *address;
	size_t bytes;

	/* A size that overflows is refused. */
	if (__builtin_mul_overflow(count, size, &bytes)) {
		bytes = 0;
		address = next->calloc(next->context, count, size);
	} else {
		address = next->calloc(next->context, 1, python_apart(bytes));
		address = python_fit(next, address, bytes);
	}
	python_count(left, address, bytes);
	return address;
}

static void *python_calloc(void *context, size_t count, size_t size)
{
	const struct pyallocator *next = context;
	size_t bytes;

	return !__builtin_mul_overflow(count, size, &bytes) &&
		       python_pass(bytes)
		   ? next->calloc(next->context, count, size)
		   : python_calloc_hidden(next, count, size);
}

/* The old one may be sampled, or the next point lies in the new one. */
__attribute__((noinline)) static void *python_realloc_sampled(
    const struct pyallocator *next, void *old, size_t size)
{
	struct allocation_slot kept;
	bool dropped = samples_may_have(old) && samples_drop(old, &kept);
	uint64_t left = python_hide();
	void *address;

	if (size < left) {
		address = next->realloc(next->context, old, size);
	} else {
		address = next->realloc(next->context, old, python_apart(size));
		address = python_fit(next, address, size);
	}
	python_count(left, address, size);
	if (dropped && !address)
		samples_restore(&kept);
	return address;
}

static void *python_realloc(void *context, void *old, size_t size)
{
	const struct pyallocator *next = context;
	uint64_t left = thread_self.left;
	void *address;

	if (__builtin_expect(size >= left, 0) || samples_may_have(old))
		return python_realloc_sampled(next, old, size);
	thread_self.left = THREAD_NEVER;
	address = next->realloc(next->context, old, size);
	thread_self.left = left - size;
	return address;
}

__attribute__((noinline)) static void python_free_sampled(
    const struct pyallocator *next, void *address)
{
	samples_forget(address);
	next->free(next->context, address);
}

static void python_free(void *context, void *address)
{
	const struct pyallocator *next = context;

	if (samples_may_have(address))
		python_free_sampled(next, address);
	else
		next->free(next->context, address);
}

/* Whether an allocation of that size goes on to malloc(). */
static bool python_calls_malloc(const struct pyallocator *next, size_t size)
{
	const uint64_t many = UINT64_MAX / 2;
	uint64_t left = thread_self.left;
	bool is_counted = false;

	for (int i = 0; i < 8; i++) {
		void *address;

		thread_self.left = many;
		address = next->malloc(next->context, size);
		is_counted = is_counted || thread_self.left != many;
		next->free(next->context, address);
	}
	thread_self.left = left;
	return is_counted;
}

/* The largest size of pymalloc's own allocations, unless the program chose
 * another allocator, or a debugging layer. */
static size_t python_find_small(void)
{
	for (int domain = DOMAIN_FIRST; domain <= DOMAIN_LAST; domain++) {
		const struct pyallocator *next = &python_domains.next[domain];

		if (python_calls_malloc(next, 1) ||
		    python_calls_malloc(next, PYMALLOC_LARGEST))
			return 0;
	}
	return PYMALLOC_LARGEST;
}

/* Whether both domains are pymalloc itself, and this library's free() stands
 * behind it: other allocators call malloc() from another size on, and those in
 * front of pymalloc have a context. Attached, only these domains are hooked. */
static bool python_has_pymalloc(void)
{
	struct stack_module module = {0};

	if (python_domains.small != PYMALLOC_LARGEST ||
	    samples_are_late(NULL) ||
	    !stack_find_module(*(void **)&python_domains.get, &module))
		return false;
	for (int domain = DOMAIN_FIRST; domain <= DOMAIN_LAST; domain++) {
		const struct pyallocator *next = &python_domains.next[domain];

		if (next->context ||
		    next->malloc != python_domains.next[DOMAIN_FIRST].malloc ||
		    !stack_module_has(&module, *(void *const *)&next->free) ||
		    !python_calls_malloc(next, PYMALLOC_LARGEST + 1))
			return false;
	}
	return true;
}

static bool python_is_ours(int domain, const struct pyallocator *present)
{
	return present->context == &python_domains.next[domain];
}

/* Finds the allocators that come next. False: they are hooked already. */
static bool python_find_next(int domain)
{
	struct pyallocator present;

	python_domains.get(domain, &present);
	if (python_is_ours(domain, &present) || python_domains.late[domain])
		return false;
	python_domains.next[domain] = present;
	return true;
}

/* An interpreter that is started again chooses its allocators again. */
static void python_hook(void)
{
	bool found[DOMAIN_LAST + 1];

	python_cells_begin();
	for (int domain = DOMAIN_FIRST; domain <= DOMAIN_LAST; domain++)
		found[domain] = python_find_next(domain);
	python_domains.small = python_find_small();
	python_domains.is_direct = python_has_pymalloc();
	python_domains.pymalloc = python_domains.next[DOMAIN_FIRST].malloc;
	for (int domain = DOMAIN_FIRST; domain <= DOMAIN_LAST; domain++) {
		struct pyallocator *next = &python_domains.next[domain];
		struct pyallocator ours = {next, python_malloc, python_calloc,
		    python_realloc, python_free};

		if (python_domains.is_direct) {
			ours.malloc = python_malloc_direct;
			ours.free = next->free;
		}
		if (found[domain])
			python_domains.set(domain, &ours);
	}
	samples_add_flags(ALLOCATION_PYTHON);
}

/* Each start imports posix, after choosing its allocators. So do interpreters
 * beside the first one, and programs that load its module anew: allocators are
 * theirs by then, and others, such as tracemalloc's, may call the hooked
 * ones. */
static struct pyobj *python_init_posix(void)
{
	if (!python_domains.is_initialized())
		python_hook();
	return python_domains.init_posix();
}

bool python_keeps_its_own(void)
{
	const char *(*version)(void);

	*(void **)&version = dlsym(RTLD_DEFAULT, "Py_GetVersion");
	return version && strstr(version(), "free-threading");
}

static bool python_find_domains(void)
{
	*(void **)&python_domains.get =
	    dlsym(RTLD_DEFAULT, "PyMem_GetAllocator");
	*(void **)&python_domains.set =
	    dlsym(RTLD_DEFAULT, "PyMem_SetAllocator");
	*(void **)&python_domains.is_initialized =
	    dlsym(RTLD_DEFAULT, "Py_IsInitialized");
	return python_domains.get && python_domains.set &&
	       python_domains.is_initialized && python_stack_prepare();
}

/* Whether there is only one interpreter: another may have its own lock, and be
 * in an allocator while that is replaced. */
static bool python_is_alone(void)
{
	struct pyinterpreter *(*head)(void);
	struct pyinterpreter *(*next)(struct pyinterpreter *);

	*(void **)&head = dlsym(RTLD_DEFAULT, "PyInterpreterState_Head");
	*(void **)&next = dlsym(RTLD_DEFAULT, "PyInterpreterState_Next");
	return head && next && !next(head());
}

/* Whether tracemalloc is on: when it stops, it restores the allocators found at
 * its start, which removes a later hook. */
static bool python_is_traced(void)
{
	int (*untrack)(unsigned domain, uintptr_t address);

	*(void **)&untrack = dlsym(RTLD_DEFAULT, "PyTraceMalloc_Untrack");
	return !untrack || untrack(UINT_MAX, 0) != PYTHON_IS_UNTRACED;
}

const char *python_attach(const char *directory)
{
	if (getenv(ALLOCATION_VARIABLE))
		return "it was started under mprof run --stacks";
	if (samples_are_late(NULL) && !samples_are_unread())
		return "another mprof already records them";
	if (!python_find_domains())
		return "this CPython's stacks can't be read from within";
	if (!python_is_alone())
		return "it has several interpreters";
	if (python_is_traced())
		return "its tracemalloc is on";
	if (samples_are_late(NULL))
		samples_stop();
	stack_prepare();
	if (!samples_start_late(directory, ALLOCATION_PYTHON))
		return "the table of samples can't be made";
	python_hook();
	for (int domain = DOMAIN_FIRST; domain <= DOMAIN_LAST; domain++)
		python_domains.late[domain] = true;
	return NULL;
}

void python_detach(const char *directory)
{
	if (!samples_are_late(directory))
		return;
	samples_stop();
	if (!python_is_alone())
		return;
	for (int domain = DOMAIN_FIRST; domain <= DOMAIN_LAST; domain++) {
		struct pyallocator present;

		python_domains.get(domain, &present);
		if (!python_is_ours(domain, &present))
			continue;
		python_domains.set(domain, &python_domains.next[domain]);
		python_domains.late[domain] = false;
	}
}

void python_prepare(void)
{
	struct pyinit **table = dlsym(RTLD_DEFAULT, "PyImport_Inittab");

	if (table && python_find_domains())
		python_domains.builtins = *table;
}

void python_start(void)
{
	struct pyinit *entry = python_domains.builtins;

	if (!entry)
		return;
	while (entry->name && strcmp(entry->name, "posix") != 0)
		entry++;
	if (!entry->name)
		return;
	python_domains.init_posix = entry->init;
	entry->init = python_init_posix;
}
