// SPDX-License-Identifier: MIT
#include "profile/mark.h"

#include <math.h>
#include <string.h>

#include "base/utf8.h"

static void mark_missing(
    const struct run *run, const char *label, struct err *e)
{
	char clean[128], last[128];

	utf8_clean(clean, sizeof(clean), label);
	if (run->marks.len == 0)
		err_set(e, "no mark is called %s; the recording has no marks",
		    clean);
	else
		err_set(e, "no mark is called %s; the last one is %s", clean,
		    utf8_clean(last, sizeof(last),
			run->marks.items[run->marks.len - 1].label));
}

double mark_last_s(const struct run *run, const char *label, struct err *e)
{
	double time_s = NAN;

	for (size_t i = 0; i < run->marks.len; i++) {
		const struct mark *mark = &run->marks.items[i];

		if (strcmp(mark->label, label) == 0)
			time_s = fmax(time_s, mark->time_s);
	}
	if (isnan(time_s))
		mark_missing(run, label, e);
	return time_s;
}
