// SPDX-License-Identifier: MIT
#include "analysis/origin.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/python_path.h"

static bool origin_starts(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static enum origin origin_of_python(const char *file)
{
	if (origin_starts(file, "<frozen importlib") ||
	    strstr(file, "/importlib/"))
		return ORIGIN_IMPORT;
	if (origin_starts(file, "<frozen ") || origin_starts(file, "node:"))
		return ORIGIN_STANDARD;
	if (python_path_in_package(file) || strstr(file, " internals>"))
		return ORIGIN_PACKAGE;
	return python_path_in_standard(file) ? ORIGIN_STANDARD : ORIGIN_OWN;
}

/* Whether a module is a shared object of the system or of a Python. */
static bool origin_is_shared(const char *module)
{
	static const char *const directories[] = {"/lib/", "/lib64/", "/lib32/",
	    "/usr/lib/", "/usr/lib64/", "/usr/libexec/", "/usr/local/lib/",
	    "/nix/store/"};

	if (!strstr(path_name(module), ".so"))
		return false;
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]);
	     i++) {
		if (origin_starts(module, directories[i]))
			return true;
	}
	return strstr(module, "/lib-dynload/") != NULL ||
	       python_path_in_package(module) != NULL;
}

/* Whether the file is a header, whose code is inlined into the user's. */
static bool origin_is_header(const char *file)
{
	return origin_starts(file, "/usr/include/") ||
	       strstr(file, "/include/c++/") || origin_starts(file, "/rustc/");
}

/* Whether the function is an allocator's, a copying one, or of the runtime,
 * linked into a program itself. */
static bool origin_is_runtime(const char *function)
{
	static const char *const starts[] = {"__mem", "mem", "__GI_", "__libc_",
	    "_int_", "zmalloc", "zcalloc", "zrealloc", "ztrymalloc", "malloc",
	    "__malloc", "calloc", "__calloc", "realloc", "__realloc",
	    "sysmalloc", "alloc_perturb", "_dl_", "operator new", "je_", "mi_",
	    "tc_", "runtime.", "std::", "alloc::", "core::", "<std::",
	    "<alloc::", "<core::", "__rust", "__rdl_", "__str", "__wmem",
	    "_IO_", "__mmap"};

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		if (origin_starts(function, starts[i]))
			return true;
	}
	return false;
}

/* Whether the module is one of mprof's libraries, in an installation or a
 * build. */
static bool origin_is_preloaded(const char *module)
{
	static const char *const ends[] = {"/mprof/allocation.so",
	    "/mprof/memory_profiler.so", "/build/allocation.so",
	    "/build/memory_profiler.so"};
	size_t len = strlen(module);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t end = strlen(ends[i]);

		if (len > end && strcmp(module + len - end, ends[i]) == 0)
			return true;
	}
	return false;
}

/* Whether the function is an allocator's, which the C library's follows. */
static bool origin_is_allocator(const char *function)
{
	static const char *const names[] = {"malloc", "calloc", "realloc",
	    "reallocarray", "aligned_alloc", "posix_memalign", "memalign",
	    "valloc", "pvalloc", "free", "mmap", "mmap64", "munmap", "mremap"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(function, names[i]) == 0)
			return true;
	}
	return false;
}

/* Code that was generated at run time, by its name in a perf map: a method of
 * the user's own, of Java ("void app.Main.load(int)") or .NET ("void [app]
 * Main::load(int32)"), one of their libraries, or a part of the machine. */
static enum origin origin_of_generated(const char *function)
{
	static const char *const libraries[] = {"java.", "javax.", "jdk.",
	    "sun.", "com.sun.", "[System.", "[Microsoft.", "[mscorlib"};
	const char *end = strchr(function, '('), *name = function;
	const char *assembly = strchr(function, '[');

	if (!end)
		return ORIGIN_LIBRARY;
	for (const char *at = function; at < end; at++)
		if (*at == ' ')
			name = at + 1;
	if (assembly && assembly < end && strstr(function, "::"))
		name = assembly;
	else if (name == function || !memchr(name, '.', (size_t)(end - name)))
		return ORIGIN_LIBRARY;
	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
		if (origin_starts(name, libraries[i]))
			return ORIGIN_STANDARD;
	}
	return ORIGIN_OWN;
}

/* The path without the /proc/PID/root of a process with another root. */
static const char *origin_inner(const char *path)
{
	const char *inner = strstr(path, "/root/");

	return origin_starts(path, "/proc/") && inner ? inner + 5 : path;
}

static enum origin origin_of_code(const char *path, const struct frame *frame)
{
	const char *module = origin_inner(path);
	const char *base = path_name(module);

	if (origin_starts(module, "/tmp/perf-"))
		return origin_of_generated(frame->function);
	if (origin_starts(base, "libpython") || origin_starts(base, "python"))
		return ORIGIN_INTERPRETER;
	if (strcmp(base, "node") == 0 || strcmp(base, "nodejs") == 0)
		return ORIGIN_INTERPRETER;
	if (origin_is_preloaded(module))
		return ORIGIN_RECORDER;
	if (python_path_in_package(module))
		return ORIGIN_PACKAGE;
	return !*module || *module == '[' || origin_is_shared(module) ||
		       origin_is_header(frame->file) ||
		       origin_is_runtime(frame->function)
		   ? ORIGIN_LIBRARY
		   : ORIGIN_OWN;
}

enum origin origin_of(const struct frame *frame)
{
	return frame->module ? origin_of_code(frame->module, frame)
			     : origin_of_python(frame->file);
}

