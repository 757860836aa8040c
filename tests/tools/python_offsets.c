// SPDX-License-Identifier: MIT
// Prints the row of src/python/remote/offsets.def for the CPython whose headers
// it is compiled against; with an argument, the words of _Py_DebugOffsets for
// debug_offsets.def. See python-offsets beside it.
#define Py_BUILD_CORE 1
#include <stddef.h>
#include <stdio.h>

#include "Python.h"
#include "frameobject.h"
#if PY_VERSION_HEX < 0x03090000
#include "internal/pycore_pymem.h"
#include "internal/pycore_pystate.h"
#else
#include "internal/pycore_gc.h"
#include "internal/pycore_interp.h"
#include "internal/pycore_runtime.h"
#endif
#if PY_VERSION_HEX >= 0x030b0000
#include "internal/pycore_frame.h"
#endif
#include "internal/pycore_gil.h"

#define SINCE(minor) (PY_VERSION_HEX >= 0x03000000 + ((minor) << 16))
#define FIELD(name, value) printf("\t.%s = %ld,\n", #name, (long)(value))
#define ABSENT(name) FIELD(name, -1)
#ifdef Py_GIL_DISABLED
#define FREE_THREADED 1
#include "internal/pycore_tstate.h"
#else
#define FREE_THREADED 0
#endif
#define FORM(name, form) printf("\t.%s = %s,\n", #name, form)

static void print_runtime(void)
{
	FIELD(
	    runtime_interpreters, offsetof(_PyRuntimeState, interpreters.head));
#if SINCE(12)
	ABSENT(runtime_current);
	ABSENT(runtime_gil);
#else
	FIELD(runtime_current,
	    offsetof(_PyRuntimeState, gilstate.tstate_current));
	FIELD(runtime_gil, offsetof(_PyRuntimeState, ceval.gil));
#endif
#if SINCE(9)
	ABSENT(runtime_gc);
#else
	FIELD(runtime_gc, offsetof(_PyRuntimeState, gc));
#endif
}

static void print_interpreter(void)
{
	FIELD(interpreter_next, offsetof(PyInterpreterState, next));
#if SINCE(11)
	FIELD(interpreter_threads, offsetof(PyInterpreterState, threads.head));
#else
	FIELD(interpreter_threads, offsetof(PyInterpreterState, tstate_head));
#endif
#if SINCE(12)
	FIELD(
	    interpreter_modules, offsetof(PyInterpreterState, imports.modules));
	FIELD(interpreter_gil, offsetof(PyInterpreterState, ceval.gil));
#else
	FIELD(interpreter_modules, offsetof(PyInterpreterState, modules));
	ABSENT(interpreter_gil);
#endif
#if SINCE(9)
	FIELD(interpreter_gc, offsetof(PyInterpreterState, gc));
#else
	ABSENT(interpreter_gc);
#endif
	FIELD(gc_size, sizeof(struct _gc_runtime_state));
#if FREE_THREADED
	ABSENT(gc_generations);
	ABSENT(gc_permanent);
	FIELD(gc_collecting, offsetof(struct _gc_runtime_state, collecting));
	ABSENT(gc_generation0);
#else
	FIELD(gc_generations, offsetof(struct _gc_runtime_state, generations));
	FIELD(gc_permanent,
	    offsetof(struct _gc_runtime_state, permanent_generation));
	FIELD(gc_collecting, offsetof(struct _gc_runtime_state, collecting));
	FIELD(gc_generation0, offsetof(struct _gc_runtime_state, generation0));
#endif
	FIELD(
	    gil_last_holder, offsetof(struct _gil_runtime_state, last_holder));
	FIELD(gil_locked, offsetof(struct _gil_runtime_state, locked));
	FIELD(gc_generation_size, sizeof(struct gc_generation));
}

