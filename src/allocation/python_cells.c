// SPDX-License-Identifier: MIT
//
// An allocator may not run Python's code. The dictionary with the numbers is
// therefore found in a pending call of the interpreter, which comes between two
// of its instructions, and is kept. A search in it runs nothing: its keys are
// strings.
#include "allocation/python_cells.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "python/agent/api.h"

/* Gives up after that many: the program may be no notebook. */
#define CELLS_TRIES 10000

static struct {
	struct pyobj *numbers; /* a reference that is kept */
	int tries;
	bool is_asked;
} cells;

void python_cells_begin(void)
{
	cells.numbers = NULL;
	cells.tries = 0;
	cells.is_asked = false;
}

/* With the GIL an object's type follows its reference count. */
static bool cells_is(struct pyobj *object, const char *type)
{
	void *is;

	memcpy(&is, (const char *)object + sizeof(is), sizeof(is));
	return is && is == dlsym(RTLD_DEFAULT, type);
}

/* Drops the reference to object. */
static struct pyobj *cells_attribute(struct pyobj *object, const char *name)
{
	struct pyobj *found;

	if (!object)
		return NULL;
	found = py.PyObject_GetAttrString(object, name);
	py.Py_DecRef(object);
	return found;
}

/* A pending call, which must not fail. */
static int cells_find(void *unused)
{
	static const char *const path[] = {
	    "InteractiveShell", "_instance", "compile", "_filename_map"};
	struct pyobj *modules = py.PyImport_GetModuleDict();
	struct pyobj *found = NULL;

	(void)unused;
	if (modules)
		found = py.PyDict_GetItemString(
		    modules, "IPython.core.interactiveshell");
	if (found)
		py.Py_IncRef(found);
	for (size_t i = 0; i < sizeof(path) / sizeof(path[0]); i++)
		found = cells_attribute(found, path[i]);
	py.PyErr_Clear();
	if (found && cells_is(found, "PyDict_Type") && !cells.numbers)
		cells.numbers = found;
	else if (found)
		py.Py_DecRef(found);
	cells.is_asked = false;
	return 0;
}

void python_cells_expect(const char *file)
{
	if (cells.numbers || cells.is_asked || cells.tries == CELLS_TRIES ||
	    !strstr(file, "/ipykernel") || !api_bind())
		return;
	cells.tries++;
	cells.is_asked = py.Py_AddPendingCall(cells_find, NULL) == 0;
}

/* HASH.py in .../ipykernel_PID/HASH.py; NULL: no cell's file. */
static const char *cells_hash(const char *file)
{
	static const char digits[] = "0123456789";
	const char *at = strstr(file, "/ipykernel_"), *hash;

	if (!at)
		return NULL;
	at += strlen("/ipykernel_");
	at += strspn(at, digits);
	if (*at != '/')
		return NULL;
	hash = at + 1;
	at = hash + strspn(hash, digits);
	return at > hash && strcmp(at, ".py") == 0 ? hash : NULL;
}

bool python_cells_has(const char *file)
{
	return cells_hash(file) != NULL;
}

void python_cells_rename(char *file, size_t size, struct pyobj *name)
{
	const char *hash = cells_hash(file);
	struct pyobj *number;
	char text[16];

	if (!hash || !cells.numbers)
		return;
	number = py.PyDict_GetItem(cells.numbers, name);
	if (!number || !cells_is(number, "PyLong_Type"))
		return;
	snprintf(
	    text, sizeof(text), "%.*s", (int)strspn(hash, "0123456789"), hash);
	snprintf(file, size, "<ipython-input-%ld-%s>", py.PyLong_AsLong(number),
	    text);
}
