// SPDX-License-Identifier: MIT
//
// A first pass surveys the old file, a second one copies. A record is a line;
// only a tick (a MEM with what belongs to it) is longer. What a stretch keeps
// waits in memory until the stretch ends, since a lower or higher tick may
// follow. Where processes are left out, a pass without output finds first who
// is seen in the ticks that are kept.
#include "dat/thin_copy.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "dat/thin_line.h"
#include "dat/thin_survey.h"
#include "profile/resource.h"

/* Powers of two: 62.5 ms, 34 years. */
enum { STRETCH_LEAST = -4, STRETCH_MOST = 30 };

/* Readings of usage that a tick keeps, of the system and of GPUs. */
enum { READINGS_MAX = 2 };

/* Why a record is kept: only one is kept for each slot. */
enum thin_reason {
	KEPT_ALWAYS,
	KEPT_LOWEST,
	KEPT_HIGHEST,
	KEPT_LAST, /* last USAGE, as counts rise */
	KEPT_PEAK,
	KEPT_SHARE,
	KEPT_FIGURE, /* this and the following: USAGE, by figure */
	KEPT_REASONS = KEPT_FIGURE + FIGURES
};

struct thin_kept {
	unsigned reason; /* enum thin_reason */
	double value;
	uint64_t order;
	uint32_t tick; /* its number; 0: it is no tick */
	struct strbuf text;
	ARRAY(uint32_t) processes; /* of a tick */
};

/* State of a pass. */
struct thin_pass {
	const struct thin_copy *copy;
	struct thin_survey *survey;
	struct thin_lives lives;
	bool is_dry;    /* nothing is written */
	int cause;      /* errno of what could not be written; 0: none */
	size_t written; /* bytes */
	double stretch_s;
	double number; /* number of the present stretch */
	ARRAY(struct thin_kept) kept;
	size_t slots[KEPT_REASONS]; /* places in kept + 1; 0: none */
	struct thin_kept tick;      /* the tick that is being read */
	bool in_tick, said;         /* said: the run's THIN was written */
	double reading_s;           /* of the last usage in it */
	unsigned readings;
	bool has_changed; /* the file is not the one that was surveyed */
	uint64_t order;
	uint32_t ticks;
	size_t wanted;           /* index in survey->wanted */
	size_t marks, snapshots; /* numbers of those so far */
	ARRAY(uint32_t) names;   /* PROC records of each process so far */
};

int thin_copy_read(const struct thin_copy *copy,
    bool (*each)(void *context, const char *text, size_t len), void *context,
    struct err *e)
{
	char *text = NULL;
	size_t cap = 0;
	off_t left = copy->len;
	bool more = true;

	if (fseeko(copy->from, 0, SEEK_SET) != 0)
		return err_set(e, "can't be read");
	while (more && left > 0 && !atomic_load(copy->stop)) {
		ssize_t len = getline(&text, &cap, copy->from);

		if (len <= 0)
			break;
		more = each(context, text, (size_t)len);
		left -= len;
	}
	free(text);
	if (more && left > 0)
		return err_set(
		    e, "%s", ferror(copy->from) ? "can't be read" : "was cut");
	return 0;
}

static int thin_compare_kept(const void *left, const void *right)
{
	const struct thin_kept *a = left, *b = right;

	return (a->order > b->order) - (a->order < b->order);
}

/* Notes whom a kept tick shows. */
static void thin_see(const struct thin_pass *pass, const struct thin_kept *tick)
{
	for (size_t i = 0; i < tick->processes.len; i++) {
		struct thin_process *process =
		    &pass->survey->processes.items[tick->processes.items[i]];

		process->seen = true;
		process->high_is_seen |= process->tick == tick->tick;
	}
}

static void thin_write(struct thin_pass *pass, const struct thin_kept *kept)
{
	if (pass->is_dry)
		thin_see(pass, kept);
	else if (fwrite(kept->text.text, 1, kept->text.len, pass->copy->to) !=
		     kept->text.len &&
		 !pass->cause)
		pass->cause = errno ? errno : EIO;
	pass->written += kept->text.len;
}

static void thin_kept_finish(struct thin_kept *kept)
{
	strbuf_finish(&kept->text);
	array_free(&kept->processes);
}

