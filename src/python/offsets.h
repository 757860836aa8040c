/* SPDX-License-Identifier: MIT
 *
 * Where CPython keeps what: byte offsets into its structures, one row a minor
 * version (and one more where patch releases differ) in offsets.def. The rows
 * are made from the interpreters' own headers by tests/tools/python-offsets.
 */
#ifndef MPROF_PYTHON_OFFSETS_H
#define MPROF_PYTHON_OFFSETS_H

#include <stdint.h>

#define OFFSET_ABSENT (-1) /* that version has no such field */

struct python_offsets {
	int minor, micro; /* the release that the row was made from */

	/* _PyRuntime; 3.8 to 3.11 keep the lock's state there. */
	int runtime_interpreters, runtime_current, runtime_gil;
	int runtime_gc_generations, runtime_gc_permanent; /* 3.8 */
	int runtime_gc_collecting;                        /* 3.8 */

	int interpreter_next, interpreter_threads, interpreter_modules;
	int interpreter_gil; /* 3.12 on */
	int interpreter_gc_generations, interpreter_gc_permanent;
	int interpreter_gc_collecting;
	int gil_last_holder, gil_locked;
	int gc_generation_size;

	int thread_next, thread_interpreter, thread_id;
	int thread_native_id; /* 3.11 on */
	int thread_frame;     /* 3.11 and 3.12: through the C frame */
	int thread_cframe, cframe_current;
	int thread_datastack; /* 3.11 on */

	int frame_previous, frame_code, frame_locals;
	int frame_lasti;       /* to 3.10 */
	int frame_instruction; /* 3.11 on: an address */
	int frame_owner;       /* 3.11 on */
	int frame_stack;       /* to 3.10 */
	int frame_top;

	int code_filename, code_name, code_qualname, code_first_line;
	int code_line_table, code_instructions, code_size;
	int code_stack_size, code_locals, code_variables; /* their names */

	int object_type, object_size, object_header;
	int type_name, type_basic_size, type_item_size, type_flags;
	int type_dict_offset, type_base, type_dict, type_members, type_size;
	int heap_type_size, heap_type_cached_keys, heap_type_qualname;

	int list_items, list_allocated, tuple_items;
	int dict_size, dict_used, dict_keys, dict_values;
	int set_mask, set_table, set_small;
	int str_length, str_state, str_ascii_size, str_compact_size;
	int str_utf8, str_utf8_length, str_data;
	int bytes_data, function_code;
};

/* The row for 3.MINOR.MICRO (micro below 0: not known): the newest made from
 * a release that is not newer, or the oldest. NULL for other minors. */
const struct python_offsets *python_offsets_find(int minor, int micro);

/* In order; NULL behind the last. */
const struct python_offsets *python_offsets_row(unsigned index);
/* What an interpreter from 3.13 on tells about itself at the beginning of
 * _PyRuntime (_Py_DebugOffsets). */
#define PYTHON_DEBUG_COOKIE "xdebugpy"
#define PYTHON_DEBUG_WORDS 96

struct python_debug {
	char cookie[8];
	uint64_t version; /* as Py_Version: 0x030d00f0 */
	uint64_t free_threaded;
	uint64_t words[PYTHON_DEBUG_WORDS - 3];
};

/* Puts what debug says in place of the row's own; -1 where an offset is
 * beyond anything a structure can have. */
int python_offsets_adopt(
    struct python_offsets *offsets, const struct python_debug *debug);

#endif
