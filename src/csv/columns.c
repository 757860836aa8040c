// SPDX-License-Identifier: MIT
#include "csv/columns.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/strbuf.h"
#include "csv/cells.h"

struct line {
	const char *text;
	size_t len;
};

static bool layout_begins_with(const struct line *line, const char *start)
{
	size_t len = strlen(start);

	return line->len >= len && memcmp(line->text, start, len) == 0;
}

static bool layout_is_blank(const struct line *line)
{
	for (size_t i = 0; i < line->len; i++) {
		if (!strchr(" \t\r", line->text[i]))
			return false;
	}
	return true;
}

/* Whether a line is pidstat's about the machine, before its header. */
static bool layout_is_preamble(const struct line *line)
{
	return layout_is_blank(line) || (layout_begins_with(line, "Linux ") &&
					    memchr(line->text, '(', line->len));
}

static size_t layout_count_unquoted(const struct line *line, char wanted)
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

static void layout_find_delimiter(
    struct layout *layout, const struct line *line)
{
	static const char candidates[] = ",;\t|";
	size_t most = 0;

	layout->delimiter = ',';
	for (const char *c = candidates; *c; c++) {
		size_t count = layout_count_unquoted(line, *c);

		if (count > most) {
			most = count;
			layout->delimiter = *c;
		}
	}
	layout->aligned = most == 0 && layout_count_unquoted(line, ' ') > 0;
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

		if (!layout_is_preamble(&line)) {
			layout->start = at;
			layout->end = end;
			layout->psrecord =
			    layout_begins_with(&line, "# Elapsed time");
			layout_find_delimiter(layout, &line);
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

enum { NAMES_SHOWN = 255 }; /* bytes of the names in a message */

/* A column's name in parts: "Real (MB)" is "real" in "mb". */
struct title {
	char base[48], unit[16];
};

static const char *const time_names[] = {"time", "timestamp", "elapsed_time",
    "elapsed", "datetime", "date_time", "date", "epoch", "seconds", "t", NULL};

/* Names of memory columns, best first. */
static const char *const memory_names[] = {"memory", "mem", "mem_real", "real",
    "rss", "resident", "pss", "uss", "memory_usage", "mem_usage", "memory_used",
    "mem_used", "used", "working_set", NULL};
static const char *const elapsed_names[] = {"elapsed", NULL};
static const char *const pid_names[] = {"pid", NULL};
static const char *const name_names[] = {
    "name", "command", "process", "comm", NULL};
static const char *const metric_names[] = {"metric", NULL};
static const char *const start_names[] = {"start", NULL};

static const char *const *const known[COLUMNS] = {
    [COLUMN_TIME] = time_names,
    [COLUMN_MEMORY] = memory_names,
    [COLUMN_ELAPSED] = elapsed_names,
    [COLUMN_PID] = pid_names,
    [COLUMN_NAME] = name_names,
    [COLUMN_METRIC] = metric_names,
    [COLUMN_START] = start_names,
};

/* Tools that don't tell their unit, or use MB for 2^20 bytes. */
static const struct {
	const char *name, *columns[3];
	double unit_mib;
} tools[] = {
    {"psrecord", {"elapsed_time", "mem_real"}, 1},
    {"prmon", {"wtime", "pss", "rss"}, 1.0 / 1024},
    {"pidstat", {"minflt/s", "rss", "vsz"}, 1.0 / 1024},
};

/* Columns whose name tells the measure. */
static const struct {
	const char *column, *name;
} metrics[] = {{"rss", "rss"}, {"resident", "rss"}, {"real", "rss"},
    {"mem_real", "rss"}, {"pss", "pss"}, {"uss", "uss"}};

static double columns_time_unit(const char *name)
{
	static const struct {
		const char *name;
		double seconds;
	} units[] = {{"s", 1}, {"sec", 1}, {"secs", 1}, {"seconds", 1},
	    {"ms", 1e-3}, {"us", 1e-6}, {"ns", 1e-9}, {"min", 60}, {"h", 3600}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(name, units[i].name) == 0)
			return units[i].seconds;
	}
	return 0;
}

/* Finds the unit: in brackets, or after the last underscore. */
static char *columns_find_unit(char *base)
{
	size_t len = strlen(base);
	char *mark = NULL;

	if (len > 2 && strchr(")]", base[len - 1])) {
		mark = strrchr(base, base[len - 1] == ')' ? '(' : '[');
		if (mark)
			base[len - 1] = 0;
	} else {
		mark = strrchr(base, '_');
		if (mark && !(cell_unit(mark + 1) > 0 ||
				columns_time_unit(mark + 1) > 0))
			mark = NULL;
	}
	return mark;
}

static struct title columns_split(const char *name)
{
	struct title title = {"", ""};
	size_t len = 0;
	char *unit;

