/* SPDX-License-Identifier: MIT
 *
 * Full-screen output: the terminal's alternate screen, without a cursor. The
 * previous content is restored at the end, also where a signal or a crash ends
 * this process. There is at most one screen a process.
 */
#ifndef MPROF_CLI_SCREEN_H
#define MPROF_CLI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

struct screen {
	bool reads_keys; /* false: another process reads the keyboard */
	int signals;     /* a signalfd; -1: handled elsewhere */
	char key;        /* key of the last SCREEN_KEY */
};

/* Uses the terminal on standard output. With keys, key presses are read from
 * standard input, and screen_wait() handles signals that end or stop this
 * process or report a new size. */
void screen_open(struct screen *screen, bool keys);
void screen_close(struct screen *screen);

enum screen_event {
	SCREEN_NOTHING, /* timeout */
	SCREEN_CHANGED, /* new size, or continued after a stop */
	SCREEN_KEY,     /* another key than q, in screen->key */
	SCREEN_QUIT     /* q, or a signal to end */
};

/* Waits at most timeout_ms. */
enum screen_event screen_wait(struct screen *screen, int timeout_ms);

/* Draws a frame of lines that end with LF, from the top; lines beyond rows are
 * cut. */
void screen_show(const char *frame, size_t len, size_t rows);

#endif
