// SPDX-License-Identifier: MIT
#include "analysis/origin.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/io.h"
#include "base/python_path.h"

static bool origin_starts(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* Whether the text starts with one of these, of which NULL is the last. */
static bool origin_starts_any(const char *text, const char *const *starts)
{
	while (*starts && !origin_starts(text, *starts))
		starts++;
	return *starts != NULL;
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
	    "/usr/lib32/", "/usr/lib/", "/usr/lib64/", "/usr/libexec/",
	    "/usr/local/lib/", "/nix/store/", NULL};

	if (!strstr(path_name(module), ".so"))
		return false;
	return origin_starts_any(module, directories) ||
	       strstr(module, "/lib-dynload/") != NULL ||
	       python_path_in_package(module) != NULL;
}

/* Whether the file is in Rust's own source, as rustc, a distribution or rustup
 * names it: /usr/src/rustc-1.63.0/library/core/src/mem/mod.rs. */
static bool origin_is_rusts(const char *file)
{
	static const char library[] = "/library/";
	const char *at = file;

	while ((at = strstr(at, library)) != NULL) {
		const char *root = at++;

		while (root > file && root[-1] != '/')
			root--;
		if (origin_starts(root, "rust-") ||
		    origin_starts(root, "rust/") ||
		    origin_starts(root, "rustc-"))
			return true;
	}
	return false;
}

/* Whether the file is of a compiler's library, whose code is inlined into the
 * user's or linked into it. */
static bool origin_is_compilers(const char *file)
{
	static const char *const starts[] = {"/usr/include/", "/rustc/",
	    "/rust/deps/", "library/core/src/", "library/alloc/src/",
	    "library/std/src/", NULL};

	return origin_starts_any(file, starts) ||
	       strstr(file, "/include/c++/") != NULL || origin_is_rusts(file);
}

/* Whether a path below a directory src/ begins as Go's own packages do, and not
 * as a user's in the workspace /go/src. */
static bool origin_is_gos(const char *inside)
{
	static const char names[] =
	    " archive arena bufio builtin bytes cmd cmp compress container "
	    "context crypto database debug embed encoding errors expvar flag "
	    "fmt go hash html image index internal io iter log maps math mime "
	    "net os path plugin reflect regexp runtime simd slices sort "
	    "strconv strings structs sync syscall testing text time unicode "
	    "unique unsafe vendor weak ";
	char name[16];
	int len = snprintf(
	    name, sizeof(name), " %.*s ", (int)strcspn(inside, "/"), inside);

	return (size_t)len < sizeof(name) && strstr(names, name) &&
	       strchr(inside, '/');
}

