// SPDX-License-Identifier: MIT
#include "render/grid.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

/* Colours that are readable on black, on white and on Solarized's backgrounds.
 * Six of the first sixteen are, those between black and white: Solarized has
 * greys for the bright ones. Each of the 256 used here has a contrast of 3:1 to
 * all four backgrounds. NULL: the terminal's default. */
static const char *const colours_of[][ROLE_COUNT] = {
    [GRID_FEW] =
	{
	    [ROLE_PEAK] = "\033[1m",
	    [ROLE_MARK] = "\033[35m",
	    [ROLE_ALARM] = "\033[1;31m",
	    [ROLE_SERIES] = "\033[33m",
	    [ROLE_SERIES + 1] = "\033[32m",
	    [ROLE_SERIES + 2] = "\033[35m",
	    [ROLE_SERIES + 3] = "\033[36m",
	    [ROLE_SERIES + 4] = "\033[34m",
	    [ROLE_SERIES + 5] = "\033[31m",
	},
    [GRID_MANY] =
	{
	    [ROLE_FRAME] = "\033[38;5;244m",
	    [ROLE_GRID] = "\033[38;5;244m",
	    [ROLE_TEXT_SOFT] = "\033[38;5;244m",
	    [ROLE_GAP] = "\033[38;5;244m",
	    [ROLE_OTHER] = "\033[38;5;244m",
	    [ROLE_TOTAL] = "\033[38;5;33m",
	    [ROLE_PEAK] = "\033[1m",
	    [ROLE_MARK] = "\033[38;5;135m",
	    [ROLE_ALARM] = "\033[1;38;5;196m",
	    [ROLE_SERIES] = "\033[38;5;166m",
	    [ROLE_SERIES + 1] = "\033[38;5;28m",
	    [ROLE_SERIES + 2] = "\033[38;5;135m",
	    [ROLE_SERIES + 3] = "\033[38;5;31m",
	    [ROLE_SERIES + 4] = "\033[38;5;163m",
	    [ROLE_SERIES + 5] = "\033[38;5;136m",
	},
};

const char *grid_colour(enum role role, enum grid_colours colours)
{
	const char *found = colours_of[colours][role];

	return found ? found : "\033[0m";
}

void grid_init(struct grid *grid, size_t columns, size_t rows, bool unicode)
{
	*grid = (struct grid){.columns = columns,
	    .rows = rows,
	    .unicode = unicode,
	    .cells = mem_zero(columns * rows + 1, sizeof(struct grid_cell))};
}

void grid_finish(struct grid *grid)
{
	free(grid->cells);
	*grid = (struct grid){0};
}

size_t grid_width(const struct grid *grid)
{
	return grid->columns * (grid->unicode ? 2 : 1);
}

size_t grid_height(const struct grid *grid)
{
	return grid->rows * (grid->unicode ? 4 : 1);
}

static struct grid_cell *grid_cell_at(
    const struct grid *grid, size_t column, size_t row)
{
	return &grid->cells[row * grid->columns + column];
}

/* Half of a wide character would shift everything after it. */
static void grid_set_cell(
    struct grid *grid, size_t column, size_t row, const struct grid_cell *new)
{
	struct grid_cell *cell = grid_cell_at(grid, column, row);

	if (cell->code < 0 && column > 0)
		cell[-1].code = ' ';
	if (new->code >= 0 && column + 1 < grid->columns && cell[1].code < 0)
		cell[1].code = ' ';
	*cell = *new;
}

