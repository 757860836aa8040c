// SPDX-License-Identifier: MIT
#include "analysis/spread.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/robust.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "base/utf8.h"

enum { MOST_NAMES = 8 };

/* robust_deviation() is the median absolute deviation over 0.6745. */
#define LEAST_DEVIATION (0.01 / 0.6745)

static int spread_compare_peaks(const void *left, const void *right)
{
	const struct spread_member *a = left, *b = right;
	double x = a->overview->peak_mib, y = b->overview->peak_mib;

	return x != y ? (x > y) - (x < y)
		      : overview_compare(
			    a->overview, b->overview, OVERVIEW_BY_NAME);
}

static double spread_peak(const struct spread_member *member)
{
	return member->overview->peak_mib;
}

static double spread_duration(const struct spread_member *member)
{
	return member->overview->duration_s;
}

static const struct {
	double (*of)(const struct spread_member *);
	char *(*format)(char *out, double value);
} spread_figures[SPREAD_FIGURES] = {
    [SPREAD_PEAK] = {spread_peak, units_size},
    [SPREAD_DURATION] = {spread_duration, units_duration},
};

/* Sets the z-score of each member; returns the median. */
static double spread_score(struct spread *spread, enum spread_figure figure)
{
	size_t len = spread->members.len;
	double *values = mem_zero(len + 1, sizeof(values[0]));
	double median, deviation;

	for (size_t i = 0; i < len; i++)
		values[i] =
		    spread_figures[figure].of(&spread->members.items[i]);
	median = robust_median(values, len);
	deviation =
	    fmax(robust_deviation(values, len), LEAST_DEVIATION * fabs(median));
	for (size_t i = 0; len >= SPREAD_LEAST && i < len; i++) {
		struct spread_member *member = &spread->members.items[i];
		double distance = spread_figures[figure].of(member) - median;
		double z = deviation > 0 ? distance / deviation : 0;

		member->scores[figure] =
		    (struct spread_score){z, fabs(z) > 5 + 40 / (double)len};
	}
	free(values);
	return median;
}

static void spread_add_job(struct spread *spread, const char *job)
{
	for (size_t i = 0; i < spread->jobs.len; i++) {
		const char *known = spread->jobs.items[i];

		if (known == job || (known && job && strcmp(known, job) == 0))
			return;
	}
	if (spread->jobs.len <= MOST_NAMES)
		*array_push(&spread->jobs) = job;
}

static void spread_add_measure(struct spread *spread, const char *measure)
{
	if (!measure || spread->measures[1])
		return;
	if (!spread->measures[0])
		spread->measures[0] = measure;
	else if (strcmp(spread->measures[0], measure) != 0)
		spread->measures[1] = measure;
}

/* A file that was cut off at once may lack its rank. */
static bool spread_has_rank(const struct overview *overview)
{
	return overview->measured || overview->rank >= 0;
}

/* Only ranks of one job, with one size, can show that one is missing. */
static void spread_find_missing(
    struct spread *spread, const struct overview *overviews, size_t len)
{
	bool *there;
	long ranks = -1;

	for (size_t i = 0; i < len; i++) {
		if (!spread_has_rank(&overviews[i]))
			continue;
		if (ranks < 0)
			ranks = overviews[i].ranks;
		if (overviews[i].ranks != ranks || overviews[i].rank < 0)
			return;
	}
	if (ranks <= 0 || ranks > 10000000 || spread->jobs.len > 1)
		return;
	spread->ranks = ranks;
	there = mem_zero((size_t)ranks, sizeof(there[0]));
	for (size_t i = 0; i < len; i++) {
		if (overviews[i].rank >= 0 && overviews[i].rank < ranks)
			there[overviews[i].rank] = true;
	}
	for (long i = 0; i < ranks; i++) {
		if (!there[i])
			*array_push(&spread->missing) = i;
	}
	free(there);
}

