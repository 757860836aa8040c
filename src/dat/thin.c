// SPDX-License-Identifier: MIT
//
// Two passes over the old file: the first finds each process's highest sample
// and how long the recording is, the second copies. A record is a line; only a
// tick (a MEM with what belongs to it) is longer. What a stretch keeps waits in
// memory until the stretch ends, since a lower or higher tick may follow.
#include "dat/thin.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/file_lock.h"
#include "base/index.h"
#include "base/strbuf.h"
#include "dat/fields.h"
#include "dat/number.h"
#include "profile/resource.h"

/* The newest part, this share of the size, stays unchanged. */
enum { RECENT_SHARE = 4 };

/* Powers of two: 62.5 ms, 34 years. */
enum { STRETCH_LEAST = -4, STRETCH_MOST = 30 };

/* One line, as far as thinning has to understand it. */
struct thin_line {
	struct field keyword; /* up to a semicolon */
	struct field keys;  /* text between keyword and memory; may be empty */
	double mib, time_s; /* NAN where missing */
	uint32_t pid;       /* of CHLD, PROC or USAGE; 0: none */
};

struct thin_process {
	uint32_t pid;
	double highest_mib;
	uint64_t tick; /* number of the tick that contains it */
};

/* Result of the first pass. */
struct thin_survey {
	ARRAY(struct thin_process) processes;
	struct index index; /* newest process of each pid */
	/* Ticks at which a process was highest; ascending. */
	ARRAY(uint64_t) wanted;
	uint64_t ticks;
	double first_s;
	double recent_s;  /* time from which all is kept */
	double stretch_s; /* stretch of an earlier thinning */
};

/* Why a record is kept: only one is kept for each slot. */
enum thin_reason {
	KEPT_ALWAYS,
	KEPT_LOWEST,
	KEPT_HIGHEST,
	KEPT_LAST, /* last USAGE, as counts rise */
	KEPT_PEAK,
	KEPT_SHARE,
	KEPT_FIGURE /* this and the following: USAGE, by figure */
};

struct thin_kept {
	unsigned reason; /* enum thin_reason */
	double value;
	uint64_t order;
	struct strbuf text;
};

/* State of the second pass. */
struct thin_pass {
	const struct thin_copy *copy;
	const struct thin_survey *survey;
	double stretch_s;
	double number; /* number of the present stretch */
	ARRAY(struct thin_kept) kept;
	struct thin_kept tick; /* the tick that is being read */
	bool in_tick, said;    /* said: the run's THIN was written */
	uint64_t order, ticks;
	size_t wanted; /* index in survey->wanted */
};

static bool thin_is(const struct thin_line *line, const char *keyword)
{
	return line->keyword.len == strlen(keyword) &&
	       memcmp(line->keyword.text, keyword, line->keyword.len) == 0;
}

static double thin_number(const struct field *field)
{
	char text[64 + 1 + NUMBER_PADDING];
	double value;

	if (field->len == 0 || field->len > 64)
		return NAN;
	memcpy(text, field->text, field->len);
	memset(text + field->len, '\n', 1 + NUMBER_PADDING);
	return number_read(text, &value) ? value : NAN;
}

static bool thin_key(
    const struct thin_line *line, const char *key, struct field *value)
{
	const char *at = line->keys.text, *end = at + line->keys.len;
	struct field pair;

	while (line->keys.len > 0 && field_split(&at, end, ';', &pair)) {
		if (field_value(&pair, key, value))
			return true;
	}
	return false;
}

static uint32_t thin_pid(const struct field *field)
{
	uint64_t pid;

	return field_count(field, &pid) && pid <= INT32_MAX ? (uint32_t)pid : 0;
}

/* Splits "KEYWORD[;keys] MiB time" or "CHLD pid MiB time"; a command line has
 * no numbers. */
