// SPDX-License-Identifier: MIT
#include "allocation/python_stack.h"

#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

#include "allocation/python_cells.h"
#include "base/digits.h"
#include "python/remote/offsets.h"
#include "python/stack/linetable.h"

/* The interpreter's own frames are between those of Python. */
#define PYTHON_STACK_STEPS (4 * ALLOCATION_DEPTH)
/* A function may call itself as often before one that runs it in C. */
#define PYTHON_SHIM_STEPS 4096
/* Number of innermost frames that tell places apart. */
#define PYTHON_STACK_KEY 4
#define PYTHON_STR_HASH 24 /* in each CPython since 3.3 */
#define PYTHON_SYMBOL 1    /* RTLD_DL_SYMENT of glibc, which musl lacks */
#define PYTHON_FILE_BYTES 1024
#define PYTHON_NAME_BYTES 512

struct pyobj; /* PyObject */

static struct {
	struct python_offsets offsets;
	const char *code_type, *str_type;
	/* Returns the state of the thread that holds the lock, since 3.12 of
	 * this thread if it does; returns the state that this thread began
	 * with. */
	void *(*current)(void), *(*of_thread)(void);
	int (*is_ending)(void);
	ssize_t (*str_length)(struct pyobj *);
	uint32_t (*str_char)(struct pyobj *, ssize_t);
	uint64_t eval, eval_end; /* code of _PyEval_EvalFrameDefault() */
} python;

static uint64_t python_u64(uint64_t address)
{
	uint64_t value;

	memcpy(&value, (const void *)(uintptr_t)address, sizeof(value));
	return value;
}

static int python_int(uint64_t address)
{
	int value;

	memcpy(&value, (const void *)(uintptr_t)address, sizeof(value));
	return value;
}

static void *python_find(const char *name)
{
	return dlsym(RTLD_DEFAULT, name);
}

/* A function by its name since 3.13, or by that before. */
static void *python_find_either(const char *name, const char *before)
{
	void *found = python_find(name);

	return found ? found : python_find(before);
}

/* Finds the row for a version such as "3.11.2 (main, ...". */
static bool python_find_offsets(const char *version)
{
	const struct python_offsets *row;
	const struct python_debug *debug = python_find("_PyRuntime");
	uint64_t minor;
	int micro = -1;

	if (strncmp(version, "3.", 2) != 0 ||
	    strstr(version, "free-threading") ||
	    python_find("_Py_NegativeRefcount"))
		return false;
	version += 2;
	minor = digits_read(&version);
	if (*version++ == '.')
		micro = (int)(digits_read(&version) % 1000);
	row =
	    minor < 100 ? python_offsets_find((int)minor, micro, false) : NULL;
	if (!row)
		return false;
	python.offsets = *row;
	return !python_offsets_are_described((int)minor) ||
	       (debug &&
		   memcmp(debug->cookie, PYTHON_DEBUG_COOKIE,
		       sizeof(debug->cookie)) == 0 &&
		   !debug->free_threaded &&
		   python_offsets_adopt(&python.offsets, debug) == 0);
}

static void python_find_eval(void)
{
	void *eval = python_find("_PyEval_EvalFrameDefault");
	int (*lookup)(const void *, Dl_info *, void **, int);
	const ElfW(Sym) *symbol = NULL;
	Dl_info info;

	/* dladdr1() is glibc's. */
	*(void **)&lookup = python_find("dladdr1");
	if (!eval || !lookup ||
	    !lookup(eval, &info, (void **)&symbol, PYTHON_SYMBOL) || !symbol)
		return;
	python.eval = (uintptr_t)eval;
	python.eval_end = python.eval + symbol->st_size;
}

/* dlsym() may allocate, and thus take a sample: `current`, by which a sample
 * knows that Python's frames can be read, is set last. */
