// SPDX-License-Identifier: MIT
#include "dat/record.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/utf8.h"
#include "dat/fields.h"
#include "profile/allocations.h"
#include "profile/process.h"

enum { NAMES_MAX = 64 }; /* functions inlined into each other */

enum { PLAIN_TOTALS = 64 }; /* samples that are handed on together */

/* A process with many sampled allocations is read every 0.1 s. */
#define LATE_S 0.2

static struct width width_of(const char *text)
{
	size_t len = strcspn(text, " \t\r\n");
	const char *point = memchr(text, '.', len);

	return (struct width){
	    len, point ? len - (size_t)(point - text) - 1 : 0};
}

void record_measure_time(struct record_reader *reader)
{
	if (reader->time_text)
		reader->time = width_of(reader->time_text);
	reader->time_text = NULL;
}

/* Whether a number is complete. Without a model it must have the format's
 * decimals. */
static bool record_is_whole(struct width width, struct width model)
{
	if (model.len == 0)
		return width.decimals >= 4;
	if (model.decimals == 0)
		return width.len >= model.len;
	return width.decimals >= model.decimals;
}

static bool record_is_torn_time(struct record_reader *reader, const char *text)
{
	record_measure_time(reader);
	return !record_is_whole(width_of(text), reader->time);
}

/* Reserves memory at once: growing step by step would copy, and fault in, twice
 * as much. */
static void record_begin_run(struct record_reader *reader)
{
	reader->run = profile_add_run(reader->profile);
	reader->root_pid = 0;
	series_reserve(&reader->run->total, reader->expected);
	reader->expected = 0;
}

static struct run *record_run_of(struct record_reader *reader)
{
	if (!reader->run)
		record_begin_run(reader);
	return reader->run;
}

/* A figure that can't be an amount of memory makes the record invalid; nan and
 * inf are numbers that tell nothing. */
static bool record_is_nonsense(double mib)
{
	return isfinite(mib) && !series_is_measurement(mib);
}

/* Parses memory and time, which follow a keyword or a pid. Returns their end;
 * NULL where they are missing or the memory is invalid. */
static const char *record_parse_sample(
    const char *at, struct sample *sample, const char **time_text)
{
	at = number_read(at + strspn(at, " \t"), &sample->mib);
	if (!at || record_is_nonsense(sample->mib))
		return NULL;
	*time_text = at + strspn(at, " \t");
	return number_read(*time_text, &sample->time_s);
}

static enum record_result record_read_mem(
    struct record_reader *reader, const char *at, const char *end, bool torn)
{
	const char *time_text;
	struct sample sample;

	(void)end;
	if (!record_parse_sample(at, &sample, &time_text))
		return RECORD_BAD;
	if (torn && record_is_torn_time(reader, time_text))
		return RECORD_BAD;
	reader->time_text = time_text;
	run_add_total(record_run_of(reader), sample.time_s, sample.mib);
	return RECORD_TAKEN;
}

static enum record_result record_read_child(
    struct record_reader *reader, const char *at, const char *end, bool torn)
{
	const char *time_text;
	struct process *process;
	struct sample sample;
	struct field key;

	if (!field_next(&at, end, &key) || memchr(key.text, 0, key.len) ||
	    !record_parse_sample(at, &sample, &time_text))
		return RECORD_BAD;
	if (torn && record_is_torn_time(reader, time_text))
		return RECORD_BAD;
	reader->time_text = time_text;
	process = run_process(record_run_of(reader), key.text, key.len);
	/* memory_profiler's record of having lost its children. */
	if (process->pid == 0 && sample.mib == 0)
		run_note_loss(reader->run);
	else
		run_add_memory(reader->run, process, sample.time_s, sample.mib);
	return RECORD_TAKEN;
}

/* A command line begins a run, which includes records before its first sample:
 * functions are often written before their command line. */
static enum record_result record_read_command(
    struct record_reader *reader, const char *at, const char *end, bool torn)
{
	struct run *run = reader->run;

	(void)torn;
	at += at < end;
	if (!run || run->command || run->total.len > 0 ||
	    run->processes.len > 0) {
		record_begin_run(reader);
	}
	reader->run->command = field_unescape(at, (size_t)(end - at));
	return RECORD_TAKEN;
}

/* Parses a call's four numbers and its level from the right, as the name may
 * contain blanks; *end then points to the name's end. */
