// SPDX-License-Identifier: MIT
#include "chart/chart.h"

const struct chart_kind chart_kinds[] = {
#define KIND(name, letter, summary) {#name, chart_##name},
#include "chart/kinds.def"
#undef KIND
    {NULL, NULL},
};
