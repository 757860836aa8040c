// SPDX-License-Identifier: MIT
#include "dat/keyed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dat/fields.h"
#include "dat/number.h"
#include "profile/process.h"

static bool next_pair(
    const struct keyed *keyed, const char **at, struct field *pair)
{
	return keyed->behind ? field_next(at, keyed->end, pair)
			     : field_split(at, keyed->end, ';', pair);
}

static bool keyed_find(
    const struct keyed *keyed, const char *key, struct field *value)
{
	const char *at = keyed->text;
	struct field field;

	while (next_pair(keyed, &at, &field)) {
		if (field_value(&field, key, value))
			return true;
	}
	return false;
}

/* Replaces *text where the key is there. */
static bool take_text(const struct keyed *keyed, const char *key, char **text)
{
	struct field value;

	if (!keyed_find(keyed, key, &value))
		return false;
	free(*text);
	*text = field_decode(&value);
	return true;
}

static bool take_int(const struct keyed *keyed, const char *key, int *number)
{
	struct field value;

	return keyed_find(keyed, key, &value) && field_int(&value, number);
}

/* From a copy: number_read() takes no semicolon for a number's end. */
static bool take_number(
    const struct keyed *keyed, const char *key, double *number)
{
	char text[64 + 1 + NUMBER_PADDING];
	struct field value;
	double got;

	if (!keyed_find(keyed, key, &value) || value.len == 0 || value.len > 64)
		return false;
	memcpy(text, value.text, value.len);
	memset(text + value.len, '\n', 1 + NUMBER_PADDING);
	if (number_read(text, &got) != text + value.len)
		return false;
	*number = got;
	return true;
}

/* An amount of memory that can't be one is not taken. */
static bool take_mib(const struct keyed *keyed, const char *key, double *mib)
{
	double got;

	if (!take_number(keyed, key, &got) || !is_measurement(got))
		return false;
	*mib = got;
	return true;
}

static bool take_count(
    const struct keyed *keyed, const char *key, uint64_t *count)
{
	struct field value;

	return keyed_find(keyed, key, &value) && field_count(&value, count);
}

bool keyed_peak(struct record_reader *reader, const struct keyed *keyed)
{
	struct run *run = reader->run;

	if (run->peaks.len == 0 || keyed->at.mib > reader->highest_mib) {
		reader->highest_mib = keyed->at.mib;
		run->peak_since_s = 0;
		take_number(keyed, "since", &run->peak_since_s);
	}
	series_add(&run->peaks, keyed->at.time_s, keyed->at.mib);
	return true;
}

bool keyed_info(struct record_reader *reader, const struct keyed *keyed)
{
	struct run_info *info = &reader->run->info;
	int alone = 0;

	take_text(keyed, "backend", &info->backend);
	take_text(keyed, "host", &info->host);
	take_text(keyed, "version", &info->version);
	take_text(keyed, "start", &info->start);
	take_number(keyed, "interval", &info->interval_s);
	take_int(keyed, "alone", &alone);
	info->alone = alone != 0;
	info->sum = !alone && !keyed->behind;
	return true;
}

bool keyed_proc(struct record_reader *reader, const struct keyed *keyed)
{
	struct process *process;
	uint64_t start_ticks = 0;
	struct field key;
	int pid;

	if (!keyed_find(keyed, "pid", &key) || !field_int(&key, &pid) ||
	    pid <= 0)
		return false;
	take_count(keyed, "start", &start_ticks);
	process = run_introduce(reader->run, key.text, key.len, start_ticks);
	if (!reader->root_pid)
		reader->root_pid = pid;
	take_int(keyed, "ppid", &process->ppid);
	take_text(keyed, "name", &process->name);
	take_text(keyed, "cmd", &process->command);
	return true;
}

static enum limit_of take_limit_of(const struct keyed *keyed)
{
	static const char *const names[] = {
	    [LIMIT_OF_UNTOLD] = "",
	    [LIMIT_OF_CGROUP] = "cgroup",
	    [LIMIT_OF_ADDRESS_SPACE] = "address-space",
	    [LIMIT_OF_MACHINE] = "machine",
	};
	struct field value;

	if (!keyed_find(keyed, "of", &value))
		return LIMIT_OF_UNTOLD;
	for (size_t i = 1; i < sizeof(names) / sizeof(names[0]); i++) {
		if (value.len == strlen(names[i]) &&
		    memcmp(value.text, names[i], value.len) == 0)
			return (enum limit_of)i;
	}
	return LIMIT_OF_UNTOLD;
}

/* Without a status or a signal the recording ended, and nobody could tell how
 * the process did. */
