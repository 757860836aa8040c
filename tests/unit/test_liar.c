// SPDX-License-Identifier: MIT
// A process that lies: it has _PyRuntime and the structures of a CPython,
// made up by each test, with loops, wild pointers and lengths of 2^60. Every
// walk has to end, and nothing that is not so may be reported.
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "debug_row.h"
#include "python/stack/stacks.h"
#include "python/stack/stack.h"
#include "python/remote/text.h"

#define HUGE_LENGTH ((uint64_t)1 << 60)
#define WILD 0x7abcdef00000u
#define DEPTH 400

/* Symbols that src/python looks for in this program's file. */
extern char _PyRuntime[8192];
extern char PyType_Type[1024], PyCode_Type[1024], PyGen_Type[1024];
extern unsigned long Py_Version;
char _PyRuntime[8192] __attribute__((aligned(16)));
char PyType_Type[1024] __attribute__((aligned(16)));
char PyCode_Type[1024] __attribute__((aligned(16)));
char PyGen_Type[1024] __attribute__((aligned(16)));
unsigned long Py_Version;

static struct {
	char interpreter[16384], thread[1024], other[1024], cframe[64], gil[64];
	char chunk[65536], code[512], table[64], filename[128], name[128];
	char shim[128];
} fake;

static const struct python_offsets *o;
static char type_name[] = "type";

static uint64_t address(const void *place)
{
	return (uint64_t)(uintptr_t)place;
}

static void put(void *at, int offset, uint64_t value)
{
	memcpy((char *)at + offset, &value, sizeof(value));
}

static char *frame(size_t i)
{
	return fake.chunk + 24 + i * 128;
}

static void put_text(char *object, const char *text)
{
	put(object, o->str_length, strlen(text));
	put(object, o->str_state, 1 << 2 | 1 << 5 | 1 << 6);
	strcpy(object + o->str_ascii_size, text);
}

/* Frames of f, each called by the one before, and the first by the
 * interpreter's own where there is one. */
static void put_frames(size_t count)
{
	uint64_t outermost = 0;

	if (o->shim_owner != OFFSET_ABSENT) {
		fake.shim[o->frame_owner] = (char)o->shim_owner;
		outermost = address(fake.shim);
	}
	for (size_t i = 0; i < count; i++) {
		put(frame(i), o->frame_previous,
		    i ? address(frame(i - 1)) : outermost);
		put(frame(i), o->frame_code, address(fake.code));
		put(frame(i), o->frame_instruction,
		    address(fake.code) + (uint64_t)o->code_instructions + 2);
	}
	if (o->cframe_current != OFFSET_ABSENT)
		put(fake.cframe, o->cframe_current, address(frame(count - 1)));
}

static void put_code(void)
{
	put(fake.code, o->object_type, address(PyCode_Type));
	put(fake.code, o->code_filename, address(fake.filename));
	put(fake.code, o->code_name, address(fake.name));
	put(fake.code, o->code_qualname, address(fake.name));
	put(fake.code, o->code_line_table, address(fake.table));
	put(fake.code, o->code_first_line, 7);
	put(fake.table, o->object_size, 2);
	/* One instruction in line 8, one in line 9. */
	fake.table[o->bytes_data] = (char)(128 | 11 << 3);
	fake.table[o->bytes_data + 1] = (char)(128 | 11 << 3);
	put_text(fake.filename, "lie.py");
	put_text(fake.name, "f");
}

/* All as a CPython of that row would have it. */
static void tell_as(const struct python_offsets *row)
{
	o = row;
	memset(&fake, 0, sizeof(fake));
	put(PyType_Type, o->object_type, address(PyType_Type));
	put(PyType_Type, o->type_name, address(type_name));
	put(PyType_Type, o->type_basic_size, (uint64_t)o->heap_type_size);
	put(PyType_Type, o->type_dict_offset, (uint64_t)o->type_dict);
	put(PyCode_Type, o->type_basic_size, (uint64_t)o->code_instructions);
	put(PyGen_Type, o->type_basic_size,
	    (uint64_t)(o->generator_frame + o->frame_locals));
	put(_PyRuntime, o->runtime_interpreters, address(fake.interpreter));
	put(fake.interpreter, o->interpreter_threads, address(fake.thread));
	put(fake.interpreter, o->interpreter_gil, address(fake.gil));
	put(fake.gil, o->gil_last_holder, address(fake.thread));
	put(fake.thread, o->thread_interpreter, address(fake.interpreter));
	if (o->thread_cframe != OFFSET_ABSENT)
		put(fake.thread, o->thread_cframe, address(fake.cframe));
	put(fake.thread, o->thread_datastack, address(fake.chunk));
	put(fake.chunk, 8, 16384);
	put_code();
	put_frames(2);
}