static bool origin_ends(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* Whether the file has the path that Go gives it with -trimpath: a package's,
 * as net/http/server.go and example.com/a@v1.2.3/b.go. */
static bool origin_is_trimmed(const char *file)
{
	return *file != '/' &&
	       (origin_ends(file, ".go") || origin_ends(file, ".s"));
}

/* The path in Go's own source, as /usr/lib/go-1.19/src/net/http/server.go; NULL
 * for other files. */
static const char *origin_in_go(const char *file)
{
	static const char source[] = "/src/";
	const char *at = file;

	if (origin_is_trimmed(file))
		return origin_is_gos(file) ? file : NULL;
	while ((at = strstr(at, source)) != NULL) {
		const char *root = at, *inside = at + strlen(source);

		while (root > file && root[-1] != '/')
			root--;
		at++;
		if (root == file || !origin_is_gos(inside))
			continue;
		if (origin_starts(root, "toolchain@") ||
		    (origin_starts(root, "go") &&
			root[2 + strspn(root + 2, ".-0123456789")] == '/'))
			return inside;
	}
	return NULL;
}

/* The length of a package's name before its version, as of hashbrown-0.16.1, in
 * the first directory of the path; 0: there is no version. */
static size_t origin_name_len(const char *package)
{
	size_t end = strcspn(package, "/");

	for (size_t i = 0; i < end; i++) {
		size_t digits = strspn(package + i + 1, "0123456789");

		if (package[i] == '-' && digits > 0 &&
		    package[i + 1 + digits] == '.')
			return i;
	}
	return 0;
}

/* The same in a repository that Cargo has fetched, whose directory has a hash
 * behind its name: checkouts/hashbrown-0123456789abcdef/0123456/src/lib.rs. */
static const char *origin_in_checkout(const char *file, size_t *len)
{
	static const char checkouts[] = "/git/checkouts/";
	const char *inside = strstr(file, checkouts);
	size_t first;

	if (!inside)
		return NULL;
	inside += strlen(checkouts);
	first = strcspn(inside, "/");
	for (size_t i = first; inside[first] && i > 0; i--) {
		if (inside[i] != '-')
			continue;
		*len = i;
		return inside;
	}
	return NULL;
}

/* The path in the source of a package that Cargo has fetched, as
 * hashbrown-0.16.1/src/lib.rs, and the length of the package's name; NULL for
 * other files. */
static const char *origin_in_crate(const char *file, size_t *len)
{
	static const char registry[] = "/registry/src/";
	const char *crate = strstr(file, registry);

	if (!crate)
		return origin_in_checkout(file, len);
	crate = strchr(crate + strlen(registry), '/');
	if (!crate || !strchr(++crate, '/'))
		return NULL;
	*len = origin_name_len(crate);
	return *len > 0 ? crate : NULL;
}

/* The length of the name of a package with that path in a directory vendor; 0:
 * there is none. Go's packages lie below the name of a host. */
static size_t origin_vendored_len(const char *file, const char *inside)
{
	size_t first = strcspn(inside, "/"), len = origin_name_len(inside);

	if (origin_ends(file, ".rs") && strstr(inside + first, "/src/"))
		return len > 0 ? len : first;
	if (origin_ends(file, ".go") && inside[first] &&
	    memchr(inside, '.', first))
		return (size_t)(strrchr(inside, '/') - inside);
	return 0;
}

/* Whether the first len characters are a directory of the system, in which
 * vendor is a user or a company and no part of a program. */
static bool origin_is_systems(const char *file, size_t len)
{
	static const char *const directories[] = {"/", "/Users/", "/home/",
	    "/media/", "/mnt/", "/opt/", "/srv/", "/tmp/", "/usr/",
	    "/usr/local/", "/usr/local/src/", "/usr/src/", "/var/", "/var/lib/",
	    "/var/tmp/"};

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]);
	     i++) {
		if (strlen(directories[i]) == len &&
		    strncmp(file, directories[i], len) == 0)
			return true;
	}
	return false;
}

/* The same for a package that a program has a copy of in its own directory
 * vendor, as vendor/serde/src/lib.rs and vendor/example.com/a/b.go. */
static const char *origin_in_vendor(const char *file, size_t *len)
{
	static const char vendor[] = "vendor/";
	const char *at = file;

	if (origin_in_go(file))
		return NULL;
	while ((at = strstr(at, vendor)) != NULL) {
		const char *start = at, *inside = at + strlen(vendor);

		at = inside;
		if ((start > file && start[-1] != '/') ||
		    origin_is_systems(file, (size_t)(start - file)))
			continue;
		*len = origin_vendored_len(file, inside);
		if (*len > 0)
			return inside;
	}
	return NULL;
}

/* The same for a package that Cargo or Go has fetched. What Go fetches may also
 * be Go itself. */
static const char *origin_in_fetched(const char *file, size_t *len)
{
	static const char modules[] = "/pkg/mod/";
	const char *go = strstr(file, modules), *inside;

	if (!go && origin_is_trimmed(file) && strstr(file, "@v")) {
		*len = strcspn(file, "@");
		return file;
	}
	if (!go) {
		inside = origin_in_crate(file, len);
		return inside ? inside : origin_in_vendor(file, len);
	}
	go += strlen(modules);
	*len = strcspn(go, "@");
	return go[*len] && !origin_starts(go, "golang.org/toolchain@") ? go
								       : NULL;
}

