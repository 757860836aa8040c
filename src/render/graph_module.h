/* SPDX-License-Identifier: MIT
 *
 * The layouter with Graphviz's libraries lives in a module, graph.so, that is
 * loaded when a graph is drawn. This is what the program and the module agree
 * upon.
 */
#ifndef MPROF_RENDER_GRAPH_MODULE_H
#define MPROF_RENDER_GRAPH_MODULE_H

#include "base/err.h"
#include "graph/graph.h"

/* Goes up with every change of what stands in this header or graph.h. */
#define GRAPH_MODULE_VERSION 1

struct graph_module {
	int version;
	/* Finds places for boxes and labels, whose sizes are there, and the
	 * arrows' curves; y grows downwards. */
	int (*place)(struct graph *graph, struct err *e);
};

/* The module's one symbol, a const struct graph_module. */
#define GRAPH_MODULE_SYMBOL "mprof_graph_module"

#endif
