/* SPDX-License-Identifier: MIT
 *
 * The whole terminal for a while: its alternate screen, without a cursor. What
 * was there before comes back at the end, also where a signal or a crash ends
 * this process. One screen a process.
 */
#ifndef MPROF_CLI_SCREEN_H
#define MPROF_CLI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

struct screen {
	bool reads_keys; /* else the keyboard is somebody else's */
	int signals;     /* a signalfd; -1: signals are somebody else's */
};

/* Takes the terminal that standard output is. With keys single key presses
 * are read from standard input, and signals that would end or stop this
 * process, or tell of a new size, wait for screen_wait(). */
void screen_open(struct screen *screen, bool keys);
void screen_close(struct screen *screen);

enum screen_event {
	SCREEN_NOTHING, /* the time is over */
	SCREEN_CHANGED, /* another size, or back from being stopped */
	SCREEN_QUIT     /* q, or a signal to end */
};

/* Waits at most timeout_ms. */
enum screen_event screen_wait(struct screen *screen, int timeout_ms);

/* Shows a frame, lines that end with LF, from the top; what goes beyond rows
 * is cut. */
void screen_show(const char *frame, size_t len, size_t rows);

#endif