static void thin_split(const char *text, size_t len, struct thin_line *line)
{
	const char *at = text, *end = text + len, *semicolon;
	struct field word, mib, time;

	*line = (struct thin_line){.mib = NAN, .time_s = NAN};
	if (!field_next(&at, end, &word))
		return;
	line->keyword = word;
	semicolon = memchr(word.text, ';', word.len);
	if (semicolon) {
		line->keyword.len = (size_t)(semicolon - word.text);
		line->keys = (struct field){
		    semicolon + 1, word.len - line->keyword.len - 1};
	}
	if ((thin_is(line, "CHLD") && field_next(&at, end, &word)) ||
	    thin_key(line, "pid", &word))
		line->pid = thin_pid(&word);
	if (thin_is(line, "CMDLINE") || !field_next(&at, end, &mib) ||
	    !field_next(&at, end, &time))
		return;
	line->mib = thin_number(&mib);
	line->time_s = thin_number(&time);
}

/* Calls each for each line of the copied part of the old file. */
static int thin_each_line(const struct thin_copy *copy,
    void (*each)(void *context, const char *text, size_t len), void *context,
    struct err *e)
{
	char *text = NULL;
	size_t cap = 0;
	off_t left = copy->len;

	if (fseeko(copy->from, 0, SEEK_SET) != 0)
		return err_set(e, "can't be read");
	while (left > 0 && !atomic_load(copy->stop)) {
		ssize_t len = getline(&text, &cap, copy->from);

		if (len <= 0)
			break;
		each(context, text, (size_t)len);
		left -= len;
	}
	free(text);
	if (left > 0)
		return err_set(
		    e, "%s", ferror(copy->from) ? "can't be read" : "was cut");
	return 0;
}

static bool thin_same_pid(const void *items, size_t at, const void *key)
{
	const struct thin_process *processes = items;

	return processes[at].pid == *(const uint32_t *)key;
}

/* The process that has the pid at present, added where there is none. */
static struct thin_process *thin_process_of(
    struct thin_survey *survey, uint32_t pid)
{
	size_t at =
	    index_place(&survey->index, index_hash_number(pid), thin_same_pid,
		survey->processes.items, &pid, survey->processes.len);

	if (at == survey->processes.len)
		*array_push(&survey->processes) =
		    (struct thin_process){.pid = pid, .highest_mib = -1};
	return &survey->processes.items[at];
}

/* Notes the tick in which a process that has ended was highest. */
static void thin_want(struct thin_survey *survey, struct thin_process *process)
{
	if (process->highest_mib >= 0)
		*array_push(&survey->wanted) = process->tick;
	process->highest_mib = -1;
}

static void thin_survey_line(void *context, const char *text, size_t len)
{
	struct thin_survey *survey = context;
	struct thin_line line;
	struct field value;

	thin_split(text, len, &line);
	if (thin_is(&line, "MEM")) {
		survey->ticks++;
		if (isnan(survey->first_s))
			survey->first_s = line.time_s;
	} else if (thin_is(&line, "CHLD") && line.pid > 0) {
		struct thin_process *process =
		    thin_process_of(survey, line.pid);

		if (line.mib > process->highest_mib) {
			process->highest_mib = line.mib;
			process->tick = survey->ticks;
		}
	} else if (thin_is(&line, "PROC") && line.pid > 0) {
		thin_want(survey, thin_process_of(survey, line.pid));
	} else if (thin_is(&line, "THIN") &&
		   thin_key(&line, "stretch", &value)) {
		survey->stretch_s =
		    fmax(survey->stretch_s, thin_number(&value));
	}
}

