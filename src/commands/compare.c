// SPDX-License-Identifier: MIT
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/recording_set.h"
#include "base/mem.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "base/utf8.h"
#include "chart/chart.h"
#include "cli/markdown.h"
#include "cli/table.h"
#include "cli/wrap.h"
#include "commands/command.h"
#include "commands/command_picture.h"
#include "input/recording_files.h"

enum { SCHEMA = 1 };

struct compare_options {
	struct profiles_options profiles;
	const char *a, *b; /* patterns */
	const char *output;
	bool json, markdown;
};

static const struct option_row rows[] = {
    {.name = "a",
	.arg = "PATTERN",
	.help = "the first set of recordings: 'main-*.dat'",
	.parse = option_text,
	.offset = offsetof(struct compare_options, a),
	.ours = true},
    {.name = "b",
	.arg = "PATTERN",
	.help = "the second set of recordings",
	.parse = option_text,
	.offset = offsetof(struct compare_options, b),
	.ours = true},
    {.letter = 'o',
	.name = "output",
	.arg = "FILE",
	.help = "also draw both and their difference to FILE, in the format of "
		"its extension; of several runs, the one with the median peak",
	.parse = option_text,
	.offset = offsetof(struct compare_options, output),
	.ours = true},
    {.name = "json",
	.help = "print the figures as JSON",
	.parse = option_flag,
	.offset = offsetof(struct compare_options, json),
	.ours = true},
    {.name = "markdown",
	.help = "print the figures as a Markdown table, for a comment",
	.parse = option_flag,
	.offset = offsetof(struct compare_options, markdown),
	.ours = true},
    PROFILES_ROWS(struct compare_options, profiles), {0}};

/* Figures that are compared for every run, phase and process. */
struct compare_measure {
	const char *name;
	const char *key; /* key in JSON, with its unit */
	size_t offset;   /* offset in struct figures */
	char *(*format)(char *out, double value);
	bool is_requested; /* recorded by --with alone */
};

static char *compare_format_area(char *out, double mib_s)
{
	bool large = fabs(mib_s) >= 10240;
	char number[UNITS_TEXT];

	snprintf(out, UNITS_TEXT, "%.20s %s",
	    units_number(number, large ? mib_s / 1024 : mib_s),
	    large ? "GiB s" : "MiB s");
	return out;
}

static char *compare_format_duration(char *out, double seconds)
{
	char text[UNITS_TEXT];

	snprintf(out, UNITS_TEXT, "%s%.28s", seconds < 0 ? "-" : "",
	    units_duration(text, fabs(seconds)));
	return out;
}

static char *compare_format_percent(char *out, double percent)
{
	char number[UNITS_TEXT];

	if (fabs(percent) < 0.005)
		return units_percent(out, percent, 2);
	snprintf(out, UNITS_TEXT, "%.20s %%", units_number(number, percent));
	return out;
}

static const struct compare_measure measures[] = {
    {"peak", "peak_mib", offsetof(struct figures, peak_mib), units_size, false},
    {"mean", "mean_mib", offsetof(struct figures, mean_mib), units_size, false},
    {"area", "area_mib_s", offsetof(struct figures, area_mib_s),
	compare_format_area, false},
    {"duration", "duration_s", offsetof(struct figures, duration_s),
	compare_format_duration, false},
    {"growth", "growth_mib_per_s", offsetof(struct figures, growth_mib_s),
	units_rate, false},
    {"mean CPU", "cpu_percent", offsetof(struct figures, cpu_percent),
	compare_format_percent, true},
    {"most threads", "threads", offsetof(struct figures, threads), units_number,
	true},
    {"GPU peak", "gpu_mib", offsetof(struct figures, gpu_mib), units_size,
	true},
};

enum { MEASURES = sizeof(measures) / sizeof(measures[0]) };

/* The number of recordings of a side that do not hold the figure. */
static size_t compare_count_unknown(
    const struct recording_set *side, size_t offset)
{
	size_t count = 0;

	for (size_t i = 0; i < side->runs.len; i++)
		count += isnan(
		    recording_set_figure(&side->runs.items[i].figures, offset));
	return count;
}

