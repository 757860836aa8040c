// SPDX-License-Identifier: MIT
#include <string.h>

#include "python/stack/stack.h"
#include "python/stack/stack_bytes.h"
#include "python/stack/threads.h"

#define INTERPRETERS_MAX 64

static bool source_offsets_fit(const struct python_offsets *o)
{
	return o->thread_interpreter + 8 <= THREAD_BYTES &&
	       o->thread_base_frame + 8 <= THREAD_BYTES &&
	       o->thread_datastack + 8 <= THREAD_BYTES &&
	       o->thread_frame + 8 <= THREAD_BYTES &&
	       o->frame_instruction + 8 <= FRAME_BYTES &&
	       o->frame_owner + 1 <= FRAME_BYTES &&
	       o->frame_code + 8 <= FRAME_BYTES &&
	       o->frame_previous + 8 <= FRAME_BYTES &&
	       o->code_filename + 8 <= CODE_BYTES &&
	       o->code_qualname + 8 <= CODE_BYTES &&
	       o->code_line_table + 8 <= CODE_BYTES &&
	       o->code_first_line + 4 <= CODE_BYTES &&
	       o->object_type + 8 <= CODE_BYTES;
}

enum python_result stack_source_open(
    struct stack_source *source, pid_t pid, struct err *e)
{
	enum python_result result;
	const struct python_offsets *o = &source->target.offsets;
	uint64_t next;

	memset(source, 0, sizeof(*source));
	result = python_open(&source->target, pid, e);
	if (result != PYTHON_OK)
		return result;
	if (!source_offsets_fit(o)) {
		err_set(e,
		    "process %d: not supported: its table of offsets "
		    "makes no sense",
		    (int)pid);
		return PYTHON_UNSUPPORTED;
	}
	source->interpreter = source->target.interpreter;
	for (int i = 0; i < INTERPRETERS_MAX; i++) {
		if (memory_u64(&source->target.memory,
			source->interpreter + o->interpreter_next, &next) < 0 ||
		    !next)
			break;
		source->interpreter = next;
	}
	threads_prepare(source);
	return PYTHON_OK;
}

bool stack_source_settle(struct stack_source *source)
{
	return remote_settle(&source->stopped);
}
