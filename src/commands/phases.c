// SPDX-License-Identifier: MIT
#include "commands/phases.h"

#include <stdio.h>
#include <stdlib.h>

#include "analysis/figures.h"
#include "base/units.h"
#include "base/utf8.h"
#include "profile/ending.h"

static void print_phase(const struct phase *phase, double first_s)
{
	const struct figures *f = &phase->figures;
	char at[UNITS_TEXT], duration[UNITS_TEXT], peak[UNITS_TEXT];
	char size[UNITS_TEXT], growth[UNITS_TEXT + 1];
	char *name = utf8_clean_copy(phase->name);

	snprintf(growth, sizeof(growth), "%s%s", f->growth_mib > 0 ? "+" : "",
	    units_size(size, f->growth_mib));
	printf("  %12s %12s %12s %13s  %s\n",
	    units_duration(at, phase->from_s - first_s),
	    units_duration(duration, f->duration_s),
	    units_size(peak, f->peak_mib), growth, name);
	free(name);
}

void phases_print(const struct run *run)
{
	double first_s = run_first_s(run);
	struct phase *phases;
	size_t count;

	if (run->total.len == 0 || run->marks.len == 0) {
		puts("  no marks: see mprof help mark");
		return;
	}
	count = phases_of_run(run, &phases);
	printf("  %12s %12s %12s %13s  %s\n", "at", "duration", "peak",
	    "growth", "phase");
	for (size_t i = 0; i < count; i++)
		print_phase(&phases[i], first_s);
	free(phases);
}

void phases_write(struct json *json, const struct run *run)
{
	struct phase *phases = NULL;
	size_t count = run->total.len ? phases_of_run(run, &phases) : 0;
	double first_s = run_first_s(run);

	json_key(json, "phases");
	json_open(json, '[');
	for (size_t i = 0; i < count; i++) {
		json_open(json, '{');
		json_key(json, "name");
		json_text(json, phases[i].name);
		json_key(json, "start_s");
		json_rounded(json, phases[i].from_s - first_s, 4);
		json_key(json, "duration_s");
		json_rounded(json, phases[i].figures.duration_s, 4);
		json_key(json, "peak_mib");
		json_rounded(json, phases[i].figures.peak_mib, 6);
		json_key(json, "growth_mib");
		json_rounded(json, phases[i].figures.growth_mib, 6);
		json_close(json, '}');
	}
	json_close(json, ']');
	free(phases);
}
