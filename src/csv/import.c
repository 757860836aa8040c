// SPDX-License-Identifier: MIT
#include "csv/import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "csv/cells.h"
#include "csv/duct.h"
#include "csv/sheet.h"

enum { BLOCK = 256 << 10, BEGINNING = 8192 };

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

/* Whether the line that the layout names is a header with known columns: only
 * that line is parsed. */
static bool is_header(const struct layout *layout,
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

	if (len > sizeof(line) || sheet_begin(&sheet) != 0)
		return false;
	memcpy(line, bytes + layout->start, len);
	known = sheet_feed(&sheet, line, len) == 0 && sheet_end(&sheet) == 0;
	sheet_finish(&sheet);
	/* A carriage return alone ends a row too: there may have been some. */
	profile_finish(&profile);
	return known;
}

/* The first line whose columns are known: other programs may have written to
 * the file before. Without one, the first line of text. */
static bool find_header(struct layout *layout,
    const struct csv_options *options, const char *bytes, size_t len)
{
	struct layout first;

	if (len > BEGINNING)
		len = BEGINNING;
	if (!layout_find(layout, bytes, len))
		return false;
	first = *layout;
	do {
		if (is_header(layout, options, bytes))
			return true;
	} while (layout_next(layout, bytes, len));
	*layout = first;
	return false;
}

static size_t count_newlines(const char *bytes, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += bytes[i] == '\n';
	return count;
}

static int read_rows(struct sheet *sheet, int fd, char *bytes, size_t len,
    const struct csv_options *options)
{
	size_t start = sheet->layout.start;
	struct stat about;
	uint64_t done = 0, whole = 0;

	if (fstat(fd, &about) == 0)
		whole = (uint64_t)about.st_size;
	sheet->line = 1 + count_newlines(bytes, start);
	while (len > 0) {
		if (sheet_feed(sheet, bytes + start, len - start) != 0)
			return -1;
		start = 0;
		done += len;
		progress_step(options->progress, done, whole);
		if (read_block(fd, bytes, BLOCK, &len) != 0)
			return err_errno(
			    sheet->e, "%s: can't be read", sheet->path);
	}
	return sheet_end(sheet);
}

static int import_read_table(struct sheet *sheet, int fd, char *bytes,
    size_t len, const struct csv_options *options)
{
	int got = 0;

	find_header(&sheet->layout, options, bytes, len);
	if (!sheet->layout.delimiter)
		return 0;
	if (sheet_begin(sheet) != 0)
		return -1;
	got = read_rows(sheet, fd, bytes, len, options);
	rows_finish(&sheet->rows);
	sheet_finish(sheet);
	return got;
}

static int import_read_any(struct sheet *sheet, int fd, bool *unit_assumed)
{
	char *bytes = mem_zero(BLOCK, 1);
	size_t len;
	int got;

	if (read_block(fd, bytes, BLOCK, &len) != 0)
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
		    "%s: --unit %s: is no unit of memory; say B, KiB, MiB or "
		    "GiB",
		    path, options->unit);
	fd = io_open_input(path, e);
	if (fd < 0)
		return -1;
	got = import_read_any(&sheet, fd, unit_assumed);
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

bool csv_is_table(const char *path, const struct csv_options *options)
{
	char bytes[BEGINNING];
	struct layout layout;
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
		known = duct_is_usage(bytes, len) ||
			find_header(&layout, options, bytes, len);
	close(fd);
	return known;
}
