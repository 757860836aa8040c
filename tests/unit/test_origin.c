// SPDX-License-Identifier: MIT
// The user's own code is distinguished from everything else by the frame's file
// alone.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/origin.h"

/* A line of Python, or machine code of a module. */
static struct frame python(const char *file, const char *function)
{
	return (struct frame){(char *)file, 3, (char *)function, NULL};
}

static struct frame code(const char *module, const char *function)
{
	return (struct frame){(char *)"f.c", 3, (char *)function, module};
}

static enum origin of_file(const char *file)
{
	struct frame frame = python(file, "f");

	return origin_of(&frame);
}

static enum origin of_module(const char *module, const char *function)
{
	struct frame frame = code(module, function);

	return origin_of(&frame);
}

#define PYTHON "/usr/lib/python3.11/"
#define PACKAGES "/srv/venv/lib/python3.12/site-packages/"

static void python_by_its_file(void **state)
{
	(void)state;
	assert_int_equal(of_file("/srv/app/views.py"), ORIGIN_OWN);
	assert_int_equal(of_file("<string>"), ORIGIN_OWN);
	assert_int_equal(of_file("<ipython-input-3-ab>"), ORIGIN_OWN);
	assert_int_equal(
	    of_file("<frozen importlib._bootstrap>"), ORIGIN_IMPORT);
	assert_int_equal(
	    of_file(PYTHON "importlib/__init__.py"), ORIGIN_IMPORT);
	assert_int_equal(of_file("<frozen runpy>"), ORIGIN_STANDARD);
	assert_int_equal(of_file("node:internal/modules"), ORIGIN_STANDARD);
	assert_int_equal(of_file(PYTHON "json/decoder.py"), ORIGIN_STANDARD);
	assert_int_equal(
	    of_file("/opt/lib64/python3.9/json.py"), ORIGIN_STANDARD);
	assert_int_equal(of_file("/opt/lib/pypy3.9/json.py"), ORIGIN_STANDARD);
	/* a directory of the user's that is called so */
	assert_int_equal(of_file("/home/u/lib/python/a.py"), ORIGIN_OWN);
	assert_int_equal(of_file("/usr/lib/python3"), ORIGIN_OWN);
	assert_int_equal(of_file(PACKAGES "numpy/core.py"), ORIGIN_PACKAGE);
	assert_int_equal(of_file("/usr/lib/python3/dist-packages/yaml/x.py"),
	    ORIGIN_PACKAGE);
	assert_int_equal(
	    of_file("<__array_function__ internals>"), ORIGIN_PACKAGE);
}

static void machine_code_by_its_module(void **state)
{
	(void)state;
	assert_int_equal(of_module("/srv/app/server", "serve"), ORIGIN_OWN);
	assert_int_equal(of_module("/srv/app/libown.so", "f"), ORIGIN_OWN);
	assert_int_equal(of_module("/usr/lib/x86_64-linux-gnu/libz.so.1", "f"),
	    ORIGIN_LIBRARY);
	assert_int_equal(of_module("/lib64/libz.so", "f"), ORIGIN_LIBRARY);
	assert_int_equal(
	    of_module("/usr/lib32/libc.so.6", "f"), ORIGIN_LIBRARY);
	assert_int_equal(
	    of_module("/nix/store/abc/libz.so", "f"), ORIGIN_LIBRARY);
	assert_int_equal(
	    of_module("/opt/python/lib-dynload/_json.so", "f"), ORIGIN_LIBRARY);
	/* a program in a directory of libraries */
	assert_int_equal(of_module("/usr/lib/app/server", "f"), ORIGIN_OWN);
	assert_int_equal(of_module("", "+0x12"), ORIGIN_LIBRARY);
	assert_int_equal(of_module("[vdso]", "+0x12"), ORIGIN_LIBRARY);
	assert_int_equal(of_module("/tmp/perf-12.map", "f"), ORIGIN_LIBRARY);
	assert_int_equal(of_module("/usr/lib/libpython3.12.so.1.0", "f"),
	    ORIGIN_INTERPRETER);
	assert_int_equal(
	    of_module("/usr/bin/python3", "f"), ORIGIN_INTERPRETER);
	assert_int_equal(of_module("/usr/bin/node", "f"), ORIGIN_INTERPRETER);
	assert_int_equal(of_module("/usr/bin/nodejs", "f"), ORIGIN_INTERPRETER);
	assert_int_equal(
	    of_module("/usr/lib/chromium/chromium", "f"), ORIGIN_INTERPRETER);
	assert_int_equal(
	    of_module("/opt/google/chrome/chrome", "f"), ORIGIN_INTERPRETER);
	assert_int_equal(
	    of_module("/opt/chrome/chrome_crashpad", "f"), ORIGIN_OWN);
	assert_int_equal(of_module("/usr/bin/nodes", "f"), ORIGIN_OWN);
	assert_int_equal(
	    of_module(PACKAGES "numpy/_core.so", "f"), ORIGIN_PACKAGE);
}