/* Whether the function is of Rust's libraries by its name. One that has a line
 * is known by its file: there are others in a namespace core of C++, and those
 * that a user adds to a type, as <alloc::vec::Vec<u8> as own::Load>::load. */
static bool origin_is_named_rusts(const struct frame *frame)
{
	static const char *const starts[] = {
	    "alloc::", "core::", "<std::", "<alloc::", "<core::", NULL};

	return origin_starts_any(frame->function, starts) && frame->line == 0;
}

/* Whether the function has that name, or is a part of it that the compiler has
 * split off, as malloc.part.0. */
static bool origin_is_named(const char *function, const char *name)
{
	size_t len = strlen(name);

	return strncmp(function, name, len) == 0 && strchr(".@", function[len]);
}

/* Whether the function is an allocator's or a copying one of the C library. Its
 * other names begin with an underscore. */
static bool origin_is_named_libcs(const char *function)
{
	static const char *const names[] = {"aligned_alloc", "alloc_perturb",
	    "arena_get2", "calloc", "free", "malloc", "malloc_check",
	    "malloc_consolidate", "malloc_hook_ini", "malloc_printerr",
	    "malloc_usable_size", "memalign", "memalign_check",
	    "memalign_hook_ini", "memccpy", "memchr", "memcmp", "memcpy",
	    "memmem", "memmove", "mempcpy", "memrchr", "memset", "mremap_chunk",
	    "posix_memalign", "ptmalloc_init", "pvalloc", "realloc",
	    "realloc_check", "realloc_hook_ini", "reallocarray", "sysmalloc",
	    "sysmalloc_mmap", "sysmalloc_mmap_fallback", "tcache_init",
	    "valloc"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (origin_is_named(function, names[i]))
			return true;
	}
	return false;
}

/* Whether the function is of mimalloc or of tcmalloc, whose prefixes others
 * have too: MyISAM's mi_write, the network's tc_core. */
static bool origin_is_named_heaps(const char *function)
{
	static const char *const mimallocs[] = {"mi_arena", "mi_bin", "mi_heap",
	    "mi_new", "mi_os_", "mi_page_", "mi_segment", "mi_thread_", NULL};

	if ((origin_starts(function, "mi_") ||
		origin_starts(function, "tc_")) &&
	    (strstr(function, "alloc") || strstr(function, "memalign")))
		return true;
	if (origin_is_named(function, "tc_new") ||
	    origin_is_named(function, "tc_newarray"))
		return true;
	return origin_starts_any(function, mimallocs);
}

/* Whether an operator's name begins there, which may have any signs. */
static bool origin_is_operator(const char *name)
{
	static const char word[] = "operator";

	return origin_starts(name, word) &&
	       !isalnum((unsigned char)name[strlen(word)]) &&
	       name[strlen(word)] != '_';
}

/* The name behind the type that a template of C++ returns, as in std::string
 * own::load<int>(int). */
static const char *origin_after_type(const char *function)
{
	const char *name = function;
	int depth = 0;

	for (const char *at = function; *at; at++) {
		if (depth == 0 && (strchr("([", *at) || origin_is_operator(at)))
			break;
		if (*at == ' ' && depth == 0 && at[1] != '[')
			name = at + 1;
		else if (*at == '<' || *at == '(')
			depth++;
		else if (*at == ')' || (*at == '>' && at[-1] != '-'))
			depth--;
	}
	return name;
}

/* Whether the function is an allocator's, a copying one, or of the runtime,
 * linked into a program itself. */