static bool record_parse_call_numbers(
    const char *start, const char **end, struct call *call, const char **leave)
{
	double *const values[] = {
	    &call->leave_s, &call->leave_mib, &call->enter_s, &call->enter_mib};
	struct field field;
	const char *at = *end;

	*leave = NULL;
	for (size_t i = 0; i < 4; i++) {
		if (!field_last(start, &at, &field) ||
		    number_read(field.text, values[i]) !=
			field.text + field.len)
			return false;
		if (!*leave)
			*leave = field.text;
	}
	while (at > start && (at[-1] == ' ' || at[-1] == '\t'))
		at--;
	*end = at;
	return at > start;
}

/* With a level, the last field is a whole number after the four numbers. */
static bool record_parse_call(
    const char *start, const char **end, struct call *call, const char **leave)
{
	const char *name_end = *end;
	struct field level;

	if (field_last(start, &name_end, &level) &&
	    field_int(&level, &call->level) &&
	    record_parse_call_numbers(start, &name_end, call, leave)) {
		*end = name_end;
		return true;
	}
	call->level = -1;
	return record_parse_call_numbers(start, end, call, leave);
}

static enum record_result record_read_func(
    struct record_reader *reader, const char *at, const char *end, bool torn)
{
	struct call call = {0};
	const char *leave;

	at += strspn(at, " \t");
	if (at >= end || !record_parse_call(at, &end, &call, &leave) ||
	    record_is_nonsense(call.enter_mib) ||
	    record_is_nonsense(call.leave_mib))
		return RECORD_BAD;
	if (torn && (record_is_torn_time(reader, leave) ||
			(reader->levels && call.level < 0)))
		return RECORD_BAD;
	reader->levels = reader->levels || call.level >= 0;
	if (!isfinite(call.enter_s) || !isfinite(call.leave_s))
		return RECORD_TAKEN;
	call.name = mem_copy_n(at, (size_t)(end - at));
	*array_push(&record_run_of(reader)->calls) = call;
	return RECORD_TAKEN;
}

/* An extension record of mprof: KEYWORD[;key=value;...] MiB time. Unknown keys
 * are skipped. Version 0.1.0 wrote KEYWORD MiB time key=value ..., which is
 * read as well. */
struct extension {
	struct sample at;
	const char *text, *end; /* the keys and values */
	bool behind;            /* they follow the time, as in 0.1.0 */
};

static bool record_next(
    const struct extension *record, const char **at, struct field *pair)
{
	return record->behind ? field_next(at, record->end, pair)
			      : field_split(at, record->end, ';', pair);
}

static bool record_find(
    const struct extension *record, const char *key, struct field *value)
{
	const char *at = record->text;
	struct field field;

	while (record_next(record, &at, &field)) {
		if (field_value(&field, key, value))
			return true;
	}
	return false;
}

/* Replaces *text if the key is there. */
static bool record_get_text(
    const struct extension *record, const char *key, char **text)
{
	struct field value;

	if (!record_find(record, key, &value))
		return false;
	free(*text);
	*text = field_decode(&value);
	return true;
}

static bool record_get_int(
    const struct extension *record, const char *key, int *number)
{
	struct field value;

	return record_find(record, key, &value) && field_int(&value, number);
}

/* Parses a copy: number_read() does not end a number at a semicolon. */
static bool record_get_number(
    const struct extension *record, const char *key, double *number)
{
	char text[64 + 1 + NUMBER_PADDING];
	struct field value;
	double got;

	if (!record_find(record, key, &value) || value.len == 0 ||
	    value.len > 64)
		return false;
	memcpy(text, value.text, value.len);
	memset(text + value.len, '\n', 1 + NUMBER_PADDING);
	if (number_read(text, &got) != text + value.len)
		return false;
	*number = got;
	return true;
}

/* Keeps *mib if the key is missing or its value is nan or inf; false if it
 * can't be an amount of memory. */
static bool record_get_mib(
    const struct extension *record, const char *key, double *mib)
{
	double got;

	if (!record_get_number(record, key, &got) || !isfinite(got))
		return true;
	if (!series_is_measurement(got))
		return false;
	*mib = got;
	return true;
}

static bool record_get_count(
    const struct extension *record, const char *key, uint64_t *count)
{
	struct field value;

	return record_find(record, key, &value) && field_count(&value, count);
}

static bool record_read_peak(
    struct record_reader *reader, const struct extension *record)
{
	struct run *run = reader->run;
	double since_s;

	if (record_get_number(record, "since", &since_s) && since_s > 0 &&
	    since_s <= record->at.time_s)
		*array_push(&run->peak_sinces) =
		    (struct peak_since){record->at, since_s};
	series_add(&run->peaks, record->at.time_s, record->at.mib);
	return true;
}

