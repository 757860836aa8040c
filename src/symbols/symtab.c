// SPDX-License-Identifier: MIT
#include "symbols/symbols.h"

#include <stdlib.h>

#include "base/mem.h"
#include "python/remote/elf.h"

enum { NAME_SIZE = 4096 };

/* The symbol that covers an address; the last of several. */
struct symtab_found {
	uint64_t value;
	uint64_t name; /* file offset of its name; 0: none */
};

struct symtab {
	const struct symbols_request *request;
	struct symtab_found *found;
};

static void symtab_visit(void *context, const Elf64_Sym *symbol, uint64_t name)
{
	struct symtab *table = context;
	const struct symbols_request *request = table->request;

	if (!symbols_is_function(symbol))
		return;
	for (size_t i = symbols_first(request, symbol->st_value);
	     i < request->count &&
	     request->addresses[i] - symbol->st_value < symbol->st_size;
	     i++) {
		struct symtab_found *found = &table->found[i];

		if (!found->name || found->value < symbol->st_value)
			*found = (struct symtab_found){symbol->st_value, name};
	}
}

void symtab_find(const struct symbols_request *request)
{
	struct symtab table = {.request = request,
	    .found = mem_zero(request->count + 1, sizeof(*table.found))};
	struct elf_file elf;
	char name[NAME_SIZE];

	if (elf_open(&elf, request->path) != ELF_OK) {
		free(table.found);
		return;
	}
	elf_visit_symbols(&elf, symtab_visit, &table);
	for (size_t i = 0; i < request->count; i++) {
		char *clear = NULL;

		if (!table.found[i].name ||
		    !elf_read_text(
			&elf, table.found[i].name, name, sizeof(name)))
			continue;
		if (request->demangle)
			clear = request->demangle(name);
		request->report(
		    request->context, i, "", 0, clear ? clear : name);
		free(clear);
	}
	elf_close(&elf);
	free(table.found);
}
