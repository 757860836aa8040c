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
	SCENE_TOTAL,   /* strong, on a light fill down to the axis */
	SCENE_RUN,     /* a total among several: strong, no fill */
	SCENE_PROCESS, /* thin */
	SCENE_STACKED, /* an area between base and samples */
	SCENE_TREND    /* two samples: a dashed straight line */
};

struct scene_line {
	enum scene_line_kind kind;
	enum role role;
	int pid;                      /* 0 where it is none */
	char *name;                   /* "4711 python3 manage.py" */
	char *detail;                 /* behind the name: "peak 171.8 MiB" */
	const struct series *samples; /* sorted */
	const struct series *base;    /* SCENE_STACKED: the lower edge, sample
				       * for sample; else NULL */
	double zero_s;      /* to be taken off a sample's time for its place */
	double gap_s;       /* no line over a longer step; 0: no gaps */
	struct sample peak; /* the highest; its time is an axis time */
	double peak_mib;    /* the true peak, which detail tells; 0: unknown */
	bool in_legend;
	bool light;  /* SCENE_STACKED: what is below it shines through */
	bool dashed; /* its role is that of an earlier line, too */
};

/* A function with spans: its row in the legend. */
struct scene_function {
	enum role role;
	char *name;   /* as its spans' */
	char *detail; /* "3 calls, 1.20 s" */
};

/* A call: a bracket in a memory panel, a bar in a panel of lanes. */
struct scene_span {
	char *name; /* the shortest label that is unique */
	char *full_name;
	enum role role;
	struct sample from, to; /* axis seconds */
	size_t lane;            /* 0 is the top lane */
	size_t run;             /* of several overlaid */
	int pid, tid;           /* of its thread; 0: not known */
};

enum scene_mark_kind {
	SCENE_PEAK,  /* a dot with the figure written out */
	SCENE_LABEL, /* MARK: a vertical line, labelled */
	SCENE_END,   /* the end of a run or process by a signal */
	SCENE_GAP,   /* from at to until_s: no samples */
	SCENE_LIMIT, /* a horizontal line at at.mib */
	SCENE_PHASE  /* from at to until_s: a shade of its role, named */
};

struct scene_mark {
	enum scene_mark_kind kind;
	enum role role;
	struct sample at; /* axis seconds; mib NAN where it has none */
	double until_s;   /* SCENE_GAP, SCENE_PHASE */
	char *label;
};

/* Lanes that belong together: one thread of one process. */
struct scene_group {
	char *name; /* NULL where there is only one */
	size_t first_lane, lanes;
};

#endif
