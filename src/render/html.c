// SPDX-License-Identifier: MIT
#include "render/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "render/html_series.h"
#include "render/html_json.h"
#include "render/palette.h"
#include "render/viewer.h"

#ifndef MPROF_VERSION
#error "MPROF_VERSION comes from the Makefile"
#endif

/* Together they keep the file below 3 MB: the samples as base64 take four
 * thirds, a span about 50 bytes, a series about 800 at worst. */
#define SAMPLE_BYTES 1350000
#define MOST_SPANS 12000
#define MOST_MARKS 1000
#define NAME_CHARACTERS 200
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
};

static void put_name(FILE *out, const char *key, const char *text, size_t most)
{
	fprintf(out, ",\"%s\":", key);
	html_text(out, text, most);
}

static void html_put_number(
    FILE *out, const char *key, double value, int digits)
{
	fprintf(out, ",\"%s\":", key);
	html_number(out, value, digits);
}

static void html_put_point(
    FILE *out, const char *key, const struct sample *sample)
{
	fprintf(out, ",\"%s\":[", key);
	html_number(out, sample->time_s, 6);
	putc(',', out);
	html_number(out, sample->mib, 6);
	putc(']', out);
}

static void html_put_series(FILE *out, const struct html_series *series)
{
	const struct scene_line *line = series->line;

	fprintf(out, "{\"kind\":\"%s\",\"role\":\"%s\"", kind_names[line->kind],
	    role_name(line->role));
	put_name(out, "name", line->name, NAME_CHARACTERS);
	put_name(out, "detail", line->detail, NAME_CHARACTERS);
	fprintf(out, ",\"pid\":%d,\"legend\":%s,\"samples\":%zu,\"count\":%zu",
	    line->pid, line->in_legend ? "true" : "false", series->samples,
	    series->count);
	html_put_number(out, "step", series->step_s, 4);
	html_put_point(out, "peak", &line->peak);
	fputs(",\"data\":\"", out);
	html_series_write(series, out);
	fputs("\"}", out);
}

static void put_mark(FILE *out, const struct scene_mark *mark)
{
	fprintf(out, "{\"kind\":\"%s\",\"role\":\"%s\"", mark_names[mark->kind],
	    role_name(mark->role));
	html_put_number(out, "at", mark->at.time_s, 6);
	html_put_number(out, "mib", mark->at.mib, 6);
	html_put_number(out, "until", mark->until_s, 6);
	put_name(out, "label", mark->label, NAME_CHARACTERS);
	putc('}', out);
}

static void put_span(FILE *out, const struct scene_span *span)
{
	fprintf(out, "{\"role\":\"%s\",\"lane\":%zu", role_name(span->role),
	    span->lane);
	put_name(out, "name", span->name, NAME_CHARACTERS);
	html_put_point(out, "from", &span->from);
	html_put_point(out, "to", &span->to);
	putc('}', out);
}

static int longer_span(const void *left, const void *right)
{
	const struct scene_span *const *a = left, *const *b = right;
	double first = (*a)->to.time_s - (*a)->from.time_s;
	double second = (*b)->to.time_s - (*b)->from.time_s;

	return (first < second) - (first > second);
}

static int earlier_span(const void *left, const void *right)
{
	const struct scene_span *const *a = left, *const *b = right;

	if ((*a)->from.time_s != (*b)->from.time_s)
		return (*a)->from.time_s < (*b)->from.time_s ? -1 : 1;
	return *a < *b ? -1 : *a > *b;
}

/* The longest spans in order of time: what is left out is too short to be
 * seen unless nearly nothing else is in sight. The number left out. */
static size_t put_spans(FILE *out, const struct scene *scene)
{
	ARRAY(const struct scene_span *) all = {0};
	size_t kept;

	for (size_t p = 0; p < scene->panels.len; p++) {
		const struct scene_panel *panel = &scene->panels.items[p];

		for (size_t i = 0; i < panel->spans.len; i++)
			*array_push(&all) = &panel->spans.items[i];
	}
	kept = all.len < MOST_SPANS ? all.len : MOST_SPANS;
	if (all.len > kept)
		qsort(all.items, all.len, sizeof(*all.items), longer_span);
	if (kept)
		qsort(all.items, kept, sizeof(*all.items), earlier_span);
	fputs(",\"spans\":[", out);
	for (size_t i = 0; i < kept; i++) {
		fputs(i ? ",\n" : "", out);
		put_span(out, all.items[i]);
	}
	putc(']', out);
	kept = all.len - kept;
	array_free(&all);
	return kept;
}