/* A figure that is recorded on request is left out if no recording has it. */
static bool compare_is_shown(const struct recording_set *const sides[2],
    const struct compare_measure *measure)
{
	return !measure->is_requested ||
	       compare_count_unknown(sides[0], measure->offset) <
		   sides[0]->runs.len ||
	       compare_count_unknown(sides[1], measure->offset) <
		   sides[1]->runs.len;
}

/* Writes a number with its sign, also "+". */
static char *compare_format_signed(
    char *out, double value, char *(*format)(char *out, double value))
{
	char text[UNITS_TEXT];

	snprintf(out, UNITS_TEXT, "%s%.30s", value > 0 ? "+" : "",
	    format(text, value));
	return out;
}

/* A percentage tells nothing where one figure is many times the other. */
static char *compare_format_relative(char *out, const struct comparison *c)
{
	char number[UNITS_TEXT];

	if (isnan(c->difference))
		strcpy(out, "-");
	else if (c->a != 0 && fabs(c->relative) < 10)
		snprintf(out, UNITS_TEXT, "%s%.30s", c->relative > 0 ? "+" : "",
		    units_percent(number, 100 * c->relative, 1));
	else if (c->a != 0 && c->b / c->a > 0)
		snprintf(out, UNITS_TEXT, "%.28s x",
		    units_number(number, c->b / c->a));
	else
		strcpy(out, c->b == c->a ? "" : "-");
	return out;
}

/* A set is unknown where one of its recordings is. */
static char *compare_format_side(
    char *out, double value, char *(*format)(char *out, double value))
{
	return isnan(value) ? strcpy(out, "unknown") : format(out, value);
}

/* "95 %: +1.5 MiB to +2.5 MiB; p = 0.008"; empty where nothing was repeated.
 * The caller frees. */
static char *compare_format_interval(
    const struct comparison *c, char *(*format)(char *out, double value))
{
	char low[UNITS_TEXT], high[UNITS_TEXT];

	if (!c->repeated)
		return mem_copy("");
	return mem_format("95 %%: %s to %s; p = %.2g",
	    compare_format_signed(low, c->low, format),
	    compare_format_signed(high, c->high, format), c->p);
}

/* "unknown in 1 of 5 runs of B"; empty where the cells say it all. The caller
 * frees. */
static char *compare_format_unknown(
    const struct recording_set *const sides[2], size_t offset)
{
	struct strbuf text = {0};

	for (size_t s = 0; s < 2; s++) {
		size_t unknown = compare_count_unknown(sides[s], offset);

		if (unknown == 0 || sides[s]->runs.len == 1)
			continue;
		strbuf_separate(&text, ", ");
		strbuf_add_format(&text, "unknown in %zu of %zu runs of %c",
		    unknown, sides[s]->runs.len, s == 0 ? 'A' : 'B');
	}
	return strbuf_take(&text);
}

/* The last cell of a measure's row. The caller frees. */
static char *compare_format_chance(const struct recording_set *const sides[2],
    const struct compare_measure *measure, const struct comparison *c)
{
	return isnan(c->difference)
		   ? compare_format_unknown(sides, measure->offset)
		   : compare_format_interval(c, measure->format);
}

/* The figures of a row. A and B are in one unit; a difference may be small
 * beside them. */
struct compare_texts {
	char a[UNITS_TEXT], b[UNITS_TEXT], relative[UNITS_TEXT];
	char difference[UNITS_TEXT];
};

static void compare_texts_init(struct compare_texts *texts,
    const struct comparison *c, char *(*format)(char *out, double value))
{
	struct units_column unit = {0};

	compare_format_relative(texts->relative, c);
	if (isnan(c->difference))
		strcpy(texts->difference, "-");
	else
		compare_format_signed(texts->difference, c->difference, format);
	if (format != units_size || isnan(c->difference)) {
		compare_format_side(texts->a, c->a, format);
		compare_format_side(texts->b, c->b, format);
		return;
	}
	units_column_add(&unit, c->a);
	units_column_add(&unit, c->b);
	units_column_size(texts->a, &unit, c->a);
	units_column_size(texts->b, &unit, c->b);
}

/* Columns of the table: a name, A, B, B to A, the difference. */
enum { COMPARE_COLUMNS = 5 };