static bool record_read_info(
    struct record_reader *reader, const struct extension *record)
{
	struct run_info *info = &reader->run->info;
	int alone = 0;

	record_get_text(record, "backend", &info->backend);
	record_get_text(record, "host", &info->host);
	record_get_text(record, "version", &info->version);
	record_get_text(record, "start", &info->start);
	record_get_text(record, "job", &info->job);
	record_get_number(record, "interval", &info->interval_s);
	record_get_int(record, "rank", &info->rank);
	record_get_int(record, "ranks", &info->ranks);
	record_get_int(record, "alone", &alone);
	info->alone = alone != 0;
	info->sum = !alone && !record->behind;
	return true;
}

static bool record_read_thin(
    struct record_reader *reader, const struct extension *record)
{
	struct run_info *info = &reader->run->info;

	record_get_count(record, "processes", &info->left.processes);
	record_get_count(record, "marks", &info->left.marks);
	record_get_count(record, "snapshots", &info->left.snapshots);
	record_get_count(record, "runs", &info->left.runs);
	(void)record_get_mib(record, "highest", &info->left.highest_mib);
	if (!record_get_number(record, "stretch", &info->stretch_s) ||
	    !record_get_number(record, "until", &info->until_s) ||
	    !(info->stretch_s > 0 && isfinite(info->stretch_s)) ||
	    !isfinite(info->until_s)) {
		info->stretch_s = 0;
		return false;
	}
	return true;
}

static bool record_read_size(
    struct record_reader *reader, const struct extension *record)
{
	return record_get_text(record, "why", &reader->run->info.oversize);
}

/* The highest sample under the name just read, which thinning left out. */
static void record_read_thinned(
    const struct extension *record, struct process *process)
{
	double peak_mib = 0;

	(void)record_get_mib(record, "peak", &peak_mib);
	if (peak_mib <= process->thinned_mib)
		return;
	process->thinned_mib = peak_mib;
	process->high_mib = peak_mib;
	free(process->high_name);
	free(process->high_command);
	process->high_name = process->name ? mem_copy(process->name) : NULL;
	process->high_command =
	    process->command ? mem_copy(process->command) : NULL;
}

static bool record_read_proc(
    struct record_reader *reader, const struct extension *record)
{
	struct process *process;
	uint64_t start_ticks = 0;
	struct field key;
	int pid;

	if (!record_find(record, "pid", &key) || !field_int(&key, &pid) ||
	    pid <= 0)
		return false;
	record_get_count(record, "start", &start_ticks);
	process = run_introduce(reader->run, key.text, key.len, start_ticks);
	if (!reader->root_pid)
		reader->root_pid = pid;
	record_get_int(record, "ppid", &process->ppid);
	record_get_text(record, "name", &process->name);
	record_get_text(record, "cmd", &process->command);
	record_read_thinned(record, process);
	return true;
}

static enum limit_of record_get_limit_of(const struct extension *record)
{
	static const char *const names[] = {
	    [LIMIT_OF_UNKNOWN] = "",
	    [LIMIT_OF_CGROUP] = "cgroup",
	    [LIMIT_OF_ADDRESS_SPACE] = "address-space",
	    [LIMIT_OF_MACHINE] = "machine",
	};
	struct field value;

	if (!record_find(record, "of", &value))
		return LIMIT_OF_UNKNOWN;
	for (size_t i = 1; i < sizeof(names) / sizeof(names[0]); i++) {
		if (value.len == strlen(names[i]) &&
		    memcmp(value.text, names[i], value.len) == 0)
			return (enum limit_of)i;
	}
	return LIMIT_OF_UNKNOWN;
}

/* Without status and signal the recording ended, and it is unknown how the
 * process did. */
static void record_get_exit(
    const struct extension *record, struct exit_status *exit)
{
	int oom = 0;

	*exit = (struct exit_status){.recorded = true,
	    .code = -1,
	    .time_s = record->at.time_s,
	    .mib = record->at.mib};
	exit->known = record_get_int(record, "status", &exit->code) ||
		      record_get_int(record, "signal", &exit->signal);
	record_get_number(record, "until", &exit->until_s);
	record_get_int(record, "oom", &oom);
	exit->oom = oom != 0;
	(void)record_get_mib(record, "limit", &exit->limit_mib);
	exit->limit_of = record_get_limit_of(record);
}

/* The launched program is the first PROC, unless it has CHLD records, which
 * only descendants have; or a process that no other record names. Pid 0 stands
 * for a control group. */