void grid_dot(struct grid *grid, long x, long y, enum role role, char sign)
{
	static const uint8_t bits[4][2] = {
	    {0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
	struct grid_cell *cell;

	if (x < 0 || y < 0 || x >= (long)grid_width(grid) ||
	    y >= (long)grid_height(grid))
		return;
	if (grid->unicode) {
		cell = grid_cell_at(grid, (size_t)x / 2, (size_t)y / 4);
		cell->dots |= bits[y % 4][x % 2];
	} else {
		cell = grid_cell_at(grid, (size_t)x, (size_t)y);
		cell->dots = 1;
		cell->sign = sign;
	}
	cell->role = role;
	cell->shaded = false;
}

void grid_shade(struct grid *grid, long x, long y, enum role role)
{
	size_t column = grid->unicode ? (size_t)x / 2 : (size_t)x;
	size_t row = grid->unicode ? (size_t)y / 4 : (size_t)y;
	struct grid_cell *cell, before;

	if (x < 0 || y < 0 || x >= (long)grid_width(grid) ||
	    y >= (long)grid_height(grid))
		return;
	cell = grid_cell_at(grid, column, row);
	before = *cell;
	grid_dot(grid, x, y, role, '.');
	if (before.dots && !before.shaded) {
		cell->role = before.role;
		cell->sign = before.sign;
	} else {
		cell->shaded = true;
	}
}

/* Dots of a dashed line that are drawn, and that are not. */
enum { DASH = 5, DASH_GAP = 3 };

/* Bresenham's algorithm. */
void grid_line(struct grid *grid, const struct grid_line *line)
{
	long dx = labs(line->x1 - line->x0), dy = -labs(line->y1 - line->y0);
	long step_x = line->x0 < line->x1 ? 1 : -1;
	long step_y = line->y0 < line->y1 ? 1 : -1;
	long x = line->x0, y = line->y0, error = dx + dy;

	for (;;) {
		long twice = 2 * error;

		if (!line->dashed || x % (DASH + DASH_GAP) < DASH)
			grid_dot(grid, x, y, line->role, line->sign);
		if (x == line->x1 && y == line->y1)
			break;
		if (twice >= dy) {
			error += dy;
			x += step_x;
		}
		if (twice <= dx) {
			error += dx;
			y += step_y;
		}
	}
}

void grid_put(struct grid *grid, long column, long row, int32_t unicode,
    char ascii, enum role role)
{
	struct grid_cell cell = {
	    .code = grid->unicode ? unicode : ascii, .role = role};

	if (column >= 0 && row >= 0 && column < (long)grid->columns &&
	    row < (long)grid->rows)
		grid_set_cell(grid, (size_t)column, (size_t)row, &cell);
}

/* Combining marks are left out, as a cell holds one code point. */
void grid_text(struct grid *grid, size_t column, size_t row, size_t width,
    const char *text, enum role role)
{
	size_t end = column + width;

	if (row >= grid->rows)
		return;
	if (end > grid->columns)
		end = grid->columns;
	while (*text) {
		int32_t code = utf8_next(&text);
		size_t wide = (size_t)utf8_code_width(code);

		struct grid_cell cell = {.code = code, .role = role};

		if (wide == 0)
			continue;
		if (column + wide > end)
			break;
		if (!grid->unicode)
			cell.code = utf8_ascii(code);
		grid_set_cell(grid, column, row, &cell);
		if (wide == 2) {
			cell.code = grid->unicode ? -1 : '?';
			*grid_cell_at(grid, column + 1, row) = cell;
		}
		column += wide;
	}
}

bool grid_is_free(
    const struct grid *grid, size_t column, size_t row, size_t width)
{
	if (row >= grid->rows || column + width > grid->columns)
		return false;
	for (size_t i = 0; i < width; i++) {
		const struct grid_cell *cell =
		    grid_cell_at(grid, column + i, row);

		if (cell->code != 0 || (cell->dots != 0 && !cell->shaded))
			return false;
	}
	return true;
}

bool grid_is_word(const struct grid *grid, size_t column, size_t row)
{
	int32_t code;

	if (row >= grid->rows || column >= grid->columns)
		return false;
	code = grid_cell_at(grid, column, row)->code;
	return (code >= '0' && code <= '9') || (code >= 'A' && code <= 'Z') ||
	       (code >= 'a' && code <= 'z') || (code >= 0xa0 && code < 0x2000);
}

static void grid_put_cell(
    const struct grid *grid, const struct grid_cell *cell, FILE *out)
{
	int32_t code = cell->code;
	char bytes[4] = "";
	size_t len;

	if (code < 0)
		return;
	if (code == 0 && !grid->unicode)
		code = cell->dots ? cell->sign : ' ';
	else if (code == 0)
		code = cell->dots ? 0x2800 + cell->dots : ' ';
	len = utf8_put(bytes, (uint32_t)code);
	fwrite(bytes, 1, len, out);
}

void grid_print_row(
    const struct grid *grid, size_t row, enum grid_colours colours, FILE *out)
{
	const struct grid_cell *cells = grid_cell_at(grid, 0, row);
	const char *now = "";
	size_t end = grid->columns;

	while (end > 0 && (cells[end - 1].code == ' ' ||
			      (!cells[end - 1].code && !cells[end - 1].dots)))
		end--;
	for (size_t i = 0; i < end; i++) {
		bool blank = cells[i].code == 0 && cells[i].dots == 0;
		const char *want = grid_colour(cells[i].role, colours);

		if (colours != GRID_PLAIN && !blank && strcmp(want, now) != 0) {
			fprintf(out, "\033[0m%s", want);
			now = want;
		}
		grid_put_cell(grid, &cells[i], out);
	}
	if (*now)
		fputs("\033[0m", out);
}
