// SPDX-License-Identifier: MIT
#include "cli/waiting.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/units.h"
#include "base/utf8.h"
#include "cli/terminal.h"

enum { FIGURE = 16 }; /* columns behind the text */

#define PATIENCE_NS NS_PER_S
#define REDRAW_NS (NS_PER_S / 10)
#define MIB (1024.0 * 1024)

static void waiting_draw(struct waiting *waiting, uint64_t done, uint64_t whole)
{
	char what[512], figure[UNITS_TEXT + 8];
	struct terminal terminal;
	char *clean;

	terminal_look(&terminal, STDERR_FILENO);
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

static void waiting_step(void *context, uint64_t done, uint64_t whole)
{
	struct waiting *waiting = context;
	int64_t now_ns;

	if (!waiting->wanted)
		return;
	now_ns = clock_mono_ns();
	if (now_ns < waiting->next_ns)
		return;
	waiting->next_ns = now_ns + REDRAW_NS;
	waiting_draw(waiting, done, whole);
}

struct progress waiting_begin(struct waiting *waiting, const char *what)
{
	struct terminal terminal;

	terminal_look(&terminal, STDERR_FILENO);
	*waiting = (struct waiting){.what = what,
	    .wanted = terminal.screen,
	    .next_ns = clock_mono_ns() + PATIENCE_NS};
	return (struct progress){waiting_step, waiting};
}

void waiting_end(struct waiting *waiting)
{
	if (!waiting->shown)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	waiting->shown = false;
}
