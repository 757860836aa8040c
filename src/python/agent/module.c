// SPDX-License-Identifier: MIT
#include "python/agent/module.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include "python/agent/calls.h"
#include "python/agent/marks.h"
#include "python/agent/methods.h"
#include "python/agent/observed.h"
#include "python/agent/rss.h"
#include "python/agent/shelf.h"
#include "python/agent/source.h"
#include "python/agent/trace.h"

#define CALL_CAPSULE "mprof.call"

/* The arguments come from profile.py, so they are expected to be right; wrong
 * ones end in an exception there. */

static struct spot *agent_module_spot_argument(struct pyobj *number)
{
	long at = py.PyLong_AsLong(number);

	return py.PyErr_Occurred() ? NULL : spot_get(at);
}

static struct agent_call *agent_module_call_argument(
    struct pyobj *const *args, ssize_t n)
{
	return n > 0 ? py.PyCapsule_GetPointer(args[0], CALL_CAPSULE) : NULL;
}

/* label is (file, decimals, text), or None for a table that is kept in
 * memory. */
static struct shelf *agent_module_shelf_of(struct pyobj *label, long first_line)
{
	struct pyobj *file = py.PyTuple_GetItem(label, 0);
	struct pyobj *digits = file ? py.PyTuple_GetItem(label, 1) : NULL;
	struct pyobj *text = digits ? py.PyTuple_GetItem(label, 2) : NULL;
	struct shelf_label given = {.first_line = first_line};

	if (text) {
		given.file = py.PyUnicode_AsUTF8(file);
		given.digits = py.PyLong_AsLong(digits);
		given.text = py.PyUnicode_AsUTF8(text);
	}
	py.PyErr_Clear();
	return given.file && given.text ? shelf_create(&given) : NULL;
}

/* _spot(name, keeps, codes, label, reader): the function's own code is the
 * first of codes, if there is any. */
static struct pyobj *agent_module_new_spot(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	const char *name = n == 5 ? py.PyUnicode_AsUTF8(args[0]) : NULL;
	struct pyobj *code = name ? py.PyTuple_GetItem(args[2], 0) : NULL;
	long number = -1, first = code ? api_first_line(code) : 0;

	(void)self;
	py.PyErr_Clear();
	if (name)
		number = spot_add(name, py.PyLong_AsLong(args[1]) != 0, first);
	if (number < 0)
		return py.PyErr_NoMemory();
	spot_get(number)->table.shelf = agent_module_shelf_of(args[3], first);
	spot_get(number)->reader = methods_take_reader(args[4]);
	for (ssize_t i = 1; code; i++) {
		py.Py_IncRef(code);
		if (spot_add_code(
			spot_get(number), code, api_first_line(code)) != 0)
			return py.PyErr_NoMemory();
		code = py.PyTuple_GetItem(args[2], i);
	}
	py.PyErr_Clear();
	return py.PyLong_FromLong(number);
}

static void agent_module_drop_call(struct pyobj *capsule)
{
	call_destroy(py.PyCapsule_GetPointer(capsule, CALL_CAPSULE));
}

static struct pyobj *agent_module_enter(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	struct spot *spot = n == 1 ? agent_module_spot_argument(args[0]) : NULL;
	struct agent_call *call = spot ? call_enter(spot) : NULL;
	struct pyobj *capsule;

	(void)self;
	if (!call)
		return py.PyErr_NoMemory();
	capsule = py.PyCapsule_New(call, CALL_CAPSULE, agent_module_drop_call);
	if (!capsule)
		call_destroy(call);
	return capsule;
}

static struct pyobj *agent_module_pause_call(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	struct agent_call *call = agent_module_call_argument(args, n);

	(void)self;
	if (!call)
		return NULL;
	call_pause(call);
	return api_none();
}

static struct pyobj *agent_module_resume_call(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	struct agent_call *call = agent_module_call_argument(args, n);

	(void)self;
	if (!call)
		return NULL;
	call_resume(call);
	return api_none();
}

/* _leave(call) returns the rows of a table that is due, or None. */
static struct pyobj *agent_module_leave(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	struct agent_call *call = agent_module_call_argument(args, n);
	const struct line_table *table;

	(void)self;
	if (!call)
		return NULL;
	table = call_leave(call);
	return table ? methods_rows(table) : api_none();
}

/* _rows(spot) returns the rows of a table that is kept for the run. */
static struct pyobj *agent_module_rows(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	const struct spot *spot =
	    n == 1 ? agent_module_spot_argument(args[0]) : NULL;

	(void)self;
	return spot ? methods_rows(&spot->table) : py.PyErr_NoMemory();
}