static void print_thread(void)
{
	FIELD(thread_next, offsetof(PyThreadState, next));
	FIELD(thread_interpreter, offsetof(PyThreadState, interp));
	FIELD(thread_id, offsetof(PyThreadState, thread_id));
#if SINCE(11)
	FIELD(thread_native_id, offsetof(PyThreadState, native_thread_id));
	FIELD(thread_datastack, offsetof(PyThreadState, datastack_chunk));
#else
	ABSENT(thread_native_id);
	ABSENT(thread_datastack);
#endif
#if SINCE(13)
	FIELD(thread_frame, offsetof(PyThreadState, current_frame));
#elif SINCE(11)
	ABSENT(thread_frame);
#else
	FIELD(thread_frame, offsetof(PyThreadState, frame));
#endif
#if SINCE(15)
	FIELD(thread_base_frame, offsetof(PyThreadState, base_frame));
#else
	ABSENT(thread_base_frame);
#endif
#if SINCE(11) && !SINCE(13)
	FIELD(thread_cframe, offsetof(PyThreadState, cframe));
	FIELD(cframe_current, offsetof(_PyCFrame, current_frame));
#else
	ABSENT(thread_cframe);
	ABSENT(cframe_current);
#endif
}

static void print_frame(void)
{
#if SINCE(11)
	FIELD(frame_previous, offsetof(_PyInterpreterFrame, previous));
#if SINCE(13)
	FIELD(frame_code, offsetof(_PyInterpreterFrame, f_executable));
	FIELD(frame_instruction, offsetof(_PyInterpreterFrame, instr_ptr));
#else
	FIELD(frame_code, offsetof(_PyInterpreterFrame, f_code));
	FIELD(frame_instruction, offsetof(_PyInterpreterFrame, prev_instr));
#endif
	FIELD(frame_locals, offsetof(_PyInterpreterFrame, localsplus));
	ABSENT(frame_lasti);
	FIELD(frame_owner, offsetof(_PyInterpreterFrame, owner));
	ABSENT(frame_stack);
#if SINCE(14)
	FIELD(frame_top, offsetof(_PyInterpreterFrame, stackpointer));
#else
	FIELD(frame_top, offsetof(_PyInterpreterFrame, stacktop));
#endif
#else
	FIELD(frame_previous, offsetof(PyFrameObject, f_back));
	FIELD(frame_code, offsetof(PyFrameObject, f_code));
	ABSENT(frame_instruction);
	FIELD(frame_locals, offsetof(PyFrameObject, f_localsplus));
	FIELD(frame_lasti, offsetof(PyFrameObject, f_lasti));
	ABSENT(frame_owner);
	FIELD(frame_stack, offsetof(PyFrameObject, f_valuestack));
#if SINCE(10)
	FIELD(frame_top, offsetof(PyFrameObject, f_stackdepth));
#else
	FIELD(frame_top, offsetof(PyFrameObject, f_stacktop));
#endif
#endif
#if SINCE(11)
	FIELD(generator_frame, offsetof(PyGenObject, gi_iframe));
#else
	ABSENT(generator_frame);
#endif
}

static void print_code(void)
{
	FIELD(code_filename, offsetof(PyCodeObject, co_filename));
	FIELD(code_name, offsetof(PyCodeObject, co_name));
	FIELD(code_first_line, offsetof(PyCodeObject, co_firstlineno));
#if SINCE(10)
	FIELD(code_line_table, offsetof(PyCodeObject, co_linetable));
#else
	FIELD(code_line_table, offsetof(PyCodeObject, co_lnotab));
#endif
#if SINCE(11)
	FIELD(code_qualname, offsetof(PyCodeObject, co_qualname));
	FIELD(code_variables, offsetof(PyCodeObject, co_localsplusnames));
	FIELD(code_instructions, offsetof(PyCodeObject, co_code_adaptive));
#else
	ABSENT(code_qualname);
	FIELD(code_variables, offsetof(PyCodeObject, co_varnames));
	ABSENT(code_instructions);
#endif
	FIELD(code_stack_size, offsetof(PyCodeObject, co_stacksize));
#if SINCE(11)
	FIELD(code_locals, offsetof(PyCodeObject, co_nlocalsplus));
#else
	ABSENT(code_locals);
#endif
	FIELD(code_size, sizeof(PyCodeObject));
}

