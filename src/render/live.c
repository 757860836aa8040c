// SPDX-License-Identifier: MIT
#include "render/live.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "analysis/peak.h"
#include "analysis/trend.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/signal_name.h"
#include "base/units.h"
#include "base/utf8.h"
#include "chart/chart.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "profile/group.h"
#include "profile/process.h"
#include "profile/run.h"
#include "render/terminal_chart.h"

enum {
	LARGEST = 3, /* processes that are named */
	STATUS_ROWS = 2,
	LEAST_CHART = 8, /* rows; with fewer only figures are printed */
	SHARE = 100,     /* drawing takes at most 1/SHARE of the time */
	SILENT_S = 3,    /* after this time the last sample's age is printed */
	NAME_COLUMNS = 24
};

#define LIVE_KEYS "q quits, space pauses, + and - zoom, l lists, n by name"
#define LIVE_KEYS_SHORT "q quits"
#define LEAST_NS (NS_PER_S / 10)
#define SLOPE_S 60.0

void live_init(struct live *live, bool keys, const char *command)
{
	*live = (struct live){
	    .hint = keys ? LIVE_KEYS : "", .keys = keys, .stale = true};
	profile_init(&live->own, "");
	live->shown = &live->own;
	if (command)
		profile_add_run(&live->own)->command = mem_copy(command);
}

void live_measures(struct live *live, const struct sampler_plan *plan)
{
	struct run_info *info = &live->own.runs.items[0].info;

	info->backend = mem_copy(plan->metric->measure->name);
	info->alone = plan->alone;
	info->sum = !plan->alone;
}

void live_leave(struct live *live)
{
	if (live->on_screen)
		screen_close(&live->screen);
	live->on_screen = false;
}

void live_finish(struct live *live)
{
	live_leave(live);
	profile_finish(&live->own);
}

static const char *live_holding_name(const struct holding *holding)
{
	const struct process *process = holding->process;

	if (!process)
		return "";
	if (process->name)
		return process->name;
	return process->command ? process->command : "";
}

/* Prints the largest processes, at most that many. */
static void live_print_largest(
    const struct moment *moment, size_t named, size_t name_columns, FILE *out)
{
	size_t len = moment->holdings.len;
	char name[128], size[UNITS_TEXT], count[UNITS_COUNT];

	/* a single entry for the program is the total */
	if (len == 0 || (len == 1 && moment->holdings.items[0].is_program))
		return;
	fprintf(out, "%s: ", units_count(count, len, "process", "processes"));
	for (size_t i = 0; i < named && i < len; i++) {
		const struct holding *one = &moment->holdings.items[i];
		char *clean = utf8_clean_copy(live_holding_name(one));

		utf8_shorten(name, sizeof(name), clean, name_columns);
		fprintf(out, "%s%s%s%s %s", i ? ", " : "",
		    one->process ? one->process->key : moment->program,
		    *name ? " " : "", name, units_size(size, one->mib));
		free(clean);
	}
}

/* "14:39:37" for today, "2026-11-22 14:39:37" for another day. */
static char *live_moment_text(double time_s, double now_s)
{
	time_t second = (time_t)time_s, now = (time_t)now_s;
	char moment[32], today[32];
	struct tm local;

	localtime_r(&now, &local);
	strftime(today, sizeof(today), "%Y-%m-%d ", &local);
	localtime_r(&second, &local);
	strftime(moment, sizeof(moment), "%Y-%m-%d %H:%M:%S", &local);
	if (strncmp(moment, today, strlen(today)) == 0)
		return mem_copy(moment + strlen(today));
	return mem_copy(moment);
}

static double live_wall_s(const struct live *live)
{
	return live->now_s > 0 ? live->now_s
			       : (double)clock_wall_ns() / NS_PER_S;
}

static bool live_has_ended(const struct run *run)
{
	return run->ending == RUN_ENDED || run->ending == RUN_CUT_OFF;
}

