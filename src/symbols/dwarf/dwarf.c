// SPDX-License-Identifier: MIT
//
// The module symbols.so: what elfutils' libdw knows of an address. It looks
// for separate debug files by .gnu_debuglink and by build id, and asks
// debuginfod where DEBUGINFOD_URLS is set.
#include "symbols/symbols.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#ifdef HAVE_LIBIBERTY
#include <libiberty/demangle.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SCOPES_MAX: entries of a unit to examine for an address. A file with more is
 * corrupt (an entry's sibling is its own child), and only its symbols are used
 * from then on. */
enum { INLINED_MAX = 32, NESTED_MAX = 64, SCOPES_MAX = 1 << 20 };

static char *debug_directories = NULL; /* NULL: libdw's defaults */

static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_build_id_find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
    .section_address = dwfl_offline_section_address,
    .debuginfo_path = &debug_directories,
};

/* The function around an address, by the linker. */
struct dwarf_symbol {
	GElf_Addr begin;
	int rank;
	const char *name; /* NULL: none */
};

struct dwarf_find {
	const struct symbols_request *request;
	Dwfl_Module *module;
	size_t at;
	Dwarf_Addr address; /* address in libdw's terms */
	/* The unit's: its own addresses are smaller by it. */
	Dwarf_Addr bias;
	const char *symbol; /* as dwarf_symbol.name */
	/* Directory of a fetched package that the unit belongs to; NULL: it
	 * belongs to none. */
	const char *package;
	size_t scopes; /* number of entries examined */
};

/* Tries Rust's names first: those of its older scheme look like C++'s. */
static char *dwarf_demangle(
    const struct symbols_request *request, const char *name)
{
	char *clear = NULL;

#ifdef HAVE_LIBIBERTY
	clear = rust_demangle(name, 0);
#endif
	return clear || !request->demangle ? clear : request->demangle(name);
}

/* A package that Cargo fetches is compiled in its own directory, from which its
 * paths begin: src/lib.rs as the user's own. */
static const char *dwarf_package(Dwarf_Die *unit)
{
	static const char *const places[] = {
	    "/registry/src/", "/git/checkouts/", "/vendor/"};
	Dwarf_Attribute attribute;
	const char *directory =
	    dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));

	for (size_t i = 0; directory && i < sizeof(places) / sizeof(places[0]);
	     i++) {
		if (strstr(directory, places[i]))
			return directory;
	}
	return NULL;
}

static void dwarf_report(const struct dwarf_find *find, const char *file,
    int line, const char *function)
{
	const struct symbols_request *request = find->request;
	char *clear = dwarf_demangle(request, function);
	char path[4096];

	if (file && *file != '/' && find->package) {
		snprintf(path, sizeof(path), "%s/%s", find->package, file);
		file = path;
	}
	request->report(request->context, find->at, file ? file : "", line,
	    clear ? clear : function);
	free(clear);
}

/* C++'s names are complete only in linker symbols. */
static const char *dwarf_name(Dwarf_Die *die)
{
	static const unsigned names[] = {
	    DW_AT_linkage_name, DW_AT_MIPS_linkage_name};
	Dwarf_Attribute attribute;

	for (size_t i = 0; i < 2; i++) {
		const char *name = dwarf_formstring(
		    dwarf_attr_integrate(die, names[i], &attribute));

		if (name)
			return name;
	}
	return dwarf_diename(die);
}

static const char *dwarf_call_file(Dwarf_Die *unit, Dwarf_Die *call)
{
	Dwarf_Attribute attribute;
	Dwarf_Word number;
	Dwarf_Files *files;
	size_t count;

	if (dwarf_formudata(
		dwarf_attr(call, DW_AT_call_file, &attribute), &number) != 0 ||
	    dwarf_getsrcfiles(unit, &files, &count) != 0)
		return NULL;
	return dwarf_filesrc(files, number, NULL, NULL);
}

static int dwarf_call_line(Dwarf_Die *call)
{
	Dwarf_Attribute attribute;
	Dwarf_Word line;

	if (dwarf_formudata(
		dwarf_attr(call, DW_AT_call_line, &attribute), &line) != 0)
		return 0;
	return (int)line;
}

/* Reports the functions around an address in scopes, innermost first: the
 * position in each one but the innermost is that of the inlined call. Returns
 * whether there was one. */
static bool dwarf_report_scopes(const struct dwarf_find *find, Dwarf_Die *unit,
    Dwarf_Die *scopes, int count, const char *file, int line)
{
	int taken = 0;

	for (int i = 0; i < count && taken < INLINED_MAX; i++) {
		int tag = dwarf_tag(&scopes[i]);
		const char *name;

		if (tag != DW_TAG_inlined_subroutine &&
		    tag != DW_TAG_subprogram)
			continue;
		name = dwarf_name(&scopes[i]);
		if (!name && tag == DW_TAG_subprogram)
			name = find->symbol;
		dwarf_report(find, file, line, name ? name : "?");
		taken++;
		if (tag == DW_TAG_subprogram)
			break;
		file = dwarf_call_file(unit, &scopes[i]);
		line = dwarf_call_line(&scopes[i]);
	}
	return taken > 0;
}

/* LLVM's compilers (clang, rustc) write no table of address ranges: each unit
 * is searched then. Where only other units have one, libdw takes a gap in it
 * for a part of the previous unit. */
