// SPDX-License-Identifier: MIT
//
// The malloc family, and mmap() of anonymous memory, in front of the next
// library's. Preloaded; each function counts the bytes and calls the next one
// of its name.
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "allocation/filter.h"
#include "allocation/heaps.h"
#include "allocation/python.h"
#include "allocation/samples.h"
#include "allocation/stack.h"
#include "base/dlerror.h"

#define HOOK __attribute__((visibility("default")))

/* Room for calloc() calls by an old dlsym(), before there is a calloc(). */
#define EARLY_BYTES 16384
static char hooks_early[EARLY_BYTES] __attribute__((aligned(16)));
static size_t hooks_early_used;
static void (*hooks_late_free)(void *);
static void *(*hooks_late_realloc)(void *, size_t);

static void *hooks_first_malloc(size_t size);
static void *hooks_first_calloc(size_t count, size_t size);
static void *hooks_first_realloc(void *old, size_t size);
static void hooks_first_free(void *address);

static struct {
	void *(*malloc)(size_t);
	void *(*calloc)(size_t, size_t);
	void *(*realloc)(void *, size_t);
	void (*free)(void *);
	void *(*aligned_alloc)(size_t, size_t);
	int (*posix_memalign)(void **, size_t, size_t);
	void *(*memalign)(size_t, size_t);
	void *(*valloc)(size_t);
	void *(*pvalloc)(size_t);
	void *(*mmap)(void *, size_t, int, int, int, off_t);
	int (*munmap)(void *, size_t);
	void *(*mremap)(void *, size_t, size_t, int, ...);
} next = {
    .malloc = hooks_first_malloc,
    .calloc = hooks_first_calloc,
    .realloc = hooks_first_realloc,
    .free = hooks_first_free,
};

static bool hooks_is_early(const void *address)
{
	return (uintptr_t)address - (uintptr_t)hooks_early < EARLY_BYTES;
}

static void hooks_mixed_free(void *address)
{
	if (!hooks_is_early(address))
		hooks_late_free(address);
}

static void *hooks_realloc_early(void *old, size_t size)
{
	size_t whole = (size_t)(hooks_early + EARLY_BYTES - (char *)old);
	void *address = next.malloc(size);

	if (address && old)
		memcpy(address, old, size < whole ? size : whole);
	return address;
}

static void *hooks_mixed_realloc(void *old, size_t size)
{
	return hooks_is_early(old) ? hooks_realloc_early(old, size)
				   : hooks_late_realloc(old, size);
}

static void *hooks_early_get(size_t size)
{
	size_t at = hooks_early_used;

	if (size > EARLY_BYTES - at)
		return NULL;
	hooks_early_used = (at + size + 15) & ~(size_t)15;
	return hooks_early + at;
}

/* Finds the next allocator's functions. False while it does. */
static bool hooks_find(void)
{
	static bool looking, found;

	if (looking)
		return found;
	looking = true;
	*(void **)&next.aligned_alloc = dlsym(RTLD_NEXT, "aligned_alloc");
	*(void **)&next.posix_memalign = dlsym(RTLD_NEXT, "posix_memalign");
	*(void **)&next.memalign = dlsym(RTLD_NEXT, "memalign");
	*(void **)&next.valloc = dlsym(RTLD_NEXT, "valloc");
	*(void **)&next.pvalloc = dlsym(RTLD_NEXT, "pvalloc");
	*(void **)&next.mmap = dlsym(RTLD_NEXT, "mmap");
	*(void **)&next.munmap = dlsym(RTLD_NEXT, "munmap");
	*(void **)&next.mremap = dlsym(RTLD_NEXT, "mremap");
	*(void **)&hooks_late_free = dlsym(RTLD_NEXT, "free");
	*(void **)&hooks_late_realloc = dlsym(RTLD_NEXT, "realloc");
	*(void **)&next.calloc = dlsym(RTLD_NEXT, "calloc");
	*(void **)&next.malloc = dlsym(RTLD_NEXT, "malloc");
	/* If there is no early piece, free() need not look for one. */
	next.free = hooks_early_used > 0 ? hooks_mixed_free : hooks_late_free;
	next.realloc =
	    hooks_early_used > 0 ? hooks_mixed_realloc : hooks_late_realloc;
	found = true;
	return true;
}

static void *hooks_first_malloc(size_t size)
{
	return hooks_find() ? next.malloc(size) : hooks_early_get(size);
}

static void *hooks_first_calloc(size_t count, size_t size)
{
	size_t bytes;

	if (hooks_find())
		return next.calloc(count, size);
	/* The memory is zeroed, and used once. */
	return __builtin_mul_overflow(count, size, &bytes)
		   ? NULL
		   : hooks_early_get(bytes);
}

static void *hooks_first_realloc(void *old, size_t size)
{
	return hooks_find() ? next.realloc(old, size)
			    : hooks_realloc_early(old, size);
}

