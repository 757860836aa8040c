/* SPDX-License-Identifier: MIT
 *
 * Graphs as pictures: laid out by Graphviz's library, in a module of its own,
 * and painted as charts are.
 */
#ifndef MPROF_RENDER_GRAPH_H
#define MPROF_RENDER_GRAPH_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "graph/graph.h"
#include "render/module.h"

/* More are no picture any more, and take long to lay out. */
#define GRAPH_BOXES_MAX 400

/* Whether what lays graphs out and what draws them are there; else e says
 * what is missing. */
bool graph_can_render(struct err *e) __attribute__((nonnull));

/* Lays the graph out and writes it to out; its texts may come out shorter. */
int graph_render(struct graph *graph, enum picture picture,
    enum palette_theme theme, FILE *out, struct err *e)
    __attribute__((nonnull, warn_unused_result));

#endif
