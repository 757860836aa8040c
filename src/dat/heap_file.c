// SPDX-License-Identifier: MIT
#include "dat/heap_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/utf8.h"

#define MAGIC "mprof-heap 1"
#define NAME_SIZE 2048

int heap_file_write(const struct heap *heap, const char *path, struct err *e)
{
	struct io_output output;

	if (io_output_open(&output, path, e) < 0)
		return -1;
	/* A program's contents are for its user alone, whatever the umask. */
	if (output.partial && fchmod(fileno(output.stream), 0600) != 0) {
		err_errno(e, "%s: can't be written", path);
		io_output_discard(&output);
		return -1;
	}
	fprintf(output.stream,
	    MAGIC "\npid %" PRId64 "\ntime_ns %" PRId64 "\npause_ns %" PRId64
		  "\n",
	    heap->pid, heap->wall_ns, heap->pause_ns);
	if (heap->has_rss)
		fprintf(output.stream, "rss_kib %" PRId64 "\n", heap->rss_kib);
	if (heap->has_parts)
		fprintf(output.stream,
		    "files_kib %" PRId64 "\nfree_kib %" PRId64 "\n",
		    heap->files_kib, heap->free_kib);
	if (*heap->python)
		fprintf(output.stream, "python %s\n", heap->python);
	for (size_t i = 0; i < heap->rows.len; i++) {
		const struct heap_row *row = &heap->rows.items[i];

		fprintf(output.stream, "type %" PRId64 " %" PRId64 " %s\n",
		    row->count, row->bytes, row->name);
	}
	if (heap->started)
		fprintf(output.stream, "started %" PRId64 "\n", heap->started);
	for (size_t i = 0; heap->paths && i < heap->paths->rows.len; i++) {
		const struct heap_row *row = &heap->paths->rows.items[i];

		fprintf(output.stream, "path %" PRId64 " %" PRId64 " %s\n",
		    row->count, row->bytes, row->name);
	}
	if (heap->paths)
		fprintf(output.stream, "paths %zu\n", heap->paths->rows.len);
	fprintf(output.stream, "end %zu\n", heap->rows.len);
	return io_output_commit(&output, e);
}

/* Parses a non-negative number, and moves *text after the blank that
 * follows. */
static bool heap_file_number(char **text, int64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoll(*text, &end, 10);
	if (end == *text || **text < '0' || **text > '9' || errno ||
	    (*end != ' ' && *end != '\0'))
		return false;
	*text = *end ? end + 1 : end;
	return true;
}

static bool heap_file_read_type(struct heap *heap, char *text)
{
	char name[NAME_SIZE];
	int64_t count, bytes;

	if (!heap_file_number(&text, &count) ||
	    !heap_file_number(&text, &bytes) || !*text)
		return false;
	/* Someone else may have written the file. */
	heap_add(heap, utf8_clean(name, sizeof(name), text), count, bytes);
	return true;
}

static struct heap *heap_file_paths(struct heap *heap)
{
	if (!heap->paths)
		heap->paths = mem_zero(1, sizeof(*heap->paths));
	return heap->paths;
}

/* "count bytes type", a tab, and the path. */
static bool heap_file_read_path(struct heap *heap, char *text)
{
	int64_t count, bytes;
	char *tab, *type, *path, *name;

	if (!heap_file_number(&text, &count) ||
	    !heap_file_number(&text, &bytes))
		return false;
	tab = strchr(text, '\t');
	if (!tab || tab == text || !tab[1])
		return false;
	*tab = '\0';
	type = utf8_clean_copy(text);
	path = utf8_clean_copy(tab + 1);
	name = mem_format("%s\t%s", type, path);
	heap_add(heap_file_paths(heap), name, count, bytes);
	free(type);
	free(path);
	free(name);
	return true;
}

