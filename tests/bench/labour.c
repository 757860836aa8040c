// SPDX-License-Identifier: MIT
//
// labour WORKERS UNITS: WORKERS processes share UNITS of work evenly, a unit
// being about a millisecond of a processor.
// labour -f COUNT: forks COUNT processes, one after the other.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STEPS = 600000 };

static void work(long units)
{
	volatile uint64_t state = 88172645463325252u;

	for (long i = 0; i < units * STEPS; i++)
		state = state * 6364136223846793005u + 1442695040888963407u;
}

static void fork_all(long count)
{
	while (count-- > 0) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}

int main(int argc, char **argv)
{
	long workers, units;

	if (argc < 3)
		return 2;
	units = atol(argv[2]);
	if (strcmp(argv[1], "-f") == 0) {
		fork_all(units);
		return 0;
	}
	workers = atol(argv[1]);
	for (long i = 0; i < workers; i++) {
		if (fork() == 0) {
			work(units / workers);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
	return 0;
}
