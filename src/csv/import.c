// SPDX-License-Identifier: MIT
//
// The quoting, space and newline functions of libcsv are set on purpose: with
// its defaults one quote that is never closed swallows every line behind it.
#include "csv/import.h"

#include <csv.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/io.h"
#include "csv/cells.h"
#include "csv/layout.h"
#include "csv/rows.h"

enum { BLOCK = 256 << 10, BEGINNING = 8192 };

/* Longer is no field: somewhere a quote was left open. */
#define LONGEST_FIELD ((size_t)16 << 20)

struct import {
	const char *path;
	const struct csv_options *options;
	struct layout layout;
	struct csv_parser parser;
	ARRAY(char *) names; /* of the header's columns */
	bool header;         /* it was read */
	size_t field, line;  /* where we are */
	size_t unseen;       /* bytes since the last field ended */
	uint64_t whole;      /* bytes; 0: not known */
	struct rows rows;
	bool failed;
	struct err *e;
};

static int is_space(unsigned char c)
{
	return c == ' ' || c == '\t';
}

static int is_no_space(unsigned char c)
{
	(void)c;
	return 0;
}

static int is_newline(unsigned char c)
{
	return c == '\n' || c == '\r';
}

static bool begin(struct import *in)
{
	bool aligned = in->layout.aligned;

	if (csv_init(&in->parser,
		CSV_APPEND_NULL | CSV_REPALL_NL |
		    (aligned ? 0 : CSV_STRICT | CSV_STRICT_FINI)) != 0)
		return false;
	csv_set_delim(&in->parser, (unsigned char)in->layout.delimiter);
	csv_set_term_func(&in->parser, is_newline);
	csv_set_space_func(&in->parser, aligned ? is_no_space : is_space);
	/* A NUL never reaches the parser: so nothing is a quote. */
	if (aligned)
		csv_set_quote(&in->parser, 0);
	return true;
}

static void fail(struct import *in, const char *what)
{
	if (!in->failed)
		err_set(in->e, "%s:%zu: %s", in->path, in->line, what);
	in->failed = true;
}

static bool is_half_of_day(const char *text)
{
	return strcasecmp(text, "AM") == 0 || strcasecmp(text, "PM") == 0;
}

static void put_cell(struct import *in, const char *text, size_t len)
{
	for (int c = 0; c < COLUMNS; c++) {
		char *cell = in->rows.cells[c];

		if (in->rows.columns.at[c] != in->field)
			continue;
		if (len >= CELL_SIZE)
			len = CELL_SIZE - 1;
		memcpy(cell, text, len);
		cell[len] = 0;
	}
}

static void count_lines(struct import *in, const char *text, size_t len)
{
	const char *end = text + len;

	while ((text = memchr(text, '\n', (size_t)(end - text)))) {
		in->line++;
		text++;
	}
}

static void take_field(void *bytes, size_t len, void *context)
{
	struct import *in = context;
	const char *text = bytes;

	in->unseen = 0;
	if (in->failed)
		return;
	count_lines(in, text, len);
	if (in->layout.aligned &&
	    (len == 0 || (in->field == 0 && strcmp(text, "#") == 0)))
		return;
	if (!in->header) {
		*array_push(&in->names) = mem_copy(text);
	} else if (in->layout.aligned && is_half_of_day(text) &&
		   in->field == in->rows.columns.at[COLUMN_TIME] + 1) {
		strncat(in->rows.cells[COLUMN_TIME], text, 2);
		return;
	} else {
		put_cell(in, text, len);
	}
	in->field++;
}

static void name_columns(struct import *in)
{
	static const char *const psrecord[] = {
	    "elapsed_time", "cpu", "mem_real", "mem_virtual"};
	struct err cause;

	if (in->layout.psrecord) {
		for (size_t i = 0; i < in->names.len; i++)
			free(in->names.items[i]);
		in->names.len = 0;
		for (size_t i = 0; i < 4; i++)
			*array_push(&in->names) = mem_copy(psrecord[i]);
	}
	in->header = true;
	if (columns_find(&in->rows.columns, in->names.items, in->names.len,
		in->options, &cause) != 0)
		fail(in, cause.text);
}

/* A header may come again: pidstat repeats it, and tables get joined. */
static bool is_header_again(struct import *in)
{
	size_t time = in->rows.columns.at[COLUMN_TIME];

	return strcmp(in->rows.cells[COLUMN_TIME], in->names.items[time]) == 0;
}

static bool is_short(const struct import *in)
{
	const size_t *at = in->rows.columns.at;

	return in->field <= at[COLUMN_TIME] || in->field <= at[COLUMN_MEMORY];
}

static void take_row(struct import *in)
{
	struct profile *profile = in->rows.profile;
	struct err cause;

	if (is_short(in)) {
		if (profile->skipped++ == 0)
			profile->first_skipped = in->line;
	} else if (in->rows.cells[COLUMN_TIME][0] != '#' &&
		   !is_header_again(in) && rows_take(&in->rows, &cause) != 0) {
		fail(in, cause.text);
	}
	for (int c = 0; c < COLUMNS; c++)
		in->rows.cells[c][0] = 0;
}

static void end_row(int c, void *context)
{
	struct import *in = context;

	in->unseen = 0;
	if (in->field > 0 && !in->failed) {
		if (in->header)
			take_row(in);
		else
			name_columns(in);
	}
	in->field = 0;
	if (c == '\n')
		in->line++;
}

