// SPDX-License-Identifier: MIT
#include "fuzz.h"
#include "input.h"

#include <string.h>

#include "symbols/symbols.h"

enum { ADDRESSES = 128 };

extern const struct symbols_module mprof_symbols_module;

static void take(
    void *context, size_t at, const char *file, int line, const char *function)
{
	size_t *sum = context;

	if (at >= ADDRESSES)
		abort();
	*sum += strlen(file) + strlen(function) + (size_t)line;
}

/* An object file, and addresses all over it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t addresses[ADDRESSES];
	size_t sum = 0;
	struct symbols_request request = {.path = input_name(data, size),
	    .addresses = addresses,
	    .count = ADDRESSES,
	    .report = take,
	    .context = &sum};

	for (size_t i = 0; i < ADDRESSES; i++)
		addresses[i] = 8 * i;
	mprof_symbols_module.find(&request);
	symtab_find(&request);
	return 0;
}