/* Whether the frame serves its caller: the C library, the loader, an
 * allocator. */
static bool origin_serves(const struct frame *frame)
{
	static const char *const starts[] = {"libc.so", "libc-", "libc.musl",
	    "ld-", "libpthread", "libm.so", "libstdc++", "libjemalloc",
	    "libtcmalloc", "libmimalloc"};
	const char *base = path_name(frame->module);

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		if (origin_starts(base, starts[i]))
			return true;
	}
	return !*base || *base == '[' || origin_is_runtime(frame->function) ||
	       origin_of(frame) == ORIGIN_RECORDER;
}

size_t origin_leader(const struct stack *stack)
{
	size_t python = stack->len, library = stack->len;

	for (size_t i = 0; i < stack->len; i++) {
		const struct frame *frame = &stack->frames[i];

		if (origin_of(frame) == ORIGIN_OWN)
			return i;
		if (python == stack->len && !frame->module)
			python = i;
		if (library == stack->len && frame->module &&
		    !origin_serves(frame))
			library = i;
	}
	if (python < stack->len)
		return python;
	return library < stack->len ? library : 0;
}

bool origin_is_recorders(const struct stack *stack)
{
	for (size_t i = 0; i < stack->len; i++) {
		enum origin origin = origin_of(&stack->frames[i]);

		if (origin == ORIGIN_RECORDER)
			return !origin_is_allocator(stack->frames[i].function);
		if (origin == ORIGIN_OWN)
			break;
	}
	return false;
}

size_t origin_python_leader(const struct stack *stack)
{
	size_t python = stack->len;

	for (size_t i = 0; i < stack->len; i++) {
		if (stack->frames[i].module)
			continue;
		if (origin_of(&stack->frames[i]) == ORIGIN_OWN)
			return i;
		if (python == stack->len)
			python = i;
	}
	return python < stack->len ? python : origin_leader(stack);
}

/* The name of a frame's package or library; of the user's own library, that of
 * its file. The interpreter has none, as it is between all calls. */
static void origin_group(const struct frame *frame, char *name, size_t size)
{
	const char *base;

	origin_name(frame, name, size);
	if (*name || !frame->module || origin_of(frame) == ORIGIN_INTERPRETER)
		return;
	base = path_name(frame->module);
	snprintf(name, size, "%.*s", (int)strcspn(base, "."), base);
}

static void origin_add_innermost(
    const struct frame *frame, bool is_last_of_many, struct strbuf *text)
{
	bool is_bare = frame->module && *frame->function == '+';

	strbuf_add_format(text, "%s > %s%s", is_last_of_many ? " …" : "",
	    is_bare ? path_name(frame->module) : "", frame->function);
}

/* Adds a group, unless it was added before. */
static void origin_add_group(struct strbuf *text, const char *name)
{
	char part[128 + sizeof(" > ")];
	size_t len = (size_t)snprintf(part, sizeof(part), " > %s", name);
	const char *found = text->text ? strstr(text->text, part) : NULL;

	for (; found; found = strstr(found + len, part)) {
		if (found[len] == ' ' || !found[len])
			return;
	}
	strbuf_add(text, part);
}

void origin_below(const struct stack *stack, size_t at, struct strbuf *text)
{
	char name[128];
	size_t last = 0; /* innermost frame that is not the recorder's */
	size_t first;    /* outermost frame of a group */

	while (last < at && origin_of(&stack->frames[last]) == ORIGIN_RECORDER)
		last++;
	first = last;
	for (size_t i = at; i-- > last;) {
		origin_group(&stack->frames[i], name, sizeof(name));
		if (!*name)
			continue;
		first = text->len == 0 ? i : first;
		origin_add_group(text, name);
	}
	if (at > last)
		origin_add_innermost(&stack->frames[last], first > last, text);
}

bool origin_imports(const struct stack *stack, size_t at)
{
	while (at > 0) {
		enum origin origin = origin_of(&stack->frames[--at]);

		if (origin != ORIGIN_INTERPRETER && origin != ORIGIN_LIBRARY &&
		    origin != ORIGIN_RECORDER)
			return origin == ORIGIN_IMPORT;
	}
	return false;
}

const char *origin_name(const struct frame *frame, char *name, size_t size)
{
	const char *path = frame->module ? frame->module : frame->file;
	enum origin origin = origin_of(frame);
	const char *inside = NULL;

	if (origin == ORIGIN_PACKAGE)
		inside = python_path_in_package(path);
	else if (origin == ORIGIN_STANDARD)
		inside = python_path_in_standard(path);
	else if (origin == ORIGIN_LIBRARY && origin_is_shared(path))
		inside = path_name(path);
	if (origin == ORIGIN_PACKAGE && !inside)
		inside = path + (*path == '<'); /* <__array_function__ ... */
	snprintf(name, size, "%.*s", inside ? (int)strcspn(inside, "/. >") : 0,
	    inside ? inside : "");
	return name;
}

const char *origin_file(const char *file, char cell[static ORIGIN_CELL])
{
	static const char start[] = "<ipython-input-";
	const char *number = file + strlen(start);
	size_t digits;

	if (!origin_starts(file, start))
		return file;
	digits = strspn(number, "0123456789");
	if (digits == 0 || digits > 8 || number[digits] != '-')
		return file;
	snprintf(cell, ORIGIN_CELL, "In [%.*s]", (int)digits, number);
	return cell;
}
