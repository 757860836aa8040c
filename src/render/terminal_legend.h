/* SPDX-License-Identifier: MIT
 *
 * The lines of a chart in a terminal, named below it; and text in the
 * terminal's own way.
 */
#ifndef MPROF_RENDER_TERMINAL_LEGEND_H
#define MPROF_RENDER_TERMINAL_LEGEND_H

#include "render/terminal_chart.h"

/* The sign of a panel's line in ASCII, by its index. */
char terminal_sign(size_t index);

/* The text in at most width columns. */
void terminal_text(FILE *out, const struct terminal_style *style,
    const char *text, size_t width) __attribute__((nonnull));

/* Ends a colour. */
void terminal_plain(FILE *out, const struct terminal_style *style)
    __attribute__((nonnull));

/* At most so many rows of names with their figures; where they don't hold all,
 * the last entry says how many are left. */
void terminal_legend(const struct scene_panel *panel,
    const struct terminal_style *style, size_t rows, FILE *out)
    __attribute__((nonnull));

#endif