static int tell_the_truth(void **state)
{
	(void)state;
	tell_as(python_offsets_find(12, -1, false));
	Py_Version = 0x030c01f0;
	return 0;
}

static pid_t start(void)
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return child;
}

static void stop_child(pid_t child)
{
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

/* The result for a child with the present memory. */
static enum python_result opened(void)
{
	struct python_target target;
	pid_t child = start();
	enum python_result result;
	struct err e;

	result = python_open(&target, child, &e);
	stop_child(child);
	return result;
}

/* Samples a child with the memory as it is now; how many stacks came out, and
 * the last one with frames in *last. */
static int sample(struct stacks_sample *last, char *first_function)
{
	struct stacks *stacks = stacks_create();
	struct stacks_sample one;
	pid_t child = start();
	int got = 0;

	for (int i = 0; i < 30; i++) {
		if (!stacks_sample(stacks, child, &one))
			continue;
		got++;
		if (one.len == 0)
			continue;
		*last = one;
		strncpy(first_function, one.frames[0].function, 31);
	}
	stop_child(child);
	stacks_destroy(stacks);
	return got;
}

static void the_truth_is_read(void **state)
{
	struct stacks *stacks = stacks_create();
	struct stacks_sample one;
	pid_t child = start();
	bool got = false;

	(void)state;
	for (int i = 0; i < 5 && !got; i++)
		got = stacks_sample(stacks, child, &one) && one.len;
	assert_true(got);
	assert_int_equal(one.len, 2);
	assert_string_equal(one.frames[0].file, "lie.py");
	assert_string_equal(one.frames[0].function, "f");
	assert_int_equal(one.frames[0].line, 9);
	assert_true(stacks_sample(stacks, child, &one));
	assert_int_equal(one.len, 0);
	stop_child(child);
	stacks_destroy(stacks);
}

/* A thread may stop between entering a frame and linking it to its caller. */
static void a_frame_that_hangs_in_the_air_is_no_stack(void **state)
{
	struct stacks_sample last;
	char function[32];

	(void)state;
	put(frame(1), o->frame_previous, 0);
	assert_int_equal(sample(&last, function), 0);
}

/* A process that is sampled no more is forgotten at the second sweep. */
static void who_is_gone_is_forgotten(void **state)
{
	struct stacks *stacks = stacks_create();
	struct stacks_sample one;
	pid_t lives = start(), ends = start();

	(void)state;
	stacks_sample(stacks, lives, &one);
	stacks_sample(stacks, ends, &one);
	assert_int_equal(stacks_sweep(stacks), 2);
	stop_child(ends);
	stacks_sample(stacks, lives, &one);
	assert_int_equal(stacks_sweep(stacks), 1);
	stacks_sample(stacks, lives, &one);
	assert_int_equal(stacks_sweep(stacks), 1);
	stop_child(lives);
	assert_int_equal(stacks_sweep(stacks), 0);
	stacks_destroy(stacks);
}

/* The thread claims to run: it has to be stopped, and goes on. */
static void a_holder_is_stopped_and_goes_on(void **state)
{
	struct stacks *stacks = stacks_create();
	struct stacks_sample one;
	int got = 0, status;
	pid_t child;

	(void)state;
	put(fake.gil, o->gil_locked, 1);
	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		put(fake.thread, o->thread_native_id, (uint64_t)getpid());
		for (;;)
			pause();
	}
	for (int i = 0; i < 20000 && got < 2; i++) {
		got += stacks_sample(stacks, child, &one);
		usleep(1000);
	}
	assert_int_equal(got, 2);
	assert_true(stacks_count(stacks).paused > 0);
	stacks_destroy(stacks);
	kill(child, SIGTERM);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

/* 't' where it is stopped by a tracer. */
static char state_of(pid_t pid)
{
	char path[64], text[256] = "", *at;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	at = strrchr(text, ')');
	return at ? at[2] : '?';
}

/* A parent of vfork() can't stop before its child is done: it has to be let
 * go then, though it was given up long before. */
static void what_stops_late_goes_on_all_the_same(void **state)
{
	struct stacks *stacks = stacks_create();
	struct stacks_sample one;
	bool is_stopped = true;
	pid_t child;

	(void)state;
	put(fake.gil, o->gil_locked, 1);
	put(fake.cframe, o->cframe_current, 0);
	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		put(fake.thread, o->thread_native_id, (uint64_t)getpid());
		if (vfork() == 0) {
			usleep(300000);
			_exit(0);
		}
		for (;;)
			pause();
	}
	usleep(20000);
	for (int i = 0; i < 60; i++) {
		stacks_sample(stacks, child, &one);
		usleep(10000);
	}
	/* On a loaded machine it may stop late again, at any moment. */
	for (int i = 0; i < 1000 && is_stopped; i++) {
		stacks_sample(stacks, child, &one);
		usleep(10000);
		is_stopped = state_of(child) == 't';
	}
	assert_false(is_stopped);
	stacks_destroy(stacks);
	stop_child(child);
}

