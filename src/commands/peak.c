// SPDX-License-Identifier: MIT
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/figures.h"
#include "analysis/overview.h"
#include "analysis/peak.h"
#include "analysis/phases.h"
#include "analysis/spread.h"
#include "base/units.h"
#include "base/utf8.h"
#include "cli/table.h"
#include "cli/wrap.h"
#include "commands/command.h"
#include "input/profiles.h"
#include "profile/label.h"
#include "profile/run.h"
#include "profile/share.h"

enum { SCHEMA = 1, NAME_COLUMNS = 60, TAB = 8 };

static const char *const groupings[] = {
    [PARTY_BY_NAME] = "name", [PARTY_BY_COMMAND] = "command", NULL};

static const char peak_no_process[] =
    "  No process was recorded on its own, only the total: mprof run -M "
    "records each.\n";

struct peak_options {
	const char *function, *by, *sort;
	long top;
	bool phases, json;
	struct profiles_options profiles;
};

static const struct option_row rows[] = {
    {.name = "func",
	.arg = "NAME",
	.help = "print the peak while this function ran; NAME is the one in "
		"the recording",
	.parse = option_text,
	.offset = offsetof(struct peak_options, function)},
    {.name = "phases",
	.help = "also print the peak and the growth of each phase between "
		"marks; without marks, mprof finds the phases",
	.parse = option_flag,
	.offset = offsetof(struct peak_options, phases),
	.ours = true},
    {.name = "by",
	.arg = "WHAT",
	.help = "print the memory of the processes at the peak of the total, "
		"added up by {}",
	.parse = option_choice,
	.choices = groupings,
	.offset = offsetof(struct peak_options, by),
	.ours = true},
    {.name = "top",
	.arg = "N",
	.help = "print only the N processes with the highest memory, each with "
		"the argument that tells it from others of the same name",
	.parse = option_whole,
	.offset = offsetof(struct peak_options, top),
	.ours = true},
    {.name = "sort",
	.arg = "WHAT",
	.help = "the order of several recordings: {}; the highest, the longest "
		"and the failed come first",
	.parse = option_choice,
	.choices = overview_orders,
	.offset = offsetof(struct peak_options, sort),
	.ours = true},
    {.name = "json",
	.help = "print JSON, with names and times",
	.parse = option_flag,
	.offset = offsetof(struct peak_options, json),
	.ours = true},
    PROFILES_ROWS(struct peak_options, profiles), {0}};

static void peak_print_clean(const char *text, FILE *out)
{
	char *clean = utf8_clean_copy(text);

	fputs(clean, out);
	free(clean);
}

/* Labels of each run, made where one of its processes is first printed: the
 * highest children come from all runs in turn. */
struct peak_labels {
	const struct profile *profile;
	struct process_labels *by_run; /* no run: not made yet */
};

static void peak_labels_init(
    struct peak_labels *labels, const struct profile *profile)
{
	labels->profile = profile;
	labels->by_run =
	    mem_zero(profile->runs.len + 1, sizeof(labels->by_run[0]));
}

static char *peak_label(
    struct peak_labels *labels, const struct child_peak *child)
{
	size_t run = (size_t)(child->run - labels->profile->runs.items);

	if (!labels->by_run[run].run)
		process_labels_init(&labels->by_run[run], child->run);
	return process_label_text(&labels->by_run[run], child->process);
}

static void peak_labels_finish(struct peak_labels *labels)
{
	for (size_t i = 0; i < labels->profile->runs.len; i++) {
		if (labels->by_run[i].run)
			process_labels_finish(&labels->by_run[i]);
	}
	free(labels->by_run);
}

/* Prints a short command line; else the name, and the word that tells it from
 * processes of the same name. */
