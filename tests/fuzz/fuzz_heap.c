// SPDX-License-Identifier: MIT
/* A file of mprof heap --save; what is read of it is fit for a screen, and
 * compared with itself leaves nothing. */
#include "fuzz.h"

#include "base/utf8.h"
#include "dat/heap_file.h"
#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct heap heap = {0}, difference = {0};
	struct err e;

	if (heap_file_read(&heap, input_path(data, size), &e) == 0) {
		for (size_t i = 0; i < heap.rows.len; i++) {
			const struct heap_row *row = &heap.rows.items[i];
			const char *at = row->name;

			if (row->count < 0 || row->bytes < 0)
				__builtin_trap();
			while (*at)
				if (utf8_is_unsafe(utf8_next(&at)))
					__builtin_trap();
		}
		heap_sort(&heap);
		heap_difference(&heap, &heap, &difference);
		if (difference.rows.len)
			__builtin_trap();
	}
	heap_finish(&difference);
	heap_finish(&heap);
	return 0;
}