/* Prints whether and when the run ended, if known. */
static void live_print_end(const struct run *run, double now_s, FILE *out)
{
	const char *name = signal_name(run->exit.signal);
	double last_s = run_last_s(run);
	char *moment;

	/* Without a sample only EXIT has a time. Descendants may have been
	 * recorded for longer. */
	if (run->exit.recorded &&
	    (last_s <= 0 ||
		(run->exit.until_s > 0 && run->exit.time_s < last_s)))
		last_s = run->exit.time_s;
	moment = last_s > 0 ? live_moment_text(last_s, now_s) : mem_copy("");
	if (run->ending == RUN_ENDED)
		fprintf(out, "ended %s", moment);
	else if (run->ending == RUN_CUT_OFF)
		fprintf(out, "breaks off %s%sno end recorded", moment,
		    *moment ? ", " : "");
	if (run->ending == RUN_ENDED && run->exit.known) {
		if (name)
			fprintf(out, " by %s", name);
		else if (run->exit.signal)
			fprintf(out, " by signal %d", run->exit.signal);
		else if (run->exit.code > 0)
			fprintf(out, " with status %d", run->exit.code);
	}
	if (live_has_ended(run))
		fputs("; ", out);
	free(moment);
}

/* ", CPU 98.2 %, threads 4": the last value of each figure. */
static void live_print_usage(const struct run *run, FILE *out)
{
	for (size_t i = 0; run->usage && i < RESOURCES; i++) {
		const struct resource *resource = &resources[i];

		for (size_t k = 0; k < resource->count; k++) {
			enum resource_figure_id figure =
			    (enum resource_figure_id)(resource->first + k);
			char text[UNITS_TEXT];
			double value;

			if (usage_is_shown(run->usage, figure) &&
			    usage_last(run->usage, figure, &value))
				fprintf(out, ", %s %s%s%s",
				    resource_figures[figure].words,
				    units_number(text, value),
				    resource->unit ? " " : "",
				    resource->unit ? resource->unit : "");
		}
	}
}

static void live_print_figures(
    const struct live *live, const struct run *run, FILE *out)
{
	const struct series *total = &run->total;
	double end_s =
	    total->len ? total->items[total->len - 1].time_s : -INFINITY;
	double now_s = live_wall_s(live);
	bool ended = live_has_ended(run);
	bool silent = now_s - end_s >= SILENT_S;
	char text[UNITS_TEXT];
	struct sample peak = {0};
	struct trend trend;

	run_peak(run, &peak);
	if (live->view.paused_s > 0)
		fputs("paused; ", out);
	live_print_end(run, now_s, out);
	fprintf(out, "%s %s", ended || silent ? "last" : "now",
	    units_size(text, total->items[total->len - 1].mib));
	fprintf(out, ", peak %s", units_size(text, peak.mib));
	if (!ended && trend_fit(&trend, total, end_s - SLOPE_S, end_s))
		fprintf(out, ", slope %s%s", trend.mib_per_s >= 0 ? "+" : "",
		    units_rate(text, trend.mib_per_s));
	live_print_usage(run, out);
	if (silent && !ended)
		fprintf(out, ", no sample for %s",
		    units_duration(text, floor(now_s - end_s)));
}

/* A line of figures, no wider than the terminal. */
static void live_print_line(
    char *text, const struct terminal_style *style, FILE *out)
{
	char *shown = mem_zero(strlen(text) + 8, 1);
	const char *at;

	at = utf8_shorten(shown, strlen(text) + 8, text, style->columns - 1);
	if (style->unicode)
		fputs(at, out);
	while (!style->unicode && *at)
		putc(utf8_ascii(utf8_next(&at)), out);
	putc('\n', out);
	free(shown);
	free(text);
}

/* The end of the displayed time. */
static double live_until_s(const struct live_view *view, const struct run *run)
{
	return view->paused_s > 0 ? view->paused_s : run_last_s(run);
}