static void a_loop_of_frames_ends(void **state)
{
	struct stacks_sample last = {0};
	char function[32] = "";

	(void)state;
	put(frame(0), o->frame_previous, address(frame(1)));
	sample(&last, function);
	assert_true(last.len <= STACK_DEPTH + 1);
	put(frame(1), o->frame_previous, address(frame(1)));
	sample(&last, function);
	assert_true(last.len <= STACK_DEPTH + 1);
}

static void a_deep_stack_is_cut(void **state)
{
	struct stacks_sample last = {0};
	char function[32] = "";

	(void)state;
	put_frames(DEPTH);
	assert_true(sample(&last, function) > 0);
	assert_int_equal(last.len, STACK_DEPTH + 1);
	assert_string_equal(function, "f");
}

/* 256 functions with the interpreter's own frames between them are all of the
 * stack; one more is not. */
static void only_functions_count_towards_the_depth(void **state)
{
	struct stacks_sample last = {0};
	char function[32] = "";

	(void)state;
	for (size_t more = 0; more < 2; more++) {
		size_t count = 257 + more;

		tell_the_truth(NULL);
		put_frames(count);
		for (size_t i = 0; i < count; i += 257)
			frame(i)[o->frame_owner] = (char)o->shim_owner;
		if (more)
			frame(count - 1)[o->frame_owner] = 0;
		assert_true(sample(&last, function) > 0);
		assert_int_equal(last.len, STACK_DEPTH + more);
	}
}

/* An interpreter of the row tells this about itself. */
static void put_debug(const struct python_offsets *row)
{
	struct debug_word next;
	size_t at = 0;

	memcpy(_PyRuntime, PYTHON_DEBUG_COOKIE, 8);
	while (debug_row_next(row, &at, &next))
		put(_PyRuntime, (int)next.word * 8, next.value);
}

/* Since 3.15 a thread always has a frame, its last: one that has no other runs
 * no Python, as between two calls of a program that embeds it. */
static void the_last_frame_of_a_thread_is_no_python(void **state)
{
	struct stacks *stacks = stacks_create();
	struct stacks_sample one;
	pid_t child;

	(void)state;
	tell_as(python_offsets_find(15, -1, false));
	Py_Version = 0x030f02f0;
	put_debug(o);
	put(fake.thread, o->thread_base_frame, address(fake.other));
	fake.other[o->frame_owner] = (char)o->shim_owner;
	put(fake.thread, o->thread_frame, address(fake.other));
	child = start();
	for (int i = 0; i < 5; i++)
		assert_false(stacks_sample(stacks, child, &one));
	assert_int_equal(stacks_count(stacks).processes, 1);
	assert_int_equal(stacks_count(stacks).missing, 0);
	stop_child(child);
	stacks_destroy(stacks);

	stacks = stacks_create();
	put(frame(0), o->frame_previous, address(fake.other));
	put(fake.thread, o->thread_frame, address(frame(1)));
	child = start();
	assert_true(stacks_sample(stacks, child, &one));
	assert_int_equal(one.len, 2);
	assert_string_equal(one.frames[0].function, "f");
	/* A chain that ends elsewhere is no stack. */
	stop_child(child);
	put(frame(0), o->frame_previous, 0);
	child = start();
	for (int i = 0; i < 5; i++)
		assert_false(stacks_sample(stacks, child, &one));
	stop_child(child);
	stacks_destroy(stacks);
	memset(_PyRuntime, 0, sizeof(_PyRuntime));
}

static void loops_of_threads_and_interpreters_end(void **state)
{
	struct stacks_sample last = {0};
	char function[32] = "";

	(void)state;
	put(fake.thread, o->thread_next, address(fake.other));
	put(fake.other, o->thread_next, address(fake.thread));
	put(fake.gil, o->gil_last_holder, WILD);
	sample(&last, function);
	put(fake.interpreter, o->interpreter_next, address(fake.interpreter));
	sample(&last, function);
}