	name += strspn(name, "# \t\"");
	for (; *name && len + 1 < sizeof(title.base); name++) {
		bool joint = *name == ' ' || *name == '-';

		title.base[len++] =
		    joint ? '_' : (char)tolower((unsigned char)*name);
	}
	unit = columns_find_unit(title.base);
	if (unit) {
		snprintf(title.unit, sizeof(title.unit), "%.15s", unit + 1);
		*unit = 0;
	} else if (cell_unit(title.base) > 0 && title.base[1]) {
		snprintf(title.unit, sizeof(title.unit), "%.15s", title.base);
		strcpy(title.base, "memory");
	}
	len = strlen(title.base);
	while (len > 0 && title.base[len - 1] == '_')
		title.base[--len] = 0;
	return title;
}

static size_t columns_find_base(
    const struct title *titles, size_t count, const char *base)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(titles[i].base, base) == 0)
			return i;
	}
	return COLUMN_NONE;
}

/* Finds the column given by the user, by name or by number from 1. */
static size_t columns_find_named(char **names, size_t count, const char *wanted)
{
	char *end;
	unsigned long number = strtoul(wanted, &end, 10);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], wanted) == 0)
			return i;
	}
	for (size_t i = 0; i < count; i++) {
		if (strcasecmp(names[i], wanted) == 0)
			return i;
	}
	return isdigit((unsigned char)*wanted) && !*end && number >= 1 &&
		       number <= count
		   ? number - 1
		   : COLUMN_NONE;
}

static int columns_refuse(
    const char *what, char **names, size_t count, struct err *e)
{
	struct strbuf list = {0};

	for (size_t i = 0; i < count && list.len <= NAMES_SHOWN; i++)
		strbuf_add_format(&list, "%s%s", i ? ", " : "", names[i]);
	err_set(e, "%s; the columns are: %.*s%s", what, NAMES_SHOWN,
	    list.text ? list.text : "", list.len <= NAMES_SHOWN ? "" : " ...");
	strbuf_finish(&list);
	return -1;
}

static const char *const missing[COLUMNS] = {
    [COLUMN_TIME] = "no column has a name for a time; name it with --time",
    [COLUMN_MEMORY] = "no column has a name for memory; name it with --mem",
};

static int columns_find_all(struct columns *columns, const struct title *titles,
    char **names, size_t count, const struct csv_options *options,
    struct err *e)
{
	const char *wanted[COLUMNS] = {
	    [COLUMN_TIME] = options->time, [COLUMN_MEMORY] = options->mem};

	for (int c = 0; c < COLUMNS; c++) {
		char what[128];

		columns->at[c] = COLUMN_NONE;
		if (wanted[c]) {
			columns->at[c] =
			    columns_find_named(names, count, wanted[c]);
			snprintf(what, sizeof(what), "no column is named %s",
			    wanted[c]);
			if (columns->at[c] == COLUMN_NONE)
				return columns_refuse(what, names, count, e);
			continue;
		}
		for (size_t n = 0; known[c][n] && columns->at[c] == COLUMN_NONE;
		     n++)
			columns->at[c] =
			    columns_find_base(titles, count, known[c][n]);
		if (missing[c] && columns->at[c] == COLUMN_NONE)
			return columns_refuse(missing[c], names, count, e);
	}
	if (columns->at[COLUMN_ELAPSED] == columns->at[COLUMN_TIME])
		columns->at[COLUMN_ELAPSED] = COLUMN_NONE;
	return 0;
}

static double columns_tool_unit(const struct title *titles, size_t count)
{
	for (size_t t = 0; t < sizeof(tools) / sizeof(tools[0]); t++) {
		size_t found = 0;

		for (; found < 3 && tools[t].columns[found]; found++) {
			if (columns_find_base(titles, count,
				tools[t].columns[found]) == COLUMN_NONE)
				break;
		}
		if (found == 3 || !tools[t].columns[found])
			return tools[t].unit_mib;
	}
	return 0;
}

static void columns_find_units(struct columns *columns,
    const struct title *titles, size_t count, const struct csv_options *options)
{
	const struct title *memory = &titles[columns->at[COLUMN_MEMORY]];
	const struct title *moment = &titles[columns->at[COLUMN_TIME]];

	columns->unit_mib = options->unit ? cell_unit(options->unit) : 0;
	if (columns->unit_mib == 0)
		columns->unit_mib = columns_tool_unit(titles, count);
	if (columns->unit_mib == 0)
		columns->unit_mib = cell_unit(memory->unit);
	columns->unit_assumed = columns->unit_mib == 0;
	if (columns->unit_assumed)
		columns->unit_mib = 1;
	columns->time_scale = columns_time_unit(moment->unit);
	columns->metric = NULL;
	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
		if (strcmp(memory->base, metrics[i].column) == 0)
			columns->metric = metrics[i].name;
	}
}

int columns_find(struct columns *columns, char **names, size_t count,
    const struct csv_options *options, struct err *e)
{
	struct title *titles;
	int got;

	titles = mem_zero(count, sizeof(titles[0]));
	for (size_t i = 0; i < count; i++)
		titles[i] = columns_split(names[i]);
	got = columns_find_all(columns, titles, names, count, options, e);
	if (got == 0)
		columns_find_units(columns, titles, count, options);
	free(titles);
	return got;
}
