// SPDX-License-Identifier: MIT
#include "base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/utf8.h"

void json_init(struct json *json, FILE *out)
{
	*json = (struct json){.out = out};
}

void json_init_compact(struct json *json, FILE *out)
{
	*json = (struct json){.out = out, .compact = true};
}

void json_init_line(struct json *json, FILE *out)
{
	*json = (struct json){.out = out, .compact = true, .one_line = true};
}

static void json_new_line(struct json *json)
{
	if (!json->compact)
		fprintf(json->out, "\n%*s", json->depth * 2, "");
}

/* The comma and the indentation before a value or a key. */
static void json_begin(struct json *json)
{
	if (json->in_value) {
		json->in_value = false;
		return;
	}
	if (json->filled)
		fputc(',', json->out);
	if (json->depth > 0)
		json_new_line(json);
	json->filled = true;
}

void json_open(struct json *json, char bracket)
{
	bool listed = json->depth > 0 && !json->in_value;

	json_begin(json);
	if (json->compact && !json->one_line && listed && bracket == '{')
		fputc('\n', json->out);
	fputc(bracket, json->out);
	json->depth++;
	json->filled = false;
}

void json_close(struct json *json, char bracket)
{
	json->depth--;
	if (json->filled)
		json_new_line(json);
	fputc(bracket, json->out);
	json->filled = true;
	if (json->depth == 0 && (!json->compact || json->one_line))
		fputc('\n', json->out);
}

/* Characters beyond 16 bits are written as a surrogate pair. */
static void json_put_escaped(FILE *out, uint32_t code)
{
	if (code > 0xffff)
		fprintf(out, "\\u%04x\\u%04x", 0xd7c0 + (code >> 10),
		    0xdc00 + (code & 0x3ff));
	else
		fprintf(out, "\\u%04x", code);
}

static void json_put_text(FILE *out, const char *text, size_t characters)
{
	fputc('"', out);
	for (size_t i = 0; *text; i++) {
		const char *start = text;
		int32_t code = utf8_next(&text);

		if (i == characters) {
			json_put_escaped(out, 0x2026);
			break;
		}
		if (code == -1)
			json_put_escaped(out, 0xfffd);
		else if (code == '"' || code == '\\')
			fprintf(out, "\\%c", (char)code);
		else if (code == '\n')
			fputs("\\n", out);
		else if (code == '\t')
			fputs("\\t", out);
		else if (code == '<' || utf8_is_unsafe(code))
			json_put_escaped(out, (uint32_t)code);
		else
			fwrite(start, 1, (size_t)(text - start), out);
	}
	fputc('"', out);
}

void json_key(struct json *json, const char *key)
{
	json_begin(json);
	json_put_text(json->out, key, SIZE_MAX);
	fputs(json->compact ? ":" : ": ", json->out);
	json->in_value = true;
}

void json_open_document(struct json *json, int schema)
{
	json_open(json, '{');
	json_key(json, "schema");
	json_whole(json, schema);
}

void json_text(struct json *json, const char *text)
{
	json_begin(json);
	if (text)
		json_put_text(json->out, text, SIZE_MAX);
	else
		fputs("null", json->out);
}

void json_text_cut(struct json *json, const char *text, size_t characters)
{
	json_begin(json);
	json_put_text(json->out, text, characters);
}

void json_base64(struct json *json, const void *bytes, size_t len)
{
	json_begin(json);
	fputc('"', json->out);
	base64_put(json->out, bytes, len);
	fputc('"', json->out);
}

static void json_put_number(FILE *out, double number)
{
	char text[40];

	if (!isfinite(number)) {
		fputs("null", out);
		return;
	}
	for (int digits = 6; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, number);
		if (strtod(text, NULL) == number)
			break;
	}
	fputs(text, out);
}

void json_number(struct json *json, double number)
{
	json_begin(json);
	json_put_number(json->out, number);
}

void json_pair(struct json *json, double a, double b)
{
	json_begin(json);
	fputc('[', json->out);
	json_put_number(json->out, a);
	fputs(", ", json->out);
	json_put_number(json->out, b);
	fputc(']', json->out);
}

/* With its decimals and without trailing zeros, a number below 2^53 units of
 * the last decimal is the rounded double in the shortest form. json_number()
 * searches for that form, which takes ten times as long. */
void json_rounded(struct json *json, double number, int decimals)
{
	double scale = pow(10, decimals);
	double rounded = round(number * scale) / scale + 0.0;
	char text[40], *end;

	if (!isfinite(rounded) || fabs(number * scale) >= 0x1p53 ||
	    (rounded != 0 && fabs(rounded) < 1e-4)) {
		json_number(json, isfinite(rounded) ? rounded : number);
		return;
	}
	json_begin(json);
	snprintf(text, sizeof(text), "%.*f", decimals, rounded);
	end = text + strlen(text);
	while (decimals > 0 && end[-1] == '0')
		end--;
	end -= decimals > 0 && end[-1] == '.';
	fwrite(text, 1, (size_t)(end - text), json->out);
}

void json_whole(struct json *json, int64_t number)
{
	json_begin(json);
	fprintf(json->out, "%lld", (long long)number);
}

void json_bool(struct json *json, bool value)
{
	json_begin(json);
	fputs(value ? "true" : "false", json->out);
}

void json_member_text(struct json *json, const char *key, const char *text)
{
	json_key(json, key);
	json_text(json, text);
}

void json_member_number(struct json *json, const char *key, double number)
{
	json_key(json, key);
	json_number(json, number);
}

void json_member_rounded(
    struct json *json, const char *key, double number, int decimals)
{
	json_key(json, key);
	json_rounded(json, number, decimals);
}

void json_member_whole(struct json *json, const char *key, int64_t number)
{
	json_key(json, key);
	json_whole(json, number);
}

void json_member_bool(struct json *json, const char *key, bool value)
{
	json_key(json, key);
	json_bool(json, value);
}

void json_member_open(struct json *json, const char *key, char bracket)
{
	json_key(json, key);
	json_open(json, bracket);
}