/* Writes what is kept of the stretch, in order and once. */
static void thin_flush(struct thin_pass *pass)
{
	uint64_t last = 0;

	if (pass->kept.len > 0)
		qsort(pass->kept.items, pass->kept.len,
		    sizeof(pass->kept.items[0]), thin_compare_kept);
	for (size_t i = 0; i < pass->kept.len; i++) {
		struct thin_kept *kept = &pass->kept.items[i];

		if (kept->order != last)
			thin_write(pass, kept);
		last = kept->order;
		thin_kept_finish(kept);
	}
	pass->kept.len = 0;
	memset(pass->slots, 0, sizeof(pass->slots));
}

static void thin_keep(struct thin_pass *pass, const struct thin_kept *record)
{
	size_t *slot = &pass->slots[record->reason];
	struct thin_kept *kept;

	if (record->reason == KEPT_ALWAYS || *slot == 0) {
		kept = array_push(&pass->kept);
		*kept = (struct thin_kept){.reason = record->reason};
		*slot = pass->kept.len;
	} else {
		kept = &pass->kept.items[*slot - 1];
		if (!(record->value > kept->value))
			return;
	}
	kept->value = record->value;
	kept->order = record->order;
	kept->tick = record->tick;
	strbuf_cut(&kept->text, 0);
	strbuf_add_bytes(&kept->text, record->text.text, record->text.len);
	kept->processes.len = 0;
	for (size_t i = 0; i < record->processes.len; i++)
		*array_push(&kept->processes) = record->processes.items[i];
}

static void thin_end_tick(struct thin_pass *pass)
{
	const struct thin_survey *survey = pass->survey;
	struct thin_kept *tick = &pass->tick;
	double mib = tick->value;
	bool wanted = false;

	if (!pass->in_tick)
		return;
	pass->in_tick = false;
	for (; pass->wanted < survey->wanted.len &&
	       survey->wanted.items[pass->wanted] <= tick->tick;
	     pass->wanted++)
		wanted |= survey->wanted.items[pass->wanted] == tick->tick;
	tick->reason = KEPT_ALWAYS;
	if (wanted)
		thin_keep(pass, tick);
	tick->reason = KEPT_HIGHEST;
	thin_keep(pass, tick);
	tick->reason = KEPT_LOWEST;
	tick->value = -mib;
	thin_keep(pass, tick);
}

static void thin_say_count(struct strbuf *text, const char *key, uint64_t count)
{
	if (count > 0)
		strbuf_add_format(
		    text, ";%s=%llu", key, (unsigned long long)count);
}

/* The number of decimals of the time that ends the line: 4, or 6 where samples
 * are less than a millisecond apart. */
static int thin_decimals(const char *text, size_t len)
{
	const char *point = memrchr(text, '.', len);

	return point && text + len - point > 6 ? 6 : 4;
}

/* Writes THIN before a run's first sample, which text is. */
static void thin_say(struct thin_pass *pass, const struct thin_line *line,
    const char *text, size_t len)
{
	int decimals = thin_decimals(text, len);
	const struct thinned *left =
	    &pass->survey->runs.items[pass->lives.run].left;
	struct thin_kept record = {.reason = KEPT_ALWAYS};

	if (pass->said || pass->is_dry)
		return;
	pass->said = true;
	record.order = ++pass->order;
	strbuf_add_format(&record.text, "THIN;stretch=%.10g;until=%.*f",
	    pass->stretch_s, decimals, pass->survey->recent_s);
	thin_say_count(&record.text, "processes", left->processes);
	if (left->processes > 0)
		strbuf_add_format(
		    &record.text, ";highest=%.6f", left->highest_mib);
	thin_say_count(&record.text, "marks", left->marks);
	thin_say_count(&record.text, "snapshots", left->snapshots);
	thin_say_count(&record.text, "runs", left->runs);
	strbuf_add_format(
	    &record.text, " %.6f %.*f\n", line->mib, decimals, line->time_s);
	thin_keep(pass, &record);
	strbuf_finish(&record.text);
}

