// SPDX-License-Identifier: MIT
//
// spike MIB HOLD_MS FILE: after 0.25 s holds MIB for HOLD_MS, gives it back,
// and ends 0.25 s later. Appends its own peak, in KiB, to FILE.
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	size_t size = argc > 3 ? (size_t)atol(argv[1]) << 20 : 0;
	struct rusage usage;
	FILE *file;
	void *memory;

	if (size == 0)
		return 2;
	usleep(250000);
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (memory == MAP_FAILED)
		return 1;
	usleep((useconds_t)(atof(argv[2]) * 1000));
	munmap(memory, size);
	usleep(250000);
	getrusage(RUSAGE_SELF, &usage);
	file = fopen(argv[3], "a");
	if (!file)
		return 1;
	fprintf(file, "%ld\n", usage.ru_maxrss);
	return fclose(file) != 0;
}
