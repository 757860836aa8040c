/* SPDX-License-Identifier: MIT
 *
 * A page in the user's browser, where there is a display.
 */
#ifndef MPROF_CLI_BROWSER_H
#define MPROF_CLI_BROWSER_H

#include <stdbool.h>

#include "base/err.h"

/* Whether a browser can be opened: there is a display, and xdg-open in PATH. */
bool browser_is_there(void);

/* The page's path in the user's cache directory, which is created. NULL with e;
 * the caller frees. */
char *browser_page(struct err *e) __attribute__((nonnull, warn_unused_result));

/* Opens the page without waiting for the browser to end. -1 with e where it
 * fails to start within half a second. */
int browser_open(const char *path, struct err *e)
    __attribute__((nonnull, warn_unused_result));

#endif