bool python_stack_prepare(void)
{
	const char *(*version)(void);
	void *current;

	if (python.current)
		return true;
	*(void **)&version = python_find("Py_GetVersion");
	python.code_type = python_find("PyCode_Type");
	python.str_type = python_find("PyUnicode_Type");
	*(void **)&python.str_length = python_find("PyUnicode_GetLength");
	*(void **)&python.str_char = python_find("PyUnicode_ReadChar");
	if (!version || !python.code_type || !python.str_type ||
	    !python.str_length || !python.str_char ||
	    !python_find_offsets(version()))
		return false;
	*(void **)&python.of_thread =
	    python_find("PyGILState_GetThisThreadState");
	current = python_find_either(
	    "PyThreadState_GetUnchecked", "_PyThreadState_UncheckedGet");
	*(void **)&python.is_ending =
	    python_find_either("Py_IsFinalizing", "_Py_IsFinalizing");
	if (!current || !python.of_thread || !python.is_ending)
		return false;
	python_find_eval();
	*(void **)&python.current = current;
	return true;
}

static uint64_t python_innermost(uint64_t thread)
{
	const struct python_offsets *o = &python.offsets;

	if (o->thread_cframe == OFFSET_ABSENT)
		return python_u64(thread + (uint64_t)o->thread_frame);
	return python_u64(python_u64(thread + (uint64_t)o->thread_cframe) +
			  (uint64_t)o->cframe_current);
}

/* Whether the frame is one of the interpreter's own. Since 3.12 its C function
 * has one in a variable, below the frames that one call of it runs. */
static bool python_frame_is_shim(uint64_t frame)
{
	const struct python_offsets *o = &python.offsets;

	return o->shim_owner != OFFSET_ABSENT &&
	       *(const unsigned char *)(uintptr_t)(frame +
						   (uint64_t)o->frame_owner) >=
		   o->shim_owner;
}

uint64_t python_stack_until(uint64_t thread)
{
	const struct python_offsets *o = &python.offsets;
	uint64_t frame;

	if (o->thread_cframe != OFFSET_ABSENT)
		return python_u64(thread + (uint64_t)o->thread_cframe);
	if (o->shim_owner == OFFSET_ABSENT)
		return 0;
	frame = python_innermost(thread);
	for (int step = 0; frame && step < PYTHON_SHIM_STEPS; step++) {
		if (python_frame_is_shim(frame))
			return frame;
		frame = python_u64(frame + (uint64_t)o->frame_previous);
	}
	return 0;
}

/* A compiler may split the function in parts, and its symbol is that of one. */
size_t python_stack_cut(const struct stack_captured *c)
{
	size_t at = stack_frame_of(c, c->until);

	if (at < c->count)
		return at;
	for (size_t i = 0; i < c->count; i++)
		if (c->frames[i] - python.eval < python.eval_end - python.eval)
			return i;
	return c->count < ALLOCATION_DEPTH / 2 ? c->count
					       : ALLOCATION_DEPTH / 2;
}

uint64_t python_stack_thread(bool is_locked)
{
	void *thread;

	if (!python.current)
		return 0;
	/* The runtime's current thread may be another one. */
	thread = is_locked || python.offsets.runtime_current == OFFSET_ABSENT
		     ? python.current()
		     : NULL;
	/* An interpreter that ends frees the states of threads that still
	 * run. */
	if (!thread && !python.is_ending())
		thread = python.of_thread();
	return thread && python_innermost((uintptr_t)thread) ? (uintptr_t)thread
							     : 0;
}

static bool python_is(uint64_t object, const char *type)
{
	return object &&
	       python_u64(object + (uint64_t)python.offsets.object_type) ==
		   (uintptr_t)type;
}

/* The code object of a frame; 0 for the interpreter's own frames. */
static uint64_t python_frame_code(uint64_t frame)
{
	const struct python_offsets *o = &python.offsets;
	uint64_t code;

	if (python_frame_is_shim(frame))
		return 0;
	code = python_untagged(o, python_u64(frame + (uint64_t)o->frame_code));
	return python_is(code, python.code_type) ? code : 0;
}

