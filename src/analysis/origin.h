/* SPDX-License-Identifier: MIT
 *
 * Where a frame's code comes from: the user's own, a package's, the standard
 * library's, C's. Judged by the frame's file alone.
 */
#ifndef MPROF_ANALYSIS_ORIGIN_H
#define MPROF_ANALYSIS_ORIGIN_H

#include <stddef.h>

#include "base/strbuf.h"
#include "profile/parts.h"

enum origin {
	ORIGIN_OWN,
	ORIGIN_PACKAGE,     /* of site-packages or dist-packages */
	ORIGIN_STANDARD,    /* Python's standard library */
	ORIGIN_IMPORT,      /* Python's import machinery */
	ORIGIN_LIBRARY,     /* a C library, headers of one */
	ORIGIN_INTERPRETER, /* the machine code of Python, of Node.js itself */
	ORIGIN_RECORDER     /* mprof's own libraries, in the program */
};

enum origin origin_of(const struct frame *frame) __attribute__((nonnull));

/* The place in the stack of the innermost frame that is the user's own; where
 * there is none, of the innermost that is Python code, or else that of a
 * library besides the C library and allocators, or of the innermost at all. The
 * stack has a frame. */
size_t origin_leader(const struct stack *stack) __attribute__((nonnull));

/* The same, but a line of Python leads where there is one: of the user's own,
 * or else the innermost. Machine code is what it called. */
size_t origin_python_leader(const struct stack *stack) __attribute__((nonnull));

/* Appends the calls from the frame at that place to the innermost one, as
 * " > numpy ... > PyDataMem_NEW": packages and libraries once each, and the
 * function that allocated. Nothing where the frame is the innermost. */
void origin_below(const struct stack *stack, size_t at, struct strbuf *text)
    __attribute__((nonnull));

/* Whether the frame at that place imports what is further in. */
bool origin_imports(const struct stack *stack, size_t at)
    __attribute__((nonnull));

/* Whether mprof's own code in the program did it, for its own sake: its library
 * was called further in than any code of the user's, and was not on its way to
 * the allocator that the program called. */
bool origin_is_recorders(const struct stack *stack) __attribute__((nonnull));

/* The name of the package or library: "numpy", "json", "libxml2"; "" where it
 * has none. Returns name. */
const char *origin_name(const struct frame *frame, char *name, size_t size)
    __attribute__((nonnull));

#define ORIGIN_CELL sizeof("In [12345678]")

/* The file as its user knows it: "In [3]" for a cell of IPython, which names
 * what it runs <ipython-input-3-...>, as the library in a notebook's kernel
 * does. Returns cell or file. */
const char *origin_file(const char *file, char cell[static ORIGIN_CELL])
    __attribute__((nonnull));

#endif
