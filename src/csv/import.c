// SPDX-License-Identifier: MIT
//
// The quoting, space and newline functions of libcsv are set on purpose: with
// its defaults one quote that is never closed swallows every line behind it.
#include "csv/import.h"

#include <csv.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/io.h"
#include "base/strbuf.h"
#include "csv/cells.h"
#include "csv/duct.h"
#include "csv/columns.h"
#include "csv/rows.h"

enum { BLOCK = 256 << 10, BEGINNING = 8192 };

/* A longer field is none: a quote was left open somewhere. */
#define LONGEST_FIELD ((size_t)16 << 20)

/* Parses the bytes of a table, from its header on, into rows. Text between rows
 * is no error: repeated headers, or output of other programs. It is skipped,
 * and counted in the profile's skipped lines unless it is of a known kind. */
struct sheet {
	const char *path;
	const struct csv_options *options;
	struct layout layout;
	struct csv_parser parser;
	struct strbuf row;   /* the row's cells, each NUL-terminated */
	ARRAY(char *) names; /* of the header's columns */
	bool header;         /* the header was read */
	bool other;          /* the last header was that of another table */
	size_t field, line;  /* position */
	size_t unseen;       /* bytes since the last field's end */
	struct rows rows;
	struct err text_error; /* for the first row without a time */
	bool failed;
	struct err *e;
};

static const char bom[] = "\xef\xbb\xbf";

static int import_is_space(unsigned char c)
{
	return c == ' ' || c == '\t';
}

static int import_is_no_space(unsigned char c)
{
	(void)c;
	return 0;
}

static int import_is_newline(unsigned char c)
{
	return c == '\n' || c == '\r';
}

/* Starts after layout.start; path, options, layout, line, e and the rows'
 * profile must be set. -1 with e. */
static int import_begin(struct sheet *sheet)
{
	bool aligned = sheet->layout.aligned;
	int strict = aligned ? 0 : CSV_STRICT | CSV_STRICT_FINI;
	unsigned char options =
	    (unsigned char)(CSV_APPEND_NULL | CSV_REPALL_NL | strict);

	sheet->rows.comma = sheet->layout.delimiter != ',';
	if (csv_init(&sheet->parser, options) != 0)
		return err_set(sheet->e, "%s: libcsv can't start", sheet->path);
	csv_set_delim(&sheet->parser, (unsigned char)sheet->layout.delimiter);
	csv_set_term_func(&sheet->parser, import_is_newline);
	csv_set_space_func(
	    &sheet->parser, aligned ? import_is_no_space : import_is_space);
	/* No NUL reaches the parser: with NUL as the quote, nothing is
	 * quoted. */
	if (aligned)
		csv_set_quote(&sheet->parser, 0);
	return 0;
}

static void import_fail(struct sheet *sheet, const char *what)
{
	if (!sheet->failed)
		err_set(sheet->e, "%s:%zu: %s", sheet->path, sheet->line, what);
	sheet->failed = true;
}

static void import_put_cell(struct sheet *sheet, const char *text, size_t len)
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

static void import_count_lines(
    struct sheet *sheet, const char *text, size_t len)
{
	const char *end = text + len;

	while ((text = memchr(text, '\n', (size_t)(end - text)))) {
		sheet->line++;
		text++;
	}
}

/* In an aligned table AM and PM are separate words after the clock time: adds
 * them to it. */
static bool import_read_half_of_day(struct sheet *sheet, const char *text)
{
	char *cell = sheet->rows.cells[COLUMN_TIME];
	double seconds;

	if (!sheet->layout.aligned ||
	    (strcasecmp(text, "AM") != 0 && strcasecmp(text, "PM") != 0))
		return false;
	if (!sheet->header)
		return sheet->field == 1 &&
		       cell_time(sheet->row.text, false, &seconds);
	if (sheet->field != sheet->rows.columns.at[COLUMN_TIME] + 1)
		return false;
	if (strlen(cell) + 2 < CELL_SIZE)
		strcat(cell, text);
	return true;
}

