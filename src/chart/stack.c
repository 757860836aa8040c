// SPDX-License-Identifier: MIT
#include "chart/build.h"

int chart_stack(
    struct scene *scene, const struct chart_request *request, struct err *e)
{
	const struct sample *peak = series_peak(&request->runs[0].run->total);
	struct scene_panel *panel;

	if (build_frame(scene, request, e) != 0)
		return -1;
	if (request->len > 1)
		return err_set(e, "--stack: takes one run; name one recording, "
				  "or choose with --run");
	/* An area that is cut off below tells no sizes. */
	if (request->memory_mib.given && request->memory_mib.low > 0)
		return err_set(e,
		    "--stack: its areas begin at 0; use --ylim 0,%g",
		    request->memory_mib.high);
	if (!peak)
		return err_set(e, "%s: holds no MEM records to stack",
		    request->runs[0].name);
	panel = build_panel(scene, PANEL_MEMORY);
	build_layers(scene, panel, request);
	build_rest(scene, panel, request, peak, NULL);
	return 0;
}
