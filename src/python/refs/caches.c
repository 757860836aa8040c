// SPDX-License-Identifier: MIT
#include "python/refs/caches.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/python_path.h"

#define LRU_TYPE "functools._lru_cache_wrapper"
#define LRU_MAXSIZE 96 /* offset in its struct, the same from 3.8 to 3.15 */
#define NAME_SIZE 256

enum cache_origin { CACHE_PROGRAM, CACHE_INSTALLED, CACHE_STANDARD };

/* Variables of the standard library that cache results. */
static const struct {
	const char *module, *variable;
} known[] = {
    {"_strptime", "_regex_cache"},
    {"_strptime", "_TimeRE_cache"},
    {"abc", "_abc_registry"},
    {"codecs", "_cache"},
    {"copyreg", "_extension_cache"},
    {"ctypes", "_pointer_type_cache"},
    {"encodings", "_cache"},
    {"importlib._bootstrap_external", "_relax_case"},
    {"inspect", "_filesbymodname"},
    {"inspect", "modulesbyfile"},
    {"linecache", "cache"},
    {"mimetypes", "_db"},
    {"os.path", "_varprog"},
    {"re", "_cache"},
    {"re", "_cache2"},
    {"sre_compile", "_cache"},
    {"sys", "modules"},
    {"sys", "path_importer_cache"},
    {"tokenize", "_compile"},
    {"typing", "_cleanups"},
    {"warnings", "onceregistry"},
    {"zipimport", "_zip_directory_cache"},
};

/* Tells where a module comes from. A built-in one has no file. */
static enum cache_origin caches_origin(
    const struct referrers *referrers, uint32_t module)
{
	char file[4096], name[NAME_SIZE];

	if (!referrers_module_text(
		referrers, module, "__file__", file, sizeof(file)))
		return referrers_name(referrers, module, name, sizeof(name)) &&
			       (!strcmp(name, "sys") ||
				   !strcmp(name, "builtins") ||
				   !strncmp(name, "importlib.", 10) ||
				   !strncmp(name, "_frozen_importlib", 17))
			   ? CACHE_STANDARD
			   : CACHE_PROGRAM;
	if (python_path_in_package(file))
		return CACHE_INSTALLED;
	return python_path_in_standard(file) ? CACHE_STANDARD : CACHE_PROGRAM;
}

static bool caches_is_known(const char *module, const char *variable)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(known[i].module, module) &&
		    !strcmp(known[i].variable, variable))
			return true;
	return false;
}

/* Whether a functools.lru_cache is on the chain; bounded: one with a
 * maxsize. */
static bool caches_has_lru(const struct referrers *referrers,
    const struct chain_link *link, bool bounded)
{
	struct object_types *types = &referrers->objects->types;
	uint64_t at;

	if (link->object >= referrers->objects->found.len ||
	    strcmp(referrers_type(referrers, link->type), LRU_TYPE) != 0)
		return false;
	at = referrers->objects->found.items[link->object] + LRU_MAXSIZE +
	     (uint64_t)python_header_extra(&types->target->offsets);
	return !bounded || (int64_t)snapshot_u64(types->snapshot, at) >= 0;
}

/* Whether the root is a module, and such a cache is on the chain. */
static bool caches_is(
    const struct chains *chains, const struct referrers *referrers, uint32_t at)
{
	const struct chain_link *links = chains->links.items;
	const struct chain_link *link = &links[at], *below = link, *lru = NULL;
	char name[NAME_SIZE], variable[NAME_SIZE];
	enum cache_origin origin;

	for (; link->parent != CHAIN_NONE; link = &links[link->parent]) {
		if (link->kind != REFERENCE_DICT)
			below = link;
		if (caches_has_lru(referrers, link, false))
			lru = link;
	}
	/* A static type has a dict of weak references to its subclasses. */
	if (link->kind == CHAIN_TYPE && below->kind == REFERENCE_PLAIN)
		return !strcmp(referrers_type(referrers, below->type), "dict");
	if (link->kind != CHAIN_MODULE || link == below)
		return false;
	origin = caches_origin(referrers, link->object);
	if (origin == CACHE_PROGRAM)
		return false;
	if (lru && caches_has_lru(referrers, lru, origin == CACHE_INSTALLED))
		return true;
	return origin == CACHE_STANDARD &&
	       referrers_name(referrers, link->object, name, sizeof(name)) &&
	       referrers_label(
		   referrers, below->detail, variable, sizeof(variable)) &&
	       caches_is_known(name, variable);
}

void caches_sort(struct chains *chains, const struct referrers *referrers)
{
	size_t len = chains->items.len, own = 0, caches = 0;
	struct chain *behind = mem_zero(len + 1, sizeof(*behind));

	for (size_t i = 0; i < len; i++) {
		struct chain *chain = &chains->items.items[i];

		chain->is_cache = caches_is(chains, referrers, chain->link);
		if (chain->is_cache)
			behind[caches++] = *chain;
		else
			chains->items.items[own++] = *chain;
	}
	if (caches)
		memcpy(chains->items.items + own, behind,
		    caches * sizeof(*behind));
	free(behind);
}
