// SPDX-License-Identifier: MIT
/* From the bytes of a stack to frames: HEAD bytes say where the thread is, then
 * come STACK bytes of its stack, then the object file that it runs. */
#include "fuzz.h"
#include "input.h"

#include <string.h>

#include "base/touched_feed.h"
#include "touched/unwind.h"

enum { HEAD = 8, STACK = 1024, CODE_SPAN = 65536, RBP = 6, RSP = 7, PC = 16 };

#define STACK_ADDRESS UINT64_C(0x7ffc00000000)

/* A word whose highest byte is 1 is an address in the object file, with 2 one
 * in the stack: a mutation would hardly ever make one. */
static uint64_t address_of(uint64_t word, uint64_t code)
{
	switch (word >> 56) {
	case 1:
		return code + (word & (CODE_SPAN - 1));
	case 2:
		return STACK_ADDRESS + (word & (STACK - 1));
	default:
		return word;
	}
}

static void check(const struct strbuf *texts, size_t count)
{
	size_t ends = 0;

	for (size_t i = 0; i < texts->len; i++)
		ends += texts->text[i] == 0;
	if (count == 0 || count > TOUCHED_DEPTH || ends != 3 * count)
		abort();
}

static void walk(const uint8_t *head, const uint8_t *bytes, uint64_t code)
{
	struct rings_thread thread = {
	    .stack_len = STACK, .is_narrow = head[HEAD - 1] & 1};
	uint64_t words[STACK / sizeof(uint64_t)];
	struct unwind *unwind = unwind_create(getpid());
	struct strbuf texts = {0};
	uint16_t at[HEAD / sizeof(uint16_t)];
	size_t count;

	if (!unwind)
		abort();
	memcpy(at, head, sizeof(at));
	memcpy(words, bytes, STACK);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		words[i] = address_of(words[i], code);
	for (size_t i = 0; i < RINGS_REGISTERS; i++)
		thread.registers[i] = words[i];
	thread.registers[RSP] = STACK_ADDRESS;
	thread.registers[RBP] = STACK_ADDRESS + at[0] % STACK;
	thread.registers[PC] = code + at[1];
	thread.stack = (const uint8_t *)words;
	count = unwind_stack(unwind, &thread, getpid(), &texts);
	check(&texts, count);
	strbuf_finish(&texts);
	unwind_destroy(unwind);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *file;
	void *code;

	if (size <= HEAD + STACK)
		return 0;
	file =
	    fopen(input_name(data + HEAD + STACK, size - HEAD - STACK), "rb");
	if (!file)
		abort();
	code = mmap((void *)0x500000000000, CODE_SPAN, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE, fileno(file), 0);
	fclose(file);
	if (code == MAP_FAILED)
		abort();
	walk(data, data + HEAD, (uint64_t)code);
	munmap(code, CODE_SPAN);
	return 0;
}
