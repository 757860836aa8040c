// SPDX-License-Identifier: MIT
#include "commands/verdicts.h"

#include <stdlib.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/json.h"

enum { SCHEMA = 1 };

struct verdict *verdicts_add(struct verdicts *verdicts, const char *name,
    const char *unit, const struct recording_set_run *run)
{
	struct verdict *verdict = array_push(&verdicts->items);

	*verdict = (struct verdict){.name = name, .unit = unit, .run = run};
	return verdict;
}

bool verdicts_met(const struct verdicts *verdicts)
{
	bool met = true;

	for (size_t i = 0; i < verdicts->items.len; i++)
		met = met && verdicts->items.items[i].met;
	return met;
}

/* From 1; 0 where the file holds no other. */
static size_t number_of_run(const struct recording_set_run *run)
{
	const struct profile *profile = run->profile;

	return profile->runs.len > 1
		   ? (size_t)(run->run - profile->runs.items) + 1
		   : 0;
}

/* The recording's name as it can be shown. The caller frees. */
static char *name_run(const struct recording_set_run *run)
{
	char *clean = utf8_clean_copy(run->profile->path), *name;
	size_t number = number_of_run(run);

	if (number == 0)
		return clean;
	name = mem_format("%s, run %zu", clean, number);
	free(clean);
	return name;
}

static void verdicts_print_verdict(
    const struct verdict *v, bool named, FILE *out)
{
	const char *word = !v->met ? "FAIL" : v->doubtful ? "?" : "ok";

	fprintf(out, "%-4s  %-10s  ", word, v->name);
	if (named && v->run) {
		char *name = name_run(v->run);

		fprintf(out, "%s: ", name);
		free(name);
	}
	fputs(v->figure, out);
	if (v->limit[0])
		fprintf(out, ", at most %s", v->limit);
	if (v->note[0])
		fprintf(out, " (%s)", v->note);
	fputc('\n', out);
}

static void verdicts_write_run(
    const struct recording_set_run *run, struct json *json)
{
	size_t number = run ? number_of_run(run) : 0;

	json_key(json, "recording");
	json_text(json, run ? run->profile->path : NULL);
	json_key(json, "run");
	if (number > 0)
		json_whole(json, (int64_t)number);
	else
		json_text(json, NULL);
}

static void write_verdict(const struct verdict *v, struct json *json)
{
	json_open(json, '{');
	json_key(json, "condition");
	json_text(json, v->name);
	verdicts_write_run(v->run, json);
	json_key(json, "met");
	json_bool(json, v->met);
	json_key(json, "unit");
	json_text(json, v->unit);
	json_key(json, "value");
	json_rounded(json, v->value, 6);
	json_key(json, "limit");
	json_rounded(json, v->bound, 6);
	json_key(json, "note");
	json_text(json, v->note[0] ? v->note : NULL);
	json_close(json, '}');
}

void verdicts_write_json(const struct verdicts *verdicts, FILE *out)
{
	struct json json;

	json_init(&json, out);
	json_open_document(&json, SCHEMA);
	json_key(&json, "met");
	json_bool(&json, verdicts_met(verdicts));
	json_key(&json, "conditions");
	json_open(&json, '[');
	for (size_t i = 0; i < verdicts->items.len; i++)
		write_verdict(&verdicts->items.items[i], &json);
	json_close(&json, ']');
	json_close(&json, '}');
}

static void write_escaped(const char *text, FILE *out)
{
	static const struct {
		char c;
		const char *text;
	} escapes[] = {
	    {'<', "&lt;"}, {'>', "&gt;"}, {'&', "&amp;"}, {'"', "&quot;"}};

	for (; *text; text++) {
		const char *escaped = NULL;

		for (size_t i = 0; i < 4; i++)
			escaped =
			    escapes[i].c == *text ? escapes[i].text : escaped;
		if (escaped)
			fputs(escaped, out);
		else
			fputc(*text, out);
	}
}

void verdicts_print(const struct verdicts *verdicts, FILE *out)
{
	for (size_t i = 0; i < verdicts->items.len; i++)
		verdicts_print_verdict(
		    &verdicts->items.items[i], verdicts->several, out);
}

/* Each of several runs has a class of its own, so that no two cases are the
 * same; a single one has the same class whatever its file is called. */
static void write_case(const struct verdict *v, bool named, FILE *out)
{
	char *class = named && v->run ? name_run(v->run) : mem_copy("mprof");

	fputs("  <testcase classname=\"", out);
	write_escaped(class, out);
	fprintf(out, "\" name=\"%s\"%s\n", v->name, v->met ? "/>" : ">");
	free(class);
	if (v->met)
		return;
	fputs("    <failure message=\"", out);
	write_escaped(v->figure, out);
	fputs(v->limit[0] ? ", at most " : "", out);
	write_escaped(v->limit, out);
	fputs("\">", out);
	write_escaped(v->note, out);
	fputs("</failure>\n  </testcase>\n", out);
}

int verdicts_write_junit(
    const struct verdicts *verdicts, const char *path, struct err *e)
{
	struct io_output file;
	size_t failures = 0;

	if (io_output_open(&file, path, e) != 0)
		return -1;
	for (size_t i = 0; i < verdicts->items.len; i++)
		failures += !verdicts->items.items[i].met;
	fprintf(file.stream,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<testsuite name=\"mprof\" tests=\"%zu\" failures=\"%zu\">\n",
	    verdicts->items.len, failures);
	for (size_t i = 0; i < verdicts->items.len; i++)
		write_case(
		    &verdicts->items.items[i], verdicts->several, file.stream);
	fputs("</testsuite>\n", file.stream);
	return io_output_commit(&file, e);
}
