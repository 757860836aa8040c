// SPDX-License-Identifier: MIT
#include "fuzz.h"
#include "input.h"

#include <stdio.h>
#include <string.h>

#include "proc/perf_map.h"

/* A file in two parts: the second is written when the first has been read. Its
 * first byte says how long that is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct perf_map map = {.pid = getpid()};
	size_t first = size ? data[0] * (size - 1) / 255 : 0;
	struct perf_map_place place;
	const char *name;

	if (!size)
		return 0;
	snprintf(
	    map.path, sizeof(map.path), "%.63s", input_name(data + 1, first));
	perf_map_find(&map, 0x1000);
	input_name(data + 1, size - 1);
	map.read_ns = 0;
	for (uint64_t at = 0x1000; at; at <<= 4) {
		name = perf_map_find(&map, at);
		if (name && strlen(name) > 1024)
			abort();
		if (name && perf_map_split(name, &place) &&
		    (place.path < name ||
			place.path + place.path_len > name + strlen(name)))
			abort();
	}
	if (map.names.len > 0 &&
	    !perf_map_find(&map, map.names.items[map.names.len - 1].start))
		abort();
	perf_map_finish(&map);
	return 0;
}
