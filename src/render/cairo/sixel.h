/* SPDX-License-Identifier: MIT
 *
 * Writes pixels as Sixel graphics (DEC, VT340): six rows at a time, one colour
 * after the other.
 */
#ifndef MPROF_RENDER_CAIRO_SIXEL_H
#define MPROF_RENDER_CAIRO_SIXEL_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct sixel_picture {
	const unsigned char *pixels; /* 32 bits each, 0xRRGGBB */
	size_t stride, width, height;
};

/* Uses 256 of the picture's colours, in percent of red, green and blue; others
 * become the nearest ones. Errors show in ferror(out). */
void sixel_write(const struct sixel_picture *picture, FILE *out)
    __attribute__((nonnull));

#endif
