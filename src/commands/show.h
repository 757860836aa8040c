/* SPDX-License-Identifier: MIT
 *
 * Where a chart goes that no file was named for: a page in the user's browser
 * where there is a display, the terminal where there is none.
 */
#ifndef MPROF_COMMANDS_SHOW_H
#define MPROF_COMMANDS_SHOW_H

#include <stdbool.h>

#include "base/err.h"
#include "chart/scene.h"

/* Whether a browser can be opened: a display, and xdg-open in PATH. */
bool show_has_browser(void);

/* Writes the page below the user's cache folder, prints its path on stdout and
 * opens it without waiting. -1 with e. */
int show_in_browser(const struct scene *scene, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* Prints the chart in the size of the terminal on stdout. */
void show_in_terminal(const struct scene *scene) __attribute__((nonnull));

#endif
