// SPDX-License-Identifier: MIT
#include "render/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/figures.h"
#include "base/json.h"
#include "base/units.h"
#include "render/palette.h"
#include "render/viewer.h"

#ifndef MPROF_VERSION
#error "MPROF_VERSION comes from the Makefile"
#endif

/* Limits that together keep the file below 3 MB: samples in base64 take four
 * thirds, and a series takes about 200 bytes and its name. */
#define SAMPLE_BYTES 1350000
#define SPAN_BYTES 600000
#define MOST_MARKS 1000
#define NAME_CHARACTERS 200
#define LEGEND_CHARACTERS 2000 /* a legend is not cut */
#define TEXT_CHARACTERS 4000

static const char *const kind_names[] = {
    [SCENE_TOTAL] = "total",
    [SCENE_RUN] = "run",
    [SCENE_PROCESS] = "process",
    [SCENE_STACKED] = "layer",
    [SCENE_TREND] = "trend",
};

static const char *const mark_names[] = {
    [SCENE_PEAK] = "peak",
    [SCENE_LABEL] = "label",
    [SCENE_END] = "end",
    [SCENE_GAP] = "gap",
    [SCENE_LIMIT] = "limit",
    [SCENE_PHASE] = "phase",
};

static void html_put_name(
    struct json *json, const char *key, const char *text, size_t most)
{
	json_key(json, key);
	json_text_cut(json, text ? text : "", most);
}

static void html_put_point(
    struct json *json, const char *key, const struct sample *sample)
{
	json_member_open(json, key, '[');
	json_rounded(json, sample->time_s, 6);
	json_rounded(json, sample->mib, 6);
	json_close(json, ']');
}

/* The difference of two recordings is drawn like a trend, but has its own
 * figures. */
static const char *html_kind(const struct scene_line *line)
{
	return line->kind == SCENE_TREND && line->role == ROLE_OTHER
		   ? "difference"
		   : kind_names[line->kind];
}

/* The page computes means itself if it has all samples. */
static void html_put_means(struct json *json, const struct html_series *series)
{
	struct figures figures;

	if (series->step_s <= 0 ||
	    figures_of_series(html_series_samples(series), -INFINITY, INFINITY,
		&figures) != 0)
		return;
	json_member_rounded(json, "mean", figures.mean_mib, 6);
	json_member_rounded(json, "first", series->first_s, 6);
	json_key(json, "means");
	json_base64(json, series->means.items, series->means.len);
}

static void html_put_series(struct json *json, const struct html_series *series)
{
	const struct scene_line *line = series->line;

	json_open(json, '{');
	html_put_name(json, "kind", html_kind(line), NAME_CHARACTERS);
	html_put_name(json, "role", role_name(line->role), NAME_CHARACTERS);
	html_put_name(json, "name", line->name, LEGEND_CHARACTERS);
	html_put_name(json, "detail", line->detail, NAME_CHARACTERS);
	json_member_whole(json, "pid", line->pid);
	json_member_bool(json, "legend", line->in_legend);
	json_member_whole(json, "samples", (int64_t)series->samples);
	json_member_whole(json, "count", (int64_t)series->count);
	json_member_rounded(json, "step", series->step_s, 9);
	html_put_means(json, series);
	html_put_point(json, "peak", &line->peak);
	if (line->kind == SCENE_RUN)
		json_member_rounded(json, "highest", line->peak_mib, 6);
	json_key(json, "data");
	json_base64(json, series->bytes.items, series->bytes.len);
	json_close(json, '}');
}

static void html_put_mark(struct json *json, const struct scene_mark *mark)
{
	json_open(json, '{');
	html_put_name(json, "kind", mark_names[mark->kind], NAME_CHARACTERS);
	html_put_name(json, "role", role_name(mark->role), NAME_CHARACTERS);
	json_member_rounded(json, "at", mark->at.time_s, 6);
	json_member_rounded(json, "mib", mark->at.mib, 6);
	json_member_rounded(json, "until", mark->until_s, 6);
	html_put_name(json, "label", mark->label, NAME_CHARACTERS);
	json_close(json, '}');
}

static bool html_is_named_otherwise(const struct scene_span *span)
{
	return span->full_name && strcmp(span->full_name, span->name) != 0;
}

