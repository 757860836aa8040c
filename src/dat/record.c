// SPDX-License-Identifier: MIT
#include "dat/record.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dat/fields.h"
#include "dat/keyed.h"
#include "dat/number.h"
#include "profile/process.h"

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

/* Where nothing came before, as complete as the format writes it. */
static bool is_whole(struct width width, struct width model)
{
	if (model.len == 0)
		return width.decimals >= 4;
	if (model.decimals == 0)
		return width.len >= model.len;
	return width.decimals >= model.decimals;
}

static bool is_torn_time(struct record_reader *reader, const char *text)
{
	record_measure_time(reader);
	return !is_whole(width_of(text), reader->time);
}

/* Growing step by step would move, and fault in, twice of what is needed. */
static void record_begin_run(struct record_reader *reader)
{
	reader->run = profile_add_run(reader->profile);
	reader->root_pid = 0;
	series_reserve(&reader->run->total, reader->expected);
	reader->expected = 0;
}

static struct run *run_of(struct record_reader *reader)
{
	if (!reader->run)
		record_begin_run(reader);
	return reader->run;
}

/* A figure that can't be an amount of memory makes the record none; nan and inf
 * are numbers that say nothing. */
static bool is_nonsense(double mib)
{
	return isfinite(mib) && !is_measurement(mib);
}

/* Reads two numbers, the memory and the time that stand behind a keyword or a
 * pid; returns where they end, NULL where they don't, or the first is
 * nonsense. */
static const char *read_sample(
    const char *at, struct sample *sample, const char **time_text)
{
	at = number_read(at + strspn(at, " \t"), &sample->mib);
	if (!at || is_nonsense(sample->mib))
		return NULL;
	*time_text = at + strspn(at, " \t");
	return number_read(*time_text, &sample->time_s);
}

static enum record_result read_mem(
    struct record_reader *reader, const char *at, const char *end, bool torn)
{
	const char *time_text;
	struct sample sample;

	(void)end;
	if (!read_sample(at, &sample, &time_text))
		return RECORD_BAD;
	if (torn && is_torn_time(reader, time_text))
		return RECORD_BAD;
	reader->time_text = time_text;
	run_add_total(run_of(reader), sample.time_s, sample.mib);
	return RECORD_TAKEN;
}

static enum record_result read_child(
    struct record_reader *reader, const char *at, const char *end, bool torn)
{
	const char *time_text;
	struct process *process;
	struct sample sample;
	struct field key;

	if (!field_next(&at, end, &key) || memchr(key.text, 0, key.len) ||
	    !read_sample(at, &sample, &time_text))
		return RECORD_BAD;
	if (torn && is_torn_time(reader, time_text))
		return RECORD_BAD;
	reader->time_text = time_text;
	process = run_process(run_of(reader), key.text, key.len);
	/* What the old sampler wrote when it lost its children. */
	if (process->pid == 0 && sample.mib == 0)
		run_note_loss(reader->run);
	else
		run_add_memory(reader->run, process, sample.time_s, sample.mib);
	return RECORD_TAKEN;
}

/* A command line opens a run, but for what came before the first sample:
 * functions are often written before the command that called them. */
