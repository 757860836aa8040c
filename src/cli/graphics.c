// SPDX-License-Identifier: MIT
#include "cli/graphics.h"

#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/io.h"
#include "cli/terminal.h"

enum {
	CELL_WIDTH = 8,
	CELL_HEIGHT = 16,
	CHUNK = 3072 /* bytes whose base64 is as long as a message may be */
};

#define PATIENCE_NS NS_PER_S

/* Asks about Kitty's pictures, and then something that every terminal answers:
 * that answer is the last, with or without one to the first question. */
static const char question[] =
    "\033_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\033\\\033[c";

/* Reads up to the end of the answer to ESC [ c; false where there is none. */
static bool graphics_read(int fd, char *answer, size_t size)
{
	int64_t until_ns = clock_mono_ns() + PATIENCE_NS;
	size_t len = 0;

	while (len + 1 < size) {
		int64_t left_ms = (until_ns - clock_mono_ns()) / 1000000;
		struct pollfd input = {.fd = fd, .events = POLLIN};
		ssize_t got;

		if (left_ms <= 0 || poll(&input, 1, (int)left_ms) <= 0)
			return false;
		got = read(fd, answer + len, size - 1 - len);
		if (got <= 0)
			return false;
		len += (size_t)got;
		answer[len] = 0;
		if (answer[len - 1] == 'c' && strstr(answer, "\033[?"))
			return true;
	}
	return false;
}

static bool graphics_ask(char *answer, size_t size)
{
	struct termios before, raw;
	bool answered;

	if (tcgetattr(STDIN_FILENO, &before) != 0)
		return false;
	raw = before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
	answered =
	    io_write_all(STDOUT_FILENO, question, sizeof(question) - 1) == 0 &&
	    graphics_read(STDIN_FILENO, answer, size);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	return answered;
}

/* "ESC [ ? 62 ; 4 ; 22 c": 4 means Sixel. */
static bool graphics_has_sixel(const char *answer)
{
	const char *at = strstr(answer, "\033[?");

	for (at = at ? at + 3 : ""; *at && *at != 'c';) {
		size_t len = strcspn(at, ";c");

		if (len == 1 && *at == '4')
			return true;
		at += len + (at[len] == ';');
	}
	return false;
}

int graphics_check(enum graphics graphics, struct err *e)
{
	char answer[512] = "";
	struct terminal terminal;
	bool can = false;

	terminal_read(&terminal, STDOUT_FILENO);
	if (terminal.screen && graphics_ask(answer, sizeof(answer)))
		can = graphics == GRAPHICS_KITTY
			  ? strstr(answer, "\033_Gi=31;OK") != NULL
			  : graphics_has_sixel(answer);
	if (can)
		return 0;
	return err_set(e,
	    "--terminal=%s: the terminal does not answer that it draws such "
	    "pictures; use --terminal=text",
	    graphics == GRAPHICS_KITTY ? "kitty" : "sixel");
}

void graphics_size(size_t *width, size_t *height)
{
	struct terminal terminal;
	struct winsize size = {0};

	terminal_read(&terminal, STDOUT_FILENO);
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
		size = (struct winsize){0};
	*width =
	    size.ws_xpixel ? size.ws_xpixel : terminal.columns * CELL_WIDTH;
	*height = size.ws_ypixel ? size.ws_ypixel : terminal.rows * CELL_HEIGHT;
}

void graphics_put_png(FILE *out, const char *png, size_t len)
{
	for (size_t at = 0; at < len; at += CHUNK) {
		size_t part = len - at < CHUNK ? len - at : CHUNK;

		fprintf(out, "\033_G%sm=%d;", at == 0 ? "f=100,a=T,q=2," : "",
		    at + part < len);
		base64_put(out, png + at, part);
		fputs("\033\\", out);
	}
	putc('\n', out);
}