static bool record_read_exit(
    struct record_reader *reader, const struct extension *record)
{
	size_t known = reader->run->processes.len;
	struct process *process;
	struct exit_status exit;
	struct field key;
	int pid;

	if (!record_find(record, "pid", &key) || !field_int(&key, &pid))
		return false;
	record_get_exit(record, &exit);
	if (pid == 0) {
		reader->run->exit = exit;
		return true;
	}
	process = run_process(reader->run, key.text, key.len);
	process->exit = exit;
	if ((reader->run->processes.len > known && !process->again) ||
	    (pid == reader->root_pid && process->memory.len == 0))
		reader->run->exit = exit;
	return true;
}

static bool record_read_share(
    struct record_reader *reader, const struct extension *record)
{
	struct share share = {
	    .time_s = record->at.time_s, .mib = record->at.mib, .pss_mib = NAN};

	if (!record_get_mib(record, "pss", &share.pss_mib) ||
	    isnan(share.pss_mib))
		return false;
	record_get_int(record, "processes", &share.processes);
	*array_push(&reader->run->shares) = share;
	return true;
}

static bool record_read_usage(
    struct record_reader *reader, const struct extension *record)
{
	struct usage_series **place = &reader->run->usage;
	bool gpu = memmem(
	    record->text, (size_t)(record->end - record->text), "gpu", 3);
	size_t count = gpu ? FIGURES : FIGURE_GPU;
	struct field key;

	if (record_find(record, "pid", &key))
		place = &run_process(reader->run, key.text, key.len)->usage;
	for (size_t i = 0; i < count; i++) {
		double value = NAN;

		if (record_get_number(
			record, resource_figures[i].key, &value) &&
		    series_is_measurement(value))
			series_add(&usage_at(place)->figures[i],
			    record->at.time_s, value);
	}
	return true;
}

static bool record_read_call(
    struct record_reader *reader, const struct extension *record)
{
	struct call call = {.enter_s = record->at.time_s,
	    .enter_mib = record->at.mib,
	    .leave_mib = record->at.mib,
	    .level = -1};

	if (!record_get_number(record, "end", &call.leave_s) ||
	    !isfinite(call.leave_s) ||
	    !record_get_mib(record, "mib1", &call.leave_mib) ||
	    !record_get_text(record, "name", &call.name))
		return false;
	record_get_int(record, "level", &call.level);
	record_get_int(record, "pid", &call.pid);
	record_get_int(record, "tid", &call.tid);
	*array_push(&reader->run->calls) = call;
	return true;
}

static bool record_read_mark(
    struct record_reader *reader, const struct extension *record)
{
	struct mark mark = {record->at.time_s, record->at.mib, NULL};

	if (!record_get_text(record, "label", &mark.label))
		return false;
	*array_push(&reader->run->marks) = mark;
	return true;
}

/* Splits file:line:function at ":LINE:"; file and function names may contain
 * colons. */
static bool record_split_frame(const struct field *text, struct field *file,
    struct field *line, struct field *function)
{
	const char *end = text->text + text->len;
	const char *at = memchr(text->text, ':', text->len);

	while (at) {
		size_t digits = 0, rest = (size_t)(end - at) - 1;

		while (digits < rest && at[1 + digits] >= '0' &&
		       at[1 + digits] <= '9')
			digits++;
		if (digits > 0 && digits < rest && at[1 + digits] == ':') {
			const char *name = at + digits + 2;

			*file = (struct field){
			    text->text, (size_t)(at - text->text)};
			*line = (struct field){at + 1, digits};
			*function = (struct field){name, (size_t)(end - name)};
			return true;
		}
		at = memchr(at + 1, ':', rest);
	}
	return false;
}

/* A frame of another shape is a function without a file. */
static struct frame record_read_frame(const struct field *text)
{
	struct field file = {text->text, 0}, line, function = *text;
	struct frame frame = {0};

	if (record_split_frame(text, &file, &line, &function))
		field_int(&line, &frame.line);
	frame.file = field_decode(&file);
	frame.function = field_decode(&function);
	/* Python names a script that was started as ./app so; compilers do with
	 * sources. */
	path_clean(frame.file);
	return frame;
}

/* Whether the frame is mprof's own code around a function with @profile in a
 * Python program: its caller is used instead. */
static bool record_is_own_frame(const struct frame *frame)
{
	return strcmp(frame->file, "<mprof>") == 0;
}

static void record_free_frame(struct frame *frame)
{
	free(frame->file);
	free(frame->function);
}

