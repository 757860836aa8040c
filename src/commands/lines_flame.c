// SPDX-License-Identifier: MIT
#include "commands/lines_flame.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "chart/growth.h"
#include "commands/command.h"
#include "commands/picture.h"

#define WIDTH 1260
#define LANE_HEIGHT 22 /* enough for a name */
#define FRAME_HEIGHT 140
#define LEAST_HEIGHT 250

static int lines_flame_draw(const struct scene *scene,
    const struct render_format *format, const char *output, struct err *e)
{
	double lanes = (double)scene->panels.items[0].lanes;
	struct render_request request = {.scene = scene,
	    .width = WIDTH,
	    .height = fmax(LEAST_HEIGHT, FRAME_HEIGHT + LANE_HEIGHT * lanes),
	    .scale = 1,
	    .theme = PALETTE_LIGHT};

	return picture_write(&request, format, output, e);
}

int lines_flame(const struct profile *profile,
    const struct stack_growths *growths, const char *output)
{
	const struct render_format *format;
	const char *command = profile->runs.items[0].command;
	struct scene scene = {0};
	struct err e;
	char *title;
	int got = -1;

	format = format_of_path(output, &e);
	if (!format)
		return command_fail(COMMAND_MISUSED, &e);
	title = mem_format("Growth of memory by stack (sampled): %s",
	    command ? command : profile->path);
	if (chart_growth(&scene, growths, title, &e) == 0)
		got = lines_flame_draw(&scene, format, output, &e);
	free(title);
	scene_finish(&scene);
	return got == 0 ? COMMAND_OK : command_fail(COMMAND_FAILED, &e);
}
