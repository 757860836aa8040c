// SPDX-License-Identifier: MIT
#include "csv/duct.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "csv/cells.h"

enum { JSON_DEEPEST = 32 };

struct json_value {
	const char *keys[JSON_DEEPEST]; /* "" for an element of an array */
	size_t depth;                   /* number of keys */
	const char *text; /* a number as written, or a string's text */
	bool is_string;
};

/* Strings are valid during the call; keys of one object are the same pointer
 * for all values in it. */
typedef void json_visit(const struct json_value *value, void *context);

struct json_scanner {
	char *at;
	struct json_value value;
	json_visit *visit;
	void *context;
};

static void duct_skip_blanks(struct json_scanner *in)
{
	in->at += strspn(in->at, " \t\r\n");
}

/* Skips the character; false where there is another one. */
static bool duct_expect(struct json_scanner *in, char wanted)
{
	duct_skip_blanks(in);
	if (*in->at != wanted)
		return false;
	in->at++;
	return true;
}

static int duct_read_hex(const char *at)
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

/* Decodes \uXXXX, with a pair of surrogates as one character; a single
 * surrogate, and NUL, become a question mark. */
static char *duct_put_unicode(struct json_scanner *in, char *out)
{
	int code = duct_read_hex(in->at), low = -1;

	if (code < 0)
		return NULL;
	in->at += 4;
	if (code >= 0xd800 && code < 0xdc00 && in->at[0] == '\\' &&
	    in->at[1] == 'u')
		low = duct_read_hex(in->at + 2);
	if (low >= 0xdc00 && low < 0xe000) {
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
		in->at += 6;
	}
	if (code == 0 || (code >= 0xd800 && code < 0xe000))
		code = '?';
	return out + utf8_put(out, (uint32_t)code);
}

static char *duct_put_escape(struct json_scanner *in, char *out)
{
	static const char letters[] = "\"\\/bfnrt", texts[] = "\"\\/\b\f\n\r\t";
	char letter = *in->at;
	const char *found = letter ? strchr(letters, letter) : NULL;

	if (letter == 'u') {
		in->at++;
		return duct_put_unicode(in, out);
	}
	if (!found)
		return NULL;
	in->at++;
	*out = texts[found - letters];
	return out + 1;
}