static Dwarf_Die *dwarf_unit(struct dwarf_find *find)
{
	Dwarf_Die *unit =
	    dwfl_module_addrdie(find->module, find->address, &find->bias);

	if (unit && dwarf_haspc(unit, find->address - find->bias) > 0)
		return unit;
	unit = NULL;
	while ((unit = dwfl_module_nextcu(find->module, unit, &find->bias)) !=
	       NULL) {
		if (dwarf_haspc(unit, find->address - find->bias) > 0)
			break;
	}
	return unit;
}

static bool dwarf_holds_functions(int tag)
{
	static const int tags[] = {DW_TAG_namespace, DW_TAG_structure_type,
	    DW_TAG_class_type, DW_TAG_union_type, DW_TAG_enumeration_type,
	    DW_TAG_module};

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		if (tag == tags[i])
			return true;
	}
	return false;
}

/* The innermost scope below parent that contains the address. Rust puts
 * functions into namespaces and types without addresses, which
 * dwarf_getscopes() skips. */
static bool dwarf_find_scope(
    struct dwarf_find *find, Dwarf_Die *parent, int depth, Dwarf_Die *found)
{
	Dwarf_Die child;
	int more = depth < NESTED_MAX ? dwarf_child(parent, &child) : 1;

	for (; more == 0 && find->scopes++ < SCOPES_MAX;
	     more = dwarf_siblingof(&child, &child)) {
		if (dwarf_holds_functions(dwarf_tag(&child))) {
			if (dwarf_find_scope(find, &child, depth + 1, found))
				return true;
		} else if (dwarf_haspc(&child, find->address - find->bias) >
			   0) {
			*found = child;
			dwarf_find_scope(find, &child, depth + 1, found);
			return true;
		}
	}
	return false;
}

static bool dwarf_find_die(struct dwarf_find *find)
{
	Dwarf_Die *unit = dwarf_unit(find);
	Dwarf_Line *at;
	Dwarf_Die innermost, *scopes = NULL;
	const char *file = NULL;
	int line = 0, count;
	bool found;

	if (!unit)
		return false;
	find->package = dwarf_package(unit);
	at = dwarf_getsrc_die(unit, find->address - find->bias);
	if (at) {
		file = dwarf_linesrc(at, NULL, NULL);
		dwarf_lineno(at, &line);
	}
	if (find->scopes < SCOPES_MAX)
		find->scopes = 0;
	if (!dwarf_find_scope(find, unit, 0, &innermost))
		return false;
	count = dwarf_getscopes_die(&innermost, &scopes);
	found = count > 0 &&
		dwarf_report_scopes(find, unit, scopes, count, file, line);
	free(scopes);
	return found;
}

/* Finds the closest symbol before each address that covers it, preferably a
 * global one. Walks once through all symbols, which libdw does for each
 * address. */
static void dwarf_find_symbols(const struct dwarf_find *find, Dwarf_Addr bias,
    struct dwarf_symbol *symbols)
{
	static const int ranks[] = {
	    [STB_LOCAL] = 1, [STB_GLOBAL] = 3, [STB_WEAK] = 2};
	const struct symbols_request *request = find->request;
	int count = dwfl_module_getsymtab(find->module);

	for (int k = 0; k < count; k++) {
		GElf_Sym symbol;
		GElf_Addr begin;
		const char *name = dwfl_module_getsym_info(
		    find->module, k, &symbol, &begin, NULL, NULL, NULL);
		unsigned binding = name ? GELF_ST_BIND(symbol.st_info) : 0;
		int rank = binding < 3 ? ranks[binding] : 0;

		if (!name || !*name || !symbols_is_function(&symbol))
			continue;
		begin -= bias;
		for (size_t i = symbols_first(request, begin);
		     i < request->count &&
		     request->addresses[i] - begin < symbol.st_size;
		     i++) {
			struct dwarf_symbol *best = &symbols[i];

			if (!best->name || begin > best->begin ||
			    (begin == best->begin && rank > best->rank))
				*best =
				    (struct dwarf_symbol){begin, rank, name};
		}
	}
}

static void dwarf_find_all(struct dwarf_find *find, Dwarf_Addr bias)
{
	const struct symbols_request *request = find->request;
	struct dwarf_symbol *symbols =
	    calloc(request->count + 1, sizeof(*symbols));

	if (!symbols)
		return;
	dwarf_find_symbols(find, bias, symbols);
	for (size_t i = 0; i < request->count; i++) {
		find->at = i;
		find->address = request->addresses[i] + bias;
		find->symbol = symbols[i].name;
		if (!dwarf_find_die(find) && find->symbol)
			dwarf_report(find, "", 0, find->symbol);
	}
	free(symbols);
}

static void dwarf_find_in(const struct symbols_request *request)
{
	struct dwarf_find find = {.request = request};
	Dwfl *dwfl = dwfl_begin(&callbacks);
	Dwarf_Addr bias = 0;
	GElf_Addr elf_bias = 0;

	if (!dwfl)
		return;
	dwfl_report_begin(dwfl);
	find.module = dwfl_report_offline(dwfl, "", request->path, -1);
	dwfl_report_end(dwfl, NULL, NULL);
	if (find.module && dwfl_module_getelf(find.module, &elf_bias)) {
		bias = elf_bias;
		dwarf_find_all(&find, bias);
	}
	dwfl_end(dwfl);
}

__attribute__((visibility(
    "default"))) extern const struct symbols_module mprof_symbols_module;
const struct symbols_module mprof_symbols_module = {
    .version = SYMBOLS_MODULE_VERSION,
    .find = dwarf_find_in,
};
