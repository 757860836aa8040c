// SPDX-License-Identifier: MIT
#include "cli/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/units.h"
#include "base/utf8.h"

enum { LEAST_COLUMNS = 10, LEAST_ROWS = 3, LARGEST = 1000 };

static const char *terminal_variable(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

/* The first variable that is set decides, see setlocale(3). */
static bool terminal_is_unicode(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = terminal_variable(names[i]);

		if (*value)
			return strcasestr(value, "utf-8") ||
			       strcasestr(value, "utf8");
	}
	return false;
}

/* The number of colours in an entry of terminfo: the 14th number, after a
 * header of six, the names and the flags (term(5)). */
static long terminal_entry_colours(const unsigned char *bytes, size_t len)
{
	enum { HEADER = 12, COLOURS = 13 };
	unsigned magic, flags, numbers;
	size_t names, at, size;

	if (len < HEADER)
		return -1;
	magic = bytes[0] | (unsigned)bytes[1] << 8;
	names = bytes[2] | (size_t)bytes[3] << 8;
	flags = bytes[4] | (unsigned)bytes[5] << 8;
	numbers = bytes[6] | (unsigned)bytes[7] << 8;
	size = magic == 01036 ? 4 : 2;
	at = (HEADER + names + flags + 1) / 2 * 2 + COLOURS * size;
	if ((magic != 0432 && magic != 01036) || numbers <= COLOURS ||
	    at + size > len)
		return -1;
	return (short)(bytes[at] | (unsigned)bytes[at + 1] << 8);
}

/* -1 where terminfo has no entry. */
static long terminal_colours_in(const char *directory, const char *term)
{
	unsigned char bytes[4096];
	char *path = mem_format("%s/%c/%s", directory, *term, term);
	FILE *file = fopen(path, "re");
	size_t len;

	free(path);
	if (!file)
		return -1;
	len = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	return terminal_entry_colours(bytes, len);
}

static bool terminal_has_many_colours(const char *term)
{
	const char *directories[] = {terminal_variable("TERMINFO"),
	    "/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo"};
	long colours = -1;

	if (*terminal_variable("COLORTERM"))
		return true;
	if (!*term || strchr(term, '/'))
		return false;
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]);
	     i++) {
		if (colours < 0 && *directories[i])
			colours = terminal_colours_in(directories[i], term);
	}
	return colours >= 256 || (colours < 0 && strstr(term, "256color"));
}

static size_t terminal_size_of(
    const char *name, unsigned asked, long otherwise, long least)
{
	long value = strtol(terminal_variable(name), NULL, 10);

	if (value <= 0)
		value = asked > 0 ? (long)asked : otherwise;
	if (value < least)
		return (size_t)least;
	return value > LARGEST ? LARGEST : (size_t)value;
}

void terminal_read(struct terminal *terminal, int fd)
{
	const char *term = terminal_variable("TERM"),
		   *force = terminal_variable("CLICOLOR_FORCE");
	bool dumb = strcmp(term, "dumb") == 0;
	struct winsize size = {0};

	*terminal = (struct terminal){.is_terminal = isatty(fd)};
	if (ioctl(fd, TIOCGWINSZ, &size) != 0)
		size = (struct winsize){0};
	terminal->columns =
	    terminal_size_of("COLUMNS", size.ws_col, 80, LEAST_COLUMNS);
	terminal->columns_given =
	    strtol(terminal_variable("COLUMNS"), NULL, 10) > 0;
	terminal->rows = terminal_size_of("LINES", size.ws_row, 24, LEAST_ROWS);
	terminal->unicode = !dumb && terminal_is_unicode();
	terminal->screen = terminal->is_terminal && *term && !dumb;
	terminal->colour =
	    !*terminal_variable("NO_COLOR") &&
	    (terminal->screen || (*force && strcmp(force, "0") != 0));
	terminal->colours = terminal->colour && terminal_has_many_colours(term);
}

void terminal_print_word(const char *word, enum terminal_mood mood)
{
	static const char *const begin[] = {
	    [TERMINAL_GOOD] = "\033[32m",
	    [TERMINAL_DOUBT] = "\033[33m",
	    [TERMINAL_BAD] = "\033[1;31m",
	};
	struct terminal terminal;

	terminal_read(&terminal, STDOUT_FILENO);
	if (terminal.colour)
		printf("%s%s\033[0m", begin[mood], word);
	else
		fputs(word, stdout);
}

enum { FIGURE = 16 }; /* columns after the text */

#define PATIENCE_NS NS_PER_S
#define REDRAW_NS (NS_PER_S / 10)
#define MIB (1024.0 * 1024)

static void terminal_draw_waiting(
    struct waiting *waiting, uint64_t done, uint64_t whole)
{
	char what[512], figure[UNITS_TEXT + 8];
	struct terminal terminal;
	char *clean;

	terminal_read(&terminal, STDERR_FILENO);
	clean = utf8_clean_copy(waiting->what);
	utf8_shorten(what, sizeof(what), clean,
	    terminal.columns > 2 * FIGURE ? terminal.columns - FIGURE : FIGURE);
	free(clean);
	if (whole > 0 && done <= whole)
		snprintf(figure, sizeof(figure), "%.0f %%",
		    100 * (double)done / (double)whole);
	else
		units_size(figure, (double)done / MIB);
	fprintf(stderr, "\r\033[K%s %s", what, figure);
	fflush(stderr);
	waiting->shown = true;
}

static void terminal_step_waiting(void *context, uint64_t done, uint64_t whole)
{
	struct waiting *waiting = context;
	int64_t now_ns;

	if (!waiting->wanted)
		return;
	now_ns = clock_mono_ns();
	if (now_ns < waiting->next_ns)
		return;
	waiting->next_ns = now_ns + REDRAW_NS;
	terminal_draw_waiting(waiting, done, whole);
}

struct progress waiting_begin(struct waiting *waiting, const char *what)
{
	struct terminal terminal;

	terminal_read(&terminal, STDERR_FILENO);
	*waiting = (struct waiting){.what = what, .wanted = terminal.screen};
	if (waiting->wanted)
		waiting->next_ns = clock_mono_ns() + PATIENCE_NS;
	return (struct progress){terminal_step_waiting, waiting};
}

void waiting_end(struct waiting *waiting)
{
	if (!waiting->shown)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	waiting->shown = false;
}
