// SPDX-License-Identifier: MIT
#include "fuzz.h"
#include "input.h"

#include "csv/import.h"

static void read_as(const char *path, const struct csv_options *options)
{
	struct profile profile;
	bool assumed;
	struct err e;

	csv_is_table(path, options);
	(void)!csv_read(&profile, path, options, &assumed, &e);
	profile_finish(&profile);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = input_path(data, size);

	read_as(path, &(struct csv_options){0});
	read_as(path,
	    &(struct csv_options){.time = "1", .mem = "2", .unit = "KiB"});
	return 0;
}
