// SPDX-License-Identifier: MIT
#include "commands/lines_held.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/origin.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "base/utf8.h"
#include "cli/table.h"
#include "cli/wrap.h"
#include "commands/lines_source.h"
#include "commands/lines_unnamed.h"
#include "profile/mark.h"
#include "profile/measure.h"
#include "profile/process.h"
#include "profile/run.h"

/* Finds the last mark of that name. */
static int lines_held_since(struct held_part *part, const struct run *run,
    const char *label, struct err *e)
{
	part->from_s = mark_last_s(run, label, e);
	if (isnan(part->from_s))
		return -1;
	part->at_s = run_last_s(run);
	part->until_end = true;
	part->read_s = 0;
	return 0;
}

/* A program may free what it holds when it ends, as Python does. */
static void lines_held_before_end(
    struct held *held, const struct lines_held_wish *wish)
{
	struct held_part part = held->part;
	struct held before;

	held_part_to_most(&part, held->run);
	if (wish->older_s > 0)
		part.to_s = part.at_s - wish->older_s;
	held_init(&before, held->run, &part);
	if (before.mib <= 2 * held->mib) {
		held_finish(&before);
		return;
	}
	held_finish(held);
	*held = before;
}

int lines_held_init(struct held *held, const struct lines_held_wish *wish,
    const struct run *run, struct err *e)
{
	double zero_s = run_first_s(run);
	struct held_part part = held_at_peak(run);

	*held = (struct held){0};
	if (wish->since && lines_held_since(&part, run, wish->since, e) != 0)
		return -1;
	if (wish->window.given) {
		part.from_s = zero_s + wish->window.first;
		part.at_s = zero_s + wish->window.last;
		part.until_end = false;
		part.read_s = 0;
	}
	if (wish->at_s > 0) {
		part.at_s = zero_s + wish->at_s;
		part.until_end = false;
		part.read_s = 0;
	}
	if (wish->older_s > 0)
		part.to_s = part.at_s - wish->older_s;
	held_init(held, run, &part);
	if (wish->since && part.until_end)
		lines_held_before_end(held, wish);
	return 0;
}

char *lines_held_size(char text[static LINES_SIZE],
    const struct units_column *unit, double mib, double variance)
{
	double error = held_error(variance);
	char figure[UNITS_TEXT], size[UNITS_TEXT];

	if (error > fabs(mib) / 1000)
		snprintf(text, LINES_SIZE, "%s ± %s",
		    units_column_number(figure, unit, mib),
		    units_column_size(size, unit, error));
	else
		units_column_size(text, unit, mib);
	return text;
}

static double lines_held_share(
    const struct held *held, const struct held_row *row)
{
	return held->mib > 0 ? row->mib / held->mib : 0;
}

/* The total at that moment; the peak where no sample was near it; NAN where no
 * total was recorded. */
static double lines_held_total(const struct held *held)
{
	const struct series *total = &held->run->total;
	struct sample peak;

	if (held->part.until_end && isinf(held->part.from_s) &&
	    run_peak(held->run, &peak))
		return peak.mib;
	return total->len > 0 ? series_at(total, held->part.at_s)->mib : NAN;
}

static const struct lines_reason {
	const char *by, *sentence;
	bool alone; /* no other hook is there */
} lines_reasons[] = {
    {"filter",
	"confined by a filter of system calls (seccomp), so that the library "
	"leaves it alone",
	false},
    {"locked",
	"which locks its memory (mlockall), under a limit that the library's "
	"own would exceed",
	false},
    {"own", "what the program's own allocator hands out", false},
    {"static", "a static program, into which no library can be loaded", true},
    {"32-bit", "a 32-bit program, into which the library can't be loaded",
	true},
    {"none",
	"the library was not loaded there (setuid, a new environment, or "
	"started by a 32-bit program)",
	true},
    {"user", "a process of another user, which may not write the samples",
	true},
    {"file",
	"a process that can't create a file for its samples (no space in "
	"TMPDIR, a limit of file sizes, or another root directory)",
	true},
    {"before", "a process beside the one that mprof attached to", true},
    {"python",
	"what C code allocates there, and what it held before mprof attached",
	true},
};

static bool lines_reason_is(
    const struct lines_reason *reason, const struct hooked *hooked)
{
	return reason->alone ? strcmp(hooked->by, reason->by) == 0
			     : strstr(hooked->by, reason->by) != NULL;
}

