/* SPDX-License-Identifier: MIT
 *
 * Prints a scene as text: lines of braille dots, or of ASCII characters, with
 * axes, marks, panels of other figures, lanes of calls, a legend and the main
 * facts. Nothing is wider than the given columns, whatever characters names
 * contain.
 */
#ifndef MPROF_RENDER_TERMINAL_CHART_H
#define MPROF_RENDER_TERMINAL_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cli/terminal.h"
#include "render/grid.h"
#include "scene/scene.h"

struct terminal_style {
	/* At most; with fewer than six rows only facts are printed. */
	size_t columns, rows;
	bool unicode;
	enum grid_colours colours;
};

/* The style for a terminal, using all its rows. */
struct terminal_style terminal_style_of(const struct terminal *terminal)
    __attribute__((nonnull));

void terminal_chart(
    const struct scene *scene, const struct terminal_style *style, FILE *out);

#endif
