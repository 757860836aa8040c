// SPDX-License-Identifier: MIT
//
// The file format of speedscope (file-format-schema.json of its repository):
// one sampled profile a run, each stack a sample that weighs its bytes.
#include "export/formats.h"

#include <math.h>

#include "base/json.h"
#include "export/stacks.h"

#ifndef MPROF_VERSION
#error "MPROF_VERSION comes from the Makefile"
#endif

struct speedscope_run {
	const struct run *run;
	struct stack_growths growths;
};

static void speedscope_write_frame(
    struct json *json, const struct export_frame *frame)
{
	json_open(json, '{');
	json_key(json, "name");
	json_text(json, *frame->function ? frame->function : frame->file);
	if (*frame->file) {
		json_key(json, "file");
		json_text(json, frame->file);
	}
	if (frame->line) {
		json_key(json, "line");
		json_whole(json, frame->line);
	}
	json_close(json, '}');
}

static int64_t speedscope_bytes(const struct stack_growth *growth)
{
	return growth->mib > 0 ? llround(growth->mib * (1 << 20)) : 0;
}

/* The outermost frame first. */
static void speedscope_write_samples(struct json *json,
    const struct stack_growths *growths, struct export_frames *frames)
{
	json_key(json, "samples");
	json_open(json, '[');
	for (size_t i = 0; i < growths->items.len; i++) {
		const struct stack_growth *growth = &growths->items.items[i];

		if (speedscope_bytes(growth) == 0)
			continue;
		json_open(json, '[');
		for (size_t j = growth->stack->len; j-- > 0;)
			json_whole(json, (int64_t)export_frames_place(frames,
					     &growth->stack->frames[j]));
		json_close(json, ']');
	}
	json_close(json, ']');
}

static void speedscope_write_run(struct json *json,
    const struct speedscope_run *one, struct export_frames *frames)
{
	const struct stack_growths *growths = &one->growths;
	int64_t sum = 0;

	json_open(json, '{');
	json_key(json, "type");
	json_text(json, "sampled");
	json_key(json, "name");
	json_text(json, one->run->command ? one->run->command : "");
	json_key(json, "unit");
	json_text(json, "bytes");
	speedscope_write_samples(json, growths, frames);
	json_key(json, "weights");
	json_open(json, '[');
	for (size_t i = 0; i < growths->items.len; i++) {
		int64_t bytes = speedscope_bytes(&growths->items.items[i]);

		if (bytes > 0)
			json_whole(json, bytes);
		sum += bytes;
	}
	json_close(json, ']');
	json_key(json, "startValue");
	json_whole(json, 0);
	json_key(json, "endValue");
	json_whole(json, sum);
	json_close(json, '}');
}

/* The runs fill the table of frames, which stands behind them. */
static void speedscope_write(
    struct json *json, const struct profile *profile, bool *held)
{
	struct export_frames frames = {0};

	json_key(json, "profiles");
	json_open(json, '[');
	for (size_t i = 0; i < profile->runs.len; i++) {
		struct speedscope_run one = {.run = &profile->runs.items[i]};

		export_stacks_init(&one.growths, one.run);
		*held |= one.growths.held;
		if (one.growths.items.len > 0)
			speedscope_write_run(json, &one, &frames);
		stack_growths_finish(&one.growths);
	}
	json_close(json, ']');
	json_key(json, "shared");
	json_open(json, '{');
	json_key(json, "frames");
	json_open(json, '[');
	for (size_t i = 0; i < frames.items.len; i++)
		speedscope_write_frame(json, &frames.items.items[i]);
	json_close(json, ']');
	json_close(json, '}');
	export_frames_finish(&frames);
}

int export_speedscope(const struct profile *profile, FILE *out, struct err *e)
{
	struct json json;
	bool held = false;

	if (export_stacks_check(profile, e) != 0)
		return -1;
	json_init_compact(&json, out);
	json_open(&json, '{');
	json_key(&json, "$schema");
	json_text(&json, "https://www.speedscope.app/file-format-schema.json");
	json_key(&json, "exporter");
	json_text(&json, "mprof " MPROF_VERSION);
	speedscope_write(&json, profile, &held);
	json_key(&json, "name");
	json_text(&json, held ? "memory held, by stack (sampled)"
			      : "growth of memory by stack, on the clock");
	json_close(&json, '}');
	fputc('\n', out);
	return 0;
}