/* _claim(spot) returns whether this process may print its table. */
static struct pyobj *agent_module_claim(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	const struct spot *spot =
	    n == 1 ? agent_module_spot_argument(args[0]) : NULL;
	struct shelf *shelf = spot ? spot->table.shelf : NULL;

	(void)self;
	return py.PyLong_FromLong(!shelf || shelf_claim(shelf));
}

/* _release(spot, printed) returns whether the table was printed, or will be. */
static struct pyobj *agent_module_release(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	const struct spot *spot =
	    n == 2 ? agent_module_spot_argument(args[0]) : NULL;
	struct shelf *shelf = spot ? spot->table.shelf : NULL;
	bool printed = n == 2 && py.PyLong_AsLong(args[1]) != 0;

	(void)self;
	if (shelf)
		printed = shelf_release(shelf, printed);
	return py.PyLong_FromLong(printed);
}

/* _follow(yes) starts or stops to follow all profiled functions of this
 * thread. */
static struct pyobj *agent_module_follow(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	(void)self;
	if (n == 1 && py.PyLong_AsLong(args[0]))
		calls_follow_all();
	else
		calls_follow_less();
	return api_none();
}

/* _forked(in_child). */
static struct pyobj *agent_module_forked(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	bool in_child = n == 1 && py.PyLong_AsLong(args[0]);

	(void)self;
	marks_forked();
	if (in_child) {
		rss_close();
		spots_forked();
	}
	return api_none();
}

/* _use(_trace, sys.gettrace); since 3.12 _use(_trace, sys.gettrace,
 * monitoring.DISABLE) too. */
static struct pyobj *agent_module_use(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	(void)self;
	for (ssize_t i = 0; i < n; i++)
		py.Py_IncRef(args[i]);
	if (n == 2)
		trace_init(args[0], args[1]);
	else if (n == 1)
		trace_init_monitoring(args[0]);
	return api_none();
}

/* _observe(spot, code, suspends). */
static struct pyobj *agent_module_observe(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	struct spot *spot = n == 3 ? agent_module_spot_argument(args[0]) : NULL;
	const struct spot_code *code = spot ? spot_of_code(args[1]) : NULL;

	(void)self;
	if (!spot ||
	    spot_observe(spot, args[1], py.PyLong_AsLong(args[2]) != 0) != 0)
		return py.PyErr_NoMemory();
	if (!code)
		py.Py_IncRef(args[1]);
	return api_none();
}

/* _begin(recording, directory) returns whether the agent was free, and now
 * works for that recording. */
static struct pyobj *agent_module_begin(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	const char *path = n == 2 ? py.PyUnicode_AsUTF8(args[0]) : NULL;
	const char *directory = path ? py.PyUnicode_AsUTF8(args[1]) : NULL;
	bool begun = directory && marks_begin(path);

	(void)self;
	py.PyErr_Clear();
	if (begun) {
		shelf_set_directory(directory);
		shelf_report_loaded();
	}
	return py.PyLong_FromLong(begun);
}

static void agent_module_release_code(const void *code)
{
	py.Py_DecRef((struct pyobj *)(uintptr_t)code);
}

/* _end() undoes _begin(), _spot() and _observe(). */
static struct pyobj *agent_module_end(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	(void)self;
	(void)args;
	(void)n;
	observed_forget();
	spots_end(agent_module_release_code);
	marks_end();
	rss_close();
	shelf_set_directory(NULL);
	return api_none();
}

/* _part(number) executes a part of the module that most programs don't need. */
static struct pyobj *agent_module_part(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	static const char *const parts[] = {source_measure,
	    source_line_profiler, source_magics, source_main, source_timer,
	    source_heap};
	long number = n == 1 ? py.PyLong_AsLong(args[0]) : -1;

	if (number < 0 || number >= (long)(sizeof(parts) / sizeof(parts[0])))
		return py.PyErr_NoMemory();
	return module_execute(parts[number], py.PyModule_GetDict(self))
		   ? api_none()
		   : NULL;
}

