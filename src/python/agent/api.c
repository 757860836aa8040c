// SPDX-License-Identifier: MIT
#include "python/agent/api.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/digits.h"

struct api py;

static void *api_find(const char *name)
{
	return dlsym(RTLD_DEFAULT, name);
}

static bool api_find_all(struct api *api)
{
#define API(result, name, args)                 \
	*(void **)&api->name = api_find(#name); \
	if (!api->name)                         \
		return false;
#include "python/agent/api.def"
#undef API
	*(void **)&api->PyFrame_GetCode = api_find("PyFrame_GetCode");
	api->none = api_find("_Py_NoneStruct");
	api->inittab = api_find("PyImport_Inittab");
	return api->none && api->inittab;
}

/* The minor version from which on CPython has each of these. */
static const struct {
	size_t offset; /* of a bool in struct api */
	uint64_t since;
} api_features[] = {
    {offsetof(struct api, bound), 8},
    {offsetof(struct api, has_frame_code), 9},
    {offsetof(struct api, has_own_gil), 12},
    {offsetof(struct api, fork_warns), 12},
};

static void api_set_features(struct api *api, const char *version)
{
	uint64_t minor = 0;

	if (strncmp(version, "3.", 2) == 0) {
		version += 2;
		minor = digits_read(&version);
	}
	for (size_t i = 0; i < sizeof(api_features) / sizeof(api_features[0]);
	     i++)
		*(bool *)((char *)api + api_features[i].offset) =
		    minor >= api_features[i].since;
}

bool api_bind(void)
{
	struct api found = {0};

	if (py.bound)
		return true;
	/* 3.7 lacks this function, and a process without Python all of them. */
	if (!api_find("PySys_AddAuditHook") || !api_find_all(&found))
		return false;
	api_set_features(&found, found.Py_GetVersion());
	if (!found.bound || (found.has_frame_code && !found.PyFrame_GetCode))
		return false;
	found.free_threaded =
	    strstr(found.Py_GetVersion(), "free-threading") != NULL;
	py = found;
	return true;
}

/* An attribute of sys, as a new reference; NULL with an exception set. */
static struct pyobj *api_of_sys(const char *name)
{
	struct pyobj *module = py.PyImport_ImportModule("sys");
	struct pyobj *found =
	    module ? py.PyObject_GetAttrString(module, name) : NULL;

	if (module)
		py.Py_DecRef(module);
	return found;
}

/* Whether value is 1 or True. Drops the reference, and any exception. */
static bool api_is_one(struct pyobj *value)
{
	bool is_one = value && py.PyLong_AsLong(value) == 1;

	if (value)
		py.Py_DecRef(value);
	py.PyErr_Clear();
	return is_one;
}

bool api_has_gil(void)
{
	struct pyobj *ask =
	    py.free_threaded ? api_of_sys("_is_gil_enabled") : NULL;
	struct pyobj *answer = ask ? py.PyObject_CallObject(ask, NULL) : NULL;

	if (ask)
		py.Py_DecRef(ask);
	return !py.free_threaded || api_is_one(answer);
}

bool api_keeps_gil(void)
{
	struct pyobj *flags = py.free_threaded ? api_of_sys("flags") : NULL;
	struct pyobj *gil =
	    flags ? py.PyObject_GetAttrString(flags, "gil") : NULL;

	if (flags)
		py.Py_DecRef(flags);
	return !py.free_threaded || api_is_one(gil);
}

/* State of a static immortal object: its references are not counted. */
#define STATIC_AND_IMMORTAL (UINT64_C(1) << 2 | UINT64_C(0xffffffff) << 32)

struct pyobj *api_module(struct pymodule *definition)
{
	if (!py.free_threaded)
		return py.PyModuleDef_Init(&definition->references);
	if (!definition->type) {
		definition->unshared = STATIC_AND_IMMORTAL;
		definition->references = 0; /* the shared count */
	}
	return py.PyModuleDef_Init(definition);
}

bool api_is_other_python(void)
{
	return !py.bound &&
	       (api_find("Py_GetVersion") || api_find("PyPy_GetVersion"));
}

struct pyobj *api_refuse(const char *why)
{
	void (*set)(struct pyobj *, const char *) = NULL;
	struct pyobj **import_error = api_find("PyExc_ImportError");

	*(void **)&set = api_find("PyErr_SetString");
	if (set && import_error)
		set(*import_error, why);
	return NULL;
}

struct pyobj *api_none(void)
{
	py.Py_IncRef(py.none);
	return py.none;
}

long api_first_line(struct pyobj *code)
{
	struct pyobj *line = py.PyObject_GetAttrString(code, "co_firstlineno");
	long value = line ? py.PyLong_AsLong(line) : -1;

	if (line)
		py.Py_DecRef(line);
	return value;
}
