// SPDX-License-Identifier: MIT
#include "profile/measure.h"

#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "profile/process.h"

const struct measure measures[MEASURES] = {
    [MEASURE_RSS] = {"rss", "RSS", "resident memory",
	"resident: in memory now; shared pages count in full", false},
    [MEASURE_PSS] = {"pss", "PSS", "PSS",
	"proportional: a page shared by n processes counts 1/n", false},
    [MEASURE_USS] = {"uss", "USS", "USS",
	"unique: what would be freed if the process ended", false},
    [MEASURE_SWAP] = {"swap", "swap", "swap", "what was moved out of memory",
	false},
    [MEASURE_VMS] = {"vms", "VMS", "address space",
	"virtual address space, used or not", false},
    [MEASURE_ANON] = {"anon", "anonymous RSS", "anonymous resident memory",
	"resident memory that belongs to no file: heap, stack", false},
    [MEASURE_CGROUP] = {"cgroup", "cgroup memory", "cgroup: with page cache",
	"what the kernel charges to the control group, including page cache",
	true},
};

const struct measure *measure_find(const char *name)
{
	for (size_t i = 0; i < MEASURES; i++) {
		if (strcmp(measures[i].name, name) == 0)
			return &measures[i];
	}
	return NULL;
}

const char *measure_of(const struct run *run)
{
	if (run->info.backend)
		return run->info.backend;
	return run->info.is_table ? NULL : measures[MEASURE_RSS].name;
}

const char *measure_words(const struct run *run)
{
	const char *name = measure_of(run);
	const struct measure *measure = name ? measure_find(name) : NULL;

	return measure ? measure->words : "memory";
}

char *measure_text(const struct run *run)
{
	static const char *const of[] = {
	    [RUN_TOTAL_UNKNOWN] = "",
	    [RUN_TOTAL_ALL] = ", sum of processes",
	    [RUN_TOTAL_PROGRAM] = ", the program alone",
	};
	const char *name = measure_of(run);
	const struct measure *measure = name ? measure_find(name) : NULL;

	if (name && !measure) /* from a later version, or another tool */
		return utf8_clean_copy(name);
	return mem_format("%s%s", measure_words(run),
	    measure && measure->whole ? "" : of[run_total_of(run)]);
}

int measure_check(const struct run *a, const char *name_a, const struct run *b,
    const char *name_b, struct err *e)
{
	const char *of_a = measure_of(a), *of_b = measure_of(b);

	if (!of_a || !of_b || strcmp(of_a, of_b) == 0)
		return 0;
	return err_set(e,
	    "%s: records %s, %s records %s: they can't be compared; record "
	    "both with the same --backend",
	    name_a, of_a, name_b, of_b);
}
