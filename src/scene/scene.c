// SPDX-License-Identifier: MIT
#include "scene/scene.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

static void scene_lines_finish(const struct scene_line *lines, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		free(lines[i].name);
		free(lines[i].detail);
	}
}

static void scene_finish_panel(struct scene_panel *panel)
{
	free(panel->title);
	scene_lines_finish(panel->lines.items, panel->lines.len);
	scene_lines_finish(panel->layers.items, panel->layers.len);
	for (size_t i = 0; i < panel->functions.len; i++) {
		free(panel->functions.items[i].name);
		free(panel->functions.items[i].detail);
	}
	for (size_t i = 0; i < panel->spans.len; i++) {
		free(panel->spans.items[i].name);
		free(panel->spans.items[i].full_name);
	}
	for (size_t i = 0; i < panel->marks.len; i++)
		free(panel->marks.items[i].label);
	for (size_t i = 0; i < panel->groups.len; i++)
		free(panel->groups.items[i].name);
	array_free(&panel->lines);
	array_free(&panel->layers);
	array_free(&panel->functions);
	array_free(&panel->spans);
	array_free(&panel->marks);
	for (size_t i = 0; i < panel->heat.rows.len; i++) {
		free(panel->heat.rows.items[i]->name);
		free(panel->heat.rows.items[i]->detail);
		free(panel->heat.rows.items[i]->ended);
		free(panel->heat.rows.items[i]);
	}
	array_free(&panel->groups);
	array_free(&panel->heat.rows);
}

void scene_drop_panel(struct scene *scene)
{
	scene_finish_panel(&scene->panels.items[--scene->panels.len]);
}

const struct scene_panel *scene_find(
    const struct scene *scene, enum scene_panel_kind kind)
{
	for (size_t i = 0; i < scene->panels.len; i++) {
		if (scene->panels.items[i].kind == kind)
			return &scene->panels.items[i];
	}
	return NULL;
}

void scene_finish(struct scene *scene)
{
	for (size_t i = 0; i < scene->panels.len; i++)
		scene_finish_panel(&scene->panels.items[i]);
	for (size_t i = 0; i < scene->facts.len; i++)
		free(scene->facts.items[i].value);
	for (size_t i = 0; i < scene->notes.len; i++)
		free(scene->notes.items[i]);
	for (size_t i = 0; i < scene->owned.len; i++) {
		series_finish(scene->owned.items[i]);
		free(scene->owned.items[i]);
	}
	array_free(&scene->panels);
	array_free(&scene->facts);
	array_free(&scene->notes);
	array_free(&scene->owned);
	free(scene->title);
	*scene = (struct scene){0};
}

bool scene_is_layer(const struct scene_line *line)
{
	return line->kind == SCENE_STACKED &&
	       line->base->len >= line->samples->len;
}

const struct scene_line *scene_top_layer(
    const struct scene_line *lines, size_t len)
{
	for (size_t i = len; i-- > 0;) {
		if (scene_is_layer(&lines[i]))
			return &lines[i];
	}
	return NULL;
}

static size_t scene_legend_rank(const struct scene_panel *panel, size_t nth)
{
	enum scene_line_kind kind = panel->lines.items[nth].kind;

	if (kind == SCENE_TREND)
		return 1;
	return nth == 0 || kind == SCENE_RUN ? 0 : 2;
}

/* Sorts overlaid runs by their peaks, the highest first. */
static void scene_legend_sort(
    const struct scene_panel *panel, size_t *order, size_t len)
{
	for (size_t i = 1; i < len; i++) {
		for (size_t k = i; k > 0; k--) {
			const struct scene_line *low =
			    &panel->lines.items[order[k - 1]];
			const struct scene_line *high =
			    &panel->lines.items[order[k]];
			size_t moved = order[k];

			if (low->kind != SCENE_RUN || high->kind != SCENE_RUN ||
			    low->peak_mib >= high->peak_mib)
				break;
			order[k] = order[k - 1];
			order[k - 1] = moved;
		}
	}
}

size_t scene_legend(const struct scene_panel *panel, size_t *order)
{
	size_t len = 0;

	for (size_t rank = 0; rank < 3; rank++) {
		for (size_t i = 0; i < panel->lines.len; i++) {
			if (panel->lines.items[i].in_legend &&
			    scene_legend_rank(panel, i) == rank)
				order[len++] = i;
		}
	}
	scene_legend_sort(panel, order, len);
	return len;
}

struct series *scene_own_series(struct scene *scene)
{
	struct series *series = mem_zero(1, sizeof(*series));

	*array_push(&scene->owned) = series;
	return series;
}

static void scene_print_samples(const struct scene_line *line, FILE *out)
{
	for (size_t i = 0; i < line->samples->len; i++) {
		const struct sample *at = &line->samples->items[i];

		fprintf(
		    out, "    %.4f %.4f", at->time_s - line->zero_s, at->mib);
		if (line->base)
			fprintf(out, " over %.4f", line->base->items[i].mib);
		fputc('\n', out);
	}
}