static void record_read_frames(
    struct stack *stack, const struct field *frames, char separator)
{
	const char *at = frames->text, *end = at + frames->len;
	ARRAY(struct frame) list = {0};
	struct field text;

	while (field_split(&at, end, separator, &text)) {
		struct frame frame;

		if (text.len == 0)
			continue;
		frame = record_read_frame(&text);
		if (record_is_own_frame(&frame))
			record_free_frame(&frame);
		else
			*array_push(&list) = frame;
	}
	stack->frames = list.items;
	stack->len = list.len;
}

static bool record_read_stack(
    struct record_reader *reader, const struct extension *record)
{
	struct run *run = reader->run;
	struct field frames;
	size_t stack;
	int id, pid = 0, thread = 0;

	if (!record_get_int(record, "id", &id))
		return false;
	stack = run_stack(run, id);
	if (run->stacks.items[stack].len == 0 &&
	    record_find(record, "frames", &frames))
		record_read_frames(&run->stacks.items[stack], &frames,
		    record->behind ? ';' : ',');
	record_get_int(record, "pid", &pid);
	record_get_int(record, "thread", &thread);
	*array_push(&run->stack_samples) = (struct stack_sample){
	    record->at.time_s, record->at.mib, stack, pid, thread, 0};
	return true;
}

/* Reads #NUMBER of a known frame, or #NUMBER:file:line:function of a new one.
 * False for other text. */
static bool record_read_numbered_frame(
    struct run *run, const struct field *text, size_t *place)
{
	const char *end = text->text + text->len;
	const char *colon = memchr(text->text, ':', text->len);
	struct field number = {text->text + 1, 0}, rest;
	struct site_frame *code;
	uint64_t value;

	if (text->len < 2 || text->text[0] != '#')
		return false;
	number.len = (size_t)((colon ? colon : end) - number.text);
	if (!field_count(&number, &value))
		return false;
	*place = run_code(run, value);
	code = &run->code.items[*place];
	if (!colon || code->own.file)
		return true;
	rest = (struct field){colon + 1, (size_t)(end - colon) - 1};
	code->own = record_read_frame(&rest);
	if (code->own.line == 0 &&
	    (strncmp(code->own.function, "+0x", 3) == 0 ||
		strcmp(code->own.file, "[vdso]") == 0 ||
		strncmp(code->own.file, "/tmp/perf-", 10) == 0))
		code->own.module = code->own.file;
	return true;
}

static void record_read_site(struct run *run, const struct field *frames)
{
	const char *at = frames->text, *end = at + frames->len;
	struct field text;
	size_t place;

	while (field_split(&at, end, ',', &text)) {
		if (record_read_numbered_frame(run, &text, &place) &&
		    !(run->code.items[place].own.file &&
			record_is_own_frame(&run->code.items[place].own)))
			run_add_site_frame(run, place);
	}
}

static bool record_read_sampled(struct run *run, const struct extension *record,
    struct allocation_list *list)
{
	struct allocation allocation = {
	    .time_s = record->at.time_s, .mib = record->at.mib};
	size_t known = run->sites.len;
	uint64_t site = 0, size = 0;
	struct field frames;

	if (!record_get_count(record, "id", &allocation.id) ||
	    !record_get_count(record, "site", &site))
		return false;
	record_get_count(record, "size", &size);
	record_get_int(record, "pid", &allocation.pid);
	allocation.size_mib = (double)size / (1 << 20);
	allocation.site = run_site(run, site);
	if (run->sites.len > known && record_find(record, "frames", &frames))
		record_read_site(run, &frames);
	return allocations_add(list, &allocation);
}

/* A sample that was made long before the last reading, though it is new in this
 * one, which no longer has others of its process: it is what is left of one of
 * these, as of a mapping that was cut, and counted with it up to now. */
static void record_note_rest(const struct record_reader *reader)
{
	const struct series *total = &reader->run->total;
	struct allocation *added =
	    &reader->run->allocations.items[reader->run->allocations.len - 1];

	if (total->len >= 2 && reader->freed_pid == added->pid &&
	    reader->freed_s >= total->items[total->len - 1].time_s &&
	    added->time_s < total->items[total->len - 2].time_s - LATE_S)
		added->begun_s = reader->freed_s;
}

static bool record_read_alloc(
    struct record_reader *reader, const struct extension *record)
{
	if (!record_read_sampled(
		reader->run, record, &reader->run->allocations))
		return false;
	record_note_rest(reader);
	return true;
}

