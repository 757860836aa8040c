// SPDX-License-Identifier: MIT
#include "allocation/heaps.h"

#include <dlfcn.h>
#include <link.h>
#include <stdint.h>
#include <string.h>

#include "allocation/stack.h"

/* jemalloc's, Rust's of it, mimalloc's, and V8's heap. */
static const char *const heaps_symbols[] = {"je_malloc", "_rjem_malloc",
    "mi_malloc", "_ZN2v87Isolate3NewERKNS0_12CreateParamsE"};

static const char *const heaps_modules[] = {"libjvm.so", "libcoreclr.so",
    "libmonosgen-2.0.so", "libv8.so", "libnode.so"};

/* Whether one of the notes in a segment is Go's. Each is padded to align. */
static bool heaps_in_notes(const char *notes, size_t size, size_t align)
{
	const ElfW(Nhdr) *head = (const void *)notes;

	while (size >= sizeof(*head) + 4) {
		size_t name = (head->n_namesz + (size_t)3) & ~(size_t)3, all;

		if (head->n_namesz == 4 && memcmp(head + 1, "Go\0", 4) == 0)
			return true;
		all = (sizeof(*head) + name + head->n_descsz + align - 1) &
		      ~(align - 1);
		if (all > size)
			return false;
		size -= all;
		head = (const void *)((const char *)head + all);
	}
	return false;
}

/* The program itself comes first: Go's linker leaves a note there, and that of
 * C, where it is used, puts others in front of it. */
static int heaps_on_program(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];

		if (part->p_type == PT_NOTE &&
		    heaps_in_notes(
			(const char *)(info->dlpi_addr + part->p_vaddr),
			part->p_memsz, part->p_align == 8 ? 8 : 4))
			*(bool *)data = true;
	}
	return 1;
}

bool heaps_are_there(const void *next_malloc)
{
	struct stack_module own = {0};
	bool is_go = false;

	dl_iterate_phdr(heaps_on_program, &is_go);
	stack_find_module(next_malloc, &own);
	for (size_t i = 0; i < sizeof(heaps_symbols) / sizeof(char *); i++) {
		const void *at = dlsym(RTLD_DEFAULT, heaps_symbols[i]);

		if (at && !stack_module_has(&own, at))
			return true;
	}
	return is_go;
}

bool heaps_is_module(const char *path)
{
	const char *slash = strrchr(path, '/'),
		   *name = slash ? slash + 1 : path;

	for (size_t i = 0; i < sizeof(heaps_modules) / sizeof(char *); i++)
		if (strncmp(name, heaps_modules[i], strlen(heaps_modules[i])) ==
		    0)
			return true;
	return false;
}

bool heaps_have(const void *address)
{
	struct stack_module module = {0};

	return stack_find_module(address, &module) && module.path &&
	       heaps_is_module(module.path);
}
