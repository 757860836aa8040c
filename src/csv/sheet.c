// SPDX-License-Identifier: MIT
//
// The quoting, space and newline functions of libcsv are set on purpose: with
// its defaults one quote that is never closed swallows every line behind it.
#include "csv/sheet.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "csv/cells.h"

/* Longer is no field: somewhere a quote was left open. */
#define LONGEST_FIELD ((size_t)16 << 20)

static const char bom[] = "\xef\xbb\xbf";

static int sheet_is_space(unsigned char c)
{
	return c == ' ' || c == '\t';
}

static int sheet_is_no_space(unsigned char c)
{
	(void)c;
	return 0;
}

static int sheet_is_newline(unsigned char c)
{
	return c == '\n' || c == '\r';
}

int sheet_begin(struct sheet *sheet)
{
	bool aligned = sheet->layout.aligned;
	int strict = aligned ? 0 : CSV_STRICT | CSV_STRICT_FINI;
	unsigned char options =
	    (unsigned char)(CSV_APPEND_NULL | CSV_REPALL_NL | strict);

	sheet->rows.comma = sheet->layout.delimiter != ',';
	if (csv_init(&sheet->parser, options) != 0)
		return err_set(sheet->e, "%s: libcsv can't start", sheet->path);
	csv_set_delim(&sheet->parser, (unsigned char)sheet->layout.delimiter);
	csv_set_term_func(&sheet->parser, sheet_is_newline);
	csv_set_space_func(
	    &sheet->parser, aligned ? sheet_is_no_space : sheet_is_space);
	/* A NUL never reaches the parser: so nothing is a quote. */
	if (aligned)
		csv_set_quote(&sheet->parser, 0);
	return 0;
}

static void sheet_fail(struct sheet *sheet, const char *what)
{
	if (!sheet->failed)
		err_set(sheet->e, "%s:%zu: %s", sheet->path, sheet->line, what);
	sheet->failed = true;
}

static bool is_half_of_day(const char *text)
{
	return strcasecmp(text, "AM") == 0 || strcasecmp(text, "PM") == 0;
}

static void sheet_put_cell(struct sheet *sheet, const char *text, size_t len)
{
	for (int c = 0; c < COLUMNS; c++) {
		char *cell = sheet->rows.cells[c];

		if (sheet->rows.columns.at[c] != sheet->field)
			continue;
		if (len >= CELL_SIZE)
			len = CELL_SIZE - 1;
		memcpy(cell, text, len);
		cell[len] = 0;
	}
}

static void count_lines(struct sheet *sheet, const char *text, size_t len)
{
	const char *end = text + len;

	while ((text = memchr(text, '\n', (size_t)(end - text)))) {
		sheet->line++;
		text++;
	}
}

/* AM and PM stand behind the clock, in an aligned table, as a word of their
 * own: it belongs to the time. */
static bool take_half_of_day(struct sheet *sheet, const char *text)
{
	char *cell = sheet->rows.cells[COLUMN_TIME];
	double seconds;

	if (!sheet->layout.aligned || !is_half_of_day(text))
		return false;
	if (!sheet->header)
		return sheet->field == 1 &&
		       cell_time(sheet->row.items, false, &seconds);
	if (sheet->field != sheet->rows.columns.at[COLUMN_TIME] + 1)
		return false;
	if (strlen(cell) + 2 < CELL_SIZE)
		strcat(cell, text);
	return true;
}

static void sheet_put_row(struct sheet *sheet, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		*array_push(&sheet->row) = text[i];
	*array_push(&sheet->row) = 0;
}

static void take_field(void *bytes, size_t len, void *context)
{
	struct sheet *sheet = context;
	const char *text = bytes;

	sheet->unseen = 0;
	if (sheet->failed)
		return;
	count_lines(sheet, text, len);
	if (sheet->layout.aligned &&
	    (len == 0 || (sheet->field == 0 && strcmp(text, "#") == 0)))
		return;
	if (take_half_of_day(sheet, text))
		return;
	sheet_put_row(sheet, text, len);
	if (sheet->header)
		sheet_put_cell(sheet, text, len);
	sheet->field++;
}

static void drop_names(struct sheet *sheet)
{
	for (size_t i = 0; i < sheet->names.len; i++)
		free(sheet->names.items[i]);
	sheet->names.len = 0;
}

/* pidstat without -h writes the moment where the time's name would be. */
static void take_names(struct sheet *sheet)
{
	static const char *const psrecord[] = {
	    "elapsed_time", "cpu", "mem_real", "mem_virtual"};
	const char *name = sheet->row.items;
	double seconds;

	drop_names(sheet);
	for (size_t i = 0; i < (sheet->layout.psrecord ? 4 : sheet->field);
	     i++) {
		bool clock = i == 0 && sheet->layout.aligned &&
			     strchr(name, ':') &&
			     cell_time(name, false, &seconds);

		if (sheet->layout.psrecord)
			name = psrecord[i];
		*array_push(&sheet->names) = mem_copy(clock ? "Time" : name);
		name += strlen(name) + 1;
	}
}

static void take_header(struct sheet *sheet)
{
	struct err cause;

	take_names(sheet);
	sheet->header = true;
	if (columns_find(&sheet->rows.columns, sheet->names.items,
		sheet->names.len, sheet->options, &cause) != 0)
		sheet_fail(sheet, cause.text);
}

