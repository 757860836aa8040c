/* SPDX-License-Identifier: MIT
 *
 * The colour of each role. Totals, ends and series were chosen so that any two
 * differ by at least 10 in CIEDE2000, also with red-green blindness, and each
 * has a contrast of 3:1 to the background; tests/unit/test_palette.c checks
 * that.
 */
#ifndef MPROF_RENDER_PALETTE_H
#define MPROF_RENDER_PALETTE_H

#include <stdint.h>

#include "scene/role.h"

enum palette_theme { PALETTE_LIGHT, PALETTE_DARK };

struct palette {
	uint32_t rgb[ROLE_COUNT]; /* 0xRRGGBB */
};

/* Indexed by palette_theme. */
extern const struct palette palettes[];

static inline uint32_t palette_rgb(enum palette_theme theme, enum role role)
{
	return palettes[theme].rgb[role];
}

#endif
