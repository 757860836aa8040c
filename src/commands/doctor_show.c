// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "base/utf8.h"
#include "cli/table.h"
#include "cli/wrap.h"
#include "commands/doctor.h"

enum { SCHEMA = 1, DOCTOR_TEXT = 160, DOCTOR_TITLE = 11 };

static const char *doctor_clean(char text[static DOCTOR_TEXT], const char *raw)
{
	char *clean = utf8_clean_copy(raw);

	utf8_shorten(text, DOCTOR_TEXT, clean, DOCTOR_TEXT / 2);
	free(clean);
	return text;
}

/* Prints a finding behind its title, and frees it. */
static void doctor_print_finding(const char *title, struct strbuf *finding)
{
	printf("%-*s", DOCTOR_TITLE, title);
	wrap_print(stdout, finding->text,
	    (struct wrap){.column = DOCTOR_TITLE,
		.indent = DOCTOR_TITLE,
		.width = table_width(stdout)});
	strbuf_finish(finding);
}

static void doctor_add_verdict(struct strbuf *text, const struct doctor *doctor)
{
	char clean[DOCTOR_TEXT], rate[UNITS_TEXT];
	char *why = leak_why(&doctor->leak);
	char *path = utf8_clean_copy(doctor->path);

	strbuf_add(text, leak_word(doctor->leak.verdict));
	if (doctor->leak.verdict == LEAK_LEAKING)
		strbuf_add_format(
		    text, ", %s", units_rate(rate, doctor->leak.mib_per_s));
	else if (why[0])
		strbuf_add_format(text, ": %s", why);
	if (doctor->leaking)
		strbuf_add_format(text, ", in process %s",
		    doctor_clean(clean, doctor->leaking));
	strbuf_add_format(text, "; mprof leak %s", path);
	free(path);
	free(why);
}

static void doctor_print_leak(const struct doctor *doctor)
{
	struct strbuf text = {0};

	if (!doctor->path)
		strbuf_add_format(&text,
		    "not known, as nothing records it: run mprof attach %d, "
		    "and later mprof leak",
		    doctor->pid);
	else if (!doctor->has_leak)
		strbuf_add(&text, "not known, as the recording has no samples");
	else
		doctor_add_verdict(&text, doctor);
	doctor_print_finding("verdict", &text);
}

static void doctor_print_process(const struct doctor *doctor)
{
	char clean[DOCTOR_TEXT];
	struct strbuf text = {0}, python = {0};

	if (!doctor->pid)
		return;
	strbuf_add_format(&text, "%d", doctor->pid);
	if (doctor->command)
		strbuf_add_format(
		    &text, " %s", doctor_clean(clean, doctor->command));
	if (doctor->asked && doctor->asked != doctor->pid)
		strbuf_add_format(
		    &text, ", which does the work of %d", doctor->asked);
	doctor_print_finding("process", &text);
	if (doctor->trouble)
		strbuf_add(&python, doctor->trouble);
	else if (!doctor->is_python)
		strbuf_add(&python,
		    "no; to find the function that allocates, use "
		    "mprof run --stacks PROGRAM, then mprof lines");
	if (python.len > 0)
		doctor_print_finding("python", &python);
}

static void doctor_add_size(
    struct strbuf *text, const char *before, int64_t bytes)
{
	char size[UNITS_TEXT];
	double mib = units_mib((double)bytes);

	strbuf_add_format(text, "%s%c%s", before, bytes < 0 ? '-' : '+',
	    units_size(size, mib < 0 ? -mib : mib));
}

/* Paths that no name holds begin with these words. */
static void doctor_add_referrer(struct strbuf *text, const char *path)
{
	static const char words[] = "held by ";
	char clean[DOCTOR_TEXT];

	strbuf_add_format(text, ", %s%s",
	    strncmp(path, words, sizeof(words) - 1) ? words : "",
	    doctor_clean(clean, path));
}

static void doctor_print_types(const struct doctor *doctor)
{
	char clean[DOCTOR_TEXT], steps[UNITS_COUNT], span[UNITS_TEXT];
	double span_s =
	    (double)(doctor->growth.newest_ns - doctor->growth.first_ns) / 1e9;
	struct strbuf text = {0};

	if (!doctor->growth.steps)
		return;
	strbuf_add_format(&text, "%s in %s: %s",
	    units_count(steps, doctor->growth.steps, "step", "steps"),
	    units_duration(span, span_s),
	    doctor->by_place
		? "no type grew in each, but these places did from "
		  "the first to the last"
	    : doctor->len ? "these types grew in each"
			  : "no type grew in each");
	doctor_print_finding("objects", &text);
	for (size_t i = 0; i < doctor->len; i++) {
		const struct doctor_type *type = &doctor->types[i];

		strbuf_add_format(&text, "%s %+" PRId64,
		    doctor_clean(clean, type->name), type->count);
		doctor_add_size(&text, ", ", type->bytes);
		if (type->held_by)
			doctor_add_referrer(&text, type->held_by);
		doctor_print_finding("", &text);
	}
}