static bool record_read_touch(
    struct record_reader *reader, const struct extension *record)
{
	return record_read_sampled(reader->run, record, &reader->run->touches);
}

static bool record_read_gone(
    const struct extension *record, struct allocation_list *list)
{
	struct field ids, text;
	const char *at, *end;
	double read_s = record->at.time_s;
	int ended = 0;

	if (!record_find(record, "id", &ids))
		return false;
	record_get_int(record, "ended", &ended);
	record_get_number(record, "read", &read_s);
	at = ids.text;
	end = at + ids.len;
	while (field_split(&at, end, ',', &text)) {
		const char *dash = memchr(text.text, '-', text.len);
		const char *stop = text.text + text.len;
		struct field last = text;
		uint64_t from, to;

		if (dash) {
			text.len = (size_t)(dash - text.text);
			last =
			    (struct field){dash + 1, (size_t)(stop - dash) - 1};
		}
		if (!field_count(&text, &from) || !field_count(&last, &to))
			return false;
		if (ended && read_s > record->at.time_s)
			allocations_end_before(
			    list, from, to, record->at.time_s, read_s);
		else
			allocations_end(
			    list, from, to, record->at.time_s, ended != 0);
	}
	return true;
}

static bool record_read_free(
    struct record_reader *reader, const struct extension *record)
{
	reader->freed_s = record->at.time_s;
	reader->freed_pid = 0;
	record_get_int(record, "pid", &reader->freed_pid);
	return record_read_gone(record, &reader->run->allocations);
}

static bool record_read_left(
    struct record_reader *reader, const struct extension *record)
{
	return record_read_gone(record, &reader->run->touches);
}

static bool record_read_faults(
    struct record_reader *reader, const struct extension *record)
{
	struct fault_sampling *faults = &reader->run->faults;

	*faults = (struct fault_sampling){.known = true};
	record_get_count(record, "lost", &faults->lost);
	record_get_count(record, "failed", &faults->failed);
	return record_get_number(record, "period", &faults->period);
}

static bool record_read_held(
    struct record_reader *reader, const struct extension *record)
{
	struct hooked hooked = {.time_s = record->at.time_s, .every = 1};

	if (!record_get_text(record, "by", &hooked.by))
		return false;
	record_get_text(record, "name", &hooked.name);
	record_get_int(record, "pid", &hooked.pid);
	record_get_number(record, "period", &hooked.period);
	record_get_count(record, "every", &hooked.every);
	record_get_count(record, "failed", &hooked.failed);
	record_get_count(record, "lost", &hooked.lost);
	*array_push(&reader->run->hooked) = hooked;
	return true;
}

static bool record_get_kib(
    const struct extension *record, const char *key, int64_t *kib)
{
	double mib = NAN;

	if (!record_get_mib(record, key, &mib) || isnan(mib) ||
	    mib > (double)(INT64_MAX >> 11))
		return false;
	*kib = (int64_t)(mib * 1024 + 0.5);
	return true;
}

/* The state of a snapshot's heap beside its objects. */
static void record_fill_heap(const struct extension *record, struct heap *heap)
{
	double pause_s = 0;
	char *python = NULL;
	int pid = 0;

	record_get_int(record, "pid", &pid);
	record_get_number(record, "pause", &pause_s);
	record_get_text(record, "python", &python);
	heap->pid = pid;
	heap->wall_ns = (int64_t)(record->at.time_s * 1e9);
	heap->pause_ns =
	    pause_s >= 0 && pause_s < 1e6 ? (int64_t)(pause_s * 1e9) : 0;
	heap->has_rss = record_get_kib(record, "rss", &heap->rss_kib);
	heap->has_parts = heap->has_rss &&
			  record_get_kib(record, "files", &heap->files_kib) &&
			  record_get_kib(record, "free", &heap->free_kib);
	if (python)
		utf8_clean(heap->python, sizeof(heap->python), python);
	free(python);
}

static bool record_read_heap(
    struct record_reader *reader, const struct extension *record)
{
	struct heap_snapshot snapshot = {.asked_s = record->at.time_s};

	if (fabs(record->at.time_s) > 9e9 ||
	    !record_get_count(record, "id", &snapshot.id) ||
	    !record_get_count(record, "types", &snapshot.types) ||
	    !record_get_text(record, "label", &snapshot.label))
		return false;
	record_get_number(record, "asked", &snapshot.asked_s);
	record_fill_heap(record, &snapshot.heap);
	*array_push(&reader->run->snapshots) = snapshot;
	return true;
}

