/* SPDX-License-Identifier: MIT
 *
 * A rectangle of character cells to draw in: dots (two by four in a cell in
 * braille, one in ASCII), text over them, and a role for each cell.
 */
#ifndef MPROF_RENDER_GRID_H
#define MPROF_RENDER_GRID_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "scene/role.h"

/* Colours of a terminal. */
enum grid_colours {
	GRID_PLAIN, /* none */
	GRID_FEW,   /* six configurable ones, beside the text colour */
	GRID_MANY   /* the 256 of xterm */
};

struct grid_cell {
	int32_t code; /* a character; 0: dots; -1: second half of a wide one */
	uint8_t dots;
	bool shaded; /* only an area: a label may cover it */
	char sign;   /* character for the dots in ASCII */
	enum role role;
};

struct grid {
	struct grid_cell *cells;
	size_t columns, rows;
	bool unicode;
};

void grid_init(struct grid *grid, size_t columns, size_t rows, bool unicode);
void grid_finish(struct grid *grid);

/* Width and height in dots. */
size_t grid_width(const struct grid *grid);
size_t grid_height(const struct grid *grid);

/* Draws a dot, unless it is outside. sign represents it in ASCII. */
void grid_dot(struct grid *grid, long x, long y, enum role role, char sign);

/* Draws a dot of an area: labels replace it, and it keeps the colour of a
 * line. */
void grid_shade(struct grid *grid, long x, long y, enum role role);

/* A line of dots, both ends included. */
struct grid_line {
	long x0, y0, x1, y1;
	enum role role;
	char sign;
	bool dashed;
};
void grid_line(struct grid *grid, const struct grid_line *line);

/* Draws one character: unicode where the grid has it, else ascii. */
void grid_put(struct grid *grid, long column, long row, int32_t unicode,
    char ascii, enum role role);

/* Writes clean text in at most width columns, cut at a character's end. */
void grid_text(struct grid *grid, size_t column, size_t row, size_t width,
    const char *text, enum role role);

/* Whether the cells contain neither lines nor characters. */
bool grid_is_free(
    const struct grid *grid, size_t column, size_t row, size_t width);

/* Whether the cell has a letter or a digit; false beside the grid. */
bool grid_is_word(const struct grid *grid, size_t column, size_t row);

/* Prints a row without trailing spaces. */
void grid_print_row(
    const struct grid *grid, size_t row, enum grid_colours colours, FILE *out);

/* The escape sequence of a role's colour; not for GRID_PLAIN. */
const char *grid_colour(enum role role, enum grid_colours colours);

#endif
