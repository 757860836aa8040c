/* SPDX-License-Identifier: MIT
 *
 * Functions, files and lines of addresses in object files. If libdw is
 * available, the module symbols.so finds them in DWARF, including separate
 * debug files, with inlined calls; otherwise symbol tables give only
 * functions. Object files may contain anything: this runs in a separate
 * process (symbols/naming.h).
 */
#ifndef MPROF_SYMBOLS_SYMBOLS_H
#define MPROF_SYMBOLS_SYMBOLS_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Increased with every change here. */
#define SYMBOLS_MODULE_VERSION 1

struct symbols_request {
	const char *path;          /* of the object file */
	const uint64_t *addresses; /* in the file, ascending */
	size_t count;
	/* Called for the function that contains an address, after those inlined
	 * there, innermost first; file is "" and line 0 where only the symbol
	 * is known. */
	void (*report)(void *context, size_t at, const char *file, int line,
	    const char *function);
	void *context;
	/* Demangles C++'s names; NULL: they stay as the linker has them. The
	 * caller frees the result, which may be NULL. */
	char *(*demangle)(const char *name);
};

/* Whether the symbol may be a function's: symbols of hand-written assembly have
 * no type. */
static inline bool symbols_is_function(const Elf64_Sym *symbol)
{
	int type = ELF64_ST_TYPE(symbol->st_info);

	return symbol->st_shndx != SHN_UNDEF &&
	       (type == STT_FUNC || type == STT_GNU_IFUNC ||
		   type == STT_NOTYPE);
}

/* The index of the first address at or above value; count: there is none. */
static inline size_t symbols_first(
    const struct symbols_request *request, uint64_t value)
{
	size_t low = 0, high = request->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (request->addresses[middle] < value)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct symbols_module {
	int version;
	/* Reports what it finds; addresses without names are left out. */
	void (*find)(const struct symbols_request *request);
};

/* The module's only symbol, a const struct symbols_module. */
#define SYMBOLS_MODULE_SYMBOL "mprof_symbols_module"

/* Uses the module if it is there; sets demangle. */
void symbols_find(struct symbols_request *request) __attribute__((nonnull));

/* Uses only the symbol tables. */
void symbols_find_plain(struct symbols_request *request)
    __attribute__((nonnull));

/* Uses only the file's symbol tables. */
void symtab_find(const struct symbols_request *request)
    __attribute__((nonnull));

#endif
