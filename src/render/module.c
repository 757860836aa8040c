// SPDX-License-Identifier: MIT
#include "render/module.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "base/self.h"

#ifdef HAVE_CAIRO
/* The module is never unloaded: its libraries leave threads and handlers
 * behind that would outlive their code. */
static const struct render_module *open_module(const char *path, struct err *e)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const struct render_module *module;

	if (!handle) {
		err_set(e, "%s: can't be loaded, %s", path, dlerror());
		return NULL;
	}
	module = dlsym(handle, RENDER_MODULE_SYMBOL);
	if (!module || module->version != RENDER_MODULE_VERSION) {
		err_set(
		    e, "%s: belongs to another version; reinstall mprof", path);
		return NULL;
	}
	return module;
}

const struct render_module *render_module_load(struct err *e)
{
	char *path = self_companion("render.so", e);
	const struct render_module *module;

	if (!path)
		return NULL;
	module = open_module(path, e);
	free(path);
	return module;
}

#else

const struct render_module *render_module_load(struct err *e)
{
	err_set(e, "this mprof was built without Cairo, which draws pictures; "
		   "mprof plot --terminal and .html need none");
	return NULL;
}

#endif
