// SPDX-License-Identifier: MIT
/* hog [-f] [-s STEP] MIB SECONDS: takes MIB of memory and holds it for
 * SECONDS. -s takes STEP MiB every 10 ms, -f shares it all with a child. Where
 * there is no more to be had it says so and exits with status 3. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <signal.h>
#include <unistd.h>

static void take(size_t mib)
{
	void *memory = mmap(NULL, mib << 20, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		perror("hog");
		exit(3);
	}
	/* small pages: they cost what reads them its time, on each machine */
	madvise(memory, mib << 20, MADV_NOHUGEPAGE);
	memset(memory, 1, mib << 20);
}

int main(int argc, char **argv)
{
	size_t step = 0, mib;
	bool share = false;
	int option;

	while ((option = getopt(argc, argv, "fs:")) != -1) {
		if (option == 's')
			step = (size_t)atol(optarg);
		else
			share = option == 'f';
	}
	if (argc - optind != 2)
		return 2;
	mib = (size_t)atol(argv[optind]);
	for (size_t taken = 0; step > 0 && taken < mib; taken += step) {
		take(step);
		usleep(10000);
	}
	if (step == 0)
		take(mib);
	if (share && fork() == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	usleep((useconds_t)(atof(argv[optind + 1]) * 1e6));
	return 0;
}
