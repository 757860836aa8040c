/* SPDX-License-Identifier: MIT
 *
 * The perf map of a process, /tmp/perf-PID.map: names that it gives the machine
 * code which it makes while it runs. Node.js (--perf-basic-prof), Java, .NET
 * and Python (-X perf) write one. It is the process's own text, which may be
 * anything.
 */
#ifndef MPROF_TOUCHED_PERF_MAP_H
#define MPROF_TOUCHED_PERF_MAP_H

#include <stdint.h>
#include <sys/types.h>

#include "base/array.h"
#include "base/strbuf.h"

struct perf_map_name {
	uint64_t start, end;
	size_t text; /* where its name begins in texts */
};

/* Zeroed but for pid it is ready, and nothing is read yet. */
struct perf_map {
	pid_t pid;
	char *path;   /* NULL: not looked for yet */
	int64_t read; /* bytes of the file, whole lines */
	int64_t read_ns;
	size_t sorted; /* of names: the first so many */
	ARRAY(struct perf_map_name) names;
	struct strbuf texts;
};

/* The name of the code at that address, after another look at the file where
 * there is more of it; NULL without one. It is good until the next call. */
const char *perf_map_find(struct perf_map *map, uint64_t address)
    __attribute__((nonnull));

void perf_map_finish(struct perf_map *map) __attribute__((nonnull));

#endif