static bool origin_is_runtime(const struct frame *frame)
{
	static const char *const starts[] = {"__mem", "__GI_", "__libc_",
	    "_int_", "__malloc", "__calloc", "__realloc", "_dl_",
	    "operator new", "je_", "runtime.", "__rust", "__rdl_", "__str",
	    "__wmem", "_IO_", "__mmap", NULL};

	return origin_starts_any(frame->function, starts) ||
	       origin_starts(origin_after_type(frame->function), "std::") ||
	       origin_is_named_libcs(frame->function) ||
	       origin_is_named_heaps(frame->function) ||
	       origin_is_named_rusts(frame);
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

/* Whether the C library or an allocator in its place has such a function. */
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

bool origin_is_generated(const char *module)
{
	return origin_starts(module, "/tmp/perf-");
}

/* Code that was generated at run time, by its name in a perf map: a method of
 * the user's own, of Java ("void app.Main.load(int)") or .NET ("void [app]
 * Main::load(int32)"), one of their libraries, or a part of the machine. */
static enum origin origin_of_generated(const char *function)
{
	static const char *const libraries[] = {"java.", "javax.", "jdk.",
	    "sun.", "com.sun.", "[System.", "[Microsoft.", "[mscorlib", NULL};
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
	return origin_starts_any(name, libraries) ? ORIGIN_STANDARD
						  : ORIGIN_OWN;
}

/* Whether a program of that name contains V8: JavaScript is the user's own, and
 * the program what it calls. */
static bool origin_runs_javascript(const char *base)
{
	static const char *const names[] = {
	    "node", "nodejs", "chromium", "chrome", "electron", "deno"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(base, names[i]) == 0)
			return true;
	}
	return false;
}

static enum origin origin_of_code(const char *module, const struct frame *frame)
{
	const char *base = path_name(module);
	size_t ignored;

	if (origin_is_generated(module))
		return origin_of_generated(frame->function);
	if (origin_starts(base, "libpython") || origin_starts(base, "python"))
		return ORIGIN_INTERPRETER;
	if (origin_runs_javascript(base))
		return ORIGIN_INTERPRETER;
	if (origin_is_preloaded(module))
		return ORIGIN_RECORDER;
	if (python_path_in_package(module) ||
	    origin_in_fetched(frame->file, &ignored))
		return ORIGIN_PACKAGE;
	return !*module || *module == '[' || origin_is_shared(module) ||
		       origin_is_compilers(frame->file) ||
		       origin_in_go(frame->file) || origin_is_runtime(frame)
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
	    "libtcmalloc", "libmimalloc", NULL};
	const char *base = path_name(frame->module);

	return origin_starts_any(base, starts) || !*base || *base == '[' ||
	       origin_is_runtime(frame) || origin_of(frame) == ORIGIN_RECORDER;
}

/* The end of a function's name without the arguments of C++ and the endings of
 * a family of allocators, as palloc0 and os::malloc(unsigned long). */
static size_t origin_stem(const char *function)
{
	static const char *const ends[] = {"_internal", "_n", "_num", "_array",
	    "_usable", "_huge", "_extended"};
	size_t len = strcspn(function, "(<");

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t end = strlen(ends[i]);

		if (len > end &&
		    strncmp(function + len - end, ends[i], end) == 0)
			len -= end;
	}
	while (len > 0 && function[len - 1] >= '0' && function[len - 1] <= '9')
		len--;
	return len;
}

/* Whether a program's own function by its name hands out memory for its caller
 * to use, whatever that is: xmalloc, git__calloc, MyRealloc, palloc. */
static bool origin_is_wrapper(const char *function)
{
	static const char *const ends[] = {"malloc", "calloc", "realloc",
	    "zalloc", "palloc", "strdup", "strndup", "memdup"};
	/* GCC's collected memory, and PostgreSQL's. */
	static const char *const starts[] = {
	    "ggc_", "MemoryContextAlloc", "AllocSet", NULL};
	size_t len = origin_stem(function);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t end = strlen(ends[i]);

		if (len >= end &&
		    strncasecmp(function + len - end, ends[i], end) == 0)
			return true;
	}
	return origin_starts_any(function, starts);
}

/* Whether the function may be a part of an allocator: it has no name, or one
 * that speaks of what allocators handle. */
static bool origin_is_part(const char *function)
{
	static const char *const words[] = {"alloc", "arena", "block", "brk",
	    "cache", "chunk", "extent", "heap", "map", "page", "pool", "slab"};
	char stem[64];

	if (!*function || *function == '+')
		return true;
	snprintf(
	    stem, sizeof(stem), "%.*s", (int)strcspn(function, "(<"), function);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasestr(stem, words[i]))
			return true;
	}
	return false;
}