static void html_put_span(struct json *json, const struct scene_span *span)
{
	json_open(json, '{');
	html_put_name(json, "role", role_name(span->role), NAME_CHARACTERS);
	json_member_whole(json, "lane", (int64_t)span->lane);
	html_put_name(json, "name", span->name, NAME_CHARACTERS);
	if (html_is_named_otherwise(span))
		html_put_name(json, "full", span->full_name, NAME_CHARACTERS);
	if (span->pid > 0)
		json_member_whole(json, "pid", (int64_t)(size_t)span->pid);
	if (span->tid > 0 && span->tid != span->pid)
		json_member_whole(json, "tid", (int64_t)(size_t)span->tid);
	html_put_point(json, "from", &span->from);
	html_put_point(json, "to", &span->to);
	json_close(json, '}');
}

static size_t html_span_bytes(const struct scene_span *span)
{
	return 110 + strlen(span->name) +
	       (html_is_named_otherwise(span) ? strlen(span->full_name) : 0);
}

static int html_longer_span(const void *left, const void *right)
{
	const struct scene_span *const *a = left, *const *b = right;
	double first = (*a)->to.time_s - (*a)->from.time_s;
	double second = (*b)->to.time_s - (*b)->from.time_s;

	return (first < second) - (first > second);
}

static int html_earlier_span(const void *left, const void *right)
{
	const struct scene_span *const *a = left, *const *b = right;

	if ((*a)->from.time_s != (*b)->from.time_s)
		return (*a)->from.time_s < (*b)->from.time_s ? -1 : 1;
	return *a < *b ? -1 : *a > *b;
}

/* Chooses the longest spans, in order of time: a shorter one is visible only
 * when almost nothing else is in view. Returns how many are left out. */
static size_t html_put_spans(struct json *json, const struct scene *scene)
{
	ARRAY(const struct scene_span *) all = {0};
	size_t kept = 0, bytes = 0;

	for (size_t p = 0; p < scene->panels.len; p++) {
		const struct scene_panel *panel = &scene->panels.items[p];

		for (size_t i = 0; i < panel->spans.len; i++)
			*array_push(&all) = &panel->spans.items[i];
	}
	if (all.len > 0)
		qsort(all.items, all.len, sizeof(*all.items), html_longer_span);
	while (kept < all.len && bytes < SPAN_BYTES)
		bytes += html_span_bytes(all.items[kept++]);
	if (kept)
		qsort(all.items, kept, sizeof(*all.items), html_earlier_span);
	json_member_open(json, "spans", '[');
	for (size_t i = 0; i < kept; i++)
		html_put_span(json, all.items[i]);
	json_close(json, ']');
	kept = all.len - kept;
	array_free(&all);
	return kept;
}

static void html_put_marks(struct json *json, const struct scene *scene)
{
	size_t written = 0;

	json_member_open(json, "marks", '[');
	for (size_t p = 0; p < scene->panels.len; p++) {
		const struct scene_panel *panel = &scene->panels.items[p];

		for (size_t i = 0; i < panel->marks.len && written < MOST_MARKS;
		     i++) {
			html_put_mark(json, &panel->marks.items[i]);
			written++;
		}
	}
	json_close(json, ']');
}

static void html_put_facts(struct json *json, const struct scene *scene)
{
	json_member_open(json, "facts", '[');
	for (size_t i = 0; i < scene->facts.len; i++) {
		const struct scene_fact *fact = &scene->facts.items[i];

		json_open(json, '[');
		json_text_cut(json, fact->label, NAME_CHARACTERS);
		json_text_cut(json, fact->value, TEXT_CHARACTERS);
		json_close(json, ']');
	}
	json_close(json, ']');
}

static void html_put_notes(
    struct json *json, const struct scene *scene, size_t spans_left)
{
	char count[UNITS_COUNT], text[UNITS_COUNT + 16];

	json_member_open(json, "notes", '[');
	for (size_t i = 0; i < scene->notes.len; i++)
		json_text_cut(json, scene->notes.items[i], TEXT_CHARACTERS);
	if (spans_left) {
		snprintf(text, sizeof(text), "%s left out",
		    units_count(count, spans_left, "shortest call is",
			"shortest calls are"));
		json_text(json, text);
	}
	json_text(json, "made by mprof " MPROF_VERSION);
	json_close(json, ']');
}

