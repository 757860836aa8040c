// SPDX-License-Identifier: MIT
#include "python/agent/trace.h"

#include <string.h>

#include "python/agent/observed.h"
#include "python/agent/session.h"
#include "python/agent/tally.h"

/* Py_tracefunc's events, as pystate.h has numbered them since 2.2. */
enum { TRACE_CALL = 0, TRACE_LINE = 2, TRACE_RETURN = 3 };

/* struct _frame of 3.8, which has no function for it; checked once. */
#define CODE_OFFSET_3_8 32

static struct pyobj *shown_tracer, *sys_gettrace, *monitoring_disable;

static struct pyobj *trace_code_of_3_8(struct pyobj *frame)
{
	static int direct = -1;
	struct pyobj *code, *read;

	memcpy(&read, (const char *)frame + CODE_OFFSET_3_8, sizeof(read));
	if (direct == 1)
		return read;
	code = py.PyObject_GetAttrString(frame, "f_code");
	if (!code) {
		py.PyErr_Clear();
		return NULL;
	}
	py.Py_DecRef(code); /* the frame holds it */
	if (direct < 0)
		direct = code == read;
	return code;
}

static struct pyobj *trace_code_of(struct pyobj *frame)
{
	struct pyobj *code;

	if (!py.PyFrame_GetCode)
		return trace_code_of_3_8(frame);
	code = py.PyFrame_GetCode(frame);
	py.Py_DecRef(code); /* the frame holds it */
	return code;
}

static void trace_tally(const void *code, struct pyobj *frame, int what)
{
	static const enum tally_event events[] = {[TRACE_CALL] = TALLY_FRAME,
	    [TRACE_LINE] = TALLY_LINE,
	    [TRACE_RETURN] = TALLY_RETURN};

	if (tally_counts(code))
		tally_notify_all(
		    events[what], code, py.PyFrame_GetLineNumber(frame));
}

static void trace_session(
    const struct spot_code *code, struct pyobj *frame, int what)
{
	if (!code)
		return;
	if (what == TRACE_CALL)
		session_frame(code, py.PyFrame_GetLineNumber(frame));
	else if (what == TRACE_LINE)
		session_line(code, py.PyFrame_GetLineNumber(frame));
	else
		session_return(code);
}

static int trace_event(
    struct pyobj *self, struct pyobj *frame, int what, struct pyobj *arg)
{
	const struct pyobj *code;

	(void)self;
	(void)arg;
	if (what != TRACE_CALL && what != TRACE_LINE && what != TRACE_RETURN)
		return 0;
	code = trace_code_of(frame);
	if (tally_any())
		trace_tally(code, frame, what);
	if (!monitoring_disable)
		trace_session(spot_of_code(code), frame, what);
	return 0;
}

int trace_init(struct pyobj *shown, struct pyobj *gettrace)
{
	if (!shown || !gettrace)
		return -1;
	shown_tracer = shown;
	sys_gettrace = gettrace;
	return 0;
}

void trace_init_monitoring(struct pyobj *disable)
{
	monitoring_disable = disable;
}

static struct pyobj *trace_present_tracer(void)
{
	struct pyobj *tracer = py.PyObject_CallObject(sys_gettrace, NULL);

	if (!tracer) {
		py.PyErr_Clear();
		return NULL;
	}
	py.Py_DecRef(tracer); /* the thread holds it */
	return tracer;
}

static bool trace_set(void)
{
	const struct pyobj *present = trace_present_tracer();

	if (present != py.none && present != shown_tracer)
		return false;
	py.PyEval_SetTrace(trace_event, shown_tracer);
	return true;
}

static bool trace_unset(void)
{
	if (trace_present_tracer() != shown_tracer)
		return false;
	py.PyEval_SetTrace(NULL, NULL);
	return true;
}

bool trace_start(void)
{
	return !sys_gettrace || monitoring_disable || trace_set();
}

bool trace_stop(void)
{
	return !sys_gettrace || monitoring_disable || tally_any() ||
	       trace_unset();
}

bool trace_start_tally(void)
{
	return sys_gettrace && trace_set();
}

void trace_stop_tally(void)
{
	if (!tally_any() && (monitoring_disable || session_running() == 0))
		trace_unset();
}

struct pyobj *trace_call(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	static const char *const names[] = {[TRACE_CALL] = "call",
	    [TRACE_LINE] = "line",
	    [TRACE_RETURN] = "return"};
	const char *event = n == 3 ? py.PyUnicode_AsUTF8(args[1]) : NULL;

	for (int i = 0; event && i < 4; i++) {
		if (names[i] && strcmp(names[i], event) == 0)
			trace_event(self, args[0], i, args[2]);
	}
	if (!event)
		py.PyErr_Clear();
	py.Py_IncRef(shown_tracer);
	return shown_tracer;
}

struct pyobj *trace_on_start(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	const struct spot_code *code = n > 0 ? spot_of_code(args[0]) : NULL;

	(void)self;
	if (code) {
		observed_start(code);
		session_frame(code, code->first_line);
	}
	return api_none();
}

struct pyobj *trace_on_resume(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	const struct spot_code *code = n > 0 ? spot_of_code(args[0]) : NULL;
	struct pyobj *frame = code ? py.PyEval_GetFrame() : NULL;

	(void)self;
	if (frame) {
		observed_resume(code);
		session_frame(code, py.PyFrame_GetLineNumber(frame));
	}
	return api_none();
}

struct pyobj *trace_on_line(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	const struct spot_code *code = n > 1 ? spot_of_code(args[0]) : NULL;

	(void)self;
	if (code)
		session_line(code, py.PyLong_AsLong(args[1]));
	return api_none();
}

struct pyobj *trace_on_return(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	const struct spot_code *code = n > 0 ? spot_of_code(args[0]) : NULL;

	(void)self;
	if (code) {
		session_return(code);
		observed_end(code);
	}
	return api_none();
}

struct pyobj *trace_on_yield(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	const struct spot_code *code = n > 0 ? spot_of_code(args[0]) : NULL;

	(void)self;
	if (code) {
		session_return(code);
		observed_yield(code);
	}
	return api_none();
}

/* Since a loop on a single line makes no line event at its repetition, a
 * backward jump to the same line is counted as one, as trace functions get. Any
 * other jump is reported once and then disabled. */
struct pyobj *trace_on_jump(
    struct pyobj *self, struct pyobj *const *args, ssize_t n)
{
	const struct spot_code *code = n > 2 ? spot_of_code(args[0]) : NULL;
	long from, to;
	int line;

	(void)self;
	if (!code)
		return api_none();
	from = py.PyLong_AsLong(args[1]);
	to = py.PyLong_AsLong(args[2]);
	line = py.PyCode_Addr2Line(args[0], (int)to);
	if (to > from || line != py.PyCode_Addr2Line(args[0], (int)from)) {
		py.Py_IncRef(monitoring_disable);
		return monitoring_disable;
	}
	session_line(code, line);
	return api_none();
}
