// SPDX-License-Identifier: MIT
//
// The agent as a preloaded library: in a process that holds a CPython, before
// its main() runs, memory_profiler becomes one of its built-in modules, which
// -I and -E and virtual environments don't change, and `profile` a name that
// is there as soon as the program starts. In a process that holds another
// Python the name is there as well, and records nothing. In any other process:
// nothing.
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dlerror.h"
#include "python/agent/marks.h"
#include "python/agent/module.h"
#include "python/agent/shelf.h"
#include "python/agent/source.h"

/* Names that a program's own modules may have as well. */
static const char *const names[] = {"memory_profiler", "mprof"};

static void preload_add_builtin(void)
{
	struct pyobj *dict = py.PyDict_New();

	module_claim();
	if (!dict || !module_execute(
			 api_has_gil() ? source_builtin : source_inert, dict))
		py.PyErr_Clear();
	if (dict)
		py.Py_DecRef(dict);
}

/* `python -m` asks the module's spec for its code; a module of the program has
 * its own. */
static void preload_run_as_main(const char *name)
{
	struct pyobj *module, *step, *result;

	module = py.PyImport_ImportModule(name);
	step = module ? py.PyObject_GetAttrString(module, "_as_main") : NULL;
	result = step ? py.PyObject_CallObject(step, NULL) : NULL;
	if (result)
		py.Py_DecRef(result);
	if (step)
		py.Py_DecRef(step);
	if (module)
		py.Py_DecRef(module);
	py.PyErr_Clear();
}

static bool preload_first_is(struct pyobj *args, const char *wanted)
{
	struct pyobj *first = py.PyTuple_GetItem(args, 0);
	const char *text = first ? py.PyUnicode_AsUTF8(first) : NULL;

	py.PyErr_Clear();
	return text && strcmp(text, wanted) == 0;
}

/* The events cpython.run_file, run_module, run_command and so on come once the
 * interpreter is ready, before the program's first line. A subinterpreter has
 * none of them: it imports site before it runs anything. */
static int preload_audit(const char *event, struct pyobj *args, void *data)
{
	static bool started;

	(void)data;
	if (started) {
		if (strcmp(event, "import") == 0 &&
		    preload_first_is(args, "site"))
			preload_add_builtin();
		return 0;
	}
	if (strncmp(event, "cpython.run_", strlen("cpython.run_")) != 0)
		return 0;
	started = true;
	preload_add_builtin();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(event, "cpython.run_module") == 0 &&
		    preload_first_is(args, names[i]))
			preload_run_as_main(names[i]);
	}
	return 0;
}

static struct pyobj *(*init_posix)(void);

/* A hook that is added before the interpreter has chosen its allocator is freed
 * with another one, and python -X dev aborts at its end. So it is added when
 * the interpreter imports posix, which happens at every start. */
static struct pyobj *preload_init_posix_and_hook(void)
{
	static bool hooked;

	if (!hooked && py.PySys_AddAuditHook(preload_audit, NULL) != 0)
		py.PyErr_Clear();
	hooked = true;
	return init_posix();
}

static void preload_hook_posix(void)
{
	struct pyinit *entry = *py.inittab;

	while (entry->name && strcmp(entry->name, "posix") != 0)
		entry++;
	if (!entry->name)
		return;
	init_posix = entry->init;
	entry->init = preload_init_posix_and_hook;
}

/* A Python that is not supported finds inert/sitecustomize.py beside this
 * library, which removes the directory from PYTHONPATH again. */
static void preload_inert(void)
{
	const char *present = getenv("PYTHONPATH"), *slash;
	Dl_info self;
	char *paths;

	if (!dladdr((void *)(uintptr_t)preload_inert, &self))
		return;
	slash = strrchr(self.dli_fname, '/');
	if (!slash ||
	    asprintf(&paths, "%.*s/inert%s%s", (int)(slash - self.dli_fname),
		self.dli_fname, present ? ":" : "", present ? present : "") < 0)
		return;
	setenv("PYTHONPATH", paths, 1);
	free(paths);
}

/* Whether the option that ends this word takes the next word as its value. */
static bool preload_takes_next(const char *word)
{
	return word[1] && strchr("WX", word[strlen(word) - 1]) &&
	       strcspn(word, "WX") == strlen(word) - 1;
}

/* Returns the option, among the words before the program, that makes an
 * interpreter ignore its environment; '\0': none. */
static char preload_isolating_option(const char *word, const char *end)
{
	while (word < end && word[0] == '-' && word[1] && word[1] != '-') {
		size_t at = strcspn(word + 1, "EIScmWX") + 1;

		if (word[at] && strchr("EIS", word[at]))
			return word[at];
		if (word[at] && strchr("cm", word[at]))
			return '\0';
		if (preload_takes_next(word))
			word += strlen(word) + 1;
		word += strlen(word) + 1;
	}
	return '\0';
}

/* Says that the interpreter was told to ignore the environment, which is the
 * only way into it. */
static void preload_say_isolated(void)
{
	char words[4096], option;
	FILE *file = fopen("/proc/self/cmdline", "re");
	size_t len;

	if (!file)
		return;
	len = fread(words, 1, sizeof(words) - 1, file);
	fclose(file);
	words[len] = '\0';
	option =
	    preload_isolating_option(words + strlen(words) + 1, words + len);
	if (option)
		fprintf(stderr,
		    "mprof: @profile: is not defined in this Python: its "
		    "option -%c ignores what mprof adds; start it without that "
		    "option\n",
		    option);
}

static bool preload_add_modules(void)
{
	int failed =
	    py.PyImport_AppendInittab("_mprof_profile", module_init_profile);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		failed |= py.PyImport_AppendInittab(names[i], module_init_name);
	return !failed;
}

static void preload_prepare(void)
{
	bool known = api_bind();

	if (!known && !api_is_other_python())
		return;
	if (known && py.Py_IsInitialized())
		return;
	shelf_init();
	shelf_report_loaded();
	if (!known) {
		preload_inert();
		preload_say_isolated();
		return;
	}
	marks_init();
	if (preload_add_modules())
		preload_hook_posix();
}

__attribute__((constructor)) static void preload(void)
{
	int saved = errno;

	if (!getenv("MPROF_AGENT_FILE"))
		return;
	preload_prepare();
	dlerror_clear();
	errno = saved;
}
