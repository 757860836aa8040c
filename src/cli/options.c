// SPDX-License-Identifier: MIT
#include "cli/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/strbuf.h"
#include "cli/wrap.h"

struct values_unit {
	const char *name;
	double factor,
	    /* Divisor, which is exact where factor is not. */
	    part;
};

static const struct values_unit time_units[] = {{"", 1, 1}, {"s", 1, 1},
    {"sec", 1, 1}, {"ns", 1, 1e9}, {"us", 1, 1e6}, {"ms", 1, 1e3}, {"m", 60, 1},
    {"min", 60, 1}, {"h", 3600, 1}, {"d", 86400, 1}, {NULL, 0, 0}};

#define MIB 1048576

/* A single letter, as in 2G, means a power of 1024, as with an i (GiB). With a
 * B and no i (GB) it is a power of ten. */
static const struct values_unit size_units[] = {{"", 1, 1}, {"b", 1, MIB},
    {"k", 1, 1024}, {"kib", 1, 1024}, {"kb", 1e3, MIB}, {"m", 1, 1},
    {"mib", 1, 1}, {"mb", 1e6, MIB}, {"g", 1024, 1}, {"gib", 1024, 1},
    {"gb", 1e9, MIB}, {"t", MIB, 1}, {"tib", MIB, 1}, {"tb", 1e12, MIB},
    {NULL, 0, 0}};

static int options_parse_with_units(
    const char *text, const struct values_unit *units, double *value)
{
	char *end;
	double number;

	if (!isdigit((unsigned char)text[0]) && text[0] != '.')
		return -1;
	if (text[0] == '0' && (text[1] | 0x20) == 'x')
		return -1;
	number = strtod(text, &end);
	end += strspn(end, " ");
	for (; units->name; units++) {
		if (strcasecmp(end, units->name) == 0) {
			*value = number * units->factor / units->part;
			return isfinite(*value) && *value > 0 ? 0 : -1;
		}
	}
	return -1;
}

int duration_parse(const char *text, double *seconds, struct err *e)
{
	if (options_parse_with_units(text, time_units, seconds) == 0)
		return 0;
	return err_set(e,
	    "%s: not a duration; give a number above 0 of seconds, or with a "
	    "unit: 0.1, 10ms, 5m, 1h",
	    text);
}

int size_parse(const char *text, double *mib, struct err *e)
{
	if (options_parse_with_units(text, size_units, mib) == 0)
		return 0;
	return err_set(e,
	    "%s: not a size; give a number above 0 of MiB, or with a unit: "
	    "512, 500MiB, 2G",
	    text);
}

static int options_bad_value(
    const struct option_row *row, const struct err *cause, struct err *e)
{
	return err_set(e, "option --%s: %s", row->name, cause->text);
}

int option_flag(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	(void)row;
	(void)text;
	(void)e;
	*(bool *)where = true;
	return 0;
}

int option_off(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	(void)row;
	(void)text;
	(void)e;
	*(bool *)where = false;
	return 0;
}

int option_text(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	(void)row;
	(void)e;
	*(const char **)where = text;
	return 0;
}

int option_whole(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(text, &end, 10);
	if (!isdigit((unsigned char)text[0]) || *end || errno)
		return err_set(e,
		    "option --%s: %s: not a whole number of 0 or more",
		    row->name, text);
	*(long *)where = number;
	return 0;
}

int option_duration(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	struct err cause;

	if (duration_parse(text, where, &cause) != 0)
		return options_bad_value(row, &cause, e);
	return 0;
}

int option_size(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	struct err cause;

	if (size_parse(text, where, &cause) != 0)
		return options_bad_value(row, &cause, e);
	return 0;
}

static bool option_range_read(const char *text, struct option_range *range)
{
	const char *second;
	char *end;

	range->given = true;
	range->first = strtod(text, &end);
	if (end == text || *end != ',')
		return false;
	second = end + 1;
	range->last = strtod(second, &end);
	return end != second && *end == 0 && isfinite(range->first) &&
	       isfinite(range->last);
}