/* An installation or a build of the project, and no other's of that name. */
static void generated_code_by_its_name(void **state)
{
	static const struct {
		const char *name;
		enum origin origin;
	} rows[] = {
	    {"Interpreter", ORIGIN_LIBRARY},
	    {"StubRoutines (1)", ORIGIN_LIBRARY},
	    {"JS:*run", ORIGIN_LIBRARY},
	    {"", ORIGIN_LIBRARY},
	    {"(", ORIGIN_LIBRARY},
	    {"byte[] Main.load(int)", ORIGIN_OWN},
	    {"void app.Main.main(java.lang.String[])", ORIGIN_OWN},
	    {"java.lang.Object app.Main.get()", ORIGIN_OWN},
	    {"boolean java.util.ArrayList.add(java.lang.Object)",
		ORIGIN_STANDARD},
	    {"void jdk.internal.misc.VM.run()", ORIGIN_STANDARD},
	    {"void [app] Main::Load(int32)[Tier0]", ORIGIN_OWN},
	    {"void [System.Private.CoreLib] System.String::Copy(int32)[PreJIT]",
		ORIGIN_STANDARD},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(of_module("/tmp/perf-12.map", rows[i].name),
		    rows[i].origin);
}

static void the_recorders_libraries(void **state)
{
	(void)state;
	assert_int_equal(
	    of_module("/usr/lib/mprof/allocation.so", "f"), ORIGIN_RECORDER);
	assert_int_equal(of_module("/opt/lib/mprof/memory_profiler.so", "f"),
	    ORIGIN_RECORDER);
	assert_int_equal(
	    of_module("/src/build/allocation.so", "f"), ORIGIN_RECORDER);
	assert_int_equal(
	    of_module("/src/build/memory_profiler.so", "f"), ORIGIN_RECORDER);
	assert_int_equal(of_module("/srv/allocation.so", "f"), ORIGIN_OWN);
	assert_int_equal(of_module("/mprof/allocation.so", "f"), ORIGIN_OWN);
}

static void a_runtime_in_the_program_is_a_library(void **state)
{
	static const char *const functions[] = {"malloc", "__libc_start_main",
	    "operator new(unsigned long)", "runtime.mallocgc",
	    "std::vector<int>::resize", "__rust_alloc", "mi_malloc",
	    "void std::vector<int>::_M_realloc_insert<int>(int&&)",
	    "std::ostream& std::operator<< <char>(std::ostream&)",
	    "std::string std::operator+ <char>(char const*)",
	    "std::string const& std::max<std::string>(std::string const&)",
	    "std::any::operator char const*() const",
	    "std::foo<int> [clone .part.0]", "std::a<int>::operator->() const",
	    "std::function<int (int)>::operator()(int) const",
	    "bool std::operator> <char>(std::string const&)",
	    "std::thread::spawn::<fn() -> u8, u8>::{closure#0}", "je_malloc",
	    "memcpy", "__memcpy_avx", "_int_malloc", "__mmap",
	    "malloc_consolidate", "malloc_consolidate.part.0", "memcpy@plt",
	    "mi_page_fresh", "tc_memalign", "tc_new", "sysmalloc"};
	struct frame header = code("/srv/server", "push_back");

	(void)state;
	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++)
		assert_int_equal(
		    of_module("/srv/server", functions[i]), ORIGIN_LIBRARY);
	assert_int_equal(of_module("/srv/server", "xmalloc"), ORIGIN_OWN);
	header.file = (char *)"/usr/include/c++/12/bits/stl_vector.h";
	assert_int_equal(origin_of(&header), ORIGIN_LIBRARY);
	header.file = (char *)"/opt/gcc/include/c++/12/vector";
	assert_int_equal(origin_of(&header), ORIGIN_LIBRARY);
	header.file = (char *)"/rustc/abc/library/alloc/src/vec.rs";
	assert_int_equal(origin_of(&header), ORIGIN_LIBRARY);
	header.file = (char *)"/srv/include/own.h";
	assert_int_equal(origin_of(&header), ORIGIN_OWN);
}

