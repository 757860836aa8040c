// SPDX-License-Identifier: MIT
#include "python/agent/methods.h"

#include <errno.h>
#include <string.h>

#include "python/agent/reader.h"
#include "python/agent/table.h"
#include "python/agent/tally.h"
#include "python/agent/trace.h"
#include "python/agent/usage.h"

#define READER_CAPSULE "mprof.reader"
#define USAGE_CAPSULE "mprof.usage"
#define TALLY_CAPSULE "mprof.tally"

static double methods_mib(int64_t bytes)
{
	return (double)bytes / (1 << 20);
}

/* Appends item to the list, and drops the reference; 0, or -1 with an
 * exception. */
static int methods_append(struct pyobj *list, struct pyobj *item)
{
	int failed = !item || py.PyList_Append(list, item) != 0;

	if (item)
		py.Py_DecRef(item);
	return failed ? -1 : 0;
}

/* Returns the list, or drops it and returns NULL where building it failed. */
static struct pyobj *methods_whole(struct pyobj *list, int failed)
{
	if (!failed)
		return list;
	py.Py_DecRef(list);
	return NULL;
}

struct pyobj *methods_rows(const struct line_table *table)
{
	struct pyobj *list = py.PyList_New(0);
	int failed = 0;

	for (size_t i = 0; list && !failed && i < table->len; i++) {
		const struct table_row *row = &table->rows[i];

		if (row->count)
			failed = methods_append(list,
			    py.Py_BuildValue("(lddl)", table->first + (long)i,
				methods_mib(row->bytes),
				methods_mib(row->growth), row->count));
	}
	return list ? methods_whole(list, failed) : NULL;
}

struct reader *methods_take_reader(struct pyobj *given)
{
	struct reader *reader;

	if (given == py.none)
		return NULL;
	reader = py.PyCapsule_GetPointer(given, READER_CAPSULE);
	if (reader && py.PyCapsule_SetDestructor(given, NULL) == 0)
		return reader;
	py.PyErr_Clear();
	return reader_create_asking(given);
}

static void methods_drop_reader(struct pyobj *capsule)
{
	reader_destroy(py.PyCapsule_GetPointer(capsule, READER_CAPSULE));
}

struct pyobj *methods_reader(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	struct reader_wish wish = {0};
	struct reader *reader;
	struct pyobj *capsule;

	(void)self;
	if (n != 3)
		return py.PyErr_NoMemory();
	wish.pid = (pid_t)py.PyLong_AsLong(args[0]);
	wish.backend = py.PyUnicode_AsUTF8(args[1]);
	wish.children = py.PyLong_AsLong(args[2]) != 0;
	if (py.PyErr_Occurred())
		return NULL;
	reader = reader_create(&wish);
	if (!reader)
		return py.PyErr_NoMemory();
	capsule = py.PyCapsule_New(reader, READER_CAPSULE, methods_drop_reader);
	if (!capsule)
		reader_destroy(reader);
	return capsule;
}

static void *methods_first(
    struct pyobj *const *args, ssize_t n, const char *capsule)
{
	return n > 0 ? py.PyCapsule_GetPointer(args[0], capsule) : NULL;
}

static struct pyobj *methods_reading(struct pyobj *const *args, ssize_t n,
    int64_t (*reading)(struct reader *reader))
{
	struct reader *reader = methods_first(args, n, READER_CAPSULE);
	int64_t bytes;

	if (!reader)
		return NULL;
	bytes = reading(reader);
	return bytes < 0 ? py.PyLong_FromLong(errno)
			 : py.Py_BuildValue("d", methods_mib(bytes));
}

struct pyobj *methods_read(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	(void)self;
	return methods_reading(args, n, reader_bytes);
}

struct pyobj *methods_peak(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	(void)self;
	return methods_reading(args, n, reader_peak);
}

struct methods_list {
	struct pyobj *list;
	int failed;
};

static void methods_add_child(void *context, pid_t pid, int64_t bytes)
{
	struct methods_list *children = context;

	if (!children->failed)
		children->failed = methods_append(children->list,
		    py.Py_BuildValue("(id)", (int)pid, methods_mib(bytes)));
}

struct pyobj *methods_children(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	struct reader *reader = methods_first(args, n, READER_CAPSULE);
	struct methods_list children = {0};

	(void)self;
	children.list = reader ? py.PyList_New(0) : NULL;
	if (!children.list)
		return NULL;
	reader_each_child(reader, methods_add_child, &children);
	return methods_whole(children.list, children.failed);
}

static void methods_drop_usage(struct pyobj *capsule)
{
	usage_destroy(py.PyCapsule_GetPointer(capsule, USAGE_CAPSULE));
}

