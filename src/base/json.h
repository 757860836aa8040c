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
	bool compact;  /* no blanks; an object in a list begins a line */
	bool one_line; /* compact, and the whole document is one line */
	bool filled;   /* something precedes on this level */
	bool in_value; /* a key was written: its value follows */
};

void json_init(struct json *json, FILE *out);
void json_init_compact(struct json *json, FILE *out);
void json_init_line(struct json *json, FILE *out);

/* bracket is '{' or '['; each json_close() closes the innermost one; the last
 * writes a newline unless compact. */
void json_open(struct json *json, char bracket);
void json_close(struct json *json, char bracket);

/* Opens the object of a document, with its schema number: keys may be added
 * under the same number, existing ones stay. */
void json_open_document(struct json *json, int schema);

/* Writes the key of the next value. */
void json_key(struct json *json, const char *key);

/* NULL becomes null. */
void json_text(struct json *json, const char *text);

/* At most that many characters, with an ellipsis where it was cut. */
void json_text_cut(struct json *json, const char *text, size_t characters);

/* Bytes as a text in base64 (RFC 4648). */
void json_base64(struct json *json, const void *bytes, size_t len);

/* The shortest form that is the same double; null if not finite. */
void json_number(struct json *json, double number);

/* At most that many decimals, for measured figures. */
void json_rounded(struct json *json, double number, int decimals);

/* [a, b] on one line, as by json_number(): for long lists of samples. */
void json_pair(struct json *json, double a, double b);

void json_whole(struct json *json, int64_t number);
void json_bool(struct json *json, bool value);

/* A key and its value; json_member_open() opens a list or an object. */
void json_member_text(struct json *json, const char *key, const char *text);
void json_member_number(struct json *json, const char *key, double number);
void json_member_rounded(
    struct json *json, const char *key, double number, int decimals);
void json_member_whole(struct json *json, const char *key, int64_t number);
void json_member_bool(struct json *json, const char *key, bool value);
void json_member_open(struct json *json, const char *key, char bracket);

#endif
