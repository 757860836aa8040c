// SPDX-License-Identifier: MIT
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/overview.h"
#include "base/io.h"
#include "base/mem.h"
#include "chart/chart.h"
#include "cli/browser.h"
#include "cli/graphics.h"
#include "cli/terminal.h"
#include "commands/command.h"
#include "commands/command_picture.h"
#include "input/profiles.h"
#include "layout/layout.h"
#include "render/html.h"
#include "render/terminal_chart.h"
#include "dat/reader.h"
#include "profile/group.h"

struct plot_size {
	double width, height;
};

struct plot_options {
	const char *title;
	bool no_functions, brackets;
	const char *output;
	struct option_range window;
	const struct chart_kind *kind;
	bool slope;
	bool phases;
	const char *backend;
	const struct render_format *format; /* NULL: by FILE's extension */
	bool clock;
	const char *sort, *by;
	struct option_range memory_limits;
	long run;
	struct plot_size size;
	double scale;
	const char *theme;
	bool every_sample;
	bool text_as_paths;
	const char *terminal; /* how to draw on the terminal; NULL: on a large
				 enough one */
	struct profiles_options profiles;
};

static const struct plot_options defaults = {
    .kind = chart_kinds, .size = {LAYOUT_USUAL_WIDTH, 0}, .scale = 1};

static int plot_parse_size(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	struct plot_size size;
	int len = 0;

	if (sscanf(text, "%lfx%lf%n", &size.width, &size.height, &len) == 2 &&
	    text[len] == 0 && size.width >= 1 && size.height >= 1 &&
	    size.width <= 1e6 && size.height <= 1e6) {
		*(struct plot_size *)where = size;
		return 0;
	}
	return err_set(e,
	    "option --%s: %s: must be a width and a height in pixels: 1260x540",
	    row->name, text);
}

static int plot_parse_run(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	if (option_whole(row, text, where, e) != 0)
		return -1;
	return *(long *)where > 0
		   ? 0
		   : err_set(e, "option --%s: %s: runs count from 1", row->name,
			 text);
}

static int plot_parse_scale(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	char *end;
	double scale = strtod(text, &end);

	if (end != text && *end == 0 && scale >= 0.25 && scale <= 16) {
		*(double *)where = scale;
		return 0;
	}
	return err_set(e, "option --%s: %s: must be a number from 0.25 to 16",
	    row->name, text);
}

/* Parses sizes, "0,500MiB"; a plain 0 is a size, too. */
static int plot_parse_limits(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	const char *comma = strchr(text, ',');
	char *low = mem_copy_n(text, comma ? (size_t)(comma - text) : 0);
	struct option_range range = {.given = true};
	struct err ignored;
	int got = -1;

	if (comma &&
	    (strcmp(low, "0") == 0 ||
		size_parse(low, &range.first, &ignored) == 0) &&
	    size_parse(comma + 1, &range.last, &ignored) == 0 &&
	    range.first < range.last)
		got = 0;
	free(low);
	if (got != 0)
		return err_set(e,
		    "option --%s: %s: must be two sizes, the smaller first: "
		    "0,500MiB",
		    row->name, text);
	*(struct option_range *)where = range;
	return 0;
}

static int plot_parse_terminal(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	return option_choice(row, text ? text : "text", where, e);
}

/* The option's name is that of the chart kind. */
static int plot_parse_kind(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	const struct chart_kind *kind = chart_kinds;

	(void)text;
	(void)e;
	while (strcmp(kind->name, row->name) != 0)
		kind++;
	*(const struct chart_kind **)where = kind;
	return 0;
}

static struct option_value plot_format_at(size_t at)
{
	const struct render_format *format = format_nth(RENDER_CHART, at);

	return format ? (struct option_value){format->name, format->summary}
		      : (struct option_value){0};
}

static int plot_parse_format(
    const struct option_row *row, const char *text, void *where, struct err *e)
{
	const struct render_format *format = format_find(text, RENDER_CHART);

	if (!format)
		return options_refuse(row, text, e);
	*(const struct render_format **)where = format;
	return 0;
}

static const char *const themes[] = {"light", "dark", NULL};
static const char *const terminal_ways[] = {"kitty", "sixel", "text", NULL};
static const char *const groupings[] = {"name", NULL};
static const char *const row_orders[] = {"peak", "start", NULL};

#define AT(member) offsetof(struct plot_options, member)