static void peak_print_name(struct peak_labels *labels,
    const struct child_peak *child, size_t room, FILE *out)
{
	const char *command = child->process->command;
	const char *name = command && *command ? command : child->process->name;
	char shown[4 * NAME_COLUMNS + 4], *clean;

	if (!name || !child->run->state.introduces)
		return;
	clean = strlen(name) > room ? peak_label(labels, child)
				    : utf8_clean_copy(name);
	fprintf(out, "  %s", utf8_shorten(shown, sizeof(shown), clean, room));
	free(clean);
}

/* The columns for a name behind "  Child 12<tab><tab><tab>272.000 MiB  ". */
static size_t peak_name_room(const char *key, int figure)
{
	enum { LEAST = 8 };
	size_t width = table_width(stdout), used = strlen("  Child ");

	used = ((used + utf8_width(key)) / TAB + 3) * TAB + (size_t)figure +
	       strlen("  ");
	if (width == 0 || used + NAME_COLUMNS <= width)
		return NAME_COLUMNS;
	return used + LEAST < width ? width - used : LEAST;
}

/* Prints exactly what memory_profiler prints, for a recording without names. */
static void peak_print_children(
    const struct peaks *peaks, const struct profile *profile, FILE *out)
{
	struct peak_labels labels;

	peak_labels_init(&labels, profile);
	for (size_t i = 0; i < peaks->children.len; i++) {
		const struct child_peak *child = &peaks->children.items[i];

		char *key = utf8_clean_copy(child->process->key);
		int figure;

		fprintf(out, "  Child %s\t\t\t", key);
		figure = fprintf(out, "%.3f MiB", child->mib);
		peak_print_name(
		    &labels, child, peak_name_room(key, figure), out);
		fputc('\n', out);
		free(key);
	}
	peak_labels_finish(&labels);
}

/* The placeholder for lost processes has no samples, and no times. */
static void peak_add_times(
    struct table *table, const struct run *run, const struct series *memory)
{
	char text[UNITS_TEXT];
	double first_s, last_s;

	if (memory->len == 0) {
		table_add(table, "-");
		table_add(table, "-");
		return;
	}
	first_s = memory->items[0].time_s;
	last_s = memory->items[memory->len - 1].time_s;
	table_add(table, units_duration(text, first_s - run_first_s(run)));
	table_add(table, units_duration(text, last_s - first_s));
}

/* Prints the processes that held most, with the start and the length of their
 * lives. */
static void peak_print_top(
    struct peaks *peaks, const struct profile *profile, long top, FILE *out)
{
	struct peak_labels labels;
	struct table table;

	if (peaks->children.len == 0) {
		fputs(peak_no_process, out);
		return;
	}
	peaks_sort_children(peaks);
	peak_labels_init(&labels, profile);
	table_init(&table, "rrrrl");
	table_add(&table, "peak");
	table_add(&table, "began after");
	table_add(&table, "lasted");
	table_add(&table, "pid");
	table_add(&table, "process");
	for (size_t i = 0; i < peaks->children.len && (long)i < top; i++) {
		const struct child_peak *child = &peaks->children.items[i];
		char *name = peak_label(&labels, child);

		table_add_size(&table, child->mib);
		peak_add_times(&table, child->run, &child->process->memory);
		table_add(&table, child->process->key);
		table_add(&table, name ? name : "-");
		free(name);
	}
	table_print(&table, out, table_width(stdout));
	table_finish(&table);
	peak_labels_finish(&labels);
}

static enum party_by peak_party_by(const char *name)
{
	return strcmp(name, groupings[PARTY_BY_COMMAND]) == 0 ? PARTY_BY_COMMAND
							      : PARTY_BY_NAME;
}

/* Adds "cc1plus x186, highest f7.cpp". */
static void peak_add_party(struct table *table, const struct party *party,
    const struct process_labels *labels)
{
	const char *word = party->highest && party->count > 1
			       ? process_label(labels, party->highest)
			       : NULL;
	char *name = mem_format("%s \xc3\x97%zu%s%s",
	    party->name ? party->name : "(no name)", party->count,
	    word ? ", highest " : "", word ? word : "");

	table_add_size(table, party->at_peak_mib);
	table_add_size(table, party->highest_mib);
	table_add(table, name);
	free(name);
}

