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

#include "base/mem.h"
#include "base/signal_name.h"

static void assert_joined(char *const *words, const char *expected)
{
	char *joined = mem_join(words);

	assert_string_equal(joined, expected);
	free(joined);
}

static void words_are_joined_by_blanks(void **state)
{
	(void)state;
	assert_joined((char *const[]){NULL}, "");
	assert_joined((char *const[]){(char *)"make", NULL}, "make");
	assert_joined(
	    (char *const[]){(char *)"make", (char *)"", (char *)"all", NULL},
	    "make  all");
}

static void copies_end(void **state)
{
	char *copy = mem_copy_n("abcdef", 3);

	(void)state;
	assert_string_equal(copy, "abc");
	free(copy);
	copy = mem_copy_n("", 0);
	assert_string_equal(copy, "");
	free(copy);
	copy = mem_format("%s-%d", "x", 7);
	assert_string_equal(copy, "x-7");
	free(copy);
	copy = mem_format("%s", "");
	assert_string_equal(copy, "");
	free(copy);
}

static void room_is_there_and_zero(void **state)
{
	int *items = mem_zero(3, sizeof(*items));

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(items[i], 0);
		items[i] = i + 1;
	}
	items = mem_resize(items, 5000, sizeof(*items));
	items[4999] = 9;
	assert_true(items[0] == 1 && items[2] == 3);
	free(items);
	items = mem_zero(0, 0);
	assert_non_null(items);
	items = mem_resize(items, 0, sizeof(*items));
	assert_non_null(items); /* no free(), whose pointer would be used */
	free(items);
}

static void a_stream_is_a_text(void **state)
{
	char *text = NULL;
	size_t len = 0;
	FILE *stream = mem_stream(&text, &len);

	(void)state;
	fputs("four", stream);
	fclose(stream);
	assert_int_equal(len, 4);
	assert_string_equal(text, "four");
	free(text);
}

static void signals_have_names(void **state)
{
	(void)state;
	assert_string_equal(signal_name(SIGHUP), "SIGHUP");
	assert_string_equal(signal_name(SIGKILL), "SIGKILL");
	assert_string_equal(signal_name(SIGSYS), "SIGSYS");
	assert_null(signal_name(0));
	assert_null(signal_name(-1));
	assert_null(signal_name(SIGSYS + 1));
	assert_null(signal_name(NSIG));
	assert_null(signal_name(1000));
}

/* A character that this locale has not can't be printed. */
static void print_what_can_not_be(void)
{
	free(mem_format("%ls", L"\x20ac"));
}

static void ask_for_too_much(void)
{
	free(mem_zero(SIZE_MAX, 2));
}

static void grow_to_too_much(void)
{
	free(mem_resize(NULL, SIZE_MAX, 2));
}

static void assert_out_of_memory(void (*ask)(void))
{
	char said[64] = "";
	int ends[2], status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		signal(SIGABRT, SIG_DFL);
		dup2(ends[1], STDERR_FILENO);
		ask();
		_exit(0);
	}
	close(ends[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	assert_int_equal(read(ends[0], said, sizeof(said)), 21);
	assert_string_equal(said, "mprof: out of memory\n");
	close(ends[0]);
}

/* An address sanitizer ends the program itself where too much is asked for. */
static void without_memory_it_is_said_and_over(void **state)
{
	(void)state;
	assert_out_of_memory(print_what_can_not_be);
#ifndef __SANITIZE_ADDRESS__
	assert_out_of_memory(ask_for_too_much);
	assert_out_of_memory(grow_to_too_much);
#else
	(void)ask_for_too_much, (void)grow_to_too_much;
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_are_joined_by_blanks),
	    cmocka_unit_test(copies_end),
	    cmocka_unit_test(room_is_there_and_zero),
	    cmocka_unit_test(a_stream_is_a_text),
	    cmocka_unit_test(signals_have_names),
	    cmocka_unit_test(without_memory_it_is_said_and_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
