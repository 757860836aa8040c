// SPDX-License-Identifier: MIT
#include "graph/graph.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/utf8.h"

void graph_finish(struct graph *graph)
{
	for (size_t i = 0; i < graph->notes.len; i++)
		free(graph->notes.items[i]);
	for (size_t i = 0; i < graph->legend.len; i++)
		free(graph->legend.items[i].text);
	for (size_t i = 0; i < graph->boxes.len; i++) {
		free(graph->boxes.items[i].title);
		free(graph->boxes.items[i].detail);
	}
	for (size_t i = 0; i < graph->arrows.len; i++)
		free(graph->arrows.items[i].label);
	array_free(&graph->legend);
	array_free(&graph->notes);
	array_free(&graph->boxes);
	array_free(&graph->arrows);
	array_free(&graph->points);
	free(graph->title);
	graph->title = NULL;
}

size_t graph_add_box(
    struct graph *graph, const char *title, const char *detail, enum role role)
{
	*array_push(&graph->boxes) = (struct graph_box){
	    .title = utf8_clean_copy(title),
	    .detail = detail ? utf8_clean_copy(detail) : NULL,
	    .role = role,
	};
	return graph->boxes.len - 1;
}

void graph_add_key(struct graph *graph, enum role role, const char *text)
{
	*array_push(&graph->legend) =
	    (struct graph_key){.role = role, .text = utf8_clean_copy(text)};
}

void graph_add_arrow(
    struct graph *graph, size_t from, size_t to, const char *label)
{
	*array_push(&graph->arrows) = (struct graph_arrow){
	    .from = from,
	    .to = to,
	    .label = label ? utf8_clean_copy(label) : NULL,
	};
}

/* Names may contain quotes, and backslashes, which begin escapes. */
static void graph_write_quoted(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void graph_write_box(const struct graph_box *box, size_t i, FILE *out)
{
	fprintf(out, "\tn%zu [label=\"", i);
	graph_write_quoted(box->title, out);
	if (box->detail) {
		fputs("\\n", out);
		graph_write_quoted(box->detail, out);
	}
	fputs("\"];\n", out);
}

void graph_write_dot(const struct graph *graph, FILE *out)
{
	fputs("digraph refs {\n\tcharset=\"utf-8\";\n\trankdir=LR;\n\tlabel=\"",
	    out);
	graph_write_quoted(graph->title ? graph->title : "", out);
	fputs("\";\n\tlabelloc=t;\n\tnode [shape=box fontname=sans-serif];\n"
	      "\tedge [fontname=sans-serif fontsize=11];\n",
	    out);
	for (size_t i = 0; i < graph->boxes.len; i++)
		graph_write_box(&graph->boxes.items[i], i, out);
	for (size_t i = 0; i < graph->arrows.len; i++) {
		const struct graph_arrow *arrow = &graph->arrows.items[i];

		fprintf(out, "\tn%zu -> n%zu", arrow->from, arrow->to);
		if (arrow->label) {
			fputs(" [label=\"", out);
			graph_write_quoted(arrow->label, out);
			fputs("\"]", out);
		}
		fputs(";\n", out);
	}
	fputs("}\n", out);
}