static void thin_begin_tick(struct thin_pass *pass,
    const struct thin_line *line, const char *text, size_t len)
{
	double number = floor(line->time_s / pass->stretch_s);

	if (number != pass->number)
		thin_flush(pass);
	pass->number = number;
	thin_say(pass, line, text, len);
	pass->in_tick = true;
	pass->readings = 0;
	pass->reading_s = NAN;
	pass->tick.value = line->mib;
	pass->tick.order = ++pass->order;
	pass->tick.tick = pass->ticks;
	pass->tick.processes.len = 0;
	strbuf_cut(&pass->tick.text, 0);
	strbuf_add_bytes(&pass->tick.text, text, len);
}

/* Keeps USAGE of the whole: the last one, and the highest of each figure that
 * is no count. */
static void thin_keep_usage(struct thin_pass *pass,
    const struct thin_line *line, struct thin_kept *record)
{
	struct field field;

	record->reason = KEPT_LAST;
	record->value = (double)record->order;
	thin_keep(pass, record);
	for (unsigned i = 0; i < FIGURES; i++) {
		if (resource_figures[i].counts ||
		    !thin_line_key(line, resource_figures[i].key, &field))
			continue;
		record->reason = KEPT_FIGURE + i;
		record->value = thin_line_number(line, resource_figures[i].key);
		thin_keep(pass, record);
	}
}

static bool thin_is_recent(const struct thin_pass *pass)
{
	return pass->ticks >= pass->survey->recent_tick;
}

static void thin_keep_record(struct thin_pass *pass,
    const struct thin_line *line, const char *text, size_t len)
{
	struct thin_kept record = {
	    .reason = KEPT_ALWAYS, .value = line->mib, .order = ++pass->order};

	if (pass->is_dry)
		return;
	strbuf_add_bytes(&record.text, text, len);
	if (thin_is_recent(pass)) {
		thin_keep(pass, &record);
	} else if (line->kind == THIN_USAGE) {
		thin_keep_usage(pass, line, &record);
	} else {
		if (line->kind == THIN_PEAK)
			record.reason = KEPT_PEAK;
		else if (line->kind == THIN_SHARE)
			record.reason = KEPT_SHARE;
		thin_keep(pass, &record);
	}
	strbuf_finish(&record.text);
}

/* Usage of a process is kept or dropped with the tick before it. */
static void thin_pass_of_process(struct thin_pass *pass,
    const struct thin_line *line, const char *text, size_t len)
{
	if (thin_is_recent(pass)) {
		thin_keep_record(pass, line, text, len);
		return;
	}
	if (!pass->in_tick)
		return;
	if (line->time_s != pass->reading_s)
		pass->readings++;
	pass->reading_s = line->time_s;
	if (pass->readings <= READINGS_MAX)
		strbuf_add_bytes(&pass->tick.text, text, len);
}

/* Replaces the peak in a PROC. */
static void thin_set_peak(struct strbuf *out, const struct thin_line *line,
    const char *text, size_t len, double mib)
{
	const char *at = text, *end = line->keys.text + line->keys.len;
	struct field pair, old;

	while (field_split(&at, end, ';', &pair)) {
		if (field_value(&pair, "peak", &old))
			continue;
		strbuf_separate(out, ";");
		strbuf_add_bytes(out, pair.text, pair.len);
	}
	strbuf_add_format(out, ";peak=%.6f", mib);
	strbuf_add_bytes(out, end, (size_t)(text + len - end));
}

/* The name under which a process was highest tells how high, where its sample
 * is left out. */
static void thin_pass_name(struct thin_pass *pass, const struct thin_line *line,
    size_t number, const char *text, size_t len)
{
	const struct thin_survey *survey = pass->survey;
	const struct thin_process *process = &survey->processes.items[number];
	struct strbuf named = {0};

	if (survey->step == 0 || process->tick == 0 || process->high_is_seen ||
	    process->tick >= survey->recent_tick || isnan(line->time_s) ||
	    pass->names.items[number] != process->high_name) {
		thin_keep_record(pass, line, text, len);
		return;
	}
	thin_set_peak(&named, line, text, len, process->highest_mib);
	thin_keep_record(pass, line, named.text, named.len);
	strbuf_finish(&named);
}

/* A name that was neither the first nor the last, nor that of the highest
 * sample. */