static int python_frame_place(uint64_t frame, uint64_t code)
{
	const struct python_offsets *o = &python.offsets;

	if (o->frame_instruction == OFFSET_ABSENT)
		return python_int(frame + (uint64_t)o->frame_lasti) *
		       o->lasti_unit;
	return (
	    int)(int64_t)(python_u64(frame + (uint64_t)o->frame_instruction) -
			  code - (uint64_t)o->code_instructions);
}

/* The characters of a text that is stored as ASCII, as most names are, and has
 * no zeros; NULL: it is another one. */
static const char *python_ascii(uint64_t text, size_t len)
{
	const struct python_offsets *o = &python.offsets;
	uint32_t state = (uint32_t)python_int(text + (uint64_t)o->str_state);
	const char *from =
	    (const char *)(uintptr_t)(text + (uint64_t)o->str_ascii_size);

	/* Bits behind the kind: it is compact, it is ASCII. */
	return (state >> (o->str_kind_bit + 3) & 3) == 3 &&
		       !memchr(from, '\0', len)
		   ? from
		   : NULL;
}

/* Copies as UTF-8, NUL-terminated, cut to size. Returns the bytes, including
 * the NUL. */
static size_t python_copy_text(uint64_t text, char *to, size_t size)
{
	struct pyobj *object = (struct pyobj *)(uintptr_t)text;
	const char *ascii = NULL;
	ssize_t len;
	size_t at = 0;

	len = python_is(text, python.str_type) ? python.str_length(object) : 0;
	if (len > 0 && (size_t)len < size)
		ascii = python_ascii(text, (size_t)len);
	if (ascii) {
		memcpy(to, ascii, (size_t)len + 1);
		return (size_t)len + 1;
	}
	for (ssize_t i = 0; i < len && at + 5 < size; i++) {
		uint32_t c = python.str_char(object, i);

		if (c == 0 || (c >= 0xd800 && c < 0xe000))
			c = 0xfffd;
		if (c < 0x80) {
			to[at++] = (char)c;
			continue;
		}
		if (c >= 0x10000) {
			to[at++] = (char)(0xf0 | c >> 18);
			to[at++] = (char)(0x80 | (c >> 12 & 0x3f));
		} else if (c >= 0x800) {
			to[at++] = (char)(0xe0 | c >> 12);
		}
		to[at++] = c < 0x800 ? (char)(0xc0 | c >> 6)
				     : (char)(0x80 | (c >> 6 & 0x3f));
		to[at++] = (char)(0x80 | (c & 0x3f));
	}
	to[at++] = '\0';
	return at;
}

static int python_line(const struct python_stack_line *line)
{
	const struct python_offsets *o = &python.offsets;

	return linetable_line((enum line_table_form)o->line_table_form,
	    (const uint8_t *)(uintptr_t)(line->table + (uint64_t)o->bytes_data),
	    (size_t)python_u64(line->table + (uint64_t)o->object_size),
	    line->first_line, line->place);
}

/* Whether this thread holds the lock of an interpreter that is not ending. */
static bool python_has_lock(void)
{
	return !python.is_ending() && python.current() &&
	       python.current() == python.of_thread();
}

/* Returns bytes. A cell gets another number whenever it runs again. */
static size_t python_write_file(
    const struct python_stack_line *line, char *to, bool *is_for_good)
{
	size_t len = python_copy_text(line->file, to, PYTHON_FILE_BYTES);

	*is_for_good = !python_cells_has(to);
	if (!python_has_lock())
		return len;
	python_cells_expect(to);
	if (*is_for_good)
		return len;
	python_cells_rename(
	    to, PYTHON_FILE_BYTES, (struct pyobj *)(uintptr_t)line->file);
	return strlen(to) + 1;
}