static void read_exit(const struct keyed *keyed, struct exit_status *exit)
{
	int oom = 0;

	*exit = (struct exit_status){.told = true,
	    .code = -1,
	    .time_s = keyed->at.time_s,
	    .mib = keyed->at.mib};
	exit->known = take_int(keyed, "status", &exit->code) ||
		      take_int(keyed, "signal", &exit->signal);
	take_int(keyed, "oom", &oom);
	exit->oom = oom != 0;
	take_mib(keyed, "limit", &exit->limit_mib);
	exit->limit_of = take_limit_of(keyed);
}

/* The launched program is the first PROC, but for one with CHLD records, which
 * descendants alone have; or a process that nothing else tells of. */
bool keyed_exit(struct record_reader *reader, const struct keyed *keyed)
{
	size_t known = reader->run->processes.len;
	struct process *process;
	struct exit_status exit;
	struct field key;
	int pid;

	if (!keyed_find(keyed, "pid", &key) || !field_int(&key, &pid))
		return false;
	read_exit(keyed, &exit);
	process = run_process(reader->run, key.text, key.len);
	process->exit = exit;
	if ((reader->run->processes.len > known && !process->again) ||
	    (pid == reader->root_pid && process->memory.len == 0))
		reader->run->exit = exit;
	return true;
}

bool keyed_share(struct record_reader *reader, const struct keyed *keyed)
{
	struct share share = {.time_s = keyed->at.time_s, .mib = keyed->at.mib};

	if (!take_mib(keyed, "pss", &share.pss_mib))
		return false;
	take_int(keyed, "processes", &share.processes);
	*array_push(&reader->run->shares) = share;
	return true;
}

bool keyed_call(struct record_reader *reader, const struct keyed *keyed)
{
	struct call call = {.enter_s = keyed->at.time_s,
	    .enter_mib = keyed->at.mib,
	    .leave_mib = keyed->at.mib,
	    .level = -1};

	if (!take_number(keyed, "end", &call.leave_s) ||
	    !isfinite(call.leave_s) || !take_text(keyed, "name", &call.name))
		return false;
	take_mib(keyed, "mib1", &call.leave_mib);
	take_int(keyed, "level", &call.level);
	take_int(keyed, "pid", &call.pid);
	take_int(keyed, "tid", &call.tid);
	*array_push(&reader->run->calls) = call;
	return true;
}

bool keyed_mark(struct record_reader *reader, const struct keyed *keyed)
{
	struct mark mark = {keyed->at.time_s, keyed->at.mib, NULL};

	if (!take_text(keyed, "label", &mark.label))
		return false;
	*array_push(&reader->run->marks) = mark;
	return true;
}

/* Where ":LINE:" stands in file:line:function; the file's name and the
 * function's may hold colons of their own. */
static bool split_frame(const struct field *text, struct field *file,
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
static struct frame read_frame(const struct field *text)
{
	struct field file = {text->text, 0}, line, function = *text;
	struct frame frame = {0};

	if (split_frame(text, &file, &line, &function))
		field_int(&line, &frame.line);
	frame.file = field_decode(&file);
	frame.function = field_decode(&function);
	return frame;
}

/* The code that mprof itself runs in a Python program, around a function with
 * @profile: what it was called from stands for it. */
static bool keyed_is_own_frame(const struct frame *frame)
{
	return strcmp(frame->file, "<mprof>") == 0;
}

static void keyed_free_frame(struct frame *frame)
{
	free(frame->file);
	free(frame->function);
}

static void read_frames(
    struct stack *stack, const struct field *frames, char separator)
{
	const char *at = frames->text, *end = at + frames->len;
	ARRAY(struct frame) list = {0};
	struct field text;

	while (field_split(&at, end, separator, &text)) {
		struct frame frame;

		if (text.len == 0)
			continue;
		frame = read_frame(&text);
		if (keyed_is_own_frame(&frame))
			keyed_free_frame(&frame);
		else
			*array_push(&list) = frame;
	}
	stack->frames = list.items;
	stack->len = list.len;
}

bool keyed_stack(struct record_reader *reader, const struct keyed *keyed)
{
	struct run *run = reader->run;
	struct field frames;
	size_t stack;
	int id, pid = 0, thread = 0;

	if (!take_int(keyed, "id", &id))
		return false;
	stack = run_stack(run, id);
	if (run->stacks.items[stack].len == 0 &&
	    keyed_find(keyed, "frames", &frames))
		read_frames(&run->stacks.items[stack], &frames,
		    keyed->behind ? ';' : ',');
	take_int(keyed, "pid", &pid);
	take_int(keyed, "thread", &thread);
	*array_push(&run->stack_samples) = (struct stack_sample){
	    keyed->at.time_s, keyed->at.mib, stack, pid, thread, 0};
	return true;
}
