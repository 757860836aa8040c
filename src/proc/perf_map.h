/* SPDX-License-Identifier: MIT
 *
 * The perf map of a process, /tmp/perf-PID.map: names of machine code that it
 * generates at run time, as Node.js (--perf-basic-prof), Java, .NET and Python
 * (-X perf) write it. The text is the process's own, and may be anything.
 */
#ifndef MPROF_PROC_PERF_MAP_H
#define MPROF_PROC_PERF_MAP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/array.h"
#include "base/strbuf.h"

struct perf_map_name {
	uint64_t start, end;
	size_t text; /* offset of the name in texts */
};

/* Ready if zeroed except for pid; nothing is read yet. */
struct perf_map {
	pid_t pid;
	char path[64]; /* empty: not searched yet */
	int64_t read;  /* bytes of the file, whole lines */
	int64_t read_ns;
	size_t sorted; /* number of sorted names at the beginning */
	char last[64]; /* the bytes before read, to notice another text */
	size_t last_len;
	/* Ascending addresses of code: names of other code are passed over, and
	 * far more of a large file is read. NULL: names of any code. */
	const uint64_t *wanted;
	size_t wanted_count;
	ARRAY(struct perf_map_name) names;
	struct strbuf texts;
};

/* The name of the code at that address, after reading what was added to the
 * file; NULL where there is none. Valid until the next call. */
const char *perf_map_find(struct perf_map *map, uint64_t address)
    __attribute__((nonnull));

/* The same, in a file of such a text, whose process may be gone. */
void perf_map_load(struct perf_map *map, int fd) __attribute__((nonnull));
const char *perf_map_search(const struct perf_map *map, uint64_t address)
    __attribute__((nonnull));

/* The parts of a name that tells where the function is; they point into it or
 * to other constant text. */
struct perf_map_place {
	const char *function, *path, *line;
	size_t function_len, path_len, line_len;
};

/* False where a name is just a name. */
bool perf_map_split(const char *name, struct perf_map_place *place)
    __attribute__((nonnull));

void perf_map_finish(struct perf_map *map) __attribute__((nonnull));

#endif