/* A row as text; a heading has only the first cell. */
struct compare_row {
	char *cells[COMPARE_COLUMNS], *interval;
};

struct compare_table {
	ARRAY(struct compare_row) rows;
};

/* Takes over chance, the last cell. */
static void compare_table_add(struct compare_table *table, const char *name,
    const struct comparison *c, char *(*format)(char *out, double value),
    char *chance)
{
	struct compare_texts texts;
	size_t len;
	char label[64];

	compare_texts_init(&texts, c, format);
	len = strlen(texts.relative);
	/* Aligns the signs that follow the numbers. */
	if (len == 0 || texts.relative[len - 1] == '-')
		strcat(texts.relative, "  ");
	else if (texts.relative[len - 1] == 'x')
		strcat(texts.relative, " ");
	*array_push(&table->rows) = (struct compare_row){
	    {mem_copy(utf8_shorten(label, sizeof(label), name, 16)),
		mem_copy(texts.a), mem_copy(texts.b), mem_copy(texts.relative),
		mem_copy(texts.difference)},
	    chance};
}

/* Column widths: up to what fits on the widest terminal or, on a narrow one,
 * the width of the cells. Returns their sum with the gaps. */
static int compare_table_measure(
    const struct compare_table *table, bool narrow, int widths[COMPARE_COLUMNS])
{
	static const int usual[COMPARE_COLUMNS] = {16, 14, 14, 10, 15};
	int sum = COMPARE_COLUMNS - 1;

	for (size_t k = 0; k < COMPARE_COLUMNS; k++) {
		widths[k] = narrow ? 0 : usual[k];
		for (size_t i = 0; narrow && i < table->rows.len; i++) {
			const struct compare_row *row = &table->rows.items[i];
			int width =
			    row->cells[1] ? (int)utf8_width(row->cells[k]) : 0;

			widths[k] = width > widths[k] ? width : widths[k];
		}
		sum += widths[k];
	}
	return sum;
}

static void compare_print_heading(const char *text, int columns)
{
	size_t size = strlen(text) + 4;
	char *shown = mem_zero(size, 1);

	puts(columns > 0 ? utf8_shorten(shown, size, text, (size_t)columns)
			 : text);
	free(shown);
}

static void compare_table_print(const struct compare_table *table)
{
	int columns = (int)table_width(stdout), widths[COMPARE_COLUMNS];
	int sum = compare_table_measure(table, false, widths);
	bool narrow = columns > 0 && columns < sum;

	if (narrow)
		compare_table_measure(table, true, widths);
	for (size_t i = 0; i < table->rows.len; i++) {
		const struct compare_row *row = &table->rows.items[i];

		if (!row->cells[1]) {
			compare_print_heading(row->cells[0], columns);
			continue;
		}
		printf("%-*s", widths[0], row->cells[0]);
		for (size_t k = 1; k < COMPARE_COLUMNS; k++)
			printf(" %*s", widths[k], row->cells[k]);
		if (row->interval && *row->interval)
			printf(narrow ? "\n    %s" : "  (%s)", row->interval);
		putchar('\n');
	}
}

static void compare_table_finish(struct compare_table *table)
{
	for (size_t i = 0; i < table->rows.len; i++) {
		for (size_t k = 0; k < COMPARE_COLUMNS; k++)
			free(table->rows.items[i].cells[k]);
		free(table->rows.items[i].interval);
	}
	array_free(&table->rows);
}

/* Says that a row of several processes is the largest one's, not their sum;
 * empty for other rows. The caller frees. */
static char *compare_format_largest(const size_t count[2])
{
	if (count[0] <= 1 && count[1] <= 1)
		return mem_copy("");
	return mem_format(
	    ", the largest one (of %zu in A, %zu in B)", count[0], count[1]);
}

static void compare_table_add_parts(struct compare_table *table,
    const char *title, const struct compared_parts *list)
{
	for (size_t i = 0; i < list->items.len; i++) {
		const struct compared_part *part = &list->items.items[i];
		char *name = utf8_clean_copy(part->name);
		char *largest = compare_format_largest(part->count);

		*array_push(&table->rows) = (struct compare_row){
		    {mem_format("%s %s%s", title, name, largest)}, NULL};
		compare_table_add(table, "  peak", &part->peak, units_size,
		    compare_format_interval(&part->peak, units_size));
		compare_table_add(table, "  growth", &part->growth, units_size,
		    compare_format_interval(&part->growth, units_size));
		free(largest);
		free(name);
	}
}

