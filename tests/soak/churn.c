// SPDX-License-Identifier: MIT
/* A tree that forks all the time: so many children at once, each of which
 * takes some memory, may fork once more, lives a few milliseconds and ends.
 * Usage: churn SECONDS */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { AT_ONCE = 16, PAGE = 4096 };

static void rest_us(long us)
{
	struct timespec time = {0, us * 1000};

	nanosleep(&time, NULL);
}

static void live(unsigned int seed)
{
	size_t pages = seed % 64;
	volatile char *block = malloc((pages + 1) * PAGE);

	for (size_t i = 0; block && i < pages; i++)
		block[i * PAGE] = 1;
	if (seed % 7 == 0)
		(void)!fork();
	rest_us((long)(seed % 20) * 1000);
	_exit(0);
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + (argc > 1 ? atol(argv[1]) : 10);
	unsigned long forks = 0;
	int alive = 0;

	srand(1);
	while (time(NULL) < end) {
		unsigned int seed = (unsigned int)rand();
		pid_t pid = alive < AT_ONCE ? fork() : -1;

		if (pid == 0)
			live(seed);
		if (pid > 0) {
			forks++;
			alive++;
		}
		while (alive > 0 && waitpid(-1, NULL, WNOHANG) > 0)
			alive--;
		rest_us(500);
	}
	while (wait(NULL) > 0)
		;
	printf("%lu forks\n", forks);
	return 0;
}