/* Names that begin as a runtime's. */
static void the_users_own_names_are_no_runtime(void **state)
{
	static const char *const functions[] = {"memory_load", "member", "memo",
	    "calloc_table", "malloc_report", "reallocate", "memcpy_rows",
	    "std::vector<int, std::allocator<int> > make<int>(int)",
	    "std::string const& own::load<int>(int)",
	    "std::string* (anonymous namespace)::load<int>(int)",
	    "std::string own::operator+ <int>(std::string const&)", "free_rows",
	    "mi_write", "mi_align", "tc_core_init", "tc_news",
	    "core::Engine::load(int)", "alloc::Pool::fill()",
	    "<alloc::vec::Vec<u8> as own::Load>::load",
	    "<core::option::Option<T> as own::Load>::load",
	    "<std::path::PathBuf as own::Load>::load"};
	static const char *const rusts[] = {"alloc::vec::push",
	    "core::ptr::drop_in_place", "<alloc::vec::Vec<T> as Drop>::drop",
	    "<core::fmt::A as B>::f", "<std::io::A as B>::f"};
	struct frame frame = code("/srv/server", "f");

	(void)state;
	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++)
		assert_int_equal(
		    of_module("/srv/server", functions[i]), ORIGIN_OWN);
	for (size_t i = 0; i < sizeof(rusts) / sizeof(*rusts); i++) {
		frame.function = (char *)rusts[i];
		frame.line = 0;
		assert_int_equal(origin_of(&frame), ORIGIN_LIBRARY);
	}
}

static size_t leader_of(const struct frame *frames, size_t len)
{
	struct stack stack = {1, (struct frame *)frames, len};

	return origin_leader(&stack);
}

static size_t python_leader_of(const struct frame *frames, size_t len)
{
	struct stack stack = {1, (struct frame *)frames, len};

	return origin_python_leader(&stack);
}

#define LIBC "/usr/lib/x86_64-linux-gnu/libc.so.6"
#define LIBZ "/usr/lib/libz.so.1"

static void the_innermost_of_the_users_own_leads(void **state)
{
	const struct frame frames[] = {code(LIBC, "malloc"),
	    code(LIBZ, "inflate"), python(PACKAGES "a/x.py", "a"),
	    code("/srv/own.so", "own"), python("/srv/app.py", "main")};
	const struct frame packages[] = {code(LIBC, "malloc"),
	    code(LIBZ, "inflate"), code("/usr/lib/libxml2.so", "parse"),
	    python(PACKAGES "a/x.py", "a"), python(PYTHON "b.py", "b")};
	const struct frame serving[] = {code(LIBC, "f"),
	    code("/lib64/ld-linux-x86-64.so.2", "f"), code("", "f"),
	    code("[heap]", "f"), code("/srv/server", "malloc"),
	    code("/usr/lib/mprof/allocation.so", "f")};
	const struct frame own[] = {code("/srv/own.so", "own"),
	    python(PACKAGES "a/x.py", "a"), python(PACKAGES "a/y.py", "b"),
	    code("/srv/server", "main")};

	(void)state;
	assert_int_equal(leader_of(own, 4), 0);
	assert_int_equal(python_leader_of(own, 4), 1);
	assert_int_equal(leader_of(own + 1, 2), 0);
	assert_int_equal(python_leader_of(own + 1, 2), 0);
	assert_int_equal(leader_of(frames, 5), 3);
	assert_int_equal(python_leader_of(frames, 5), 4);
	assert_int_equal(leader_of(frames, 3), 2);
	assert_int_equal(leader_of(packages, 5), 3);
	assert_int_equal(python_leader_of(packages, 5), 3);
	assert_int_equal(leader_of(packages, 3), 1);
	assert_int_equal(python_leader_of(packages, 3), 1);
	assert_int_equal(leader_of(serving, 6), 0);
	assert_int_equal(leader_of(serving, 1), 0);
}

static bool recorders(const struct frame *frames, size_t len)
{
	struct stack stack = {1, (struct frame *)frames, len};

	return origin_is_recorders(&stack);
}

static void what_the_recorder_allocates_for_itself(void **state)
{
	static const char *const passed[] = {"malloc", "calloc", "realloc",
	    "posix_memalign", "free", "mmap", "munmap", "mremap",
	    "hooks_realloc", "hooks_realloc_sampled", "hooks_free_sampled",
	    "hooks_mmap"};
	const struct frame alone[] = {code(LIBC, "f"), code(LIBZ, "f")};

	(void)state;
	for (size_t i = 0; i < sizeof(passed) / sizeof(*passed); i++) {
		const struct frame frames[] = {code(LIBC, "f"),
		    code("/usr/lib/mprof/allocation.so", passed[i]),
		    code("/srv/server", "f")};

		assert_false(recorders(frames, 3));
	}
	for (size_t own = 0; own < 2; own++) {
		const struct frame frames[] = {code(LIBC, "f"),
		    code(own ? "/srv/server" : LIBZ, "f"),
		    code("/usr/lib/mprof/allocation.so", "table_grow"),
		    code("/srv/server", "f")};

		assert_int_equal(recorders(frames, 4), !own);
	}
	assert_false(recorders(alone, 2));
}