static int thin_compare_numbers(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

/* Finds the first tick of the newest part, by its position in bytes. */
static void thin_survey_recent(
    const struct thin_copy *copy, struct thin_survey *survey)
{
	off_t from = copy->len - (off_t)(copy->most / RECENT_SHARE);
	char *text = NULL;
	size_t cap = 0;
	ssize_t len;

	if (fseeko(copy->from, from > 0 ? from : 0, SEEK_SET) != 0)
		return;
	while ((len = getline(&text, &cap, copy->from)) > 0) {
		struct thin_line line;

		thin_split(text, (size_t)len, &line);
		if (thin_is(&line, "MEM") && isfinite(line.time_s)) {
			survey->recent_s = line.time_s;
			break;
		}
	}
	free(text);
}

static int thin_survey(
    const struct thin_copy *copy, struct thin_survey *survey, struct err *e)
{
	*survey = (struct thin_survey){.first_s = NAN, .recent_s = NAN};
	if (thin_each_line(copy, thin_survey_line, survey, e) != 0)
		return -1;
	for (size_t i = 0; i < survey->processes.len; i++)
		thin_want(survey, &survey->processes.items[i]);
	if (survey->wanted.len > 0)
		qsort(survey->wanted.items, survey->wanted.len,
		    sizeof(survey->wanted.items[0]), thin_compare_numbers);
	thin_survey_recent(copy, survey);
	return isfinite(survey->first_s) && isfinite(survey->recent_s)
		   ? 0
		   : err_set(e, "no sample can be thinned out");
}

static void thin_survey_finish(struct thin_survey *survey)
{
	array_free(&survey->processes);
	array_free(&survey->wanted);
	index_finish(&survey->index);
}

static int thin_compare_kept(const void *left, const void *right)
{
	const struct thin_kept *a = left, *b = right;

	return (a->order > b->order) - (a->order < b->order);
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
			fwrite(
			    kept->text.text, 1, kept->text.len, pass->copy->to);
		last = kept->order;
		strbuf_finish(&kept->text);
	}
	pass->kept.len = 0;
}

/* The record that has the slot; NULL where there is none. */
static struct thin_kept *thin_kept_for(
    const struct thin_pass *pass, unsigned reason)
{
	if (reason == KEPT_ALWAYS)
		return NULL;
	for (size_t i = 0; i < pass->kept.len; i++) {
		if (pass->kept.items[i].reason == reason)
			return &pass->kept.items[i];
	}
	return NULL;
}

static void thin_keep(struct thin_pass *pass, const struct thin_kept *record)
{
	struct thin_kept *kept = thin_kept_for(pass, record->reason);

	if (kept && !(record->value > kept->value))
		return;
	if (!kept) {
		kept = array_push(&pass->kept);
		*kept = (struct thin_kept){.reason = record->reason};
	}
	kept->value = record->value;
	kept->order = record->order;
	strbuf_cut(&kept->text, 0);
	strbuf_add_bytes(&kept->text, record->text.text, record->text.len);
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
	       survey->wanted.items[pass->wanted] <= pass->ticks;
	     pass->wanted++)
		wanted = true;
	tick->reason = KEPT_ALWAYS;
	if (wanted)
		thin_keep(pass, tick);
	tick->reason = KEPT_HIGHEST;
	thin_keep(pass, tick);
	tick->reason = KEPT_LOWEST;
	tick->value = -mib;
	thin_keep(pass, tick);
}

/* Writes THIN before a run's first sample. */
static void thin_say(struct thin_pass *pass, const struct thin_line *line)
{
	struct thin_kept record = {0};

	if (pass->said)
		return;
	pass->said = true;
	record.order = ++pass->order;
	strbuf_add_format(&record.text,
	    "THIN;stretch=%.10g;until=%.4f %.6f %.4f\n", pass->stretch_s,
	    pass->survey->recent_s, line->mib, line->time_s);
	thin_keep(pass, &record);
	strbuf_finish(&record.text);
}

static void thin_begin_tick(struct thin_pass *pass,
    const struct thin_line *line, const char *text, size_t len)
{
	double number = floor(line->time_s / pass->stretch_s);

	thin_end_tick(pass);
	if (number != pass->number)
		thin_flush(pass);
	pass->number = number;
	thin_say(pass, line);
	pass->ticks++;
	pass->in_tick = true;
	pass->tick.value = line->mib;
	pass->tick.order = ++pass->order;
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
		    !thin_key(line, resource_figures[i].key, &field))
			continue;
		record->reason = KEPT_FIGURE + i;
		record->value = thin_number(&field);
		thin_keep(pass, record);
	}
}