static void hooks_first_free(void *address)
{
	if (hooks_find())
		next.free(address);
}

/* glibc's headers name the parameters of these with reserved names.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
HOOK void *malloc(size_t size)
{
	void *address;

	if (samples_pass(size))
		return next.malloc(size);
	address = next.malloc(size);
	samples_take(address, size, __builtin_return_address(0));
	return address;
}

HOOK void *calloc(size_t count, size_t size)
{
	void *address;
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes) || samples_pass(bytes))
		return next.calloc(count, size);
	address = next.calloc(count, size);
	samples_take(address, bytes, __builtin_return_address(0));
	return address;
}

__attribute__((noinline)) static void hooks_free_sampled(void *address)
{
	samples_forget(address);
	next.free(address);
}

HOOK void free(void *address)
{
	if (samples_may_have(address))
		hooks_free_sampled(address);
	else
		next.free(address);
}

/* Called before another allocation can get the address. */
__attribute__((noinline)) static void *hooks_realloc_sampled(
    void *old, size_t size)
{
	struct allocation_slot kept;
	bool dropped = samples_drop(old, &kept);
	void *address = next.realloc(old, size);

	if (!address && size > 0 && dropped)
		samples_restore(&kept);
	return address;
}

static inline __attribute__((always_inline)) void *hooks_realloc(
    void *old, size_t size)
{
	void *address;

	address = samples_may_have(old) ? hooks_realloc_sampled(old, size)
					: next.realloc(old, size);
	samples_count(address, size);
	return address;
}

HOOK void *realloc(void *old, size_t size)
{
	return hooks_realloc(old, size);
}

HOOK void *reallocarray(void *old, size_t count, size_t size)
{
	size_t bytes;

	if (!__builtin_mul_overflow(count, size, &bytes))
		return hooks_realloc(old, bytes);
	errno = ENOMEM;
	return NULL;
}

/* The rarer functions may call the commoner ones, which don't count then. */
struct hooks_outer {
	uint64_t left;
};

static struct hooks_outer hooks_enter(void)
{
	struct hooks_outer outer = {thread_self.left};

	hooks_find();
	thread_self.left = THREAD_NEVER;
	return outer;
}

HOOK void *aligned_alloc(size_t alignment, size_t size)
{
	struct hooks_outer outer = hooks_enter();
	void *address =
	    next.aligned_alloc ? next.aligned_alloc(alignment, size) : NULL;

	thread_self.left = outer.left;
	samples_count(address, size);
	return address;
}

HOOK int posix_memalign(void **address, size_t alignment, size_t size)
{
	struct hooks_outer outer = hooks_enter();
	int failed = next.posix_memalign
			 ? next.posix_memalign(address, alignment, size)
			 : ENOMEM;

	thread_self.left = outer.left;
	samples_count(failed ? NULL : *address, size);
	return failed;
}

HOOK void *memalign(size_t alignment, size_t size)
{
	struct hooks_outer outer = hooks_enter();
	void *address = next.memalign ? next.memalign(alignment, size) : NULL;

	thread_self.left = outer.left;
	samples_count(address, size);
	return address;
}

HOOK void *valloc(size_t size)
{
	struct hooks_outer outer = hooks_enter();
	void *address = next.valloc ? next.valloc(size) : NULL;

	thread_self.left = outer.left;
	samples_count(address, size);
	return address;
}

#ifndef __GLIBC__ /* musl has none */
HOOK void *pvalloc(size_t size);
#endif
HOOK void *pvalloc(size_t size)
{
	struct hooks_outer outer = hooks_enter();
	void *address = next.pvalloc ? next.pvalloc(size) : NULL;

	thread_self.left = outer.left;
	samples_count(address, size);
	return address;
}

/* Code whose mappings don't count: the next malloc()'s, whose pieces are
 * counted above, and CPython's, which maps arenas for its pieces. For a program
 * with its own allocator, counting them shows what made that grow. */
static struct stack_module hooks_unmapped[2];

static bool hooks_counts_mapping(const void *caller, int prot, int flags)
{
	if (!(flags & MAP_ANONYMOUS) || !(prot & PROT_WRITE) ||
	    flags & MAP_NORESERVE)
		return false;
	for (size_t i = 0; i < 2; i++)
		if (stack_module_has(&hooks_unmapped[i], caller))
			return false;
	return true;
}

static void hooks_find_unmapped(bool is_own)
{
	const void *allocators[2] = {
	    *(void **)&next.malloc, dlsym(RTLD_DEFAULT, "PyMem_GetAllocator")};

	for (size_t i = 0; i < 2; i++)
		if (allocators[i])
			stack_find_module(allocators[i], &hooks_unmapped[i]);
	if (is_own)
		hooks_unmapped[0] =
		    (struct stack_module){0, UINTPTR_MAX, NULL, 0};
}