void spread_init(
    struct spread *spread, const struct overview *overviews, size_t len)
{
	*spread = (struct spread){0};
	for (size_t i = 0; i < len; i++) {
		if (spread_has_rank(&overviews[i]))
			spread_add_job(spread, overviews[i].job);
		spread_add_measure(spread, overviews[i].measure);
		if (!overviews[i].measured) {
			spread->unmeasured++;
			continue;
		}
		*array_push(&spread->members) =
		    (struct spread_member){.overview = &overviews[i]};
	}
	if (spread->members.len > 0)
		qsort(spread->members.items, spread->members.len,
		    sizeof(spread->members.items[0]), spread_compare_peaks);
	for (enum spread_figure i = 0; i < SPREAD_FIGURES; i++)
		spread->medians[i] = spread_score(spread, i);
	spread_find_missing(spread, overviews, len);
}

void spread_finish(struct spread *spread)
{
	array_free(&spread->members);
	array_free(&spread->missing);
	array_free(&spread->jobs);
}

bool spread_is_apart(const struct spread_member *member)
{
	for (size_t i = 0; i < SPREAD_FIGURES; i++) {
		if (member->scores[i].apart)
			return true;
	}
	return false;
}

double spread_share(const struct spread *spread)
{
	size_t len = spread->members.len;

	if (spread->measures[1])
		return NAN;
	if (len == 0 || spread->medians[SPREAD_PEAK] <= 0)
		return 0;
	return (spread_peak(&spread->members.items[len - 1]) -
		   spread_peak(&spread->members.items[0])) /
	       spread->medians[SPREAD_PEAK];
}

static void spread_lines_add(
    struct spread_lines *lines, const char *label, struct strbuf *text)
{
	*array_push(&lines->list) =
	    (struct spread_line){label, utf8_clean_copy(text->text)};
	strbuf_finish(text);
	*text = (struct strbuf){0};
}

static void spread_add_range(
    struct spread_lines *lines, const struct spread *spread)
{
	size_t len = spread->members.len;
	const struct spread_member *first = &spread->members.items[0];
	const struct spread_member *last = &spread->members.items[len - 1];
	char low[UNITS_TEXT], middle[UNITS_TEXT], high[UNITS_TEXT];
	char count[UNITS_COUNT];
	struct strbuf text = {0};

	strbuf_add_format(&text,
	    "%s: lowest %s (%s), median %s, highest %s (%s)",
	    units_count(count, len, "recording", "recordings"),
	    units_size(low, spread_peak(first)), first->overview->name,
	    units_size(middle, spread->medians[SPREAD_PEAK]),
	    units_size(high, spread_peak(last)), last->overview->name);
	spread_lines_add(lines, "Set", &text);
}

/* Adds the distance from the median: "2.6 times the median", "12 % below". */
static void spread_add_distance(
    struct strbuf *text, double value, double median)
{
	double ratio = median > 0 ? value / median : 0;
	char distance[UNITS_TEXT];

	if (ratio >= 2)
		strbuf_add_format(text, ", %.2g times the median", ratio);
	else if (ratio > 0)
		strbuf_add_format(text, ", %s %s the median",
		    units_percent_words(distance, 100 * fabs(ratio - 1)),
		    ratio > 1 ? "above" : "below");
}

static int spread_compare_apart(
    const void *left, const void *right, void *context)
{
	const struct spread_member *a =
	    *(const struct spread_member *const *)left;
	const struct spread_member *b =
	    *(const struct spread_member *const *)right;
	enum spread_figure figure = *(const enum spread_figure *)context;
	double x = fabs(a->scores[figure].z), y = fabs(b->scores[figure].z);

	return (x < y) - (x > y);
}

struct spread_odds {
	ARRAY(const struct spread_member *) list;
};

