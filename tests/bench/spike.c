// SPDX-License-Identifier: MIT
//
// spike MIB HOLD_MS FILE [child]: after 0.25 s holds MIB for HOLD_MS, itself
// or in a child, gives it back, and ends 0.25 s later. Appends the peak of the
// process that held it, in KiB, to FILE.
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int hold(size_t size, double hold_ms)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED)
		return -1;
	usleep((useconds_t)(hold_ms * 1000));
	return munmap(memory, size);
}

static int hold_in_child(size_t size, double hold_ms)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(hold(size, hold_ms) != 0);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 ? 0
									 : -1;
}

int main(int argc, char **argv)
{
	size_t size = argc > 3 ? (size_t)atol(argv[1]) << 20 : 0;
	int child = argc > 4;
	struct rusage usage;
	FILE *file;

	if (size == 0)
		return 2;
	usleep(250000);
	if ((child ? hold_in_child : hold)(size, atof(argv[2])) != 0)
		return 1;
	usleep(250000);
	getrusage(child ? RUSAGE_CHILDREN : RUSAGE_SELF, &usage);
	file = fopen(argv[3], "a");
	if (!file)
		return 1;
	fprintf(file, "%ld\n", usage.ru_maxrss);
	return fclose(file) != 0;
}