static const struct option_row rows[] = {
    {'t', "title", "TEXT", "the title, instead of the command line",
	.parse = option_text, .offset = AT(title)},
    {'n', "no-function-ts", NULL, "don't draw function calls",
	.parse = option_flag, .offset = AT(no_functions)},
    {'o', "output", "FILE",
	"write the chart to FILE, in the format of its extension, or to "
	"FILE.png if it has none; - is standard output",
	.parse = option_text, .offset = AT(output)},
    {'w', "window", "A,B",
	"draw only from second A to B, counted from the start",
	.parse = option_window, .offset = AT(window)},
#define KIND(name, letter, summary)                              \
	{letter, #name, NULL, summary, .parse = plot_parse_kind, \
	    .offset = AT(kind), .ours = !(letter)},
#include "chart/kinds.def"
#undef KIND
    {'s', "slope", NULL,
	"draw the trend line that mprof leak found, with its slope",
	.parse = option_flag, .offset = AT(slope)},
    {0, "phases", NULL,
	"shade the phases that mprof peak --phases finds in a run without "
	"marks",
	.parse = option_flag, .offset = AT(phases), .ours = true},
    {0, "backend", "NAME", "accepted for compatibility; has no effect",
	.parse = option_text, .offset = AT(backend)},
    {0, "format", "NAME", "the format, whatever the extension of FILE is",
	.parse = plot_parse_format, .offset = AT(format),
	.choice_at = plot_format_at, .ours = true},
    {0, "brackets", NULL,
	"draw function calls as brackets on the memory, as memory_profiler "
	"does",
	.parse = option_flag, .offset = AT(brackets), .ours = true},
    {0, "clock", NULL, "show the time of day instead of seconds",
	.parse = option_flag, .offset = AT(clock), .ours = true},
    {0, "by", "WHAT",
	"add up the processes of a recording by {}, so that workers that "
	"replace each other are one line",
	.parse = option_choice, .offset = AT(by), .choices = groupings,
	.ours = true},
    {0, "sort", "WHAT",
	"the order of a heat map's rows: {} (default peak, the highest first)",
	.parse = option_choice, .offset = AT(sort), .choices = row_orders,
	.ours = true},
    {0, "ylim", "A,B", "draw only this range of memory: 0,500MiB",
	.parse = plot_parse_limits, .offset = AT(memory_limits), .ours = true},
    {0, "run", "N",
	"draw only the Nth run of a file that holds several, from 1",
	.parse = plot_parse_run, .offset = AT(run), .ours = true},
    {0, "size", "WxH",
	"width and height in pixels (default 1260x540, higher with calls or "
	"panels, lower for a heat map of few rows)",
	.parse = plot_parse_size, .offset = AT(size), .ours = true},
    {0, "scale", "N", "multiply the pixels by N: 2 for high-resolution screens",
	.parse = plot_parse_scale, .offset = AT(scale), .ours = true},
    {0, "theme", "NAME",
	"{}; an HTML page has a switch, and follows the reader's system "
	"without this option",
	.parse = option_choice, .offset = AT(theme), .choices = themes,
	.ours = true},
    {0, "every-sample", NULL,
	"draw every sample instead of four in each column: slower, same "
	"picture",
	.parse = option_flag, .offset = AT(every_sample), .ours = true},
    {0, "text-as-paths", NULL,
	"write the text of an SVG as outlines, for programs without fonts",
	.parse = option_flag, .offset = AT(text_as_paths), .ours = true},
    {0, "terminal", "HOW",
	"draw in the terminal, even if there is a display: as {} (default "
	"text); pictures need a terminal that supports them",
	.parse = plot_parse_terminal, .offset = AT(terminal),
	.choices = terminal_ways, .optional = true, .ours = true},
    PROFILES_ROWS(struct plot_options, profiles), {0}};

/* The recordings that were read, and those of their runs that are drawn. */
struct plot_reading {
	struct profile *profiles;
	size_t len;
	ARRAY(struct chart_run) runs;
	ARRAY(struct chart_run) others; /* runs of the set that are not drawn */
	ARRAY(char *) names;
	struct run grouped; /* --by name: the run that is drawn */
	/* The run before grouping; NULL: not grouped. */
	const struct run *ungrouped;
};

static bool plot_is_heatmap(const struct plot_options *options)
{
	return options->kind->build == chart_heatmap;
}

static void plot_choose_runs(
    struct plot_reading *reading, const struct profile *profile, long only)
{
	for (size_t i = 0; i < profile->runs.len; i++) {
		const char *file = path_name(profile->path);
		char *name = profile->runs.len > 1
				 ? mem_format("%s, run %zu", file, i + 1)
				 : mem_copy(file);

		*array_push(&reading->names) = name;
		if (only == 0 || (size_t)only == i + 1)
			*array_push(&reading->runs) =
			    (struct chart_run){&profile->runs.items[i], name};
	}
}

