// SPDX-License-Identifier: MIT
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "cli/json.h"

static char *text;
static size_t size;
static struct json json;

static int begin(void **state)
{
	(void)state;
	json_init(&json, open_memstream(&text, &size));
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(text);
	return 0;
}

static const char *written(void)
{
	fclose(json.out);
	return text;
}

static void nested(void **state)
{
	(void)state;
	json_open(&json, '{');
	json_key(&json, "a");
	json_whole(&json, -3);
	json_key(&json, "list");
	json_open(&json, '[');
	json_bool(&json, true);
	json_text(&json, NULL);
	json_close(&json, ']');
	json_key(&json, "none");
	json_open(&json, '[');
	json_close(&json, ']');
	json_close(&json, '}');
	assert_string_equal(written(),
	    "{\n  \"a\": -3,\n  \"list\": [\n    true,\n    null\n  ],\n"
	    "  \"none\": []\n}\n");
}

static void hostile_text(void **state)
{
	(void)state;
	json_text(
	    &json, "a\"b\\c\n\t\033[31m\x7f\xff</script>\xe2\x80\xaeq\xc3\xa9");
	assert_string_equal(written(),
	    "\"a\\\"b\\\\c\\n\\t\\u001b[31m\\u007f\\ufffd\\u003c/script>"
	    "\\u202eq\xc3\xa9\"");
}

static void numbers(void **state)
{
	(void)state;
	json_open(&json, '[');
	json_number(&json, 0.1);
	json_number(&json, 1795358375.1234);
	json_number(&json, NAN);
	json_rounded(&json, 21.7265634, 3);
	json_rounded(&json, -0.0001, 2);
	json_close(&json, ']');
	assert_string_equal(written(),
	    "[\n  0.1,\n  1795358375.1234,\n  null,\n  21.727,\n  0\n]\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(nested, begin, end),
	    cmocka_unit_test_setup_teardown(hostile_text, begin, end),
	    cmocka_unit_test_setup_teardown(numbers, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
