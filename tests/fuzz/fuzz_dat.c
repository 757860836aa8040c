// SPDX-License-Identifier: MIT
#include "fuzz.h"
#include "input.h"

#include "dat/catalog.h"
#include "dat/begin.h"
#include "dat/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = input_path(data, size);
	struct profile profile;
	char command[64];
	struct err e;

	(void)!dat_read(&profile, path, &e);
	profile_finish(&profile);
	dat_command_line(path, command, sizeof(command));
	(void)!dat_content(input_file(data, size));
	return 0;
}