/* Calls that old versions wrote to a separate file, X_ts.dat beside X.dat,
 * belong to the last run. */
static void plot_add_companion(struct profile *profile)
{
	char *path = dat_companion(profile->path);
	struct profile companion;
	struct run *last;
	struct err e;

	if (!path || profile->runs.len == 0) {
		free(path);
		return;
	}
	last = &profile->runs.items[profile->runs.len - 1];
	if (dat_read(&companion, path, &e) != 0)
		command_fail(COMMAND_FAILED, &e);
	for (size_t i = 0; i < companion.runs.len; i++) {
		struct run *run = &companion.runs.items[i];

		for (size_t k = 0; k < run->calls.len; k++)
			*array_push(&last->calls) = run->calls.items[k];
		run->calls.len = 0; /* moved to the other profile */
	}
	profile_finish(&companion);
	free(path);
}

/* A heat map has a row for each of many thousand runs: it needs only as many
 * samples as it has columns, and no other records. */
enum { MANY = 100, MOST_THINNED = 400 };

static void plot_thin(struct profile *profile)
{
	for (size_t i = 0; i < profile->runs.len; i++)
		series_thin(&profile->runs.items[i].total, MOST_THINNED);
}

/* Only a chart of one run draws processes. */
static void plot_group(struct plot_reading *reading)
{
	if (reading->runs.len != 1)
		return;
	reading->ungrouped = reading->runs.items[0].run;
	run_group_by_name(&reading->grouped, reading->ungrouped);
	reading->runs.items[0].run = &reading->grouped;
}

/* Adds a recording that could not be drawn to the set, if nothing of it was
 * measured. */
static void plot_add_refused(
    struct plot_reading *reading, const struct profile *profile)
{
	char *name;

	if (!overview_is_unmeasured(profile))
		return;
	name = mem_copy(path_name(profile->path));
	*array_push(&reading->names) = name;
	*array_push(&reading->others) = (struct chart_run){
	    &profile->runs.items[profile->runs.len - 1], name};
}

/* Returns which of the profiles could not be read; the caller frees. */
static bool *plot_read_profiles(struct plot_reading *reading,
    const struct profiles *profiles, const struct plot_options *options)
{
	size_t len = profiles->paths.len;
	bool *failed = mem_zero(len, sizeof(failed[0]));

	reading->profiles = mem_zero(len, sizeof(struct profile));
	reading->len = len;
	if (plot_is_heatmap(options) && len > MANY) {
		profiles_read_many(reading->profiles, failed, profiles,
		    &options->profiles, plot_thin);
		return failed;
	}
	for (size_t i = 0; i < len; i++)
		failed[i] =
		    profiles_read(&reading->profiles[i],
			profiles->paths.items[i], &options->profiles) != 0;
	return failed;
}

static int command_plot_read_all(struct plot_reading *reading,
    const struct profiles *profiles, const struct plot_options *options)
{
	bool *failed = plot_read_profiles(reading, profiles, options);
	int status = COMMAND_OK;

	for (size_t i = 0; i < reading->len; i++) {
		if (failed[i]) {
			status = COMMAND_FAILED;
			plot_add_refused(reading, &reading->profiles[i]);
			continue;
		}
		plot_add_companion(&reading->profiles[i]);
		plot_choose_runs(reading, &reading->profiles[i], options->run);
	}
	free(failed);
	if (options->by)
		plot_group(reading);
	return status;
}

static void plot_finish_reading(struct plot_reading *reading)
{
	if (reading->ungrouped)
		run_group_finish(&reading->grouped, reading->ungrouped);
	for (size_t i = 0; i < reading->len; i++)
		profile_finish(&reading->profiles[i]);
	for (size_t i = 0; i < reading->names.len; i++)
		free(reading->names.items[i]);
	free(reading->profiles);
	array_free(&reading->runs);
	array_free(&reading->others);
	array_free(&reading->names);
}

/* The requested file; without a path the chart is shown. */
struct plot_file {
	char *path;
	const struct render_format *format;
};

static struct chart_limits plot_limits_of(const struct option_range *range)
{
	return (struct chart_limits){range->given, range->first, range->last};
}