static void doctor_print_places(const struct doctor *doctor)
{
	char clean[DOCTOR_TEXT];
	struct strbuf text = {0};

	for (size_t i = 0; i < DOCTOR_PLACES && doctor->places[i]; i++) {
		strbuf_add(&text, doctor_clean(clean, doctor->places[i]));
		doctor_print_finding(i ? ""
				     : doctor->source == SOURCE_TOUCHED
					 ? "touched"
					 : "allocated",
		    &text);
	}
	if (!doctor->path || doctor->source != SOURCE_CLOCK)
		return;
	strbuf_add(&text,
	    "not recorded: use mprof run --stacks PROGRAM, then mprof lines");
	doctor_print_finding("allocated", &text);
}

/* Prints the commands that show more. */
static void doctor_print_next(const struct doctor *doctor)
{
	char clean[DOCTOR_TEXT];
	struct strbuf text = {0};

	if (doctor->len && doctor->asked)
		strbuf_add_format(&text, "mprof refs %d %s", doctor->pid,
		    doctor_clean(clean, doctor->types[0].name));
	else if (doctor->asked && doctor->is_python && !doctor->trouble)
		strbuf_add_format(
		    &text, "mprof heap %d --every 30s", doctor->pid);
	else if (!doctor->asked && !doctor->growth.steps)
		strbuf_add(&text,
		    "mprof doctor PID, while it runs, shows which objects "
		    "grow");
	if (text.len > 0)
		doctor_print_finding("next", &text);
}

static void doctor_print_native(const struct doctor *doctor)
{
	struct strbuf text = {0};

	if (!doctor->is_native)
		return;
	doctor_add_size(&text, "RSS ", doctor->rss_kib * 1024);
	doctor_add_size(
	    &text, ", no object explains ", doctor->unexplained_kib * 1024);
	strbuf_add(&text, ": use mprof run --stacks PROGRAM, then mprof lines");
	doctor_print_finding("memory", &text);
}

void doctor_print(const struct doctor *doctor)
{
	doctor_print_leak(doctor);
	doctor_print_process(doctor);
	doctor_print_types(doctor);
	doctor_print_native(doctor);
	doctor_print_places(doctor);
	doctor_print_next(doctor);
}

static void doctor_write_text(
    struct json *json, const char *key, const char *text)
{
	json_member_text(json, key, text);
}

static void doctor_write_whole(
    struct json *json, const char *key, int64_t value)
{
	json_member_whole(json, key, value);
}

static void doctor_write_types(struct json *json, const struct doctor *doctor)
{
	json_member_bool(json, "by_place", doctor->by_place);
	json_member_open(json, "types", '[');
	for (size_t i = 0; i < doctor->len; i++) {
		json_open(json, '{');
		doctor_write_text(json, "type", doctor->types[i].name);
		doctor_write_whole(json, "count", doctor->types[i].count);
		doctor_write_whole(json, "size", doctor->types[i].bytes);
		doctor_write_text(json, "held_by", doctor->types[i].held_by);
		json_close(json, '}');
	}
	json_close(json, ']');
}

void doctor_write_json(const struct doctor *doctor)
{
	struct json json;

	json_init(&json, stdout);
	json_open_document(&json, SCHEMA);
	doctor_write_text(&json, "recording", doctor->path);
	doctor_write_text(&json, "verdict",
	    doctor->has_leak ? leak_word(doctor->leak.verdict) : NULL);
	doctor_write_text(&json, "leaking_process", doctor->leaking);
	doctor_write_whole(&json, "pid", doctor->pid);
	doctor_write_text(&json, "command", doctor->command);
	json_member_bool(&json, "python", doctor->is_python);
	doctor_write_text(&json, "trouble", doctor->trouble);
	doctor_write_whole(&json, "steps", (int64_t)doctor->growth.steps);
	doctor_write_types(&json, doctor);
	json_member_bool(&json, "native", doctor->is_native);
	json_member_open(&json, "allocated", '[');
	for (size_t i = 0; i < DOCTOR_PLACES && doctor->places[i]; i++)
		json_text(&json, doctor->places[i]);
	json_close(&json, ']');
	json_close(&json, '}');
}
