// SPDX-License-Identifier: MIT
#include "render/cairo/sixel.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { COLOURS = 256, FREQUENT = 192, BAND = 6 };

/* A colour of the picture, its number of pixels, and its colour in the
 * palette. */
struct sixel_shade {
	uint32_t rgb;
	size_t count;
	long distance; /* distance to nearest */
	unsigned char nearest;
};

struct sixel_palette {
	uint32_t rgb[COLOURS];
	size_t len;
	unsigned char *pixels; /* colour of each pixel */
};

static uint32_t sixel_pixel(
    const struct sixel_picture *picture, size_t x, size_t y)
{
	uint32_t rgb;

	memcpy(
	    &rgb, picture->pixels + y * picture->stride + 4 * x, sizeof(rgb));
	return rgb & 0xffffff;
}

static int sixel_compare_rgb(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int sixel_compare_shades(const void *a, const void *b)
{
	const struct sixel_shade *x = a, *y = b;

	return (x->rgb > y->rgb) - (x->rgb < y->rgb);
}

static int sixel_compare_counts(const void *a, const void *b)
{
	const struct sixel_shade *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return sixel_compare_shades(a, b);
}

/* All colours of the picture; the caller frees. */
static struct sixel_shade *sixel_shades(
    const struct sixel_picture *picture, size_t *len)
{
	size_t pixels = picture->width * picture->height, shades = 0;
	uint32_t *all = mem_zero(pixels + 1, sizeof(*all));
	struct sixel_shade *found;

	for (size_t i = 0; i < pixels; i++)
		all[i] = sixel_pixel(
		    picture, i % picture->width, i / picture->width);
	qsort(all, pixels, sizeof(*all), sixel_compare_rgb);
	for (size_t i = 0; i < pixels; i++)
		shades += i == 0 || all[i] != all[i - 1];
	found = mem_zero(shades + 1, sizeof(*found));
	*len = 0;
	for (size_t i = 0; i < pixels; i++) {
		if (i == 0 || all[i] != all[i - 1])
			found[(*len)++].rgb = all[i];
		found[*len - 1].count++;
	}
	free(all);
	return found;
}

/* A rough measure of the visible difference. */
static long sixel_distance(uint32_t a, uint32_t b)
{
	long red = (long)(a >> 16) - (long)(b >> 16);
	long green = (long)(a >> 8 & 255) - (long)(b >> 8 & 255);
	long blue = (long)(a & 255) - (long)(b & 255);

	return 2 * red * red + 4 * green * green + 3 * blue * blue;
}

static void sixel_palette_add(struct sixel_palette *palette,
    struct sixel_shade *shades, size_t len, uint32_t rgb)
{
	for (size_t i = 0; i < len; i++) {
		long distance = sixel_distance(shades[i].rgb, rgb);

		if (palette->len > 0 && distance >= shades[i].distance)
			continue;
		shades[i].distance = distance;
		shades[i].nearest = (unsigned char)palette->len;
	}
	palette->rgb[palette->len++] = rgb;
}

/* The most frequent colours, then those unlike any of these: others become the
 * nearest ones. */
static void sixel_palette_choose(
    struct sixel_palette *palette, struct sixel_shade *shades, size_t len)
{
	qsort(shades, len, sizeof(*shades), sixel_compare_counts);
	for (size_t i = 0; i < len && i < FREQUENT; i++)
		sixel_palette_add(palette, shades, len, shades[i].rgb);
	while (palette->len < COLOURS && palette->len < len) {
		size_t odd = 0;

		for (size_t i = 1; i < len; i++) {
			if (shades[i].distance > shades[odd].distance)
				odd = i;
		}
		sixel_palette_add(palette, shades, len, shades[odd].rgb);
	}
	qsort(shades, len, sizeof(*shades), sixel_compare_shades);
}

static void sixel_palette_init(
    struct sixel_palette *palette, const struct sixel_picture *picture)
{
	size_t pixels = picture->width * picture->height, len;
	struct sixel_shade *shades = sixel_shades(picture, &len);

	*palette = (struct sixel_palette){.pixels = mem_zero(pixels + 1, 1)};
	sixel_palette_choose(palette, shades, len);
	for (size_t i = 0; i < pixels; i++) {
		struct sixel_shade wanted = {
		    .rgb = sixel_pixel(
			picture, i % picture->width, i / picture->width)};
		const struct sixel_shade *found = bsearch(&wanted, shades, len,
		    sizeof(*shades), sixel_compare_shades);

		palette->pixels[i] = found ? found->nearest : 0;
	}
	free(shades);
}

/* Levels are in percent. */
static void sixel_put_palette(const struct sixel_palette *palette, FILE *out)
{
	for (size_t i = 0; i < palette->len; i++) {
		uint32_t rgb = palette->rgb[i];

		fprintf(out, "#%zu;2;%u;%u;%u", i,
		    ((rgb >> 16) * 100 + 127) / 255,
		    ((rgb >> 8 & 255) * 100 + 127) / 255,
		    ((rgb & 255) * 100 + 127) / 255);
	}
}

static void sixel_put_run(FILE *out, char sign, size_t count)
{
	if (count > 3)
		fprintf(out, "!%zu%c", count, sign);
	else
		for (size_t i = 0; i < count; i++)
			putc(sign, out);
}

/* One colour of a band: a character for each column, whose bits are the
 * rows. */
static void sixel_put_colour(const struct sixel_picture *picture,
    const unsigned char *band, size_t rows, unsigned colour, FILE *out)
{
	size_t count = 0;
	char run = 0;

	fprintf(out, "#%u", colour);
	for (size_t x = 0; x < picture->width; x++) {
		unsigned bits = 0;
		char sign;

		for (size_t i = 0; i < rows; i++) {
			if (band[i * picture->width + x] == colour)
				bits |= 1u << i;
		}
		sign = (char)('?' + bits);
		if (sign != run)
			sixel_put_run(out, run, count);
		count = sign == run ? count + 1 : 1;
		run = sign;
	}
	if (run != '?')
		sixel_put_run(out, run, count);
	putc('$', out);
}

void sixel_write(const struct sixel_picture *picture, FILE *out)
{
	struct sixel_palette palette;

	sixel_palette_init(&palette, picture);
	fprintf(out, "\033Pq\"1;1;%zu;%zu", picture->width, picture->height);
	sixel_put_palette(&palette, out);
	for (size_t top = 0; top < picture->height; top += BAND) {
		const unsigned char *band =
		    palette.pixels + top * picture->width;
		size_t left = picture->height - top;
		size_t rows = left < BAND ? left : BAND;
		bool used[COLOURS] = {false};

		for (size_t i = 0; i < rows * picture->width; i++)
			used[band[i]] = true;
		for (unsigned i = 0; i < COLOURS; i++) {
			if (used[i])
				sixel_put_colour(picture, band, rows, i, out);
		}
		putc('-', out);
	}
	fputs("\033\\\n", out);
	free(palette.pixels);
}
