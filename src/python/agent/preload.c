// SPDX-License-Identifier: MIT
//
// The agent as a preloaded library: in a process that holds a CPython, before
// its main() runs, memory_profiler becomes one of its built-in modules, which
// -I and -E and virtual environments don't change, and `profile` a name that
// is there as soon as the program starts. In any other process: nothing.
#include <stdlib.h>
#include <string.h>

#include "python/agent/marks.h"
#include "python/agent/module.h"
#include "python/agent/shelf.h"
#include "python/agent/source.h"

static void add_builtin(void)
{
	struct pyobj *dict = py.PyDict_New();

	if (!module_claim() || !dict || !module_execute(source_builtin, dict))
		py.PyErr_Clear();
	if (dict)
		py.Py_DecRef(dict);
}

/* `python -m memory_profiler` means the package where that is installed: what
 * runs there is found through the spec of the module that is imported. */
static void step_back_as_main(struct pyobj *args)
{
	struct pyobj *name = py.PyTuple_GetItem(args, 0);
	const char *text = name ? py.PyUnicode_AsUTF8(name) : NULL;
	struct pyobj *module, *step, *result;

	py.PyErr_Clear();
	if (!text || strcmp(text, "memory_profiler") != 0)
		return;
	module = py.PyImport_ImportModule("memory_profiler");
	step = module ? py.PyObject_GetAttrString(module, "_step_back") : NULL;
	result = step ? py.PyObject_CallObject(step, NULL) : NULL;
	if (result)
		py.Py_DecRef(result);
	if (step)
		py.Py_DecRef(step);
	if (module)
		py.Py_DecRef(module);
	py.PyErr_Clear();
}

/* cpython.run_file, run_module, run_command and so on come once the
 * interpreter is ready, and before the program's first line. */
static int preload_audit(const char *event, struct pyobj *args, void *data)
{
	static bool started;

	(void)data;
	if (event[0] != 'c' || started)
		return 0;
	if (strncmp(event, "cpython.run_", strlen("cpython.run_")) != 0)
		return 0;
	started = true;
	add_builtin();
	if (strcmp(event, "cpython.run_module") == 0)
		step_back_as_main(args);
	return 0;
}

static struct pyobj *(*init_posix)(void);

/* A hook that is added before the interpreter has chosen its allocator is
 * freed with another one than it came from: python -X dev aborts at its end.
 * So it is added as the interpreter imports posix, which every start does. */
static struct pyobj *init_posix_and_hook(void)
{
	static bool hooked;

	if (!hooked && py.PySys_AddAuditHook(preload_audit, NULL) != 0)
		py.PyErr_Clear();
	hooked = true;
	return init_posix();
}

static void hook_posix(void)
{
	struct pyinit *entry = *py.inittab;

	while (entry->name && strcmp(entry->name, "posix") != 0)
		entry++;
	if (!entry->name)
		return;
	init_posix = entry->init;
	entry->init = init_posix_and_hook;
}

__attribute__((constructor)) static void preload(void)
{
	if (!getenv("MPROF_AGENT_FILE") || !api_bind() || py.Py_IsInitialized())
		return;
	marks_init();
	shelf_init();
	shelf_tell_loaded();
	if (py.PyImport_AppendInittab(
		"memory_profiler", PyInit_memory_profiler) == 0)
		hook_posix();
}
