// SPDX-License-Identifier: MIT
#include "render/palette.h"

static const struct palette palettes[] = {
    [PALETTE_LIGHT] = {{
	[ROLE_BACKGROUND] = 0xffffff,
	[ROLE_FRAME] = 0x5b6470,
	[ROLE_GRID] = 0xe3e6ea,
	[ROLE_TEXT] = 0x1b2026,
	[ROLE_TEXT_SOFT] = 0x5a6470,
	[ROLE_TOTAL] = 0x0067a5,
	[ROLE_PEAK] = 0x1b2026,
	[ROLE_TREND] = 0x1b2026,
	[ROLE_MARK] = 0x4b3b8f,
	[ROLE_ALARM] = 0xb3261e,
	[ROLE_GAP] = 0xf1f2f4,
	[ROLE_OTHER] = 0x828b96,
	[ROLE_SERIES] = 0xc97a25,
	0x00815d,
	0x3400d1,
	0xff2c72,
	0x7b2455,
	0xe442fc,
    }},
    [PALETTE_DARK] = {{
	[ROLE_BACKGROUND] = 0x14181d,
	[ROLE_FRAME] = 0x9aa5b1,
	[ROLE_GRID] = 0x2a3139,
	[ROLE_TEXT] = 0xe8ecf0,
	[ROLE_TEXT_SOFT] = 0xa3adb8,
	[ROLE_TOTAL] = 0x4fa3ec,
	[ROLE_PEAK] = 0xe8ecf0,
	[ROLE_TREND] = 0xe8ecf0,
	[ROLE_MARK] = 0xb9a8ff,
	[ROLE_ALARM] = 0xff6b5e,
	[ROLE_GAP] = 0x20262d,
	[ROLE_OTHER] = 0x7b8591,
	[ROLE_SERIES] = 0xdede67,
	0x64c7a6,
	0x7e4eea,
	0xfec7f2,
	0xc43e63,
	0x4d7100,
    }},
};

const struct palette *palette_of(enum palette_theme theme)
{
	return &palettes[theme];
}
