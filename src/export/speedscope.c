// SPDX-License-Identifier: MIT
//
// The file format of speedscope (file-format-schema.json of its repository):
// one sampled profile a run, each stack a sample that weighs its bytes.
#include "export/formats.h"

#include "base/json.h"
#include "export/stacks.h"

#ifndef MPROF_VERSION
#error "MPROF_VERSION comes from the Makefile"
#endif

static void speedscope_write_frame(
    struct json *json, const struct export_frame *frame)
{
	json_open(json, '{');
	json_member_text(
	    json, "name", *frame->function ? frame->function : frame->file);
	if (*frame->file) {
		json_member_text(json, "file", frame->file);
	}
	if (frame->line) {
		json_member_whole(json, "line", frame->line);
	}
	json_close(json, '}');
}

/* Each sample begins with its outermost frame. */
static void speedscope_write_samples(struct json *json,
    const struct stack_growths *growths, struct export_frames *frames)
{
	json_member_open(json, "samples", '[');
	for (size_t i = 0; i < growths->items.len; i++) {
		const struct stack_growth *growth = &growths->items.items[i];

		if (export_stack_bytes(growth) == 0)
			continue;
		json_open(json, '[');
		for (size_t j = growth->stack->len; j-- > 0;)
			json_whole(json, (int64_t)export_frames_place(frames,
					     &growth->stack->frames[j]));
		json_close(json, ']');
	}
	json_close(json, ']');
}

static void speedscope_write_run(struct json *json, const struct run *run,
    const struct stack_growths *growths, struct export_frames *frames)
{
	int64_t sum = 0;

	json_open(json, '{');
	json_member_text(json, "type", "sampled");
	json_member_text(json, "name", run->command ? run->command : "");
	json_member_text(json, "unit", "bytes");
	speedscope_write_samples(json, growths, frames);
	json_member_open(json, "weights", '[');
	for (size_t i = 0; i < growths->items.len; i++) {
		int64_t bytes = export_stack_bytes(&growths->items.items[i]);

		if (bytes > 0)
			json_whole(json, bytes);
		sum += bytes;
	}
	json_close(json, ']');
	json_member_whole(json, "startValue", 0);
	json_member_whole(json, "endValue", sum);
	json_close(json, '}');
}

/* Writing the runs fills the table of frames, which follows them. */
static void speedscope_write(struct json *json, const struct profile *profile,
    enum memory_source *source)
{
	struct export_frames frames = {0};

	json_member_open(json, "profiles", '[');
	for (size_t i = 0; i < profile->runs.len; i++) {
		const struct run *run = &profile->runs.items[i];
		struct stack_growths growths;

		export_stacks_init(&growths, run);
		if (growths.source != SOURCE_CLOCK)
			*source = growths.source;
		if (growths.items.len > 0)
			speedscope_write_run(json, run, &growths, &frames);
		stack_growths_finish(&growths);
	}
	json_close(json, ']');
	json_member_open(json, "shared", '{');
	json_member_open(json, "frames", '[');
	for (size_t i = 0; i < frames.items.len; i++)
		speedscope_write_frame(json, &frames.items.items[i]);
	json_close(json, ']');
	json_close(json, '}');
	export_frames_finish(&frames);
}

int export_speedscope(const struct profile *profile, FILE *out, struct err *e)
{
	struct json json;
	static const char *const names[] = {
	    "growth of memory by stack, on the clock",
	    "memory held, by stack (sampled)",
	    "memory touched, by stack (sampled)"};
	enum memory_source source = SOURCE_CLOCK;

	if (!export_stacks_last(profile, e))
		return -1;
	json_init_compact(&json, out);
	json_open(&json, '{');
	json_member_text(&json, "$schema",
	    "https://www.speedscope.app/file-format-schema.json");
	json_member_text(&json, "exporter", "mprof " MPROF_VERSION);
	speedscope_write(&json, profile, &source);
	json_member_text(&json, "name", names[source]);
	json_close(&json, '}');
	fputc('\n', out);
	return 0;
}
