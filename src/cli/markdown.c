// SPDX-License-Identifier: MIT
//
// Punctuation is written as numeric character references (CommonMark 6.2, HTML
// 13.1.4): these never have the meaning of the character itself. A code span
// between backticks would not do: a "|" ends the cell there as well, and GitHub
// and GitLab differ in how a backslash before it is read.
#include "cli/markdown.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

/* Characters that are no markup, although a dot may be part of a web
 * address. */
static const char markdown_harmless[] = " -/,=%.+();";

/* Characters before a person, a change, a label. Sites search the displayed
 * text for them, but not code. */
static const char markdown_signs[] = "@#!$&~";

static void markdown_put(FILE *out, const char *text, bool in_code)
{
	char *clean = utf8_clean_copy(text);
	const char *web = strcasestr(clean, "www.");

	for (const char *c = clean; *c; c++) {
		unsigned char byte = (unsigned char)*c;
		bool sign = !in_code && strchr(markdown_signs, *c);

		if (byte >= 0x80 || isalnum(byte) ||
		    (strchr(markdown_harmless, *c) && !(*c == '.' && web)))
			fputc(*c, out);
		else
			fprintf(
			    out, sign ? "<code>&#%d;</code>" : "&#%d;", byte);
	}
	free(clean);
}

void markdown_put_text(FILE *out, const char *text)
{
	markdown_put(out, text, false);
}

void markdown_put_name(FILE *out, const char *name)
{
	fputs("<code>", out);
	markdown_put(out, name, true);
	fputs("</code>", out);
}
