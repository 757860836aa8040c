// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Marks this moment in the recording, if there is one. */
static void mark(const char *label)
{
	const char *path = getenv("MPROF_MARK");
	FILE *marks = path ? fopen(path, "a") : NULL;

	if (!marks)
		return;
	fprintf(marks, "%s\n", label);
	fclose(marks);
}

int main(void)
{
	size_t size = (size_t)80 << 20;
	char *table;

	mark("load");
	table = malloc(size);
	if (!table)
		return 1;
	memset(table, 1, size);
	mark("count");
	for (int round = 0; round < 20; round++) {
		for (size_t i = 0; i < size; i += 64)
			table[i] = (char)(table[i] + round);
	}
	printf("%d\n", table[64]);
	mark("clean up");
	free(table);
	return 0;
}
