// SPDX-License-Identifier: MIT
#include "chart/build.h"

int chart_flame(
    struct scene *scene, const struct chart_request *request, struct err *e)
{
	struct chart_request above = *request;

	above.brackets = false;
	if (chart_timeline(scene, &above, e) != 0)
		return -1;
	if (request->functions && !scene_find(scene, PANEL_LANES))
		build_stacks(scene, request);
	return 0;
}
