// SPDX-License-Identifier: MIT
/* grow MIB: touches so much, a MiB every 3 ms, and waits until it is ended. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	size_t mib = argc > 1 ? strtoul(argv[1], NULL, 10) : 512;
	char *area = mmap(NULL, mib << 20, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED)
		return 1;
	madvise(area, mib << 20, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < mib; i++) {
		memset(area + (i << 20), 1, 1 << 20);
		usleep(3000);
	}
	return (int)write(STDOUT_FILENO, "grown\n", 6) != 6 || pause();
}
