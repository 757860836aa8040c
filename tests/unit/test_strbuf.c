// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/strbuf.h"

static void test_empty(void **state)
{
	struct strbuf buffer = {0};
	char *text = strbuf_take(&buffer);

	(void)state;
	assert_string_equal(text, "");
	free(text);
	strbuf_cut(&buffer, 0);
	strbuf_finish(&buffer);
}

static void test_additions(void **state)
{
	struct strbuf buffer = {0};
	char *text;

	(void)state;
	strbuf_add_format(&buffer, "%d", 1);
	strbuf_separate(&buffer, ", ");
	strbuf_add(&buffer, "two");
	strbuf_add_bytes(&buffer, "!?", 1);
	assert_string_equal(buffer.text, "1, two!");
	assert_int_equal(buffer.len, 7);
	text = strbuf_take(&buffer);
	assert_string_equal(text, "1, two!");
	assert_null(buffer.text);
	strbuf_separate(&buffer, ", ");
	assert_int_equal(buffer.len, 0);
	free(text);
}

/* Each length up to several doublings: the room ends anywhere in a text. */
static void test_every_length(void **state)
{
	static const char digits[] = "0123456789";

	(void)state;
	for (int most = 0; most < 300; most++) {
		struct strbuf added = {0}, printed = {0};

		for (int i = 0; i < most; i++)
			strbuf_add_bytes(&added, &digits[i % 10], 1);
		strbuf_add_format(
		    &printed, "%.*s", most, added.text ? added.text : "");
		assert_int_equal(added.len, most);
		assert_int_equal(printed.len, most);
		assert_int_equal(strlen(printed.text), most);
		if (most)
			assert_string_equal(added.text, printed.text);
		strbuf_add_format(&printed, "%s", added.text ? added.text : "");
		assert_int_equal(strlen(printed.text), 2 * most);
		strbuf_finish(&added);
		strbuf_finish(&printed);
	}
}

static void test_cut_it_keeps_its_room(void **state)
{
	struct strbuf buffer = {0};
	char *room;

	(void)state;
	strbuf_add_format(&buffer, "%0500d", 7);
	room = buffer.text;
	strbuf_cut(&buffer, 3);
	assert_string_equal(buffer.text, "000");
	strbuf_cut(&buffer, 0);
	assert_string_equal(buffer.text, "");
	strbuf_add_format(&buffer, "%0499d", 7);
	assert_ptr_equal(buffer.text, room);
	strbuf_finish(&buffer);
}

static void test_bytes_by_hand(void **state)
{
	struct strbuf buffer = {0};

	(void)state;
	memcpy(strbuf_reserve(&buffer, 4), "a\0b", 4);
	buffer.len += 3;
	strbuf_add(&buffer, "c");
	assert_int_equal(buffer.len, 4);
	assert_memory_equal(buffer.text, "a\0bc", 5);
	strbuf_finish(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_additions),
	    cmocka_unit_test(test_every_length),
	    cmocka_unit_test(test_cut_it_keeps_its_room),
	    cmocka_unit_test(test_bytes_by_hand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