static bool thin_is_between(const struct thin_pass *pass, size_t number)
{
	const struct thin_process *process =
	    &pass->survey->processes.items[number];
	uint32_t name = pass->names.items[number];

	return pass->survey->step > 0 && !thin_is_recent(pass) && name != 1 &&
	       name != process->high_name && name != process->names;
}

/* Counts the record, and tells whether it is left out. */
static bool thin_is_left_out(
    struct thin_pass *pass, const struct thin_line *line, size_t process)
{
	const struct thin_survey *survey = pass->survey;
	bool left =
	    process != THIN_NOBODY && !thin_survey_keeps(survey, process);

	switch (line->kind) {
	case THIN_NOTE:
		return true;
	case THIN_MARK:
		return pass->marks++ < survey->marks.cut;
	case THIN_HEAP:
		return pass->snapshots++ < survey->snapshots.cut;
	case THIN_TYPE:
		return pass->snapshots > 0 &&
		       pass->snapshots <= survey->snapshots.cut;
	case THIN_PROC:
		if (process == THIN_NOBODY)
			return false;
		pass->names.items[process]++;
		return left || thin_is_between(pass, process);
	case THIN_EXIT:
		return left;
	default:
		return false;
	}
}

/* A sample of the newest part, or one without a number, is no tick. */
static void thin_pass_memory(struct thin_pass *pass,
    const struct thin_line *line, const char *text, size_t len)
{
	const struct thinned *left =
	    &pass->survey->runs.items[pass->lives.run].left;

	if (!thin_is_recent(pass) && isfinite(line->time_s) &&
	    isfinite(line->mib)) {
		thin_begin_tick(pass, line, text, len);
		return;
	}
	if (left->processes || left->marks || left->snapshots || left->runs)
		thin_say(pass, line, text, len);
	thin_keep_record(pass, line, text, len);
	thin_flush(pass);
}

static void thin_pass_child(struct thin_pass *pass,
    const struct thin_line *line, size_t process, const char *text, size_t len)
{
	if (!pass->in_tick) {
		thin_keep_record(pass, line, text, len);
		return;
	}
	strbuf_add_bytes(&pass->tick.text, text, len);
	if (process != THIN_NOBODY)
		*array_push(&pass->tick.processes) = (uint32_t)process;
}

/* Before it is known whether the record is left out. Samples are kept for each
 * run separately. */
static void thin_pass_step(struct thin_pass *pass, const struct thin_line *line)
{
	if (line->kind == THIN_MEMORY || line->kind == THIN_COMMAND ||
	    line->kind == THIN_PROC || line->kind == THIN_EXIT)
		thin_end_tick(pass);
	pass->ticks += line->kind == THIN_MEMORY;
	if (line->kind != THIN_COMMAND)
		return;
	thin_flush(pass);
	pass->number = NAN;
	pass->said = false;
}

static bool thin_pass_line(void *context, const char *text, size_t len)
{
	struct thin_pass *pass = context;
	struct thin_line line;
	size_t process;
	bool root;

	thin_line_split(text, len, &line);
	process = thin_lives_take(&pass->lives, &line, &root);
	/* Someone else has written into the file since the survey. */
	if (pass->lives.run >= pass->survey->runs.len ||
	    pass->lives.processes > pass->survey->processes.len) {
		pass->has_changed = true;
		return false;
	}
	thin_pass_step(pass, &line);
	if (thin_is_left_out(pass, &line, process) ||
	    pass->survey->runs.items[pass->lives.run].is_dropped)
		return true;
	if (line.kind == THIN_MEMORY)
		thin_pass_memory(pass, &line, text, len);
	else if (line.kind == THIN_CHILD)
		thin_pass_child(pass, &line, process, text, len);
	else if (line.kind == THIN_USAGE && line.pid > 0)
		thin_pass_of_process(pass, &line, text, len);
	else if (line.kind == THIN_PROC && process != THIN_NOBODY)
		thin_pass_name(pass, &line, process, text, len);
	else
		thin_keep_record(pass, &line, text, len);
	return !pass->cause &&
	       (pass->is_dry || pass->written <= pass->copy->most);
}

