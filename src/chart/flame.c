// SPDX-License-Identifier: MIT
#include "chart/build.h"

int chart_flame(
    struct scene *scene, const struct chart_request *request, struct err *e)
{
	struct chart_request above = *request;
	struct scene_panel *lanes;

	above.functions = false;
	if (chart_timeline(scene, &above, e) != 0)
		return -1;
	if (!request->functions)
		return 0;
	lanes = build_panel(scene, PANEL_LANES);
	build_calls(lanes, request);
	if (lanes->spans.len == 0)
		build_stacks(lanes, request);
	if (lanes->spans.len == 0)
		scene_drop_panel(scene);
	return 0;
}