static void live_print_chart(const struct live_view *view,
    const struct run *run, const struct terminal_style *style, FILE *out)
{
	struct chart_run chart = {run, "recording"};
	struct chart_request request = {
	    .runs = &chart, .len = 1, .functions = false};
	double end_s = live_until_s(view, run) - run_first_s(run);
	struct scene scene = {0};
	struct err e;

	if ((view->last_s > 0 && view->last_s < end_s) || view->paused_s > 0)
		request.window_s = (struct chart_limits){true,
		    view->last_s > 0 ? fmax(0, end_s - view->last_s) : 0,
		    fmax(end_s, 0.001)};
	if (chart_timeline(&scene, &request, &e) == 0)
		terminal_chart(&scene, style, out);
	scene_finish(&scene);
}

static const char *live_sort_name(const struct holding *one)
{
	return one->process ? live_holding_name(one) : "the program";
}

static int live_compare_names(const void *a, const void *b)
{
	return strcmp(live_sort_name(a), live_sort_name(b));
}

static int live_compare_pids(const void *a, const void *b)
{
	const struct holding *x = a, *y = b;
	int first = x->process ? x->process->pid : 0;
	int second = y->process ? y->process->pid : 0;

	return (first > second) - (first < second);
}

/* Prints lines of figures, in ASCII where the terminal has no more. */
static void live_print_table(
    struct table *table, const struct terminal_style *style, FILE *out)
{
	char *text = NULL, *rest;
	size_t size = 0;
	FILE *lines = mem_stream(&text, &size);

	table_print(table, lines, style->columns - 1);
	fclose(lines);
	rest = text;
	for (char *line = strsep(&rest, "\n"); rest; line = strsep(&rest, "\n"))
		live_print_line(mem_copy(line), style, out);
	free(text);
}

/* Prints the processes of the last tick, the largest first or in the view's
 * order. */
static void live_print_list(const struct live_view *view, const struct run *run,
    const struct terminal_style *style, FILE *out)
{
	static int (*const orders[])(const void *, const void *) = {
	    [LIVE_BY_NAME] = live_compare_names,
	    [LIVE_BY_PID] = live_compare_pids};
	size_t tick = series_find(&run->total, live_until_s(view, run) + 1e-9);
	struct moment moment;
	struct table table;

	moment_init(&moment, run, tick > 0 ? tick - 1 : 0);
	if (view->list != LIVE_BY_MEMORY && moment.holdings.len > 0)
		qsort(moment.holdings.items, moment.holdings.len,
		    sizeof(moment.holdings.items[0]), orders[view->list]);
	table_init(&table, "rrl");
	table_add(&table, "PID");
	table_add(&table, "Memory");
	table_add(&table, "Name");
	for (size_t i = 0; i < moment.holdings.len && i + 1 < style->rows;
	     i++) {
		const struct holding *one = &moment.holdings.items[i];

		table_add(&table, one->process ? one->process->key : "");
		table_add_size(&table, one->mib);
		table_add(&table,
		    one->process ? live_holding_name(one) : moment.program);
	}
	live_print_table(&table, style, out);
	table_finish(&table);
	moment_finish(&moment);
}

/* The figures for a terminal too small for a chart, in that order. */
static void live_print_small(
    char *figures, const struct terminal_style *style, FILE *out)
{
	for (char *at = figures, *next; at; at = next) {
		next = strstr(at, ", ");
		if (next) {
			*next = 0;
			next += 2;
		}
		live_print_line(mem_copy(at), style, out);
	}
	free(figures);
}

static char *live_figures_line(const struct live *live, const struct run *run)
{
	char *text = NULL;
	size_t size = 0;
	FILE *line = mem_stream(&text, &size);

	live_print_figures(live, run, line);
	fclose(line);
	return text;
}

/* Leaves out the last figures of a line that is too long. */
static void live_fit_figures(char *figures, size_t columns)
{
	while (utf8_width(figures) > columns) {
		char *last = NULL;

		for (char *at = figures; (at = strstr(at, ", ")); at++)
			last = at;
		if (!last)
			return;
		*last = 0;
	}
}