/* Whether text is "word rest"; *text is then the rest. */
static bool heap_file_has_word(char **text, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*text, word, len) != 0 || (*text)[len] != ' ')
		return false;
	*text += len + 1;
	return true;
}

struct heap_file_reading {
	struct heap *heap;
	int64_t types, paths; /* types and paths that were read */
	bool paths_ended;
	bool ended; /* the last line was read */
};

/* Reads a figure of the whole heap; true for unknown ones, too. */
static bool heap_file_read_figure(struct heap *heap, char *text)
{
	if (heap_file_has_word(&text, "pid"))
		return heap_file_number(&text, &heap->pid);
	if (heap_file_has_word(&text, "started"))
		return heap_file_number(&text, &heap->started);
	if (heap_file_has_word(&text, "time_ns"))
		return heap_file_number(&text, &heap->wall_ns);
	if (heap_file_has_word(&text, "pause_ns"))
		return heap_file_number(&text, &heap->pause_ns);
	if (heap_file_has_word(&text, "rss_kib"))
		return heap->has_rss = heap_file_number(&text, &heap->rss_kib);
	if (heap_file_has_word(&text, "files_kib"))
		return heap_file_number(&text, &heap->files_kib);
	if (heap_file_has_word(&text, "free_kib"))
		return heap->has_parts =
			   heap_file_number(&text, &heap->free_kib);
	if (heap_file_has_word(&text, "python"))
		utf8_clean(heap->python, sizeof(heap->python), text);
	return true;
}

static bool heap_file_read_line(struct heap_file_reading *reading, char *text)
{
	struct heap *heap = reading->heap;
	int64_t count;

	if (reading->ended)
		return false;
	if (heap_file_has_word(&text, "type")) {
		reading->types++;
		return heap_file_read_type(heap, text);
	}
	if (heap_file_has_word(&text, "path")) {
		reading->paths++;
		return !reading->paths_ended && heap_file_read_path(heap, text);
	}
	if (heap_file_has_word(&text, "paths")) {
		reading->paths_ended = true;
		heap_file_paths(heap);
		return heap_file_number(&text, &count) &&
		       count == reading->paths;
	}
	if (heap_file_has_word(&text, "end")) {
		reading->ended = true;
		return (reading->paths_ended || !reading->paths) &&
		       heap_file_number(&text, &count) &&
		       count == reading->types;
	}
	return heap_file_read_figure(heap, text);
}

static int heap_file_read_stream(
    struct heap *heap, FILE *stream, const char *path, struct err *e)
{
	struct heap_file_reading reading = {.heap = heap};
	char *text = NULL;
	size_t size = 0;
	long line = 0;
	ssize_t len;
	int result = 0;

	while (result == 0 && (len = getline(&text, &size, stream)) > 0) {
		line++;
		if (text[len - 1] == '\n')
			text[--len] = '\0';
		if (strlen(text) != (size_t)len ||
		    (line == 1 && strcmp(text, MAGIC) != 0))
			result =
			    err_set(e, "%s: is not a file of mprof heap", path);
		else if (line > 1 && !heap_file_read_line(&reading, text))
			result = err_set(e,
			    "%s:%ld: is not a line of mprof heap", path, line);
	}
	free(text);
	if (result == 0 && ferror(stream))
		return err_errno(e, "%s", path);
	if (result == 0 && line == 0)
		return err_set(e, "%s: is not a file of mprof heap", path);
	if (result == 0 && !reading.ended)
		return err_set(
		    e, "%s: its end is missing; save the heap again", path);
	return result;
}

int heap_file_read(struct heap *heap, const char *path, struct err *e)
{
	int fd = io_open_input(path, e);
	FILE *stream;
	int result;

	if (fd < 0)
		return -1;
	stream = fdopen(fd, "r");
	if (!stream) {
		close(fd);
		return err_errno(e, "%s", path);
	}
	result = heap_file_read_stream(heap, stream, path, e);
	fclose(stream);
	return result;
}