static int command_plot_build(struct scene *scene,
    const struct plot_reading *reading, const struct plot_file *file,
    const struct plot_options *options, struct err *e)
{
	struct chart_request request = {.runs = reading->runs.items,
	    .len = reading->runs.len,
	    .others = reading->others.items,
	    .others_len = reading->others.len,
	    .title = options->title,
	    .functions = !options->no_functions,
	    .brackets = options->brackets,
	    .slope = options->slope,
	    .phases = options->phases,
	    .layers = !file->path || file->format->can_switch,
	    .clock = options->clock,
	    .by_start = options->sort && strcmp(options->sort, "start") == 0,
	    .by_name = options->by != NULL,
	    .window_s = plot_limits_of(&options->window),
	    .memory_mib = plot_limits_of(&options->memory_limits)};

	*scene = (struct scene){0};
	if (request.len == 0)
		return err_set(e, "--run %ld: no recording has that many runs",
		    options->run);
	if (options->kind->build(scene, &request, e) != 0)
		return -1;
	scene->backwards = options->window.backwards;
	return 0;
}

static bool plot_is_stream(const char *path)
{
	return strcmp(path, "-") == 0 || path_is_stream(path);
}

/* The name that memory_profiler would choose: without an extension it gets
 * .png. The caller frees. */
static char *plot_name_output(const struct plot_options *options)
{
	const char *path = options->output ? options->output : "-";
	size_t len = strlen(path);

	if (options->format || len == 0 || path[len - 1] == '/' ||
	    format_extension(path) || plot_is_stream(path))
		return mem_copy(path);
	while (len > 1 && path[len - 1] == '.' && path[len - 2] != '/')
		len--;
	return mem_format("%.*s.png", (int)len, path);
}

/* -1 with e where the options name no file that can be written. */
static int plot_choose_file(
    struct plot_file *file, const struct plot_options *options, struct err *e)
{
	if (!options->output && !options->format)
		return 0;
	if (options->terminal)
		return err_set(e,
		    "plot: --terminal draws here, %s into a file: leave one "
		    "out",
		    options->output ? "-o" : "--format");
	file->path = plot_name_output(options);
	if (!options->format && !format_extension(file->path) &&
	    plot_is_stream(file->path))
		return err_set(
		    e, "-o %s: choose the format with --format", file->path);
	file->format = options->format
			   ? options->format
			   : format_of_path(file->path, RENDER_CHART, e);
	if (file->format && plot_is_heatmap(options) &&
	    file->format->can_switch)
		return err_set(e,
		    "plot: --heatmap is drawn as a picture or in the terminal; "
		    "use .png, .svg or .pdf");
	return file->format ? 0 : -1;
}

static enum palette_theme plot_theme(const struct plot_options *options)
{
	return options->theme && strcmp(options->theme, "dark") == 0
		   ? PALETTE_DARK
		   : PALETTE_LIGHT;
}

static int plot_write_chart(const struct scene *scene,
    const struct plot_file *file, const struct plot_options *options,
    struct err *e)
{
	struct render_request request = {.scene = scene,
	    .format = file->format,
	    .width = options->size.width,
	    .height = options->size.height > 0 ? options->size.height
					       : layout_usual_height(scene),
	    .scale = options->scale,
	    .every_sample = options->every_sample,
	    .text_as_paths = options->text_as_paths,
	    .theme = plot_theme(options),
	    .theme_is_given = options->theme != NULL};

	return command_picture_write(&request, file->path, e);
}

static int plot_write_page(const struct scene *scene, const char *theme,
    const char *path, struct err *e)
{
	struct io_output out;

	if (io_output_open(&out, path, e) != 0)
		return -1;
	html_write(scene, theme, out.stream);
	return io_output_commit(&out, e);
}

/* Shows a page in the browser, and prints its path. */
static int plot_in_browser(
    const struct scene *scene, const char *theme, struct err *e)
{
	char *path = browser_page(e);
	int got = -1;

	if (path && plot_write_page(scene, theme, path, e) == 0) {
		puts(path);
		fflush(stdout);
		got = browser_open(path, e);
	}
	free(path);
	return got;
}

static void plot_in_terminal(const struct scene *scene)
{
	struct terminal terminal;
	struct terminal_style style;

	terminal_read(&terminal, STDOUT_FILENO);
	style = terminal_style_of(&terminal);
	/* one row for the prompt */
	style.rows--;
	terminal_chart(scene, &style, stdout);
}

