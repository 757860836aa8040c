/* SPDX-License-Identifier: MIT
 *
 * Steps that the kinds of charts share. Each adds to a scene, in this order:
 * build_frame, one panel of memory with its lines, calls and marks, build_rest
 * when all of it is there. A series may have ten million samples: its peak is
 * searched once and passed on.
 */
#ifndef MPROF_CHART_BUILD_H
#define MPROF_CHART_BUILD_H

#include "analysis/spread.h"
#include "chart/chart.h"

/* Start and end of a run (profile/run.h), in seconds since the epoch; NAN
 * where nothing of it can be drawn. */
double build_start(const struct run *run);
double build_end(const struct run *run);

/* The time at the origin of a run's samples on the scene's axis. With --clock
 * runs are at their own times, otherwise all begin at 0. */
double build_zero(const struct chart_request *request, size_t run);

/* The requested window in a run's times; all of time without one. */
struct window build_window(const struct chart_request *request, size_t run);

/* The part of a run that is on the scene's axis, where the run begins at
 * zero_s. */
struct window build_view(const struct scene *scene, double zero_s);

/* The samples of a series in the window, read-only; the highest of them, NULL
 * without any. */
struct series build_part(
    const struct series *series, const struct window *window);
const struct sample *build_highest(
    const struct series *series, const struct window *window);

/* Adds title and time axis; -1 with e where no run has anything to draw. */
int build_frame(
    struct scene *scene, const struct chart_request *request, struct err *e);

struct scene_panel *build_panel(
    struct scene *scene, enum scene_panel_kind kind);

/* Adds a line over samples, whose times begin at zero_s (build_zero()); a step
 * longer than gap_s (downsample_gap() of analysis/downsample.h, or 0) has no
 * line. Its kind and its role are those of a total until the caller sets
 * others; the caller sets its name. */
struct scene_line *build_line(struct scene_panel *panel,
    const struct series *samples, double zero_s, double gap_s);

/* The recordings of a chart, compared, for lines and facts. */
struct build_set {
	/* In the order of the runs, then of the others, which are not drawn. */
	struct overview *overviews;
	size_t len;
	struct spread spread;
};

void build_set_init(struct build_set *set, const struct chart_request *request);
void build_set_finish(struct build_set *set);

/* Draws many recordings as a band from the lowest to the highest, with the
 * median. Fills runs, which has room for one run of each colour, with failures
 * and outliers to be drawn on top as lines; returns their number. */
size_t build_band(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request, const struct build_set *set,
    size_t *runs);

/* The same selection, supplemented by the highest where there are colours left:
 * fills runs in the order of their peaks, and returns their number. */
size_t build_choose(const struct chart_request *request,
    const struct build_set *set, size_t *runs);

/* Adds a note where the total's meaning is unknown. */
void build_note_total(struct scene *scene, const struct run *run);

/* Adds the run's processes to the panel's lines as stacked layers, with the
 * program at the bottom. */
void build_layers(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request);

/* Adds a dot at the run's peak, the cause of its end, MARK records and gaps.
 * sampled is as in run_peak_above(), for the first run. */
void build_marks(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request, const struct sample *sampled);

/* Adds the trend of each run in the window, as judged by mprof leak. */
void build_trends(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request);

/* Adds a panel of lanes with a span for each call of the runs in the window, if
 * there is one; or adds the calls as brackets to the memory panel. */
void build_calls(struct scene *scene, const struct chart_request *request);
void build_brackets(
    struct scene_panel *panel, const struct chart_request *request);

/* The same for sampled stacks, a span for each interval of a function. */
void build_stacks(struct scene *scene, const struct chart_request *request);

/* Adds a panel below the others for each resource that the only run, which has
 * usage, recorded beside memory. */
void build_usage(struct scene *scene, const struct chart_request *request);

/* Sets the memory axis: from 0 to above the highest thing in the window, or the
 * requested limits. */
void build_memory_axis(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request);

/* Adds the facts about the run, or about each of several, and the comparison in
 * the set: NULL for fewer than three. */
void build_facts(struct scene *scene, const struct chart_request *request,
    const struct sample *sampled, const struct build_set *set);

/* The same for a chart that itself names each of many recordings: the measure,
 * and the comparison in the set. */
void build_set_facts(struct scene *scene, const struct chart_request *request,
    const struct build_set *set);

/* Adds everything that follows the lines: trends, marks, the memory axis,
 * facts, calls, usage. Adding panels may move those that are there. */
void build_rest(struct scene *scene, struct scene_panel *panel,
    const struct chart_request *request, const struct sample *sampled,
    const struct build_set *set);

/* "4711 what"; "child 4711" where what is NULL; what alone of a process without
 * a key. The caller frees it. */
char *build_pid_name(const struct process *process, const char *what);

/* "4711 python3 manage.py runserver", safe to print. */
char *build_process_name(const struct process *process);

/* "killed by SIGKILL"; NULL where no signal ended it. */
char *build_end_text(const struct exit_status *exit);

/* The processes of a run by their peaks in the window, the largest first;
 * without those that have no sample there, and the phantom of old recordings.
 * Processes are borrowed from the run. */
struct ranked {
	const struct process *process;
	double peak_mib;
	size_t place; /* position in order of appearance */
};

struct ranking {
	struct ranked *items;
	size_t len;
};

struct ranking ranking_of(const struct run *run, const struct window *window);
void ranking_finish(struct ranking *ranking);

/* A short name of a function: the last part of its dotted name, with as many
 * parents as are needed to tell it from all other names. */
struct label {
	const char *name;  /* the full name, borrowed */
	const char *label; /* the end of it */
};

/* Sets the labels of count names, which may be equal, and sorts the rows by
 * strcmp() of their names. */
void labels_choose(struct label *labels, size_t count);

#endif