const char *lines_held_reason(const struct run *run)
{
	for (size_t i = run->hooked.len; i-- > 0;)
		for (size_t k = 0;
		     k < sizeof(lines_reasons) / sizeof(*lines_reasons); k++)
			if (lines_reason_is(
				&lines_reasons[k], &run->hooked.items[i]))
				return lines_reasons[k].sentence;
	return NULL;
}

static const char *lines_hooked_name(const struct hooked *hooked)
{
	return hooked->name ? hooked->name : "a process";
}

/* Prints the names of those processes, each name once. */
static void lines_held_print_unseen(
    const struct run *run, const struct lines_reason *reason)
{
	const struct hooked *all = run->hooked.items;
	struct strbuf names = {0};

	for (size_t i = 0; i < run->hooked.len; i++) {
		bool again = !lines_reason_is(reason, &all[i]);
		char *clean;

		for (size_t before = 0; before < i && !again; before++)
			again = lines_reason_is(reason, &all[before]) &&
				strcmp(lines_hooked_name(&all[i]),
				    lines_hooked_name(&all[before])) == 0;
		if (again)
			continue;
		clean = utf8_clean_copy(lines_hooked_name(&all[i]));
		strbuf_separate(&names, ", ");
		strbuf_add(&names, clean);
		free(clean);
	}
	if (names.len > 0)
		wrap_print_note(
		    "Not sampled: %s, %s.", names.text, reason->sentence);
	strbuf_finish(&names);
}

void lines_held_print_reasons(const struct run *run)
{
	for (size_t i = 0; i < sizeof(lines_reasons) / sizeof(*lines_reasons);
	     i++)
		lines_held_print_unseen(run, &lines_reasons[i]);
}

static const char *const lines_held_titles[] = {
    [SOURCE_HELD] = "Held", [SOURCE_TOUCHED] = "Touched"};

/* Prints what touched memory means, and what it could not show. */
static void lines_held_print_touched(const struct run *run)
{
	const struct fault_sampling *faults = &run->faults;
	char count[UNITS_COUNT];

	wrap_print_note("%s", LINES_TOUCHED);
	if (faults->lost > 0)
		wrap_print_note("%s came too quickly and are missing.",
		    units_count(
			count, faults->lost, "page fault", "page faults"));
	if (faults->failed > 0)
		wrap_print_note("%s a stack: memory that a system call filled.",
		    units_count(count, faults->failed, "sample is without",
			"samples are without"));
}

/* Whether other processes hold a part, too. */
static bool lines_held_has_others(const struct held *held)
{
	for (size_t i = 0; i < held->items.len; i++)
		if (held->items.items[i].pid != 0)
			return true;
	return false;
}

/* The part that is the total's: all of it, or the program's where the total is
 * of the program alone. */
static double lines_held_of_total(const struct held *held)
{
	double mib = 0;

	if (run_total_of(held->run) != RUN_TOTAL_PROGRAM)
		return held->mib;
	for (size_t i = 0; i < held->items.len; i++)
		if (held->items.items[i].pid == 0)
			mib += held->items.items[i].mib;
	return mib;
}

/* The most that may have been resident at that moment: between two samples that
 * of the higher one; INFINITY where it is not known. */
static double lines_held_resident(const struct held *held, double total)
{
	const struct run *run = held->run;
	const char *measure = measure_of(run);
	size_t next = series_find(&run->total, held->part.at_s);

	if (!measure || strcmp(measure, measures[MEASURE_RSS].name) != 0 ||
	    (run_total_of(run) != RUN_TOTAL_ALL && lines_held_has_others(held)))
		return INFINITY;
	if (held->part.until_end)
		return total;
	return next < run->total.len ? fmax(total, run->total.items[next].mib)
				     : INFINITY;
}

/* Says so where more is held than is resident, as memory of calloc() that is
 * not used yet. */
static void lines_held_print_unused(const struct held *held, double total)
{
	double least_mib = held->mib - 3 * held_error(held->variance);

	if (least_mib > lines_held_resident(held, total) * 1.05)
		wrap_print_note("More is held than resident: a part of it was "
				"not used yet, or is swapped out%s.",
		    held->part.until_end && lines_held_has_others(held)
			? ", or was held by processes one after another"
			: "");
}

/* Names the moment at which far more was held, if there was one: what a program
 * frees may stay resident, and the peak comes later. */
static void lines_held_print_most(const struct held *held)
{
	struct sample most = held_at_most(held->run, held->part.source);
	char size[UNITS_TEXT], time[UNITS_TEXT];
	double at_s = most.time_s - run_first_s(held->run);

	if (most.mib < 1.5 * held->mib || at_s <= 0)
		return;
	wrap_print_note(
	    "Most was held at %s, %s: mprof lines --at %.2f shows it.",
	    units_duration(time, at_s), units_size(size, most.mib), at_s);
}

