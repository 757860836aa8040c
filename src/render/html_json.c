// SPDX-License-Identifier: MIT
#include "render/html_json.h"

#include <math.h>
#include <string.h>

#include "base/utf8.h"

static void put_escaped(FILE *out, int32_t code)
{
	if (code > 0xffff) {
		code -= 0x10000;
		fprintf(out, "\\u%04x\\u%04x", 0xd800 + (unsigned)(code >> 10),
		    0xdc00 + (unsigned)(code & 0x3ff));
	} else {
		fprintf(out, "\\u%04x", (unsigned)code);
	}
}

void html_text(FILE *out, const char *text, size_t most)
{
	const char *at = text ? text : "";

	putc('"', out);
	for (size_t written = 0; *at; written++) {
		const char *start = at;
		int32_t code = utf8_next(&at);

		if (written == most) {
			fputs("\\u2026", out);
			break;
		}
		if (code < 0)
			put_escaped(out, 0xfffd);
		else if (strchr("<>&\"\\", code) || utf8_is_unsafe(code))
			put_escaped(out, code);
		else
			fwrite(start, 1, (size_t)(at - start), out);
	}
	putc('"', out);
}

void html_number(FILE *out, double value, int digits)
{
	char text[400];
	char *end;

	if (!isfinite(value)) {
		fputs("null", out);
		return;
	}
	snprintf(text, sizeof(text), "%.*f", digits, value);
	end = text + strlen(text);
	if (strchr(text, '.')) {
		while (end[-1] == '0')
			end--;
		if (end[-1] == '.')
			end--;
	}
	*end = 0;
	fputs(text, out);
}