static struct pymethod methods[] = {
    {"_spot", agent_module_new_spot, PYMETHOD_FAST, NULL},
    {"_enter", agent_module_enter, PYMETHOD_FAST, NULL},
    {"_pause", agent_module_pause_call, PYMETHOD_FAST, NULL},
    {"_resume", agent_module_resume_call, PYMETHOD_FAST, NULL},
    {"_leave", agent_module_leave, PYMETHOD_FAST, NULL},
    {"_rows", agent_module_rows, PYMETHOD_FAST, NULL},
    {"_claim", agent_module_claim, PYMETHOD_FAST, NULL},
    {"_release", agent_module_release, PYMETHOD_FAST, NULL},
    {"_follow", agent_module_follow, PYMETHOD_FAST, NULL},
    {"_forked", agent_module_forked, PYMETHOD_FAST, NULL},
    {"_use", agent_module_use, PYMETHOD_FAST, NULL},
    {"_trace", trace_call, PYMETHOD_FAST, NULL},
    {"_on_start", trace_on_start, PYMETHOD_FAST, NULL},
    {"_on_resume", trace_on_resume, PYMETHOD_FAST, NULL},
    {"_on_line", trace_on_line, PYMETHOD_FAST, NULL},
    {"_on_return", trace_on_return, PYMETHOD_FAST, NULL},
    {"_on_jump", trace_on_jump, PYMETHOD_FAST, NULL},
    {"_on_yield", trace_on_yield, PYMETHOD_FAST, NULL},
    {"_observe", agent_module_observe, PYMETHOD_FAST, NULL},
    {"_begin", agent_module_begin, PYMETHOD_FAST, NULL},
    {"_end", agent_module_end, PYMETHOD_FAST, NULL},
    {"_reader", methods_reader, PYMETHOD_FAST, NULL},
    {"_read", methods_read, PYMETHOD_FAST, NULL},
    {"_peak", methods_peak, PYMETHOD_FAST, NULL},
    {"_children", methods_children, PYMETHOD_FAST, NULL},
    {"_usage_start", methods_usage_start, PYMETHOD_FAST, NULL},
    {"_usage_stop", methods_usage_stop, PYMETHOD_FAST, NULL},
    {"_usages_hold", methods_usages_hold, PYMETHOD_FAST, NULL},
    {"_usages_go_on", methods_usages_go_on, PYMETHOD_FAST, NULL},
    {"_tally", methods_tally, PYMETHOD_FAST, NULL},
    {"_tally_add", methods_tally_add, PYMETHOD_FAST, NULL},
    {"_tally_event", methods_tally_event, PYMETHOD_FAST, NULL},
    {"_tally_rows", methods_tally_rows, PYMETHOD_FAST, NULL},
    {"_tally_enable", methods_tally_enable, PYMETHOD_FAST, NULL},
    {"_tally_disable", methods_tally_disable, PYMETHOD_FAST, NULL},
    {"_part", agent_module_part, PYMETHOD_FAST, NULL},
    {NULL, NULL, 0, NULL},
};

bool module_claim(void)
{
	static const struct pyobj *_Atomic home;
	const struct pyobj *none = NULL;
	struct pyobj *builtins = py.PyImport_ImportModule("builtins");

	if (!builtins) {
		py.PyErr_Clear();
		return false;
	}
	/* builtins is kept referenced, so that no other interpreter's gets its
	 * address. */
	if (!atomic_compare_exchange_strong(&home, &none, builtins))
		py.Py_DecRef(builtins);
	return home == builtins;
}

bool module_execute(const char *source, struct pyobj *dict)
{
	struct pyobj *code, *result = NULL;

	py.PyDict_SetItemString(dict, "__builtins__", py.PyEval_GetBuiltins());
	code = py.Py_CompileString(source, "<mprof>", PYINPUT_FILE);
	if (!code)
		return false;
	result = py.PyEval_EvalCode(code, dict, dict);
	py.Py_DecRef(code);
	if (!result)
		return false;
	py.Py_DecRef(result);
	return true;
}

static int agent_module_set_number(
    struct pyobj *dict, const char *name, long value)
{
	struct pyobj *number = py.PyLong_FromLong(value);
	int failed = !number || py.PyDict_SetItemString(dict, name, number);

	if (number)
		py.Py_DecRef(number);
	return failed ? -1 : 0;
}

static int agent_module_set_text(
    struct pyobj *dict, const char *name, const char *value)
{
	struct pyobj *text = py.Py_BuildValue("s", value);
	int failed = !text || py.PyDict_SetItemString(dict, name, text);

	if (text)
		py.Py_DecRef(text);
	return failed ? -1 : 0;
}

/* Sets a name to the path of the file that this code was loaded from. */
static int agent_module_set_own_path(struct pyobj *dict, const char *name)
{
	Dl_info self;

	return dladdr((void *)(uintptr_t)agent_module_set_own_path, &self)
		   ? agent_module_set_text(dict, name, self.dli_fname)
		   : 0;
}