static enum record_result read_command(
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

/* The four numbers of a call and its level, read from the right since the
 * name may hold blanks; *end moves to the name's end. */
static bool read_call_numbers(
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

/* With a level the last field is a whole number and four numbers precede it. */
static bool read_call(
    const char *start, const char **end, struct call *call, const char **leave)
{
	const char *name_end = *end;
	struct field level;

	if (field_last(start, &name_end, &level) &&
	    field_int(&level, &call->level) &&
	    read_call_numbers(start, &name_end, call, leave)) {
		*end = name_end;
		return true;
	}
	call->level = -1;
	return read_call_numbers(start, end, call, leave);
}

static enum record_result read_func(
    struct record_reader *reader, const char *at, const char *end, bool torn)
{
	struct call call = {0};
	const char *leave;

	at += strspn(at, " \t");
	if (at >= end || !read_call(at, &end, &call, &leave) ||
	    is_nonsense(call.enter_mib) || is_nonsense(call.leave_mib))
		return RECORD_BAD;
	if (torn &&
	    (is_torn_time(reader, leave) || (reader->levels && call.level < 0)))
		return RECORD_BAD;
	reader->levels = reader->levels || call.level >= 0;
	if (!isfinite(call.enter_s) || !isfinite(call.leave_s))
		return RECORD_TAKEN;
	call.name = mem_copy_n(at, (size_t)(end - at));
	*array_push(&run_of(reader)->calls) = call;
	return RECORD_TAKEN;
}

/* Our own records: keys is what stands behind the keyword, NULL where version
 * 0.1.0 put it behind the time. There a torn value can't be told from a whole
 * one. */
static enum record_result read_keyed(struct record_reader *reader,
    keyed_read *read, const struct field *keys, const char *at, const char *end,
    bool torn)
{
	struct keyed keyed;
	const char *time_text;

	at = read_sample(at, &keyed.at, &time_text);
	if (!at || (torn && (at != end || is_torn_time(reader, time_text))))
		return RECORD_BAD;
	keyed.behind = keys->text == NULL;
	keyed.text = keyed.behind ? at : keys->text;
	keyed.end = keyed.behind ? end : keys->text + keys->len;
	if (!isfinite(keyed.at.time_s) || !isfinite(keyed.at.mib))
		return RECORD_TAKEN;
	run_of(reader);
	reader->time_text = time_text;
	return read(reader, &keyed) ? RECORD_TAKEN : RECORD_BAD;
}

#define KEYWORD(text) text, sizeof(text) - 1

static const struct {
	const char *keyword;
	size_t len;
	enum record_result (*read)(struct record_reader *reader, const char *at,
	    const char *end, bool torn);
	keyed_read *keyed; /* where read is NULL */
} kinds[] = {
    {KEYWORD("MEM"), read_mem, NULL},
    {KEYWORD("CHLD"), read_child, NULL},
    {KEYWORD("FUNC"), read_func, NULL},
    {KEYWORD("CMDLINE"), read_command, NULL},
    {KEYWORD("PEAK"), NULL, keyed_peak},
    {KEYWORD("INFO"), NULL, keyed_info},
    {KEYWORD("PROC"), NULL, keyed_proc},
    {KEYWORD("EXIT"), NULL, keyed_exit},
    {KEYWORD("SHARE"), NULL, keyed_share},
    {KEYWORD("CALL"), NULL, keyed_call},
    {KEYWORD("MARK"), NULL, keyed_mark},
    {KEYWORD("STACK"), NULL, keyed_stack},
};

/* What a later version may write: a word in capitals. */
static bool is_keyword(const struct field *word)
{
	for (size_t i = 0; i < word->len; i++) {
		unsigned char c = (unsigned char)word->text[i];

		if (!isupper(c) && c != '_' && (i == 0 || !isdigit(c)))
			return false;
	}
	return word->len > 1;
}

/* Cuts ;key=value;... off the keyword; keys are what stands behind the first
 * semicolon. */
static void cut_keys(struct field *word, struct field *keys)
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

	/* Editors put it before a file, and joining moves it between lines. */
	if (end - at >= 3 && memcmp(at, bom, 3) == 0)
		at += 3;
	if (end > at && end[-1] == '\r') {
		end--;
		torn = false;
	}
	if (!field_next(&at, end, &word))
		return RECORD_TAKEN;
	cut_keys(&word, &keys);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].len != word.len ||
		    memcmp(kinds[i].keyword, word.text, word.len) != 0)
			continue;
		if (kinds[i].keyed)
			return read_keyed(
			    reader, kinds[i].keyed, &keys, at, end, torn);
		if (keys.text)
			break;
		return kinds[i].read(reader, at, end, torn);
	}
	return is_keyword(&word) ? RECORD_UNKNOWN : RECORD_BAD;
}

/* The rest of a plain line: two numbers, a space between, a newline behind. */
static const char *read_plain_sample(struct record_reader *reader,
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

static const char *take_plain_child(
    struct record_reader *reader, const char *at, const char *end)
{
	const char *pid = at, *next;
	struct sample sample;

	while ((unsigned char)(*at - '0') < 10)
		at++;
	/* Pid 0 may be the phantom that read_child() knows. */
	if (at == pid || *pid == '0' || *at != ' ')
		return NULL;
	next = read_plain_sample(reader, at + 1, end, &sample);
	if (next && !is_measurement(sample.mib))
		return NULL;
	if (next)
		run_add_memory(reader->run,
		    run_process(reader->run, pid, (size_t)(at - pid)),
		    sample.time_s, sample.mib);
	return next;
}

static const char *take_plain_total(
    struct record_reader *reader, const char *at, const char *end)
{
	struct sample sample;
	const char *next = read_plain_sample(reader, at, end, &sample);

	if (next && !is_measurement(sample.mib))
		return NULL;
	if (next)
		run_add_total(reader->run, sample.time_s, sample.mib);
	return next;
}

const char *record_take_plain(
    struct record_reader *reader, const char *at, const char *end)
{
	while (reader->run && end - at > 5) {
		const char *next = NULL;

		if (memcmp(at, "MEM ", 4) == 0)
			next = take_plain_total(reader, at + 4, end);
		else if (memcmp(at, "CHLD ", 5) == 0)
			next = take_plain_child(reader, at + 5, end);
		if (!next)
			break;
		reader->profile->lines++;
		at = next;
	}
	return at;
}
