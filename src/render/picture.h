/* SPDX-License-Identifier: MIT
 *
 * Charts and graphs as pictures: laid out here or by Graphviz's library,
 * painted by the module.
 */
#ifndef MPROF_RENDER_PICTURE_H
#define MPROF_RENDER_PICTURE_H

#include <stdbool.h>

#include "render/formats.h"

/* More boxes of a graph are no picture any more, and take long to lay out. */
#define GRAPH_BOXES_MAX 400

/* Draws the request's chart or graph as its format's picture. */
int render_picture(const struct render_request *request, FILE *out,
    struct err *e) __attribute__((nonnull, warn_unused_result));

/* Whether what lays graphs out and what draws them are there; else e says
 * what is missing. */
bool picture_can_draw_graphs(struct err *e) __attribute__((nonnull));

#endif