static void html_put_theme(
    struct json *json, const char *name, enum palette_theme theme)
{
	json_member_open(json, name, '{');
	for (int role = 0; role < ROLE_COUNT; role++) {
		char colour[16];

		snprintf(colour, sizeof(colour), "#%06x",
		    palette_rgb(theme, (enum role)role));
		json_key(json, role_name((enum role)role));
		json_text(json, colour);
	}
	json_close(json, '}');
}

static bool html_is_stacked(const struct html_pack *pack)
{
	for (size_t i = 0; i < pack->lines; i++) {
		if (pack->series.items[i].line->kind == SCENE_STACKED)
			return true;
	}
	return false;
}

static void html_put_list(struct json *json, const char *key,
    const struct html_series *series, size_t len)
{
	json_member_open(json, key, '[');
	for (size_t i = 0; i < len; i++)
		html_put_series(json, &series[i]);
	json_close(json, ']');
}

/* Writes the panels of other figures and their lines, each with its part of the
 * packed series. */
static void html_put_panels(
    struct json *json, const struct scene *scene, const struct html_pack *pack)
{
	const struct html_series *series =
	    pack->series.items + pack->lines + pack->stack;

	json_member_open(json, "panels", '[');
	for (size_t p = 0; p < scene->panels.len; p++) {
		const struct scene_panel *panel = &scene->panels.items[p];

		if (panel->kind != PANEL_USAGE)
			continue;
		json_open(json, '{');
		html_put_name(json, "title", panel->title, NAME_CHARACTERS);
		html_put_list(json, "series", series, panel->lines.len);
		json_close(json, '}');
		series += panel->lines.len;
	}
	json_close(json, ']');
}

/* The axis of a flame graph is memory, not time. */
static void html_put_axis(struct json *json, const struct scene *scene)
{
	json_member_rounded(json, "origin", scene->origin_s, 6);
	json_member_rounded(json, "from", scene->time.low, 6);
	json_member_rounded(json, "to", scene->time.high, 6);
	json_member_bool(json, "clock", scene->time.kind == AXIS_CLOCK);
	json_member_bool(json, "flame", scene->time.kind == AXIS_MEMORY);
}

static void html_put_recording(
    struct json *json, const struct scene *scene, const char *theme)
{
	struct html_pack pack;

	html_pack(&pack, scene, SAMPLE_BYTES);
	json_open(json, '{');
	html_put_name(json, "title", scene->title, TEXT_CHARACTERS);
	html_put_name(json, "theme", theme ? theme : "system", NAME_CHARACTERS);
	html_put_axis(json, scene);
	json_member_rounded(json, "ticks", pack.ticks_per_s, 0);
	json_member_bool(json, "stacked", html_is_stacked(&pack));
	json_member_open(json, "palette", '{');
	html_put_theme(json, "light", PALETTE_LIGHT);
	html_put_theme(json, "dark", PALETTE_DARK);
	json_close(json, '}');
	html_put_facts(json, scene);
	html_put_marks(json, scene);
	html_put_notes(json, scene, html_put_spans(json, scene));
	html_put_list(json, "series", pack.series.items, pack.lines);
	html_put_list(
	    json, "layers", pack.series.items + pack.lines, pack.stack);
	html_put_panels(json, scene, &pack);
	json_close(json, '}');
	html_pack_finish(&pack);
}

void html_write(const struct scene *scene, const char *theme, FILE *out)
{
	struct json json;

	json_init_compact(&json, out);
	fprintf(out,
	    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\""
	    "default-src 'none'; script-src 'sha256-%s'; "
	    "style-src 'sha256-%s'; img-src data:; base-uri 'none'; "
	    "form-action 'none'\">\n"
	    "<meta name=\"viewport\" "
	    "content=\"width=device-width, initial-scale=1\">\n"
	    "<link rel=\"icon\" href=\"data:,\">\n"
	    "<title>mprof</title>\n<style>%s</style>\n</head>\n<body>\n%s"
	    "<script type=\"application/json\" id=\"recording\">",
	    viewer_script_hash, viewer_style_hash, viewer_style, viewer_page);
	html_put_recording(&json, scene, theme);
	fprintf(out, "</script>\n<script>%s</script>\n</body>\n</html>\n",
	    viewer_script);
}
