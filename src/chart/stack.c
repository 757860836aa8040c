// SPDX-License-Identifier: MIT
#include "chart/build.h"

int chart_stack(
    struct scene *scene, const struct chart_request *request, struct err *e)
{
	return chart_timeline(scene, request, e);
}