static void assert_below(
    const struct frame *frames, size_t len, size_t at, const char *expected)
{
	struct stack stack = {1, (struct frame *)frames, len};
	struct strbuf text = {0};

	origin_below(&stack, at, &text);
	assert_string_equal(text.text ? text.text : "", expected);
	strbuf_finish(&text);
}

static void the_calls_below_are_named(void **state)
{
	const struct frame frames[] = {
	    code("/usr/lib/mprof/allocation.so", "malloc"),
	    code(PACKAGES "numpy/_core.so", "PyDataMem_NEW"),
	    python(PACKAGES "numpy/core.py", "zeros"),
	    python(PYTHON "json/decoder.py", "scan"),
	    code("/usr/bin/python3", "eval"), code("/srv/own.so.2", "work"),
	    python("/srv/app.py", "main")};
	const struct frame bare[] = {
	    code("/usr/lib/libxml2.so.2", "+0x4fc"), python("/srv/a.py", "f")};
	const struct frame twice[] = {code(LIBZ, "inflate"),
	    python(PYTHON "json/a.py", "a"), code(LIBZ, "deflate"),
	    python("/srv/a.py", "f")};

	(void)state;
	assert_below(frames, 7, 6, " > own > json > numpy … > PyDataMem_NEW");
	assert_below(frames, 7, 5, " > json > numpy … > PyDataMem_NEW");
	assert_below(frames, 7, 2, " > numpy > PyDataMem_NEW");
	assert_below(frames, 7, 1, "");
	assert_below(frames, 7, 0, "");
	assert_below(bare, 2, 1, " > libxml2 > libxml2.so.2+0x4fc");
	assert_below(bare, 2, 0, "");
	assert_below(twice, 4, 3, " > libz > json … > inflate");
}

/* A name that begins as another one does is another group. */
static void a_group_is_known_by_its_whole_name(void **state)
{
	const struct frame frames[] = {code("/usr/lib/libzip.so", "f"),
	    code("/usr/lib/libzipper.so", "f"), python("/srv/a.py", "f")};
	const struct frame back[] = {code("/usr/lib/libzip.so", "f"),
	    code("/usr/lib/libzipper.so", "g"), code("/usr/lib/libzip.so", "h"),
	    python("/srv/a.py", "f")};

	(void)state;
	assert_below(frames, 3, 2, " > libzipper > libzip … > f");
	assert_below(back, 4, 3, " > libzip > libzipper … > f");
}

static bool imports(const struct frame *frames, size_t len)
{
	struct stack stack = {1, (struct frame *)frames, len};

	return origin_imports(&stack, len - 1);
}

static void an_import_is_seen_through_machine_code(void **state)
{
	const struct frame importing[] = {python("/srv/b.py", "b"),
	    python("<frozen importlib._bootstrap>", "load"),
	    code("/usr/bin/python3", "eval"), code(LIBC, "f"),
	    code("/usr/lib/mprof/allocation.so", "f"),
	    python("/srv/a.py", "a")};
	const struct frame calling[] = {
	    python("<frozen importlib._bootstrap>", "load"),
	    python(PACKAGES "a/b.py", "f"), python("/srv/a.py", "a")};

	(void)state;
	assert_true(imports(importing, 6));
	assert_true(imports(importing + 1, 5));
	assert_false(imports(importing + 2, 4));
	assert_false(imports(importing, 1));
	assert_false(imports(calling, 3));
}

static void assert_name(struct frame frame, const char *expected)
{
	char name[128];

	assert_ptr_equal(origin_name(&frame, name, sizeof(name)), name);
	assert_string_equal(name, expected);
}

static void packages_and_libraries_have_names(void **state)
{
	(void)state;
	assert_name(python(PACKAGES "numpy/core/a.py", "f"), "numpy");
	assert_name(python(PACKAGES "six.py", "f"), "six");
	assert_name(python(PYTHON "json/decoder.py", "f"), "json");
	assert_name(python(PYTHON "re.py", "f"), "re");
	assert_name(python("<__array_function__ internals>", "f"),
	    "__array_function__");
	assert_name(code(PACKAGES "numpy/_core.so", "f"), "numpy");
	assert_name(code(LIBZ, "f"), "libz");
	assert_name(python("/srv/a.py", "f"), "");
	assert_name(python("<frozen runpy>", "f"), "");
	assert_name(code("/srv/server", "f"), "");
	assert_name(code("/srv/server", "malloc"), "");
	assert_name(code("/usr/bin/python3", "f"), "");
}

