/* SPDX-License-Identifier: MIT
 *
 * A picture of pixels as a PNG. Cairo's own writer tries every filter on each
 * row, which takes longer than to draw the chart.
 */
#ifndef MPROF_RENDER_CAIRO_PNG_FILE_H
#define MPROF_RENDER_CAIRO_PNG_FILE_H

#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

struct png_picture {
	const unsigned char *pixels; /* rows of 32 bits a pixel, 0x00RRGGBB */
	size_t stride;               /* bytes from row to row */
	uint32_t width, height;
};

/* Writes the picture to out; -1 with e. */
int png_file_write(const struct png_picture *picture, FILE *out, struct err *e);

#endif