/* "5 runs each" or "3 and 5 runs" */
static void compare_add_counts(struct strbuf *text, const struct comparison *c)
{
	char count[UNITS_COUNT];

	if (c->a_count == c->b_count)
		strbuf_add_format(text, "%s each",
		    units_count(count, c->a_count, "run", "runs"));
	else
		strbuf_add_format(
		    text, "%zu and %zu runs", c->a_count, c->b_count);
}

/* Adds how likely the difference is by chance. */
static void compare_add_chance(
    struct strbuf *text, const struct comparison *peak)
{
	if (!peak->repeated)
		strbuf_add(text,
		    "; only several runs of each side can tell how much "
		    "of that is chance (");
	else if (peak->least_p >= 0.05 && (peak->low > 0 || peak->high < 0))
		strbuf_add_format(text,
		    "; that is beyond the spread of the runs (too few for a "
		    "p below %.2g, ",
		    peak->least_p);
	else if (peak->p < 0.05)
		strbuf_add_format(
		    text, "; it is unlikely to be chance (p = %.2g, ", peak->p);
	else
		strbuf_add_format(
		    text, "; that may well be chance (p = %.2g, ", peak->p);
	compare_add_counts(text, peak);
	strbuf_add(text, ")");
}

/* The result in one sentence. The caller frees. */
static char *compare_sentence(const struct recording_set *const sides[2])
{
	struct strbuf text = {0};
	struct comparison peak;
	char size[UNITS_TEXT], number[UNITS_TEXT];

	recording_set_compare(
	    sides[0], sides[1], offsetof(struct figures, peak_mib), 1, &peak);
	if (fabs(peak.difference) < 0.0005)
		strbuf_add(&text, "B peaks as high as A");
	else if (peak.relative >= 10)
		strbuf_add_format(&text, "B peaks %s higher, at %s times A",
		    units_size(size, peak.difference),
		    units_number(number, 1 + peak.relative));
	else
		strbuf_add_format(&text, "B peaks %s (%s) %s",
		    units_size(size, fabs(peak.difference)),
		    units_percent_words(number, 100 * fabs(peak.relative)),
		    peak.difference > 0 ? "higher" : "lower");
	compare_add_chance(&text, &peak);
	return strbuf_take(&text);
}

static void command_compare_print_all(
    const struct recording_set *const sides[2],
    const struct compared_parts *phases, const struct compared_parts *processes)
{
	struct compare_table table = {0};
	struct comparison c;
	char *sentence = compare_sentence(sides);

	*array_push(&table.rows) = (struct compare_row){
	    {mem_copy(""), mem_copy("A"), mem_copy("B"), mem_copy("B to A"),
		mem_copy("difference")},
	    NULL};
	for (size_t i = 0; i < MEASURES; i++) {
		if (!compare_is_shown(sides, &measures[i]))
			continue;
		recording_set_compare(
		    sides[0], sides[1], measures[i].offset, 1, &c);
		compare_table_add(&table, measures[i].name, &c,
		    measures[i].format,
		    compare_format_chance(sides, &measures[i], &c));
	}
	compare_table_add_parts(&table, "phase", phases);
	compare_table_add_parts(&table, "process", processes);
	compare_table_print(&table);
	putchar('\n');
	wrap_print(
	    stdout, sentence, (struct wrap){.width = table_width(stdout)});
	compare_table_finish(&table);
	free(sentence);
}

/* Takes over chance, the last cell. */
static void compare_write_row(const struct comparison *c,
    char *(*format)(char *out, double value), char *chance)
{
	struct compare_texts texts;
	const char *const cells[] = {
	    texts.a, texts.b, texts.relative, texts.difference, chance};

	compare_texts_init(&texts, c, format);
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		fputs(" | ", stdout);
		markdown_put_text(stdout, cells[i]);
	}
	puts(" |");
	free(chance);
}

