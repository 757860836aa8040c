/* SPDX-License-Identifier: MIT
 *
 * Writing a chart or a graph to a file, for all commands that draw.
 */
#ifndef MPROF_COMMANDS_COMMAND_PICTURE_H
#define MPROF_COMMANDS_COMMAND_PICTURE_H

#include "render/formats.h"

/* Writes the picture to path ("-" is standard output, which must not be a
 * terminal for a binary format); the file appears only when it is complete. -1
 * with e. Prints a warning where the picture may not look as it should. */
int command_picture_write(
    const struct render_request *request, const char *path, struct err *e)
    __attribute__((nonnull, warn_unused_result));

#endif