/* The samples and frees that the processes couldn't note. Each counts anew in
 * each program that it executes. */
static uint64_t lines_held_lost(const struct run *run)
{
	const struct hooked *all = run->hooked.items;
	uint64_t lost = 0;

	for (size_t i = 0; i < run->hooked.len; i++) {
		size_t before = all[i].lost > 0 ? i : 0;

		lost += all[i].lost;
		while (before-- > 0)
			if (all[before].pid == all[i].pid) {
				if (all[before].lost <= all[i].lost)
					lost -= all[before].lost;
				break;
			}
	}
	return lost;
}

static void lines_held_print_lost(const struct run *run)
{
	uint64_t lost = lines_held_lost(run);
	char count[UNITS_COUNT];

	if (lost > 0)
		wrap_print_note("%s couldn't be noted, as another thread "
				"forked, or held the table for too long, or no "
				"space was left for it.",
		    units_count(
			count, lost, "sample or free", "samples or frees"));
}

/* Says so where only some of the samples were recorded. */
static void lines_held_print_hooks(
    const struct held *held, double total, bool at_peak)
{
	const struct run *run = held->run;
	uint64_t every = 1;

	for (size_t i = 0; i < run->hooked.len; i++)
		if (run->hooked.items[i].every > every)
			every = run->hooked.items[i].every;
	if (every > 1)
		wrap_print_note("At times one in %llu samples was recorded, to "
				"keep the file small; they count for all.",
		    (unsigned long long)every);
	lines_held_print_lost(run);
	if (held->part.source == SOURCE_HELD && isinf(held->part.from_s) &&
	    isinf(held->part.to_s)) {
		if (total - lines_held_of_total(held) > total / 2)
			wrap_print_note("The rest is in no sampled allocation: "
					"its code, what its allocator keeps, "
					"memory from before it was sampled, "
					"and what was freed before the samples "
					"were read.");
		if (at_peak)
			lines_held_print_most(held);
		lines_held_print_unused(held, total);
	}
	lines_unnamed_print(held);
	lines_held_print_reasons(run);
}

/* The memory that all processes hold can't be compared with the total of one.
 */
static void lines_held_print_program(const struct held *held, double total)
{
	char size[UNITS_TEXT], whole[UNITS_TEXT];

	wrap_print_note(
	    "Only the program's own total was recorded, %s. Of what "
	    "is held, %s are the program's.",
	    units_size(whole, total),
	    units_size(size, lines_held_of_total(held)));
}

static void lines_held_print_head(
    const struct held *held, const struct lines_held_wish *wish)
{
	double zero_s = run_first_s(held->run);
	double total = lines_held_total(held);
	char size[LINES_SIZE], time[UNITS_TEXT], count[UNITS_COUNT];
	struct units_column unit = {0};
	bool alone = run_total_of(held->run) == RUN_TOTAL_PROGRAM &&
		     lines_held_has_others(held);

	units_column_add(&unit, held->mib);
	printf("%s %s %s: %s", lines_held_titles[held->part.source],
	    wish->at_s > 0 || wish->window.given  ? "at"
	    : wish->since && held->part.until_end ? "at the end,"
	    : wish->since || held->part.until_end ? "at its most,"
						  : "at the peak,",
	    units_duration(time, fmax(held->part.at_s - zero_s, 0)),
	    lines_held_size(size, &unit, held->mib, held->variance));
	if (!isnan(total) && !alone)
		printf(" of %s", units_size(size, total));
	printf(
	    ", %s\n", units_count(count, held->samples, "sample", "samples"));
	if (!isnan(total) && alone)
		lines_held_print_program(held, total);
	if (wish->window.given || wish->since) {
		printf(held->part.source == SOURCE_TOUCHED
			   ? "Touched after %s and still resident.\n"
			   : "Allocated after %s and not freed.\n",
		    units_duration(time, held->part.from_s - zero_s));
	}
	if (wish->older_s > 0)
		printf("%s for %s or longer.\n",
		    held->part.source == SOURCE_TOUCHED ? "Resident" : "Held",
		    units_duration(size, wish->older_s));
	if (held->part.source == SOURCE_TOUCHED)
		lines_held_print_touched(held->run);
	lines_held_print_hooks(
	    held, total, wish->at_s <= 0 && !held->part.until_end);
}

