// SPDX-License-Identifier: MIT
#include "cli/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

void json_init(struct json *json, FILE *out)
{
	*json = (struct json){.out = out};
}

static void new_line(struct json *json)
{
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
		new_line(json);
	json->filled = true;
}

void json_open(struct json *json, char bracket)
{
	json_begin(json);
	fputc(bracket, json->out);
	json->depth++;
	json->filled = false;
}

void json_close(struct json *json, char bracket)
{
	json->depth--;
	if (json->filled)
		new_line(json);
	fputc(bracket, json->out);
	json->filled = true;
	if (json->depth == 0)
		fputc('\n', json->out);
}

static void put_text(FILE *out, const char *text)
{
	fputc('"', out);
	while (*text) {
		const char *start = text;
		int32_t code = utf8_next(&text);

		if (code == -1)
			fputs("\\ufffd", out);
		else if (code == '"' || code == '\\')
			fprintf(out, "\\%c", (char)code);
		else if (code == '\n')
			fputs("\\n", out);
		else if (code == '\t')
			fputs("\\t", out);
		else if (code == '<' ||
			 (code < 0x10000 && utf8_is_unsafe(code)))
			fprintf(out, "\\u%04x", (unsigned)code);
		else
			fwrite(start, 1, (size_t)(text - start), out);
	}
	fputc('"', out);
}

void json_key(struct json *json, const char *key)
{
	json_begin(json);
	put_text(json->out, key);
	fputs(": ", json->out);
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
		put_text(json->out, text);
	else
		fputs("null", json->out);
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

void json_rounded(struct json *json, double number, int decimals)
{
	double scale = pow(10, decimals);
	double rounded = round(number * scale) / scale;

	json_number(json, isfinite(rounded) ? rounded + 0.0 : number);
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
