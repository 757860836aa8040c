// SPDX-License-Identifier: MIT
#include "cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { SMALLEST = 10, LARGEST = 1000 };

static const char *terminal_variable(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

/* The first variable that is set decides, as in setlocale(3). */
static bool locale_is_unicode(void)
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

static size_t terminal_size_of(
    const char *name, unsigned asked, size_t otherwise)
{
	long value = strtol(terminal_variable(name), NULL, 10);

	if (value <= 0)
		value = asked > 0 ? (long)asked : (long)otherwise;
	if (value < SMALLEST)
		return SMALLEST;
	return value > LARGEST ? LARGEST : (size_t)value;
}

void terminal_look(struct terminal *terminal, int fd)
{
	const char *term = terminal_variable("TERM"),
		   *force = terminal_variable("CLICOLOR_FORCE");
	bool dumb = strcmp(term, "dumb") == 0;
	struct winsize size = {0};

	*terminal = (struct terminal){.is_terminal = isatty(fd)};
	if (ioctl(fd, TIOCGWINSZ, &size) != 0)
		size = (struct winsize){0};
	terminal->columns = terminal_size_of("COLUMNS", size.ws_col, 80);
	terminal->rows = terminal_size_of("LINES", size.ws_row, 24);
	terminal->unicode = !dumb && locale_is_unicode();
	terminal->screen = terminal->is_terminal && *term && !dumb;
	terminal->colour =
	    !*terminal_variable("NO_COLOR") &&
	    (terminal->screen || (*force && strcmp(force, "0") != 0));
}
