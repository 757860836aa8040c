/* SPDX-License-Identifier: MIT
 *
 * The part of CPython's C API that the agent uses, found in the process at run
 * time: no Python header, no libpython, one file for 3.8 and later. Structs
 * are those of the stable ABI. Everything needs the GIL.
 */
#ifndef MPROF_PYTHON_AGENT_API_H
#define MPROF_PYTHON_AGENT_API_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct pyobj; /* PyObject */

struct pymethod { /* PyMethodDef */
	const char *name;
	struct pyobj *(*call)(struct pyobj *, struct pyobj *const *, ssize_t);
	int flags;
	const char *doc;
};

#define PYMETHOD_FAST 0x80 /* METH_FASTCALL */

/* PyModuleDef. In a build without the GIL its header is twice as long, and
 * `unshared` is the first half of it: api_module() fills it in. */
struct pymodule {
	uint64_t thread;
	uint64_t unshared; /* from the low bits: flags, lock, local count */
	ssize_t references;
	void *type, *init;
	ssize_t index;
	void *copy;
	const char *name, *doc;
	ssize_t size;
	struct pymethod *methods;
	struct pyslot *slots;
	void *traverse, *clear, *free;
};

struct pyinit { /* struct _inittab */
	const char *name;
	struct pyobj *(*init)(void);
};

struct pyslot { /* PyModuleDef_Slot */
	int number;
	void *value;
};

/* Py_mod_exec; and Py_mod_multiple_interpreters (since 3.12) with the value for
 * a GIL in each interpreter. */
#define PYSLOT_EXEC 2
#define PYSLOT_INTERPRETERS 3
#define PYINTERPRETERS_OWN_GIL ((void *)(intptr_t)2)
/* Py_mod_gil (since 3.13), and its value for a module that needs no GIL. */
#define PYSLOT_GIL 4
#define PYGIL_NOT_USED ((void *)(intptr_t)1)
#define PYINPUT_FILE 257 /* Py_file_input */

typedef int pytracer(struct pyobj *, struct pyobj *, int, struct pyobj *);
typedef int pyaudit(const char *event, struct pyobj *args, void *data);

struct api {
#define API(result, name, args) result(*name) args;
#include "python/agent/api.def"
#undef API
	struct pyobj *(*PyFrame_GetCode)(struct pyobj *); /* or NULL */
	struct pyobj *none;
	struct pyinit **inittab; /* ends with a NULL name */
	bool bound;              /* found, so that the rest is set */
	bool has_frame_code;     /* PyFrame_GetCode() */
	bool has_own_gil;        /* a GIL for each interpreter */
	bool fork_warns;         /* os.fork() warns of other threads */
	bool free_threaded;      /* built so that it can run without the GIL */
};

/* Written once, by api_bind(); zero before. */
extern struct api py;

/* Whether this process holds a CPython from 3.8 on. The first call searches; it
 * needs no interpreter to be running. */
bool api_bind(void);

/* Whether the running interpreter has a GIL, which guards the agent's tables. A
 * free-threaded build has one while it imports a module that may need it, and
 * then keeps it, unless PYTHON_GIL=0 or -X gil=0 forbids that. */
bool api_has_gil(void);

/* Whether it has one for as long as it runs: PYTHON_GIL=1 in a free-threaded
 * build. */
bool api_keeps_gil(void);

/* A module from its definition, for multi-phase initialisation; NULL with an
 * exception set. */
struct pyobj *api_module(struct pymodule *definition);

/* Whether this process holds another Python: PyPy, or an older CPython. */
bool api_is_other_python(void);

/* Refuses an import: returns NULL, with ImportError set. */
struct pyobj *api_refuse(const char *why);

/* The number of a code object's first line. */
long api_first_line(struct pyobj *code);

/* None, as a new reference. */
struct pyobj *api_none(void);

#endif
