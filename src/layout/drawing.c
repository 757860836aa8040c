// SPDX-License-Identifier: MIT
#include "layout/drawing.h"

#include <stdlib.h>

void drawing_finish(struct drawing *drawing)
{
	for (size_t i = 0; i < drawing->shapes.len; i++)
		free(drawing->shapes.items[i].text);
	array_free(&drawing->shapes);
	array_free(&drawing->points);
	array_free(&drawing->clips);
	free(drawing->title);
	*drawing = (struct drawing){0};
}
