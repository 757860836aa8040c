// SPDX-License-Identifier: MIT
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "allocation/backchain.h"
#include "allocation/executable.h"

enum { PAGE = 4096 };

static uint64_t address_of(const void *at)
{
	return (uintptr_t)at;
}

/* qemu-user has no process_vm_readv(), and shows the emulator's mappings; a
 * container's filter of system calls may refuse it. */
static void skip_where_refused(void)
{
	char got;

	errno = 0;
	if (!backchain_copy(&got, address_of("x"), 1) &&
	    (errno == ENOSYS || errno == EPERM))
		skip();
}

static char *map_pages(int pages, int prot)
{
	char *at = mmap(NULL, (size_t)pages * PAGE, prot,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(at, MAP_FAILED);
	return at;
}

static void a_chain_is_followed(void **state)
{
	uint64_t words[1000] = {0};
	struct backchain chain = {0};
	struct backchain_link link = {.next = address_of(words)};
	uint64_t begin = address_of(words);

	(void)state;
	skip_where_refused();
	for (size_t i = 0; i + 7 < 1000; i += 7) {
		words[i] = address_of(&words[i + 7]);
		words[i + 1] = i;
	}
	for (size_t i = 0; i + 7 < 1000; i += 7) {
		uint64_t at = link.next;

		assert_true(backchain_follow(&chain, begin, at, &link));
		assert_int_equal(link.next, address_of(&words[i + 7]));
		assert_int_equal(link.back, i);
		assert_int_equal(link.count, i > 0 ? 5 : 0);
		begin = at + 16;
	}
}

/* As many of its words are copied as there is room for. */
static void a_large_frame_is_followed(void **state)
{
	uint64_t words[1000] = {[997] = 7, [998] = 8, [999] = 9};
	struct backchain chain = {0};
	struct backchain_link link;

	(void)state;
	skip_where_refused();
	assert_true(backchain_follow(
	    &chain, address_of(words), address_of(&words[998]), &link));
	assert_int_equal(link.next, 8);
	assert_int_equal(link.back, 9);
	assert_int_equal(link.count, BACKCHAIN_WORDS - 2);
	assert_int_equal(link.words[link.count - 1], 7);
	assert_false(backchain_follow(
	    &chain, address_of(words), address_of(words) + (64 << 10), &link));
}

static void no_pointer_is_no_chain(void **state)
{
	char *pages = map_pages(3, PROT_READ | PROT_WRITE);
	uint64_t end = address_of(pages) + 2 * PAGE, at = end - 512;
	struct backchain_link link;
	const uint64_t refused[] = {at - 8, at + 4, at + (1 << 20), 0,
	    UINT64_MAX - 7, end - 8, end, end + 8};

	(void)state;
	skip_where_refused();
	assert_int_equal(mprotect(pages + 2 * PAGE, PAGE, PROT_NONE), 0);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct backchain chain = {0};

		assert_false(backchain_follow(&chain, at, refused[i], &link));
		/* Nor after words were copied from there. */
		assert_true(backchain_follow(&chain, at, end - 16, &link));
		assert_false(backchain_follow(&chain, at, refused[i], &link));
	}
	assert_int_equal(munmap(pages, 3 * PAGE), 0);
}

static void what_is_copied_is_whole(void **state)
{
	char *pages = map_pages(2, PROT_READ | PROT_WRITE), got[8] = "";

	(void)state;
	skip_where_refused();
	memcpy(pages + PAGE - 3, "12345678", 8);
	assert_true(backchain_copy(got, address_of(pages) + PAGE - 3, 8));
	assert_memory_equal(got, "12345678", 8);
	assert_int_equal(munmap(pages + PAGE, PAGE), 0);
	assert_false(backchain_copy(got, address_of(pages) + PAGE - 3, 8));
	assert_int_equal(munmap(pages, PAGE), 0);
}