/* Lists outliers, the farthest first. */
static void spread_odds_init(struct spread_odds *odds,
    const struct spread *spread, enum spread_figure figure)
{
	*odds = (struct spread_odds){0};
	for (size_t i = 0; i < spread->members.len; i++) {
		const struct spread_member *at = &spread->members.items[i];

		if (at->scores[figure].apart)
			*array_push(&odds->list) = at;
	}
	if (odds->list.len > 0)
		qsort_r(odds->list.items, odds->list.len,
		    sizeof(odds->list.items[0]), spread_compare_apart, &figure);
}

/* Names the outliers, the farthest first. */
static void spread_add_apart(struct spread_lines *lines, const char *label,
    const struct spread *spread, enum spread_figure figure)
{
	struct spread_odds odds;
	struct strbuf text = {0};

	spread_odds_init(&odds, spread, figure);
	for (size_t i = 0; i < odds.list.len && i < MOST_NAMES; i++) {
		const struct spread_member *at = odds.list.items[i];
		double value = spread_figures[figure].of(at);
		char formatted[UNITS_TEXT];

		strbuf_separate(&text, "; ");
		strbuf_add_format(&text, "%s %s", at->overview->name,
		    spread_figures[figure].format(formatted, value));
		spread_add_distance(&text, value, spread->medians[figure]);
	}
	if (odds.list.len > MOST_NAMES)
		strbuf_add_format(
		    &text, "; and %zu more", odds.list.len - MOST_NAMES);
	if (odds.list.len > 0)
		strbuf_add(&text, " (by the median absolute deviation)");
	else if (spread->members.len < SPREAD_LEAST)
		strbuf_add_format(&text,
		    "too few to tell, %d recordings are the least",
		    SPREAD_LEAST);
	else
		strbuf_add(&text, "none, by the median absolute deviation");
	array_free(&odds.list);
	spread_lines_add(lines, label, &text);
}

/* "mem-3.dat SIGKILL, mem-5.dat 1" */
static void spread_add_failed(
    struct spread_lines *lines, const struct spread *spread)
{
	struct strbuf text = {0};
	size_t count = 0;

	for (size_t i = 0; i < spread->members.len; i++) {
		const struct overview *overview =
		    spread->members.items[i].overview;
		char status[OVERVIEW_STATUS];

		if (!overview_has_failed(overview) || count++ >= MOST_NAMES)
			continue;
		overview_status(overview, status);
		strbuf_separate(&text, "; ");
		strbuf_add_format(&text, "%s: %s", overview->name, status);
	}
	if (count > MOST_NAMES)
		strbuf_add_format(&text, "; and %zu more", count - MOST_NAMES);
	if (spread->unmeasured > 0) {
		strbuf_separate(&text, "; ");
		strbuf_add_format(
		    &text, "%zu without a sample", spread->unmeasured);
	}
	if (text.len > 0)
		spread_lines_add(lines, "Failed", &text);
}

/* "3, 8-10 of 64" */
static void spread_add_missing(
    struct spread_lines *lines, const struct spread *spread)
{
	const long *ranks = spread->missing.items;
	struct strbuf text = {0};
	size_t parts = 0;

	for (size_t i = 0, end; i < spread->missing.len; i = end) {
		end = i + 1;
		while (end < spread->missing.len &&
		       ranks[end] == ranks[end - 1] + 1)
			end++;
		if (parts++ >= MOST_NAMES)
			continue;
		strbuf_separate(&text, ", ");
		strbuf_add_format(&text, "%ld", ranks[i]);
		if (end > i + 1)
			strbuf_add_format(&text, "-%ld", ranks[end - 1]);
	}
	if (parts > MOST_NAMES)
		strbuf_add(&text, ", ...");
	if (parts == 0)
		return;
	strbuf_add_format(
	    &text, " of %ld (%zu)", spread->ranks, spread->missing.len);
	spread_lines_add(lines, "Missing ranks", &text);
}

static void spread_add_jobs(
    struct spread_lines *lines, const struct spread *spread)
{
	struct strbuf text = {0};