static void thin_keep_record(struct thin_pass *pass,
    const struct thin_line *line, const char *text, size_t len)
{
	struct thin_kept record = {
	    .reason = KEPT_ALWAYS, .value = line->mib, .order = ++pass->order};

	strbuf_add_bytes(&record.text, text, len);
	if (thin_is(line, "USAGE") && line->pid == 0) {
		thin_keep_usage(pass, line, &record);
	} else {
		if (thin_is(line, "PEAK"))
			record.reason = KEPT_PEAK;
		else if (thin_is(line, "SHARE"))
			record.reason = KEPT_SHARE;
		thin_keep(pass, &record);
	}
	strbuf_finish(&record.text);
}

/* USAGE of processes is kept or dropped with the tick before it. */
static void thin_pass_line(void *context, const char *text, size_t len)
{
	struct thin_pass *pass = context;
	struct thin_line line;

	thin_split(text, len, &line);
	if (thin_is(&line, "THIN"))
		return;
	if (thin_is(&line, "MEM") && isfinite(line.time_s) &&
	    isfinite(line.mib) && line.time_s < pass->survey->recent_s) {
		thin_begin_tick(pass, &line, text, len);
		return;
	}
	if (pass->in_tick && (thin_is(&line, "CHLD") ||
				 (thin_is(&line, "USAGE") && line.pid > 0))) {
		strbuf_add_bytes(&pass->tick.text, text, len);
		return;
	}
	if (!thin_is(&line, "USAGE") || line.pid > 0)
		thin_end_tick(pass);
	/* Samples are kept for each run separately. */
	if (thin_is(&line, "CMDLINE")) {
		thin_flush(pass);
		pass->said = false;
	}
	thin_keep_record(pass, &line, text, len);
	if (thin_is(&line, "MEM")) {
		pass->ticks++;
		thin_flush(pass);
	}
}

static int thin_pass_all(const struct thin_copy *copy,
    const struct thin_survey *survey, double stretch_s, struct err *e)
{
	struct thin_pass pass = {.copy = copy,
	    .survey = survey,
	    .stretch_s = stretch_s,
	    .number = NAN};
	int result = thin_each_line(copy, thin_pass_line, &pass, e);

	thin_end_tick(&pass);
	thin_flush(&pass);
	array_free(&pass.kept);
	strbuf_finish(&pass.tick.text);
	return result;
}

/* The length of stretch, a power of two, with which two average ticks for each
 * fill about the available space. */
static int thin_stretch(
    const struct thin_copy *copy, const struct thin_survey *survey)
{
	double tick_bytes = (double)copy->len / (double)survey->ticks;
	double span_s = survey->recent_s - survey->first_s;
	double wish_s = span_s * 2 * tick_bytes / (double)copy->most;
	double least_s = fmax(survey->stretch_s, ldexp(1, STRETCH_LEAST));

	return (int)floor(log2(fmax(wish_s, least_s)));
}

static int thin_copy_surveyed(const struct thin_copy *copy,
    const struct thin_survey *survey, struct err *e)
{
	int power = thin_stretch(copy, survey);

	for (; power <= STRETCH_MOST; power++) {
		if (thin_pass_all(copy, survey, ldexp(1, power), e) != 0)
			return -1;
		if (fflush(copy->to) != 0)
			return err_errno(e, "can't be written");
		if (ftello(copy->to) <= (off_t)copy->most)
			return 0;
		if (ftruncate(fileno(copy->to), 0) != 0 ||
		    fseeko(copy->to, 0, SEEK_SET) != 0)
			return err_errno(e, "can't be written");
	}
	return err_set(e, "its marks and processes alone take more");
}

int thin_copy(const struct thin_copy *copy, struct err *e)
{
	struct thin_survey survey;
	int result = thin_survey(copy, &survey, e);

	if (result == 0)
		result = thin_copy_surveyed(copy, &survey, e);
	thin_survey_finish(&survey);
	return result;
}

static void *thin_work(void *context)
{
	struct thin *thin = context;

	thin->result = thin_copy(&thin->copy, &thin->e);
	if (thin->result == 0 && fdatasync(fileno(thin->copy.to)) != 0)
		thin->result = err_errno(&thin->e, "can't be written");
	atomic_store(&thin->done, true);
	return NULL;
}

