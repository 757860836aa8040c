/* SPDX-License-Identifier: MIT
 *
 * Writing JSON (RFC 8259), indented by two spaces a level or compact. Text from
 * elsewhere is made safe: control characters and characters that reorder text
 * are escaped, bytes that are no UTF-8 become U+FFFD, and "<" is escaped so
 * that the result may stand in a script element of a page. Failures show in the
 * stream.
 */
#ifndef MPROF_BASE_JSON_H
#define MPROF_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *out;
	int depth;
	bool compact;  /* no blanks; an object of a list begins a line */
	bool one_line; /* compact, and the document is a line of its own */
	bool filled;   /* something stands before on this level */
	bool in_value; /* a key was written: its value comes next */
};

void json_init(struct json *json, FILE *out);
void json_init_compact(struct json *json, FILE *out);
void json_init_line(struct json *json, FILE *out);

/* bracket is '{' or '['; each json_close() ends the innermost one, and the
 * last of them writes the newline at the end unless it is compact. */
void json_open(struct json *json, char bracket);
void json_close(struct json *json, char bracket);

/* Opens the object that a document is, with the number of its schema: keys may
 * be added under the same number, what is there stays. */
void json_open_document(struct json *json, int schema);

/* The key of what comes next. */
void json_key(struct json *json, const char *key);

/* NULL becomes null. */
void json_text(struct json *json, const char *text);

/* At most so many characters, with an ellipsis behind where there were more. */
void json_text_cut(struct json *json, const char *text, size_t characters);

/* Bytes as a text in base64 (RFC 4648). */
void json_base64(struct json *json, const void *bytes, size_t len);

/* As short as it can be and still be the same double; not finite: null. */
void json_number(struct json *json, double number);

/* With so many decimals at most, for figures that are measured. */
void json_rounded(struct json *json, double number, int decimals);

/* [a, b] on one line, both as json_number(): for long lists of samples. */
void json_pair(struct json *json, double a, double b);

void json_whole(struct json *json, int64_t number);
void json_bool(struct json *json, bool value);

#endif
