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
	[ROLE_PEAK] = 0xb3261e,
	[ROLE_TREND] = 0x1b2026,
	[ROLE_MARK] = 0x4b3b8f,
	[ROLE_ALARM] = 0xb3261e,
	[ROLE_GAP] = 0xf1f2f4,
	[ROLE_OTHER] = 0x8a939e,
	[ROLE_SERIES] = 0xe08e00,
	0x009e73,
	0xd55e00,
	0x56b4e9,
	0xcc79a7,
	0x857600,
	0x6a3d9a,
	0x7f3b08,
    }},
    [PALETTE_DARK] = {{
	[ROLE_BACKGROUND] = 0x14181d,
	[ROLE_FRAME] = 0x9aa5b1,
	[ROLE_GRID] = 0x2a3139,
	[ROLE_TEXT] = 0xe8ecf0,
	[ROLE_TEXT_SOFT] = 0xa3adb8,
	[ROLE_TOTAL] = 0x4fa3ec,
	[ROLE_PEAK] = 0xff6b5e,
	[ROLE_TREND] = 0xe8ecf0,
	[ROLE_MARK] = 0xb9a8ff,
	[ROLE_ALARM] = 0xff6b5e,
	[ROLE_GAP] = 0x20262d,
	[ROLE_OTHER] = 0x7b8591,
	[ROLE_SERIES] = 0xf5b83d,
	0x2fbf92,
	0xff7b47,
	0xa8e0ff,
	0xe79ac6,
	0xd6cb4b,
	0xa67fe0,
	0xbf8450,
    }},
};

const struct palette *palette_of(enum palette_theme theme)
{
	return &palettes[theme];
}
