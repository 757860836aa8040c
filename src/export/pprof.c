// SPDX-License-Identifier: MIT
//
// The profile.proto of pprof (github.com/google/pprof), in the wire format of
// protocol buffers: a key is a field's number times 8 and a type, 0 for a
// number in base 128, 2 for bytes behind their length. pprof reads it without
// compression too.
#include "export/formats.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/held.h"
#include "base/strbuf.h"
#include "export/stacks.h"
#include "profile/run.h"

/* Field numbers of Profile, and of its messages. */
enum {
	PROFILE_SAMPLE_TYPE = 1,
	PROFILE_SAMPLE = 2,
	PROFILE_LOCATION = 4,
	PROFILE_FUNCTION = 5,
	PROFILE_STRING_TABLE = 6,
	PROFILE_TIME_NANOS = 9,
	PROFILE_DURATION_NANOS = 10,
	PROFILE_PERIOD_TYPE = 11,
	PROFILE_PERIOD = 12,
	VALUE_TYPE_TYPE = 1,
	VALUE_TYPE_UNIT = 2,
	SAMPLE_LOCATION_ID = 1,
	SAMPLE_VALUE = 2,
	LOCATION_ID = 1,
	LOCATION_LINE = 4,
	LINE_FUNCTION_ID = 1,
	LINE_LINE = 2,
	FUNCTION_ID = 1,
	FUNCTION_NAME = 2,
	FUNCTION_SYSTEM_NAME = 3,
	FUNCTION_FILENAME = 4,
};

/* Texts are referred to by number; the first is "". */
struct pprof_texts {
	ARRAY(char *) items;
	struct index index;
};

struct pprof {
	struct strbuf out, message, inner;
	struct pprof_texts texts;
	struct export_frames frames;
};

static void pprof_add_number(struct strbuf *to, uint64_t number)
{
	for (; number >= 128; number >>= 7)
		strbuf_add_bytes(to, &(char){(char)(number | 128)}, 1);
	strbuf_add_bytes(to, &(char){(char)number}, 1);
}

static void pprof_put_number(struct strbuf *to, int field, int64_t number)
{
	pprof_add_number(to, (uint64_t)field << 3);
	pprof_add_number(to, (uint64_t)number);
}

static void pprof_put_bytes(
    struct strbuf *to, int field, const void *bytes, size_t len)
{
	pprof_add_number(to, (uint64_t)field << 3 | 2);
	pprof_add_number(to, len);
	strbuf_add_bytes(to, bytes, len);
}

/* Writes a whole message and empties it. */
static void pprof_put_message(
    struct strbuf *to, int field, struct strbuf *message)
{
	pprof_put_bytes(to, field, message->text, message->len);
	strbuf_cut(message, 0);
}

static bool pprof_text_is(const void *items, size_t at, const void *key)
{
	return strcmp(((char *const *)items)[at], key) == 0;
}

static int64_t pprof_text(struct pprof *pprof, const char *text)
{
	struct pprof_texts *texts = &pprof->texts;
	size_t at = index_place(&texts->index, index_hash(text, strlen(text)),
	    pprof_text_is, texts->items.items, text, texts->items.len);

	if (at == texts->items.len)
		*array_push(&texts->items) = mem_copy(text);
	return (int64_t)at;
}

static void pprof_put_type(
    struct pprof *pprof, int field, const char *type, const char *unit)
{
	struct strbuf *message = &pprof->message;

	pprof_put_number(message, VALUE_TYPE_TYPE, pprof_text(pprof, type));
	pprof_put_number(message, VALUE_TYPE_UNIT, pprof_text(pprof, unit));
	pprof_put_message(&pprof->out, field, message);
}

static void pprof_put_sample(
    struct pprof *pprof, const struct stack_growth *growth)
{
	struct strbuf *message = &pprof->message;

	for (size_t i = 0; i < growth->stack->len; i++)
		pprof_put_number(message, SAMPLE_LOCATION_ID,
		    (int64_t)export_frames_place(
			&pprof->frames, &growth->stack->frames[i]) +
			1);
	pprof_put_number(message, SAMPLE_VALUE, (int64_t)growth->samples);
	pprof_put_number(message, SAMPLE_VALUE, export_stack_bytes(growth));
	pprof_put_message(&pprof->out, PROFILE_SAMPLE, message);
}

