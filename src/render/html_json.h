/* SPDX-License-Identifier: MIT
 *
 * Texts and numbers as JSON that may stand inside an HTML script element.
 */
#ifndef MPROF_RENDER_HTML_JSON_H
#define MPROF_RENDER_HTML_JSON_H

#include <stdio.h>

/* Writes text with its quotes. Every character that could end the element or
 * reorder what is read is written as \uXXXX, and so is what is no UTF-8 (as
 * U+FFFD). At most most characters are written, with an ellipsis behind where
 * there were more; NULL gives "". */
void html_text(FILE *out, const char *text, size_t most);

/* Writes a number with digits decimals at most, null where it is not finite. */
void html_number(FILE *out, double value, int digits);

#endif