static void compare_print_parts(
    const char *title, const struct compared_parts *list)
{
	for (size_t i = 0; i < list->items.len; i++) {
		const struct compared_part *part = &list->items.items[i];
		char *largest = compare_format_largest(part->count);

		printf("| %s ", title);
		markdown_put_name(stdout, part->name);
		printf("%s: peak", largest);
		compare_write_row(&part->peak, units_size,
		    compare_format_interval(&part->peak, units_size));
		printf("| %s ", title);
		markdown_put_name(stdout, part->name);
		fputs(": growth", stdout);
		compare_write_row(&part->growth, units_size,
		    compare_format_interval(&part->growth, units_size));
		free(largest);
	}
}

/* "A: a.dat" or "A: 5 runs, the first a-1.dat" */
static void compare_write_side(
    const char *letter, const struct recording_set *side)
{
	printf("%s: ", letter);
	if (side->runs.len > 1)
		printf("%zu runs, the first ", side->runs.len);
	markdown_put_name(stdout, side->runs.items[0].profile->path);
}

/* Writes a table for a comment on a change. */
static void compare_write_markdown(const struct recording_set *const sides[2],
    const struct compared_parts *phases, const struct compared_parts *processes)
{
	char *sentence = compare_sentence(sides);
	struct comparison c;

	fputs("**Memory:** ", stdout);
	markdown_put_text(stdout, sentence);
	puts("\n");
	compare_write_side("A", sides[0]);
	compare_write_side(", B", sides[1]);
	puts("\n\n| | A | B | B to A | difference | chance |\n"
	     "| --- | ---: | ---: | ---: | ---: | --- |");
	for (size_t i = 0; i < MEASURES; i++) {
		if (!compare_is_shown(sides, &measures[i]))
			continue;
		recording_set_compare(
		    sides[0], sides[1], measures[i].offset, 1, &c);
		printf("| %s", measures[i].name);
		compare_write_row(&c, measures[i].format,
		    compare_format_chance(sides, &measures[i], &c));
	}
	compare_print_parts("phase", phases);
	compare_print_parts("process", processes);
	free(sentence);
}

static void compare_write_comparison(
    struct json *json, const char *key, const struct comparison *c)
{
	json_member_open(json, key, '{');
	json_member_rounded(json, "a", c->a, 6);
	json_member_rounded(json, "b", c->b, 6);
	json_member_rounded(json, "difference", c->difference, 6);
	json_member_rounded(json, "relative", c->a != 0 ? c->relative : NAN, 6);
	json_member_rounded(json, "low", c->repeated ? c->low : NAN, 6);
	json_member_rounded(json, "high", c->repeated ? c->high : NAN, 6);
	json_member_rounded(json, "p", c->repeated ? c->p : NAN, 6);
	json_close(json, '}');
}

