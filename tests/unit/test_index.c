// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/array.h"
#include "base/index.h"

struct numbers {
	ARRAY(uint64_t) list;
	struct index index;
};

static bool number_is(const void *items, size_t at, const void *key)
{
	return ((const uint64_t *)items)[at] == *(const uint64_t *)key;
}

static size_t place(struct numbers *numbers, uint64_t number)
{
	size_t at = index_place(&numbers->index, index_hash_number(number),
	    number_is, numbers->list.items, &number, numbers->list.len);

	if (at == numbers->list.len)
		*array_push(&numbers->list) = number;
	return at;
}

static size_t find(const struct numbers *numbers, uint64_t number)
{
	return index_find(&numbers->index, index_hash_number(number), number_is,
	    numbers->list.items, &number);
}

static void test_each_key_has_its_place(void **state)
{
	enum { COUNT = 5000 };
	struct numbers numbers = {0};

	(void)state;
	assert_int_equal(find(&numbers, 0), INDEX_NONE);
	for (uint64_t i = 0; i < COUNT; i++)
		assert_int_equal(place(&numbers, i << 4), i);
	for (uint64_t i = 0; i < COUNT; i++) {
		assert_int_equal(place(&numbers, i << 4), i);
		assert_int_equal(find(&numbers, i << 4), i);
		assert_int_equal(find(&numbers, (i << 4) + 1), INDEX_NONE);
	}
	assert_int_equal(numbers.list.len, COUNT);
	array_free(&numbers.list);
	index_finish(&numbers.index);
}

static void test_cleared_it_keeps_its_room(void **state)
{
	struct numbers numbers = {0};
	const struct index_slot *slots;

	(void)state;
	index_clear(&numbers.index);
	for (uint64_t i = 0; i < 100; i++)
		place(&numbers, i);
	slots = numbers.index.slots;
	for (int round = 0; round < 5; round++) {
		index_clear(&numbers.index);
		numbers.list.len = 0;
		assert_int_equal(find(&numbers, 7), INDEX_NONE);
		for (uint64_t i = 100; i > 0; i--)
			assert_int_equal(place(&numbers, i), 100 - i);
	}
	index_clear(&numbers.index);
	numbers.list.len = 0;
	assert_int_equal(place(&numbers, 5), 0);
	index_clear(&numbers.index); /* of a single one, too */
	assert_int_equal(find(&numbers, 5), INDEX_NONE);
	assert_ptr_equal(numbers.index.slots, slots);
	array_free(&numbers.list);
	index_finish(&numbers.index);
}

/* Keys of one hash are told apart by the owner. */
static void test_one_hash(void **state)
{
	static const uint64_t keys[] = {5, 6, 7};
	struct index index = {0};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
		    index_place(&index, 1, number_is, keys, &keys[i], i), i);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
		    index_find(&index, 1, number_is, keys, &keys[i]), i);
	index_finish(&index);
}

/* Else all keys would be looked for one after the other. */
static void test_texts_have_hashes(void **state)
{
	(void)state;
	assert_int_equal(index_hash("mprof", 5), index_hash("mprof, run", 5));
	for (size_t i = 0; i < 5; i++) {
		char text[] = "mprof";

		text[i] ^= 1;
		assert_int_not_equal(
		    index_hash(text, 5), index_hash("mprof", 5));
		assert_int_not_equal(
		    index_hash(text, i), index_hash(text, i + 1));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_key_has_its_place),
	    cmocka_unit_test(test_cleared_it_keeps_its_room),
	    cmocka_unit_test(test_one_hash),
	    cmocka_unit_test(test_texts_have_hashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