/* Names as many of the largest as fit. */
static char *live_largest_line(const struct moment *moment, size_t columns)
{
	size_t name_columns = columns < 90 ? NAME_COLUMNS / 3 : NAME_COLUMNS;
	char *text = NULL;

	for (size_t named = LARGEST; named > 0; named--) {
		size_t size = 0;
		FILE *line;

		free(text);
		line = mem_stream(&text, &size);
		live_print_largest(moment, named, name_columns, line);
		fclose(line);
		if (utf8_width(text) <= columns)
			break;
	}
	return text;
}

/* Adds the hint to the first line with room for it. */
static void live_add_hint(char **line, const char **hint, size_t columns)
{
	const char *between = **line ? "; " : "";
	char *whole;

	if (!**hint ||
	    utf8_width(*line) + strlen(between) + utf8_width(*hint) > columns)
		return;
	whole = mem_format("%s%s%s", *line, between, *hint);
	free(*line);
	*line = whole;
	*hint = "";
}

/* Prints the chart or the list, of the run or of its processes by name. */
static void live_print_body(const struct live_view *view, const struct run *run,
    const struct terminal_style *style, FILE *out)
{
	struct run grouped;

	if (view->grouped)
		run_group_by_name(&grouped, run);
	else
		grouped = *run;
	if (view->list == LIVE_CHART)
		live_print_chart(view, &grouped, style, out);
	else
		live_print_list(view, &grouped, style, out);
	if (view->grouped)
		run_group_finish(&grouped, run);
}

/* The newest run; NULL before the first one. */
static const struct run *live_run(const struct live *live)
{
	const struct profile *shown = live->shown;

	return shown->runs.len > 0 ? &shown->runs.items[shown->runs.len - 1]
				   : NULL;
}

static void live_print_frame(
    const struct live *live, const struct terminal_style *style, FILE *out)
{
	const struct run *run = live_run(live);
	const char *hint = live->hint;
	struct moment moment;
	char *lines[STATUS_ROWS];

	if (!run || run->total.len == 0) {
		if (run)
			live_print_end(run, live_wall_s(live), out);
		fprintf(out, "%s\n%s\n",
		    run && live_has_ended(run) ? "no sample was taken"
					       : "waiting for the first sample",
		    live->hint);
		return;
	}
	lines[0] = live_figures_line(live, run);
	if (style->rows < LEAST_CHART) {
		live_print_small(lines[0], style, out);
		return;
	}
	live_fit_figures(lines[0], style->columns - 1);
	live_print_body(&live->view, run, style, out);
	moment_init(&moment, run, run->total.len - 1);
	lines[1] = live_largest_line(&moment, style->columns - 1);
	moment_finish(&moment);
	for (size_t i = 0; i < STATUS_ROWS; i++) {
		live_add_hint(&lines[i], &hint, style->columns - 1);
		if (i + 1 == STATUS_ROWS && *hint) {
			hint = LIVE_KEYS_SHORT;
			live_add_hint(&lines[i], &hint, style->columns - 1);
		}
		live_print_line(lines[i], style, out);
	}
}

static void live_redraw(const struct live *live)
{
	struct terminal terminal;
	struct terminal_style style;
	char *frame = NULL;
	size_t len = 0;
	FILE *out = mem_stream(&frame, &len);

	terminal_read(&terminal, STDOUT_FILENO);
	style = terminal_style_of(&terminal);
	style.rows -= STATUS_ROWS;
	live_print_frame(live, &style, out);
	fclose(out);
	screen_show(frame, len, terminal.rows);
	free(frame);
}

void live_draw(struct live *live, bool changed)
{
	int64_t now_ns = clock_mono_ns(), cost_ns;

	live->stale = live->stale || changed;
	if (!live->stale || now_ns < live->next_ns)
		return;
	if (!live->on_screen)
		screen_open(&live->screen, live->keys);
	live->on_screen = true;
	cost_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	live_redraw(live);
	cost_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cost_ns;
	live->stale = false;
	live->next_ns =
	    now_ns + (SHARE * cost_ns > LEAST_NS ? SHARE * cost_ns : LEAST_NS);
}

