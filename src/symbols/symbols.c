// SPDX-License-Identifier: MIT
#include "symbols/symbols.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/self.h"

typedef char *symbols_demangler(
    const char *name, char *room, size_t *size, int *status);

/* C++'s runtime knows its own names best. The library stays loaded. */
static symbols_demangler *symbols_load_demangler(void)
{
	void *library = dlopen("libstdc++.so.6", RTLD_NOW | RTLD_LOCAL);
	symbols_demangler *found = NULL;

	if (library)
		*(void **)&found = dlsym(library, "__cxa_demangle");
	return found;
}

static char *symbols_demangle(const char *name)
{
	symbols_demangler *demangler = NULL;
	int status = 0;

	if (strncmp(name, "_Z", 2) == 0)
		demangler = symbols_load_demangler();
	return demangler ? demangler(name, NULL, NULL, &status) : NULL;
}

static const struct symbols_module *symbols_load(void)
{
	struct err ignored;
	char *path = self_companion("symbols.so", &ignored);
	void *handle = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
	const struct symbols_module *module =
	    handle ? dlsym(handle, SYMBOLS_MODULE_SYMBOL) : NULL;

	free(path);
	return module && module->version == SYMBOLS_MODULE_VERSION ? module
								   : NULL;
}

void symbols_find_plain(struct symbols_request *request)
{
	request->demangle = symbols_demangle;
	symtab_find(request);
}

void symbols_find(struct symbols_request *request)
{
	const struct symbols_module *module = symbols_load();

	request->demangle = symbols_demangle;
	if (module)
		module->find(request);
	else
		symbols_find_plain(request);
}