static void assert_file(const char *file, const char *expected)
{
	char cell[ORIGIN_CELL];

	assert_string_equal(origin_file(file, cell), expected);
}

static void a_cell_has_its_number(void **state)
{
	(void)state;
	assert_file("<ipython-input-3-ab12>", "In [3]");
	assert_file("<ipython-input-12345678-ab>", "In [12345678]");
	assert_file(
	    "<ipython-input-123456789-ab>", "<ipython-input-123456789-ab>");
	assert_file("<ipython-input--ab>", "<ipython-input--ab>");
	assert_file("<ipython-input-3>", "<ipython-input-3>");
	assert_file("/srv/a.py", "/srv/a.py");
}

/* Each name of its list, with its neighbours that are none. */
static void each_of_its_list(void **state)
{
	static const struct {
		const char *module, *function;
		enum origin origin;
	} rows[] = {
	    {"/lib/libz.so", "f", ORIGIN_LIBRARY},
	    {"/lib32/libz.so", "f", ORIGIN_LIBRARY},
	    {"/usr/lib64/libz.so", "f", ORIGIN_LIBRARY},
	    {"/usr/libexec/libz.so", "f", ORIGIN_LIBRARY},
	    {"/usr/local/lib/libz.so", "f", ORIGIN_LIBRARY},
	    {"/libs/libz.so", "f", ORIGIN_OWN},
	    {"/lib.so/own", "f", ORIGIN_OWN},
	    {"/srv/lib/libz.so", "f", ORIGIN_OWN},
	    {"/srv/root/usr/lib/libz.so", "f", ORIGIN_OWN},
	    {"/srv/own", "__memcpy", ORIGIN_LIBRARY},
	    {"/srv/own", "memset", ORIGIN_LIBRARY},
	    {"/srv/own", "malloc", ORIGIN_LIBRARY},
	    {"/srv/own", "operator new(unsigned long)", ORIGIN_LIBRARY},
	    {"/srv/own", "std::vector<int>::push_back", ORIGIN_LIBRARY},
	    {"/srv/own", "__mmap", ORIGIN_LIBRARY},
	    {"/srv/own", "__mma", ORIGIN_OWN},
	    {"/srv/own", "my_malloc", ORIGIN_OWN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(of_module(rows[i].module, rows[i].function),
		    rows[i].origin);
}

/* Code of headers is inlined into the user's. */
static void headers_are_no_own_code(void **state)
{
	static const struct {
		const char *file;
		enum origin origin;
	} rows[] = {{"/usr/include/stdio.h", ORIGIN_LIBRARY},
	    {"/opt/gcc/include/c++/12/bits/alloc.h", ORIGIN_LIBRARY},
	    {"/rustc/abc/library/alloc.rs", ORIGIN_LIBRARY},
	    {"/usr/src/rustc-1.63.0/library/alloc/src/vec.rs", ORIGIN_LIBRARY},
	    {"/home/u/.rustup/toolchains/stable/lib/rustlib/src/rust/library/"
	     "core/src/mem.rs",
		ORIGIN_LIBRARY},
	    {"/home/u/library/core/src/own.rs", ORIGIN_OWN},
	    {"/home/u/rusty/library/core/src/own.rs", ORIGIN_OWN},
	    {"/rust/deps/hashbrown-0.16.1/src/raw/alloc.rs", ORIGIN_LIBRARY},
	    {"library/core/src/fmt/num.rs", ORIGIN_LIBRARY},
	    {"library/alloc/src/string.rs", ORIGIN_LIBRARY},
	    {"library/std/src/rt.rs", ORIGIN_LIBRARY},
	    {"library/mine/src/core.rs", ORIGIN_OWN},
	    {"/usr/lib/go-1.19/src/strings/builder.go", ORIGIN_LIBRARY},
	    {"/usr/local/go/src/net/http/server.go", ORIGIN_LIBRARY},
	    {"/opt/go1.22.3/src/fmt/print.go", ORIGIN_LIBRARY},
	    /* a workspace of Go's, and directories that only look alike */
	    {"/home/u/go/src/example.com/own/main.go", ORIGIN_OWN},
	    {"/home/u/cargo/src/strings/own.go", ORIGIN_OWN},
	    {"/home/u/own/src/main.go", ORIGIN_OWN},
	    {"/home/u/go/main.go", ORIGIN_OWN}, {"/src/main.go", ORIGIN_OWN},
	    {"/go/src/app/main.go", ORIGIN_OWN},
	    {"/go/src/logger/main.go", ORIGIN_OWN},
	    {"/home/u/go/src/engine/search.c", ORIGIN_OWN},
	    {"/home/u/src/go/src/sort/sort.go", ORIGIN_LIBRARY},
	    {"/usr/src/go-1.22/src/vendor/golang.org/x/a.go", ORIGIN_LIBRARY},
	    {"/g/pkg/mod/golang.org/toolchain@v0.0.1-go1.22.0.linux-amd64/src/"
	     "fmt/print.go",
		ORIGIN_LIBRARY},
	    {"/home/u/.cargo/registry/src/index-1/serde-1.0.2/src/a.rs",
		ORIGIN_PACKAGE},
	    {"/home/u/.cargo/registry/src/", ORIGIN_OWN},
	    {"/home/u/.cargo/git/checkouts/a-b-0123456789abcdef/0123456/src/"
	     "a.rs",
		ORIGIN_PACKAGE},
	    {"/home/u/git/checkouts/own/main.c", ORIGIN_OWN},
	    {"/home/u/git/checkouts/", ORIGIN_OWN},
	    {"/home/u/registry/src/api/user/list.rs", ORIGIN_OWN},
	    {"/home/u/registry/src/api/main.rs", ORIGIN_OWN},
	    {"/home/u/registry/src/api/part-2/main.rs", ORIGIN_OWN},
	    {"/home/u/pkg/mod/proxy/own.c", ORIGIN_OWN},
	    {"/home/u/pkg/mod/own.go", ORIGIN_OWN},
	    {"/home/u/go/pkg/mod/github.com/a/b@v1.2.3/c.go", ORIGIN_PACKAGE},
	    {"/srv/usr/include/own.h", ORIGIN_OWN},
	    {"/srv/rustc/own.rs", ORIGIN_OWN},
	    /* as go build -trimpath names them */
	    {"net/http/server.go", ORIGIN_LIBRARY},
	    {"runtime/malloc.go", ORIGIN_LIBRARY},
	    {"internal/bytealg/index_amd64.s", ORIGIN_LIBRARY},
	    {"vendor/golang.org/x/net/a.go", ORIGIN_LIBRARY},
	    {"github.com/a/b@v1.2.3/c.go", ORIGIN_PACKAGE},
	    {"github.com/own/app/main.go", ORIGIN_OWN}, {"main.go", ORIGIN_OWN},
	    {"net/own.c", ORIGIN_OWN},
	    /* a program's copies of packages */
	    {"/home/u/app/vendor/serde/src/lib.rs", ORIGIN_PACKAGE},
	    {"/home/u/app/vendor/serde-1.0.2/src/lib.rs", ORIGIN_PACKAGE},
	    {"/home/u/app/vendor/github.com/a/b/c.go", ORIGIN_PACKAGE},
	    {"/home/u/app/vendor/own/c.go", ORIGIN_OWN},
	    {"/app/vendor/serde/src/lib.rs", ORIGIN_PACKAGE},
	    {"/home/vendor/app/src/main.rs", ORIGIN_OWN},
	    {"/home/vendor/app/vendor/serde/src/lib.rs", ORIGIN_PACKAGE},
	    {"/opt/vendor/app-1.2/src/main.rs", ORIGIN_OWN},
	    {"/srv/vendor/example.com/app/main.go", ORIGIN_OWN},
	    {"/vendor/app/src/main.rs", ORIGIN_OWN},
	    {"/home/u/vendor/src/main.rs", ORIGIN_OWN},
	    {"/home/u/vendor/own.rs", ORIGIN_OWN},
	    {"/home/u/myvendor/serde/src/lib.rs", ORIGIN_OWN},
	    {"/home/u/app/vendor/zlib/inflate.c", ORIGIN_OWN}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct frame frame = code("/srv/own", "f");

		frame.file = (char *)rows[i].file;
		assert_int_equal(origin_of(&frame), rows[i].origin);
	}
}

/* Source that Cargo or Go has fetched, or that Go has itself, is named by its
 * package. */
static void compiled_packages_have_names(void **state)
{
	static const struct {
		const char *file, *name;
	} rows[] = {{"/c/registry/src/index-1/serde-1.0.2/src/a.rs", "serde"},
	    {"/c/registry/src/i/aes-gcm-0.10.3-pre/src/a.rs", "aes-gcm"},
	    {"/c/registry/src/i/md-5-0.10.6/src/a.rs", "md-5"},
	    {"/c/registry/src/i/x-2d-1.0.0-2.1/src/a.rs", "x-2d"},
	    {"/c/registry/src/i/plain/src/a.rs", ""},
	    {"/c/git/checkouts/a-b-0123456789abcdef/0123456/src/a.rs", "a-b"},
	    {"/c/git/checkouts/a-0123456789abcdef/0123456/src/a.rs", "a"},
	    {"/g/pkg/mod/github.com/a/b@v1.2.3/c.go", "github.com/a/b"},
	    {"/usr/lib/go-1.19/src/strings/builder.go", "strings"},
	    {"/usr/local/go/src/net/http/server.go", "net/http"},
	    {"/usr/local/go/src/runtime/malloc.go", ""},
	    {"/g/pkg/mod/golang.org/toolchain@v0.0.1-go1.22.0.linux-amd64/src/"
	     "net/http/server.go",
		"net/http"},
	    {"/g/pkg/mod/golang.org/toolchain@v0.0.1-go1.22.0.linux-amd64/src/"
	     "runtime/malloc.go",
		""},
	    {"/go/src/app/main.go", ""},
	    {"/usr/local/go/src/internal/poll/fd.go", ""},
	    {"/rustc/abc/library/alloc/src/vec.rs", ""}, {"/srv/own.go", ""},
	    {"net/http/server.go", "net/http"}, {"runtime/malloc.go", ""},
	    {"github.com/a/b@v1.2.3/c/d.go", "github.com/a/b"},
	    {"/u/app/vendor/serde/src/de/lib.rs", "serde"},
	    {"/u/app/vendor/md-5-0.10.6/src/lib.rs", "md-5"},
	    {"/u/app/vendor/x-1.0.0/src/lib.rs", "x"},
	    {"/u/app/vendor/github.com/a/b/c.go", "github.com/a/b"}};
	char name[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct frame frame = code("/srv/own", "f");

		frame.file = (char *)rows[i].file;
		assert_string_equal(
		    origin_name(&frame, name, sizeof(name)), rows[i].name);
	}
	assert_string_equal(origin_name(&(struct frame){(char *)rows[0].file, 1,
					    (char *)"f", NULL},
				name, sizeof(name)),
	    "");
}

/* A program's own allocator is passed over, with its parts, unless nothing of
 * the user's own called it. */
static void wrappers_of_allocators_are_passed_over(void **state)
{
	static const char *const wrappers[] = {"xmalloc", "xcalloc", "xrealloc",
	    "xstrdup", "git__malloc", "sqlite3Malloc", "palloc", "palloc0",
	    "repalloc_huge", "g_malloc0_n", "zmalloc_usable", "emalloc",
	    "os::malloc(unsigned long, MEMFLAGS)", "MemoryContextAllocZero",
	    "AllocSetAlloc",
	    "ggc_internal_alloc(unsigned long, void (*)(void*))"};
	static const char *const others[] = {"load", "allocate", "rtx_alloc",
	    "xmalloc_all", "strdups", "n", "_n", "", "7"};
	struct frame frames[] = {code("/srv/own", "+0x5c78fb"),
	    code("/srv/own", "xmalloc"), code("/srv/own", "parse"),
	    code("/srv/own", "main")};

	(void)state;
	for (size_t i = 0; i < sizeof(wrappers) / sizeof(*wrappers); i++) {
		frames[1].function = (char *)wrappers[i];
		assert_int_equal(leader_of(frames, 4), 2);
		assert_int_equal(leader_of(frames + 1, 3), 1);
		assert_int_equal(leader_of(frames, 2), 1);
		assert_int_equal(leader_of(frames + 1, 1), 0);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		frames[1].function = (char *)others[i];
		assert_int_equal(leader_of(frames, 4), 0);
		assert_int_equal(leader_of(frames + 1, 3), 0);
	}
	/* A function of Python is no allocator. */
	frames[1] = python("/srv/app.py", "xmalloc");
	assert_int_equal(leader_of(frames + 1, 3), 0);
}

/* A user's own function may have an allocator's name. */
static void what_only_has_an_allocators_name_leads(void **state)
{
	const struct frame calling[] = {code(LIBC, "malloc"),
	    code("/srv/own", "fill"), code("/srv/own", "table_realloc"),
	    code("/srv/own", "main")};
	const struct frame library[] = {code(LIBC, "malloc"),
	    code(LIBZ, "inflate"), code("/srv/own", "text_strdup"),
	    code("/srv/own", "main")};
	const struct frame parts[] = {code(LIBC, "mmap"),
	    code("/srv/own", "grow_pool(std::allocator<int>)"),
	    code("/srv/own", "+0x77"), code("/srv/own", "own_malloc"),
	    code("/srv/own", "main")};
	const struct frame argument[] = {code(LIBC, "malloc"),
	    code("/srv/own", "fill(std::allocator<int>)"),
	    code("/srv/own", "table_realloc"), code("/srv/own", "main")};
	const struct frame thread[] = {code(LIBC, "malloc"),
	    code("/srv/own", "xmalloc"), code("/srv/own", "work_realloc"),
	    code(LIBC, "start_thread"), code(LIBC, "clone3")};
	const struct frame package[] = {code(LIBC, "malloc"),
	    code("/srv/own.so", "own_strdup"), python(PACKAGES "a.py", "f")};
	const struct frame libraries[] = {code(LIBC, "malloc"),
	    code(LIBZ, "zmalloc"), python(PACKAGES "a.py", "f")};

	(void)state;
	assert_int_equal(leader_of(calling, 4), 1);
	assert_int_equal(leader_of(library, 4), 2);
	assert_int_equal(leader_of(parts, 5), 4);
	assert_int_equal(leader_of(argument, 4), 1);
	assert_int_equal(leader_of(thread, 5), 2);
	assert_int_equal(leader_of(package, 3), 1);
	assert_int_equal(leader_of(libraries, 3), 2);
}

/* A perf map is no library: its file's name is that of a process. */
static void generated_code_has_no_group(void **state)
{
	const struct frame frames[] = {code("/tmp/perf-7.map", "Stub"),
	    code("/usr/bin/node", "New"), code("/tmp/perf-7.map", "Call"),
	    python("/srv/a.js", "load")};
	const struct stack stack = {.frames = (struct frame *)frames, .len = 4};
	struct strbuf text = {0};

	(void)state;
	assert_true(origin_is_generated("/tmp/perf-7.map"));
	assert_false(origin_is_generated("/srv/perf-7.map"));
	origin_below(&stack, 3, &text);
	assert_string_equal(text.text, " > Stub");
	strbuf_finish(&text);
}

/* The recorded part of a stack may begin within an import. */
static void an_import_may_lead(void **state)
{
	const struct frame frames[] = {code("/usr/bin/python3.11", "alloc"),
	    python("<frozen importlib._bootstrap>", "_load"),
	    python("<frozen runpy>", "f")};
	const struct stack stack = {.frames = (struct frame *)frames, .len = 3};

	(void)state;
	assert_true(origin_imports(&stack, 1));
}

/* A cell of a notebook has a number of up to eight digits. */
static void cells_have_numbers(void **state)
{
	static const struct {
		const char *file, *shown;
	} rows[] = {{"<ipython-input-3-abc>", "In [3]"},
	    {"<ipython-input-12345678-abc>", "In [12345678]"},
	    {"<ipython-input-123456789-abc>", NULL},
	    {"<ipython-input--abc>", NULL}, {"<ipython-input-3>", NULL},
	    {"<ipython-input-3", NULL}, {"a.py", NULL}};
	char cell[ORIGIN_CELL];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(origin_file(rows[i].file, cell),
		    rows[i].shown ? rows[i].shown : rows[i].file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(python_by_its_file),
	    cmocka_unit_test(machine_code_by_its_module),
	    cmocka_unit_test(generated_code_by_its_name),
	    cmocka_unit_test(the_recorders_libraries),
	    cmocka_unit_test(a_runtime_in_the_program_is_a_library),
	    cmocka_unit_test(the_users_own_names_are_no_runtime),
	    cmocka_unit_test(the_innermost_of_the_users_own_leads),
	    cmocka_unit_test(what_the_recorder_allocates_for_itself),
	    cmocka_unit_test(the_calls_below_are_named),
	    cmocka_unit_test(a_group_is_known_by_its_whole_name),
	    cmocka_unit_test(an_import_is_seen_through_machine_code),
	    cmocka_unit_test(packages_and_libraries_have_names),
	    cmocka_unit_test(a_cell_has_its_number),
	    cmocka_unit_test(each_of_its_list),
	    cmocka_unit_test(headers_are_no_own_code),
	    cmocka_unit_test(compiled_packages_have_names),
	    cmocka_unit_test(wrappers_of_allocators_are_passed_over),
	    cmocka_unit_test(what_only_has_an_allocators_name_leads),
	    cmocka_unit_test(generated_code_has_no_group),
	    cmocka_unit_test(an_import_may_lead),
	    cmocka_unit_test(cells_have_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