static void print_types(void)
{
	FIELD(object_type, offsetof(PyObject, ob_type));
	FIELD(object_size, offsetof(PyVarObject, ob_size));
	FIELD(object_header, sizeof(PyObject));
	FIELD(type_name, offsetof(PyTypeObject, tp_name));
	FIELD(type_basic_size, offsetof(PyTypeObject, tp_basicsize));
	FIELD(type_item_size, offsetof(PyTypeObject, tp_itemsize));
	FIELD(type_flags, offsetof(PyTypeObject, tp_flags));
	FIELD(type_dict_offset, offsetof(PyTypeObject, tp_dictoffset));
	FIELD(type_base, offsetof(PyTypeObject, tp_base));
	FIELD(type_dict, offsetof(PyTypeObject, tp_dict));
	FIELD(type_members, offsetof(PyTypeObject, tp_members));
	FIELD(type_size, sizeof(PyTypeObject));
	FIELD(heap_type_size, sizeof(PyHeapTypeObject));
	FIELD(
	    heap_type_cached_keys, offsetof(PyHeapTypeObject, ht_cached_keys));
	FIELD(heap_type_qualname, offsetof(PyHeapTypeObject, ht_qualname));
}

static void print_containers(void)
{
	FIELD(list_items, offsetof(PyListObject, ob_item));
	FIELD(list_allocated, offsetof(PyListObject, allocated));
	FIELD(tuple_items, offsetof(PyTupleObject, ob_item));
	FIELD(dict_size, sizeof(PyDictObject));
	FIELD(dict_used, offsetof(PyDictObject, ma_used));
	FIELD(dict_keys, offsetof(PyDictObject, ma_keys));
	FIELD(dict_values, offsetof(PyDictObject, ma_values));
	FIELD(set_mask, offsetof(PySetObject, mask));
	FIELD(set_table, offsetof(PySetObject, table));
	FIELD(set_small, offsetof(PySetObject, smalltable));
}

static void print_text(void)
{
	FIELD(str_length, offsetof(PyASCIIObject, length));
	FIELD(str_state, offsetof(PyASCIIObject, state));
	FIELD(str_ascii_size, sizeof(PyASCIIObject));
	FIELD(str_compact_size, sizeof(PyCompactUnicodeObject));
	FIELD(str_utf8, offsetof(PyCompactUnicodeObject, utf8));
	FIELD(str_utf8_length, offsetof(PyCompactUnicodeObject, utf8_length));
	FIELD(str_data, offsetof(PyUnicodeObject, data));
	FIELD(bytes_data, offsetof(PyBytesObject, ob_sval));
	FIELD(function_code, offsetof(PyFunctionObject, func_code));
#if SINCE(15)
	FIELD(bytearray_bytes, offsetof(PyByteArrayObject, ob_bytes_object));
#else
	ABSENT(bytearray_bytes);
#endif
}

/* Prints the forms of the structures that changed theirs; offsets.h says what
 * each form is. */
