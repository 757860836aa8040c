/* SPDX-License-Identifier: MIT
 *
 * A scene becomes text: lines of braille dots, or of ASCII signs, with axes,
 * marks, lanes of calls, a legend and the main facts. Nothing is wider than
 * the columns that are given, whatever characters the names hold.
 */
#ifndef MPROF_RENDER_TERMINAL_CHART_H
#define MPROF_RENDER_TERMINAL_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "scene/scene.h"

struct terminal_style {
	size_t columns, rows; /* at most; it may take less, and at least 8 */
	bool unicode;
	bool colour;
};

void terminal_chart(
    const struct scene *scene, const struct terminal_style *style, FILE *out);

#endif