/* Bytes of the file; a NUL becomes a blank. */
static int feed(struct import *in, char *bytes, size_t len)
{
	for (char *nul = bytes;
	     (nul = memchr(nul, 0, len - (size_t)(nul - bytes)));)
		*nul = ' ';
	for (char *at = bytes; in->layout.aligned && at < bytes + len; at++) {
		if (*at == '\t')
			*at = ' ';
	}
	in->unseen += len;
	if (csv_parse(&in->parser, bytes, len, take_field, end_row, in) != len)
		fail(in, csv_error(&in->parser) == CSV_EPARSE
			     ? "a quote stands where none may be"
			     : csv_strerror(csv_error(&in->parser)));
	else if (in->unseen > LONGEST_FIELD)
		fail(in, "a quote is opened here or later and never closed");
	return in->failed ? -1 : 0;
}

static int finish(struct import *in)
{
	size_t line = in->line;

	if (csv_fini(&in->parser, take_field, end_row, in) != 0) {
		in->line = line;
		fail(in, "a quote is opened here or later and never closed");
	}
	if (!in->failed && !in->header)
		fail(in, "no header is there");
	return in->failed ? -1 : 0;
}

/* The first block tells the layout; *len is 0 at the end of the file. */
static int read_block(int fd, char *bytes, size_t size, size_t *len)
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

static int read_table(struct import *in, int fd, char *bytes)
{
	size_t len, start;
	uint64_t done = 0;

	if (read_block(fd, bytes, BLOCK, &len) != 0)
		return err_errno(in->e, "%s: can't be read", in->path);
	if (len >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 ||
			    memcmp(bytes, "\xfe\xff", 2) == 0))
		return err_set(
		    in->e, "%s: is UTF-16; save it as UTF-8", in->path);
	if (!layout_find(&in->layout, bytes, len))
		return 0;
	if (!begin(in))
		return err_set(in->e, "%s: libcsv can't start", in->path);
	start = in->layout.start;
	in->rows.comma = in->layout.delimiter != ',';
	in->line = 1;
	count_lines(in, bytes, start);
	while (len > 0) {
		if (feed(in, bytes + start, len - start) != 0)
			return -1;
		start = 0;
		done += len;
		progress_step(in->options->progress, done, in->whole);
		if (read_block(fd, bytes, BLOCK, &len) != 0)
			return err_errno(in->e, "%s: can't be read", in->path);
	}
	return finish(in);
}

static void drop(struct import *in)
{
	if (in->layout.delimiter)
		csv_free(&in->parser);
	for (size_t i = 0; i < in->names.len; i++)
		free(in->names.items[i]);
	array_free(&in->names);
}

int csv_read(struct profile *profile, const char *path,
    const struct csv_options *options, bool *unit_assumed, struct err *e)
{
	struct err unused = {""};
	struct import in = {.path = path,
	    .options = options,
	    .rows.profile = profile,
	    .e = e ? e : &unused};
	struct stat about;
	char *bytes;
	int fd, got;

	*unit_assumed = false;
	profile_init(profile, path);
	if (options->unit && cell_unit(options->unit) == 0)
		return err_set(e,
		    "%s: --unit %s: is no unit of memory; say B, KiB, MiB or "
		    "GiB",
		    path, options->unit);
	fd = io_open_input(path, e);
	if (fd < 0)
		return -1;
	if (fstat(fd, &about) == 0)
		in.whole = (uint64_t)about.st_size;
	bytes = mem_zero(BLOCK, 1);
	got = read_table(&in, fd, bytes);
	rows_finish(&in.rows);
	profile->lines = in.line;
	*unit_assumed = in.rows.columns.unit_assumed && in.rows.units < 0;
	drop(&in);
	free(bytes);
	close(fd);
	return got;
}

static bool is_named_table(const char *path)
{
	static const char *const ends[] = {".csv", ".tsv"};
	size_t len = strlen(path);

	for (size_t i = 0; i < 2; i++) {
		if (len > 4 && strcasecmp(path + len - 4, ends[i]) == 0)
			return true;
	}
	return false;
}

/* Only the header's line is parsed. */
static bool has_known_header(const char *path,
    const struct csv_options *options, char *bytes, size_t len)
{
	struct profile profile = {0};
	struct err e;
	struct import in = {.path = path,
	    .options = options,
	    .rows.profile = &profile,
	    .e = &e};
	bool known;

	if (!layout_find(&in.layout, bytes, len) || !begin(&in))
		return false;
	known = feed(&in, bytes + in.layout.start,
		    in.layout.end - in.layout.start) == 0 &&
		finish(&in) == 0;
	drop(&in);
	/* A carriage return alone ends a row too: there may have been some. */
	profile_finish(&profile);
	return known;
}

bool csv_is_table(const char *path, const struct csv_options *options)
{
	char bytes[BEGINNING];
	struct stat about;
	size_t len = 0;
	bool known = false;
	int fd;

	if (options->mem || options->time || is_named_table(path))
		return true;
	if (stat(path, &about) != 0 || !S_ISREG(about.st_mode))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return false;
	if (read_block(fd, bytes, sizeof(bytes), &len) == 0)
		known = has_known_header(path, options, bytes, len);
	close(fd);
	return known;
}