static void peak_print_parties(
    const struct run *run, enum party_by by, FILE *out)
{
	struct process_labels labels;
	struct parties parties;
	struct table table;

	parties_init(&parties, run, by);
	if (parties.list.len == 1 && !parties.list.items[0].name) {
		fputs(peak_no_process, out);
		parties_finish(&parties);
		return;
	}
	process_labels_init(&labels, run);
	table_init(&table, "rrl");
	table_add(&table, "at the peak");
	table_add(&table, "highest one");
	table_add(&table, "processes");
	for (size_t i = 0; i < parties.list.len; i++)
		peak_add_party(&table, &parties.list.items[i], &labels);
	table_print(&table, out, table_width(stdout));
	table_finish(&table);
	process_labels_finish(&labels);
	parties_finish(&parties);
}

static void command_peak_print_share(const struct peaks *peaks, FILE *out)
{
	char *text = share_text(peaks->share, peaks->mib);

	fprintf(out, "  Shared\t\t\t%s\n", text);
	free(text);
}

/* The highest figure of a file's runs; NAN where none has it. */
static double command_peak_gpu(
    const struct profile *profile, enum resource_figure_id figure)
{
	double highest = NAN, most;

	for (size_t i = 0; i < profile->runs.len; i++) {
		const struct usage_series *usage = profile->runs.items[i].usage;

		if (usage && usage_is_shown(usage, figure) &&
		    usage_most(usage, figure, &most) == 0)
			highest = fmax(highest, most);
	}
	return highest;
}

/* Prints what the program held on each GPU, and on all if there are several. */
static void command_peak_print_gpus(const struct profile *profile, FILE *out)
{
	double all = command_peak_gpu(profile, FIGURE_GPU);
	size_t count = 0;

	for (enum resource_figure_id figure = FIGURE_GPU_MEMORY;
	     figure < FIGURE_GPU_USED; figure++) {
		double mib = command_peak_gpu(profile, figure);

		if (isnan(mib))
			continue;
		fprintf(out, "  %s\t\t\t%.3f MiB\n",
		    resource_figures[figure].words, mib);
		count++;
	}
	if (count > 1 && !isnan(all))
		fprintf(out, "  All GPUs\t\t\t%.3f MiB\n", all);
}

static void peak_add_phase(
    struct table *table, const struct phase *phase, double first_s)
{
	const struct figures *f = &phase->figures;
	char at[UNITS_TEXT], duration[UNITS_TEXT], size[UNITS_TEXT];
	char *name = NULL;

	table_add(table, units_duration(at, phase->from_s - first_s));
	table_add(table, units_duration(duration, f->duration_s));
	table_add_size(table, f->peak_mib);
	table_add_change(table, f->growth_mib);
	if (phase->perhaps_mib > 0)
		name = mem_format("%s (perhaps %s)", phase->name,
		    units_size(size, phase->perhaps_mib));
	table_add(table, name ? name : phase->name);
	free(name);
}

/* "leak, +3.00 MiB/min" */
static char *peak_phase_name(const struct found_phase *phase)
{
	char rate[UNITS_TEXT];

	if (phase->kind == PHASE_STEADY)
		return mem_copy(phase_kind_name(phase->kind));
	return mem_format("%s, %s%s", phase_kind_name(phase->kind),
	    phase->mib_per_s > 0 ? "+" : "",
	    units_rate(rate, phase->mib_per_s));
}

/* Starts a table of phases: when each began, how long it took, two sizes. */
static void peak_begin_phases(
    struct table *table, const char *size, const char *other, const char *name)
{
	table_init(table, "rrrrl");
	table_add(table, "at");
	table_add(table, "duration");
	table_add(table, size);
	table_add(table, other);
	table_add(table, name);
}

