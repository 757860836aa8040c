// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "graph/graph.h"

/* A font whose letters are all half as wide as they are high. */
static double width(void *fonts, const char *text, double size, bool bold)
{
	(void)fonts;
	(void)bold;
	return 0.5 * size * (double)strlen(text);
}

static const struct text_measure measure = {width, NULL};

static void assert_written(const struct graph *graph, const char *expected)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	graph_write_dot(graph, out);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static void dot_has_every_box_and_arrow(void **state)
{
	struct graph graph = {.title = mem_copy("T")};
	size_t a = graph_add_box(&graph, "module", "a.b", ROLE_TOTAL);
	size_t b = graph_add_box(&graph, "list", NULL, ROLE_OTHER);

	(void)state;
	graph_add_arrow(&graph, a, b, "kept");
	graph_add_arrow(&graph, b, b, NULL);
	assert_written(&graph, "digraph refs {\n"
			       "\tcharset=\"utf-8\";\n"
			       "\trankdir=LR;\n"
			       "\tlabel=\"T\";\n"
			       "\tlabelloc=t;\n"
			       "\tnode [shape=box fontname=sans-serif];\n"
			       "\tedge [fontname=sans-serif fontsize=11];\n"
			       "\tn0 [label=\"module\\na.b\"];\n"
			       "\tn1 [label=\"list\"];\n"
			       "\tn0 -> n1 [label=\"kept\"];\n"
			       "\tn1 -> n1;\n"
			       "}\n");
	graph_finish(&graph);
}

/* Neither ends a string, nor becomes an escape of the language's. */
static void dot_quotes_names(void **state)
{
	struct graph graph = {0};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	graph_add_box(&graph, "\"];evil \\N\x1b\xff", NULL, ROLE_OTHER);
	graph_write_dot(&graph, out);
	fclose(out);
	assert_non_null(
	    strstr(text, "[label=\"\\\"];evil \\\\N\\\\x1b\\\\xff\"];\n"));
	free(text);
	graph_finish(&graph);
}

static void sizes_follow_the_texts(void **state)
{
	struct graph graph = {0};
	char name[5001];

	(void)state;
	memset(name, 'x', 5000);
	name[5000] = 0;
	graph_add_box(&graph, "list", NULL, ROLE_OTHER);
	graph_add_box(&graph, "list", "longer than it", ROLE_OTHER);
	graph_add_box(&graph, name, name, ROLE_OTHER);
	graph_add_arrow(&graph, 0, 1, name);
	graph_measure(&graph, &measure);
	assert_true(
	    graph.boxes.items[0].place.w < graph.boxes.items[1].place.w);
	assert_true(
	    graph.boxes.items[0].place.h < graph.boxes.items[1].place.h);
	assert_true(graph.boxes.items[2].place.w <= 300);
	assert_true(strlen(graph.boxes.items[2].title) < 60);
	assert_true(graph.arrows.items[0].label_place.w <= 180);
	assert_true(graph.arrows.items[0].label_place.w > 100);
	graph_finish(&graph);
}

/* A layout by hand: two boxes and a straight curve. */
static void lay_out(struct graph *graph)
{
	struct graph_arrow *arrow = &graph->arrows.items[0];

	graph->boxes.items[1].place.x = 200;
	graph->width = 300;
	graph->height = 40;
	arrow->first = graph->points.len;
	arrow->len = 4;
	for (int i = 0; i < 4; i++)
		*array_push(&graph->points) =
		    (struct draw_point){.x = 100 + 20 * i, .y = 10};
	arrow->tip = (struct draw_point){.x = 170, .y = 10};
	arrow->label_place.x = 110;
}

static size_t count_shapes(const struct drawing *drawing, enum shape_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < drawing->shapes.len; i++)
		count += drawing->shapes.items[i].kind == kind;
	return count;
}

static void a_drawing_has_all_of_it_on_the_page(void **state)
{
	struct graph graph = {.title = mem_copy("Title")};
	struct drawing drawing;

	(void)state;
	graph_add_box(&graph, "module", "a", ROLE_TOTAL);
	graph_add_box(&graph, "list", NULL, ROLE_OTHER);
	graph_add_arrow(&graph, 0, 1, "kept");
	graph_add_key(&graph, ROLE_TOTAL, "a module");
	*array_push(&graph.notes) = mem_copy("A note");
	graph_measure(&graph, &measure);
	lay_out(&graph);
	graph_draw(&drawing, &graph, &measure);
	/* title, two boxes with three lines, a label, a key, a note */
	assert_int_equal(count_shapes(&drawing, SHAPE_TEXT), 7);
	assert_int_equal(count_shapes(&drawing, SHAPE_AREA), 1);
	assert_int_equal(count_shapes(&drawing, SHAPE_LINE), 4);
	for (size_t i = 0; i < drawing.shapes.len; i++) {
		const struct draw_box *box = &drawing.shapes.items[i].box;

		assert_true(box->x >= 0 && box->x + box->w <= drawing.width);
		assert_true(box->y >= 0 && box->y + box->h <= drawing.height);
	}
	for (size_t i = 0; i < drawing.points.len; i++) {
		assert_true(drawing.points.items[i].x <= drawing.width);
		assert_true(drawing.points.items[i].y <= drawing.height);
	}
	drawing_finish(&drawing);
	graph_finish(&graph);
}

/* A head of no length has no direction. */
static void an_arrow_without_a_curve_is_left_out(void **state)
{
	struct graph graph = {.title = mem_copy("Title")};
	struct drawing drawing;

	(void)state;
	graph_add_box(&graph, "list", NULL, ROLE_OTHER);
	graph_add_arrow(&graph, 0, 0, "[3]");
	graph_measure(&graph, &measure);
	graph_draw(&drawing, &graph, &measure);
	assert_int_equal(count_shapes(&drawing, SHAPE_LINE), 1);
	assert_int_equal(count_shapes(&drawing, SHAPE_AREA), 0);
	drawing_finish(&drawing);
	graph_finish(&graph);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(dot_has_every_box_and_arrow),
	    cmocka_unit_test(dot_quotes_names),
	    cmocka_unit_test(sizes_follow_the_texts),
	    cmocka_unit_test(a_drawing_has_all_of_it_on_the_page),
	    cmocka_unit_test(an_arrow_without_a_curve_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
