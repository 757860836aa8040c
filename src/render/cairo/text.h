/* SPDX-License-Identifier: MIT
 *
 * Text on a Cairo surface, through Pango or through Cairo's own toy
 * interface: one implementation is built. All text is valid UTF-8.
 */
#ifndef MPROF_RENDER_CAIRO_TEXT_H
#define MPROF_RENDER_CAIRO_TEXT_H

#include <stdbool.h>

#include "base/err.h"

struct _cairo; /* cairo_t, so that this header compiles without Cairo */

/* The fields of the implementation that is built; nobody else reads them. */
struct text_fonts {
#ifdef HAVE_PANGO
	struct _PangoFontMap *map;
	struct _PangoContext *context;
	struct _PangoLayout *layout;
	struct _PangoFontDescription *face;
#else
	struct _cairo_surface *surface;
	struct _cairo *cr; /* for measuring */
#endif
};

/* NULL with e where there is no font for Latin letters and digits: all text
 * would be boxes. */
struct text_fonts *text_fonts_create(struct err *e);
void text_fonts_destroy(struct text_fonts *fonts);

double text_fonts_width(
    struct text_fonts *fonts, const char *text, double size, bool bold);

struct text_line {
	const char *text;
	double x, baseline, size;
	bool bold;
};

/* Advice where there is no font. */
#define TEXT_NO_FONT                                                         \
	"no font was found for the text of a picture; install one (Debian: " \
	"fonts-dejavu-core), or draw a page: .html"

/* Fills the text in the current source, or adds its outline to the path. */
void text_show(
    struct text_fonts *fonts, struct _cairo *cr, const struct text_line *line);
void text_path(
    struct text_fonts *fonts, struct _cairo *cr, const struct text_line *line);

#endif
