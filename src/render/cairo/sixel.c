// SPDX-License-Identifier: MIT
#include "render/cairo/sixel.h"

#include <stdbool.h>
#include <string.h>

enum { STEPS = 6, COLOURS = STEPS * STEPS * STEPS, BAND = 6 };

static unsigned sixel_step(uint32_t channel)
{
	return (channel * (STEPS - 1) + 127) / 255;
}

static unsigned sixel_colour(
    const struct sixel_picture *picture, size_t x, size_t y)
{
	uint32_t rgb;

	memcpy(
	    &rgb, picture->pixels + y * picture->stride + 4 * x, sizeof(rgb));
	return (sixel_step(rgb >> 16 & 255) * STEPS +
		   sixel_step(rgb >> 8 & 255)) *
		   STEPS +
	       sixel_step(rgb & 255);
}

/* Levels are percents. */
static void sixel_put_palette(FILE *out)
{
	for (unsigned i = 0; i < COLOURS; i++)
		fprintf(out, "#%u;2;%u;%u;%u", i, i / STEPS / STEPS * 20,
		    i / STEPS % STEPS * 20, i % STEPS * 20);
}

static void sixel_put_run(FILE *out, char sign, size_t count)
{
	if (count > 3)
		fprintf(out, "!%zu%c", count, sign);
	else
		for (size_t i = 0; i < count; i++)
			putc(sign, out);
}

/* One colour of a band: a sign a column, whose bits are the rows of it. */
static void sixel_put_colour(
    const struct sixel_picture *picture, size_t top, unsigned colour, FILE *out)
{
	size_t count = 0;
	char run = 0;

	fprintf(out, "#%u", colour);
	for (size_t x = 0; x < picture->width; x++) {
		unsigned bits = 0;
		char sign;

		for (size_t i = 0; i < BAND && top + i < picture->height; i++) {
			if (sixel_colour(picture, x, top + i) == colour)
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
	fprintf(out, "\033Pq\"1;1;%zu;%zu", picture->width, picture->height);
	sixel_put_palette(out);
	for (size_t top = 0; top < picture->height; top += BAND) {
		bool used[COLOURS] = {false};

		for (size_t y = top; y < top + BAND && y < picture->height; y++)
			for (size_t x = 0; x < picture->width; x++)
				used[sixel_colour(picture, x, y)] = true;
		for (unsigned i = 0; i < COLOURS; i++) {
			if (used[i])
				sixel_put_colour(picture, top, i, out);
		}
		putc('-', out);
	}
	fputs("\033\\\n", out);
}