static bool record_read_type(
    struct record_reader *reader, const struct extension *record)
{
	struct run *run = reader->run;
	struct heap_snapshot *snapshot;
	char *name = NULL, clean[2048];
	uint64_t id, count, size;

	if (run->snapshots.len == 0 || !record_get_count(record, "heap", &id) ||
	    !record_get_count(record, "count", &count) ||
	    !record_get_count(record, "size", &size) || count > INT64_MAX ||
	    size > INT64_MAX || !record_get_text(record, "name", &name))
		return false;
	snapshot = &run->snapshots.items[run->snapshots.len - 1];
	if (snapshot->id == id) {
		heap_add(&snapshot->heap,
		    utf8_clean(clean, sizeof(clean), name), (int64_t)count,
		    (int64_t)size);
		snapshot->read++;
	}
	free(name);
	return snapshot->id == id;
}

static bool record_read_name(
    struct record_reader *reader, const struct extension *record)
{
	struct run *run = reader->run;
	struct field frames, text;
	const char *at, *end;
	struct site_frame *code;
	uint64_t number;
	size_t place;

	if (!record_get_count(record, "frame", &number) ||
	    !record_find(record, "frames", &frames))
		return false;
	place = run_code(run, number); /* the array may move */
	code = &run->code.items[place];
	if (code->names.len > 0)
		return true;
	at = frames.text;
	end = at + frames.len;
	while (
	    code->names.len < NAMES_MAX && field_split(&at, end, ',', &text)) {
		struct frame *frame = array_push(&code->names);

		*frame = record_read_frame(&text);
		if (code->own.file && *code->own.file)
			frame->module = code->own.file;
		else if (!code->own.file || frame->line == 0)
			frame->module = frame->file;
	}
	return true;
}

/* Adds to reader->run; false where a key is missing or invalid. */
typedef bool extension_reader(
    struct record_reader *reader, const struct extension *record);

/* keys is the text after the keyword, NULL where version 0.1.0 put it after the
 * time; there an incomplete value looks complete. */
static enum record_result record_read_extension(struct record_reader *reader,
    extension_reader *read, const struct field *keys, const char *at,
    const char *end, bool torn)
{
	struct extension record;
	const char *time_text;

	at = record_parse_sample(at, &record.at, &time_text);
	if (!at ||
	    (torn && (at != end || record_is_torn_time(reader, time_text))))
		return RECORD_BAD;
	record.behind = keys->text == NULL;
	record.text = record.behind ? at : keys->text;
	record.end = record.behind ? end : keys->text + keys->len;
	if (!isfinite(record.at.time_s) || !isfinite(record.at.mib))
		return RECORD_TAKEN;
	record_run_of(reader);
	reader->time_text = time_text;
	return read(reader, &record) ? RECORD_TAKEN : RECORD_BAD;
}

#define KEYWORD(text) text, sizeof(text) - 1

static const struct {
	const char *keyword;
	size_t len;
	enum record_result (*read)(struct record_reader *reader, const char *at,
	    const char *end, bool torn);
	extension_reader *extension; /* where read is NULL */
} kinds[] = {
    {KEYWORD("MEM"), record_read_mem, NULL},
    {KEYWORD("CHLD"), record_read_child, NULL},
    {KEYWORD("FUNC"), record_read_func, NULL},
    {KEYWORD("CMDLINE"), record_read_command, NULL},
    {KEYWORD("PEAK"), NULL, record_read_peak},
    {KEYWORD("INFO"), NULL, record_read_info},
    {KEYWORD("THIN"), NULL, record_read_thin},
    {KEYWORD("SIZE"), NULL, record_read_size},
    {KEYWORD("PROC"), NULL, record_read_proc},
    {KEYWORD("EXIT"), NULL, record_read_exit},
    {KEYWORD("SHARE"), NULL, record_read_share},
    {KEYWORD("USAGE"), NULL, record_read_usage},
    {KEYWORD("CALL"), NULL, record_read_call},
    {KEYWORD("MARK"), NULL, record_read_mark},
    {KEYWORD("STACK"), NULL, record_read_stack},
    {KEYWORD("ALLOC"), NULL, record_read_alloc},
    {KEYWORD("FREE"), NULL, record_read_free},
    {KEYWORD("HELD"), NULL, record_read_held},
    {KEYWORD("TOUCH"), NULL, record_read_touch},
    {KEYWORD("LEFT"), NULL, record_read_left},
    {KEYWORD("FAULTS"), NULL, record_read_faults},
    {KEYWORD("NAME"), NULL, record_read_name},
    {KEYWORD("HEAP"), NULL, record_read_heap},
    {KEYWORD("TYPE"), NULL, record_read_type},
};