/* Whether the row has one of the header's names where a figure would be. */
static bool is_name_again(const struct sheet *sheet, enum column column)
{
	const char *cell = sheet->rows.cells[column];

	for (size_t i = 0;
	     isalpha((unsigned char)*cell) && i < sheet->names.len; i++) {
		if (strcmp(cell, sheet->names.items[i]) == 0)
			return true;
	}
	return false;
}

/* A header may come again, of the same table or of another one: pidstat
 * repeats its own, and tables get joined. */
static bool is_header_again(const struct sheet *sheet)
{
	return is_name_again(sheet, COLUMN_TIME) ||
	       is_name_again(sheet, COLUMN_PID) ||
	       is_name_again(sheet, COLUMN_MEMORY) ||
	       (sheet->layout.psrecord &&
		   strcmp(sheet->row.items, "Elapsed") == 0);
}

/* Columns may stand in another order than before; where there is no memory in
 * them, the rows below are none of ours. */
static void take_header_again(struct sheet *sheet)
{
	struct columns columns;

	take_names(sheet);
	sheet->foreign = columns_find(&columns, sheet->names.items,
			     sheet->names.len, sheet->options, NULL) != 0;
	if (!sheet->foreign)
		sheet->rows.columns = columns;
	rows_joined(&sheet->rows);
}

/* The line of pidstat's that names the machine: "Linux 6.1 (host) ...". */
static bool is_machine(const struct sheet *sheet)
{
	return sheet->layout.aligned && sheet->field > 2 &&
	       strcmp(sheet->row.items, "Linux") == 0 &&
	       memchr(sheet->row.items, '(', sheet->row.len);
}

static bool is_average(const struct sheet *sheet)
{
	return sheet->layout.aligned &&
	       strcmp(sheet->row.items, "Average:") == 0;
}

static bool is_short(const struct sheet *sheet)
{
	const size_t *at = sheet->rows.columns.at;

	return sheet->field <= at[COLUMN_TIME] ||
	       sheet->field <= at[COLUMN_MEMORY];
}

static void pass_over(struct sheet *sheet)
{
	struct profile *profile = sheet->rows.profile;

	if (profile->skipped++ == 0)
		profile->first_skipped = sheet->line;
}

/* In columns that only blanks part, any sentence has enough of them. */
static void take_cells(struct sheet *sheet)
{
	struct err cause;
	enum row_result got = rows_take(&sheet->rows, &cause);

	if (got == ROW_TAKEN)
		return;
	if (got == ROW_BAD && !sheet->layout.aligned) {
		sheet_fail(sheet, cause.text);
		return;
	}
	if (!sheet->text_error.text[0])
		err_set(&sheet->text_error, "%s:%zu: %s", sheet->path,
		    sheet->line, cause.text);
	pass_over(sheet);
}

static void take_row(struct sheet *sheet)
{
	if (is_machine(sheet))
		rows_next_run(&sheet->rows);
	else if (is_header_again(sheet))
		take_header_again(sheet);
	else if (sheet->foreign || is_average(sheet) ||
		 sheet->row.items[0] == '#')
		return;
	else if (is_short(sheet))
		pass_over(sheet);
	else
		take_cells(sheet);
}

static void end_row(int c, void *context)
{
	struct sheet *sheet = context;

	sheet->unseen = 0;
	if (sheet->field > 0 && !sheet->failed) {
		if (sheet->header)
			take_row(sheet);
		else
			take_header(sheet);
	}
	for (int i = 0; i < COLUMNS; i++)
		sheet->rows.cells[i][0] = 0;
	sheet->row.len = 0;
	sheet->field = 0;
	if (c == '\n')
		sheet->line++;
}

/* Bytes that no parser shall see: NULs, the marks at the beginnings of files
 * that were joined, and tabs between aligned columns. */
static void blank_out(struct sheet *sheet, char *bytes, size_t len)
{
	char *end = bytes + len;

	for (char *at = bytes; (at = memchr(at, 0, (size_t)(end - at)));)
		*at = ' ';
	for (char *at = bytes; (at = memmem(at, (size_t)(end - at), bom, 3));)
		memset(at, ' ', 3);
	for (char *at = bytes; sheet->layout.aligned && at < end; at++) {
		if (*at == '\t')
			*at = ' ';
	}
}

int sheet_feed(struct sheet *sheet, char *bytes, size_t len)
{
	blank_out(sheet, bytes, len);
	sheet->unseen += len;
	if (csv_parse(&sheet->parser, bytes, len, take_field, end_row, sheet) !=
	    len)
		sheet_fail(
		    sheet, csv_error(&sheet->parser) == CSV_EPARSE
			       ? "a quote stands where none may be"
			       : csv_strerror(csv_error(&sheet->parser)));
	else if (sheet->unseen > LONGEST_FIELD)
		sheet_fail(
		    sheet, "a quote is opened here or later and never closed");
	return sheet->failed ? -1 : 0;
}

int sheet_end(struct sheet *sheet)
{
	size_t line = sheet->line;

	if (csv_fini(&sheet->parser, take_field, end_row, sheet) != 0) {
		sheet->line = line;
		sheet_fail(
		    sheet, "a quote is opened here or later and never closed");
	}
	if (!sheet->failed && !sheet->header)
		sheet_fail(sheet, "no header is there");
	if (!sheet->failed && sheet->rows.taken == 0 &&
	    sheet->text_error.text[0])
		return err_set(sheet->e, "%s", sheet->text_error.text);
	return sheet->failed ? -1 : 0;
}

void sheet_finish(struct sheet *sheet)
{
	csv_free(&sheet->parser);
	drop_names(sheet);
	array_free(&sheet->names);
	array_free(&sheet->row);
}