static int agent_module_fill(struct pyobj *module)
{
	struct pyobj *dict = py.PyModule_GetDict(module);
	bool filled;

	if (agent_module_set_text(dict, "__name__", "memory_profiler") != 0 ||
	    agent_module_set_own_path(dict, "__file__") != 0)
		return -1;
	if (!module_claim() || !api_has_gil())
		filled = module_execute(source_inert, dict);
	else
		filled = agent_module_set_number(dict, "_LINES",
			     getenv("MPROF_AGENT_LINES") != NULL) == 0 &&
			 module_execute(source_lines, dict) &&
			 module_execute(source_profile, dict);
	return filled ? 0 : -1;
}

/* Before 3.12 a slot with that number is an error. */
static struct pyslot agent_module_slots[] = {
    {PYSLOT_EXEC, agent_module_fill}, {0, NULL}};
static struct pyslot agent_module_slots_own_gil[] = {
    {PYSLOT_EXEC, agent_module_fill},
    {PYSLOT_INTERPRETERS, PYINTERPRETERS_OWN_GIL}, {0, NULL}};

static struct pymodule definition = {
    .references = 1,
    .name = "memory_profiler",
    .doc = "mprof's profile: function marks and line tables.",
    .size = 0, /* created anew in each interpreter */
    .methods = methods,
};

struct pyobj *module_init_profile(void)
{
	marks_init();
	shelf_init();
	definition.slots =
	    py.has_own_gil ? agent_module_slots_own_gil : agent_module_slots;
	return api_module(&definition);
}

#define NEEDS                                                               \
	"mprof's memory_profiler needs CPython 3.8 or later, and its GIL, " \
	"which PYTHON_GIL=0 and -X gil=0 switch off"

struct pyobj *PyInit_memory_profiler(void)
{
	return api_bind() && api_has_gil() ? module_init_profile()
					   : api_refuse(NEEDS);
}

static int agent_module_fill_name(struct pyobj *module)
{
	struct pyobj *dict = py.PyModule_GetDict(module);

	if (!module_execute(source_aside, dict))
		return -1;
	if (!py.PyDict_GetItemString(dict, "_is_ours"))
		return 0;
	if (agent_module_set_own_path(dict, "_agent") != 0)
		return -1;
	return module_execute(source_mprof, dict) ? 0 : -1;
}

static struct pyslot agent_module_name_slots[] = {
    {PYSLOT_EXEC, agent_module_fill_name}, {0, NULL}};
static struct pyslot agent_module_name_slots_own_gil[] = {
    {PYSLOT_EXEC, agent_module_fill_name},
    {PYSLOT_INTERPRETERS, PYINTERPRETERS_OWN_GIL}, {0, NULL}};

/* A program's own module of that name may support running without the GIL. */
static struct pyslot agent_module_name_slots_free_threaded[] = {
    {PYSLOT_EXEC, agent_module_fill_name},
    {PYSLOT_INTERPRETERS, PYINTERPRETERS_OWN_GIL}, {PYSLOT_GIL, PYGIL_NOT_USED},
    {0, NULL}};

static struct pymodule name_definition = {
    .references = 1,
    .name = "mprof",
    .size = 0,
};

struct pyobj *module_init_name(void)
{
	if (py.free_threaded)
		name_definition.slots = agent_module_name_slots_free_threaded;
	else
		name_definition.slots = py.has_own_gil
					    ? agent_module_name_slots_own_gil
					    : agent_module_name_slots;
	return api_module(&name_definition);
}

static int agent_module_fill_observer(struct pyobj *module)
{
	struct pyobj *dict = py.PyModule_GetDict(module);

	return module_claim() &&
		       agent_module_set_number(dict, "_LINES", 1) == 0 &&
		       module_execute(source_lines, dict) &&
		       module_execute(source_observe, dict)
		   ? 0
		   : -1;
}

static struct pyslot agent_module_observer_slots[] = {
    {PYSLOT_EXEC, agent_module_fill_observer}, {0, NULL}};

static struct pymodule observer_definition = {
    .references = 1,
    .name = "_mprof_agent",
    .doc = "mprof's agent in a program that ran before it.",
    .size = 0,
    .methods = methods,
    .slots = agent_module_observer_slots,
};

struct pyobj *PyInit__mprof_agent(void)
{
	if (!api_bind())
		return api_refuse(NEEDS);
	/* This import would enable the GIL, and it would stay enabled. */
	if (!api_keeps_gil())
		return api_refuse("this CPython runs without its GIL, which "
				  "the agent needs: start it with "
				  "PYTHON_GIL=1");
	return api_module(&observer_definition);
}
