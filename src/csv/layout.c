// SPDX-License-Identifier: MIT
#include "csv/layout.h"

#include <string.h>

struct line {
	const char *text;
	size_t len;
};

static bool begins_with(const struct line *line, const char *start)
{
	size_t len = strlen(start);

	return line->len >= len && memcmp(line->text, start, len) == 0;
}

static bool csv_layout_is_blank(const struct line *line)
{
	for (size_t i = 0; i < line->len; i++) {
		if (!strchr(" \t\r", line->text[i]))
			return false;
	}
	return true;
}

/* pidstat writes a line about the machine before its header. */
static bool is_preamble(const struct line *line)
{
	return csv_layout_is_blank(line) ||
	       (begins_with(line, "Linux ") &&
		   memchr(line->text, '(', line->len));
}

static size_t count_unquoted(const struct line *line, char wanted)
{
	bool quoted = false;
	size_t count = 0;

	for (size_t i = 0; i < line->len; i++) {
		if (line->text[i] == '"')
			quoted = !quoted;
		else if (!quoted && line->text[i] == wanted)
			count++;
	}
	return count;
}

static void find_delimiter(struct layout *layout, const struct line *line)
{
	static const char candidates[] = ",;\t|";
	size_t most = 0;

	layout->delimiter = ',';
	for (const char *c = candidates; *c; c++) {
		size_t count = count_unquoted(line, *c);

		if (count > most) {
			most = count;
			layout->delimiter = *c;
		}
	}
	layout->aligned = most == 0 && count_unquoted(line, ' ') > 0;
	if (layout->aligned)
		layout->delimiter = ' ';
}

bool layout_next(struct layout *layout, const char *bytes, size_t len)
{
	size_t at = layout->end ? layout->end + 1 : 0;

	while (at < len) {
		const char *stop = memchr(bytes + at, '\n', len - at);
		size_t end = stop ? (size_t)(stop - bytes) : len;
		struct line line = {bytes + at, end - at};

		if (!is_preamble(&line)) {
			layout->start = at;
			layout->end = end;
			layout->psrecord = begins_with(&line, "# Elapsed time");
			find_delimiter(layout, &line);
			return true;
		}
		at = end + 1;
	}
	return false;
}

bool layout_find(struct layout *layout, const char *bytes, size_t len)
{
	static const char bom[] = "\xef\xbb\xbf";
	bool marked = len >= 3 && memcmp(bytes, bom, 3) == 0;
	size_t skip = marked ? 3 : 0;

	*layout = (struct layout){0};
	if (!layout_next(layout, bytes + skip, len - skip))
		return false;
	layout->start += skip;
	layout->end += skip;
	return true;
}