/* Each frame is a location and a function: two lines of one function are two
 * functions of the same name, which pprof merges. */
static void pprof_put_frame(struct pprof *pprof, size_t at)
{
	const struct export_frame *frame = &pprof->frames.items.items[at];
	const char *name = *frame->function ? frame->function : frame->file;
	struct strbuf *message = &pprof->message, *line = &pprof->inner;
	int64_t id = (int64_t)at + 1;

	pprof_put_number(line, LINE_FUNCTION_ID, id);
	pprof_put_number(line, LINE_LINE, frame->line);
	pprof_put_number(message, LOCATION_ID, id);
	pprof_put_message(message, LOCATION_LINE, line);
	pprof_put_message(&pprof->out, PROFILE_LOCATION, message);
	pprof_put_number(message, FUNCTION_ID, id);
	pprof_put_number(message, FUNCTION_NAME, pprof_text(pprof, name));
	pprof_put_number(
	    message, FUNCTION_SYSTEM_NAME, pprof_text(pprof, name));
	pprof_put_number(
	    message, FUNCTION_FILENAME, pprof_text(pprof, frame->file));
	pprof_put_message(&pprof->out, PROFILE_FUNCTION, message);
}

static void pprof_put_run(struct pprof *pprof, const struct run *run)
{
	double begin_s = run_first_s(run);
	struct stack_growths growths;

	export_stacks_init(&growths, run);
	for (size_t i = 0; i < growths.items.len; i++) {
		if (export_stack_bytes(&growths.items.items[i]) > 0)
			pprof_put_sample(pprof, &growths.items.items[i]);
	}
	stack_growths_finish(&growths);
	pprof_put_number(
	    &pprof->out, PROFILE_TIME_NANOS, (int64_t)(begin_s * 1e9));
	pprof_put_number(&pprof->out, PROFILE_DURATION_NANOS,
	    (int64_t)((run_last_s(run) - begin_s) * 1e9));
	pprof_put_type(pprof, PROFILE_PERIOD_TYPE, "space", "bytes");
	if (run->hooked.len > 0)
		pprof_put_number(&pprof->out, PROFILE_PERIOD,
		    (int64_t)run->hooked.items[run->hooked.len - 1].period);
}

static void pprof_put_profile(struct pprof *pprof, const struct run *run)
{
	static const char *const types[] = {"growth", "inuse_space", "touched"};

	pprof_text(pprof, "");
	pprof_put_type(pprof, PROFILE_SAMPLE_TYPE, "samples", "count");
	pprof_put_type(
	    pprof, PROFILE_SAMPLE_TYPE, types[held_source(run)], "bytes");
	pprof_put_run(pprof, run);
	for (size_t i = 0; i < pprof->frames.items.len; i++)
		pprof_put_frame(pprof, i);
	for (size_t i = 0; i < pprof->texts.items.len; i++)
		pprof_put_bytes(&pprof->out, PROFILE_STRING_TABLE,
		    pprof->texts.items.items[i],
		    strlen(pprof->texts.items.items[i]));
}

static void pprof_finish(struct pprof *pprof)
{
	for (size_t i = 0; i < pprof->texts.items.len; i++)
		free(pprof->texts.items.items[i]);
	array_free(&pprof->texts.items);
	index_finish(&pprof->texts.index);
	export_frames_finish(&pprof->frames);
	strbuf_finish(&pprof->out);
	strbuf_finish(&pprof->message);
	strbuf_finish(&pprof->inner);
}

/* A profile covers one process's life: that of the last run with stacks. */
int export_pprof(const struct profile *profile, FILE *out, struct err *e)
{
	const struct run *run = export_stacks_last(profile, e);
	struct pprof pprof = {0};

	if (!run)
		return -1;
	pprof_put_profile(&pprof, run);
	fwrite(pprof.out.text, 1, pprof.out.len, out);
	pprof_finish(&pprof);
	return 0;
}