static void peak_print_found_phases(const struct run *run, FILE *out)
{
	double first_s = run_first_s(run);
	struct found_phase *phases;
	size_t count = phases_find(run, &phases);
	struct table table;

	peak_begin_phases(&table, "from", "to", "phase found");
	for (size_t i = 0; i < count; i++) {
		const struct found_phase *phase = &phases[i];
		char text[UNITS_TEXT];
		char *name = peak_phase_name(phase);

		table_add(
		    &table, units_duration(text, phase->from_s - first_s));
		table_add(&table,
		    units_duration(text, phase->until_s - phase->from_s));
		table_add_size(&table, phase->from_mib);
		table_add_size(&table, phase->to_mib);
		table_add(&table, name);
		free(name);
	}
	table_print(&table, out, table_width(stdout));
	table_finish(&table);
	free(phases);
}

static void peak_print_phases(const struct run *run, FILE *out)
{
	double first_s = run_first_s(run);
	struct phase *phases;
	struct table table;
	size_t count;

	if (run->total.len > 0 && run->marks.len == 0) {
		peak_print_found_phases(run, out);
		return;
	}
	if (run->total.len == 0) {
		fputs("  no samples: no phases\n", out);
		return;
	}
	count = phases_of_run(run, &phases);
	peak_begin_phases(&table, "peak", "growth", "phase");
	for (size_t i = 0; i < count; i++)
		peak_add_phase(&table, &phases[i], first_s);
	table_print(&table, out, table_width(stdout));
	table_finish(&table);
	free(phases);
}

/* The name of a call that ends with that part, "squares" for
 * "__main__.squares"; NULL: none. */
static const char *peak_find_full_name(
    const struct profile *profile, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < profile->runs.len; i++) {
		const struct run *run = &profile->runs.items[i];

		for (size_t k = 0; k < run->calls.len; k++) {
			const char *full = run->calls.items[k].name;
			size_t full_len = strlen(full);

			if (full_len > len && full[full_len - len - 1] == '.' &&
			    strcmp(full + full_len - len, name) == 0)
				return full;
		}
	}
	return NULL;
}

/* Printed on stderr, as stdout is exactly what memory_profiler's mprof
 * prints. */
static void peak_report_uncalled(
    const struct profile *profile, const char *name)
{
	const char *full = peak_find_full_name(profile, name);
	struct err e;

	err_set(&e, "%s: %s was never called%s%s%s", profile->path, name,
	    full ? "; did you mean --func " : "", full ? full : "",
	    full ? "?" : "");
	command_fail(COMMAND_OK, &e);
}

/* Descendants are not listed for a function that was never called. */
static void peak_print_peaks(struct peaks *peaks, const struct profile *profile,
    const struct peak_options *options, FILE *out)
{
	double mib = peaks->mib;
	int got = 0;

	if (options->function)
		got = peak_of_function(profile, options->function, &mib);
	if (got != 0)
		peak_report_uncalled(profile, options->function);
	peak_print_clean(profile->path, out);
	if (got != 0 || !peaks->found)
		fputs("\tNaN MiB\n", out);
	else
		fprintf(out, "\t%.3f MiB\n", mib);
	if (peaks->share && !options->function)
		command_peak_print_share(peaks, out);
	if (!options->function)
		command_peak_print_gpus(profile, out);
	if (got == 0 && options->top > 0)
		peak_print_top(peaks, profile, options->top, out);
	else if (got == 0 && !options->by)
		peak_print_children(peaks, profile, out);
	for (size_t i = 0; options->by && i < profile->runs.len; i++)
		peak_print_parties(
		    &profile->runs.items[i], peak_party_by(options->by), out);
	for (size_t i = 0; options->phases && i < profile->runs.len; i++)
		peak_print_phases(&profile->runs.items[i], out);
}

static void command_peak_put_number(
    struct json *json, const char *key, bool known, double number)
{
	json_member_number(json, key, known ? number : NAN);
}