static void import_read_field(void *bytes, size_t len, void *context)
{
	struct sheet *sheet = context;
	const char *text = bytes;

	sheet->unseen = 0;
	if (sheet->failed)
		return;
	import_count_lines(sheet, text, len);
	if (sheet->layout.aligned &&
	    (len == 0 || (sheet->field == 0 && strcmp(text, "#") == 0)))
		return;
	if (import_read_half_of_day(sheet, text))
		return;
	strbuf_add_bytes(&sheet->row, text, len);
	strbuf_add_bytes(&sheet->row, "", 1);
	if (sheet->header)
		import_put_cell(sheet, text, len);
	sheet->field++;
}

static void import_drop_names(struct sheet *sheet)
{
	for (size_t i = 0; i < sheet->names.len; i++)
		free(sheet->names.items[i]);
	sheet->names.len = 0;
}

/* pidstat without -h writes a time in place of the time column's name. */
static void import_read_names(struct sheet *sheet)
{
	static const char *const psrecord[] = {
	    "elapsed_time", "cpu", "mem_real", "mem_virtual"};
	const char *name = sheet->row.text;
	double seconds;

	import_drop_names(sheet);
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

static void import_read_header(struct sheet *sheet)
{
	struct err cause;

	import_read_names(sheet);
	sheet->header = true;
	if (columns_find(&sheet->rows.columns, sheet->names.items,
		sheet->names.len, sheet->options, &cause) != 0)
		import_fail(sheet, cause.text);
}

/* Whether the row has one of the header's names in place of a figure. */
static bool import_is_name_again(const struct sheet *sheet, enum column column)
{
	const char *cell = sheet->rows.cells[column];

	for (size_t i = 0;
	     isalpha((unsigned char)*cell) && i < sheet->names.len; i++) {
		if (strcmp(cell, sheet->names.items[i]) == 0)
			return true;
	}
	return false;
}

/* Whether the row is a header again, of the same table or another: pidstat
 * repeats its own, and tables get concatenated. */
static bool import_is_header_again(const struct sheet *sheet)
{
	return import_is_name_again(sheet, COLUMN_TIME) ||
	       import_is_name_again(sheet, COLUMN_PID) ||
	       import_is_name_again(sheet, COLUMN_MEMORY) ||
	       (sheet->layout.psrecord &&
		   strcmp(sheet->row.text, "Elapsed") == 0);
}

/* Takes a repeated header. Columns may be in another order; without memory, the
 * rows after it belong to another table. */
static void import_read_header_again(struct sheet *sheet)
{
	struct columns columns;

	import_read_names(sheet);
	sheet->other = columns_find(&columns, sheet->names.items,
			   sheet->names.len, sheet->options, NULL) != 0;
	if (!sheet->other)
		sheet->rows.columns = columns;
	rows_joined(&sheet->rows);
}

/* Whether it is pidstat's line about the machine: "Linux 6.1 (host) ...". */
static bool import_is_machine(const struct sheet *sheet)
{
	return sheet->layout.aligned && sheet->field > 2 &&
	       strcmp(sheet->row.text, "Linux") == 0 &&
	       memchr(sheet->row.text, '(', sheet->row.len);
}

static bool import_is_average(const struct sheet *sheet)
{
	return sheet->layout.aligned &&
	       strcmp(sheet->row.text, "Average:") == 0;
}

static bool import_is_short(const struct sheet *sheet)
{
	const size_t *at = sheet->rows.columns.at;

	return sheet->field <= at[COLUMN_TIME] ||
	       sheet->field <= at[COLUMN_MEMORY];
}

static void import_skip_row(struct sheet *sheet)
{
	struct profile *profile = sheet->rows.profile;

	if (profile->skipped++ == 0)
		profile->first_skipped = sheet->line;
}

/* If blanks separate columns, any sentence has enough columns. */
static void import_read_cells(struct sheet *sheet)
{
	struct err cause;
	enum row_result got = rows_add(&sheet->rows, &cause);

	if (got == ROW_ADDED)
		return;
	if (got == ROW_BAD && !sheet->layout.aligned) {
		import_fail(sheet, cause.text);
		return;
	}
	if (!sheet->text_error.text[0])
		err_set(&sheet->text_error, "%s:%zu: %s", sheet->path,
		    sheet->line, cause.text);
	import_skip_row(sheet);
}

static void import_read_row(struct sheet *sheet)
{
	if (import_is_machine(sheet))
		rows_next_run(&sheet->rows);
	else if (import_is_header_again(sheet))
		import_read_header_again(sheet);
	else if (sheet->other || import_is_average(sheet) ||
		 sheet->row.text[0] == '#')
		return;
	else if (import_is_short(sheet))
		import_skip_row(sheet);
	else
		import_read_cells(sheet);
}

static void import_end_row(int c, void *context)
{
	struct sheet *sheet = context;

	sheet->unseen = 0;
	if (sheet->field > 0 && !sheet->failed) {
		if (sheet->header)
			import_read_row(sheet);
		else
			import_read_header(sheet);
	}
	for (int i = 0; i < COLUMNS; i++)
		sheet->rows.cells[i][0] = 0;
	strbuf_cut(&sheet->row, 0);
	sheet->field = 0;
	if (c == '\n')
		sheet->line++;
}

/* Replaces bytes that the parser must not see: NULs, byte order marks of
 * concatenated files, and tabs between aligned columns. */
static void import_blank_out(struct sheet *sheet, char *bytes, size_t len)
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

/* Takes the next bytes, replacing NULs by blanks. -1 with e, which names the
 * line, where a cell is not what its column must contain. */
static int import_feed(struct sheet *sheet, char *bytes, size_t len)
{
	import_blank_out(sheet, bytes, len);
	sheet->unseen += len;
	if (csv_parse(&sheet->parser, bytes, len, import_read_field,
		import_end_row, sheet) != len)
		import_fail(
		    sheet, csv_error(&sheet->parser) == CSV_EPARSE
			       ? "a quote is where none can be"
			       : csv_strerror(csv_error(&sheet->parser)));
	else if (sheet->unseen > LONGEST_FIELD)
		import_fail(
		    sheet, "a quote is opened here or later and never closed");
	return sheet->failed ? -1 : 0;
}

/* Called after the last bytes. -1 with e as above, or where there was nothing
 * but text. */
static int import_end(struct sheet *sheet)
{
	size_t line = sheet->line;

	if (csv_fini(&sheet->parser, import_read_field, import_end_row,
		sheet) != 0) {
		sheet->line = line;
		import_fail(
		    sheet, "a quote is opened here or later and never closed");
	}
	if (!sheet->failed && !sheet->header)
		import_fail(sheet, "no header is there");
	if (!sheet->failed && sheet->rows.taken == 0 &&
	    sheet->text_error.text[0])
		return err_set(sheet->e, "%s", sheet->text_error.text);
	return sheet->failed ? -1 : 0;
}

static void import_finish(struct sheet *sheet)
{
	csv_free(&sheet->parser);
	import_drop_names(sheet);
	array_free(&sheet->names);
	strbuf_finish(&sheet->row);
}

/* Fills the block from the file; *len is 0 at its end. */
static int import_read_block(int fd, char *bytes, size_t size, size_t *len)
{
	*len = 0;
	while (*len < size) {
		ssize_t got = read(fd, bytes + *len, size - *len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		*len += (size_t)got;
	}
	return 0;
}

/* Whether the line that the layout names is a header with known columns: parses
 * only that line. */
static bool import_is_header(const struct layout *layout,
    const struct csv_options *options, const char *bytes)
{
	char line[BEGINNING];
	size_t len = layout->end - layout->start;
	struct profile profile = {0};
	struct err e;
	struct sheet sheet = {.path = "",
	    .options = options,
	    .layout = *layout,
	    .rows.profile = &profile,
	    .e = &e};
	bool known;

	if (len > sizeof(line) || import_begin(&sheet) != 0)
		return false;
	memcpy(line, bytes + layout->start, len);
	known = import_feed(&sheet, line, len) == 0 && import_end(&sheet) == 0;
	import_finish(&sheet);
	/* A single carriage return ends a row, too: there may have been
	 * some. */
	profile_finish(&profile);
	return known;
}

/* Finds the first line with known columns, as other programs may have written
 * to the file before; or else the first line of text. */
static bool import_find_header(struct layout *layout,
    const struct csv_options *options, const char *bytes, size_t len)
{
	struct layout first;

	if (len > BEGINNING)
		len = BEGINNING;
	if (!layout_find(layout, bytes, len))
		return false;
	first = *layout;
	do {
		if (import_is_header(layout, options, bytes))
			return true;
	} while (layout_next(layout, bytes, len));
	*layout = first;
	return false;
}

static size_t import_count_newlines(const char *bytes, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += bytes[i] == '\n';
	return count;
}

static int import_read_rows(struct sheet *sheet, int fd, char *bytes,
    size_t len, const struct csv_options *options)
{
	size_t start = sheet->layout.start;
	struct stat about;
	uint64_t done = 0, whole = 0;

	if (fstat(fd, &about) == 0)
		whole = (uint64_t)about.st_size;
	sheet->line = 1 + import_count_newlines(bytes, start);
	while (len > 0) {
		if (import_feed(sheet, bytes + start, len - start) != 0)
			return -1;
		start = 0;
		done += len;
		progress_step(options->progress, done, whole);
		if (import_read_block(fd, bytes, BLOCK, &len) != 0)
			return err_errno(
			    sheet->e, "%s: can't be read", sheet->path);
	}
	return import_end(sheet);
}

static int import_read_table(struct sheet *sheet, int fd, char *bytes,
    size_t len, const struct csv_options *options)
{
	int got = 0;

	import_find_header(&sheet->layout, options, bytes, len);
	if (!sheet->layout.delimiter)
		return 0;
	if (import_begin(sheet) != 0)
		return -1;
	got = import_read_rows(sheet, fd, bytes, len, options);
	rows_finish(&sheet->rows);
	import_finish(sheet);
	return got;
}

static int import_read_any(struct sheet *sheet, int fd, bool *unit_assumed)
{
	char *bytes = mem_zero(BLOCK, 1);
	size_t len;
	int got;

	if (import_read_block(fd, bytes, BLOCK, &len) != 0)
		got = err_errno(sheet->e, "%s: can't be read", sheet->path);
	else if (duct_is_usage(bytes, len))
		got = duct_read(sheet->rows.profile, fd, bytes, len, sheet->e);
	else
		got = import_read_table(sheet, fd, bytes, len, sheet->options);
	if (sheet->line > 0)
		sheet->rows.profile->lines = sheet->line;
	*unit_assumed =
	    sheet->rows.columns.unit_assumed && sheet->rows.units < 0;
	free(bytes);
	return got;
}

int csv_read(struct profile *profile, const char *path,
    const struct csv_options *options, bool *unit_assumed, struct err *e)
{
	struct err unused = {""};
	struct sheet sheet = {.path = path,
	    .options = options,
	    .rows.profile = profile,
	    .e = e ? e : &unused};
	int fd, got;

	*unit_assumed = false;
	profile_init(profile, path);
	if (options->unit && cell_unit(options->unit) == 0)
		return err_set(e,
		    "%s: --unit %s: is not a unit of memory; use B, KiB, MiB "
		    "or GiB",
		    path, options->unit);
	fd = io_open_input(path, e);
	if (fd < 0)
		return -1;
	got = import_read_any(&sheet, fd, unit_assumed);
	close(fd);
	return got;
}

static bool import_is_named_table(const char *path)
{
	static const char *const ends[] = {".csv", ".tsv"};
	size_t len = strlen(path);

	for (size_t i = 0; i < 2; i++) {
		if (len > 4 && strcasecmp(path + len - 4, ends[i]) == 0)
			return true;
	}
	return false;
}

bool csv_is_table(const char *path, const struct csv_options *options)
{
	char bytes[BEGINNING];
	struct layout layout;
	struct stat about;
	size_t len = 0;
	bool known = false;
	int fd;

	if (options->mem || options->time || import_is_named_table(path))
		return true;
	if (stat(path, &about) != 0 || !S_ISREG(about.st_mode))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return false;
	if (import_read_block(fd, bytes, sizeof(bytes), &len) == 0)
		known = duct_is_usage(bytes, len) ||
			import_find_header(&layout, options, bytes, len);
	close(fd);
	return known;
}
