// SPDX-License-Identifier: MIT
// A walk through the strings of a JSON document.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/json_strings.h"

static struct json_strings walk;

static void begin(const char *document)
{
	walk = (struct json_strings){.at = document};
}

static void assert_next(int depth, const char *key, const char *value)
{
	assert_true(json_strings_next(&walk));
	assert_int_equal(walk.depth, depth);
	assert_string_equal(walk.key, key);
	assert_string_equal(walk.value, value);
}

static void keys_values_and_depths(void **state)
{
	(void)state;
	begin("{\"a\": \"x\", \"b\" :[1, \"y\", {\"c\":\"z\"}], \"d\": 3,\n"
	      "\"e\"\t:\n\"\"}");
	assert_next(1, "a", "x");
	assert_next(2, "b", "y");
	assert_next(3, "c", "z");
	assert_next(1, "e", "");
	assert_int_equal(walk.depth, 1);
	assert_false(json_strings_next(&walk));
	assert_int_equal(walk.depth, 0);
	assert_false(json_strings_next(&walk));
	begin("");
	assert_false(json_strings_next(&walk));
}

static void quotes_and_slashes_are_decoded(void **state)
{
	(void)state;
	begin("{\"a\\\"b\": \"c\\\\\", \"d\": \"\\/e\\n\\u0041\"}");
	assert_next(1, "a\"b", "c\\");
	assert_next(1, "d", "/e\\n\\u0041");
	assert_false(json_strings_next(&walk));
}

static void brackets_in_strings_are_text(void **state)
{
	(void)state;
	begin("[\"{[\", \"]\", \"}\"]");
	assert_next(1, "", "{[");
	assert_next(1, "", "]");
	assert_next(1, "", "}");
}

/* A text that does not end, and one that is too long. */
static void what_is_no_json_ends(void **state)
{
	char document[4000];

	(void)state;
	begin("{\"a\": \"x");
	assert_next(1, "a", "x");
	assert_false(json_strings_next(&walk));
	begin("\"x\\");
	assert_next(0, "", "x\\");
	assert_false(json_strings_next(&walk));
	memset(document, 'k', sizeof(document));
	document[0] = document[2000] = document[2003] = '"';
	document[2001] = ':';
	document[2002] = '"';
	document[2003] = 'v';
	document[2004] = '"';
	document[2005] = 0;
	begin(document);
	assert_true(json_strings_next(&walk));
	assert_int_equal(strlen(walk.key), sizeof(walk.key) - 1);
	assert_string_equal(walk.value, "v");
	document[2000] = 'k';
	document[2001] = '\\';
	document[2002] = 'n';
	document[2003] = 0;
	begin(document);
	assert_true(json_strings_next(&walk));
	assert_int_equal(strlen(walk.value), sizeof(walk.value) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keys_values_and_depths),
	    cmocka_unit_test(quotes_and_slashes_are_decoded),
	    cmocka_unit_test(brackets_in_strings_are_text),
	    cmocka_unit_test(what_is_no_json_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
