// SPDX-License-Identifier: MIT
#include "python/stack/code.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "python/stack/linetable.h"
#include "python/remote/text.h"

#define PLACES 512 /* a colliding entry replaces the other */
#define FILE_SIZE 4096
#define FUNCTION_SIZE 1024
#define TABLE_MAX (1 << 20)

struct codes {
	struct code items[PLACES];
};

struct codes *codes_create(void)
{
	return mem_zero(1, sizeof(struct codes));
}

static void code_finish(struct code *code)
{
	free(code->file);
	free(code->function);
	free(code->table);
	*code = (struct code){0};
}

void codes_destroy(struct codes *codes)
{
	if (!codes)
		return;
	for (size_t i = 0; i < PLACES; i++)
		code_finish(&codes->items[i]);
	free(codes);
}

static struct code *code_place_of(
    struct codes *codes, pid_t pid, uint64_t address)
{
	uint64_t hash =
	    (address >> 4 ^ (uint64_t)pid << 40) * 0x9e3779b97f4a7c15u;

	return &codes->items[hash >> 32 & (PLACES - 1)];
}

static bool code_is(
    const struct code *code, pid_t pid, const struct python_frame *frame)
{
	return code->file && code->pid == pid && code->address == frame->code &&
	       code->filename == frame->filename && code->name == frame->name &&
	       code->line_table == frame->line_table &&
	       code->first_line == frame->first_line;
}

/* Reads a bytes object. */
static uint8_t *code_read_table(
    const struct python_target *target, uint64_t address, size_t *len)
{
	const struct python_offsets *o = &target->offsets;
	uint64_t size;
	uint8_t *table;

	if (memory_u64(&target->memory, address + o->object_size, &size) < 0 ||
	    size > TABLE_MAX)
		return NULL;
	table = mem_zero(size + 1, 1);
	if (size && memory_read(&target->memory, address + o->bytes_data, table,
			size) < 0) {
		free(table);
		return NULL;
	}
	*len = size;
	return table;
}

/* Whether the code object is unchanged: one that was freed meanwhile no longer
 * has its texts. */
static bool code_is_unchanged(
    const struct python_target *target, const struct python_frame *frame)
{
	const struct python_offsets *o = &target->offsets;
	uint64_t filename = 0, table = 0;

	memory_u64(&target->memory, frame->code + o->code_filename, &filename);
	memory_u64(&target->memory, frame->code + o->code_line_table, &table);
	return filename == frame->filename && table == frame->line_table;
}

static bool code_fill(struct code *code, const struct python_target *target,
    const struct python_frame *frame)
{
	char file[FILE_SIZE], function[FUNCTION_SIZE];

	if (python_text(target, frame->filename, file, sizeof(file)) < 0 ||
	    python_text(target, frame->name, function, sizeof(function)) < 0)
		return false;
	code->table =
	    code_read_table(target, frame->line_table, &code->table_len);
	if (!code->table || !code_is_unchanged(target, frame))
		return false;
	code->pid = target->pid;
	code->address = frame->code;
	code->filename = frame->filename;
	code->name = frame->name;
	code->line_table = frame->line_table;
	code->first_line = frame->first_line;
	code->file = mem_copy(file);
	code->function = mem_copy(function);
	return true;
}

const struct code *codes_find(struct codes *codes,
    const struct python_target *target, const struct python_frame *frame)
{
	struct code *code = code_place_of(codes, target->pid, frame->code);

	if (code_is(code, target->pid, frame))
		return code;
	code_finish(code);
	if (code_fill(code, target, frame))
		return code;
	code_finish(code);
	return NULL;
}

int code_line(const struct code *code, const struct python_target *target,
    const struct python_frame *frame)
{
	return linetable_line(
	    (enum line_table_form)target->offsets.line_table_form, code->table,
	    code->table_len, code->first_line,
	    stack_frame_place(target, frame));
}
