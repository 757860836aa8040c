// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/units.h"
#include "base/utf8.h"
#include "commands/doctor.h"

enum { SCHEMA = 1, DOCTOR_TEXT = 160 };

static const char *doctor_clean(char text[static DOCTOR_TEXT], const char *raw)
{
	char *clean = utf8_clean_copy(raw);

	utf8_shorten(text, DOCTOR_TEXT, clean, DOCTOR_TEXT / 2);
	free(clean);
	return text;
}

static void doctor_print_leak(const struct doctor *doctor)
{
	char clean[DOCTOR_TEXT], rate[UNITS_TEXT];
	char *why, *path;

	if (!doctor->path) {
		printf("verdict    not known, nothing records it: mprof attach "
		       "%d, and later mprof leak\n",
		    doctor->pid);
		return;
	}
	if (!doctor->has_leak) {
		puts("verdict    not known, the recording has no samples");
		return;
	}
	why = leak_why(&doctor->leak);
	printf("verdict    %s", leak_word(doctor->leak.verdict));
	if (doctor->leak.verdict == LEAK_LEAKING)
		printf(", %s", units_rate(rate, doctor->leak.mib_per_s));
	else if (why[0])
		printf(": %s", why);
	if (doctor->leaking)
		printf(", in process %s", doctor_clean(clean, doctor->leaking));
	path = utf8_clean_copy(doctor->path);
	printf("; mprof leak %s\n", path);
	free(path);
	free(why);
}

static void doctor_print_process(const struct doctor *doctor)
{
	char clean[DOCTOR_TEXT];

	if (!doctor->pid)
		return;
	printf("process    %d", doctor->pid);
	if (doctor->command)
		printf(" %s", doctor_clean(clean, doctor->command));
	if (doctor->asked && doctor->asked != doctor->pid)
		printf(", which does the work of %d", doctor->asked);
	putchar('\n');
	if (doctor->trouble)
		printf("python     %s\n", doctor->trouble);
	else if (!doctor->is_python)
		puts("python     no: mprof run --stacks PROGRAM, and then "
		     "mprof lines, name the function");
}

static void doctor_print_size(const char *before, int64_t bytes)
{
	char size[UNITS_TEXT];
	double mib = units_mib((double)bytes);

	printf("%s%c%s", before, bytes < 0 ? '-' : '+',
	    units_size(size, mib < 0 ? -mib : mib));
}

/* Paths that no name holds begin with these words. */
static void doctor_print_holder(const char *path)
{
	static const char words[] = "held by ";
	char clean[DOCTOR_TEXT];

	printf(", %s%s", strncmp(path, words, sizeof(words) - 1) ? words : "",
	    doctor_clean(clean, path));
}

static void doctor_print_types(const struct doctor *doctor)
{
	char clean[DOCTOR_TEXT], steps[UNITS_COUNT], span[UNITS_TEXT];
	double span_s =
	    (double)(doctor->growth.newest_ns - doctor->growth.first_ns) / 1e9;

	if (!doctor->growth.steps)
		return;
	printf("objects    %s in %s: ",
	    units_count(steps, doctor->growth.steps, "step", "steps"),
	    units_duration(span, span_s));
	puts(doctor->by_place
		 ? "no type grew in each, but these places did from "
		   "the first to the last"
	     : doctor->len ? "these types grew in each"
			   : "no type grew in each");
	for (size_t i = 0; i < doctor->len; i++) {
		const struct doctor_type *type = &doctor->types[i];

		printf("           %s %+" PRId64,
		    doctor_clean(clean, type->name), type->count);
		doctor_print_size(", ", type->bytes);
		if (type->held_by)
			doctor_print_holder(type->held_by);
		putchar('\n');
	}
}

/* Prints the commands that show more. */
static void doctor_print_next(const struct doctor *doctor)
{
	char clean[DOCTOR_TEXT];

	if (doctor->is_native) {
		doctor_print_size("memory     RSS ", doctor->rss_kib * 1024);
		doctor_print_size(
		    ", no object explains ", doctor->unexplained_kib * 1024);
		puts(": mprof run --stacks PROGRAM, mprof lines");
	}
	for (size_t i = 0; i < DOCTOR_PLACES && doctor->places[i]; i++)
		printf("%s%s\n",
		    i                                  ? "           "
		    : doctor->source == SOURCE_TOUCHED ? "touched    "
						       : "allocated  ",
		    doctor_clean(clean, doctor->places[i]));
	if (doctor->path && doctor->source == SOURCE_CLOCK)
		puts("allocated  not recorded: mprof run --stacks PROGRAM, and "
		     "then mprof lines");
	if (doctor->len && doctor->asked)
		printf("next       mprof refs %d %s\n", doctor->pid,
		    doctor_clean(clean, doctor->types[0].name));
	else if (doctor->asked && doctor->is_python && !doctor->trouble)
		printf("next       mprof heap %d --every 30s\n", doctor->pid);
	else if (!doctor->asked && !doctor->growth.steps)
		puts("next       mprof doctor PID, while it runs: which "
		     "objects grow");
}

void doctor_print(const struct doctor *doctor)
{
	doctor_print_leak(doctor);
	doctor_print_process(doctor);
	doctor_print_types(doctor);
	doctor_print_next(doctor);
}

static void doctor_write_text(
    struct json *json, const char *key, const char *text)
{
	json_key(json, key);
	json_text(json, text);
}

static void doctor_write_whole(
    struct json *json, const char *key, int64_t value)
{
	json_key(json, key);
	json_whole(json, value);
}

static void doctor_write_types(struct json *json, const struct doctor *doctor)
{
	json_key(json, "by_place");
	json_bool(json, doctor->by_place);
	json_key(json, "types");
	json_open(json, '[');
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
	json_key(&json, "python");
	json_bool(&json, doctor->is_python);
	doctor_write_text(&json, "trouble", doctor->trouble);
	doctor_write_whole(&json, "steps", (int64_t)doctor->growth.steps);
	doctor_write_types(&json, doctor);
	json_key(&json, "native");
	json_bool(&json, doctor->is_native);
	json_key(&json, "allocated");
	json_open(&json, '[');
	for (size_t i = 0; i < DOCTOR_PLACES && doctor->places[i]; i++)
		json_text(&json, doctor->places[i]);
	json_close(&json, ']');
	json_close(&json, '}');
}
