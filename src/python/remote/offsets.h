/* SPDX-License-Identifier: MIT
 *
 * Byte offsets in CPython's structures, one row for each minor version (and
 * more where patch releases differ) in offsets.def. The rows are made from the
 * interpreters' own headers by tests/tools/python-offsets.
 */
#ifndef MPROF_PYTHON_REMOTE_OFFSETS_H
#define MPROF_PYTHON_REMOTE_OFFSETS_H

#include <stdbool.h>
#include <stdint.h>

#include "python/remote/memory.h"

#define OFFSET_ABSENT (-1) /* the version has no such field */

struct python_offsets {
	int minor, micro; /* the release whose headers the row was made from */

	/* In _PyRuntime; 3.8 to 3.11 keep the GIL's state there. */
	int runtime_interpreters, runtime_current, runtime_gil;
	int runtime_gc; /* 3.8 */

	int interpreter_next, interpreter_threads, interpreter_modules;
	int interpreter_gil; /* since 3.12 */
	int interpreter_gc;  /* since 3.9 */
	/* In the collector's state. */
	int gc_size, gc_generations, gc_permanent, gc_collecting;
	int gc_generation0;

	int gil_last_holder, gil_locked;
	int gc_generation_size;

	int thread_next, thread_interpreter, thread_id;
	int thread_native_id; /* since 3.11 */
	int thread_frame;     /* 3.11 and 3.12: by way of the C frame */
	int thread_cframe, cframe_current;
	int thread_base_frame; /* since 3.15: the last frame of each stack */
	int thread_datastack;  /* since 3.11 */

	int frame_previous, frame_code, frame_locals;
	int frame_lasti;       /* up to 3.10 */
	int frame_instruction; /* since 3.11: an address */
	int frame_owner;       /* since 3.11 */
	int frame_stack;       /* up to 3.10 */
	int frame_top;
	int generator_frame; /* since 3.11: a generator ends with its frame */

	int code_filename, code_name, code_qualname, code_first_line;
	int code_line_table, code_instructions, code_size;
	/* Names of variables. */
	int code_stack_size, code_locals, code_variables;

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
	int bytearray_bytes; /* since 3.15: the bytes object behind it */

	/* These are no offsets, but forms and counts: */
	int shim_owner; /* since 3.12: the lowest owner of the interpreter's own
			   frames */
	int frame_top_form; /* enum frame_top_form */
	int lasti_unit;     /* unit of frame_lasti in bytes */
	int line_table_form;
	int dict_keys_form;
	int dict_values_first; /* bytes before the values of a dict */
	int instance_form;
	int int_tag_bits;      /* bits below the number of digits */
	int int_digits_least;  /* number of digits of zero */
	int static_type_extra; /* bytes by which a static type counts more */
	int stack_tag_mask; /* tag bits of a reference on an evaluation stack */
	int reference_count_bits; /* width of the count in an object's first
				     word */
	int str_kind_bit;         /* lowest bit of the kind in a str's state */
	int remote_exec_word;     /* since 3.14: index of the first word of
				     _Py_DebugOffsets that describes
				     sys.remote_exec() */
	int free_threaded;        /* 1: a build without the GIL; 0 */
	int flag_inline_values, flag_managed_weakref, flag_managed_dict;

	/* These are offsets again, of builds without the GIL: */
	/* object_local, object_shared: reference counts. */
	int object_gc_bits, object_local, object_shared;
	int thread_state;            /* attached or not */
	int frame_copy, code_copies; /* since 3.14: a thread's own copy of the
					instructions, and its index */
	/* mimalloc's heaps, which hold the objects. */
	int thread_heaps_ready, thread_heaps, heap_size, heap_page_count;
	int segment_cookie, segment_kind, segment_entries, segment_info;
	int segment_slices;
	int page_size, page_capacity, page_free, page_local_free;
	int page_thread_free, page_heap, page_tag, page_tag_shift;
	int page_block_size;
	int page_start; /* mimalloc 2.5: an address */
};

