// SPDX-License-Identifier: MIT
#include "commands/lines_source.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/utf8.h"

#define TEXT_MAX (64 << 20) /* longer files are no source */

/* Reads a whole file; NULL with errno. The path comes from a recording, so only
 * regular files are read. */
static char *source_read_text(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	char *text = NULL;
	ssize_t got;

	if (fd < 0)
		return NULL;
	errno = EINVAL;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
	    status.st_size <= TEXT_MAX) {
		text = mem_zero((size_t)status.st_size + 1, 1);
		got = pread(fd, text, (size_t)status.st_size, 0);
		text[got < 0 ? 0 : got] = '\0';
	}
	close(fd);
	return text;
}

void source_read(struct source *source, const char *path)
{
	char *at;

	*source = (struct source){.path = mem_copy(path)};
	source->text = source_read_text(path);
	at = source->text;
	while (at && *at) {
		char *end = strchr(at, '\n');

		*array_push(&source->lines) = at;
		if (end) {
			*end = '\0';
			if (end > at && end[-1] == '\r')
				end[-1] = '\0';
		}
		at = end ? end + 1 : NULL;
	}
}

void source_finish(struct source *source)
{
	free(source->path);
	free(source->text);
	array_free(&source->lines);
}

void sources_finish(struct sources *sources)
{
	for (size_t i = 0; i < sources->items.len; i++)
		source_finish(&sources->items.items[i]);
	array_free(&sources->items);
}

static const struct source *source_find(
    struct sources *sources, const char *path)
{
	for (size_t i = 0; i < sources->items.len; i++)
		if (!strcmp(sources->items.items[i].path, path))
			return &sources->items.items[i];
	source_read(array_push(&sources->items), path);
	return &sources->items.items[sources->items.len - 1];
}

const char *sources_line(struct sources *sources, const char *path, int line)
{
	const struct source *source = source_find(sources, path);
	const char *text;
	size_t len;

	if (line < 1 || (size_t)line > source->lines.len)
		return NULL;
	text = source->lines.items[line - 1];
	while (isspace((unsigned char)*text))
		text++;
	utf8_clean(sources->line, sizeof(sources->line), text);
	len = strlen(sources->line);
	while (len && sources->line[len - 1] == ' ')
		sources->line[--len] = '\0';
	return sources->line;
}

void lines_open_document(
    struct json *json, const char *path, enum memory_source source)
{
	static const struct {
		const char *word, *note;
	} sources[] = {
	    [SOURCE_CLOCK] = {"clock", LINES_ON_THE_CLOCK},
	    [SOURCE_HELD] = {"held", NULL},
	    [SOURCE_TOUCHED] = {"touched", LINES_TOUCHED},
	};

	json_init(json, stdout);
	json_open_document(json, LINES_SCHEMA);
	json_key(json, "path");
	json_text(json, path);
	json_key(json, "sampled");
	json_bool(json, true);
	json_key(json, "source");
	json_text(json, sources[source].word);
	if (sources[source].note) {
		json_key(json, "note");
		json_text(json, sources[source].note);
	}
}

void lines_write_place(
    struct json *json, const char *file, int line, const char *function)
{
	json_key(json, "file");
	json_text(json, file);
	if (line) {
		json_key(json, "line");
		json_whole(json, line);
	}
	if (*function) {
		json_key(json, "function");
		json_text(json, function);
	}
}

enum {
	LEAST_PLACE = 16, /* columns of a place in the narrowest terminal */
	LEAST_TEXT = 20 /* columns of what follows it, if it is shown at all */
};

/* The end of a text that takes at most that many columns, behind an ellipsis.
 * The caller frees. */
static char *lines_keep_end(const char *text, size_t columns)
{
	const char *from = text;

	if (utf8_width(text) <= columns)
		return mem_copy(text);
	while (*from && utf8_width(from) + 1 > columns)
		utf8_next(&from);
	return mem_format("\xe2\x80\xa6%s", from);
}

/* Shortens "/srv/app.py:8 (load)" at its directory, then at its function; the
 * number of the line stays. The caller frees. */
static char *lines_fit_line(const char *place, int line, size_t columns)
{
	char *number = mem_format(":%d (", line), *head, *end, *begin, *whole;
	const char *function = strstr(place, number), *base = place;
	size_t rest, least;

	function =
	    function ? function + strlen(number) - 2 : place + strlen(place);
	free(number);
	for (const char *at = place; at < function; at++)
		if (*at == '/')
			base = at + 1;
	head = mem_copy_n(place, (size_t)(function - place));
	least = utf8_width(head + (base - place)) + (base > place);
	rest = utf8_width(function);
	if (least + rest > columns)
		rest = least + 3 < columns ? columns - least : 0;
	begin = lines_keep_end(head, columns - rest);
	end = mem_zero(strlen(function) + 8, 1);
	utf8_shorten(end, strlen(function) + 8, function, rest);
	whole = mem_format("%s%s", begin, rest > 0 ? end : "");
	free(begin);
	free(end);
	free(head);
	return whole;
}

static char *lines_fit(const char *text, size_t columns)
{
	size_t size = strlen(text) + 8;
	char *fits = mem_zero(size, 1);

	return utf8_shorten(fits, size, text, columns);
}

void lines_print_place(
    const struct lines_place *place, size_t used, size_t terminal)
{
	bool has_text = place->text && *place->text;
	char *library = utf8_clean_copy(place->in);
	char *rest = mem_format("%s%s%s%s", has_text ? "  " : "",
	    has_text ? place->text : "", *place->in ? ", in " : "", library);
	size_t width = terminal > 0 ? terminal : SIZE_MAX, room;
	char *name, *end;

	room = width > used + LEAST_PLACE ? width - used : LEAST_PLACE;
	name = utf8_width(place->name) <= room ? mem_copy(place->name)
	       : place->line > 0
		   ? lines_fit_line(place->name, place->line, room)
		   : lines_fit(place->name, room);
	room -= utf8_width(name);
	end = utf8_width(rest) <= room ? mem_copy(rest)
	      : room >= LEAST_TEXT     ? lines_fit(rest, room)
				       : mem_copy("");
	printf("%s%s\n", name, end);
	free(name);
	free(end);
	free(rest);
	free(library);
}

char *lines_place_name(const char *file, int line, const char *function)
{
	/* Node.js's name for a function without one has its own brackets. */
	if (strcmp(function, "(anonymous)") == 0)
		return mem_format("%s:%d %s", file, line, function);
	return mem_format("%s:%d (%s)", file, line, function);
}
