/* SPDX-License-Identifier: MIT
 *
 * The origin of a frame's code: the user's own, a package's, the standard
 * library's, C's. Judged by the frame's file alone.
 */
#ifndef MPROF_ANALYSIS_ORIGIN_H
#define MPROF_ANALYSIS_ORIGIN_H

#include <stddef.h>

#include "base/strbuf.h"
#include "profile/parts.h"

enum origin {
	ORIGIN_OWN,
	ORIGIN_PACKAGE,     /* in site-packages, or fetched by Cargo or Go */
	ORIGIN_STANDARD,    /* Python's standard library */
	ORIGIN_IMPORT,      /* Python's import machinery */
	ORIGIN_LIBRARY,     /* a C library, or a compiler's own */
	ORIGIN_INTERPRETER, /* machine code of Python or V8 itself */
	ORIGIN_RECORDER     /* mprof's own libraries in the program */
};

enum origin origin_of(const struct frame *frame) __attribute__((nonnull));

/* Whether a module is a perf map: its code was generated at run time. */
bool origin_is_generated(const char *module) __attribute__((nonnull));

/* The index of the innermost frame of the user's own; without one, of the
 * innermost Python code; or else of a library other than the C library and
 * allocators; or of the innermost frame. A program's own allocators, such as
 * xmalloc(), are passed over. The stack must have a frame. */
size_t origin_leader(const struct stack *stack) __attribute__((nonnull));

/* The same, but a Python line leads where there is one: the user's own, or else
 * the innermost. Machine code is what it called. */
size_t origin_python_leader(const struct stack *stack) __attribute__((nonnull));

/* Appends the calls from the frame at that index to the innermost one, as " >
 * numpy ... > PyDataMem_NEW": each package and library once, then the function
 * that allocated. Nothing for the innermost frame. */
void origin_below(const struct stack *stack, size_t at, struct strbuf *text)
    __attribute__((nonnull));

/* Whether the frame at that index imports a module, or the innermost code that
 * it called which is neither a library nor the interpreter. */
bool origin_imports(const struct stack *stack, size_t at)
    __attribute__((nonnull));

/* Whether mprof's own code in the program allocated for itself: its library is
 * further in than any of the user's code, and was not passing on the program's
 * call of an allocator. */
bool origin_is_recorders(const struct stack *stack) __attribute__((nonnull));

/* The name of the package or library: "numpy", "json", "libxml2"; "" where
 * there is none. Returns name. */
const char *origin_name(const struct frame *frame, char *name, size_t size)
    __attribute__((nonnull));

#define ORIGIN_CELL sizeof("In [12345678]")

/* The file as its user knows it: "In [3]" for a cell of IPython, whose code has
 * the name <ipython-input-3-...>, also in a notebook's kernel. Returns cell or
 * file. */
const char *origin_file(const char *file, char cell[static ORIGIN_CELL])
    __attribute__((nonnull));

#endif
