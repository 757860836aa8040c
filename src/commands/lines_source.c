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
#include "cli/table.h"

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

/* Columns that a place gets in the narrowest terminal. */
enum { LEAST_PLACE = 16 };

void lines_print_place(
    const char *place, const char *text, const char *in, size_t used)
{
	bool has_text = text && *text;
	char *library = utf8_clean_copy(in);
	char *whole = mem_format("%s%s%s%s%s", place, has_text ? "  " : "",
	    has_text ? text : "", *in ? ", in " : "", library);
	size_t width = table_width(stdout), size = strlen(whole) + 8;
	char *fits = mem_zero(size, 1);

	if (width > 0)
		utf8_shorten(fits, size, whole,
		    width > used + LEAST_PLACE ? width - used : LEAST_PLACE);
	puts(width > 0 ? fits : whole);
	free(fits);
	free(whole);
	free(library);
}
