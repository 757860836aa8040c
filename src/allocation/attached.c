// SPDX-License-Identifier: MIT
//
// The module _mprof_allocation: a CPython that runs already imports this
// library as that (python/agent_attach.h), and its own allocations are sampled.
#include <stddef.h>

#include "allocation/python.h"
#include "python/agent/api.h"

/* _start(directory) returns None, or why nothing is sampled. */
static struct pyobj *attached_start(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	const char *directory = n == 1 ? py.PyUnicode_AsUTF8(args[0]) : NULL;

	(void)self;
	return directory ? py.Py_BuildValue("s", python_attach(directory))
			 : NULL;
}

/* _stop(directory). */
static struct pyobj *attached_stop(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	const char *directory = n == 1 ? py.PyUnicode_AsUTF8(args[0]) : NULL;

	(void)self;
	if (!directory)
		return NULL;
	python_detach(directory);
	return api_none();
}

static struct pymethod attached_methods[] = {
    {"_start", attached_start, PYMETHOD_FAST, NULL},
    {"_stop", attached_stop, PYMETHOD_FAST, NULL},
    {NULL, NULL, 0, NULL},
};

static struct pyslot attached_slots[] = {{0, NULL}};

static struct pymodule attached_definition = {
    .references = 1,
    .name = "_mprof_allocation",
    .size = 0,
    .methods = attached_methods,
    .slots = attached_slots,
};

__attribute__((visibility("default"))) struct pyobj *PyInit__mprof_allocation(
    void);

struct pyobj *PyInit__mprof_allocation(void)
{
	if (!api_bind())
		return api_refuse("no CPython from 3.8 on");
	/* The import would enable the GIL of an interpreter that runs
	 * without. */
	if (python_keeps_its_own())
		return api_refuse("a CPython that can run without its lock "
				  "keeps its objects in heaps of its own");
	return api_module(&attached_definition);
}
