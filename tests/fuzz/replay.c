// SPDX-License-Identifier: MIT
/* Hands each file of its arguments to a harness, as TAP. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	printf("1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "rb");
		uint8_t *bytes = NULL;
		size_t len = 0, cap = 0;

		while (file && !feof(file)) {
			if (len == cap) {
				cap = 2 * cap + 4096;
				bytes = realloc(bytes, cap);
			}
			if (!bytes)
				abort();
			len += fread(bytes + len, 1, cap - len, file);
		}
		if (file)
			fclose(file);
		LLVMFuzzerTestOneInput(bytes, len);
		free(bytes);
		printf("%sok %d - %s\n", file ? "" : "not ", i, argv[i]);
		fflush(stdout);
	}
	return 0;
}
