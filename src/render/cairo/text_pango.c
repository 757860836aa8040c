// SPDX-License-Identifier: MIT
//
// Pango looks for a font for each script, so that names in Chinese or
// Japanese are read where a machine has a font for them.
#include "render/cairo/text.h"

#ifdef HAVE_PANGO
#include <pango/pangocairo.h>
#include <stdlib.h>

#include "base/mem.h"

static PangoLayoutLine *text_shape_line(
    struct text_fonts *fonts, const char *text, double size, bool bold)
{
	pango_font_description_set_absolute_size(
	    fonts->face, size * PANGO_SCALE);
	pango_font_description_set_weight(
	    fonts->face, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
	pango_layout_set_font_description(fonts->layout, fonts->face);
	pango_layout_set_text(fonts->layout, text, -1);
	return pango_layout_get_line_readonly(fonts->layout, 0);
}

/* Without hinted metrics, a text has the same width at all scales: that used
 * for the layout. */
struct text_fonts *text_fonts_create(struct err *e)
{
	struct text_fonts *fonts = mem_zero(1, sizeof(*fonts));
	cairo_font_options_t *options = cairo_font_options_create();

	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
	fonts->map = pango_cairo_font_map_new();
	fonts->context = pango_font_map_create_context(fonts->map);
	pango_cairo_context_set_font_options(fonts->context, options);
	pango_context_set_round_glyph_positions(fonts->context, FALSE);
	fonts->layout = pango_layout_new(fonts->context);
	pango_layout_set_single_paragraph_mode(fonts->layout, TRUE);
	fonts->face = pango_font_description_from_string("sans-serif");
	cairo_font_options_destroy(options);
	text_shape_line(fonts, "Ag0", 12, false);
	if (pango_layout_get_unknown_glyphs_count(fonts->layout) == 0)
		return fonts;
	err_set(e, TEXT_NO_FONT);
	text_fonts_destroy(fonts);
	return NULL;
}

void text_fonts_destroy(struct text_fonts *fonts)
{
	if (!fonts)
		return;
	pango_font_description_free(fonts->face);
	g_object_unref(fonts->layout);
	g_object_unref(fonts->context);
	g_object_unref(fonts->map);
	free(fonts);
}

double text_fonts_width(
    struct text_fonts *fonts, const char *text, double size, bool bold)
{
	PangoRectangle ink, logical;

	pango_layout_line_get_extents(
	    text_shape_line(fonts, text, size, bold), &ink, &logical);
	return (double)logical.width / PANGO_SCALE;
}

void text_show(
    struct text_fonts *fonts, cairo_t *cr, const struct text_line *line)
{
	cairo_move_to(cr, line->x, line->baseline);
	pango_cairo_show_layout_line(
	    cr, text_shape_line(fonts, line->text, line->size, line->bold));
}

void text_path(
    struct text_fonts *fonts, cairo_t *cr, const struct text_line *line)
{
	cairo_move_to(cr, line->x, line->baseline);
	pango_cairo_layout_line_path(
	    cr, text_shape_line(fonts, line->text, line->size, line->bold));
}
#endif
