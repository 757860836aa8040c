// SPDX-License-Identifier: MIT
/* Allocates in phases: a staircase, a plateau that is let go, a sawtooth, and
 * two children at the end. Its argument is the length of a phase in
 * milliseconds. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MIB = 1 << 20, STEPS = 5, TEETH = 4, CHILDREN = 2 };

static long phase_ms = 500;

static void rest(long ms)
{
	struct timespec time = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&time, NULL);
}

/* Memory counts as resident from when it is first written; volatile, since a
 * compiler may leave out what is written and never read. */
static char *take(size_t mib)
{
	volatile char *block = malloc(mib * MIB);

	if (!block) {
		perror("phases");
		exit(1);
	}
	for (size_t at = 0; at < mib * MIB; at += 4096)
		block[at] = 1;
	return (char *)block;
}

static void staircase(char *steps[STEPS])
{
	for (int i = 0; i < STEPS; i++) {
		steps[i] = take(12);
		rest(phase_ms / STEPS);
	}
}

static void sawtooth(void)
{
	for (int i = 0; i < TEETH; i++) {
		char *tooth = take(40);

		rest(phase_ms / TEETH / 2);
		free(tooth);
		rest(phase_ms / TEETH / 2);
	}
}

static void children(void)
{
	for (int i = 0; i < CHILDREN; i++) {
		pid_t pid = fork();

		if (pid == -1) {
			perror("phases");
			exit(1);
		}
		if (pid == 0) {
			char *block = take(30 + 20 * (size_t)i);

			rest(phase_ms);
			free(block);
			_exit(0);
		}
		rest(phase_ms / CHILDREN);
	}
	while (wait(NULL) != -1)
		;
}

int main(int argc, char **argv)
{
	char *steps[STEPS];

	if (argc > 1)
		phase_ms = strtol(argv[1], NULL, 10);
	staircase(steps);
	rest(phase_ms);
	for (int i = 0; i < STEPS; i++)
		free(steps[i]);
	sawtooth();
	children();
	puts("five phases done");
	return 0;
}
