/* SPDX-License-Identifier: MIT
 *
 * The colour of each role. Series colours differ in lightness as well as in
 * hue, so that they can be told apart with any kind of colour blindness, in
 * the order of Okabe and Ito's set where that has enough contrast.
 */
#ifndef MPROF_RENDER_PALETTE_H
#define MPROF_RENDER_PALETTE_H

#include <stdint.h>

#include "scene/role.h"

enum palette_theme { PALETTE_LIGHT, PALETTE_DARK };

struct palette {
	uint32_t rgb[ROLE_COUNT]; /* 0xRRGGBB */
};

const struct palette *palette_of(enum palette_theme theme);

static inline uint32_t palette_rgb(enum palette_theme theme, enum role role)
{
	return palette_of(theme)->rgb[role];
}

#endif