static void compare_write_parts(
    struct json *json, const char *key, const struct compared_parts *list)
{
	json_member_open(json, key, '[');
	for (size_t i = 0; i < list->items.len; i++) {
		json_open(json, '{');
		json_member_text(json, "name", list->items.items[i].name);
		if (list->items.items[i].count[0] > 0) {
			json_member_text(json, "is", "largest");
			json_member_whole(json, "a_count",
			    (int64_t)list->items.items[i].count[0]);
			json_member_whole(json, "b_count",
			    (int64_t)list->items.items[i].count[1]);
		}
		compare_write_comparison(
		    json, "peak_mib", &list->items.items[i].peak);
		compare_write_comparison(
		    json, "growth_mib", &list->items.items[i].growth);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void command_compare_write_all(
    const struct recording_set *const sides[2],
    const struct compared_parts *phases, const struct compared_parts *processes)
{
	struct comparison c;
	struct json json;

	json_init(&json, stdout);
	json_open_document(&json, SCHEMA);
	json_member_whole(&json, "a_runs", (int64_t)sides[0]->runs.len);
	json_member_whole(&json, "b_runs", (int64_t)sides[1]->runs.len);
	for (size_t i = 0; i < MEASURES; i++) {
		if (!compare_is_shown(sides, &measures[i]))
			continue;
		recording_set_compare(
		    sides[0], sides[1], measures[i].offset, 1, &c);
		compare_write_comparison(&json, measures[i].key, &c);
	}
	compare_write_parts(&json, "phases", phases);
	compare_write_parts(&json, "processes", processes);
	json_close(&json, '}');
}

static void command_compare_show(const struct compare_options *options,
    const struct recording_set *const sides[2])
{
	struct compared_parts phases = {0}, processes = {0};

	compare_parts_find(sides, &phases, &processes);
	if (options->json)
		command_compare_write_all(sides, &phases, &processes);
	else if (options->markdown)
		compare_write_markdown(sides, &phases, &processes);
	else
		command_compare_print_all(sides, &phases, &processes);
	compare_parts_finish(&phases);
	compare_parts_finish(&processes);
}

static int command_compare_draw(
    const struct recording_set *const sides[2], const char *path, struct err *e)
{
	const struct recording_set_run *a = recording_set_median(sides[0]);
	const struct recording_set_run *b = recording_set_median(sides[1]);
	char *names[] = {mem_format("A: %s", a->profile->path),
	    mem_format("B: %s", b->profile->path)};
	struct chart_run runs[] = {{a->run, names[0]}, {b->run, names[1]}};
	struct chart_request chart = {.runs = runs, .len = 2};
	struct scene scene = {0};
	struct render_request request = {.scene = &scene,
	    .format = format_of_path(path, RENDER_CHART, e),
	    .width = 1260,
	    .height = 540,
	    .scale = 1};
	int got = -1;

	if (request.format && chart_difference(&scene, &chart, e) == 0)
		got = command_picture_write(&request, path, e);
	scene_finish(&scene);
	free(names[0]);
	free(names[1]);
	return got;
}

static int command_compare_load(const struct compare_options *options,
    const char *const patterns[2], struct recording_set sides[2], struct err *e)
{
	for (size_t i = 0; i < 2; i++) {
		if (recording_files_add(
			&sides[i], patterns[i], &options->profiles, e) != 0)
			return -1;
		recording_set_judge_growth(&sides[i]);
	}
	if (recording_set_check_measure(&sides[0], &sides[1], e) != 0)
		return -1;
	recording_files_note_totals(&sides[0], &sides[1]);
	return 0;
}

static int command_compare_exec(const void *values, char **argv, int count)
{
	const struct compare_options *options = values;
	const char *patterns[2] = {options->a, options->b};
	struct recording_set sides[2] = {0};
	int used = 0, status = COMMAND_OK;
	struct err e;

	for (size_t i = 0; i < 2; i++) {
		if (!patterns[i] && used < count)
			patterns[i] = argv[used++];
	}
	if (!patterns[0] || !patterns[1] || used < count) {
		err_set(&e, "compare: takes two sides: mprof compare A B, or "
			    "--a 'main-*.dat' --b 'new-*.dat'");
		return command_fail(COMMAND_MISUSED, &e);
	}
	if (options->json && options->markdown) {
		err_set(&e, "option --markdown: leave out --json");
		return command_fail(COMMAND_MISUSED, &e);
	}
	if (command_compare_load(options, patterns, sides, &e) != 0) {
		status = command_fail(COMMAND_FAILED, &e);
	} else {
		const struct recording_set *const both[] = {
		    &sides[0], &sides[1]};

		command_compare_show(options, both);
		if (options->output &&
		    command_compare_draw(both, options->output, &e) != 0)
			status = command_fail(COMMAND_FAILED, &e);
	}
	recording_set_finish(&sides[0]);
	recording_set_finish(&sides[1]);
	return status;
}

const struct command command_compare = {
    .name = "compare",
    .synopsis = "[options] A B",
    .summary = "compare recordings: did memory get worse?",
    .details = "With several recordings in each set, mprof tests whether a "
	       "difference\n"
	       "could be due to chance.\n"
	       "\n"
	       "Examples:\n"
	       "  mprof compare before.dat after.dat\n"
	       "  mprof compare --a 'main-*.dat' --b 'new-*.dat'\n",
    .options = rows,
    .options_size = sizeof(struct compare_options),
    .takes = COMMAND_TAKES_PROFILES,
    .run = command_compare_exec,
};
