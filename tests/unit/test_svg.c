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
#include "layout/layout.h"
#include "render/svg.h"

static const char head[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"200\" height=\"100.5\""
    " viewBox=\"0 0 200 100.5\""
    " font-family=\"DejaVu Sans, Verdana, sans-serif\""
    " stroke-linejoin=\"round\" stroke-linecap=\"round\""
    " xml:space=\"preserve\" style=\"white-space:pre\">\n"
    "<title>a &lt;b&gt; &amp; \xef\xbf\xbd</title>\n"
    "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n";

static struct shape *add(
    struct drawing *drawing, enum shape_kind kind, double width)
{
	struct shape *shape = array_push(&drawing->shapes);

	*shape = (struct shape){.kind = kind,
	    .role = ROLE_TEXT,
	    .opacity = 1,
	    .width = width,
	    .first = drawing->points.len};
	return shape;
}

static void point(struct drawing *drawing, double x, double y, bool starts)
{
	*array_push(&drawing->points) = (struct draw_point){x, y, starts};
	drawing->shapes.items[drawing->shapes.len - 1].len++;
}

/* Writes the drawing, which it finishes; checks what follows the head. */
static void check(struct drawing *drawing, const char *body)
{
	struct palette palette = {
	    {[ROLE_BACKGROUND] = 0xffffff, [ROLE_TEXT] = 0x1b2026}};
	char *text = NULL;
	size_t len = 0;
	FILE *out = mem_stream(&text, &len);
	struct err e;

	drawing->width = 200;
	drawing->height = 100.5;
	drawing->title = mem_copy("a <b> & \x01");
	assert_int_equal(svg_write(drawing, &palette, out, &e), 0);
	assert_int_equal(fclose(out), 0);
	assert_true(strncmp(text, head, strlen(head)) == 0);
	assert_string_equal(text + strlen(head), body);
	free(text);
	drawing_finish(drawing);
}

static void paths_go_on_from_where_they_are(void **state)
{
	struct drawing drawing = {0};

	(void)state;
	add(&drawing, SHAPE_LINE, 1.5)->dashed = true;
	point(&drawing, 1, 2.25, true);
	point(&drawing, 2.5, 2, false);
	point(&drawing, -1, 102.004, false);
	point(&drawing, 7.125, 7, true); /* a dot */
	add(&drawing, SHAPE_AREA, 0)->opacity = 0.16;
	point(&drawing, 0, 0, true);
	point(&drawing, 10, 0, false);
	point(&drawing, 10, 10, false);
	point(&drawing, 20, 0, true);
	point(&drawing, 20.1, 0, false);
	point(&drawing, 20, 10, false);
	check(&drawing,
	    "<path d=\"M1 2.25l1.5-.25-3.5 100M7.13 7z\" fill=\"none\""
	    " stroke=\"#1b2026\" stroke-width=\"1.5\""
	    " stroke-dasharray=\"3.75\"/>\n"
	    "<path d=\"M0 0l10 0 0 10zM20 0l.1 0-.1 10\""
	    " fill=\"#1b2026\" fill-opacity=\"0.16\"/>\n</svg>\n");
}

static void things_have_titles_and_texts_their_width(void **state)
{
	struct drawing drawing = {0};
	struct shape *shape;

	(void)state;
	*array_push(&drawing.clips) = (struct draw_box){10, 10, 50, 20};
	shape = add(&drawing, SHAPE_BOX, 0);
	shape->box = (struct draw_box){1, 2, 3, 4.5};
	shape->clip = 1;
	shape = add(&drawing, SHAPE_TEXT, 10);
	shape->box = (struct draw_box){5, 6, 40.126, 13.5};
	shape->text = mem_copy("\"x\" ]]> \xef\xbf\xbf");
	shape->bold = shape->halo = true;
	*array_push(&drawing.groups) =
	    (struct draw_group){0, 2, mem_copy("f<T>, 3 MiB")};
	shape = add(&drawing, SHAPE_DOT, 4);
	shape->box = (struct draw_box){.x = 8, .y = 9};
	shape = add(&drawing, SHAPE_TEXT, 10); /* nothing to be seen */
	shape->text = mem_copy("");
	check(&drawing,
	    "<clipPath id=\"c1\"><rect x=\"8\" y=\"8\" width=\"54\""
	    " height=\"24\"/></clipPath>\n"
	    "<g><title>f&lt;T&gt;, 3 MiB</title>"
	    "<rect x=\"1\" y=\"2\" width=\"3\" height=\"4.5\""
	    " fill=\"#1b2026\" clip-path=\"url(#c1)\"/>\n"
	    "<text x=\"5\" y=\"16\" font-size=\"10\" textLength=\"40.13\""
	    " lengthAdjust=\"spacingAndGlyphs\" font-weight=\"bold\""
	    " fill=\"#1b2026\" stroke=\"#ffffff\" stroke-opacity=\"0.85\""
	    " stroke-width=\"3\" paint-order=\"stroke\">"
	    "\"x\" ]]&gt; \xef\xbf\xbd</text>\n</g>\n"
	    "<circle cx=\"8\" cy=\"9\" r=\"4\" fill=\"#1b2026\"/>\n</svg>\n");
}

static void a_full_disk_is_an_error(void **state)
{
	struct drawing drawing = {.title = mem_copy("")};
	FILE *out = fopen("/dev/full", "w");
	struct err e;

	(void)state;
	assert_non_null(out);
	setbuf(out, NULL);
	assert_int_equal(
	    svg_write(&drawing, &palettes[PALETTE_DARK], out, &e), -1);
	fclose(out);
	drawing_finish(&drawing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(paths_go_on_from_where_they_are),
	    cmocka_unit_test(things_have_titles_and_texts_their_width),
	    cmocka_unit_test(a_full_disk_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