static void peak_put_children(struct json *json, struct peaks *peaks,
    const struct profile *profile, long top)
{
	struct peak_labels labels;

	peak_labels_init(&labels, profile);
	if (top > 0)
		peaks_sort_children(peaks);
	json_member_open(json, "children", '[');
	for (size_t i = 0; i < peaks->children.len && (!top || (long)i < top);
	     i++) {
		const struct child_peak *child = &peaks->children.items[i];
		char *label = peak_label(&labels, child);

		json_open(json, '{');
		json_member_text(json, "key", child->process->key);
		json_member_text(json, "name", child->process->name);
		json_member_text(json, "command", child->process->command);
		json_key(json, "start_ticks");
		if (child->process->start_ticks)
			json_whole(json, (int64_t)child->process->start_ticks);
		else
			json_text(json, NULL);
		json_member_text(json, "label", label);
		free(label);
		command_peak_put_number(json, "peak_mib", true, child->mib);
		json_close(json, '}');
	}
	json_close(json, ']');
	peak_labels_finish(&labels);
}

/* Writes the groups of all runs, one run after the other. */
static void peak_put_parties(
    struct json *json, const struct profile *profile, enum party_by by)
{
	json_member_open(json, "groups", '[');
	for (size_t r = 0; r < profile->runs.len; r++) {
		struct parties parties;

		parties_init(&parties, &profile->runs.items[r], by);
		for (size_t i = 0; i < parties.list.len; i++) {
			const struct party *party = &parties.list.items[i];

			json_open(json, '{');
			json_member_whole(json, "run", (int64_t)r + 1);
			json_member_text(json, "name", party->name);
			json_member_whole(json, "count", (int64_t)party->count);
			command_peak_put_number(
			    json, "at_peak_mib", true, party->at_peak_mib);
			command_peak_put_number(
			    json, "highest_mib", true, party->highest_mib);
			json_close(json, '}');
		}
		parties_finish(&parties);
	}
	json_close(json, ']');
}

/* Writes the members that marked and found phases share; the caller closes. */
static void peak_put_phase(struct json *json, const char *name, bool found,
    double start_s, const struct figures *figures)
{
	json_open(json, '{');
	json_member_text(json, "name", name);
	json_member_bool(json, "found", found);
	json_member_rounded(json, "start_s", start_s, 4);
	json_member_rounded(json, "duration_s", figures->duration_s, 4);
	json_member_rounded(json, "peak_mib", figures->peak_mib, 6);
	json_member_rounded(json, "growth_mib", figures->growth_mib, 6);
}

static void peak_put_found_phases(struct json *json, const struct run *run)
{
	double first_s = run_first_s(run);
	struct found_phase *phases;
	size_t count = phases_find(run, &phases);

	for (size_t i = 0; i < count; i++) {
		const struct found_phase *phase = &phases[i];
		struct figures figures;

		figures_of_series(&run->total, phase->from_s,
		    i + 1 < count ? phase->until_s : INFINITY, &figures);
		figures.duration_s = phase->until_s - phase->from_s;
		peak_put_phase(json, phase_kind_name(phase->kind), true,
		    phase->from_s - first_s, &figures);
		json_member_rounded(json, "from_mib", phase->from_mib, 6);
		json_member_rounded(json, "to_mib", phase->to_mib, 6);
		json_member_rounded(json, "mib_per_s", phase->mib_per_s, 6);
		json_close(json, '}');
	}
	free(phases);
}

static void peak_put_run_phases(struct json *json, const struct run *run)
{
	struct phase *phases = NULL;
	size_t count =
	    run->total.len && run->marks.len ? phases_of_run(run, &phases) : 0;
	double first_s = run_first_s(run);

	json_member_open(json, "phases", '[');
	if (run->marks.len == 0)
		peak_put_found_phases(json, run);
	for (size_t i = 0; i < count; i++) {
		peak_put_phase(json, phases[i].name, false,
		    phases[i].from_s - first_s, &phases[i].figures);
		if (phases[i].perhaps_mib > 0) {
			json_member_rounded(
			    json, "perhaps_mib", phases[i].perhaps_mib, 6);
		}
		json_close(json, '}');
	}
	json_close(json, ']');
	free(phases);
}

