// SPDX-License-Identifier: MIT
//
// Without Pango: one font for all text, boxes for what it lacks.
#include "render/cairo/text.h"

#ifndef HAVE_PANGO
#include <cairo.h>
#include <stdlib.h>

#include "base/mem.h"

void text_fonts_destroy(struct text_fonts *fonts)
{
	if (!fonts)
		return;
	cairo_destroy(fonts->cr);
	cairo_surface_destroy(fonts->surface);
	free(fonts);
}

static void text_choose_font(cairo_t *cr, double size, bool bold)
{
	cairo_font_options_t *options = cairo_font_options_create();

	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
	cairo_set_font_options(cr, options);
	cairo_font_options_destroy(options);
	cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
	    bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
	cairo_set_font_size(cr, size);
}

/* Whether the font has the letter; glyph 0 stands for a missing one. */
static bool text_has_letter(cairo_t *cr, const char *letter)
{
	cairo_scaled_font_t *font;
	cairo_glyph_t *glyphs = NULL;
	int count = 0;
	bool has;

	text_choose_font(cr, 12, false);
	font = cairo_get_scaled_font(cr);
	has = cairo_scaled_font_text_to_glyphs(font, 0, 0, letter, 1, &glyphs,
		  &count, NULL, NULL, NULL) == CAIRO_STATUS_SUCCESS &&
	      count == 1 && glyphs[0].index != 0;
	cairo_glyph_free(glyphs);
	return has;
}

struct text_fonts *text_fonts_create(struct err *e)
{
	struct text_fonts *fonts = mem_zero(1, sizeof(*fonts));

	fonts->surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
	fonts->cr = cairo_create(fonts->surface);
	if (text_has_letter(fonts->cr, "A") && text_has_letter(fonts->cr, "0"))
		return fonts;
	err_set(e, TEXT_NO_FONT);
	text_fonts_destroy(fonts);
	return NULL;
}

double text_fonts_width(
    struct text_fonts *fonts, const char *text, double size, bool bold)
{
	cairo_text_extents_t extents;

	text_choose_font(fonts->cr, size, bold);
	cairo_text_extents(fonts->cr, text, &extents);
	return extents.x_advance;
}

void text_show(
    struct text_fonts *fonts, cairo_t *cr, const struct text_line *line)
{
	(void)fonts;
	text_choose_font(cr, line->size, line->bold);
	cairo_move_to(cr, line->x, line->baseline);
	cairo_show_text(cr, line->text);
}

void text_path(
    struct text_fonts *fonts, cairo_t *cr, const struct text_line *line)
{
	(void)fonts;
	text_choose_font(cr, line->size, line->bold);
	cairo_move_to(cr, line->x, line->baseline);
	cairo_text_path(cr, line->text);
}
#endif