	if (spread->jobs.len < 2)
		return;
	for (size_t i = 0; i < spread->jobs.len; i++) {
		const char *job = spread->jobs.items[i];

		strbuf_separate(&text, ", ");
		strbuf_add(&text, i >= MOST_NAMES ? "..." : job ? job : "none");
	}
	strbuf_add(&text, ": the files are of several jobs");
	spread_lines_add(lines, "Jobs", &text);
}

void spread_lines_init(struct spread_lines *lines, const struct spread *spread)
{
	struct strbuf text = {0};
	bool apart_in_time = false;

	*lines = (struct spread_lines){0};
	for (size_t i = 0; i < spread->members.len; i++)
		apart_in_time |=
		    spread->members.items[i].scores[SPREAD_DURATION].apart;
	if (spread->measures[1]) {
		strbuf_add_format(&text,
		    "not compared: some record %s, some %s",
		    spread->measures[0], spread->measures[1]);
		spread_lines_add(lines, "Set", &text);
	} else if (spread->members.len > 0) {
		spread_add_range(lines, spread);
		spread_add_apart(lines, "Apart", spread, SPREAD_PEAK);
		if (apart_in_time)
			spread_add_apart(
			    lines, "Apart in time", spread, SPREAD_DURATION);
	}
	spread_add_failed(lines, spread);
	spread_add_missing(lines, spread);
	spread_add_jobs(lines, spread);
}

void spread_lines_finish(struct spread_lines *lines)
{
	for (size_t i = 0; i < lines->list.len; i++)
		free(lines->list.items[i].text);
	array_free(&lines->list);
}

/* Opens a member's JSON object; the caller closes it. */
static void spread_open_member(
    struct json *json, const struct spread_member *member)
{
	json_open(json, '{');
	json_member_text(json, "path", member->overview->name);
	json_member_rounded(json, "peak_mib", spread_peak(member), 6);
}

static void spread_write_member(
    struct json *json, const char *key, const struct spread_member *member)
{
	json_key(json, key);
	spread_open_member(json, member);
	json_close(json, '}');
}

static void spread_write_apart(const struct spread *spread, struct json *json)
{
	json_member_open(json, "apart", '[');
	for (size_t i = spread->members.len; i-- > 0;) {
		const struct spread_member *at = &spread->members.items[i];

		if (!spread_is_apart(at))
			continue;
		spread_open_member(json, at);
		json_member_rounded(json, "z", at->scores[SPREAD_PEAK].z, 3);
		json_member_rounded(json, "duration_s", spread_duration(at), 4);
		json_member_rounded(
		    json, "duration_z", at->scores[SPREAD_DURATION].z, 3);
		json_close(json, '}');
	}
	json_close(json, ']');
}

void spread_write(const struct spread *spread, struct json *json)
{
	size_t len = spread->members.len;
	bool comparable = len > 0 && !spread->measures[1];

	json_open(json, '{');
	json_member_whole(json, "count", (int64_t)len);
	json_member_text(json, "test",
	    "modified z-score (median absolute deviation; Iglewicz "
	    "and Hoaglin 1993) above 5 + 40 / count");
	if (comparable) {
		spread_write_member(json, "lowest", &spread->members.items[0]);
		spread_write_member(
		    json, "highest", &spread->members.items[len - 1]);
		spread_write_apart(spread, json);
	}
	json_member_rounded(json, "median_mib",
	    comparable ? spread->medians[SPREAD_PEAK] : NAN, 6);
	json_member_rounded(
	    json, "spread", comparable ? spread_share(spread) : NAN, 6);
	json_member_open(json, "missing_ranks", '[');
	for (size_t i = 0; i < spread->missing.len; i++)
		json_whole(json, spread->missing.items[i]);
	json_close(json, ']');
	json_member_open(json, "jobs", '[');
	for (size_t i = 0; i < spread->jobs.len; i++)
		json_text(json, spread->jobs.items[i]);
	json_close(json, ']');
	json_close(json, '}');
}
