/* SPDX-License-Identifier: MIT
 *
 * A rectangle of character cells to draw in: dots (two by four a cell in
 * braille, one in ASCII), texts over them, a role for each cell.
 */
#ifndef MPROF_RENDER_GRID_H
#define MPROF_RENDER_GRID_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "scene/role.h"

/* The colours that a terminal has. */
enum grid_colours {
	GRID_PLAIN, /* none */
	GRID_FEW,   /* six that its owner chose, beside that of its text */
	GRID_MANY   /* the 256 of xterm */
};

struct grid_cell {
	int32_t code; /* a character; 0: dots; -1: the wide one before it */
	uint8_t dots;
	bool shaded; /* an area alone: a label may cover it */
	char sign;   /* of the dots in ASCII */
	enum role role;
};

struct grid {
	struct grid_cell *cells;
	size_t columns, rows;
	bool unicode;
};

void grid_init(struct grid *grid, size_t columns, size_t rows, bool unicode);
void grid_finish(struct grid *grid);

/* Dots across and down. */
size_t grid_width(const struct grid *grid);
size_t grid_height(const struct grid *grid);

/* A dot; what is outside is left out. sign stands for it in ASCII. */
void grid_dot(struct grid *grid, long x, long y, enum role role, char sign);

/* A dot of an area, which gives way to labels and takes no colour from a line
 * that is drawn there. */
void grid_shade(struct grid *grid, long x, long y, enum role role);

/* Dots from one place to the other, both included. */
struct grid_line {
	long x0, y0, x1, y1;
	enum role role;
	char sign;
	bool dashed;
};
void grid_line(struct grid *grid, const struct grid_line *line);

/* One character; unicode where the grid has it, else ascii. */
void grid_put(struct grid *grid, long column, long row, int32_t unicode,
    char ascii, enum role role);

/* Clean text over at most width columns, cut at a character's end. */
void grid_text(struct grid *grid, size_t column, size_t row, size_t width,
    const char *text, enum role role);

/* Whether the cells hold neither lines nor characters. */
bool grid_is_free(
    const struct grid *grid, size_t column, size_t row, size_t width);

/* Prints a row without the spaces at its end. */
void grid_print_row(
    const struct grid *grid, size_t row, enum grid_colours colours, FILE *out);

/* The escape sequence that begins a role's colour, not for GRID_PLAIN. */
const char *grid_colour(enum role role, enum grid_colours colours);

#endif