static void html_put_marks(FILE *out, const struct scene *scene)
{
	size_t written = 0;

	fputs(",\"marks\":[", out);
	for (size_t p = 0; p < scene->panels.len; p++) {
		const struct scene_panel *panel = &scene->panels.items[p];

		for (size_t i = 0; i < panel->marks.len && written < MOST_MARKS;
		     i++) {
			fputs(written++ ? ",\n" : "", out);
			put_mark(out, &panel->marks.items[i]);
		}
	}
	putc(']', out);
}

static void put_facts(FILE *out, const struct scene *scene)
{
	fputs(",\"facts\":[", out);
	for (size_t i = 0; i < scene->facts.len; i++) {
		fputs(i ? ",[" : "[", out);
		html_text(out, scene->facts.items[i].label, NAME_CHARACTERS);
		putc(',', out);
		html_text(out, scene->facts.items[i].value, TEXT_CHARACTERS);
		putc(']', out);
	}
	putc(']', out);
}

static void put_notes(FILE *out, const struct scene *scene, size_t spans_left)
{
	char count[UNITS_COUNT];
	fputs(",\"notes\":[", out);
	for (size_t i = 0; i < scene->notes.len; i++) {
		html_text(out, scene->notes.items[i], TEXT_CHARACTERS);
		putc(',', out);
	}
	if (spans_left)
		fprintf(out, "\"%s left out\",",
		    units_count(count, spans_left, "shortest call is",
			"shortest calls are"));
	fputs("\"made by mprof " MPROF_VERSION "\"]", out);
}

static void put_theme(FILE *out, const char *name, enum palette_theme theme)
{
	fprintf(out, "\"%s\":{", name);
	for (int role = 0; role < ROLE_COUNT; role++)
		fprintf(out, "%s\"%s\":\"#%06x\"", role ? "," : "",
		    role_name((enum role)role),
		    palette_rgb(theme, (enum role)role));
	putc('}', out);
}

static bool is_stacked(const struct html_pack *pack)
{
	for (size_t i = 0; i < pack->lines; i++) {
		if (pack->series.items[i].line->kind == SCENE_STACKED)
			return true;
	}
	return false;
}

static void put_list(
    FILE *out, const char *key, const struct html_series *series, size_t len)
{
	fprintf(out, ",\"%s\":[\n", key);
	for (size_t i = 0; i < len; i++) {
		fputs(i ? ",\n" : "", out);
		html_put_series(out, &series[i]);
	}
	putc(']', out);
}

static void put_recording(FILE *out, const struct scene *scene)
{
	struct html_pack pack;

	html_pack(&pack, scene, SAMPLE_BYTES);
	fputs("{\"title\":", out);
	html_text(out, scene->title, TEXT_CHARACTERS);
	html_put_number(out, "origin", scene->origin_s, 6);
	html_put_number(out, "from", scene->time.low, 6);
	html_put_number(out, "to", scene->time.high, 6);
	html_put_number(out, "ticks", pack.ticks_per_s, 0);
	fprintf(out, ",\"clock\":%s,\"stacked\":%s,\"palette\":{",
	    scene->time.kind == AXIS_CLOCK ? "true" : "false",
	    is_stacked(&pack) ? "true" : "false");
	put_theme(out, "light", PALETTE_LIGHT);
	putc(',', out);
	put_theme(out, "dark", PALETTE_DARK);
	putc('}', out);
	put_facts(out, scene);
	html_put_marks(out, scene);
	put_notes(out, scene, put_spans(out, scene));
	put_list(out, "series", pack.series.items, pack.lines);
	put_list(out, "layers", pack.series.items + pack.lines,
	    pack.series.len - pack.lines);
	putc('}', out);
	html_pack_finish(&pack);
}

void html_write(const struct scene *scene, FILE *out)
{
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
	put_recording(out, scene);
	fprintf(out, "</script>\n<script>%s</script>\n</body>\n</html>\n",
	    viewer_script);
}
