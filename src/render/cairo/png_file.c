// SPDX-License-Identifier: MIT
#include "render/cairo/png_file.h"

#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Charts are rows that repeat: the row above predicts nearly all of the next,
 * and higher levels take longer to find hardly more. */
enum { COMPRESSION = 1 };

struct writing {
	FILE *out;
	int error; /* errno of the write that failed */
	char reason[80];
};

static void take_error(png_structp png, png_const_charp text)
{
	struct writing *writing = png_get_error_ptr(png);

	snprintf(writing->reason, sizeof(writing->reason), "%s", text);
	png_longjmp(png, 1);
}

static void take_warning(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

static void cairo_png_file_write_bytes(
    png_structp png, png_bytep bytes, size_t len)
{
	struct writing *writing = png_get_io_ptr(png);

	if (fwrite(bytes, 1, len, writing->out) == len)
		return;
	writing->error = errno;
	png_error(png, "write failed");
}

static void flush_bytes(png_structp png)
{
	(void)png;
}

static void cairo_png_file_write_rows(
    png_structp png, const struct png_picture *picture, unsigned char *row)
{
	for (uint32_t y = 0; y < picture->height; y++) {
		const unsigned char *from =
		    picture->pixels + y * picture->stride;
		unsigned char *to = row;

		for (uint32_t x = 0; x < picture->width; x++, to += 3) {
			uint32_t pixel;

			memcpy(&pixel, from + 4 * (size_t)x, sizeof(pixel));
			to[0] = pixel >> 16 & 255;
			to[1] = pixel >> 8 & 255;
			to[2] = pixel & 255;
		}
		png_write_row(png, row);
	}
}

/* Nothing here owns anything that libpng's jump would lose. */
static void cairo_png_file_write_all(png_structp png, png_infop info,
    const struct png_picture *picture, unsigned char *row)
{
	png_set_IHDR(png, info, picture->width, picture->height, 8,
	    PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE,
	    PNG_FILTER_TYPE_BASE);
	png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_UP);
	png_set_compression_level(png, COMPRESSION);
	png_write_info(png, info);
	cairo_png_file_write_rows(png, picture, row);
	png_write_end(png, NULL);
}

int png_file_write(const struct png_picture *picture, FILE *out, struct err *e)
{
	struct writing writing = {.out = out};
	unsigned char *const row = mem_zero(picture->width, 3);
	png_structp png = png_create_write_struct(
	    PNG_LIBPNG_VER_STRING, &writing, take_error, take_warning);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	volatile int got = -1;

	if (!info) {
		snprintf(writing.reason, sizeof(writing.reason),
		    "libpng can't be used");
	} else if (setjmp(png_jmpbuf(png)) == 0) {
		png_set_write_fn(
		    png, &writing, cairo_png_file_write_bytes, flush_bytes);
		cairo_png_file_write_all(png, info, picture, row);
		got = 0;
	}
	png_destroy_write_struct(&png, &info);
	free(row);
	errno = writing.error;
	if (got != 0 && errno != 0)
		return err_errno(e, "the chart can't be written");
	return got == 0
		   ? 0
		   : err_set(e, "the chart can't be drawn: %s", writing.reason);
}