static void peak_put_phases(struct json *json, const struct profile *profile)
{
	json_member_open(json, "runs", '[');
	for (size_t i = 0; i < profile->runs.len; i++) {
		json_open(json, '{');
		peak_put_run_phases(json, &profile->runs.items[i]);
		json_close(json, '}');
	}
	json_close(json, ']');
}

/* Writes one word for each run; null where unknown. */
static void peak_put_endings(struct json *json, const struct profile *profile)
{
	json_member_open(json, "endings", '[');
	for (size_t i = 0; i < profile->runs.len; i++)
		json_text(json, run_ending_word(profile->runs.items[i].ending));
	json_close(json, ']');
}

/* With --func the figure is the calls', and its time is not written. */
static void peak_put_peaks(struct json *json, struct peaks *peaks,
    const struct profile *profile, const struct peak_options *options)
{
	double mib = peaks->mib;
	int got = 0;

	if (options->function)
		got = peak_of_function(profile, options->function, &mib);
	json_open(json, '{');
	json_member_text(json, "path", profile->path);
	json_member_text(json, "function", options->function);
	command_peak_put_number(
	    json, "peak_mib", peaks->found && got == 0, mib);
	command_peak_put_number(
	    json, "time_s", peaks->found && !options->function, peaks->time_s);
	json_key(json, "shared");
	share_write(json, options->function ? NULL : peaks->share);
	json_member_bool(
	    json, "between_samples", peaks->unsampled && !options->function);
	if (!isnan(command_peak_gpu(profile, FIGURE_GPU)))
		command_peak_put_number(json, "gpu_peak_mib",
		    !options->function, command_peak_gpu(profile, FIGURE_GPU));
	peak_put_children(json, peaks, profile, options->top);
	if (options->by)
		peak_put_parties(json, profile, peak_party_by(options->by));
	peak_put_endings(json, profile);
	if (options->phases)
		peak_put_phases(json, profile);
	json_close(json, '}');
}

/* A printed recording, with its figures for sorting and comparing. */
struct peak_shown {
	struct overview overview; /* first member: sorted by it */
	char *text; /* with --sort, output that is kept until all are read;
		       NULL: none */
};

struct peak_set {
	ARRAY(struct peak_shown) list;
};

/* Reads, prints (or keeps) and sums up one recording. */
static int peak_show(struct peak_set *set, const char *path,
    const struct peak_options *options, struct json *json)
{
	struct peak_shown shown = {.text = NULL};
	struct profile profile;
	struct peaks peaks;
	size_t len;
	FILE *out = stdout;
	int got = profiles_read(&profile, path, &options->profiles);

	peaks_init(&peaks, &profile);
	if (got == 0) {
		if (options->sort)
			out = mem_stream(&shown.text, &len);
		if (json)
			peak_put_peaks(json, &peaks, &profile, options);
		else
			peak_print_peaks(&peaks, &profile, options, out);
		if (out != stdout)
			fclose(out);
	}
	if (got == 0 || (profile.runs.len > 0 && !peaks.found)) {
		overview_init_peaks(&shown.overview, &profile, &peaks);
		*array_push(&set->list) = shown;
	}
	peaks_finish(&peaks);
	profile_finish(&profile);
	return got;
}

static void peak_print_sorted(struct peak_set *set, const char *order)
{
	overview_sort(
	    set->list.items, set->list.len, sizeof(set->list.items[0]), order);
	for (size_t i = 0; i < set->list.len; i++)
		if (set->list.items[i].text)
			fputs(set->list.items[i].text, stdout);
}

/* Prints "Apart<tab>mem-3.dat 260 MiB, 2.6 times the median". */
static void peak_print_set_line(const struct spread_line *line, size_t width)
{
	size_t after = (strlen(line->label) / TAB + 1) * TAB;

	printf("%s\t", line->label);
	wrap_print(stdout, line->text,
	    (struct wrap){.column = after, .indent = TAB, .width = width});
}