/* Returns the bytes that were written, perhaps not all where they are too many;
 * -1 with e. */
static off_t thin_pass_all(
    struct thin_survey *survey, double stretch_s, bool is_dry, struct err *e)
{
	struct thin_pass pass = {.copy = survey->copy,
	    .survey = survey,
	    .is_dry = is_dry,
	    .stretch_s = stretch_s,
	    .number = NAN};
	int result;

	for (size_t i = 0; i < survey->processes.len; i++)
		*array_push(&pass.names) = 0;
	result = thin_copy_read(survey->copy, thin_pass_line, &pass, e);
	if (result == 0 && pass.has_changed)
		result = err_set(e, "another program changed it");
	thin_end_tick(&pass);
	thin_flush(&pass);
	array_free(&pass.kept);
	array_free(&pass.names);
	thin_kept_finish(&pass.tick);
	thin_lives_finish(&pass.lives);
	if (result == 0 && pass.cause) {
		errno = pass.cause;
		result = err_errno(e, "can't be written");
	}
	return result == 0 ? (off_t)pass.written : -1;
}

/* Powers of two for the length of a stretch. With the first, two ticks of a
 * stretch each about fill the available space; the last has the whole span. */
static void thin_stretches(
    const struct thin_survey *survey, int *first, int *last)
{
	double tick_bytes = (double)survey->tick_bytes / (double)survey->ticks;
	double span_s = fabs(survey->recent_s - survey->first_s);
	double wish_s = span_s * 2 * tick_bytes / (double)survey->copy->most;
	double least_s = fmax(survey->stretch_s, ldexp(1, STRETCH_LEAST));
	double most_s = ldexp(1, STRETCH_MOST);

	*first = (int)floor(log2(fmin(fmax(wish_s, least_s), most_s)));
	*last = (int)ceil(log2(fmin(fmax(span_s, least_s), most_s))) + 1;
	if (*last > STRETCH_MOST)
		*last = STRETCH_MOST;
}

/* Writes it with stretches of that length. 1 where it is small enough, 0 where
 * not, -1 with e. */
static int thin_copy_try(
    struct thin_survey *survey, double stretch_s, struct err *e)
{
	FILE *to = survey->copy->to;
	off_t bytes;

	if (ftruncate(fileno(to), 0) != 0 || fseeko(to, 0, SEEK_SET) != 0)
		return err_errno(e, "can't be written");
	if (survey->step > 0) {
		thin_survey_forget(survey);
		if (thin_pass_all(survey, stretch_s, true, e) < 0)
			return -1;
	}
	thin_survey_count(survey);
	bytes = thin_pass_all(survey, stretch_s, false, e);
	if (bytes < 0)
		return -1;
	if (fflush(to) != 0)
		return err_errno(e, "can't be written");
	return bytes <= (off_t)survey->copy->most;
}

/* Tries one length of stretch after the other. The first two are nearly always
 * enough; where they are not, the last one tells whether any is. */
static int thin_copy_step(struct thin_survey *survey, struct err *e)
{
	int first, last, got = 0;

	thin_stretches(survey, &first, &last);
	for (int power = first; power <= last && got == 0; power++) {
		if (power == first + 2 && power < last) {
			got = thin_copy_try(survey, ldexp(1, last), e);
			if (got <= 0)
				return got;
		}
		got = thin_copy_try(survey, ldexp(1, power), e);
	}
	return got;
}

static int thin_copy_surveyed(struct thin_survey *survey, struct err *e)
{
	for (unsigned step = thin_survey_first_step(survey); step < THIN_STEPS;
	     step++) {
		int got = 0;

		thin_survey_choose(survey, step);
		if (thin_survey_least(survey) <= survey->copy->most)
			got = thin_copy_step(survey, e);
		if (got != 0)
			return got > 0 ? 0 : -1;
	}
	return err_set(e,
	    "the running processes and the newest records alone need "
	    "more");
}

int thin_copy(const struct thin_copy *copy, struct err *e)
{
	struct thin_survey survey;
	int result = thin_survey_init(&survey, copy, e);

	if (result == 0)
		result = thin_copy_surveyed(&survey, e);
	thin_survey_finish(&survey);
	return result;
}