int option_range(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	struct option_range range;

	if (!option_range_read(text, &range) || range.first >= range.last)
		return err_set(e,
		    "option --%s: %s: must be two numbers with a comma "
		    "between, the smaller first: 0,20.5",
		    row->name, text);
	*(struct option_range *)where = range;
	return 0;
}

/* A window of equal ends is widened as matplotlib does. */
int option_window(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	struct option_range range, *window = where;

	if (!option_range_read(text, &range))
		return err_set(e,
		    "option --%s: %s: must be two numbers with a comma "
		    "between: 0,20.5",
		    row->name, text);
	window->given = true;
	window->first = fmin(range.first, range.last);
	window->last = fmax(range.first, range.last);
	window->backwards = range.first > range.last;
	if (window->first == window->last) {
		double air = range.first == 0 ? 0.05 : 0.05 * fabs(range.first);

		window->first -= air;
		window->last += air;
	}
	return 0;
}

int option_choice(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	struct option_value value;

	for (size_t i = 0; (value = options_value(row, i)).name; i++) {
		if (strcmp(value.name, text) == 0) {
			*(const char **)where = value.name;
			return 0;
		}
	}
	return options_refuse(row, text, e);
}

enum { CODE_HELP = 1000, CODE_VERSION, CODE_ROWS };

/* Columns where help texts of options, and of their values, begin. */
enum { HELP_COLUMN = 28, VALUE_COLUMN = 40 };

/* Prefix of a word such as -1, so that getopt_long takes it for an operand. */
#define HIDDEN '\001'

static bool options_is_negative_number(const char *word)
{
	if (word[0] != '-' || word[1] == 0)
		return false;
	return word[1 + strspn(word + 1, "0123456789")] == 0;
}

static char *options_revealed(char *word)
{
	return word && word[0] == HIDDEN && options_is_negative_number(word + 1)
		   ? word + 1
		   : word;
}

static struct option *options_make_long(const struct option_row *rows)
{
	size_t count = 0;
	struct option *made;

	while (rows[count].name)
		count++;
	made = mem_zero(count + 3, sizeof(made[0]));
	for (size_t i = 0; i < count; i++)
		made[i] = (struct option){rows[i].name,
		    !rows[i].arg       ? no_argument
		    : rows[i].optional ? optional_argument
				       : required_argument,
		    NULL, CODE_ROWS + (int)i};
	made[count] = (struct option){"help", 0, NULL, CODE_HELP};
	made[count + 1] = (struct option){"version", 0, NULL, CODE_VERSION};
	return made;
}

static void options_make_short(
    const struct option_call *call, char *out, size_t size)
{
	size_t used = 0;

	if (call->stop_early)
		out[used++] = '+';
	out[used++] = ':';
	out[used++] = 'h';
	for (const struct option_row *r = call->rows; r->name; r++) {
		if (!r->letter || used + 3 > size)
			continue;
		out[used++] = r->letter;
		if (r->arg)
			out[used++] = ':';
	}
	out[used] = 0;
}

static const struct option_row *row_of_code(
    const struct option_row *rows, int code)
{
	if (code >= CODE_ROWS)
		return &rows[code - CODE_ROWS];
	for (; code != 0 && rows->name; rows++) {
		if (rows->letter == code)
			return rows;
	}
	return NULL;
}

/* The only option of memory_profiler's mprof that begins with the ambiguous
 * abbreviation; NULL where there is none, or more than one. */
static const struct option_row *row_of_theirs(
    const struct option_row *rows, const char *word, size_t len)
{
	const struct option_row *found = NULL;

	for (; rows->name; rows++) {
		if (rows->ours || strncmp(rows->name, word, len) != 0)
			continue;
		if (found)
			return NULL;
		found = rows;
	}
	return found;
}

/* Completes an ambiguous --word[=value] to the full name; NULL where that is
 * not possible. */
static char *options_whole_name(const struct option_row *rows, const char *word)
{
	size_t len = strcspn(word + 2, "=");
	const struct option_row *row = row_of_theirs(rows, word + 2, len);

	return row ? mem_format("--%s%s", row->name, word + 2 + len) : NULL;
}

