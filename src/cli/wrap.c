// SPDX-License-Identifier: MIT
#include "cli/wrap.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "cli/table.h"

/* Bytes that stay on one line: a word, or a figure and its unit. */
static size_t wrap_find_break(const char *text)
{
	size_t len = strcspn(text, " ");

	while (len > 0 && isdigit((unsigned char)text[len - 1]) &&
	       text[len] == ' ' && isalpha((unsigned char)text[len + 1]))
		len += 1 + strcspn(text + len + 1, " ");
	return len;
}

void wrap_print(FILE *out, const char *text, struct wrap wrap)
{
	size_t column = wrap.column, blanks = 0;
	bool begins = true;

	while (wrap.width > 0 && *text) {
		size_t len = wrap_find_break(text);
		size_t width = utf8_width_n(text, len);

		if (!begins && column + blanks + width > wrap.width) {
			fprintf(out, "\n%*s", (int)wrap.indent, "");
			column = wrap.indent;
		} else {
			fprintf(out, "%*s", (int)blanks, "");
			column += blanks;
		}
		begins = false;
		fprintf(out, "%.*s", (int)len, text);
		column += width;
		text += len;
		blanks = strspn(text, " ");
		text += blanks;
	}
	fprintf(out, "%s\n", text);
}

enum { NOTE_INDENT = 2 };

void wrap_print_note(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = mem_format_list(format, args);
	va_end(args);
	wrap_print(stdout, text,
	    (struct wrap){.indent = NOTE_INDENT, .width = table_width(stdout)});
	free(text);
}