static uint32_t python_write_frame(const struct python_stack_line *line,
    const struct log_search *to, bool *is_for_good)
{
	union {
		struct allocation_frame frame;
		char bytes[sizeof(struct allocation_frame) + PYTHON_FILE_BYTES +
			   PYTHON_NAME_BYTES + 8];
	} entry;
	size_t len;

	/* The record ends in zeros, and is compared with its like. */
	memset(&entry, 0, sizeof(entry));
	entry.frame.entry.kind = ALLOCATION_FRAME;
	entry.frame.line = (uint64_t)python_line(line);
	len = python_write_file(line, entry.frame.text, is_for_good);
	len += python_copy_text(
	    line->name, entry.frame.text + len, PYTHON_NAME_BYTES);
	entry.frame.entry.bytes =
	    (uint32_t)(sizeof(entry.frame) + len + 7) & ~7u;
	return log_intern(to, &entry.frame.entry);
}

static struct python_stack_line python_line_of(uint64_t frame, uint64_t code)
{
	const struct python_offsets *o = &python.offsets;
	int name =
	    o->code_qualname == OFFSET_ABSENT ? o->code_name : o->code_qualname;
	struct python_stack_line line = {
	    .code = code,
	    .name = python_u64(code + (uint64_t)name),
	    .file = python_u64(code + (uint64_t)o->code_filename),
	    .table = python_u64(code + (uint64_t)o->code_line_table),
	    .first_line = python_int(code + (uint64_t)o->code_first_line),
	    .place = python_frame_place(frame, code),
	};

	line.name_hash = python_u64(line.name + PYTHON_STR_HASH);
	line.file_hash = python_u64(line.file + PYTHON_STR_HASH);
	return line;
}

static uint32_t python_frame_entry(struct python_stack_lines *lines,
    const struct log_search *to, struct python_stack_line *line)
{
	uint64_t hash =
	    (line->code + (uint64_t)line->place) * 0x9e3779b97f4a7c15u;
	uint16_t *at = &lines->at[(hash >> 32) % PYTHON_STACK_LINES];
	const struct python_stack_line *known = &lines->lines[*at];
	bool is_for_good;

	line->frame = known->frame;
	if (known->code && memcmp(known, line, sizeof(*line)) == 0)
		return known->frame;
	line->frame = python_write_frame(line, to, &is_for_good);
	if (line->frame == LOG_NONE || !is_for_good)
		return line->frame;
	if (!*at)
		*at = (uint16_t)++lines->len;
	lines->lines[*at] = *line;
	return line->frame;
}

uint64_t python_stack_key(uint64_t thread)
{
	uint64_t frame = python_innermost(thread), key = 0;

	for (int step = 0; frame && step < PYTHON_STACK_KEY; step++) {
		uint64_t code = python_frame_code(frame);

		if (code)
			key = (key ^ code) * 0x9e3779b97f4a7c15u +
			      (uint64_t)python_frame_place(frame, code);
		frame =
		    python_u64(frame + (uint64_t)python.offsets.frame_previous);
	}
	return key;
}

size_t python_stack_capture(struct python_stack_lines *lines,
    const struct log_search *to, uint64_t thread, uint64_t *frames, size_t room)
{
	uint64_t frame = python_innermost(thread);
	size_t len = 0;

	for (int step = 0; frame && len < room && step < PYTHON_STACK_STEPS;
	     step++) {
		uint64_t code = python_frame_code(frame);
		struct python_stack_line line;
		uint32_t at;

		if (code) {
			line = python_line_of(frame, code);
			/* The interpreter's own code names no file. */
			at = line.file == line.name
				 ? LOG_NONE
				 : python_frame_entry(lines, to, &line);
			if (at != LOG_NONE)
				frames[len++] = ALLOCATION_IS_FRAME | at;
		}
		frame =
		    python_u64(frame + (uint64_t)python.offsets.frame_previous);
	}
	return len;
}
