// SPDX-License-Identifier: MIT
#include <dlfcn.h>
#include <glob.h>
#include <gvc.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "graph/graph.h"
#include "render/module.h"

#define INCH 72.0

/* A graph and its Graphviz objects. Names are not passed to it: boxes have
 * sizes, labels are empty tables of a given size. */
struct graphviz_layout {
	struct graph *graph;
	Agraph_t *made;
	Agnode_t **nodes;
	Agedge_t **edges;
};

static void graphviz_place_set_number(void *object, char *name, double value)
{
	char *text = mem_format("%.4f", value);

	agset(object, name, text);
	free(text);
}

static void graphviz_place_label(struct graphviz_layout *layout, size_t i)
{
	const struct draw_box *place =
	    &layout->graph->arrows.items[i].label_place;
	char *table =
	    mem_format("<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLPADDING=\"0\" "
		       "CELLSPACING=\"0\" FIXEDSIZE=\"TRUE\" WIDTH=\"%.0f\" "
		       "HEIGHT=\"%.0f\"><TR><TD></TD></TR></TABLE>",
		place->w + 4, place->h + 4);

	/* The graph keeps the string and frees it: agstrfree() takes other
	 * arguments since Graphviz 14. */
	agset(layout->edges[i], "label", agstrdup_html(layout->made, table));
	free(table);
}

static void graphviz_place_make(struct graphviz_layout *layout)
{
	static char *const settings[][2] = {
	    {"rankdir", "LR"}, {"nodesep", "0.22"}, {"ranksep", "0.35"}};
	static char *const node_settings[][2] = {{"shape", "box"},
	    {"fixedsize", "true"}, {"label", ""}, {"width", "1"},
	    {"height", "1"}};

	layout->made = agopen((char *)"refs", Agdirected, NULL);
	for (size_t i = 0; i < 3; i++)
		agattr(layout->made, AGRAPH, settings[i][0], settings[i][1]);
	for (size_t i = 0; i < 5; i++)
		agattr(layout->made, AGNODE, node_settings[i][0],
		    node_settings[i][1]);
	agattr(layout->made, AGEDGE, (char *)"label", (char *)"");
	for (size_t i = 0; i < layout->graph->boxes.len; i++) {
		const struct draw_box *place =
		    &layout->graph->boxes.items[i].place;

		layout->nodes[i] = agnode(layout->made, NULL, 1);
		graphviz_place_set_number(
		    layout->nodes[i], "width", place->w / INCH);
		graphviz_place_set_number(
		    layout->nodes[i], "height", place->h / INCH);
	}
	for (size_t i = 0; i < layout->graph->arrows.len; i++) {
		const struct graph_arrow *arrow =
		    &layout->graph->arrows.items[i];

		layout->edges[i] =
		    agedge(layout->made, layout->nodes[arrow->from],
			layout->nodes[arrow->to], NULL, 1);
		if (arrow->label && *arrow->label)
			graphviz_place_label(layout, i);
	}
}

/* Graphviz's y grows upwards. */
static struct draw_point graphviz_place_point(
    const struct graphviz_layout *layout, pointf at)
{
	return (struct draw_point){
	    .x = at.x, .y = layout->graph->height - at.y};
}

static void graphviz_place_read_curve(struct graphviz_layout *layout,
    struct graph_arrow *arrow, const splines *found)
{
	const bezier *curve;

	if (!found || found->size < 1)
		return;
	curve = &found->list[0];
	arrow->first = layout->graph->points.len;
	arrow->len = curve->size;
	for (size_t i = 0; i < arrow->len; i++)
		*array_push(&layout->graph->points) =
		    graphviz_place_point(layout, curve->list[i]);
	arrow->tip = graphviz_place_point(
	    layout, curve->eflag ? curve->ep : curve->list[arrow->len - 1]);
}

static void graphviz_place_read(struct graphviz_layout *layout)
{
	struct graph *graph = layout->graph;

	graph->width = GD_bb(layout->made).UR.x;
	graph->height = GD_bb(layout->made).UR.y;
	for (size_t i = 0; i < graph->boxes.len; i++) {
		struct draw_box *place = &graph->boxes.items[i].place;
		struct draw_point at =
		    graphviz_place_point(layout, ND_coord(layout->nodes[i]));

		place->x = at.x - place->w / 2;
		place->y = at.y - place->h / 2;
	}
	for (size_t i = 0; i < graph->arrows.len; i++) {
		struct graph_arrow *arrow = &graph->arrows.items[i];
		const textlabel_t *label = ED_label(layout->edges[i]);

		graphviz_place_read_curve(
		    layout, arrow, ED_spl(layout->edges[i]));
		if (label && label->set) {
			struct draw_point at =
			    graphviz_place_point(layout, label->pos);

			arrow->label_place.x = at.x - arrow->label_place.w / 2;
			arrow->label_place.y =
			    at.y - 2 - arrow->label_place.h / 2;
		}
	}
}

/* Drops Graphviz's messages on stderr: they are about generated text, not about
 * the user's graph. */
static int graphviz_place_ignore(char *text)
{
	(void)text;
	return 0;
}

/* Adds the plugin "dot" from the directory graphviz beside the library. The
 * library finds its plugins by a list, which on Debian, from Graphviz 14 on,
 * only the package graphviz writes. The library may have cut its own name in
 * memory down to its directory. */
static bool graphviz_place_add_plugin(GVC_t *context)
{
	gvplugin_library_t *plugin = NULL;
	void *handle = NULL;
	const char *name;
	char *pattern;
	Dl_info library;
	glob_t found;

	if (dladdr((void *)(uintptr_t)gvContext, &library) == 0 ||
	    !library.dli_fname)
		return false;
	name = strstr(library.dli_fname, "/libgvc.");
	pattern = mem_format("%.*s/graphviz/libgvplugin_dot_layout.so.*",
	    (int)(name ? (size_t)(name - library.dli_fname)
		       : strlen(library.dli_fname)),
	    library.dli_fname);
	if (glob(pattern, 0, NULL, &found) == 0) {
		handle = dlopen(found.gl_pathv[0], RTLD_NOW);
		globfree(&found);
	}
	free(pattern);
	if (handle)
		plugin = dlsym(handle, "gvplugin_dot_layout_LTX_library");
	if (plugin)
		gvAddLibrary(context, plugin);
	return plugin != NULL;
}

static int graphviz_place_all(struct graph *graph, struct err *e)
{
	struct graphviz_layout layout = {.graph = graph};
	GVC_t *context;
	int got;

	agseterrf(graphviz_place_ignore);
	context = gvContext();
	layout.nodes = mem_zero(graph->boxes.len + 1, sizeof(Agnode_t *));
	layout.edges = mem_zero(graph->arrows.len + 1, sizeof(Agedge_t *));
	graphviz_place_make(&layout);
	got = gvLayout(context, layout.made, "dot");
	if (got != 0 && graphviz_place_add_plugin(context))
		got = gvLayout(context, layout.made, "dot");
	if (got == 0) {
		graphviz_place_read(&layout);
		gvFreeLayout(context, layout.made);
	} else {
		err_set(e, "Graphviz can't lay the graph out; write it as .dot "
			   "instead, or reinstall Graphviz");
	}
	agclose(layout.made);
	gvFreeContext(context);
	free(layout.nodes);
	free(layout.edges);
	return got == 0 ? 0 : -1;
}

extern const struct graph_module mprof_graph_module;

__attribute__((visibility("default")))
const struct graph_module mprof_graph_module = {
    .version = GRAPH_MODULE_VERSION,
    .place = graphviz_place_all,
};