static enum option_result options_bad_option(
    const struct option_call *call, const char *word, int code, struct err *e)
{
	const struct option_row *row = row_of_code(call->rows, optopt);
	const char *names[64];
	size_t count = 0;
	const char *near;

	if (code == ':') {
		err_set(e, "option %s needs a value%s%s", word,
		    row && row->arg ? ": " : "",
		    row && row->arg ? row->arg : "");
		return OPTION_BAD;
	}
	for (const struct option_row *r = call->rows; r->name; r++) {
		if (count < sizeof(names) / sizeof(names[0]))
			names[count++] = r->name;
	}
	if (strncmp(word, "--", 2) != 0) {
		err_set(e, "unknown option -%c in %s", optopt, word);
		return OPTION_BAD;
	}
	if (row) {
		err_set(e, "option --%s takes no value", row->name);
		return OPTION_BAD;
	}
	near = options_nearest(word + 2, names, count);
	err_set(e, "unknown or ambiguous option %s%s%s%s", word,
	    near ? "; did you mean --" : "", near ? near : "", near ? "?" : "");
	return OPTION_BAD;
}

/* The value of the option in word. As in argparse, -o=x is the same as -o x. */
static char *options_value_of(const struct option_row *row, char *word)
{
	bool joined = row->letter && word[0] == '-' && word[1] == row->letter &&
		      optarg == word + 2;

	return joined && optarg[0] == '=' ? optarg + 1
					  : options_revealed(optarg);
}

static enum option_result options_set(
    const struct option_call *call, int code, char *word, struct err *e)
{
	const struct option_row *row = row_of_code(call->rows, code);
	char *values = call->values;

	if (row->parse(
		row, options_value_of(row, word), values + row->offset, e) != 0)
		return OPTION_BAD;
	if (row->implies)
		*(bool *)(values + row->implies) = true;
	return OPTION_RUN;
}

/* Hides negative numbers in argv from getopt_long. The new words are never
 * freed, like argv itself. */
static void options_hide_numbers(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (options_is_negative_number(argv[i]))
			argv[i] = mem_format("%c%s", HIDDEN, argv[i]);
	}
}

static enum option_result options_parse_all(const struct option_call *call,
    int argc, char **argv, const struct option *long_options, struct err *e)
{
	char letters[160];
	int code, at;

	options_make_short(call, letters, sizeof(letters));
	opterr = 0;
	optind = 0; /* resets getopt_long completely */
	for (;;) {
		at = optind;
		code = getopt_long(argc, argv, letters, long_options, NULL);
		if (code == -1)
			return OPTION_RUN;
		if (code == 'h' || code == CODE_HELP)
			return OPTION_HELP;
		if (code == CODE_VERSION)
			return OPTION_VERSION;
		if (code == '?' || code == ':') {
			const char *word =
			    argv[optind > at ? optind - 1 : optind];
			char *whole = NULL;

			if (strncmp(word, "--", 2) == 0 && optopt == 0)
				whole = options_whole_name(call->rows, word);
			if (!whole)
				return options_bad_option(call, word, code, e);
			argv[--optind] = whole;
			continue;
		}
		if (options_set(call, code, argv[optind - 1], e) != OPTION_RUN)
			return OPTION_BAD;
	}
}

enum option_result options_parse(const struct option_call *call, int argc,
    char **argv, int *rest, struct err *e)
{
	struct option *long_options = options_make_long(call->rows);
	enum option_result result;

	if (!call->stop_early)
		options_hide_numbers(argc, argv);
	result = options_parse_all(call, argc, argv, long_options, e);
	free(long_options);
	*rest = optind;
	for (int i = 1; i < argc && !call->stop_early; i++)
		argv[i] = options_revealed(argv[i]);
	return result;
}

/* Prints text in columns from..79; the cursor is at column. */
static void options_print_wrapped(
    FILE *out, const char *text, size_t column, size_t from)
{
	if (column + 1 >= from) {
		fputc('\n', out);
		column = 0;
	}
	fprintf(out, "%*s", (int)(from - column), "");
	wrap_print(out, text,
	    (struct wrap){.column = from, .indent = from, .width = 79});
}

