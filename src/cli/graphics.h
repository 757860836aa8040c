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

/* Asks the terminal on standard output; -1 with e where that is none, or it
 * does not answer in a second that it draws them. What was typed meanwhile is
 * lost. */
int graphics_check(enum graphics graphics, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* The pixels of the terminal's window, or of as many common cells. */
void graphics_size(size_t *width, size_t *height) __attribute__((nonnull));

/* Sends a PNG file by Kitty's protocol. Trouble shows in ferror(out). */
void graphics_put_png(FILE *out, const char *png, size_t len)
    __attribute__((nonnull));

#endif