/* Shows a picture in the terminal, three fifths of its window high. */
static int plot_in_graphics(const struct scene *scene,
    const struct plot_options *options, struct err *e)
{
	enum graphics graphics = strcmp(options->terminal, "kitty") == 0
				     ? GRAPHICS_KITTY
				     : GRAPHICS_SIXEL;
	struct render_request request = {.scene = scene,
	    .format = format_find(
		graphics == GRAPHICS_KITTY ? "png" : "sixel", RENDER_CHART),
	    .scale = 1,
	    .every_sample = options->every_sample,
	    .theme = plot_theme(options)};
	size_t width, height, len = 0;
	char *bytes = NULL;
	FILE *out;
	int got;

	if (graphics_check(graphics, e) != 0)
		return -1;
	graphics_size(&width, &height);
	request.width = fmax((double)width, LAYOUT_LEAST_WIDTH);
	request.height = fmax(0.6 * (double)height, LAYOUT_LEAST_HEIGHT);
	out = mem_stream(&bytes, &len);
	got = render_picture(&request, out, e);
	fclose(out);
	if (got == 0 && graphics == GRAPHICS_KITTY)
		graphics_put_png(stdout, bytes, len);
	else if (got == 0)
		fwrite(bytes, 1, len, stdout);
	free(bytes);
	return got;
}

/* Shows the chart when neither a file nor a format was named. */
static int command_plot_show(const struct scene *scene,
    const struct plot_options *options, struct err *e)
{
	if (options->terminal && strcmp(options->terminal, "text") != 0)
		return plot_in_graphics(scene, options, e);
	if (!options->terminal && !plot_is_heatmap(options) &&
	    browser_is_there()) {
		if (plot_in_browser(scene, options->theme, e) == 0)
			return 0;
		fprintf(stderr, "mprof: %s\n", e->text);
	}
	plot_in_terminal(scene);
	return 0;
}

static int command_plot_draw(const struct plot_reading *reading,
    const struct plot_file *file, const struct plot_options *options)
{
	struct scene scene;
	struct err e;
	int got = command_plot_build(&scene, reading, file, options, &e);

	if (got == 0 && file->path)
		got = plot_write_chart(&scene, file, options, &e);
	else if (got == 0)
		got = command_plot_show(&scene, options, &e);
	scene_finish(&scene);
	return got == 0 ? COMMAND_OK : command_fail(COMMAND_FAILED, &e);
}

static int plot_words(char **argv, int count, const struct plot_file *file,
    const struct plot_options *options)
{
	struct plot_reading reading = {0};
	struct profiles profiles;
	int status, drawn = COMMAND_FAILED;

	status = profiles_init(&profiles, argv, count, stderr);
	if (profiles.paths.len > 0) {
		int got = command_plot_read_all(&reading, &profiles, options);

		status = got != COMMAND_OK ? got : status;
	}
	/* Without --run, why there is no run was said. */
	if (reading.runs.len > 0 ||
	    (reading.names.len > 0 && options->run != 0)) {
		drawn = command_plot_draw(&reading, file, options);
		status = drawn != COMMAND_OK ? drawn : status;
	}
	plot_finish_reading(&reading);
	profiles_finish(&profiles);
	return status;
}

static int command_plot_exec(const void *values, char **argv, int count)
{
	const struct plot_options *options = values;
	struct plot_file file = {0};
	struct err e;
	int status;

	if (plot_choose_file(&file, options, &e) != 0)
		status = command_fail(COMMAND_MISUSED, &e);
	else
		status = plot_words(argv, count, &file, options);
	free(file.path);
	return status;
}

const struct command command_plot = {
    .name = "plot",
    .synopsis = "[options] [PROFILE ...]",
    .summary = "draw recordings",
    .details =
	"A profile is a file or a number from mprof list; -1 is the newest. "
	"Without one,\n"
	"the newest recording is used. Several are drawn over each other, from "
	"a common\n"
	"start.\n"
	"\n"
	"Without -o, the chart opens in a browser if there is a display, and "
	"is drawn in\n"
	"the terminal if not.\n"
	"\n"
	"  mprof plot -o mem.png            the newest, as a picture\n"
	"  mprof plot -o mem.html           as a page to explore\n"
	"  mprof plot -s -o mem.svg 0 1     two of them, with trends\n"
	"  mprof plot -f -w 10,20 -o f.pdf  ten seconds, sampled stacks\n"
	"  mprof plot --heatmap -o h.png mem-*.dat   a row for each\n",
    .options = rows,
    .options_size = sizeof(struct plot_options),
    .defaults = &defaults,
    .takes = COMMAND_TAKES_PROFILES,
    .run = command_plot_exec,
};