static void calls_are_told_from_other_code(void **state)
{
	static const struct {
		bool is_call;
		const char *bytes;
	} codes[] = {
	    {true, "\x90\x90\x90\xe8\x01\x02\x03\x04"},
	    {true, "\x90\x90\x90\x90\x90\x90\xff\xd0"},
	    {true, "\x90\x90\x90\x90\x90\x41\xff\xd3"},
	    {true, "\x90\x90\x90\x90\x90\x90\xff\x10"},
	    {true, "\x90\x90\x90\x90\x90\xff\x14\xc8"},
	    {true, "\x90\x90\x90\x90\x90\xff\x50\x08"},
	    {true, "\x90\x90\x90\x90\xff\x54\x24\x08"},
	    {true, "\x90\x90\xff\x15\x01\x02\x03\x04"},
	    {true, "\x90\x90\xff\x93\x01\x02\x03\x04"},
	    {true, "\x90\xff\x94\xc3\x01\x02\x03\x04"},
	    {true, "\x90\xff\x14\x25\x01\x02\x03\x04"},
	    {false, "\x90\x90\x90\x90\x90\x90\x90\x90"},
	    {false, "\x90\x90\x90\x90\xe8\x02\x03\x04"},
	    {false, "\x90\x90\x90\x90\x90\x90\xff\xe0"},
	    {false, "\x90\x90\x90\x90\x90\x90\xff\x15"},
	    {false, "\x90\x90\x90\x90\x90\x90\xff\x14"},
	    {false, "\x90\x90\x90\x90\x90\xff\xd0\x90"},
	    {false, "\x90\x90\x90\x90\x90\xff\x14\x25"},
	    {false, "\x90\x90\x90\x90\x90\x90\x5d\xc3"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		assert_int_equal(
		    executable_ends_with_call((const uint8_t *)codes[i].bytes),
		    codes[i].is_call);
}

static void code_is_known_right_after_a_read_that_did_not_help(void **state)
{
	struct executable *code = calloc(1, sizeof(*code));
	bool is_found = false;

	(void)state;
	skip_where_refused();
	assert_non_null(code);
	/* A read that takes long may have been the last one for a while. */
	for (int i = 0; i < 20 && !is_found; i++) {
		char *made;

		memset(code, 0, sizeof(*code));
		assert_false(executable_has(code, address_of(&made)));
		made = map_pages(1, PROT_READ | PROT_WRITE | PROT_EXEC);
		is_found = executable_has(code, address_of(made));
		assert_int_equal(munmap(made, PAGE), 0);
	}
	assert_true(is_found);
	free(code);
}

static void executable_memory_is_known(void **state)
{
	struct executable *code = calloc(1, sizeof(*code));
	char *data = map_pages(1, PROT_READ | PROT_WRITE), *made;
	bool is_found = false;

	(void)state;
	skip_where_refused();
	assert_non_null(code);
	assert_true(
	    executable_has(code, (uintptr_t)executable_memory_is_known));
	assert_false(executable_has(code, address_of(data)));
	assert_false(executable_has(code, address_of(&data)));
	assert_false(executable_has(code, 0));
	assert_false(executable_has(code, UINT64_MAX));
	made = map_pages(2, PROT_READ | PROT_WRITE | PROT_EXEC);
	/* The mappings are not read at once again. */
	for (int i = 0; i < 1000 && !is_found; i++) {
		is_found = executable_has(code, address_of(made) + PAGE);
		usleep(50000);
	}
	assert_true(is_found);
	assert_true(executable_has(code, address_of(made)));
	assert_false(executable_has(code, address_of(made) + (PAGE << 1)) &&
		     executable_has(code, address_of(made) - 1));
	for (uint32_t i = 1; i < code->len; i++)
		assert_true(code->ranges[i].begin > code->ranges[i - 1].end);
	assert_int_equal(munmap(made, 2 * PAGE), 0);
	assert_int_equal(munmap(data, PAGE), 0);
	free(code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_chain_is_followed),
	    cmocka_unit_test(a_large_frame_is_followed),
	    cmocka_unit_test(no_pointer_is_no_chain),
	    cmocka_unit_test(what_is_copied_is_whole),
	    cmocka_unit_test(calls_are_told_from_other_code),
	    cmocka_unit_test(
		code_is_known_right_after_a_read_that_did_not_help),
	    cmocka_unit_test(executable_memory_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
