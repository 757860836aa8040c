// SPDX-License-Identifier: MIT
/* Samples of pages go when their page does, and when it was used anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "touched/page_set.h"

enum { MIB = 1 << 20, PERIOD_KIB = 256 };

static struct page_set set;
static struct page_ids gone;

static int begin(void **state)
{
	(void)state;
	set = (struct page_set){0};
	gone = (struct page_ids){0};
	return 0;
}

static int end(void **state)
{
	(void)state;
	array_free(&set.pages);
	array_free(&gone.ids);
	return 0;
}

static void add(uint64_t address, uint32_t kib)
{
	static uint32_t id;

	if (set.pages.len == 0)
		id = 0;
	page_set_add(&set, (struct page_sample){address, ++id, kib});
}

/* One sample for each period, from that address on. */
static void pass(uint64_t address, uint64_t bytes)
{
	for (uint64_t at = 0; at < bytes; at += PERIOD_KIB << 10)
		add(address + at, PERIOD_KIB);
}

static void expect(const char *ids, int64_t kib)
{
	char text[256] = "";
	size_t len = 0;

	for (size_t i = 0; i < gone.ids.len; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%u",
		    i ? " " : "", gone.ids.items[i]);
	assert_string_equal(text, ids);
	assert_int_equal(set.kib, kib);
	gone.ids.len = 0;
}

static void what_is_not_resident_goes(void **state)
{
	char *area = mmap(NULL, MIB, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct resident resident;

	(void)state;
	assert_true(area != MAP_FAILED);
	madvise(area, MIB, MADV_NOHUGEPAGE);
	memset(area, 1, MIB / 2);
	resident_open(&resident, getpid());
	pass((uintptr_t)area, MIB);
	add(PAGE_SET_NOWHERE, 1024);
	page_set_remove_absent(&set, &resident, &gone);
	if (resident.pagemap >= 0)
		expect("3 4", 512 + 1024);
	page_set_remove_absent(&set, NULL, &gone);
	assert_int_equal(set.pages.len, 0);
	assert_int_equal(set.kib, 0);
	resident_close(&resident);
	munmap(area, MIB);
}

/* Three times the same MiB, each time a little further, and another MiB that
 * stays. */
static void the_oldest_of_memory_that_was_used_again_go(void **state)
{
	(void)state;
	pass(64 * MIB, MIB);
	pass(16 * MIB, MIB);
	pass(16 * MIB + 4096, MIB);
	pass(16 * MIB + 8192, MIB);
	page_set_remove_reused(&set, 4096, PERIOD_KIB / 2, &gone);
	expect("", 4096);
	page_set_remove_reused(&set, 3584, PERIOD_KIB / 2, &gone);
	expect("5 6", 3584);
	page_set_remove_reused(&set, 2048, PERIOD_KIB / 2, &gone);
	expect("7 8 9 10 11 12", 2048);
}

/* A sample has an error: what stands alone is not taken for it. */
static void what_was_used_once_stays(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 8; i++)
		add(i * (uint64_t)MIB, PERIOD_KIB);
	page_set_remove_reused(&set, 0, PERIOD_KIB / 2, &gone);
	expect("", 2048);
}

static void without_an_address_the_oldest_go(void **state)
{
	(void)state;
	add(PAGE_SET_NOWHERE, 4096);
	add(PAGE_SET_NOWHERE, 4096);
	add(MIB, PERIOD_KIB);
	page_set_remove_reused(&set, 7168, PERIOD_KIB / 2, &gone);
	expect("", 8448);
	page_set_remove_reused(&set, 4352, PERIOD_KIB / 2, &gone);
	expect("1", 4352);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_is_not_resident_goes),
	    TEST(the_oldest_of_memory_that_was_used_again_go),
	    TEST(what_was_used_once_stays),
	    TEST(without_an_address_the_oldest_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