char *lines_held_name(const struct held_row *row)
{
	char *place, *raw, *clean, cell[ORIGIN_CELL];
	const char *file = origin_file(row->file, cell);
	bool named = *row->function != 0;

	if (row->line)
		place = lines_place_name(file, row->line, row->function);
	else if (named && *row->file)
		place = mem_format("%s (%s)", row->function, file);
	else
		place = mem_copy(named ? row->function : file);
	raw = mem_format("%s%s", place, row->below);
	clean = utf8_clean_copy(raw);
	free(place);
	free(raw);
	return clean;
}

/* How the rows are printed. */
struct lines_held_layout {
	struct units_column held, touched;
	size_t width;    /* of the first column */
	size_t terminal; /* its columns; 0: none */
	bool has_touched, has_samples;
};

enum { WIDTH_TOUCHED = 10, WIDTH_SAMPLES = 7, ROOM_FOR_PLACES = 24 };

static bool lines_held_is_sampled(const struct held_row *row)
{
	return row->samples > 0;
}

static void lines_held_lay_out(
    struct lines_held_layout *layout, const struct held_row *rows, size_t len)
{
	size_t used;

	for (size_t i = 0; i < len; i++) {
		units_column_add(&layout->held, rows[i].mib);
		units_column_add(&layout->touched, rows[i].touched_mib);
	}
	layout->width = 10;
	for (size_t i = 0; i < len; i++) {
		char size[LINES_SIZE];
		size_t width = utf8_width(lines_held_size(
		    size, &layout->held, rows[i].mib, rows[i].variance));

		if (lines_held_is_sampled(&rows[i]) && width > layout->width)
			layout->width = width;
	}
	used = layout->width + strlen("  100.0 %  ") +
	       (layout->has_touched ? WIDTH_TOUCHED + 2 : 0);
	layout->has_samples =
	    layout->terminal == 0 ||
	    used + WIDTH_SAMPLES + 2 + ROOM_FOR_PLACES <= layout->terminal;
}

/* Prints a cell at the right, and two blanks. Returns their columns. */
static size_t lines_held_put(const char *text, size_t width)
{
	size_t own = utf8_width(text);

	printf("%*s%s  ", own < width ? (int)(width - own) : 0, "", text);
	return (own < width ? width : own) + 2;
}

static void lines_held_print_row(const struct held *held,
    const struct held_row *row, const char *text,
    const struct lines_held_layout *layout)
{
	bool is_sampled = lines_held_is_sampled(row);
	char size[LINES_SIZE] = "", share[UNITS_TEXT] = "";
	char samples[UNITS_TEXT] = "", touched[UNITS_TEXT] = "";
	char *name = lines_held_name(row);
	size_t used;

	if (is_sampled) {
		lines_held_size(size, &layout->held, row->mib, row->variance);
		units_percent(share, 100 * lines_held_share(held, row), 1);
		snprintf(samples, sizeof(samples), "%zu", row->samples);
	}
	if (!isnan(row->touched_mib))
		units_column_size(touched, &layout->touched, row->touched_mib);
	used = lines_held_put(size, layout->width);
	used += lines_held_put(share, strlen("100.0 %"));
	if (layout->has_samples)
		used += lines_held_put(samples, WIDTH_SAMPLES);
	if (layout->has_touched)
		used += lines_held_put(touched, WIDTH_TOUCHED);
	lines_print_place(&(struct lines_place){name, row->line, text,
			      *row->below ? "" : row->in},
	    used, layout->terminal);
	free(name);
}

static void lines_held_print_titles(const struct lines_held_layout *layout,
    enum memory_source source, const char *place)
{
	lines_held_put(lines_held_titles[source], layout->width);
	lines_held_put("Share", strlen("100.0 %"));
	if (layout->has_samples)
		lines_held_put("Samples", WIDTH_SAMPLES);
	if (layout->has_touched)
		lines_held_put("Touched", WIDTH_TOUCHED);
	puts(place);
}

/* The rows to print. Growth on the clock that was given back, or that no sample
 * holds, comes last and is left out. */
static size_t lines_held_shown(const struct held_rows *rows, size_t most)
{
	size_t len = 0;

	while (len < rows->items.len && len < most &&
	       (lines_held_is_sampled(&rows->items.items[len]) ||
		   rows->items.items[len].touched_mib > 0))
		len++;
	return len;
}