struct place {
	void *at;
	int offset;
};

/* Each value at each place, up to the one that is nowhere. */
static void lie(const struct place *places, const uint64_t *values, bool none)
{
	for (; places->at; places++) {
		for (size_t k = 0; values[k]; k++) {
			struct stacks_sample last;
			char function[32];
			int got;

			tell_the_truth(NULL);
			put(places->at, places->offset, values[k]);
			got = sample(&last, function);
			assert_true(got == 0 || !none);
		}
	}
}

static void wild_pointers_are_no_stack(void **state)
{
	const struct place places[] = {{fake.thread, o->thread_cframe},
	    {fake.thread, o->thread_interpreter},
	    {fake.cframe, o->cframe_current}, {frame(0), o->frame_code},
	    {frame(1), o->frame_previous}, {fake.code, o->object_type},
	    {fake.code, o->code_filename}, {fake.code, o->code_qualname},
	    {fake.code, o->code_line_table}, {0}};
	static const uint64_t values[] = {
	    1, 4095, WILD, (uint64_t)1 << 47, UINT64_MAX, UINT64_MAX - 4096, 0};

	(void)state;
	lie(places, values, true);
}

static void wild_anchors_do_no_harm(void **state)
{
	const struct place places[] = {{_PyRuntime, o->runtime_interpreters},
	    {fake.interpreter, o->interpreter_threads},
	    {fake.interpreter, o->interpreter_gil},
	    {fake.interpreter, o->interpreter_next},
	    {fake.gil, o->gil_last_holder}, {fake.thread, o->thread_datastack},
	    {fake.thread, o->thread_next}, {fake.chunk, 8}, {0}};
	static const uint64_t values[] = {1, WILD, HUGE_LENGTH, UINT64_MAX, 0};

	(void)state;
	lie(places, values, false);
}

static void huge_lengths_are_no_text(void **state)
{
	struct stacks_sample last;
	char function[32];

	(void)state;
	put(fake.filename, o->str_length, HUGE_LENGTH);
	assert_int_equal(sample(&last, function), 0);
	tell_the_truth(NULL);
	put(fake.table, o->object_size, HUGE_LENGTH);
	assert_int_equal(sample(&last, function), 0);
	tell_the_truth(NULL);
	put(fake.name, o->str_state, 7 << 2 | 1 << 5);
	assert_int_equal(sample(&last, function), 0);
}

/* A length that reaches beyond what is mapped: not a byte of it is reported. */
static void text_over_the_edge_is_none(void **state)
{
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct stacks_sample last;
	char function[32];

	(void)state;
	munmap(pages + 4096, 4096);
	put_text(pages + 3900, "edge");
	put(pages + 3900, o->str_length, 4000);
	put(fake.code, o->code_filename, address(pages + 3900));
	assert_int_equal(sample(&last, function), 0);
	munmap(pages, 4096);
}

static void every_kind_of_text(void **state)
{
	struct python_target target;
	char object[256] = {0}, text[64];
	const uint16_t two[] = {0x416, 0xd800, 0};
	const uint32_t four[] = {0x1f40d, 0x110000, 'x'};
	struct err e;
	pid_t child;

	(void)state;
	put(object, o->str_length, 3);
	put(object, o->str_state, 2 << 2 | 1 << 5);
	memcpy(object + o->str_compact_size, two, sizeof(two));
	memcpy(fake.filename, object, sizeof(fake.filename));
	put(object, o->str_state, 4 << 2 | 1 << 5);
	memcpy(object + o->str_compact_size, four, sizeof(four));
	memcpy(fake.name, object, sizeof(fake.name));
	put_text(fake.table, "abc");
	put(fake.table, o->str_state, 1 << 2);
	put(fake.table, o->str_data, address("\xe9t\xe9"));
	child = start();
	assert_int_equal(python_open(&target, child, &e), PYTHON_OK);
	assert_int_equal(
	    python_text(&target, address(fake.filename), text, sizeof(text)),
	    0);
	assert_string_equal(text, "\xd0\x96\xef\xbf\xbd\xef\xbf\xbd");
	assert_int_equal(
	    python_text(&target, address(fake.name), text, sizeof(text)), 0);
	assert_string_equal(text, "\xf0\x9f\x90\x8d\xef\xbf\xbdx");
	assert_int_equal(python_text(&target, address(fake.name), text, 6), 0);
	assert_string_equal(text, "\xf0\x9f\x90\x8d");
	assert_int_equal(
	    python_text(&target, address(fake.table), text, sizeof(text)), 0);
	assert_string_equal(text, "\xc3\xa9t\xc3\xa9");
	stop_child(child);
}

