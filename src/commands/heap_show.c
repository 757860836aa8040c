// SPDX-License-Identifier: MIT
#include "commands/heap_show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/units.h"
#include "base/utf8.h"
#include "base/json.h"
#include "cli/wrap.h"

enum { SCHEMA = 1 };

static void heap_show_size_text(
    char text[static UNITS_TEXT + 1], int64_t bytes, bool is_signed)
{
	char size[UNITS_TEXT];
	double mib = units_mib((double)bytes);
	const char *sign = is_signed && bytes > 0 ? "+" : "";

	if (bytes < 0)
		sign = "-";
	if (bytes > -1024 && bytes < 1024)
		snprintf(size, sizeof(size), "%" PRId64 " B",
		    bytes < 0 ? -bytes : bytes);
	else
		units_size(size, mib < 0 ? -mib : mib);
	snprintf(text, UNITS_TEXT + 1, "%s%s", sign, size);
}

static void heap_show_print_bytes(
    const char *before, int64_t bytes, const struct heap_show *show)
{
	char size[UNITS_TEXT + 1];

	heap_show_size_text(size, bytes, show->difference);
	printf("%s %s", before, size);
}

static void heap_show_print_part(
    const char *before, int64_t kib, const struct heap_show *show)
{
	int64_t bytes;

	if (__builtin_mul_overflow(kib, 1024, &bytes))
		bytes = kib < 0 ? INT64_MIN : INT64_MAX;
	heap_show_print_bytes(before, bytes, show);
}

bool heap_show_is_native(const struct heap *heap, const struct heap_show *show)
{
	int64_t rest = heap_unexplained_kib(heap);

	if (show->difference)
		return rest > 1 << 10 && rest > heap->rss_kib / 2;
	return rest > 16 << 10 && rest > heap->rss_kib / 4;
}

/* Prints "RSS 412 MiB: Python objects 96 MiB, ...", and the next command where
 * objects do not explain it. */
void heap_show_parts(const struct heap *heap, const struct heap_show *show)
{
	if (!heap->has_rss || !heap->has_parts)
		return;
	heap_show_print_part("RSS", heap->rss_kib, show);
	heap_show_print_bytes(": Python objects", heap_total(heap).bytes, show);
	heap_show_print_part(",\n  free in malloc's heaps and Python's arenas",
	    heap->free_kib, show);
	heap_show_print_part(",\n  mapped files", heap->files_kib, show);
	heap_show_print_part(", unexplained", heap_unexplained_kib(heap), show);
	putchar('\n');
	if (heap_show_is_native(heap, show))
		wrap_print_note("No Python object explains that. To find the "
				"function that allocates it, use mprof run "
				"--stacks PROGRAM, then mprof lines");
}

static void heap_write_ms(struct json *json, const char *key, int64_t ns)
{
	json_member_rounded(json, key, (double)ns / 1e6, 3);
}

void heap_show_when(const struct heap *before, const struct heap *after)
{
	char span[UNITS_TEXT], pause[UNITS_TEXT], clock[16] = "";
	time_t seconds = (time_t)(after->wall_ns / NS_PER_S);
	double span_s =
	    (double)(after->wall_ns - before->wall_ns) / (double)NS_PER_S;
	struct tm now;

	if (localtime_r(&seconds, &now))
		strftime(clock, sizeof(clock), "%H:%M:%S", &now);
	printf("%s: added in %s; it was stopped for %s\n", clock,
	    units_duration(span, span_s > 0 ? span_s : 0),
	    units_duration(pause, (double)after->pause_ns / NS_PER_S));
}

static void heap_show_write_row(
    struct json *json, const struct heap_row *row, const struct heap_show *show)
{
	const struct heap_growth_row *since =
	    show->growth ? heap_growth_find(show->growth, row->name) : NULL;

	json_open(json, '{');
	json_member_text(json, "type", row->name);
	json_member_whole(json, "count", row->count);
	json_member_whole(json, "size", row->bytes);
	if (since) {
		json_member_whole(json, "count_since_first",
		    since->count - since->first_count);
		json_member_whole(json, "size_since_first",
		    since->bytes - since->first_bytes);
		json_member_whole(
		    json, "grew", (int64_t)heap_growth_steps(since));
	}
	json_close(json, '}');
}

static void heap_show_write_difference(
    struct json *json, const struct heap_show *show)
{
	json_member_bool(json, "difference", show->difference);
	if (show->from) {
		json_member_text(json, "from", show->from);
		json_member_text(json, "to", show->to);
	}
}

static void heap_show_write_sums(struct json *json, const struct heap *heap)
{
	struct heap_row total = heap_total(heap);

	json_member_whole(json, "count", total.count);
	json_member_whole(json, "size", total.bytes);
	if (heap->has_rss)
		json_member_whole(json, "rss_kib", heap->rss_kib);
	if (heap->has_parts) {
		json_member_whole(json, "free_kib", heap->free_kib);
		json_member_whole(json, "mapped_files_kib", heap->files_kib);
		json_member_whole(
		    json, "unexplained_kib", heap_unexplained_kib(heap));
	}
}

void heap_show_json(
    const struct heap *heap, const struct heap_show *show, int64_t analysis_ns)
{
	struct json json;

	if (show->one_line)
		json_init_line(&json, stdout);
	else
		json_init(&json, stdout);
	json_open_document(&json, SCHEMA);
	json_member_whole(&json, "pid", heap->pid);
	json_member_text(&json, "python", *heap->python ? heap->python : NULL);
	json_member_rounded(&json, "time", (double)heap->wall_ns / NS_PER_S, 3);
	heap_write_ms(&json, "pause_ms", heap->pause_ns);
	if (analysis_ns >= 0)
		heap_write_ms(&json, "analysis_ms", analysis_ns);
	heap_show_write_difference(&json, show);
	heap_show_write_sums(&json, heap);
	if (show->growth)
		json_member_whole(&json, "steps", (int64_t)show->growth->steps);
	json_member_open(&json, "types", '[');
	for (size_t i = 0; i < heap->rows.len; i++)
		heap_show_write_row(&json, &heap->rows.items[i], show);
	json_close(&json, ']');
	json_close(&json, '}');
}

static void heap_show_summary_row(
    const char *name, int64_t count, int64_t bytes)
{
	char clean[8 * HEAP_SHOW_NAME], size[UNITS_TEXT + 1];

	utf8_shorten(clean, sizeof(clean), name, HEAP_SHOW_NAME);
	heap_show_size_text(size, bytes, true);
	printf("  %s: %+" PRId64 " objects, %s\n", clean, count, size);
}

void heap_show_summary(const struct heap_growth *growth, size_t top)
{
	char span[UNITS_TEXT], steps[UNITS_COUNT];
	struct heap grown;
	size_t rows;

	heap_growth_always(growth, &grown);
	rows = top && top < grown.rows.len ? top : grown.rows.len;
	printf("\n%s in %s: %s grew in each of them%s\n",
	    units_count(steps, growth->steps, "step", "steps"),
	    units_duration(span,
		(double)(growth->newest_ns - growth->first_ns) / NS_PER_S),
	    rows ? "these types" : "no type", rows ? "" : ".");
	for (size_t i = 0; i < rows; i++)
		heap_show_summary_row(grown.rows.items[i].name,
		    grown.rows.items[i].count, grown.rows.items[i].bytes);
	heap_finish(&grown);
}