struct option_value options_value(const struct option_row *row, size_t at)
{
	if (row->choice_at)
		return row->choice_at(at);
	return (struct option_value){
	    .name = row->choices ? row->choices[at] : NULL};
}

/* "a, b or c"; last is the text before the last one. */
static char *options_list(const struct option_row *row, const char *last)
{
	struct option_value value = options_value(row, 0);
	struct strbuf list = {0};

	for (size_t i = 1; value.name; i++) {
		struct option_value next = options_value(row, i);

		strbuf_separate(&list, next.name ? ", " : last);
		strbuf_add(&list, value.name);
		value = next;
	}
	return strbuf_take(&list);
}

char *options_help(const struct option_row *row)
{
	const char *place = strstr(row->help, "{}");
	char *list, *help;

	if (!place)
		return mem_copy(row->help);
	list = options_list(row, " or ");
	help = mem_format(
	    "%.*s%s%s", (int)(place - row->help), row->help, list, place + 2);
	free(list);
	return help;
}

int options_refuse(
    const struct option_row *row, const char *text, struct err *e)
{
	char *list = options_list(row, ", ");

	err_set(e, "option --%s: %s: is none of %s", row->name, text, list);
	free(list);
	return -1;
}

static void options_print_values(const struct option_row *row, FILE *out)
{
	struct option_value value = options_value(row, 0);

	for (size_t i = 1; value.name && value.help; i++) {
		int len = fprintf(out, "%*s%s", HELP_COLUMN, "", value.name);

		options_print_wrapped(
		    out, value.help, (size_t)len, VALUE_COLUMN);
		value = options_value(row, i);
	}
}

static void options_print_row(const struct option_row *row, FILE *out)
{
	char head[96], *help;
	int len;

	if (row->letter)
		len = snprintf(
		    head, sizeof(head), "  -%c, --%s", row->letter, row->name);
	else
		len = snprintf(head, sizeof(head), "      --%s", row->name);
	if (row->arg)
		len += snprintf(head + len, sizeof(head) - (size_t)len,
		    row->optional ? "[=%s]" : " %s", row->arg);
	fputs(head, out);
	help = options_help(row);
	options_print_wrapped(out, help, (size_t)len, HELP_COLUMN);
	free(help);
	options_print_values(row, out);
}

void options_print_help(const struct option_row *rows, FILE *out)
{
	static const struct option_row common[] = {
	    {.letter = 'h', .name = "help", .help = "show this help"},
	    {.name = "version", .help = "show the version"},
	};

	for (; rows->name; rows++)
		options_print_row(rows, out);
	for (size_t i = 0; i < 2; i++)
		options_print_row(&common[i], out);
}

enum { LONGEST_WORD = 64 };

static size_t options_least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Edit distance between two words, where swapping two neighbours counts as one
 * edit (optimal string alignment). Only the last three rows are kept. */
static size_t options_distance(
    const char *a, size_t len_a, const char *b, size_t len_b)
{
	size_t rows[3][LONGEST_WORD + 1];

	if (len_a > LONGEST_WORD || len_b > LONGEST_WORD)
		return LONGEST_WORD;
	for (size_t j = 0; j <= len_b; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= len_a; i++) {
		size_t *row = rows[i % 3], *above = rows[(i - 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= len_b; j++) {
			row[j] = above[j - 1] + (a[i - 1] != b[j - 1]);
			row[j] = options_least(row[j], above[j] + 1);
			row[j] = options_least(row[j], row[j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				row[j] = options_least(
				    row[j], rows[(i - 2) % 3][j - 2] + 1);
		}
	}
	return rows[len_a % 3][len_b];
}

const char *options_nearest(
    const char *word, const char *const *names, size_t count)
{
	size_t len = strcspn(word, "=");
	size_t best = len > 4 ? 3 : 2;
	const char *found = NULL;

	for (size_t i = 0; i < count; i++) {
		size_t far =
		    options_distance(word, len, names[i], strlen(names[i]));

		if (far < best) {
			best = far;
			found = names[i];
		}
	}
	return found;
}