static void print_forms(void)
{
#if SINCE(12)
	/* FRAME_OWNED_BY_CSTACK; since 3.14 FRAME_OWNED_BY_INTERPRETER, and
	 * the former is 4. */
	FIELD(shim_owner, 3);
#else
	ABSENT(shim_owner);
#endif
	FORM(frame_top_form, SINCE(14)   ? "FRAME_TOP_ADDRESS"
			     : SINCE(11) ? "FRAME_TOP_WORDS"
			     : SINCE(10) ? "FRAME_TOP_DEPTH"
					 : "FRAME_TOP_ADDRESS");
	FIELD(lasti_unit, SINCE(10) && !SINCE(11) ? 2 : 1);
	FORM(line_table_form, SINCE(11)   ? "LINE_TABLE_LOCATIONS"
			      : SINCE(10) ? "LINE_TABLE_RANGES"
					  : "LINE_TABLE_STEPS");
	FORM(dict_keys_form, SINCE(11) ? "DICT_KEYS_LOG2" : "DICT_KEYS_PLAIN");
	FIELD(dict_values_first, SINCE(13) ? 8 : 0);
	FORM(instance_form, SINCE(13)   ? "INSTANCE_INLINE"
			    : SINCE(12) ? "INSTANCE_TAGGED"
			    : SINCE(11) ? "INSTANCE_PAIR"
					: "INSTANCE_PLAIN");
	FIELD(int_tag_bits, SINCE(12) ? 3 : 0);
	FIELD(int_digits_least, SINCE(11) ? 1 : 0);
	FIELD(static_type_extra, SINCE(11) && !SINCE(13) ? 16 : 0);
	FIELD(stack_tag_mask, SINCE(14) ? 3 : 0);
	FIELD(reference_count_bits, SINCE(14) ? 32 : 64);
	FIELD(str_kind_bit, FREE_THREADED && SINCE(14) ? 8 : 2);
#if SINCE(14)
	FIELD(
	    remote_exec_word, offsetof(_Py_DebugOffsets, debugger_support) / 8);
#else
	ABSENT(remote_exec_word);
#endif
	FIELD(free_threaded, FREE_THREADED);
#if SINCE(13)
	FIELD(flag_inline_values, Py_TPFLAGS_INLINE_VALUES);
#else
	FIELD(flag_inline_values, 0);
#endif
#if SINCE(12)
	FIELD(flag_managed_weakref, Py_TPFLAGS_MANAGED_WEAKREF);
#else
	FIELD(flag_managed_weakref, 0);
#endif
#if SINCE(11)
	FIELD(flag_managed_dict, Py_TPFLAGS_MANAGED_DICT);
#else
	FIELD(flag_managed_dict, 0);
#endif
}

#if FREE_THREADED
#define HEAPS (offsetof(_PyThreadStateImpl, mimalloc.heaps))

/* Prints what only a build without the GIL has: an object's counters, a
 * thread's state and the heaps of mimalloc, which differ between 2.1 and 2.5.
 */
static void print_free_threaded(void)
{
	FIELD(object_gc_bits, offsetof(PyObject, ob_gc_bits));
	FIELD(object_local, offsetof(PyObject, ob_ref_local));
	FIELD(object_shared, offsetof(PyObject, ob_ref_shared));
	FIELD(thread_state, offsetof(PyThreadState, state));
#if SINCE(14)
	FIELD(frame_copy, offsetof(_PyInterpreterFrame, tlbc_index));
	FIELD(code_copies, offsetof(PyCodeObject, co_tlbc));
#else
	ABSENT(frame_copy);
	ABSENT(code_copies);
#endif
	FIELD(thread_heaps_ready,
	    offsetof(_PyThreadStateImpl, mimalloc.initialized));
	FIELD(thread_heaps, HEAPS);
	FIELD(heap_size, sizeof(mi_heap_t));
	FIELD(heap_page_count, offsetof(mi_heap_t, page_count));
	FIELD(segment_cookie, offsetof(mi_segment_t, cookie));
	FIELD(segment_kind, offsetof(mi_segment_t, kind));
	FIELD(segment_entries, offsetof(mi_segment_t, slice_entries));
	FIELD(segment_info, offsetof(mi_segment_t, segment_info_slices));
	FIELD(segment_slices, offsetof(mi_segment_t, slices));
	FIELD(page_size, sizeof(mi_page_t));
	FIELD(page_capacity, offsetof(mi_page_t, capacity));
	FIELD(page_free, offsetof(mi_page_t, free));
	FIELD(page_local_free, offsetof(mi_page_t, local_free));
	FIELD(page_thread_free, offsetof(mi_page_t, xthread_free));
	FIELD(page_heap, offsetof(mi_page_t, xheap));
#if MI_MALLOC_VERSION < 20000
	/* 2.1: the tag is in a byte with others, and a page's blocks begin
	 * where its place and their size say. */
	FIELD(page_tag, 8);
	FIELD(page_tag_shift, 3);
	FIELD(page_block_size, offsetof(mi_page_t, xblock_size));
	ABSENT(page_start);
#else
	FIELD(page_tag, offsetof(mi_page_t, heap_tag));
	FIELD(page_tag_shift, 0);
	FIELD(page_block_size, offsetof(mi_page_t, block_size));
	FIELD(page_start, offsetof(mi_page_t, page_start));
#endif
}
#else
static void print_free_threaded(void)
{
}
#endif