/* The form of a frame's stack pointer. */
enum frame_top_form {
	FRAME_TOP_ADDRESS, /* an address; 0 while the frame runs */
	FRAME_TOP_DEPTH,   /* words behind the variables; -1 while the frame
			      runs */
	FRAME_TOP_WORDS    /* words including the variables; likewise */
};

/* The form of a table from instructions to lines. */
enum line_table_form {
	LINE_TABLE_STEPS,    /* co_lnotab, up to 3.9 */
	LINE_TABLE_RANGES,   /* co_linetable of 3.10 */
	LINE_TABLE_LOCATIONS /* since 3.11 */
};

enum dict_keys_form {
	DICT_KEYS_PLAIN, /* the number of slots */
	DICT_KEYS_LOG2   /* since 3.11: its logarithm */
};

/* The place of an instance's attributes, by its class. */
enum instance_form {
	INSTANCE_PLAIN, /* in a dict, at an offset that the type has */
	INSTANCE_PAIR, /* 3.11: pointers to values and dict before the object */
	INSTANCE_TAGGED, /* 3.12: one of them, told apart by the lowest bit */
	INSTANCE_INLINE  /* since 3.13: values in the object, dict before it */
};

/* The row for 3.MINOR.MICRO (micro below 0: unknown), built with or without the
 * GIL: the newest one made from a release that is not newer, else the oldest.
 * NULL where there is none. */
const struct python_offsets *python_offsets_find(
    int minor, int micro, bool free_threaded);

/* Rows in order; NULL behind the last. */
const struct python_offsets *python_offsets_row(unsigned index);

/* To 3.10 a frame is an object, and a generator refers to one. */
static inline bool python_frames_are_objects(
    const struct python_offsets *offsets)
{
	return offsets->frame_stack != OFFSET_ABSENT;
}

/* The address of a reference on an evaluation stack; 0 for none, for a small
 * int (both tag bits) and for an error (the higher bit). */
static inline uint64_t python_untagged(
    const struct python_offsets *offsets, uint64_t reference)
{
	uint64_t mask = (uint64_t)offsets->stack_tag_mask;

	return (reference & mask) > 1 ? 0 : reference & ~mask;
}

/* Like python_references(), for a build without the GIL. */
uint64_t python_references_without_gil(
    const struct python_offsets *offsets, const void *header);

/* The number of references to the object with that header; 0 where it is no
 * object. */
static inline uint64_t python_references(
    const struct python_offsets *offsets, const void *header)
{
	if (offsets->free_threaded)
		return python_references_without_gil(offsets, header);
	if (offsets->reference_count_bits == 64)
		return field_u64(header, 0);
	/* Since 3.14 the count is the lower half of the word, and the last
	 * quarter holds flags; the third is zero, except in addresses. */
	return field_u64(header, 0) >> 32 & 0xffff ? 0 : field_u32(header, 0);
}

/* Bytes before an object that the collector tracks. */
static inline uint64_t python_gc_header(const struct python_offsets *offsets)
{
	return offsets->free_threaded ? 0 : 16;
}

/* Bytes by which an object's header is longer than with the GIL; fields of
 * types without a row lie further on by as many. */
static inline int python_header_extra(const struct python_offsets *offsets)
{
	return offsets->object_header - 16;
}

/* The oldest and the newest minor version that have rows. */
int python_offsets_oldest(void);
int python_offsets_newest(void);

/* CPython 3.13 and later begin _PyRuntime with their own table of offsets
 * (_Py_DebugOffsets), whose words debug_offsets.def names. */
bool python_offsets_are_described(int minor);

#define PYTHON_DEBUG_COOKIE "xdebugpy"
#define PYTHON_DEBUG_WORDS 112

struct python_debug {
	char cookie[8];
	uint64_t version; /* as Py_Version: 0x030d00f0 */
	uint64_t free_threaded;
	uint64_t words[PYTHON_DEBUG_WORDS - 3];
};

/* Replaces the row's offsets for the runtime and the interpreters by those in
 * debug. -1 where an offset is larger than any structure, or one of another
 * structure differs from the row. */
int python_offsets_adopt(
    struct python_offsets *offsets, const struct python_debug *debug);

#endif