static void other_versions_are_named(void **state)
{
	static const unsigned long versions[] = {
	    0x03070af0, 0x031000a1, 0x031000f0, 0x040000f0, 0};

	(void)state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		Py_Version = versions[i];
		assert_int_equal(opened(), PYTHON_UNSUPPORTED);
	}
}

/* Since 3.13 an interpreter tells its own offsets, or lies about them: all of
 * them, or by one word at a time. A version that has no row is refused whatever
 * it tells. */
static void made_up_offsets_are_refused(void **state)
{
	static const unsigned long versions[] = {
	    0x030d00f0, 0x030e0af0, 0x030f02f0, 0x031000a1, 0};
	struct python_debug debug = {0};
	char before[sizeof(debug)];

	(void)state;
	memcpy(debug.cookie, PYTHON_DEBUG_COOKIE, sizeof(debug.cookie));
	memcpy(before, _PyRuntime, sizeof(before));
	for (size_t i = 0; versions[i]; i++) {
		Py_Version = versions[i];
		memcpy(_PyRuntime, before, sizeof(before));
		assert_int_equal(opened(), PYTHON_UNSUPPORTED);
		debug.version = versions[i];
		debug.free_threaded = 1;
		memset(debug.words, 0, sizeof(debug.words));
		memcpy(_PyRuntime, &debug, sizeof(debug));
		assert_int_equal(opened(), PYTHON_UNSUPPORTED);
		debug.free_threaded = 0;
		memset(debug.words, 0xee, sizeof(debug.words));
		memcpy(_PyRuntime, &debug, sizeof(debug));
		assert_int_equal(opened(), PYTHON_UNSUPPORTED);
		for (size_t k = 0; k < PYTHON_DEBUG_WORDS - 3; k++)
			debug.words[k] = 8 * k;
		memcpy(_PyRuntime, &debug, sizeof(debug));
		assert_int_equal(opened(), PYTHON_UNSUPPORTED);
	}
	memcpy(_PyRuntime, before, sizeof(before));
}

static void another_layout_is_refused(void **state)
{
	(void)state;
	put(fake.thread, o->thread_interpreter, address(fake.gil));
	assert_int_equal(opened(), PYTHON_UNSUPPORTED);
	tell_the_truth(NULL);
	put(PyType_Type, o->object_type, 0);
	assert_int_equal(opened(), PYTHON_UNSUPPORTED);
	tell_the_truth(NULL);
	put(PyType_Type, o->type_basic_size, (uint64_t)o->heap_type_size + 8);
	assert_int_equal(opened(), PYTHON_UNSUPPORTED);
	tell_the_truth(NULL);
	put(PyType_Type, o->type_dict_offset, (uint64_t)o->type_dict - 8);
	assert_int_equal(opened(), PYTHON_UNSUPPORTED);
	tell_the_truth(NULL);
	put(PyCode_Type, o->type_basic_size,
	    (uint64_t)o->code_instructions + 8);
	assert_int_equal(opened(), PYTHON_UNSUPPORTED);
	tell_the_truth(NULL);
	put(PyGen_Type, o->type_basic_size,
	    (uint64_t)(o->generator_frame + o->frame_locals + 8));
	assert_int_equal(opened(), PYTHON_UNSUPPORTED);
	tell_the_truth(NULL);
	put(_PyRuntime, o->runtime_interpreters, 0);
	assert_int_equal(opened(), PYTHON_EARLY);
}

#define LIE(test) cmocka_unit_test_setup(test, tell_the_truth)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    LIE(the_truth_is_read),
	    LIE(a_frame_that_hangs_in_the_air_is_no_stack),
	    LIE(who_is_gone_is_forgotten),
	    LIE(a_holder_is_stopped_and_goes_on),
	    LIE(what_stops_late_goes_on_all_the_same),
	    LIE(a_loop_of_frames_ends),
	    LIE(a_deep_stack_is_cut),
	    LIE(only_functions_count_towards_the_depth),
	    LIE(the_last_frame_of_a_thread_is_no_python),
	    LIE(loops_of_threads_and_interpreters_end),
	    LIE(wild_pointers_are_no_stack),
	    LIE(wild_anchors_do_no_harm),
	    LIE(huge_lengths_are_no_text),
	    LIE(text_over_the_edge_is_none),
	    LIE(every_kind_of_text),
	    LIE(other_versions_are_named),
	    LIE(made_up_offsets_are_refused),
	    LIE(another_layout_is_refused),
	};

	alarm(600);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
