// SPDX-License-Identifier: MIT
#include "fuzz.h"
#include "input.h"

#include <string.h>

#include "proc/maps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct maps maps = {.fd = input_file(data, size)};
	struct maps_entry entry;

	while (maps_next(&maps, &entry)) {
		if (entry.start >= entry.end || strlen(entry.access) != 4 ||
		    strlen(entry.path) >= sizeof(maps.text))
			abort();
	}
	return 0;
}
