/* SPDX-License-Identifier: MIT
 *
 * Pictures in a terminal: Kitty's graphics protocol and DEC's Sixel. A terminal
 * is asked whether it draws them before any is sent.
 */
#ifndef MPROF_CLI_GRAPHICS_H
#define MPROF_CLI_GRAPHICS_H

#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

enum graphics { GRAPHICS_KITTY, GRAPHICS_SIXEL };

/* Asks the terminal on standard output; -1 with e where it is no terminal, or
 * doesn't answer within a second that it draws such pictures. Input typed
 * meanwhile is lost. */
int graphics_check(enum graphics graphics, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* The terminal's window in pixels, or the usual size of that many cells. */
void graphics_size(size_t *width, size_t *height) __attribute__((nonnull));

/* Sends a PNG file by Kitty's protocol. Errors show in ferror(out). */
void graphics_put_png(FILE *out, const char *png, size_t len)
    __attribute__((nonnull));

#endif
