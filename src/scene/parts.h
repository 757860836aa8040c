/* SPDX-License-Identifier: MIT
 *
 * The parts of a panel: lines, spans, marks, groups of lanes. The scene owns
 * their texts.
 */
#ifndef MPROF_SCENE_PARTS_H
#define MPROF_SCENE_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "scene/role.h"
#include "profile/series.h"

enum scene_line_kind {
	SCENE_TOTAL,   /* strong, with a light fill to the axis */
	SCENE_RUN,     /* one of several totals: strong, no fill */
	SCENE_PROCESS, /* thin */
	SCENE_STACKED, /* an area between base and samples */
	SCENE_TREND    /* two samples: a dashed straight line */
};

struct scene_line {
	enum scene_line_kind kind;
	enum role role;
	int pid;                      /* 0: none */
	char *name;                   /* "4711 python3 manage.py" */
	char *detail;                 /* after the name: "peak 171.8 MiB" */
	const struct series *samples; /* sorted */
	const struct series *base; /* of SCENE_STACKED: the lower edge, sample
				      by sample; else NULL */
	double zero_s; /* subtracted from a sample's time for its position */
	double gap_s;  /* longer steps have no line; 0: no gaps */
	struct sample peak; /* highest sample; its time is an axis time */
	double peak_mib;    /* real peak, for detail; 0: unknown */
	bool in_legend;
	bool light;  /* of SCENE_STACKED: things below are visible through it */
	bool dashed; /* an earlier line has the same role */
};

/* A function with spans: a row of the legend. */
struct scene_function {
	enum role role;
	char *name;   /* as its spans' names */
	char *detail; /* "3 calls, 1.20 s" */
};

/* A call: a bracket in a memory panel, or a bar in a panel of lanes. */
struct scene_span {
	char *name; /* shortest unique label */
	char *full_name;
	enum role role;
	struct sample from, to; /* axis seconds */
	size_t lane;            /* 0 is the top lane */
	size_t run;             /* among several runs */
	int pid, tid;           /* of its thread; 0: unknown */
};

enum scene_mark_kind {
	SCENE_PEAK,  /* a dot with its figure */
	SCENE_LABEL, /* MARK: a vertical line, labelled */
	SCENE_END,   /* end of a run or process by a signal */
	SCENE_GAP,   /* without samples from at to until_s */
	SCENE_LIMIT, /* a horizontal line at at.mib */
	SCENE_PHASE  /* from at to until_s: shaded, named */
};

struct scene_mark {
	enum scene_mark_kind kind;
	enum role role;
	struct sample at; /* in axis seconds; mib NAN: none */
	double until_s;   /* of SCENE_GAP and SCENE_PHASE */
	char *label;
};

/* Lanes that belong together: a thread of a process. */
struct scene_group {
	char *name; /* NULL where there is only one */
	size_t first_lane, lanes;
};

#endif
