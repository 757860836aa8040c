// SPDX-License-Identifier: MIT
#include "commands/source.h"

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

#define TEXT_MAX (64 << 20) /* no source file is that long */

/* The whole file; NULL with errno. A recording names what it likes: only
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

/* A file that can't be read is one without lines. */
static void source_read(struct source *source, const char *path)
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

static void source_finish(struct source *source)
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

/* The rows of one line: several functions can share it. */
static double sum_line(const struct lines *lines, const char *path, int line,
    size_t *at, size_t *samples)
{
	double mib = 0;

	*samples = 0;
	while (*at < lines->rows.len) {
		const struct lines_row *row = &lines->rows.items[*at];

		if (strcmp(row->file, path) != 0 || row->line > line)
			break;
		mib += row->mib;
		*samples += row->samples;
		++*at;
	}
	return mib;
}

static void source_print_line(
    int line, double mib, size_t samples, const char *text)
{
	char *clean;
	char *spaced = mem_zero(strlen(text) * 8 + 1, 1), *to = spaced;

	/* A tab is white space here, not something to be made visible. */
	for (; *text; text++)
		if (*text == '\t')
			to += sprintf(
			    to, "%*s", (int)(8 - (to - spaced) % 8), "");
		else
			*to++ = *text;
	clean = utf8_clean_copy(spaced);
	if (samples)
		printf("%6d %10.3f MiB %9zu   %s\n", line, mib, samples, clean);
	else
		printf("%6d %14s %9s   %s\n", line, "", "", clean);
	free(clean);
	free(spaced);
}

int source_list(const struct lines *lines, struct err *e)
{
	const char *path = lines->rows.items[0].file;
	struct source source;
	char clean[512];
	size_t at = 0;

	source_read(&source, path);
	utf8_clean(clean, sizeof(clean), path);
	if (!source.text) {
		source_finish(&source);
		return err_errno(e, "%s: can't be read", clean);
	}
	printf("Filename: %s (sampled, with what each line called)\n\n", clean);
	printf("Line #         Growth   Samples   Line Contents\n");
	printf("================================================\n");
	for (size_t i = 0; i < source.lines.len; i++) {
		int line = (int)i + 1;
		size_t samples;
		double mib = sum_line(lines, path, line, &at, &samples);

		source_print_line(line, mib, samples, source.lines.items[i]);
	}
	source_finish(&source);
	return 0;
}