struct pyobj *methods_usage_start(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	struct reader *reader =
	    n == 3 ? methods_first(args, n, READER_CAPSULE) : NULL;
	double interval_s = reader ? py.PyFloat_AsDouble(args[1]) : 0;
	bool peak_only = reader && py.PyLong_AsLong(args[2]) != 0;
	struct usage *usage;
	struct pyobj *capsule;

	(void)self;
	if (!reader || py.PyErr_Occurred() ||
	    py.PyCapsule_SetDestructor(args[0], NULL) != 0)
		return NULL;
	usage = usage_start(reader, interval_s, peak_only);
	if (!usage)
		return py.PyErr_NoMemory();
	capsule = py.PyCapsule_New(usage, USAGE_CAPSULE, methods_drop_usage);
	if (!capsule)
		usage_destroy(usage);
	return capsule;
}

struct pyobj *methods_usage_stop(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	struct usage *usage = methods_first(args, n, USAGE_CAPSULE);
	const struct usage_sample *samples;
	struct pyobj *list, *result = NULL;
	size_t len;
	int failed = 0;

	(void)self;
	if (!usage)
		return NULL;
	usage_stop(usage);
	samples = usage_samples(usage, &len);
	list = py.PyList_New(0);
	for (size_t i = 0; list && !failed && i < len; i++)
		failed = methods_append(list,
		    py.Py_BuildValue("(ddL)", methods_mib(samples[i].bytes),
			(double)samples[i].ns / 1e9,
			(long long)samples[i].slot));
	if (list && !failed)
		result = py.Py_BuildValue(
		    "(LO)", (long long)usage_slots(usage), list);
	if (list)
		py.Py_DecRef(list);
	return result;
}

struct pyobj *methods_usages_hold(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	(void)self;
	(void)args;
	(void)n;
	usages_hold();
	return api_none();
}

static int methods_go_on(void *data)
{
	(void)data;
	usages_go_on();
	return 0;
}

/* If os.fork() warns of other threads, it counts them after the
 * functions that were registered to follow a fork. */
struct pyobj *methods_usages_go_on(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	(void)self;
	(void)args;
	(void)n;
	if (!py.fork_warns || py.Py_AddPendingCall(methods_go_on, NULL) != 0)
		usages_go_on();
	return api_none();
}

static void methods_drop_tally(struct pyobj *capsule)
{
	tally_destroy(py.PyCapsule_GetPointer(capsule, TALLY_CAPSULE));
}

struct pyobj *methods_tally(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	struct tally *tally = tally_create();
	struct pyobj *capsule;

	(void)self;
	(void)args;
	(void)n;
	if (!tally)
		return py.PyErr_NoMemory();
	capsule = py.PyCapsule_New(tally, TALLY_CAPSULE, methods_drop_tally);
	if (!capsule)
		tally_destroy(tally);
	return capsule;
}

struct pyobj *methods_tally_add(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	struct tally *tally = methods_first(args, n, TALLY_CAPSULE);
	struct pyobj *code =
	    tally && n == 3 ? py.PyTuple_GetItem(args[1], 0) : NULL;
	long number = -1;

	(void)self;
	if (code)
		number = tally_add_function(
		    tally, api_first_line(code), methods_take_reader(args[2]));
	if (number < 0)
		return py.PyErr_NoMemory();
	for (ssize_t i = 1; code; i++) {
		if (tally_add_code(tally, number, code) != 0)
			return py.PyErr_NoMemory();
		code = py.PyTuple_GetItem(args[1], i);
	}
	py.PyErr_Clear();
	return py.PyLong_FromLong(number);
}

struct pyobj *methods_tally_event(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	static const char *const names[] = {[TALLY_FRAME] = "call",
	    [TALLY_LINE] = "line",
	    [TALLY_RETURN] = "return"};
	struct tally *tally = methods_first(args, n, TALLY_CAPSULE);
	const char *event =
	    tally && n == 4 ? py.PyUnicode_AsUTF8(args[2]) : NULL;

	(void)self;
	if (!event)
		return py.PyErr_NoMemory();
	for (int i = TALLY_FRAME; i <= TALLY_RETURN; i++) {
		if (strcmp(names[i], event) == 0)
			tally_notify(tally, (enum tally_event)i, args[1],
			    py.PyLong_AsLong(args[3]));
	}
	return api_none();
}

struct pyobj *methods_tally_rows(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	const struct tally *tally = methods_first(args, n, TALLY_CAPSULE);
	const struct line_table *table = NULL;

	(void)self;
	if (tally && n == 2)
		table = tally_table(tally, py.PyLong_AsLong(args[1]));
	return table ? methods_rows(table) : py.PyErr_NoMemory();
}

struct pyobj *methods_tally_enable(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	struct tally *tally = methods_first(args, n, TALLY_CAPSULE);
	bool started;

	(void)self;
	if (!tally)
		return NULL;
	started = trace_start_tally();
	if (started)
		tally_enable(tally);
	return py.PyLong_FromLong(started);
}

struct pyobj *methods_tally_disable(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	struct tally *tally = methods_first(args, n, TALLY_CAPSULE);
	bool stopped;

	(void)self;
	if (!tally)
		return NULL;
	stopped = tally_disable(tally);
	trace_stop_tally();
	return py.PyLong_FromLong(stopped);
}
