// SPDX-License-Identifier: MIT
#include "render/module.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "base/self.h"

#if defined(HAVE_CAIRO) || defined(HAVE_GRAPHVIZ)
/* Loads a module and returns what its symbol points to, which begins with a
 * version. A module is never unloaded: its libraries leave threads and handlers
 * behind that would outlive their code. */
static const void *open_module(
    const char *path, const char *symbol, int version, struct err *e)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const int *module;

	if (!handle) {
		err_set(e, "%s: can't be loaded, %s", path, dlerror());
		return NULL;
	}
	module = dlsym(handle, symbol);
	if (!module || *module != version) {
		err_set(
		    e, "%s: belongs to another version; reinstall mprof", path);
		return NULL;
	}
	return module;
}

static const void *render_module_load_once(
    const char *name, const char *symbol, int version, struct err *e)
{
	char *path = self_companion(name, e);
	const void *module;

	if (!path)
		return NULL;
	module = open_module(path, symbol, version, e);
	free(path);
	return module;
}
#endif

#ifdef HAVE_CAIRO
const struct render_module *render_module_load(struct err *e)
{
	return render_module_load_once(
	    "render.so", RENDER_MODULE_SYMBOL, RENDER_MODULE_VERSION, e);
}
#else
const struct render_module *render_module_load(struct err *e)
{
	err_set(e, "this mprof was built without Cairo, which draws pictures; "
		   "mprof plot --terminal and .html need none");
	return NULL;
}
#endif

#ifdef HAVE_GRAPHVIZ
const struct graph_module *graph_module_load(struct err *e)
{
	return render_module_load_once(
	    "graph.so", GRAPH_MODULE_SYMBOL, GRAPH_MODULE_VERSION, e);
}
#else
const struct graph_module *graph_module_load(struct err *e)
{
	err_set(e, "this mprof was built without Graphviz's library, which "
		   "lays graphs out");
	return NULL;
}
#endif