/* Later versions may write any word in capitals. */
static bool record_is_keyword(const struct field *word)
{
	for (size_t i = 0; i < word->len; i++) {
		unsigned char c = (unsigned char)word->text[i];

		if (!isupper(c) && c != '_' && (i == 0 || !isdigit(c)))
			return false;
	}
	return word->len > 1;
}

/* Splits ;key=value;... off the keyword; keys is the text after the first
 * semicolon. */
static void record_cut_keys(struct field *word, struct field *keys)
{
	const char *end = word->text + word->len;
	const char *semicolon = memchr(word->text, ';', word->len);

	*keys = (struct field){0};
	if (!semicolon)
		return;
	word->len = (size_t)(semicolon - word->text);
	*keys = (struct field){semicolon + 1, (size_t)(end - semicolon) - 1};
}

enum record_result record_read(
    struct record_reader *reader, const char *at, const char *end, bool torn)
{
	static const char bom[] = "\xef\xbb\xbf";
	struct field word, keys;

	/* Editors put a byte order mark before a file, and concatenation moves
	 * it between lines. */
	if (end - at >= 3 && memcmp(at, bom, 3) == 0)
		at += 3;
	if (end > at && end[-1] == '\r') {
		end--;
		torn = false;
	}
	if (!field_next(&at, end, &word))
		return RECORD_TAKEN;
	record_cut_keys(&word, &keys);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].len != word.len ||
		    memcmp(kinds[i].keyword, word.text, word.len) != 0)
			continue;
		if (kinds[i].extension)
			return record_read_extension(
			    reader, kinds[i].extension, &keys, at, end, torn);
		if (keys.text)
			break;
		return kinds[i].read(reader, at, end, torn);
	}
	return record_is_keyword(&word) ? RECORD_UNKNOWN : RECORD_BAD;
}

/* Parses the rest of a plain line: two numbers, a blank between, a newline. */
static inline const char *record_read_plain_sample(struct record_reader *reader,
    const char *at, const char *end, struct sample *sample)
{
	const char *next = number_read_sample(
	    &reader->seconds, at, &sample->mib, &sample->time_s);

	if (next && next <= end) {
		reader->time_text = next - 16;
		return next;
	}
	at = number_read(at, &sample->mib);
	if (!at || *at != ' ')
		return NULL;
	next = number_read(at + 1, &sample->time_s);
	if (!next || *next != '\n' || next >= end)
		return NULL;
	reader->time_text = at + 1;
	return next + 1;
}

static const char *record_read_plain_child(
    struct record_reader *reader, const char *at, const char *end)
{
	const char *pid = at, *next;
	struct sample sample;

	while ((unsigned char)(*at - '0') < 10)
		at++;
	/* Pid 0 may be the phantom that record_read_child() handles. */
	if (at == pid || *pid == '0' || *at != ' ')
		return NULL;
	next = record_read_plain_sample(reader, at + 1, end, &sample);
	if (!next || !series_is_measurement(sample.mib))
		return NULL;
	run_add_memory(reader->run,
	    run_process(reader->run, pid, (size_t)(at - pid)), sample.time_s,
	    sample.mib);
	reader->profile->lines++;
	return next;
}

/* Takes MEM lines that follow each other, most of them at a time; NULL where
 * the first is not plain. */
static const char *record_read_plain_totals(
    struct record_reader *reader, const char *at, const char *end)
{
	struct sample samples[PLAIN_TOTALS];
	size_t count = 0;

	while (count < PLAIN_TOTALS && end - at > 5 &&
	       memcmp(at, "MEM ", 4) == 0) {
		const char *next = record_read_plain_sample(
		    reader, at + 4, end, &samples[count]);

		if (!next || !series_is_measurement(samples[count].mib))
			break;
		at = next;
		count++;
	}
	if (count == 0)
		return NULL;
	run_add_totals(reader->run, samples, count);
	reader->profile->lines += count;
	return at;
}

const char *record_read_plain(
    struct record_reader *reader, const char *at, const char *end)
{
	while (reader->run && end - at > 5) {
		const char *next = NULL;

		if (memcmp(at, "MEM ", 4) == 0)
			next = record_read_plain_totals(reader, at, end);
		else if (memcmp(at, "CHLD ", 5) == 0)
			next = record_read_plain_child(reader, at + 5, end);
		if (!next)
			break;
		at = next;
	}
	return at;
}