static void live_rename_process(struct process *process, const char *name)
{
	if (!name || (process->name && strcmp(process->name, name) == 0))
		return;
	free(process->name);
	process->name = mem_copy(name);
}

static void live_collect_usage(
    struct live *live, struct run *run, const struct sink_tick *tick)
{
	struct usage_series *usage;

	if (!tick->usage ||
	    (tick->usage_ns == live->usage_ns && tick->gpu_ns == live->gpu_ns))
		return;
	usage = usage_at(&run->usage);
	for (size_t i = 0; i < FIGURES; i++) {
		int64_t now_ns = i < FIGURE_GPU ? tick->usage_ns : tick->gpu_ns;

		if (now_ns != (i < FIGURE_GPU ? live->usage_ns : live->gpu_ns))
			series_add(&usage->figures[i],
			    (double)now_ns / NS_PER_S, tick->usage[i]);
	}
	live->usage_ns = tick->usage_ns;
	live->gpu_ns = tick->gpu_ns;
}

static void live_collect(struct live *live, const struct sink_tick *tick)
{
	struct run *run = &live->own.runs.items[0];
	double time_s = (double)tick->time_ns / NS_PER_S;
	char key[24];

	live->now_s = time_s;
	live_collect_usage(live, run, tick);
	if (!tick->sampled)
		return;
	run_add_total(run, time_s, (double)tick->total_kib / 1024);
	for (size_t i = 0; i < tick->count; i++) {
		const struct sink_process *sampled = &tick->processes[i];
		int len = snprintf(key, sizeof(key), "%d", (int)sampled->pid);
		struct process *process;

		if (sampled->kib < 0)
			continue;
		process =
		    run_process_of(run, key, (size_t)len, sampled->start_ticks);
		live_rename_process(process, sampled->name);
		run_add_memory(
		    run, process, time_s, (double)sampled->kib / 1024);
	}
}

/* Halves or doubles the displayed time, down to a second. */
static void live_zoom(struct live_view *view, const struct run *run, bool in)
{
	double whole_s = live_until_s(view, run) - run_first_s(run);
	double shown_s =
	    view->last_s > 0 && view->last_s < whole_s ? view->last_s : whole_s;

	shown_s = in ? shown_s / 2 : shown_s * 2;
	view->last_s = shown_s >= whole_s ? 0 : fmax(shown_s, 1);
}

void live_on_key(struct live *live)
{
	const struct run *run = live_run(live);
	struct live_view *view = &live->view;

	live->stale = true;
	if (!run || run->total.len == 0)
		return;
	switch (live->screen.key) {
	case ' ':
	case 'p':
		view->paused_s = view->paused_s > 0 ? 0 : run_last_s(run);
		break;
	case '+':
	case '=':
	case '-':
		live_zoom(view, run, live->screen.key != '-');
		break;
	case 'l':
		view->list = (view->list + 1) % LIVE_LISTS;
		break;
	case 'n':
		view->grouped = !view->grouped;
		break;
	default:
		break;
	}
}

static void live_on_tick(
    void *context, const struct sink_tick *tick, const struct sink *sink)
{
	struct live *live = context;

	(void)sink;
	live_collect(live, tick);
	live_draw(live, true);
	if (!live->keys)
		return;
	switch (screen_wait(&live->screen, 0)) {
	case SCREEN_QUIT:
		live->quit = true;
		break;
	case SCREEN_KEY:
		live_on_key(live);
		break;
	case SCREEN_CHANGED:
		live->stale = true;
		break;
	case SCREEN_NOTHING:
		break;
	}
}

static void live_on_end(
    void *context, const struct sink_tick *tick, const struct sink *sink)
{
	(void)tick;
	(void)sink;
	live_leave(context);
}

struct sampler_hook live_hook(struct live *live)
{
	return (struct sampler_hook){
	    .context = live, .tick = live_on_tick, .end = live_on_end};
}