/* Opens the old file again for reading, and finds its present length. */
static int thin_open_old(struct thin *thin, int fd, struct err *e)
{
	struct stat about;
	char self[64];
	int again;

	if (fstat(fd, &about) != 0 ||
	    !named_file_is(&thin->output.target, &about))
		return err_set(e, "has another name by now");
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	again = open(self, O_RDONLY | O_CLOEXEC);
	if (again >= 0)
		thin->copy.from = fdopen(again, "r");
	if (!thin->copy.from)
		return err_errno(e, "can't be read");
	thin->copy.len = about.st_size;
	return 0;
}

/* The new file is locked before it gets its name. */
static int thin_prepare_new(struct thin *thin, struct err *e)
{
	const struct stat *named = &thin->output.target.about;
	int fd = fileno(thin->output.stream);

	thin->copy.to = thin->output.stream;
	if (fcntl(fd, F_SETFL, O_APPEND) != 0 ||
	    file_lock_take(fd) == FILE_LOCK_HELD)
		return err_errno(e, "can't be locked");
	/* Root may record into another user's file. */
	if (geteuid() != named->st_uid &&
	    fchown(fd, named->st_uid, named->st_gid) != 0)
		return err_errno(e, "can't be given to its owner");
	return 0;
}

int thin_begin(
    struct thin *thin, int fd, const char *path, size_t most, struct err *e)
{
	sigset_t all, before;

	*thin = (struct thin){.copy = {.most = most, .stop = &thin->stop}};
	if (io_output_open(&thin->output, path, e) != 0)
		return -1;
	if (thin_open_old(thin, fd, e) != 0 || thin_prepare_new(thin, e) != 0) {
		thin_abandon(thin);
		return -1;
	}
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	thin->threaded =
	    pthread_create(&thin->thread, NULL, thin_work, thin) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!thin->threaded)
		thin_work(thin);
	return 0;
}

bool thin_is_done(const struct thin *thin)
{
	return atomic_load(&thin->done);
}

static void thin_join(struct thin *thin)
{
	if (thin->threaded)
		pthread_join(thin->thread, NULL);
	thin->threaded = false;
}

/* Copies what was recorded meanwhile. */
static int thin_copy_rest(struct thin *thin, struct err *e)
{
	int from = fileno(thin->copy.from), to = fileno(thin->copy.to);
	off_t at = thin->copy.len;
	char bytes[16384];

	for (;;) {
		ssize_t len = pread(from, bytes, sizeof(bytes), at);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return err_errno(e, "can't be read");
		if (len == 0)
			return 0;
		if (io_write_all(to, bytes, (size_t)len) != 0)
			return err_errno(e, "can't be written");
		at += len;
	}
}

/* Whether the name still refers to the file that was read. */
static bool thin_still_named(const struct thin *thin)
{
	const struct named_file *target = &thin->output.target;
	struct stat now;

	return fstatat(target->directory, target->name, &now,
		   AT_SYMLINK_NOFOLLOW) == 0 &&
	       named_file_is(target, &now);
}

/* The lock belongs to the open file: a second descriptor keeps it. */
static int thin_replace(struct thin *thin, int *fd, struct err *e)
{
	int new;

	if (thin_copy_rest(thin, e) != 0)
		return -1;
	if (!thin_still_named(thin))
		return err_set(e, "has another name by now");
	new = fcntl(fileno(thin->copy.to), F_DUPFD_CLOEXEC, 0);
	if (new < 0)
		return err_errno(e, "can't be written");
	if (io_output_commit(&thin->output, e) != 0) {
		close(new);
		return -1;
	}
	close(*fd);
	*fd = new;
	return 0;
}

int thin_commit(struct thin *thin, int *fd, struct err *e)
{
	int result;

	thin_join(thin);
	result = thin->result;
	if (result != 0)
		*e = thin->e;
	else
		result = thin_replace(thin, fd, e);
	thin_abandon(thin);
	return result;
}

void thin_abandon(struct thin *thin)
{
	atomic_store(&thin->stop, true);
	thin_join(thin);
	if (thin->copy.from)
		fclose(thin->copy.from);
	io_output_discard(&thin->output);
	thin->copy.from = thin->copy.to = NULL;
}
