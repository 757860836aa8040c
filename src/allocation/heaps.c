// SPDX-License-Identifier: MIT
#include "allocation/heaps.h"

#include <dlfcn.h>
#include <link.h>
#include <stdint.h>
#include <string.h>

#include "allocation/stack.h"

/* Symbols of jemalloc, also in Rust, of mimalloc and of V8's heap. */
static const char *const heaps_symbols[] = {"je_malloc", "_rjem_malloc",
    "mi_malloc", "_ZN2v87Isolate3NewERKNS0_12CreateParamsE"};

enum { HEAPS_PAGE = 4096 }; /* the least that is mapped of an object */

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

/* Looks at the program itself, which comes first: Go's linker leaves a note
 * there, after those of C's linker where that is used. */
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

/* A loaded object's tables for finding symbols. */
struct heaps_tables {
	const ElfW(Sym) * symbols;
	const char *names;
	const uint32_t *gnu_hash; /* NULL: it has another hash table */
};

/* Some loaders leave addresses as in the file. */
static const void *heaps_address(
    const struct dl_phdr_info *info, uintptr_t address)
{
	return (const void *)(address < info->dlpi_addr
				  ? address + info->dlpi_addr
				  : address);
}

static struct heaps_tables heaps_find_tables(const struct dl_phdr_info *info)
{
	struct heaps_tables tables = {0};
	const ElfW(Dyn) *entry = NULL;

	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
			entry = (const void *)(info->dlpi_addr +
					       info->dlpi_phdr[i].p_vaddr);
	for (; entry && entry->d_tag != DT_NULL; entry++) {
		const void *at = heaps_address(info, entry->d_un.d_ptr);

		if (entry->d_tag == DT_SYMTAB)
			tables.symbols = at;
		else if (entry->d_tag == DT_STRTAB)
			tables.names = at;
		else if (entry->d_tag == DT_GNU_HASH)
			tables.gnu_hash = at;
	}
	return tables;
}

/* Whether an object imports operator new. Undefined symbols precede the first
 * one in the hash table. */
static int heaps_on_object(struct dl_phdr_info *info, size_t size, void *data)
{
	const struct heaps_tables tables = heaps_find_tables(info);

	(void)size;
	if (!tables.symbols || !tables.names || !tables.gnu_hash)
		return 0;
	for (uint32_t i = 1; i < tables.gnu_hash[1]; i++) {
		const char *name = tables.names + tables.symbols[i].st_name;

		if (strncmp(name, "_Znw", 4) == 0 ||
		    strncmp(name, "_Zna", 4) == 0)
			*(bool *)data = true;
	}
	return *(bool *)data;
}

/* The libraries of jemalloc and tcmalloc also define operator new, which uses
 * their heap without malloc(); libstdc++'s calls malloc(). */
static bool heaps_have_new(const struct stack_module *own)
{
	const void *by = dlsym(RTLD_DEFAULT, "_Znwm");
	bool is_called = false;

	if (by && stack_module_has(own, by))
		dl_iterate_phdr(heaps_on_object, &is_called);
	return is_called;
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
	return is_go || heaps_have_new(&own);
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

/* Whether Go's linker made the object, by its headers in memory. */
static bool heaps_is_gos(const struct stack_module *module)
{
	const ElfW(Ehdr) *head = (const void *)module->start;
	const ElfW(Phdr) *parts = (const void *)(module->start + sizeof(*head));
	size_t size = module->end - module->start;

	if (size < HEAPS_PAGE || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 ||
	    head->e_phoff != sizeof(*head) ||
	    head->e_phnum > (HEAPS_PAGE - sizeof(*head)) / sizeof(*parts))
		return false;
	for (size_t i = 0; i < head->e_phnum; i++) {
		uintptr_t at = module->bias + parts[i].p_vaddr;

		if (parts[i].p_type == PT_NOTE && at >= module->start &&
		    parts[i].p_memsz <= size &&
		    at - module->start <= size - parts[i].p_memsz &&
		    heaps_in_notes((const char *)at, parts[i].p_memsz,
			parts[i].p_align == 8 ? 8 : 4))
			return true;
	}
	return false;
}

bool heaps_have(const void *address)
{
	struct stack_module module = {0};

	return stack_find_module(address, &module) &&
	       ((module.path && heaps_is_module(module.path)) ||
		   heaps_is_gos(&module));
}