/* Calls of allocators by others, as palloc() calls AllocSetAlloc(). */
enum { WRAPPERS_MAX = 6 };

/* The index of the first frame that called an allocator, of the program's own
 * or a library's; 0 where there is none. A function with an allocator's name
 * that calls others, as a table_realloc() that fills the table, is none. */
static size_t origin_caller(const struct stack *stack)
{
	size_t caller = 0, own = 0;

	for (size_t i = 0; i < stack->len && own < WRAPPERS_MAX; i++) {
		const struct frame *frame = &stack->frames[i];

		if (!frame->module)
			break;
		own += !origin_serves(frame);
		if (origin_is_wrapper(frame->function))
			caller = i + 1;
		else if (!origin_serves(frame) &&
			 !origin_is_part(frame->function))
			break;
	}
	return caller;
}

/* The outermost of the first len frames that is the user's own; stack->len
 * where none is. */
static size_t origin_outermost(const struct stack *stack, size_t len)
{
	while (len > 0)
		if (origin_of(&stack->frames[--len]) == ORIGIN_OWN)
			return len;
	return stack->len;
}

size_t origin_leader(const struct stack *stack)
{
	size_t python = stack->len, library = stack->len;
	size_t caller = origin_caller(stack), allocator;

	for (size_t i = caller; i < stack->len; i++) {
		const struct frame *frame = &stack->frames[i];

		if (origin_of(frame) == ORIGIN_OWN)
			return i;
		if (python == stack->len && !frame->module)
			python = i;
		if (library == stack->len && frame->module &&
		    !origin_serves(frame))
			library = i;
	}
	allocator = origin_outermost(stack, caller);
	if (allocator < stack->len)
		return allocator;
	if (python < stack->len)
		return python;
	return library < stack->len ? library : 0;
}

/* Functions of mprof's library that only call the next allocator, beside those
 * that have an allocator's name. */
static bool origin_passes_on(const char *function)
{
	static const char *const names[] = {"hooks_realloc",
	    "hooks_realloc_sampled", "hooks_free_sampled", "hooks_mmap"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(function, names[i]) == 0)
			return true;
	}
	return origin_is_allocator(function);
}

bool origin_is_recorders(const struct stack *stack)
{
	for (size_t i = 0; i < stack->len; i++) {
		enum origin origin = origin_of(&stack->frames[i]);

		if (origin == ORIGIN_RECORDER)
			return !origin_passes_on(stack->frames[i].function);
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
	if (*name || !frame->module || origin_of(frame) == ORIGIN_INTERPRETER ||
	    origin_is_generated(frame->module))
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
	/* The stack is deeper than what was recorded of it. */
	if (at < stack->len && origin_of(&stack->frames[at]) == ORIGIN_IMPORT)
		return true;
	while (at > 0) {
		enum origin origin = origin_of(&stack->frames[--at]);

		if (origin != ORIGIN_INTERPRETER && origin != ORIGIN_LIBRARY &&
		    origin != ORIGIN_RECORDER)
			return origin == ORIGIN_IMPORT;
	}
	return false;
}

/* Names a package by its source, which was compiled into the program. False for
 * other frames, and for Go's runtime, which is between all calls. */
static bool origin_fetched_name(
    const struct frame *frame, char *name, size_t size)
{
	const char *inside, *end;
	size_t len = 0;

	if (!frame->module)
		return false;
	inside = origin_in_fetched(frame->file, &len);
	if (!inside) {
		inside = origin_in_go(frame->file);
		end = inside ? strrchr(inside, '/') : NULL;
		if (!end || origin_starts(inside, "runtime/") ||
		    origin_starts(inside, "internal/"))
			return false;
		len = (size_t)(end - inside);
	}
	snprintf(name, size, "%.*s", (int)len, inside);
	return true;
}

const char *origin_name(const struct frame *frame, char *name, size_t size)
{
	const char *path = frame->module ? frame->module : frame->file;
	enum origin origin = origin_of(frame);
	const char *inside = NULL;

	if (origin_fetched_name(frame, name, size))
		return name;
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
