// SPDX-License-Identifier: MIT
//
// Strings are unescaped where they lie: an escape is never shorter than what
// it stands for.
#include "csv/json_scan.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

struct json_scanner {
	char *at;
	struct json_value value;
	json_visit *visit;
	void *context;
};

static void json_skip_blanks(struct json_scanner *in)
{
	in->at += strspn(in->at, " \t\r\n");
}

/* Passes over the character; false where another one is there. */
static bool json_take(struct json_scanner *in, char wanted)
{
	json_skip_blanks(in);
	if (*in->at != wanted)
		return false;
	in->at++;
	return true;
}

static int json_hex(const char *at)
{
	char digits[5] = {0}, *end;

	for (int i = 0; i < 4; i++) {
		if (!at[i])
			return -1;
		digits[i] = at[i];
	}
	if (strspn(digits, "0123456789abcdefABCDEF") != 4)
		return -1;
	return (int)strtol(digits, &end, 16);
}

/* The text of \uXXXX, where a pair of surrogates is one character; a single
 * one, and NUL, have none and become a question mark. */
static char *json_put_unicode(struct json_scanner *in, char *out)
{
	int code = json_hex(in->at), low = -1;

	if (code < 0)
		return NULL;
	in->at += 4;
	if (code >= 0xd800 && code < 0xdc00 && in->at[0] == '\\' &&
	    in->at[1] == 'u')
		low = json_hex(in->at + 2);
	if (low >= 0xdc00 && low < 0xe000) {
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
		in->at += 6;
	}
	if (code == 0 || (code >= 0xd800 && code < 0xe000))
		code = '?';
	return out + utf8_put(out, (uint32_t)code);
}

static char *json_put_escape(struct json_scanner *in, char *out)
{
	static const char letters[] = "\"\\/bfnrt", texts[] = "\"\\/\b\f\n\r\t";
	char letter = *in->at;
	const char *found = letter ? strchr(letters, letter) : NULL;

	if (letter == 'u') {
		in->at++;
		return json_put_unicode(in, out);
	}
	if (!found)
		return NULL;
	in->at++;
	*out = texts[found - letters];
	return out + 1;
}

/* The string that begins behind the quote; NULL where it has no end. */
static char *json_string(struct json_scanner *in)
{
	char *text = in->at, *out = text;

	while (out && *in->at && *in->at != '"') {
		if (*in->at == '\\') {
			in->at++;
			out = json_put_escape(in, out);
		} else {
			*out++ = *in->at++;
		}
	}
	if (!out || !*in->at)
		return NULL;
	in->at++;
	*out = 0;
	return text;
}

static bool json_scan_value(struct json_scanner *in);

/* The values of an object, or of an array, up to the closing bracket. */
static bool json_scan_values(struct json_scanner *in, bool object)
{
	char close = object ? '}' : ']';
	size_t depth = in->value.depth;

	if (json_take(in, close))
		return true;
	if (depth == JSON_DEEPEST)
		return false;
	do {
		const char *key = "";

		if (object)
			key = json_take(in, '"') ? json_string(in) : NULL;
		if (!key || (object && !json_take(in, ':')))
			return false;
		in->value.keys[depth] = key;
		in->value.depth = depth + 1;
		if (!json_scan_value(in))
			return false;
	} while (json_take(in, ','));
	in->value.depth = depth;
	return json_take(in, close);
}

static bool json_visit_string(struct json_scanner *in)
{
	in->value.text = json_string(in);
	in->value.is_string = true;
	if (in->value.text)
		in->visit(&in->value, in->context);
	return in->value.text;
}

static bool json_skip_word(struct json_scanner *in)
{
	static const char *const words[] = {"true", "false", "null"};

	for (size_t i = 0; i < 3; i++) {
		size_t len = strlen(words[i]);

		if (strncmp(in->at, words[i], len) == 0) {
			in->at += len;
			return true;
		}
	}
	return false;
}

static bool json_visit_number(struct json_scanner *in)
{
	size_t len = strspn(in->at, "+-.0123456789eE");
	char behind = in->at[len];

	if (len == 0)
		return json_skip_word(in);
	in->at[len] = 0;
	in->value.text = in->at;
	in->value.is_string = false;
	in->visit(&in->value, in->context);
	in->at += len;
	*in->at = behind;
	return true;
}

static bool json_scan_value(struct json_scanner *in)
{
	if (json_take(in, '{'))
		return json_scan_values(in, true);
	if (json_take(in, '['))
		return json_scan_values(in, false);
	if (json_take(in, '"'))
		return json_visit_string(in);
	return json_visit_number(in);
}

bool json_scan(char *text, json_visit *visit, void *context)
{
	struct json_scanner in = {
	    .at = text, .visit = visit, .context = context};

	if (!json_scan_value(&in))
		return false;
	json_skip_blanks(&in);
	return *in.at == 0;
}