static inline __attribute__((always_inline)) void *hooks_mmap(
    void *address, size_t size, const int how[static 3], off_t offset)
{
	struct allocation_slot ignored;
	void *map;

	if (!hooks_find() || !next.mmap) {
		errno = ENOSYS;
		return MAP_FAILED;
	}
	if (how[1] & MAP_FIXED)
		samples_unmap(address, size, &ignored);
	map = next.mmap(address, size, how[0], how[1], how[2], offset);
	if (map != MAP_FAILED &&
	    hooks_counts_mapping(__builtin_return_address(0), how[0], how[1]))
		samples_map(map, size, __builtin_return_address(0));
	return map;
}

HOOK void *mmap(
    void *address, size_t size, int prot, int flags, int fd, off_t offset)
{
	return hooks_mmap(address, size, (int[3]){prot, flags, fd}, offset);
}

#if defined(__GLIBC__) && __SIZEOF_LONG__ == 8
HOOK void *mmap64(
    void *address, size_t size, int prot, int flags, int fd, off_t offset)
{
	return hooks_mmap(address, size, (int[3]){prot, flags, fd}, offset);
}
#endif

HOOK int munmap(void *address, size_t size)
{
	struct allocation_slot ignored;

	if (!hooks_find() || !next.munmap) {
		errno = ENOSYS;
		return -1;
	}
	/* Called before another mapping can get the address. */
	samples_unmap(address, size, &ignored);
	return next.munmap(address, size);
}

HOOK void *mremap(void *old, size_t old_size, size_t size, int flags, ...)
{
	struct allocation_slot first;
	void *map, *place;
	va_list rest;
	bool is_first;

	va_start(rest, flags);
	place = (flags & MREMAP_FIXED) ? va_arg(rest, void *) : NULL;
	va_end(rest);
	if (!hooks_find() || !next.mremap) {
		errno = ENOSYS;
		return MAP_FAILED;
	}
	is_first = samples_unmap(old, old_size, &first);
	map = next.mremap(old, old_size, size, flags, place);
	if (is_first && map != MAP_FAILED)
		samples_remap(&first, map, size, __builtin_return_address(0));
	else if (is_first)
		samples_remap(
		    &first, old, old_size, __builtin_return_address(0));
	return map;
}

/* Functions of C23, which glibc declares from 2.43 on. */
/* NOLINTNEXTLINE(readability-redundant-declaration) */
HOOK void free_sized(void *address, size_t size);
HOOK void free_sized(void *address, size_t size)
{
	(void)size;
	free(address);
}

/* NOLINTNEXTLINE(readability-redundant-declaration) */
HOOK void free_aligned_sized(void *address, size_t alignment, size_t size);
HOOK void free_aligned_sized(void *address, size_t alignment, size_t size)
{
	(void)alignment;
	(void)size;
	free(address);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

/* Whether another malloc() comes before this one: in the program, or in a
 * library that was preloaded first. Its address doesn't tell: in a program with
 * fixed addresses it is an entry of the program's procedure linkage table. */
static bool hooks_are_passed_over(void)
{
	void *(*volatile first)(size_t) = malloc;
	void (*volatile last)(void *) = free;
	uint64_t left = thread_self.left;
	bool counted;

	thread_self.left = UINT64_MAX / 2;
	last(first(64));
	counted = thread_self.left != UINT64_MAX / 2;
	thread_self.left = left;
	return !counted;
}

static bool hooks_are_sanitized(void)
{
	return dlsym(RTLD_DEFAULT, "__asan_init") ||
	       dlsym(RTLD_DEFAULT, "__msan_init") ||
	       dlsym(RTLD_DEFAULT, "__tsan_init") ||
	       dlsym(RTLD_DEFAULT, "__lsan_init");
}

/* The address sanitizer's runtime, which calls this function by name, ends a
 * program if another library was loaded before it, except with this option. The
 * recorder also sets ASAN_OPTIONS, for programs that define this function
 * themselves; this one is for children with other options. */
HOOK const char *__asan_default_options(void);
HOOK const char *__asan_default_options(void)
{
	return "verify_asan_link_order=0";
}

static void hooks_prepare(void)
{
	uint32_t flags = 0;

	hooks_find();
	filter_prepare();
	if (hooks_are_sanitized() || !getenv(ALLOCATION_VARIABLE) ||
	    python_keeps_its_own() || filter_is_there())
		return;
	if (!stack_prepare())
		flags |= ALLOCATION_NO_BACKTRACE;
	flags |=
	    hooks_are_passed_over() ? ALLOCATION_OWN_MALLOC : ALLOCATION_MALLOC;
	if (heaps_are_there(*(void **)&next.malloc))
		flags |= ALLOCATION_OWN_HEAP;
	hooks_find_unmapped(flags & ALLOCATION_OWN_MALLOC);
	python_prepare();
	samples_start(flags);
	if (samples_are_wanted())
		python_start();
}

__attribute__((constructor)) static void hooks_start(void)
{
	int saved = errno;

	hooks_prepare();
	dlerror_clear();
	errno = saved;
}
