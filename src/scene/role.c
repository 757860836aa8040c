// SPDX-License-Identifier: MIT
#include "scene/role.h"

const char *role_name(enum role role)
{
	static const char *const names[ROLE_COUNT] = {
	    [ROLE_BACKGROUND] = "background",
	    [ROLE_FRAME] = "frame",
	    [ROLE_GRID] = "grid",
	    [ROLE_TEXT] = "text",
	    [ROLE_TEXT_SOFT] = "text-soft",
	    [ROLE_TOTAL] = "total",
	    [ROLE_PEAK] = "peak",
	    [ROLE_TREND] = "trend",
	    [ROLE_MARK] = "mark",
	    [ROLE_ALARM] = "alarm",
	    [ROLE_GAP] = "gap",
	    [ROLE_OTHER] = "other",
	    "series-1",
	    "series-2",
	    "series-3",
	    "series-4",
	    "series-5",
	    "series-6",
	};

	return names[role];
}
