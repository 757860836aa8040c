/* SPDX-License-Identifier: MIT
 *
 * Steps that the kinds of charts share. Each adds to a scene, in this order:
 * build_frame, one panel of memory with its lines, calls and marks,
 * build_memory_axis and build_facts when all of it is there. A series may have
 * ten million samples: its peak is searched once and passed on.
 */
#ifndef MPROF_CHART_BUILD_H
#define MPROF_CHART_BUILD_H

#include "analysis/spread.h"
#include "chart/chart.h"

/* When a run begins and ends (profile/ending.h), in seconds since the epoch.
 * NAN where nothing can be drawn of it. */
double build_start(const struct run *run);
double build_end(const struct run *run);

/* The place of a time on the scene's axis. With --clock runs stand at their
 * own times, else they begin together at 0. */
double build_zero(const struct chart_request *request, size_t run);

/* A part of the time, in a run's own times; both ends belong to it. */
struct window {
	double from_s, to_s;
};

/* The window that was asked for, in a run's times; all of time without one. */
struct window build_window(const struct chart_request *request, size_t run);

/* The part of a run that the scene's axis shows, where the run begins at
 * zero_s. */
struct window build_view(const struct scene *scene, double zero_s);

/* The samples of a series in the window, only to be read; the highest of them,
 * NULL where there is none. */
struct series build_part(
    const struct series *series, const struct window *window);
const struct sample *build_highest(
    const struct series *series, const struct window *window);

/* Title and time axis; -1 with e where no run has anything to draw. */
int build_frame(
    struct scene *scene, const struct chart_request *request, struct err *e);

struct scene_panel *build_panel(
    struct scene *scene, enum scene_panel_kind kind);

/* A line over samples; peak, gap and place are filled in, the rest is the
 * caller's to do. */
struct scene_line *build_line(struct scene_panel *panel,
    const struct series *samples, double zero_s, double gap_s);

/* The recordings of a chart compared, for its lines and its facts. */
struct build_set {
	/* In the order of the runs, then of the others that are not drawn. */
	struct overview *overviews;
	size_t len;
	struct spread spread;
};

void build_set_init(struct build_set *set, const struct chart_request *request);
void build_set_finish(struct build_set *set);

/* Many recordings as a band from the lowest to the highest, with the median.
 * Fills runs, which has room for a run a colour, with those that failed or
 * stand apart and belong on top as lines; returns how many. */
size_t build_band(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request, const struct build_set *set,
    size_t *runs);

/* The same choice, filled up with the highest where there are colours left:
 * fills runs in the order of their peaks, and returns how many. */
size_t build_choose(const struct chart_request *request,
    const struct build_set *set, size_t *runs);

/* Adds the run's processes to the panel's lines as layers that lie on each
 * other, the program itself the lowest. */
void build_layers(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request);

/* The dot at the run's peak, what ended it, MARK records, gaps. sampled as
 * in run_peak_above(), of the first run. */
void build_marks(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request, const struct sample *sampled);

/* The trend of each run within the window, as mprof leak judges it. */
void build_trends(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request);

/* A panel of lanes with one span a call of the runs in the window; none where
 * there is no call. In place of a panel the calls can stand as brackets in that
 * of the memory. */
void build_calls(struct scene *scene, const struct chart_request *request);
void build_brackets(
    struct scene_panel *panel, const struct chart_request *request);

/* The same for sampled stacks, a span for each interval of a function. */
void build_stacks(struct scene *scene, const struct chart_request *request);

/* A panel for each resource that the only run recorded beside memory, below the
 * others. */
void build_usage(struct scene *scene, const struct chart_request *request);

/* The memory axis: from 0 to above the highest thing in the window, or the
 * limits that were asked for. */
void build_memory_axis(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request);

/* Adds the facts about the run, or about each of several, and how the set
 * compares: NULL for fewer than three. */
void build_facts(struct scene *scene, const struct chart_request *request,
    const struct sample *sampled, const struct build_set *set);

/* The same for a chart that names each of many recordings itself: the measure,
 * and how the set compares. */
void build_set_facts(struct scene *scene, const struct chart_request *request,
    const struct build_set *set);

/* Adds everything that is built after the lines: trends, marks, the memory
 * axis, the facts, calls. A panel of lanes may move the panels. */
void build_rest(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request, const struct sample *sampled,
    const struct build_set *set);

/* "4711 python3 manage.py runserver", clean. */
char *build_process_name(const struct process *process);

/* "killed by SIGKILL"; NULL where no signal ended it. */
char *build_end_text(const struct exit_status *exit);

/* The processes of a run by their peaks in the window, the largest first. Those
 * without a sample there, and the phantom of old recordings, are left out. The
 * processes stay the run's. */
struct ranked {
	const struct process *process;
	double peak_mib;
	size_t place; /* in order of appearance */
};

struct ranking {
	struct ranked *items;
	size_t len;
};

struct ranking ranking_of(const struct run *run, const struct window *window);
void ranking_finish(struct ranking *ranking);

/* A short name of a function: the last part of its dotted name, with as many
 * parents as make it different from every other name. */
struct label {
	const char *name;  /* the full name, borrowed */
	const char *label; /* a tail of it */
};

/* Fills in the labels of count names, which may be equal to each other, and
 * sorts the rows by strcmp() of their names. */
void labels_choose(struct label *labels, size_t count);

#endif