/* Fewer recordings are not summed up, as all of them are in sight. */
enum { LEAST_SET = 3 };

static void peak_compare_set(const struct peak_set *set, struct json *json)
{
	size_t len = set->list.len;
	struct overview *overviews = mem_zero(len + 1, sizeof(overviews[0]));
	struct spread_lines lines;
	struct spread spread;

	for (size_t i = 0; i < len; i++)
		overviews[i] = set->list.items[i].overview; /* borrowed */
	spread_init(&spread, overviews, len);
	if (json) {
		json_key(json, "set");
		spread_write(&spread, json);
	} else {
		spread_lines_init(&lines, &spread);
		for (size_t i = 0; i < lines.list.len; i++)
			peak_print_set_line(
			    &lines.list.items[i], table_width(stdout));
		spread_lines_finish(&lines);
	}
	spread_finish(&spread);
	free(overviews);
}

/* Whether the set is not memory_profiler's, whose output stays as it is. */
static bool peak_set_is_ours(const struct peak_set *set)
{
	for (size_t i = 0; i < set->list.len; i++) {
		if (set->list.items[i].overview.host)
			return true;
	}
	return false;
}

static void peak_set_finish(struct peak_set *set)
{
	for (size_t i = 0; i < set->list.len; i++) {
		overview_finish(&set->list.items[i].overview);
		free(set->list.items[i].text);
	}
	array_free(&set->list);
}

static int peak_show_each(const struct profiles *profiles,
    const struct peak_options *options, struct json *json)
{
	struct peak_set set = {0};
	int status = COMMAND_OK;

	if (json) {
		json_member_open(json, "recordings", '[');
	}
	for (size_t i = 0; i < profiles->paths.len; i++) {
		if (peak_show(&set, profiles->paths.items[i], options, json) !=
		    0)
			status = COMMAND_FAILED;
	}
	if (json)
		json_close(json, ']');
	else if (options->sort)
		peak_print_sorted(&set, options->sort);
	if (set.list.len >= LEAST_SET && !options->function &&
	    (options->sort || json || peak_set_is_ours(&set)))
		peak_compare_set(&set, json);
	peak_set_finish(&set);
	return status;
}

static int peak_show_json(
    const struct profiles *profiles, const struct peak_options *options)
{
	struct json json;
	int status;

	json_init(&json, stdout);
	json_open_document(&json, SCHEMA);
	status = peak_show_each(profiles, options, &json);
	json_close(&json, '}');
	return status;
}

static int command_peak_exec(const void *values, char **argv, int count)
{
	const struct peak_options *options = values;
	struct profiles profiles;
	struct err e;
	int status;

	if (options->json && options->sort) {
		err_set(&e, "peak: --sort is for text; jq sorts JSON: "
			    "jq '.recordings |= sort_by(-.peak_mib)'");
		return command_fail(COMMAND_MISUSED, &e);
	}
	status = profiles_init(
	    &profiles, argv, count, options->json ? stderr : stdout);
	if (status == COMMAND_OK)
		status = options->json
			     ? peak_show_json(&profiles, options)
			     : peak_show_each(&profiles, options, NULL);
	profiles_finish(&profiles);
	return status;
}

const struct command command_peak = {
    .name = "peak",
    .synopsis = "[options] [PROFILE ...]",
    .summary = "print the peak memory of recordings",
    .details = "A profile is a file or a number from mprof list; -1 is the "
	       "newest. Without one,\n"
	       "the newest recording is used. Three or more are compared with "
	       "each other:\n"
	       "lowest, median, highest, and outliers.\n"
	       "\n"
	       "Examples:\n"
	       "  mprof peak --sort peak mem-*.dat\n"
	       "  mprof peak --top 10 make.dat\n",
    .options = rows,
    .options_size = sizeof(struct peak_options),
    .takes = COMMAND_TAKES_PROFILES,
    .run = command_peak_exec,
};
