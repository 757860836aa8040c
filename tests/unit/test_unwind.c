// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "proc/maps.h"
#include "touched/unwind.h"

enum { RBP = 6, RSP = 7, PC = 16 };

/* A process that executes cat when a byte is written, and ends when the pipe is
 * closed. */
static pid_t begin(int *to)
{
	int ends[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		dup2(ends[0], STDIN_FILENO);
		close(ends[0]);
		close(ends[1]);
		if (read(STDIN_FILENO, &byte, 1) == 1)
			execlp("cat", "cat", NULL);
		_exit(1);
	}
	close(ends[0]);
	assert_true(pid > 0);
	*to = ends[1];
	return pid;
}

/* The first code of the process in a file of that name; 0: none. */
static uint64_t code_of(pid_t pid, const char *name)
{
	struct maps_entry entry;
	struct maps maps;
	uint64_t at = 0;

	assert_int_equal(maps_open(&maps, pid), 0);
	while (at == 0 && maps_next(&maps, &entry))
		if (entry.access[2] == 'x' && strstr(entry.path, name))
			at = entry.start;
	maps_close(&maps);
	return at;
}

/* Whether a thread at that code, which has no unwind table, and its caller by
 * frame pointers are in a file of that name. */
static bool walks(
    struct unwind *unwind, pid_t pid, uint64_t code, const char *name)
{
	const uint64_t stack[] = {0, code + 1};
	struct rings_thread thread = {
	    .stack = (const uint8_t *)stack, .stack_len = sizeof(stack)};
	struct strbuf texts = {0};
	const char *first, *second;
	size_t count;

	thread.registers[PC] = code;
	thread.registers[RSP] = thread.registers[RBP] = 0x7ffc00000000;
	count = unwind_stack(unwind, &thread, pid, &texts);
	assert_true(count > 0);
	first = texts.text;
	second = first + strlen(first) + 1; /* the line, and the function */
	second += strlen(second) + 1;
	second += strlen(second) + 1;
	if (!strstr(first, name)) {
		strbuf_finish(&texts);
		return false;
	}
	assert_int_equal(count, 2);
	assert_string_equal(first, second);
	strbuf_finish(&texts);
	return true;
}

/* Overwrites what was freed. */
static void overwrite_freed_memory(void)
{
	void *blocks[8];

	for (size_t size = 16; size < 1024; size += 16) {
		for (size_t i = 0; i < 8; i++) {
			blocks[i] = malloc(size);
			assert_non_null(blocks[i]);
			memset(blocks[i], 0x5a, size);
		}
		for (size_t i = 0; i < 8; i++)
			free(blocks[i]);
	}
}

/* The kernel may report an exec later than the new program's first fault. New
 * code is looked for at once. */
static void a_program_may_be_another_one_already(void **state)
{
	struct unwind *unwind;
	uint64_t code;
	int status, to;
	pid_t pid = begin(&to);

	(void)state;
	unwind = unwind_create(pid);
	assert_non_null(unwind);
	assert_true(
	    walks(unwind, pid, code_of(pid, "test_unwind"), "test_unwind"));
	assert_int_equal(write(to, "x", 1), 1);
	while ((code = code_of(pid, "/cat")) == 0 &&
	       waitpid(pid, &status, WNOHANG) == 0)
		usleep(1000);
	assert_true(code > 0);
	unwind_note_map(unwind);
	assert_true(walks(unwind, pid, code, "/cat"));
	overwrite_freed_memory();
	assert_true(walks(unwind, pid, code, "/cat"));
	unwind_destroy(unwind);
	close(to);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_program_may_be_another_one_already),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