static void scene_print_line(const struct scene_line *line, FILE *out)
{
	static const char *const kinds[] = {
	    "total", "run", "process", "stacked", "trend"};

	fprintf(out, "  %s %s \"%s\" \"%s\"", kinds[line->kind],
	    role_name(line->role), line->name ? line->name : "",
	    line->detail ? line->detail : "");
	fprintf(out, " pid=%d peak=%.4f@%.4f gap=%.4f%s%s\n", line->pid,
	    line->peak.mib, line->peak.time_s, line->gap_s,
	    line->in_legend ? " legend" : "",
	    line->light    ? " light"
	    : line->dashed ? " dashed"
			   : "");
	scene_print_samples(line, out);
}

static void scene_print_span(const struct scene_span *span, FILE *out)
{
	fprintf(out, "  span %s \"%s\" \"%s\" lane=%zu run=%zu",
	    role_name(span->role), span->name, span->full_name, span->lane,
	    span->run);
	fprintf(out, " %.4f@%.4f..%.4f@%.4f\n", span->from.mib,
	    span->from.time_s, span->to.mib, span->to.time_s);
}

static void scene_print_mark(const struct scene_mark *mark, FILE *out)
{
	static const char *const kinds[] = {
	    "peak", "label", "end", "gap", "limit", "phase"};

	fprintf(out, "  mark %s %s \"%s\" at %.4f", kinds[mark->kind],
	    role_name(mark->role), mark->label ? mark->label : "",
	    mark->at.time_s);
	if (isfinite(mark->at.mib))
		fprintf(out, " %.4f", mark->at.mib);
	if (mark->kind == SCENE_GAP || mark->kind == SCENE_PHASE)
		fprintf(out, " until %.4f", mark->until_s);
	fputc('\n', out);
}

static void scene_print_axis(
    const char *name, const struct axis *axis, FILE *out)
{
	struct axis_ticks ticks;

	axis_ticks(axis, 8, &ticks);
	fprintf(
	    out, "%s %.4f..%.4f %s:", name, axis->low, axis->high, ticks.unit);
	for (size_t i = 0; i < ticks.len; i++)
		fprintf(out, " %s", ticks.items[i].label);
	fputc('\n', out);
	ticks_finish(&ticks);
}

enum { HEAT_PRINTED = 60 };

/* Prints a digit for each part of the row: tenths of the highest, a dot where
 * nothing was measured. */
static void scene_print_heat_row(
    const struct scene_heat *heat, const struct scene_heat_row *row, FILE *out)
{
	const size_t part = HEAT_COLUMNS / HEAT_PRINTED;

	fprintf(out, "  row \"%s\" \"%s%s%s\"%s ", row->name, row->detail,
	    row->ended ? ", " : "", row->ended ? row->ended : "",
	    row->odd ? " odd" : "");
	for (size_t i = 0; i < HEAT_PRINTED; i++) {
		float mib = -1;

		for (size_t k = 0; k < part; k++)
			mib = fmaxf(mib, row->cells[i * part + k]);
		if (mib < 0)
			fputc('.', out);
		else
			fprintf(
			    out, "%d", (int)fmin(9, 10 * mib / heat->high_mib));
	}
	fputc('\n', out);
}

static void scene_print_panel(const struct scene_panel *panel, FILE *out)
{
	if (panel->kind == PANEL_MEMORY)
		scene_print_axis("panel memory", &panel->memory, out);
	else if (panel->kind == PANEL_USAGE)
		scene_print_axis(panel->title, &panel->memory, out);
	else if (panel->kind == PANEL_HEAT)
		fprintf(out, "panel heat 0..%.4f\n", panel->heat.high_mib);
	else
		fprintf(out, "panel lanes %zu\n", panel->lanes);
	for (size_t i = 0; i < panel->heat.rows.len; i++)
		scene_print_heat_row(
		    &panel->heat, panel->heat.rows.items[i], out);
	for (size_t i = 0; i < panel->groups.len; i++) {
		const struct scene_group *group = &panel->groups.items[i];

		fprintf(out, "  group \"%s\" lanes=%zu+%zu\n",
		    group->name ? group->name : "", group->first_lane,
		    group->lanes);
	}
	for (size_t i = 0; i < panel->lines.len; i++)
		scene_print_line(&panel->lines.items[i], out);
	for (size_t i = 0; i < panel->functions.len; i++)
		fprintf(out, "  function %s \"%s\" \"%s\"\n",
		    role_name(panel->functions.items[i].role),
		    panel->functions.items[i].name,
		    panel->functions.items[i].detail);
	for (size_t i = 0; i < panel->spans.len; i++)
		scene_print_span(&panel->spans.items[i], out);
	for (size_t i = 0; i < panel->marks.len; i++)
		scene_print_mark(&panel->marks.items[i], out);
}

void scene_print(const struct scene *scene, FILE *out)
{
	fprintf(
	    out, "title \"%s\"\norigin %.4f\n", scene->title, scene->origin_s);
	scene_print_axis("time", &scene->time, out);
	for (size_t i = 0; i < scene->facts.len; i++)
		fprintf(out, "fact %s: %s\n", scene->facts.items[i].label,
		    scene->facts.items[i].value);
	for (size_t i = 0; i < scene->notes.len; i++)
		fprintf(out, "note %s\n", scene->notes.items[i]);
	for (size_t i = 0; i < scene->panels.len; i++)
		scene_print_panel(&scene->panels.items[i], out);
}