#if SINCE(13)
#define WORD(field, part)                                               \
	printf("DEBUG_OFFSET(%d, %s, %zu)\n", PY_MINOR_VERSION, #field, \
	    offsetof(_Py_DebugOffsets, part) / 8)

static void print_debug(void)
{
	WORD(runtime_interpreters, runtime_state.interpreters_head);
	WORD(interpreter_next, interpreter_state.next);
	WORD(interpreter_threads, interpreter_state.threads_head);
	WORD(interpreter_modules, interpreter_state.imports_modules);
	WORD(interpreter_gil, interpreter_state.ceval_gil);
	WORD(interpreter_gc, interpreter_state.gc);
	WORD(gc_size, gc.size);
	WORD(gc_collecting, gc.collecting);
	WORD(thread_next, thread_state.next);
	WORD(thread_interpreter, thread_state.interp);
	WORD(thread_frame, thread_state.current_frame);
	WORD(thread_id, thread_state.thread_id);
	WORD(thread_native_id, thread_state.native_thread_id);
	WORD(thread_datastack, thread_state.datastack_chunk);
	WORD(frame_previous, interpreter_frame.previous);
	WORD(frame_code, interpreter_frame.executable);
	WORD(frame_instruction, interpreter_frame.instr_ptr);
	WORD(frame_locals, interpreter_frame.localsplus);
	WORD(frame_owner, interpreter_frame.owner);
	WORD(code_filename, code_object.filename);
	WORD(code_name, code_object.name);
	WORD(code_qualname, code_object.qualname);
	WORD(code_variables, code_object.localsplusnames);
	WORD(code_line_table, code_object.linetable);
	WORD(code_first_line, code_object.firstlineno);
	WORD(code_instructions, code_object.co_code_adaptive);
	WORD(object_type, pyobject.ob_type);
	WORD(type_name, type_object.tp_name);
	WORD(type_flags, type_object.tp_flags);
	WORD(list_items, list_object.ob_item);
	WORD(tuple_items, tuple_object.ob_item);
	WORD(dict_keys, dict_object.ma_keys);
	WORD(dict_values, dict_object.ma_values);
	WORD(bytes_data, bytes_object.ob_sval);
	WORD(str_state, unicode_object.state);
	WORD(str_length, unicode_object.length);
	WORD(str_ascii_size, unicode_object.asciiobject_size);
#if SINCE(14)
	WORD(frame_top, interpreter_frame.stackpointer);
	WORD(generator_frame, gen_object.gi_iframe);
#endif
#if SINCE(15)
	WORD(thread_base_frame, thread_state.base_frame);
#endif
}
#else
static void print_debug(void)
{
}
#endif

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		print_debug();
		return 0;
	}
	printf("/* CPython %s%s */\nPYTHON_OFFSETS(\n", PY_VERSION,
	    FREE_THREADED ? " without the GIL" : "");
	FIELD(minor, PY_MINOR_VERSION);
	FIELD(micro, PY_MICRO_VERSION);
	print_runtime();
	print_interpreter();
	print_thread();
	print_frame();
	print_code();
	print_types();
	print_containers();
	print_text();
	print_forms();
	print_free_threaded();
	printf(")\n");
	return 0;
}