/* Reads the string after its quote; NULL where it has no end. */
static char *duct_read_string(struct json_scanner *in)
{
	char *text = in->at, *out = text;

	while (out && *in->at && *in->at != '"') {
		if (*in->at == '\\') {
			in->at++;
			out = duct_put_escape(in, out);
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

static bool duct_scan_value(struct json_scanner *in);

/* Reads the values of an object or an array, up to the closing bracket. */
static bool duct_scan_values(struct json_scanner *in, bool object)
{
	char close = object ? '}' : ']';
	size_t depth = in->value.depth;

	if (duct_expect(in, close))
		return true;
	if (depth == JSON_DEEPEST)
		return false;
	do {
		const char *key = "";

		if (object)
			key =
			    duct_expect(in, '"') ? duct_read_string(in) : NULL;
		if (!key || (object && !duct_expect(in, ':')))
			return false;
		in->value.keys[depth] = key;
		in->value.depth = depth + 1;
		if (!duct_scan_value(in))
			return false;
	} while (duct_expect(in, ','));
	in->value.depth = depth;
	return duct_expect(in, close);
}

static bool duct_visit_string(struct json_scanner *in)
{
	in->value.text = duct_read_string(in);
	in->value.is_string = true;
	if (in->value.text)
		in->visit(&in->value, in->context);
	return in->value.text;
}

static bool duct_skip_word(struct json_scanner *in)
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

static bool duct_visit_number(struct json_scanner *in)
{
	size_t len = strspn(in->at, "+-.0123456789eE");
	char behind = in->at[len];

	if (len == 0)
		return duct_skip_word(in);
	in->at[len] = 0;
	in->value.text = in->at;
	in->value.is_string = false;
	in->visit(&in->value, in->context);
	in->at += len;
	*in->at = behind;
	return true;
}

static bool duct_scan_value(struct json_scanner *in)
{
	if (duct_expect(in, '{'))
		return duct_scan_values(in, true);
	if (duct_expect(in, '['))
		return duct_scan_values(in, false);
	if (duct_expect(in, '"'))
		return duct_visit_string(in);
	return duct_visit_number(in);
}

/* Passes each number and string of a JSON text (RFC 8259) to visit; the text
 * ends with NUL and is overwritten. true, false and null are skipped. Strings
 * are unescaped in place: an escape is never shorter than its character. False
 * where it is no JSON, or nested deeper than JSON_DEEPEST; some values may have
 * been passed by then. */
static bool duct_scan(char *text, json_visit *visit, void *context)
{
	struct json_scanner in = {
	    .at = text, .visit = visit, .context = context};

	if (!duct_scan_value(&in))
		return false;
	duct_skip_blanks(&in);
	return *in.at == 0;
}

enum { BLOCK = 64 << 10 };

/* A longer line is no report. */
#define LONGEST_LINE ((size_t)64 << 20)

#define MIB 1048576.0

struct duct_process {
	const char *pid, *command; /* in the line */
	double rss;                /* bytes; NAN: none */
};

/* One line, parsed. */
struct duct_report {
	double time_s, rss; /* bytes */
	bool timed, summed;
	ARRAY(struct duct_process) processes;
};

struct duct_reader {
	struct profile *profile;
	struct run *run;
	double last_s;
	struct strbuf line;
	struct duct_report report;
};

bool duct_is_usage(const char *bytes, size_t len)
{
	static const char bom[] = "\xef\xbb\xbf";

	if (len >= 3 && memcmp(bytes, bom, 3) == 0) {
		bytes += 3;
		len -= 3;
	}
	return len > 0 && *bytes == '{' &&
	       memmem(bytes, len, "\"timestamp\"", 11) &&
	       (memmem(bytes, len, "\"totals\"", 8) ||
		   memmem(bytes, len, "\"processes\"", 11));
}

static bool duct_is_key(
    const struct json_value *value, size_t at, const char *key)
{
	return at < value->depth && strcmp(value->keys[at], key) == 0;
}

static void duct_read_process(
    struct duct_report *report, const struct json_value *value)
{
	size_t len = report->processes.len;
	struct duct_process *process =
	    len > 0 ? &report->processes.items[len - 1] : NULL;

	if (!process || process->pid != value->keys[1]) {
		process = array_push(&report->processes);
		*process = (struct duct_process){value->keys[1], NULL, NAN};
	}
	if (duct_is_key(value, 2, "rss") && !value->is_string)
		process->rss = strtod(value->text, NULL);
	else if (duct_is_key(value, 2, "cmd") && value->is_string)
		process->command = value->text;
}

static void duct_read_value(const struct json_value *value, void *context)
{
	struct duct_report *report = context;

	if (value->depth == 1 && duct_is_key(value, 0, "timestamp")) {
		report->timed = cell_time(value->text, false, &report->time_s);
	} else if (value->depth == 2 && duct_is_key(value, 0, "totals") &&
		   duct_is_key(value, 1, "rss") && !value->is_string) {
		report->rss = strtod(value->text, NULL);
		report->summed = true;
	} else if (value->depth == 3 && duct_is_key(value, 0, "processes")) {
		duct_read_process(report, value);
	}
}

static void duct_put_processes(struct duct_reader *in)
{
	for (size_t i = 0; i < in->report.processes.len; i++) {
		const struct duct_process *one = &in->report.processes.items[i];
		struct process *process;

		if (isnan(one->rss))
			continue;
		process = run_process(in->run, one->pid, strlen(one->pid));
		series_add(&process->memory, in->report.time_s, one->rss / MIB);
		if (!process->name && one->command)
			process->name = mem_copy(one->command);
	}
}

/* Whether each figure can be an amount of memory. */
static bool duct_is_credible(const struct duct_report *report)
{
	if (!series_is_measurement(report->rss / MIB))
		return false;
	for (size_t i = 0; i < report->processes.len; i++) {
		double rss = report->processes.items[i].rss;

		if (!isnan(rss) && !series_is_measurement(rss / MIB))
			return false;
	}
	return true;
}

/* Takes a line. Where several runs were written to a file, time decreases in
 * between. */
static bool duct_read_report(struct duct_reader *in, char *line)
{
	struct duct_report *report = &in->report;

	report->timed = report->summed = false;
	report->processes.len = 0;
	if (!duct_scan(line, duct_read_value, report) || !report->timed ||
	    !report->summed || !duct_is_credible(report))
		return false;
	if (!in->run || report->time_s < in->last_s)
		in->run = profile_add_run(in->profile);
	in->last_s = report->time_s;
	series_add(&in->run->total, report->time_s, report->rss / MIB);
	duct_put_processes(in);
	return true;
}

static void duct_read_line(struct duct_reader *in)
{
	static const char bom[] = "\xef\xbb\xbf";
	struct profile *profile = in->profile;
	char *text;

	profile->lines++;
	strbuf_add(&in->line, "");
	text = in->line.text;
	if (strncmp(text, bom, 3) == 0)
		text += 3;
	if (text[strspn(text, " \t\r")] && !duct_read_report(in, text) &&
	    profile->skipped++ == 0)
		profile->first_skipped = profile->lines;
	strbuf_cut(&in->line, 0);
}

/* Replaces NULs by blanks, as they end no line. */
static void duct_read_bytes(
    struct duct_reader *in, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n')
			duct_read_line(in);
		else if (in->line.len < LONGEST_LINE)
			strbuf_add_bytes(
			    &in->line, bytes[i] ? &bytes[i] : " ", 1);
	}
}

static int duct_read_rest(struct duct_reader *in, int fd, struct err *e)
{
	char bytes[BLOCK];
	ssize_t got;

	while ((got = read(fd, bytes, sizeof(bytes))) != 0) {
		if (got > 0)
			duct_read_bytes(in, bytes, (size_t)got);
		else if (errno != EINTR)
			return err_errno(
			    e, "%s: can't be read", in->profile->path);
	}
	if (in->line.len > 0)
		duct_read_line(in);
	return 0;
}

static void duct_settle(struct profile *profile)
{
	for (size_t i = 0; i < profile->runs.len; i++) {
		struct run *run = &profile->runs.items[i];

		series_settle(&run->total);
		for (size_t p = 0; p < run->processes.len; p++)
			series_settle(&run->processes.items[p].memory);
	}
}

int duct_read(struct profile *profile, int fd, const char *bytes, size_t len,
    struct err *e)
{
	struct duct_reader in = {.profile = profile};
	int got;

	duct_read_bytes(&in, bytes, len);
	got = duct_read_rest(&in, fd, e);
	duct_settle(profile);
	strbuf_finish(&in.line);
	array_free(&in.report.processes);
	return got;
}