static void lines_held_table(const struct held *held,
    const struct held_rows *rows, const struct lines_held_wish *wish,
    const struct stack_growths *growths)
{
	struct lines_held_layout layout = {.terminal = table_width(stdout),
	    .has_touched = growths->items.len > 0};
	static const char *const titles[] = {
	    "Line", "Function", "File", "Module", "Process"};
	size_t most = wish->top ? (size_t)wish->top : SIZE_MAX;
	size_t len = lines_held_shown(rows, most);
	struct sources sources = {0};

	lines_held_print_head(held, wish);
	lines_held_lay_out(&layout, rows->items.items, len);
	lines_held_print_titles(
	    &layout, held->part.source, titles[wish->rows.by]);
	for (size_t i = 0; i < len; i++) {
		const struct held_row *row = &rows->items.items[i];

		lines_held_print_row(held, row,
		    row->line ? sources_line(&sources, row->file, row->line)
			      : NULL,
		    &layout);
	}
	if (len == most && len < rows->items.len)
		printf("(%zu more: --top 0)\n", rows->items.len - len);
	if (growths->touched > 0) {
		lines_held_print_touched(held->run);
		lines_unnamed_print_touched(held, growths);
	}
	if (growths->items.len > growths->touched)
		wrap_print_note("Touched: growth on the clock, credited to the "
				"code that ran when a sample was taken, so a "
				"slow line gets that of a quick one before "
				"it.");
	sources_finish(&sources);
}

void lines_held_write_place(struct json *json, const struct held_row *row)
{
	lines_write_place(json, row->file, row->line, row->function);
	if (*row->below) {
		json_key(json, "below");
		json_text(json, row->below + strlen(" > "));
	}
}

static void lines_held_write_row(
    struct json *json, const struct held *held, const struct held_row *row)
{
	bool touched = held->part.source == SOURCE_TOUCHED;

	json_open(json, '{');
	json_key(json, "held_mib");
	json_rounded(json, touched ? NAN : row->mib, 6);
	json_key(json, "error_mib");
	json_rounded(json, touched ? NAN : held_error(row->variance), 6);
	json_key(json, "share");
	json_rounded(json, lines_held_share(held, row), 6);
	json_key(json, "samples");
	json_whole(json, (int64_t)row->samples);
	json_key(json, "touched_mib");
	json_rounded(json, touched ? row->mib : row->touched_mib, 6);
	lines_held_write_place(json, row);
	if (*row->in) {
		json_key(json, "in");
		json_text(json, row->in);
	}
	json_close(json, '}');
}

static void lines_held_write(
    const struct held *held, const struct held_rows *rows, const char *path)
{
	bool touched = held->part.source == SOURCE_TOUCHED;
	struct json json;

	lines_open_document(&json, path, held->part.source);
	json_key(&json, "at_s");
	json_rounded(&json, held->part.at_s - run_first_s(held->run), 4);
	json_key(&json, "samples");
	json_whole(&json, (int64_t)held->samples);
	json_key(&json, "held_mib");
	json_rounded(&json, touched ? NAN : held->mib, 6);
	json_key(&json, "error_mib");
	json_rounded(&json, touched ? NAN : held_error(held->variance), 6);
	json_key(&json, "touched_mib");
	json_rounded(&json, touched ? held->mib : NAN, 6);
	json_key(&json, "total_mib");
	json_rounded(&json, lines_held_total(held), 6);
	json_key(&json, "rows");
	json_open(&json, '[');
	for (size_t i = 0; i < rows->items.len; i++)
		lines_held_write_row(&json, held, &rows->items.items[i]);
	json_close(&json, ']');
	json_close(&json, '}');
}

/* Adds touched memory that is resident at the same moment, and Python's growth
 * on the clock, as its page faults aren't sampled. The latter has no ages, no C
 * frames and no processes. */
static void lines_held_beside(struct stack_growths *growths,
    const struct held *held, const struct held_wish *wish)
{
	bool by_process = wish->by == HELD_BY_PROCESS;
	bool whole = isinf(held->part.from_s) && isinf(held->part.to_s) &&
		     !wish->native && !by_process;
	struct held_part part = held->part;
	struct held touched;

	part.source = SOURCE_TOUCHED;
	if (held->run->touches.len > 0) {
		held_init(&touched, held->run, &part);
		held_growths(growths, &touched, by_process);
		held_finish(&touched);
	}
	growths->touched = growths->items.len;
	if (whole)
		stack_growths_add(growths, held->run);
}

void lines_held_show(const struct held *held,
    const struct lines_held_wish *wish, const char *json_path)
{
	struct stack_growths growths = {0};
	struct held_rows rows;

	if (held->part.source == SOURCE_HELD)
		lines_held_beside(&growths, held, &wish->rows);
	held_rows_init(&rows, held, &growths, &wish->rows);
	if (json_path)
		lines_held_write(held, &rows, json_path);
	else
		lines_held_table(held, &rows, wish, &growths);
	held_rows_finish(&rows);
	stack_growths_finish(&growths);
}
