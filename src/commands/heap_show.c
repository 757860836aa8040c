// SPDX-License-Identifier: MIT
#include "commands/heap_show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/units.h"
#include "base/utf8.h"
#include "base/json.h"

enum { SCHEMA = 1, NAME_COLUMNS = 60, COUNT_COLUMNS = 11, SIZE_COLUMNS = 12 };

#define BYTES_IN_MIB (1024.0 * 1024)

static void heap_show_put_blanks(size_t count)
{
	printf("%*s", (int)count, "");
}

static void print_bar(size_t columns)
{
	for (size_t i = 0; i < columns; i++)
		putchar('=');
}

static void heap_show_print_head(size_t width)
{
	heap_show_put_blanks(width - strlen("types"));
	printf("types | %*s | %*s\n", COUNT_COLUMNS, "# objects", SIZE_COLUMNS,
	    "total size");
	print_bar(width);
	fputs(" | ", stdout);
	print_bar(COUNT_COLUMNS);
	fputs(" | ", stdout);
	print_bar(SIZE_COLUMNS);
	putchar('\n');
}

static void heap_show_print_size(int64_t bytes, bool is_signed)
{
	char size[UNITS_TEXT], text[UNITS_TEXT + 1];
	double mib = (double)bytes / BYTES_IN_MIB;
	const char *sign = is_signed && bytes > 0 ? "+" : "";

	if (bytes < 0)
		sign = "-";
	if (bytes > -1024 && bytes < 1024)
		snprintf(size, sizeof(size), "%" PRId64 " B",
		    bytes < 0 ? -bytes : bytes);
	else
		units_size(size, mib < 0 ? -mib : mib);
	snprintf(text, sizeof(text), "%s%s", sign, size);
	printf(" | %*s\n", SIZE_COLUMNS, text);
}

static void heap_show_print_row(
    const struct heap_row *row, size_t width, const struct heap_show *show)
{
	char name[8 * NAME_COLUMNS];

	utf8_shorten(name, sizeof(name), row->name, width);
	heap_show_put_blanks(width - utf8_width(name));
	fputs(name, stdout);
	printf(show->difference ? " | %+*" PRId64 : " | %*" PRId64,
	    COUNT_COLUMNS, row->count);
	heap_show_print_size(row->bytes, show->difference);
}

/* How much of it all the objects are not is seen at once. */
static void print_rss(
    const struct heap *heap, size_t width, const struct heap_show *show)
{
	int64_t bytes;

	if (!heap->has_rss ||
	    __builtin_mul_overflow(heap->rss_kib, 1024, &bytes))
		return;
	heap_show_put_blanks(width - strlen("RSS"));
	printf("RSS | %*s", COUNT_COLUMNS, "");
	heap_show_print_size(bytes, show->difference);
}

static size_t name_width(const struct heap *heap, size_t rows)
{
	size_t width = strlen("total");

	for (size_t i = 0; i < rows; i++) {
		size_t one = utf8_width(heap->rows.items[i].name);

		width = one > width ? one : width;
	}
	return width < NAME_COLUMNS ? width : NAME_COLUMNS;
}

void heap_show_table(const struct heap *heap, const struct heap_show *show)
{
	char count[UNITS_COUNT];
	struct heap_row total = heap_total(heap);
	size_t rows = heap->rows.len;
	size_t width;

	if (show->top && rows > show->top)
		rows = show->top;
	width = name_width(heap, rows);
	heap_show_print_head(width);
	for (size_t i = 0; i < rows; i++)
		heap_show_print_row(&heap->rows.items[i], width, show);
	total.name = "total";
	heap_show_print_row(&total, width, show);
	print_rss(heap, width, show);
	if (rows < heap->rows.len)
		printf(
		    "(%s: --top 0)\n", units_count(count, heap->rows.len - rows,
					   "more type", "more types"));
}

static void write_whole(struct json *json, const char *key, int64_t value)
{
	json_key(json, key);
	json_whole(json, value);
}

static void write_ms(struct json *json, const char *key, int64_t ns)
{
	json_key(json, key);
	json_rounded(json, (double)ns / 1e6, 3);
}

static void heap_show_write_row(struct json *json, const struct heap_row *row)
{
	json_open(json, '{');
	json_key(json, "type");
	json_text(json, row->name);
	write_whole(json, "count", row->count);
	write_whole(json, "size", row->bytes);
	json_close(json, '}');
}

void heap_show_json(
    const struct heap *heap, const struct heap_show *show, int64_t analysis_ns)
{
	struct heap_row total = heap_total(heap);
	struct json json;

	json_init(&json, stdout);
	json_open_document(&json, SCHEMA);
	write_whole(&json, "pid", heap->pid);
	json_key(&json, "python");
	json_text(&json, *heap->python ? heap->python : NULL);
	json_key(&json, "time");
	json_rounded(&json, (double)heap->wall_ns / NS_PER_S, 3);
	write_ms(&json, "pause_ms", heap->pause_ns);
	if (analysis_ns >= 0)
		write_ms(&json, "analysis_ms", analysis_ns);
	json_key(&json, "difference");
	json_bool(&json, show->difference);
	write_whole(&json, "count", total.count);
	write_whole(&json, "size", total.bytes);
	if (heap->has_rss)
		write_whole(&json, "rss_kib", heap->rss_kib);
	json_key(&json, "types");
	json_open(&json, '[');
	for (size_t i = 0; i < heap->rows.len; i++)
		heap_show_write_row(&json, &heap->rows.items[i]);
	json_close(&json, ']');
	json_close(&json, '}');
}
